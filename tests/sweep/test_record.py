import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from neuromorph.sweep.record import decode, encode

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=6,
)
DTYPES = st.sampled_from(["f8", "f4", "i8", "u1", "?", "c16", ">f8"])


@settings(max_examples=60, deadline=None)
@given(PLAIN.filter(lambda v: not (isinstance(v, dict) and v.keys() == {"ndarray"})))
def test_plain_values_come_back_as_they_were(value):
    assert decode(encode(value)) == value
    assert "\n" not in encode(value)


@settings(deadline=None)
@given(hnp.arrays(DTYPES, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0)))
def test_arrays_come_back_bit_for_bit(array):
    back = decode(encode({"x": array}))["x"]
    assert back.dtype == array.dtype
    assert back.shape == array.shape
    assert back.tobytes() == np.ascontiguousarray(array).tobytes()


def test_nan_infinity_and_numpy_scalars():
    back = decode(encode([float("nan"), float("-inf"), np.float32(0.1), np.int64(7), np.True_]))
    assert math.isnan(back[0])
    assert back[1:] == [float("-inf"), float(np.float32(0.1)), 7, True]


@pytest.mark.parametrize("value", [object(), {1, 2}, np.array([None])])
def test_what_cannot_be_kept_is_refused(value):
    with pytest.raises(TypeError, match=r"value of a point: .* came; numbers, texts"):
        encode(value)
