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


def plain(states, beta, bits):
    """As the docstring of cooperative/integer.py says, in integers without bounds."""
    scale = round(Fraction(beta) * Fraction(LOG2E) * 65536)
    top = max(states)
    steps = [((top - s) * scale + 2 ** (F + 7)) // 2 ** (F + 8) for s in states]
    parts = [POWER[t % 256] >> (t // 256) for t in steps]
    return [((p << (bits - 2)) + sum(parts) // 2) // sum(parts) for p in parts]


@pytest.mark.parametrize("make", [nm.Numba, nm.FPGAModel])
@pytest.mark.parametrize("bits", [16, 12, 8])
@pytest.mark.parametrize("beta", [0.3, 1.0, 9.7])
def test_bit_for_bit(beta, bits, make):
    """Outputs of 8, 12 and 16 bits, 1 being 2**(bits - 2), in the emulator and on the core."""
    rng = np.random.default_rng(7)
    n = 37
    network = nm.Network(
        populations=(nm.Population(name="in", n=n, cell=nm.Source()),
                     nm.Population(name="out", n=n, cell=nm.Softmax(beta=beta))),
        projections=(nm.Projection(source="in", target="out", weights=nm.one_to_one(n, 1.0)),),
    )  # fmt: skip
    value = rng.normal(0, 2, (1, 25, n))
    fraction = {16: 12, 12: 8, 8: 4}[bits]  # of the input
    widths = Quantised(activation_bits=bits, fractions=(("out", bits - 2), ("in", fraction)))
    got = nm.run(network, {"in": nm.Frames(value=value)}, backend=make(quantised=widths))
    taken = np.rint(value[0] * 2**fraction).astype(int) << (F - fraction)
    for frame in range(25):
        want = plain(taken[frame].tolist(), beta, bits)
        assert want == [round(y * 2 ** (bits - 2)) for y in got.frames["out"][0, frame]]
    exact = softmax(beta * taken / 2**F, axis=1)
    assert np.abs(got.frames["out"][0] - exact).max() < 0.004 + 2.0 ** (1 - bits)


@pytest.mark.parametrize("make", [nm.Numba, nm.FPGAModel])
def test_retrieval_in_integers_is_the_same_pattern(make):
    work = hf.modern(patterns=40, units=64, flips=12, beta=0.25, seed=2)
    for name, stimulus in work.stimuli.items():
        whole = nm.run(work.network, stimulus, backend=make(quantised=Quantised()))
        assert work.readout.answer(whole) == work.targets[name]
        assert work.readout.value(whole) == pytest.approx(1.0, abs=0.02)
