"""A sparse symmetric solve by dense panels of sixteen rows and the separators between them.

SFQ circuits are near-trees. Cutting the graph of a matrix A at few coordinates s leaves parts of
at most sixteen rows; small parts share a panel. With B the panels (block diagonal), C their
coupling to s, and the inverses of the panels and W = B^-1 C found once,

    z = B^-1 b,   (A_ss - C^T B^-1 C) x_s = b_s - C^T z,   x = z - W x_s.

Substitution through a sparse triangle takes some thirty instructions per entry, one after the
other; a panel takes 256 independent products in vector registers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neuromorph.circuits.solver.elimination import Matrix
from neuromorph.circuits.solver.factor import factorise, solve
from neuromorph.circuits.solver.product import packed, take_16, times

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Place = NDArray[np.uint32]

WIDTH = 16
#: Up to so many separators their inverse, dense, is faster than substitution.
_DENSE = 256
_U = np.uintp
_FULL, _WIDTH = _U(WIDTH * WIDTH), _U(WIDTH)


class Panels(NamedTuple):
    """A matrix cut into panels.

    ``row`` gives the row of each slot of the panels, ``cut`` those of the separators; empty slots
    have row n. ``inverse`` holds the inverses that occur and ``kind`` which one a panel has: equal
    cells give equal panels, which then stay in the cache. The entries of C stand by separator
    (``near_start``, ``near_slot``, ``near_value``), the columns of W by panel (``far_start``,
    ``far_cut``, ``far_value``, sixteen numbers each). The rest is the factor for the separators.
    """

    row: Place
    cut: Place
    kind: Place
    inverse: Array
    near_start: Index
    near_slot: Place
    near_value: Array
    far_start: Index
    far_cut: Place
    far_value: Array
    order: Place
    start: Index
    below: Place
    value: Array
    diagonal: Array


def panels(rows: Matrix) -> Panels:
    """Cut a symmetric positive-definite matrix, given as one dict per row.

    Raises
    ------
    SingularError
        It is not positive definite.
    """
    n = len(rows)
    parts, cut = _parts(rows)
    slots = _packed(parts)
    count = len(slots)
    row = np.full(count * WIDTH, n, dtype=np.uint32)
    slot_of: dict[int, int] = {}
    for k, members in enumerate(slots):
        for i, member in enumerate(members):
            row[k * WIDTH + i] = member
            slot_of[member] = k * WIDTH + i
    place = {i: s for s, i in enumerate(cut)}
    inverse = _inverses(rows, slots, slot_of, count)
    near: list[list[tuple[int, float]]] = []
    coupled: list[dict[int, dict[int, float]]] = [{} for _ in range(count)]
    schur: Matrix = [{} for _ in cut]
    for s, i in enumerate(cut):
        near.append([(slot_of[j], x) for j, x in rows[i].items() if j in slot_of])
        for slot, x in near[-1]:
            coupled[slot // WIDTH].setdefault(s, {})[slot % WIDTH] = x
        for j, x in rows[i].items():
            if j in place:
                schur[s][place[j]] = x
    columns = [_column(inverse[k], group, schur) for k, group in enumerate(coupled)]
    f = factorise(schur)
    kinds = [block.tobytes() for block in inverse]
    known = {key: k for k, key in enumerate(dict.fromkeys(kinds))}
    flat = [entry for group in near for entry in group]
    return Panels(
        row, np.array(cut, dtype=np.uint32),
        np.array([known[key] for key in kinds], dtype=np.uint32),
        np.frombuffer(b"".join(known), dtype=np.float64).copy(),
        _starts([len(group) for group in near]),
        np.array([slot for slot, _ in flat], dtype=np.uint32),
        np.array([x for _, x in flat], dtype=np.float64),
        _starts([len(group) for group in coupled]),
        np.array([s for group in coupled for s in group], dtype=np.uint32),
        np.concatenate([*columns, np.zeros(0)]), f.order, f.start, f.row, f.value, f.inverse)


def _starts(sizes: list[int]) -> Index:
    return np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)


def _parts(rows: Matrix) -> tuple[list[list[int]], list[int]]:
    """Return parts of at most WIDTH rows that hang together, and the rows between them."""
    cut: set[int] = set()
    waiting = _components(range(len(rows)), rows, cut)
    parts: list[list[int]] = []
    while waiting:
        part = waiting.pop()
        if len(part) <= WIDTH:
            parts.append(part)
            continue
        cut |= _cuts(part, rows, cut)
        waiting += _components(part, rows, cut)
    return parts, sorted(cut)


def _components(among: list[int] | range, rows: Matrix, cut: set[int]) -> list[list[int]]:
    left = set(among) - cut
    found = []
    for start in among:
        if start not in left:
            continue
        left.discard(start)
        part, stack = [start], [start]
        while stack:
            for j in rows[stack.pop()]:
                if j in left:
                    left.discard(j)
                    part.append(j)
                    stack.append(j)
        found.append(part)
    return found


def _cuts(part: list[int], rows: Matrix, cut: set[int]) -> set[int]:
    """Cut the depth-first tree of a part wherever more than WIDTH rows have come together."""
    start = min(part, key=lambda i: len(rows[i]))
    parent, order, stack = {start: -1}, [], [(start, -1)]
    seen: set[int] = set()
    while stack:
        i, above = stack.pop()
        if i in seen:
            continue
        seen.add(i)
        parent[i] = above
        order.append(i)
        stack += [(j, i) for j in rows[i] if j not in seen and j not in cut]
    size = dict.fromkeys(order, 1)
    cuts = set()
    for i in reversed(order):
        if size[i] > WIDTH:
            cuts.add(i)
        elif parent[i] >= 0:
            size[parent[i]] += size[i]
    return cuts


def _packed(parts: list[list[int]]) -> list[list[int]]:
    """Put parts together until a panel is full, the largest first."""
    panels_: list[list[int]] = []
    room: dict[int, list[int]] = {}
    for part in sorted(parts, key=len, reverse=True):
        fit = next((size for size in range(len(part), WIDTH + 1) if room.get(size)), 0)
        k = room[fit].pop() if fit else len(panels_)
        if not fit:
            panels_.append([])
        panels_[k] += part
        room.setdefault(WIDTH - len(panels_[k]), []).append(k)
    return panels_


def _inverses(rows: Matrix, slots: list[list[int]], slot_of: dict[int, int],
              count: int) -> Array:
    full = np.zeros((count, WIDTH, WIDTH))
    full[:, range(WIDTH), range(WIDTH)] = 1.0
    for k, members in enumerate(slots):
        block, first = full[k], k * WIDTH
        for i, member in enumerate(members):
            block[i, i] = 0.0
            for j, x in rows[member].items():
                slot = slot_of.get(j, -1) - first
                if 0 <= slot < WIDTH:
                    block[i, slot] = x
    if count:
        full[:] = np.linalg.inv(full)
    symmetric: Array = (full + full.transpose(0, 2, 1)) / 2
    return symmetric


def _column(inverse: Array, group: dict[int, dict[int, float]], schur: Matrix) -> Array:
    """Return W of one panel, and take C^T B^-1 C off the matrix of the separators."""
    found = []
    for s, entries in group.items():
        w = inverse[:, list(entries)] @ np.array(list(entries.values()))
        for t, others in group.items():
            product = sum(x * w[i] for i, x in others.items())
            schur[t][s] = schur[t].get(s, 0.0) - float(product)
        found.append(w)
    return np.concatenate(found) if found else np.zeros(0)


class Room(NamedTuple):
    """Room for a solve by panels: slots, separators, and rows where they stand in the system.

    ``dense`` is the inverse for the separators, packed, or empty where there are too many.
    """

    row: NDArray[np.uint32]
    cut: NDArray[np.uint32]
    slot: Array
    product: Array
    edge: Array
    inner: Array
    work: Array
    dense: Array


@njit(cache=True)
def room(panels, place, size):  # type: ignore[no-untyped-def]
    """Return room for a solve whose rows stand at ``place`` among ``size``, the last one empty."""
    row, cut = np.empty_like(panels.row), np.empty_like(panels.cut)
    for i in range(row.size):
        row[i] = place[panels.row[i]] if panels.row[i] < place.size else size - 1
    for i in range(cut.size):
        cut[i] = place[panels.cut[i]]
    padded = (cut.size + 7) // 8 * 8
    edge, inner, work = np.zeros(padded), np.zeros(padded), np.zeros(cut.size)
    matrix = np.zeros((padded, padded)) if padded <= _DENSE else np.zeros((0, 0))
    for s in range(cut.size if matrix.size else 0):
        edge[s] = 1.0
        solve(panels.order, panels.start, panels.below, panels.value, panels.diagonal, edge, inner,
              work)
        edge[s] = 0.0
        for t in range(cut.size):
            matrix[t, s] = inner[t]
    return Room(row, cut, np.zeros(row.size), np.zeros(row.size), edge, inner, work,
                packed(matrix))


@njit(cache=True, fastmath={"contract"})
def _products(kind, inverse, b, z):  # type: ignore[no-untyped-def]
    """Multiply each panel, symmetric, by its slice of b: sixteen columns in one expression."""
    for k in range(_U(kind.size)):
        at, m = k * _WIDTH, _U(kind[k]) * _FULL
        b0, b1, b2, b3 = b[at], b[at + _U(1)], b[at + _U(2)], b[at + _U(3)]
        b4, b5, b6, b7 = b[at + _U(4)], b[at + _U(5)], b[at + _U(6)], b[at + _U(7)]
        b8, b9, b10, b11 = b[at + _U(8)], b[at + _U(9)], b[at + _U(10)], b[at + _U(11)]
        b12, b13, b14, b15 = b[at + _U(12)], b[at + _U(13)], b[at + _U(14)], b[at + _U(15)]
        for i in range(_WIDTH):
            p = m + i
            z[at + i] = (
                inverse[p] * b0 + inverse[p + _U(16)] * b1 + inverse[p + _U(32)] * b2
                + inverse[p + _U(48)] * b3 + inverse[p + _U(64)] * b4 + inverse[p + _U(80)] * b5
                + inverse[p + _U(96)] * b6 + inverse[p + _U(112)] * b7 + inverse[p + _U(128)] * b8
                + inverse[p + _U(144)] * b9 + inverse[p + _U(160)] * b10
                + inverse[p + _U(176)] * b11 + inverse[p + _U(192)] * b12
                + inverse[p + _U(208)] * b13 + inverse[p + _U(224)] * b14
                + inverse[p + _U(240)] * b15)


@njit(cache=True, fastmath={"contract"})
def panel_solve(f, room, right, new):  # type: ignore[no-untyped-def]
    """Solve A new = right."""
    row, cut, b, z, edge, inner, work, dense = room
    for i in range(row.size):
        b[i] = right[row[i]]
    _products(f.kind, f.inverse, b, z)
    near_start, near_slot, near_value = f.near_start, f.near_slot, f.near_value
    for s in range(cut.size):
        total = right[cut[s]]
        for p in range(near_start[s], near_start[s + 1]):
            total -= near_value[p] * z[near_slot[p]]
        edge[s] = total
    if dense.size:
        times(dense, edge, inner)
    else:
        solve(f.order, f.start, f.below, f.value, f.diagonal, edge, inner, work)
    far_start, far_cut, far_value = f.far_start, f.far_cut, f.far_value
    for k in range(far_start.size - 1):
        at = _U(k) * _WIDTH
        for p in range(far_start[k], far_start[k + 1]):
            take_16(z, at, far_value, _U(p) * _WIDTH, inner[far_cut[p]])
    for i in range(row.size):
        new[row[i]] = z[i]
    for s in range(cut.size):
        new[cut[s]] = inner[s]
