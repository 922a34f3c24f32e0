"""Sparse LDL^T of a symmetric positive matrix, and the solve that runs every step.

Minimum-degree order, up-looking factorisation (T. A. Davis, *Direct Methods for Sparse Linear
Systems*, 2006, ch. 4). SFQ circuits are near-trees, so the factor has little fill.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Place = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Factor:
    """P A P^T = L D L^T: L strictly below the diagonal by columns, 1/D, and the order P."""

    order: Place
    start: Index
    row: Place
    value: Array
    inverse: Array


class SingularError(ValueError):
    """A pivot that is not positive; ``args[0]`` is the row of the matrix."""


def minimum_degree(pattern: list[set[int]]) -> Index:
    """Return an elimination order of a symmetric pattern, fewest neighbours first.

    Of equals the one that has waited longest comes first, so that a chain is taken from both
    ends in turn and the solve follows two threads of dependent operations at a time.
    """
    near = [set(row) - {i} for i, row in enumerate(pattern)]
    heap = [(len(row), i, i) for i, row in enumerate(near)]
    age = len(heap)
    heapq.heapify(heap)
    done = np.zeros(len(near), dtype=np.bool_)
    order: list[int] = []
    while heap:
        degree, _, i = heapq.heappop(heap)
        if done[i] or degree != len(near[i]):
            continue
        done[i] = True
        order.append(i)
        for j in near[i]:
            near[j] |= near[i]
            near[j] -= {i, j}
            heapq.heappush(heap, (len(near[j]), age, j))
            age += 1
    return np.array(order, dtype=np.int64)


def factorise(rows: list[dict[int, float]]) -> Factor:
    """Factorise a symmetric positive-definite matrix given as one dict per row.

    Raises
    ------
    SingularError
        The matrix is not positive definite.
    """
    order = minimum_degree([set(row) for row in rows])
    place = np.empty_like(order)
    place[order] = np.arange(order.size)
    start, column, value, diagonal = _upper(rows, order, place)
    parent, count = _symbolic(start, column)
    l_start = np.concatenate(([0], np.cumsum(count)))
    l_row, l_value, d = _numeric(start, column, value, diagonal, parent, l_start)
    bad = np.flatnonzero(~(d > 0))
    if bad.size:
        raise SingularError(int(order[bad[0]]))
    return Factor(order.astype(np.uint32), l_start, l_row.astype(np.uint32), l_value, 1.0 / d)


def _upper(rows: list[dict[int, float]], order: Index,
           place: Index) -> tuple[Index, Index, Array, Array]:
    start, column, value = [0], [], []
    diagonal = np.zeros(order.size)
    for k, i in enumerate(order):
        for j, x in rows[i].items():
            if place[j] < k:
                column.append(place[j])
                value.append(x)
            elif place[j] == k:
                diagonal[k] = x
        start.append(len(column))
    return (np.array(start, dtype=np.int64), np.array(column, dtype=np.int64),
            np.array(value, dtype=np.float64), diagonal)


@njit(cache=True)
def _symbolic(start, column):  # type: ignore[no-untyped-def]
    n = start.size - 1
    parent = np.full(n, -1, dtype=np.int64)
    flag = np.full(n, -1, dtype=np.int64)
    count = np.zeros(n, dtype=np.int64)
    for k in range(n):
        flag[k] = k
        for p in range(start[k], start[k + 1]):
            i = column[p]
            while flag[i] != k:
                if parent[i] == -1:
                    parent[i] = k
                count[i] += 1
                flag[i] = k
                i = parent[i]
    return parent, count


@njit(cache=True)
def _numeric(start, column, value, diagonal, parent, l_start):  # type: ignore[no-untyped-def]
    n = start.size - 1
    row = np.zeros(l_start[n], dtype=np.int64)
    lower = np.zeros(l_start[n])
    d = np.zeros(n)
    y = np.zeros(n)
    filled = np.zeros(n, dtype=np.int64)
    pattern = np.zeros(n, dtype=np.int64)
    flag = np.full(n, -1, dtype=np.int64)
    for k in range(n):
        flag[k] = k
        top = n
        for p in range(start[k], start[k + 1]):
            i = column[p]
            y[i] += value[p]
            length = 0
            while flag[i] != k:
                pattern[length] = i
                length += 1
                flag[i] = k
                i = parent[i]
            while length > 0:
                top -= 1
                length -= 1
                pattern[top] = pattern[length]
        d[k] = diagonal[k]
        for t in range(top, n):
            i = pattern[t]
            yi = y[i]
            y[i] = 0.0
            end = l_start[i] + filled[i]
            for p in range(l_start[i], end):
                y[row[p]] -= lower[p] * yi
            entry = yi / d[i]
            d[k] -= entry * yi
            row[end] = k
            lower[end] = entry
            filled[i] += 1
    return row, lower, d


@njit(cache=True)
def solve(order, start, row, value, inverse, b, x, work):  # type: ignore[no-untyped-def]
    """Solve A x = b with a factor; ``work`` is scratch of the same length."""
    n = order.size
    for k in range(n):
        work[k] = b[order[k]]
    for k in range(n):
        y = work[k]
        for p in range(start[k], start[k + 1]):
            work[row[p]] -= value[p] * y
    for k in range(n - 1, -1, -1):
        y = work[k] * inverse[k]
        for p in range(start[k], start[k + 1]):
            y -= value[p] * work[row[p]]
        work[k] = y
        x[order[k]] = y
