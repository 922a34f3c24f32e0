"""Elimination of inductive nodes: kappa out of K and J, and back again where they are printed."""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray

from neuromorph.circuits.solver.tree import Row

Matrix = list[Row]
Array = NDArray[np.float64]


class FloatingError(ValueError):
    """A coordinate without a path for direct current; ``args[0]`` is its number."""


class Recovery:
    """Eliminated kappa as sums of kept coordinates and of source levels, found when asked for.

    ``order`` lists (coordinate, pivot, row, source) in the order of elimination.
    """

    def __init__(self, kept: dict[int, tuple[Row, Row]],
                 order: list[tuple[int, float, Row, Row]]) -> None:
        self._known = dict(kept)
        self._left = {i: (pivot, row, source) for i, pivot, row, source in order}

    def __getitem__(self, i: int) -> tuple[Row, Row]:
        stack = [i]
        while stack:
            k = stack[-1]
            missing = [] if k in self._known else [
                j for j in self._left[k][1] if j in self._left and j not in self._known]
            stack.extend(missing)
            if not missing:
                stack.pop()
                if k not in self._known:
                    self._known[k] = self._recovered(*self._left[k])
        return self._known[i]

    def moved(self, i: int, way: Array, position: dict[int, int]) -> float:
        """Return how far an eliminated kappa goes when the kept coordinates go ``way``."""
        return float(sum(x * way[position[j]] for j, x in self[i][0].items()))

    def _recovered(self, pivot: float, row: Row, source: Row) -> tuple[Row, Row]:
        own: Row = {}
        wave = {k: v / pivot for k, v in source.items()}
        for j, value in row.items():
            factor = -value / pivot
            coordinates, waves = self._known.get(j, ({j: 1.0}, {}))
            for i, x in coordinates.items():
                own[i] = own.get(i, 0.0) + factor * x
            for k, x in waves.items():
                wave[k] = wave.get(k, 0.0) + factor * x
        return own, wave


class Condensed:
    """The same from dense matrices: kappa = -by_coordinate y + by_wave w."""

    def __init__(self, first: int, by_coordinate: Array, by_wave: Array) -> None:
        self._first, self._by_coordinate, self._by_wave = first, by_coordinate, by_wave

    def moved(self, i: int, way: Array, position: dict[int, int]) -> float:
        """Return how far an eliminated kappa goes when the kept coordinates go ``way``."""
        return float(-self._by_coordinate[i - self._first] @ way)

    def __getitem__(self, i: int) -> tuple[Row, Row]:
        own = -self._by_coordinate[i - self._first]
        wave = self._by_wave[i - self._first]
        return ({int(j): float(own[j]) for j in np.flatnonzero(own)},
                {int(k): float(wave[k]) for k in np.flatnonzero(wave)})


def condense(first: int, stiffness: Matrix, sources: Matrix,
             n_waves: int) -> tuple[Condensed, Array] | None:
    """Eliminate all coordinates from ``first`` on, in dense arrays; None if K is near singular.

    K becomes K_dd - K_dk K_kk^-1 K_kd, which is returned and no longer stands in ``stiffness``, and
    J becomes J_d - K_dk K_kk^-1 J_k.
    """
    n = len(stiffness)
    matrix, drive = filled(stiffness, n), filled(sources, n_waves)
    inner = matrix[first:, first:]
    try:
        pivots = np.diag(np.linalg.cholesky(inner)) ** 2
    except np.linalg.LinAlgError:
        return None
    if np.any(pivots < 1e-12 * np.diag(inner)):
        return None
    solved = np.linalg.solve(inner, np.hstack((matrix[first:, :first], drive[first:])))
    by_coordinate: Array = np.ascontiguousarray(solved[:, :first], dtype=np.float64)
    by_wave: Array = np.ascontiguousarray(solved[:, first:], dtype=np.float64)
    outer = matrix[:first, first:]
    reduced = matrix[:first, :first] - outer @ by_coordinate
    drive = drive[:first] - outer @ by_wave
    for i in range(n):
        stiffness[i] = {}
        sources[i] = {}
    for i, k in zip(*np.nonzero(drive), strict=True):
        sources[i][int(k)] = float(drive[i, k])
    return Condensed(first, by_coordinate, by_wave), (reduced + reduced.T) / 2


def filled(rows: Matrix, columns: int) -> Array:
    """Return rows given as dicts as a dense array."""
    matrix = np.zeros((len(rows), columns))
    for i, row in enumerate(rows):
        if row:
            matrix[i, list(row)] = list(row.values())
    return matrix


def remove(left: set[int], matrix: Matrix, sources: Matrix,
           most: int) -> list[tuple[int, float, Row, Row]]:
    """Gaussian elimination of the coordinates in ``left`` with at most ``most`` neighbours.

    Raises
    ------
    FloatingError
        A pivot of nothing: the coordinate has no path for direct current.
    """
    order: list[tuple[int, float, Row, Row]] = []
    heap = [(len(matrix[i]), i) for i in left]
    heapq.heapify(heap)
    while heap:
        degree, i = heapq.heappop(heap)
        if i not in left:
            continue
        if degree != len(matrix[i]):
            heapq.heappush(heap, (len(matrix[i]), i))
            continue
        if degree - 1 > most:
            break
        touched = _eliminate(i, matrix, sources, order)
        left.discard(i)
        for j in touched:
            if j in left:
                heapq.heappush(heap, (len(matrix[j]), j))
    return order


def _eliminate(i: int, matrix: Matrix, sources: Matrix,
               order: list[tuple[int, float, Row, Row]]) -> list[int]:
    row = matrix[i]
    pivot = row.pop(i, 0.0)
    if not pivot > 1e-13 * max((abs(x) for x in row.values()), default=1e-300):
        raise FloatingError(i)
    source = dict(sources[i])
    for j, value in row.items():
        factor = value / pivot
        line = matrix[j]
        del line[i]
        for k, other in row.items():
            line[k] = line.get(k, 0.0) - factor * other
        target = sources[j]
        for k, x in source.items():
            target[k] = target.get(k, 0.0) - factor * x
    order.append((i, pivot, row, source))
    matrix[i] = {}
    sources[i].clear()
    return list(row)
