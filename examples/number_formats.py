"""FP8 against INT8: what rounding to eight bits costs light and heavy tails, and a trained net.

    python examples/number_formats.py [--plot number_formats.png]

Draws of three densities are rounded to INT8, INT4 and three FP8 formats, each at its scale of
least error: integers win where no value is far out, floats where some are. Then a small net
that reads noisy digits is trained in float32 and rounded, weights and outputs. One seed, few
pictures: docs/formats.md has the study.
"""

import argparse

import numpy as np

import neuromorph as nm
from neuromorph.cooperative import Schedule, evaluate, train
from neuromorph.cooperative.formatted import Formatted
from neuromorph.formats import FORMATS, fitted
from neuromorph.workloads.glyph_net import OBJECTIVES, glyph_data, glyph_net


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plot", metavar="FILE", help="write the picture")
    options = parser.parse_args()

    rng = np.random.default_rng(1)
    draws = {
        "uniform": rng.uniform(-1, 1, 20_000),
        "normal": rng.normal(size=20_000),
        "Student t, 3": rng.standard_t(3, 20_000),
    }
    clean = {law: {name: decibel(x, number) for name, number in FORMATS.items()}
             for law, x in draws.items()}
    for law, row in clean.items():
        print(f"{law:14s}" + ", ".join(f"{name} {db:.1f} dB" for name, db in row.items()))

    seen, held = glyph_data(3000, seed=1), glyph_data(3000, seed=2)
    net = train(glyph_net(), seen, objectives=OBJECTIVES, schedule=Schedule(epochs=10)).network
    right = {"float32": score(net, held, seen)}
    for name, number in FORMATS.items():
        right[name] = score(net, held, seen, Formatted(weights=number, outputs=number))
    print("digits right: " + ", ".join(f"{name} {share:.2%}" for name, share in right.items()))
    if options.plot:
        draw(clean, right).savefig(options.plot, dpi=130)


def decibel(x, number):
    """Return signal to noise of draws rounded to a format at its best scale [dB]."""
    return 10 * np.log10(np.mean(x**2) / fitted(number, x).error(x))


def score(net, held, seen, formats=None):
    """Return the share of pictures whose largest output is the digit."""
    done = evaluate(net, held, readout="digit", quantise=formats, calibration=seen)
    return np.mean(done.output.argmax(axis=-1) == held.targets["digit"].argmax(axis=-1))


def draw(clean, right):
    figure = nm.plot.figure(9.0, 3.6)
    left, rest = figure.subplots(1, 2)
    for number, name in enumerate(FORMATS):
        left.plot(list(clean), [row[name] for row in clean.values()], "o-", label=name,
                  color=nm.plot.COLOURS[number])
    left.set_ylabel("signal to noise (dB)")
    left.set_title("rounded at the best scale", fontsize=10)
    left.legend(frameon=False, fontsize=8)
    rest.plot([100 * share for share in right.values()], "o", color=nm.plot.COLOURS[0])
    rest.axhline(100 * right["float32"], color="0.6", lw=0.8, ls="--")
    rest.set_xticks(range(len(right)), [n.replace("FP8-", "") for n in right], rotation=30)
    rest.set_ylabel("digits right (%)")
    rest.set_title("a trained net, weights and outputs rounded", fontsize=10)
    for ax in (left, rest):
        ax.spines[["top", "right"]].set_visible(False)
    return figure


if __name__ == "__main__":
    main()
