"""The integer softmax against unbounded Python integers, and against real numbers."""

from fractions import Fraction

import numpy as np
import pytest
from scipy.special import softmax

import neuromorph as nm
from neuromorph.cooperative.integer import LOG2E, Quantised
from neuromorph.workloads import hopfield as hf

F = 12
#: 2**-(i/256) in 16 bits, by a route of its own: exact 256th roots compared as integers
POWER = []
for i in range(256):
    low, high = 0, 65536
    while low < high:  # largest v with ((2 v - 1) / 2**17)**256 <= 2**-i: rounded to nearest
        v = (low + high + 1) // 2
        low, high = (v, high) if (2 * v - 1) ** 256 <= 2 ** (17 * 256 - i) else (low, v - 1)
    POWER.append(low)


def plain(states, beta):
    """As the docstring of cooperative/integer.py says, in integers without bounds."""
    scale = round(Fraction(beta) * Fraction(LOG2E) * 65536)
    top = max(states)
    steps = [((top - s) * scale + 2 ** (F + 7)) // 2 ** (F + 8) for s in states]
    parts = [POWER[t % 256] >> (t // 256) if t // 256 < 32 else 0 for t in steps]
    return [((p << F) + sum(parts) // 2) // sum(parts) for p in parts]


@pytest.mark.parametrize("beta", [0.3, 1.0, 9.7])
def test_bit_for_bit(beta):
    rng = np.random.default_rng(7)
    n = 37
    network = nm.Network(
        populations=(nm.Population(name="in", n=n, cell=nm.Source()),
                     nm.Population(name="out", n=n, cell=nm.Softmax(beta=beta))),
        projections=(nm.Projection(source="in", target="out", weights=nm.one_to_one(n, 1.0)),),
    )  # fmt: skip
    value = rng.normal(0, 2, (1, 25, n))
    got = nm.run(network, {"in": nm.Frames(value=value)}, backend=nm.Numba(quantised=Quantised()))
    for frame in range(25):
        states = [int(s) for s in np.rint(value[0, frame] * 2**F)]
        assert plain(states, beta) == [round(y * 2**F) for y in got.frames["out"][0, frame]]
    exact = softmax(beta * value[0], axis=1)
    assert np.abs(got.frames["out"][0] - exact).max() < 0.004


def test_retrieval_in_integers_is_the_same_pattern():
    work = hf.modern(patterns=40, units=64, flips=12, beta=0.25, seed=2)
    for name, stimulus in work.stimuli.items():
        whole = nm.run(work.network, stimulus, backend=nm.Numba(quantised=Quantised()))
        assert work.readout.answer(whole) == work.targets[name]
        assert work.readout.value(whole) == pytest.approx(1.0, abs=0.02)
