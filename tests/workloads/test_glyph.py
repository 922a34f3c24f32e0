import numpy as np
import pytest

from neuromorph.workloads.glyph import glyphs, nearest, noisy_glyphs


def test_ten_different_digits():
    shapes = glyphs()
    assert shapes.shape == (10, 35)
    apart = np.abs(shapes[:, None] - shapes[None]).sum(axis=2)
    assert apart[~np.eye(10, dtype=bool)].min() >= 2
    assert (nearest(shapes) == np.arange(10)).all()


def test_pixels_turn_with_the_probability_asked_for():
    seen, digit = noisy_glyphs(4000, flip=0.1, seed=3)
    assert (np.bincount(digit) == 400).all()
    turned = np.abs(seen - glyphs()[digit]).mean()
    assert abs(turned - 0.1) < 4 * np.sqrt(0.09 / seen.size)
    again, _ = noisy_glyphs(4000, flip=0.1, seed=3)
    np.testing.assert_array_equal(seen, again)


def test_the_nearest_digit_is_the_most_likely_one():
    """Against the posterior written out, flip 0.2."""
    seen, _ = noisy_glyphs(300, flip=0.2, seed=1)
    same = seen[:, None] == glyphs()[None]
    likelihood = np.where(same, np.log(0.8), np.log(0.2)).sum(axis=2)
    best = likelihood[np.arange(300), nearest(seen)]
    np.testing.assert_allclose(best, likelihood.max(axis=1))


def test_bad_numbers():
    with pytest.raises(ValueError, match=r"n 0 and flip 0\.1 came"):
        noisy_glyphs(0)
