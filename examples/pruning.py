"""Which units are computed, frame by frame: two-point cells against masks predicted and learned.

    python examples/pruning.py [--plot pruning.png]

Four nets of equal size learn to clean speech from sound and lips (synthetic). In the two-point
net the lips open units that hear; in the others a mask is taught by the task, by which units fire
most ("Fire Together Wire Together"), or driven to one answer for all inputs ("Consensus
Sub-Network"). The numbers of so short a training mean little: docs/pruning.md has the study.
"""

import argparse

import numpy as np

import neuromorph as nm
from neuromorph.cooperative import Objective, Penalty, Schedule, evaluate, hit_fa, train
from neuromorph.cooperative.plan import plan
from neuromorph.cooperative.propagation import forward
from neuromorph.cooperative.study import Size, sets
from neuromorph.workloads.pruning import build, teacher

NETS = {"m2h": 0.0, "masked": 0.0, "together": 0.95, "consensus": 0.4}
FIRST = {"m2h": "hidden1"}  # of the others: audio1


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plot", metavar="FILE", help="write the picture")
    options = parser.parse_args()

    data, _, test, _ = sets(Size(train=40, held_out=8, seconds=2.0), None)
    opened = {}
    for family, setting in NETS.items():
        net = train(
            build(family, 0), data, objectives=[Objective(population="mask", weight=4.0)],
            schedule=Schedule(epochs=4), penalty=Penalty(events=0.2),
            teacher=teacher(family, setting),
        ).network
        done, quality = evaluate(net, test), test.targets["mask"]
        opened[family] = gates(net, test, FIRST.get(family, "audio1"))
        share = opened[family].mean(axis=0)
        steady = np.mean((share == 0) | (share == 1))
        print(f"{family:10s} HIT-FA {hit_fa(done.output, quality):.3f}, "
              f"{done.events.events:6.0f} events per frame, first layer "
              f"{opened[family].mean():4.0%} open, {steady:4.0%} of its units never change")
    if options.plot:
        draw(opened).savefig(options.plot, dpi=110)


def gates(net, data, population):
    """Return which units of a layer are open in the first utterance, (n_frame, n)."""
    laid = plan(net)
    tape = forward(laid, {n: value[0][None].astype(float) for n, value in data.inputs.items()})
    layer = next(x for x in laid.layers if x.name == population)
    return tape.open(layer, 0)


def draw(opened):
    figure = nm.plot.figure(10.0, 4.6)
    axes = figure.subplots(1, len(opened), sharex=True)
    for ax, (name, mask) in zip(axes, opened.items(), strict=True):
        order = np.argsort(-mask.mean(axis=0), kind="stable")
        ax.imshow(mask[:, order].T, aspect="auto", cmap="Blues", vmin=0, vmax=1.2,
                  extent=(0, mask.shape[0] * 10e-3, mask.shape[1], 0))
        ax.set_title(f"{name}: {mask.mean():.0%} open", fontsize=10)
        ax.set_xlabel("time in one utterance (s)")
    axes[0].set_ylabel("unit of the first layer (blue: computed)")
    return figure


if __name__ == "__main__":
    main()
