"""The product with a packed matrix against numpy's."""

import numpy as np
import pytest
from numba import njit

from neuromorph.circuits.solver.product import packed, times


@pytest.mark.parametrize("n", range(8, 112, 8))
def test_multiplies_as_numpy_does(n):
    rng = np.random.default_rng(n)
    matrix, b, out = rng.standard_normal((n, n)), rng.standard_normal(n), np.full(n, np.nan)
    times(packed(matrix), b, out)
    np.testing.assert_allclose(out, matrix @ b, rtol=1e-12, atol=1e-12)


def test_a_packed_matrix_begins_on_a_cache_line():
    starts = {packed(np.eye(n)).ctypes.data % 64 for n in (8, 40, 72) for _ in range(5)}
    assert starts == {0}


def test_its_loop_takes_vectors():
    fresh = njit(times.py_func)  # what comes from the cache cannot be looked into
    fresh(packed(np.eye(8)), np.ones(8), np.zeros(8))
    text = next(iter(fresh.inspect_llvm().values()))
    assert "fmul contract <8 x double>" in text
