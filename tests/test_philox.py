import numpy as np
import plain
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuromorph import philox

WORD = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize(
    ("counter", "key", "first"),
    [
        ((0, 0), 0, 0xFF1DAE59),
        ((0xFFFFFFFF, 0xFFFFFFFF), 0xFFFFFFFF, 0x2C3F628B),
        ((0x243F6A88, 0x85A308D3), 0x13198A2E, 0xDD7CE038),
    ],
)
def test_known_answers_of_random123(counter, key, first):
    # kat_vectors of the Random123 distribution, philox2x32 with 10 rounds
    assert int(philox.draw(*(np.uint64(x) for x in (*counter, key)))) == first


@given(WORD, WORD, WORD)
def test_equals_unbounded_integers(a, b, key):
    drawn = int(philox.draw(np.uint64(a), np.uint64(b), np.uint64(key)))
    assert drawn == plain.philox(a, b, key)


def test_uniform_and_independent_of_neighbours():
    index, step = np.meshgrid(np.arange(256, dtype=np.uint64), np.arange(256, dtype=np.uint64))
    u = philox.draw(index, step, np.uint64(philox.stream_key(1, 5))) / 2**32
    n = u.size
    assert abs(u.mean() - 0.5) < 4 / np.sqrt(12 * n)
    assert abs(np.corrcoef(u[:, :-1].ravel(), u[:, 1:].ravel())[0, 1]) < 4 / np.sqrt(n)
    assert abs(np.corrcoef(u[:-1].ravel(), u[1:].ravel())[0, 1]) < 4 / np.sqrt(n)


def test_streams_and_seeds_differ():
    keys = {philox.stream_key(seed, stream) for seed in range(40) for stream in range(40)}
    assert len(keys) == 1600


def test_thresholds_at_the_ends():
    assert philox.pass_threshold([0.0, 0.5, 1.0]).tolist() == [0, 2**31, 2**32]


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_seed_out_of_range(seed):
    with pytest.raises(ValueError, match=r"seed: .* came, 0 <= seed < 2\*\*64 is allowed"):
        philox.stream_key(seed, 0)


def test_normal_numbers_are_normal():
    """Moments and distribution of a million draws; the polynomial is 2.8e-5 from the normal one."""
    from scipy import stats

    n = 1_000_000
    x = philox.normal(np.arange(n, dtype=np.uint64), np.uint64(3), np.uint64(12345))
    # standard errors of mean, variance, skewness and kurtosis of n normal numbers
    assert abs(x.mean()) < 4 / np.sqrt(n)
    assert abs(x.var() - 1) < 4 * np.sqrt(2 / n)
    assert abs(stats.skew(x)) < 4 * np.sqrt(6 / n)
    assert abs(stats.kurtosis(x)) < 4 * np.sqrt(24 / n)
    distance = stats.kstest(x, "norm").statistic
    assert distance < 1.63 / np.sqrt(n) + 3e-5  # 1 % point of Kolmogorov's distribution
    assert 4.5 < np.abs(x).max() < 5.7


def test_normal_numbers_of_neighbours_are_not_correlated():
    x = philox.normal(
        np.arange(500, dtype=np.uint64)[:, None], np.arange(500, dtype=np.uint64)[None, :],
        np.uint64(7),
    )  # fmt: skip
    for shifted in (x[1:] * x[:-1], x[:, 1:] * x[:, :-1]):
        assert abs(shifted.mean()) < 4 / np.sqrt(shifted.size)
    other = philox.normal(np.arange(500, dtype=np.uint64), np.uint64(0), np.uint64(8))
    assert abs((x[:, 0] * other).mean()) < 4 / np.sqrt(500)


def test_few_draws_are_those_of_many():
    """Below ``FEW`` numpy draws, above it a compiled function: the same bits."""
    n = 3 * philox.FEW
    index = np.arange(n, dtype=np.uint64) * np.uint64(143_165)
    step, key = np.uint64(77), np.uint64(philox.stream_key(5, 2))
    for function in (philox.draw, philox.normal):
        many = function(index, step, key)
        few = [function(part, step, key) for part in np.split(index, 6)]
        assert many.dtype == few[0].dtype
        assert np.concatenate(few).tobytes() == many.tobytes()
