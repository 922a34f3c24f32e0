import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuromorph.formats import E3M4, E4M3, E5M2, INT4, INT8, FloatFormat, IntegerFormat

FLOATS = {"float8_e4m3fn": E4M3, "float8_e5m2": E5M2, "float8_e3m4": E3M4}


@pytest.mark.parametrize("name", FLOATS)
def test_every_code_means_what_ml_dtypes_says(name):
    ml_dtypes = pytest.importorskip("ml_dtypes", reason="the package ml_dtypes is not installed")
    codes = np.arange(256, dtype=np.uint8)
    theirs = codes.view(getattr(ml_dtypes, name)).astype(np.float64)
    np.testing.assert_array_equal(FLOATS[name].decode(codes), theirs)


@pytest.mark.parametrize("name", FLOATS)
def test_every_half_is_encoded_as_ml_dtypes_does(name):
    """All 65,536 float16, random float32, and the ties between neighbours."""
    ml_dtypes = pytest.importorskip("ml_dtypes", reason="the package ml_dtypes is not installed")
    number = FLOATS[name]
    rng = np.random.default_rng(4)
    grid = number.values()
    x = np.concatenate((
        np.arange(65536, dtype=np.uint16).view(np.float16).astype(np.float64),
        (rng.normal(size=50_000) * 2.0 ** rng.integers(-20, 20, 50_000)).astype(np.float32),
        (grid[1:] + grid[:-1]) / 2, grid, [number.largest * 1.01, number.largest * 4, -0.0],
    ))  # fmt: skip
    with np.errstate(invalid="ignore", over="ignore"):
        theirs = x.astype(getattr(ml_dtypes, name)).view(np.uint8)
    ours = number.encode(x)
    same = (ours == theirs) | np.isnan(number.decode(ours)) & np.isnan(number.decode(theirs))
    assert same.all(), (x[~same][:5], ours[~same][:5], theirs[~same][:5])


def test_known_ends():
    assert (E4M3.largest, E5M2.largest, E3M4.largest) == (448.0, 57344.0, 15.5)
    assert (INT8.largest, INT4.largest) == (127.0, 7.0)
    assert E4M3.values()[E4M3.values() > 0][0] == 2.0**-9
    assert E5M2.values()[E5M2.values() > 0][0] == 2.0**-16
    assert (E4M3.values().size, E5M2.values().size, E3M4.values().size) == (253, 247, 223)


@pytest.mark.parametrize("number", [INT8, INT4, E4M3, E5M2, E3M4], ids=lambda f: f.name)
def test_rounding_takes_the_nearest(number):
    x = np.random.default_rng(0).uniform(-2, 2, 400) * number.values()[-1]
    nearest = np.min(np.abs(x[:, None] - number.values()[None]), axis=1)
    np.testing.assert_allclose(np.abs(number.round(x) - x), nearest, rtol=1e-12)


@settings(deadline=None, derandomize=True)
@given(st.floats(-600, 600), st.floats(-600, 600))
def test_rounding_is_monotonic_odd_and_idempotent(a, b):
    for number in (E4M3, E5M2, E3M4, INT8):
        low, high = (float(number.round(x)) for x in sorted((a, b)))
        assert low <= high
        assert float(number.round(-a)) == -float(number.round(a))
        assert float(number.round(number.round(a))) == float(number.round(a))


@settings(deadline=None, derandomize=True, max_examples=300)
@given(st.floats(allow_nan=False, width=32))
def test_rounding_is_decoding_the_saturated_code(x):
    for number in (E4M3, E5M2, E3M4):
        assert float(number.round(x)) == float(number.decode(number.encode(x, saturate=True)))


def test_specials():
    assert np.isnan(E4M3.decode(E4M3.encode(math.inf)))
    assert E5M2.decode(E5M2.encode(-math.inf)) == -math.inf
    assert np.isnan(E5M2.decode(E5M2.encode(math.nan)))
    assert E4M3.round(1e9) == 448.0
    assert E5M2.round(-math.inf) == -57344.0


def test_bad_widths():
    with pytest.raises(ValueError, match=r"IntegerFormat.bits: 9 came, 2 to 8"):
        IntegerFormat(name="x", bits=9)
    with pytest.raises(ValueError, match="5 exponent and 3 mantissa bits came"):
        FloatFormat(name="x", exponent=5, mantissa=3, bias=15)
