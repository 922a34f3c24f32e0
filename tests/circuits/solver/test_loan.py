"""Arrays on loan are the same memory, whatever tuple they stand in."""

from typing import NamedTuple

import numpy as np
from numba import njit

from neuromorph.circuits.solver.loan import lent


class Pair(NamedTuple):
    """Two arrays and a number."""

    first: np.ndarray
    second: np.ndarray
    factor: float


@njit
def filled(pair, grid):
    (own, table) = lent((pair, grid))
    for i in range(own.first.size):
        own.first[i] = own.factor * own.second[i]
        table[i, 1] = own.first[i]
    return own.first[1:].sum()


def test_what_is_written_reaches_the_lender():
    a, b, grid = np.zeros(4), np.arange(4.0), np.zeros((4, 2))
    assert filled(Pair(a, b, 2.0), grid) == 12.0
    assert a.tolist() == grid[:, 1].tolist() == [0.0, 2.0, 4.0, 6.0]
