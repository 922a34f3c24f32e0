import numpy as np
import pytest
from scipy import stats

from neuromorph.formats import (
    E3M4,
    E4M3,
    E5M2,
    FORMATS,
    INT4,
    INT8,
    IntegerFormat,
    Quantiser,
    best_scale,
    expected_error,
    signal_to_noise,
)

DENSITIES = {"normal": stats.norm(), "laplace": stats.laplace(), "t": stats.t(3.5)}


@pytest.mark.parametrize("name", DENSITIES)
@pytest.mark.parametrize("number", FORMATS.values(), ids=FORMATS)
def test_the_integral_is_what_sampling_finds(number, name):
    density = DENSITIES[name]
    x = density.rvs(400_000, random_state=np.random.default_rng(2))
    for scale in (0.5 / number.values()[-1], 4.0 / number.values()[-1]):
        squares = (Quantiser(format=number, scale=scale)(x) - x) ** 2
        spread = squares.std() / np.sqrt(x.size)
        wide = 5 if name != "t" else 12  # the variance of a squared t(3.5) tail hardly converges
        assert abs(squares.mean() - expected_error(number, density, scale)) < wide * spread + 1e-12


def test_a_uniform_density_gives_a_twelfth_of_the_step_squared():
    error = expected_error(INT8, stats.uniform(-1, 2), 1 / 127.5)
    assert error == pytest.approx((1 / 127.5) ** 2 / 12, rel=1e-6)


def test_saturation_of_a_heavy_tail_against_its_closed_form():
    """p = 3 / x^4 from 1 on (Pareto): int_e^inf (x - e)^2 p dx = 1 / e, plus int_1^e rounding."""
    number = IntegerFormat(name="three", bits=2)  # -1, 0, 1
    # at scale 2 all x below 1 (none) go to 0, all others to 2: E (x - 2)^2 = E x^2 - 4 E x + 4
    exact = 3.0 - 4 * 1.5 + 4
    assert expected_error(number, stats.pareto(3), 2.0) == pytest.approx(exact, rel=1e-6)


def test_the_best_scale_is_a_minimum():
    for number in (INT8, INT4):
        s = best_scale(number, stats.norm())
        least = expected_error(number, stats.norm(), s)
        for factor in (0.8, 0.95, 1.05, 1.25):
            assert expected_error(number, stats.norm(), s * factor) > least
    # Max 1960, IRE Trans. Inf. Theory 6:7: uniform quantiser of a normal, 15 levels, step 0.3534;
    # 16 levels 0.3352
    assert best_scale(INT4, stats.norm()) == pytest.approx(0.3534, abs=1e-3)


def test_the_order_of_the_formats():
    """The source's finding: INT8 ahead on a normal density, FP8 ahead as the tails grow."""
    normal = {f.name: signal_to_noise(f, stats.norm()) for f in (INT8, E3M4, E4M3, E5M2)}
    assert normal["INT8"] > normal["FP8-E4M3"] + 5 > normal["FP8-E5M2"] + 10
    heavy = {f.name: signal_to_noise(f, stats.t(3)) for f in (INT8, E3M4, E4M3, E5M2)}
    assert heavy["FP8-E4M3"] > heavy["INT8"]
    assert heavy["FP8-E3M4"] > heavy["INT8"]
