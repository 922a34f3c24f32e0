"""A recurrent memory of single flux quanta: four units, one pattern, five updates.

    python examples/flux_memory.py [--plot hopfield_loop.png]

Every update is a majority, written as neurons that fire only if all of their inputs do and of which
one is true at a time, so that a unit sends one flux quantum per update however strongly it is
driven. The pulses of the superconducting cells at 4.2 K are set beside the states of the net.
"""

import argparse

import numpy as np

import neuromorph as nm
from neuromorph.workloads import hopfield as hf
from neuromorph.workloads.hopfield.majority import LOOP, majority_terms, rails
from neuromorph.workloads.hopfield.retrieval import cue_frames, cue_rails, spike_states

PATTERN, UPDATES = np.array([[1.0, -1.0, 1.0, 1.0]]), 5
CUES = {"one unit turned": [-1, -1, 1, 1], "two turned: a cycle": [-1, 1, 1, 1],
        "three turned: the opposite": [-1, 1, -1, 1]}  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plot", metavar="FILE", help="write the picture")
    options = parser.parse_args()

    network, says, runs = hf.majority_net(PATTERN), rails(majority_terms(PATTERN)), {}
    for name, cue in CUES.items():
        runs[name] = nm.run(network, cue_rails(cue), backend=nm.SFQPulse(temperature=4.2),
                            duration=UPDATES * LOOP, dt=1e-4, seed=1)  # fmt: skip
        states = (spike_states(runs[name], period=LOOP) + 1) / 2 @ says
        frames = nm.run(hf.binary_net(PATTERN), {"cue": cue_frames(cue, UPDATES)}).frames["out"][0]
        alike = "the binary net's" if np.array_equal(states, frames[1:]) else "NOT the binary net's"
        end = "".join("+" if x > 0 else "-" for x in states[-1])
        work = runs[name].energy[0].joules * 1e15
        print(f"{name:28s} ends at {end}, all states {alike}; source work {work:.1f} fJ (counted)")
    if options.plot:
        draw(runs, says).savefig(options.plot, dpi=150)


def draw(runs, says):
    figure = nm.plot.figure(11.0, 3.2)
    for ax, (name, run) in zip(figure.subplots(1, len(runs), sharey=True), runs.items(),
                               strict=True):  # fmt: skip
        spikes = run.spikes["out"]
        unit, sign = np.abs(says).argmax(axis=1), says.sum(axis=1)
        for value, colour in ((1, nm.plot.COLOURS[0]), (-1, nm.plot.COLOURS[1])):
            mine = sign[spikes.index] == value
            ax.plot(1e3 * spikes.time[mine] / 100, unit[spikes.index[mine]] + 0.12 * value, "|",
                    ms=13, mew=2.5, color=colour, label=f"says {value:+d}")  # fmt: skip
        for k in range(1, UPDATES):
            ax.axvline(10 * LOOP * k, color="0.85", lw=0.8)
        ax.set_title(name, fontsize=10)
        ax.set_xlabel("device time (ns)")
        ax.set_yticks(range(4), [f"unit {k} ({PATTERN[0, k]:+.0f})" for k in range(4)])
        ax.set_ylim(-0.4, 3.9)
        ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, fontsize=8, loc="upper right", ncols=2)
    return figure


if __name__ == "__main__":
    main()
