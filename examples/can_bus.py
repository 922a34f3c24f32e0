"""Attacks on a car's bus: one rule, and a net of two-bit weights on the integer model of a core.

    python examples/can_bus.py [--plot can_bus.png]

A drive is generated with floods, random frames and forged messages in windows. A small net is
trained on another drive; each frame of this one is 160 bits for it. The picture shows which
frames are attacks and which are called so. In the second window of spoofing the genuine message
is silenced: an interval cannot show that, and this net misses nearly all of it too. Generated
traffic: docs/can.md has the study, with more of such windows.
"""

import argparse

import numpy as np

import neuromorph as nm
from neuromorph.workloads.can_bus import CLASSES, IntervalRule, features, generate
from neuromorph.workloads.can_bus.net import trained_detector


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plot", metavar="FILE", help="write the picture")
    options = parser.parse_args()

    rule = IntervalRule.learned(generate(30.0, attacks=0, seed=3)[0])
    detector = trained_detector(generate(300.0, attacks=180, seed=1)[0])
    frames, windows = generate(6.0, attacks=6, seed=8)
    core = nm.FPGAModel(quantised=detector.widths, lanes=16, outputs=("class",))
    done = nm.run(detector.network, {"frame": nm.Frames(value=features(frames)[None])},
                  backend=core)
    said = {"one rule": rule.attacks(frames),
            "net of two bits": done.frames["class"][0].argmax(axis=1) > 0}
    for name, attack in said.items():
        shares = [f"{kind} {attack[frames.label == k].mean():.1%}"
                  for k, kind in enumerate(("false alarms", *CLASSES[1:]))]
        print(f"{name:16s}" + ", ".join(shares))
    print(f"{done.counts.cycles / frames.time.size:.0f} clocks a frame on sixteen lanes")
    if options.plot:
        draw(frames, windows, said).savefig(options.plot, dpi=130)


def draw(frames, windows, said):
    figure = nm.plot.figure(9.0, 1.7 * (1 + len(said)))
    axes = figure.subplots(1 + len(said), 1, sharex=True)
    panels = {"truth": frames.label > 0, **said}
    for ax, (name, attack) in zip(axes, panels.items(), strict=True):
        for window in windows:
            ax.axvspan(window.start, window.start + window.seconds, color="0.93")
        for mask, colour in ((~attack, "0.6"), (attack, nm.plot.COLOURS[1])):
            ax.plot(frames.time[mask], frames.identifier[mask], ".", ms=2, color=colour)
        ax.set_title(f"{name}: {np.mean(attack):.0%} of the frames", fontsize=10, loc="left")
        ax.set_ylabel("identifier")
        ax.spines[["top", "right"]].set_visible(False)
    for window in windows:
        axes[0].text(window.start, 2150, window.kind, fontsize=8, va="bottom")
    axes[0].set_ylim(-100, 2600)
    axes[-1].set_xlabel("time (s); orange: called an attack; shaded: windows of attack")
    return figure


if __name__ == "__main__":
    main()
