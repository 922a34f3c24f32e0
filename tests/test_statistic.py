import pytest
from scipy.stats import binomtest

from neuromorph.statistic import wilson_interval


@pytest.mark.parametrize(("passed", "n"), [(0, 10), (8, 10), (10, 10), (252, 256), (500, 1024)])
@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_wilson_against_scipy(passed, n, confidence):
    other = binomtest(passed, n).proportion_ci(confidence, method="wilson")
    mine = wilson_interval(passed, n, confidence=confidence)
    assert mine == pytest.approx((other.low, other.high), abs=1e-12)


def test_wrong_counts_are_refused():
    with pytest.raises(ValueError, match="11 of 10 came"):
        wilson_interval(11, 10)
