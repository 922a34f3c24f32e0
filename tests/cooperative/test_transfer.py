"""Transfer functions against formulas written out here in complex numpy, and measured properties.

Derivatives: complex step on the formula, exact to rounding (Squire and Trapp 1998). The property
table and the clip of 3 are those of a prototype on 10**6 normal samples.
"""

import math

import numpy as np
import pytest

from neuromorph.cooperative.transfer import REGIMES, TABLE
from neuromorph.description.frame_cell import TRANSFERS

STEP = 1e-30


def sigma(x):
    return 1 / (1 + np.exp(-x))


def size(r):
    return r if np.real(r) >= 0 else -r


#: name: (formula, parameters)
FORMULA = {
    "point": (lambda r, c: r + 0 * c, {}),
    "additive": (lambda r, c: r + c, {}),
    "kp": (lambda r, c: r * (0.3 + 0.7 * np.exp(0.8 * r * c)), {"k1": 0.3, "k2": 0.8}),
    "m1": (lambda r, c: 0.5 * r * (1 + np.exp(r * c)), {}),
    "m1a": (lambda r, c: 0.5 * r * (1 + np.exp(r * c)) + c, {}),
    "m2": (lambda r, c: r + r * c, {}),
    "m3": (lambda r, c: r * (1 + np.tanh(0.7 * r * c)), {"beta": 0.7}),
    "m4": (lambda r, c: r * 2 ** (r * c), {}),
    "coop": (lambda r, c: r**2 + 2 * r + c * (1 + size(r)), {}),
    "coop_v": (lambda r, c: r**2 + 2 * r + c * (1 + size(r)), {}),
    "silu": (lambda r, c: r + 1.3 * r * c * sigma(1.3 * r * c), {"beta": 1.3}),
    "pi_coop": (
        lambda r, c: r**2 + 2 * r + sigma(0.4 * r - 0.6 * c) * c * (1 + size(r)),
        {"w_r": 0.4, "w_c": -0.6},
    ),
    "glu": (lambda r, c: 2 * r * sigma(c), {}),
    "hard_glu": (lambda r, c: r * c * (np.real(c) > 0), {}),
    "m2h": (lambda r, c: r * (1 + c) * (np.real(c) > -1), {}),
}
POINTS = [(r, c) for r in (-1.7, -0.6, 0.2, 1.3) for c in (-1.6, -0.4, 0.5, 1.9)]


def test_every_transfer_has_a_formula():
    assert set(FORMULA) | {"mask"} == set(TABLE) == set(TRANSFERS)
    assert [TABLE[name].code for name in TRANSFERS] == list(range(len(TRANSFERS)))


