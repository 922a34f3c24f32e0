import numpy as np
import pytest

from neuromorph.workloads.binary.estimator import (
    ESTIMATORS,
    Estimator,
    distance,
    instability,
    variance,
)


@pytest.mark.parametrize("estimator", ESTIMATORS.values(), ids=ESTIMATORS)
def test_the_slope_is_the_derivative(estimator):
    o, h = estimator.power, 1e-6
    x = np.concatenate((np.linspace(-1.45, -0.12, 50), np.linspace(-0.09, 0.09, 21),
                        np.linspace(0.12, 1.45, 50), [1.7, -2.0]))  # fmt: skip
    numeric = (estimator.value(x + h, o) - estimator.value(x - h, o)) / (2 * h)
    np.testing.assert_allclose(estimator.slope(x, o), numeric, rtol=1e-6, atol=1e-9)


def test_power_one_is_the_clipped_straight_through_estimator():
    x = np.linspace(-3, 3, 61)
    ste = ESTIMATORS["STE"]
    np.testing.assert_allclose(ste.value(x, 1.0), np.clip(x, -1.5, 1.5))
    np.testing.assert_array_equal(ste.slope(x, 1.0), np.abs(x) <= 1.5)


def test_a_larger_power_is_nearer_to_sign_and_less_even():
    x = np.random.default_rng(0).normal(size=20_000)
    x = x[np.abs(x) < 1.2]
    rows = [(e.error(x, e.power), instability(e.slope(x, e.power))) for e in ESTIMATORS.values()]
    error, uneven = np.array(rows).T
    assert (np.diff(error) < 0).all()
    assert (np.diff(uneven) > 0).all()
    assert error[0] == pytest.approx(np.sqrt(np.mean((1 - np.abs(x)) ** 2)))


def test_the_power_grows_with_the_training():
    assert [Estimator(power=3.0).at(share) for share in (0.0, 0.5, 1.0)] == [1.0, 2.0, 3.0]
    shares = (0.0, 0.25, 0.5, 0.75, 1.0)
    for schedule, powers in (("early", [1, 2, 3, 3, 3]), ("late", [1, 1, 1, 2, 3]),
                             ("fixed", [3] * 5)):  # fmt: skip
        assert [Estimator(power=3.0, schedule=schedule).at(s) for s in shares] == powers
    cosine = Estimator(power=3.0, schedule="cosine")
    assert [cosine.at(s) for s in (0.0, 2 / 3, 1.0)] == pytest.approx([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match=r"Estimator.schedule: 'step' came"):
        Estimator(schedule="step")
    with pytest.raises(ValueError, match=r"Estimator: power 0.5, small 0.1, top 1.5 came"):
        Estimator(power=0.5)


def test_the_indicators_of_the_source():
    x = np.array([0.25, -1.0, 0.04, -0.81])
    assert distance(x, 2.0) == pytest.approx(np.sqrt(0.5**2 + 0.8**2 + 0.1**2))
    assert distance(np.array([-1.0, 1.0]), 7.0) == 0.0
    assert variance(np.array([1.0, -3.0])) == 2.0
