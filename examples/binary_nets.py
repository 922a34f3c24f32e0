"""A net of weights and outputs of -1 and 1, trained with two stand-ins for sign, run in one bit.

    python examples/binary_nets.py [--plot binary_nets.png]

The task is noisy digits; the best possible answer is the nearest digit. The net is trained with
the straight-through estimator and with power functions ("Rectified Straight Through Estimator"),
then put as one-bit weights on the integer model of the hardware. One seed, few pictures:
docs/binary.md has the study.
"""

import argparse

import numpy as np

import neuromorph as nm
from neuromorph.cooperative import Quantised
from neuromorph.workloads.binary import ESTIMATORS, BinaryNet, deployed, train_binary
from neuromorph.workloads.glyph import nearest, noisy_glyphs

NAMES = ("STE", "ReSTE, o to 3", "ReSTE, o to 20")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plot", metavar="FILE", help="write the picture")
    options = parser.parse_args()

    seen, digit = noisy_glyphs(4000, seed=1)
    held, truth = noisy_glyphs(1000, seed=2)
    print(f"best possible: {np.mean(nearest(held) == truth):.1%} right")
    trained = {}
    for name in NAMES:
        net = BinaryNet.drawn((35, 48, 48, 10))
        trained[name] = train_binary(net, 2 * seen - 1, digit, ESTIMATORS[name], epochs=12)
        answer, cycles = in_one_bit(trained[name].net, 2 * held - 1)
        alike = np.mean(answer == trained[name].net.answers(2 * held - 1))
        print(f"{name:15s} {np.mean(answer == truth):.1%} right in one bit, {alike:.1%} as in "
              f"float64, {cycles:.0f} clocks a picture; estimating error "
              f"{trained[name].error[-1]:.2f}, unevenness {trained[name].instability[-1]:.1f}")
    if options.plot:
        draw(trained).savefig(options.plot, dpi=130)


def in_one_bit(net, x):
    """Return the answers of the integer model of the core, and its clocks per picture."""
    core = nm.FPGAModel(quantised=Quantised(weight_bits=1))
    done = nm.run(deployed(net), {"pixels": nm.Frames(value=x[:, None])}, backend=core)
    return done.frames["digit"][:, 0].argmax(axis=1), done.counts.cycles / len(x)


def draw(trained):
    figure = nm.plot.figure(9.0, 3.6)
    left, right = figure.subplots(1, 2)
    x = np.linspace(-2, 2, 801)
    left.plot(x, np.sign(x), color="0.75", lw=3, label="sign")
    for number, (name, done) in enumerate(trained.items()):
        colour, estimator = nm.plot.COLOURS[number], ESTIMATORS[name]
        left.plot(x, estimator.value(x, estimator.power), color=colour, label=name)
        right.plot(done.error, done.instability, ".-", color=colour, label=name)
    left.set_xlabel("latent weight / scale")
    left.set_title("what stands in for sign, at the end", fontsize=10)
    left.legend(frameon=False, fontsize=8)
    right.set_xlabel("estimating error (rms)")
    right.set_ylabel("unevenness of the gradient")
    right.set_title("the trade, epoch by epoch", fontsize=10)
    for ax in (left, right):
        ax.spines[["top", "right"]].set_visible(False)
    return figure


if __name__ == "__main__":
    main()