@pytest.mark.parametrize("name", FORMULA)
def test_value_and_derivatives(name):
    formula, parameters = FORMULA[name]
    for r, c in POINTS:
        t, t_r, t_c = TABLE[name](r, c, clip=math.inf, **parameters)
        assert t == pytest.approx(formula(r, c), rel=1e-12, abs=1e-14)
        assert t_r == pytest.approx(np.imag(formula(r + 1j * STEP, c)) / STEP, rel=1e-6, abs=1e-12)
        assert t_c == pytest.approx(np.imag(formula(r, c + 1j * STEP)) / STEP, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize(("name", "place"), [("kp", 3), ("kp", 4), ("m3", 3), ("silu", 3),
                                             ("pi_coop", 3), ("pi_coop", 4)])  # fmt: skip
def test_derivatives_by_parameters(name, place):
    """Scaled central difference of the compiled scalar's own value in its parameter."""
    for r, c in POINTS:
        ab = [0.4, 0.7]
        up, down = list(ab), list(ab)
        h = 1e-5
        up[place - 3] += h
        down[place - 3] -= h
        f = TABLE[name].function
        slope = (f(r, c, *up, math.inf)[0] - f(r, c, *down, math.inf)[0]) / (2 * h)
        assert f(r, c, *ab, math.inf)[place] == pytest.approx(slope, rel=1e-6, abs=1e-9)


def test_mask_is_a_step_with_a_surrogate():
    assert TABLE["mask"](0.8, -0.5)[:2] == (0.8, 1.0)
    assert TABLE["mask"](0.8, -1.5)[:2] == (0.0, 0.0)
    assert TABLE["mask"](0.8, -1.5)[2] == pytest.approx(0.8 / (1 + 2 * 0.5) ** 2)


#: Kay and Phillips: (no output without R, T = R without C, coherent, keeps the sign).
REQUIREMENTS = {
    "m1": (True, True, True, True),
    "m2": (True, True, False, False),  # coherent for R > 0 only: it follows the sign of C
    "m3": (True, True, True, True),
    "m4": (True, True, True, True),
    "kp": (True, True, True, True),
    "additive": (False, True, True, False),
    "coop": (False, False, True, False),
    "coop_v": (False, False, True, False),
    "pi_coop": (False, False, True, False),
    "m1a": (False, True, True, False),
    "silu": (True, True, False, False),  # coherent for R > 0 only
    "point": (True, True, False, True),
    "glu": (True, True, False, True),  # coherent for R > 0 only
    "hard_glu": (True, False, False, False),
    "m2h": (True, True, False, False),  # coherent for R > 0 only; closed units say 0
    "mask": (True, True, False, False),
}


def test_every_transfer_has_its_requirements():
    assert set(REQUIREMENTS) == set(TABLE)


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_requirements_of_a_modulator(name):
    f = TABLE[name]
    grid = np.linspace(-2, 2, 17)
    silent = all(f(0.0, c)[0] == 0 for c in grid)
    plain = all(f(r, 0.0)[0] == pytest.approx(r) for r in grid)
    coherent = all(
        abs(f(r, np.sign(r) * 0.8)[0]) > abs(f(r, 0.0)[0])
        and np.sign(r) * f(r, -np.sign(r) * 0.8)[0] < np.sign(r) * f(r, 0.0)[0]
        for r in grid if r != 0
    )  # fmt: skip
    keeps = all(np.sign(f(r, c)[0]) == np.sign(r) for r in grid for c in grid if r != 0)
    assert (silent, plain, coherent, keeps) == REQUIREMENTS[name]


#: P(T > 0), sign kept, mean ReLU6, (T(1,1), T(1,0), T(1,-1)), extremes on [-2, 2]**2.
MEASURED = {
    "point": (0.500, 1.000, 0.400, (1, 1, 1), (-2, 2)),
    "additive": (0.500, 0.751, 0.565, (2, 1, 0), (-4, 4)),
    "m1": (0.500, 1.000, 0.523, (1.859, 1, 0.684), (-21.1, 21.1)),
    "m2": (0.500, 0.842, 0.464, (2, 1, 0), (-6, 6)),
    "m3": (0.500, 1.000, 0.399, (1.762, 1, 0.238), (-3.99, 3.99)),
    "m4": (0.500, 1.000, 0.504, (2, 1, 0.5), (-16, 16)),
    "coop": (0.594, 0.731, 1.418, (5, 3, 1), (-6, 14)),
}


@pytest.mark.parametrize("name", MEASURED)
def test_measured_properties(name):
    from neuromorph.cooperative.layer_kernel import LayerConstants, kernels

    positive, kept, mean, three, extremes = MEASURED[name]
    n = 100_000
    r, c = np.random.default_rng(5).normal(size=(2, n, 1))
    one = np.ones(1)
    k = LayerConstants(0 * one, one, 0 * one, one, 3.0)
    t, y = np.empty_like(r), np.empty_like(r)
    kernels(name, "linear").forward(k, r, c, t)
    kernels(name, "relu6").forward(k, r, c, y)
    error = 4 * 0.5 / math.sqrt(n)  # four standard errors of a share
    assert np.mean(t > 0) == pytest.approx(positive, abs=error + 5e-4)
    assert np.mean(np.sign(t) == np.sign(r)) == pytest.approx(kept, abs=error + 5e-4)
    assert y.mean() == pytest.approx(mean, abs=4 * y.std() / math.sqrt(n) + 5e-4)
    assert [TABLE[name](1.0, x)[0] for x in (1, 0, -1)] == pytest.approx(three, abs=6e-4)
    edge = [TABLE[name](a, b)[0] for a in np.linspace(-2, 2, 41) for b in np.linspace(-2, 2, 41)]
    assert (min(edge), max(edge)) == pytest.approx(extremes, abs=0.02)


def test_rescience_fixture():
    """Smyth, Phillips and Kay as reproduced in ReScience C 6(3) no. 2: ``0.5 r (1 + exp(r c))``.

    Magnitudes 0 to 10 step 0.1, signs +-1. The published parameters give P(c agrees | r) =
    0.889972; a binary unit with T = r (1 + exp(rc)) / 2 says 1 with probability sigma(T).
    """
    magnitudes = np.arange(0, 10.05, 0.1)
    for r in magnitudes[::10]:
        for c in magnitudes[::10]:
            for sign_r, sign_c in ((1, 1), (1, -1), (-1, -1), (-1, 1)):
                x = sign_r * r * sign_c * c
                expected = 0.5 * sign_r * r * (1 + math.exp(x))
                got = TABLE["m1"](sign_r * r, sign_c * c, clip=math.inf)[0]
                assert got == pytest.approx(expected, rel=1e-12)
    agree = 0.889972
    both, against = (1 / (1 + math.exp(-TABLE["m1"](1.0, s)[0])) for s in (1.0, -1.0))
    assert agree * both + (1 - agree) * against == pytest.approx(
        0.889972 / (1 + math.exp(-(1 + math.e) / 2))
        + 0.110028 / (1 + math.exp(-(1 + 1 / math.e) / 2)),
        rel=1e-12,
    )


def test_regimes():
    assert REGIMES == {"isolation": "point", "amplification": "m2", "drive": "coop"}
    assert TABLE[REGIMES["drive"]](0.0, 1.0)[0] == 1.0
    assert TABLE[REGIMES["amplification"]](0.0, 1.0)[0] == 0.0


def test_unknown_parameter_is_named():
    with pytest.raises(ValueError, match=r"transfer 'm3': parameter 'k1' came, it has beta"):
        TABLE["m3"](1.0, 1.0, k1=0.5)
