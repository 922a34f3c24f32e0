"""Two associative memories: what a damaged picture brings back.

    python examples/hopfield.py [--plot hopfield_recall.png]

Eight drawn shapes are stored in the classical binary Hopfield net and in the modern one, whose
update is attention. A quarter of the pixels of a cue is turned round. The shapes are alike, which
the binary net does not bear; the modern net says, by its inverse temperature beta, all shapes at
once, those that are alike, or one. docs/hopfield.md has the measurements.
"""

import argparse

import numpy as np

import neuromorph as nm
from neuromorph.workloads import hopfield as hf
from neuromorph.workloads.hopfield.fixed_point import kinds
from neuromorph.workloads.hopfield.retrieval import cue_frames

SIDE, UPDATES = 12, 12
BETAS = (0.002, 0.05, 0.15)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plot", metavar="FILE", help="write the picture")
    options = parser.parse_args()

    names, stored = list(hf.shapes(SIDE)), np.stack(list(hf.shapes(SIDE).values()))
    cues = hf.flipped(stored, SIDE**2 // 4, seed=1)
    columns = {"stored": stored, "cue": cues}
    columns["binary net"] = recall(hf.binary_net(stored), cues)[0]
    for beta in BETAS:
        states, weights = recall(hf.modern_net(stored, beta=beta), cues)
        columns[f"modern, beta {beta:g}"] = states
        said = ", ".join(f"{n}: {k}" for n, k in zip(names, kinds(weights), strict=True))
        print(f"beta {beta:g}: {said}")
    for title, states in columns.items():
        right = np.mean(np.abs(states - stored).max(axis=1) < 0.5)
        print(f"{title:20s} {right:4.0%} of the shapes as stored")
    if options.plot:
        draw(names, columns).savefig(options.plot, dpi=150)


def recall(network, cues):
    """Return the last states, and the weights on the patterns where there are some."""
    frames = np.concatenate([cue_frames(cue, UPDATES).value for cue in cues])
    result = nm.run(network, {"cue": nm.Frames(value=frames)})
    weights = result.frames.get("match")
    return result.frames["out"][:, -1], None if weights is None else weights[:, -1]


def draw(names, columns):
    figure = nm.plot.figure(9.0, 1.18 * len(columns))
    axes = figure.subplots(len(columns), len(names))
    for row, (title, states) in zip(axes, columns.items(), strict=True):
        for ax, state in zip(row, states, strict=True):
            ax.imshow(state.reshape(SIDE, SIDE), cmap="RdBu_r", vmin=-1, vmax=1)
            ax.set_xticks([])
            ax.set_yticks([])
        row[0].set_ylabel(title.replace(", ", ",\n"), fontsize=9, rotation=0, ha="right",
                          va="center")  # fmt: skip
    for ax, name in zip(axes[0], names, strict=True):
        ax.set_title(name, fontsize=9)
    return figure


if __name__ == "__main__":
    main()
