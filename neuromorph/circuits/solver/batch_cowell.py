"""The scheme of cowell.py over many lanes.

A row of a lane is a row like any other to the formulas of cowell.py, so its loops run over rows
times lanes; only the solve differs, L D L^T with every entry an array over lanes. Sources on kappa
are moved to psi and rho in every lane, as reduction.py does, because the accelerations kept must
not jump where a source has a corner.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neuromorph.circuits.solver.batch_kernel import _take, _times
from neuromorph.circuits.solver.batch_system import (
    Line,
    Pattern,
    _diagonals,
    _eliminate,
    _factorised,
    _pattern,
    _sources,
    _stiffness,
)
from neuromorph.circuits.solver.batch_values import BatchError, Variants
from neuromorph.circuits.solver.cowell import (
    _A0,
    _DAMPING,
    _HIGH,
    _I_C,
    _INVERSE,
    _LIMIT,
    _LOW,
    _MASS,
    _NEW,
    _OFFSET,
    _OLD,
    _Q,
    _S,
    _SIZE,
    _V,
    _Y,
    _psi_advance,
    _psi_right,
    _rho_advance,
    _rho_right,
    _stirred,
    coefficients,
    lean_of,
    relaxed_points,
)
from neuromorph.circuits.solver.event import LARGEST, Watch, _note
from neuromorph.circuits.solver.factor import minimum_degree
from neuromorph.circuits.solver.noise import normal
from neuromorph.circuits.solver.reduction import Reduced
from neuromorph.circuits.solver.row_group import groups, place_of, spread

Array = NDArray[np.float64]
Index = NDArray[np.int64]


class CowellLanes(NamedTuple):
    """The equations; rows are psi, rho and kappa, every array has its lanes last.

    ``order`` is the elimination, ``lower`` and ``upper`` name rows, ``inverse`` is 1/D by row.
    ``source`` holds what a level adds to M^-1 J or Gamma^-1 J, and to a kappa itself.
    """

    n_psi: int
    n_dynamic: int
    constant: Array
    turns: Array
    order: Index
    lower: Pattern
    upper: Pattern
    inverse: Array
    source: Pattern
    noise: Array


class CowellState(NamedTuple):
    """The rows in the groups of cowell.py, the drives without noise, and failures by lane."""

    psi: Array
    rho: Array
    right: Array
    new: Array
    drive: Array
    lean: Array
    shift: Array
    level: Array
    failed: Index
    culprit: Index
    key: NDArray[np.uint64]
    watch: Watch
    limit: Array
    hit: Index
    before: Array


def cowell_lanes(reduced: Reduced, given: Variants, h: float, kept: set[int],
                 watch: Watch, limit: Array, keys: NDArray[np.uint64],
                 ) -> tuple[CowellLanes, CowellState, list[int]]:
    """Return equations, state at rest, and the coordinate of every row.

    Raises
    ------
    BatchError
        A stiff or undamped spot in some variant, or an element only single runs take.
    """
    plan, n = reduced.tree, given.n
    mass, damping, power, i_c, offset = _diagonals(reduced, given)
    stiffness, source = _stiffness(reduced, given), _sources(reduced, given)
    np_, nd = plan.n_psi, plan.n_psi + plan.n_rho
    _eliminate(stiffness, source, set(range(nd, plan.n)) - kept)
    rows = [*range(nd), *(i for i in range(nd, plan.n) if stiffness[i])]
    place = {i: k for k, i in enumerate(rows)}
    matrix = {place[i]: {place[j]: x for j, x in stiffness[i].items()} for i in rows}
    drive = _lifted([source[i] for i in rows], matrix, nd, n)
    diagonal = np.array([matrix[k].get(k, np.zeros(n)) for k in range(nd)]).reshape(nd, n)
    points = relaxed_points(damping[:np_] / mass, diagonal[np_:] / damping[np_:],
                            diagonal[:np_] / mass, i_c / mass, h)
    if not points or not np.all(mass > 0):
        raise BatchError(f"{reduced.circuit.title}: in some variant a stiff or undamped spot at "
                         f"a step of {h:g} ps; scheme 'leapfrog' takes it")
    constant, turns = coefficients(points, h)
    _, double, single = constant.tolist()
    for k in range(nd):
        more = mass[k] / double + damping[k] * (single / double) if k < np_ else (
            damping[k] / single)
        matrix[k][k] = matrix[k].get(k, np.zeros(n)) + more
    for k in range(nd):
        scale = 1 / (mass[k] if k < np_ else damping[k])
        drive[k] = {c: x * scale for c, x in drive[k].items()}
    noise = np.sqrt(power / h) / np.concatenate((mass, damping[np_:]))
    lanes = _solved(matrix, drive, noise, (np_, nd), (constant, turns), n)
    return lanes, _at_rest(lanes, mass, damping, i_c, offset, watch, limit, keys), rows


def _lifted(source: list[Line], matrix: dict[int, Line], nd: int, n: int) -> list[Line]:
    """Move sources from kappa to psi and rho; what a level adds to kappa stays in its row."""
    size = len(matrix) - nd
    result: list[Line] = [dict(row) for row in source]
    columns = sorted({c for row in source[nd:] for c in row})
    if not columns:
        return result
    inner, right = np.zeros((n, size, size)), np.zeros((n, size, len(columns)))
    for k in range(size):
        for j, x in matrix[nd + k].items():
            if j >= nd:
                inner[:, k, j - nd] = x
        for m, c in enumerate(columns):
            right[:, k, m] = source[nd + k].get(c, 0.0)
    solved = np.linalg.solve(inner, right)
    for k in range(size):
        for m, c in enumerate(columns):
            value = np.ascontiguousarray(solved[:, k, m])
            if not np.any(value):
                continue
            result[nd + k][c] = value
            for j, x in matrix[nd + k].items():
                if j < nd:
                    result[j][c] = result[j].get(c, 0.0) - x * value
    for k in range(size):
        result[nd + k] = {c: x for c, x in result[nd + k].items() if c in columns}
    return result


def _solved(matrix: dict[int, Line], drive: list[Line], noise: Array, sizes: tuple[int, int],
            scheme: tuple[Array, Array], n: int) -> CowellLanes:
    order = [int(k) for k in minimum_degree([set(matrix[k]) for k in range(len(matrix))])]
    lower, inverse = _factorised(matrix, order, n)
    upper: list[Line] = [{} for _ in order]
    for k, line in enumerate(lower):
        for j, x in line.items():
            upper[j][order[k]] = x
    by_row = np.empty_like(inverse)
    by_row[order] = inverse
    return CowellLanes(
        sizes[0], sizes[1], *scheme, np.array(order, dtype=np.int64),
        _pattern([{order[j]: x for j, x in line.items()} for line in lower], n),
        _pattern(upper, n), by_row, _pattern(drive, n), noise)


def _at_rest(system: CowellLanes, mass: Array, damping: Array, i_c: Array, offset: Array,
             watch: Watch, limit: Array, keys: NDArray[np.uint64]) -> CowellState:
    np_, nd, n, lanes = system.n_psi, system.n_dynamic, system.order.size, keys.size
    psi, rho = (groups(n * lanes, _SIZE, _LOW, _HIGH, _LIMIT) for n in (np_, nd - np_))
    for field, values in ((_MASS, mass), (_INVERSE, 1 / mass), (_DAMPING, damping[:np_]),
                          (_I_C, i_c), (_OFFSET, np.repeat(offset, lanes)),
                          (_LIMIT, np.repeat(limit, lanes)), (_LOW, watch.low),
                          (_HIGH, watch.high)):
        spread(np.ascontiguousarray(values).ravel(), field, _SIZE, psi)
    spread(np.ascontiguousarray(damping[np_:]).ravel(), _DAMPING, _SIZE, rho)
    columns = int(np.max(system.source.column, initial=-1)) + 1
    none = np.full(lanes, -1, dtype=np.int64)
    return CowellState(
        psi, rho, np.zeros((n, lanes)), np.zeros((n, lanes)), np.zeros((nd, lanes)),
        np.zeros((nd, lanes)), np.zeros((n, lanes)), np.zeros((2, columns)), none, none.copy(),
        keys, watch, limit, np.zeros(np_ * lanes, dtype=np.int64), np.zeros(np_ * lanes))


@njit(cache=True)
def _moved(system, state, average, point):  # type: ignore[no-untyped-def]
    """Bring the drives to a row of the tables; say whether they changed."""
    level = state.level
    same = True
    for c in range(level.shape[1]):
        same &= (average[c] == level[0, c]) & (point[c] == level[1, c])
    if same:
        return False
    start, column, value = system.source.start, system.source.column, system.source.value
    nd, drive, lean, shift = system.n_dynamic, state.drive, state.lean, state.shift
    for i in range(start.size - 1):
        for w in range(shift.shape[1]):
            if i < nd:
                drive[i, w] = lean[i, w] = 0.0
            shift[i, w] = 0.0
        for p in range(start[i], start[i + 1]):
            c = column[p]
            half = lean_of(average[c], level[1, c], point[c])
            for w in range(shift.shape[1]):
                x = 0.0 if state.failed[w] >= 0 else value[p, w]
                if i < nd:
                    drive[i, w] += x * average[c]
                    lean[i, w] += x * half
                else:
                    shift[i, w] += x * point[c]
    for c in range(level.shape[1]):
        level[0, c], level[1, c] = average[c], point[c]
    return True


@njit(cache=True)
def _push(w, first, drive, lean):  # type: ignore[no-untyped-def]
    lanes = drive.shape[1]
    for i in range(w.size // _SIZE * 32 // lanes):
        for k in range(lanes // 32):
            at = place_of(i * lanes + k * 32, _SIZE)
            for j in range(np.uintp(32)):
                w[at + j + _Q] = drive[first + i, k * 32 + j]
            for j in range(np.uintp(32)):
                w[at + j + _S] = lean[first + i, k * 32 + j]


@njit(cache=True, fastmath={"contract"})
def _shake(w, first, drive, lean, noise, key, n):  # type: ignore[no-untyped-def]
    """Set the drives to those of the sources plus a draw for every row and lane."""
    lanes = drive.shape[1]
    for i in range(w.size // _SIZE * 32 // lanes):
        for k in range(lanes // 32):
            at = place_of(i * lanes + k * 32, _SIZE)
            for j in range(np.uintp(32)):
                u = k * 32 + j
                kick = noise[first + i, u] * normal(key[u], n, first + i)
                w[at + j + _Q] = drive[first + i, u] + kick
                w[at + j + _S] = lean[first + i, u] + 0.5 * kick


@njit(cache=True)
def _solve(system, right, new):  # type: ignore[no-untyped-def]
    order, lower, upper = system.order, system.lower, system.upper
    l_start, l_column, l_value = lower.start, lower.column, lower.value
    u_start, u_column, u_value = upper.start, upper.column, upper.value
    for k in range(order.size):
        _take(right, order[k], l_start[k], l_start[k + 1], l_column, l_value, right)
    for k in range(order.size - 1, -1, -1):
        i = order[k]
        _times(system.inverse, right, i, new, i)
        _take(new, i, u_start[k], u_start[k + 1], u_column, u_value, new)


@njit(cache=True)
def _events(system, state, found, n):  # type: ignore[no-untyped-def]
    """Note events; a lane that moved too far is marked and put to rest."""
    lanes, h, marks = state.key.size, system.constant[0], state.watch
    new, w = state.new.reshape(-1), state.psi
    for m in range(found):
        e = state.hit[m]
        i, lane, move = e // lanes, e % lanes, abs(new[e] - state.before[m])
        if not move <= min(state.limit[i], LARGEST):
            if state.failed[lane] < 0:
                state.failed[lane], state.culprit[lane] = n, i
        elif state.failed[lane] < 0 and (new[e] > marks.high[e] or new[e] < marks.low[e]):
            at = place_of(e, _SIZE)
            _note(marks, e, state.before[m], new[e], w[at + _OLD], w[at + _V], n * h, h)
            w[at + _LOW], w[at + _HIGH] = marks.low[e], marks.high[e]
    for lane in range(lanes):
        if state.failed[lane] == n:
            _rest(system, state, lane)


@njit(cache=True)
def _rest(system, state, lane):  # type: ignore[no-untyped-def]
    """Put a lane to rest for good: no drive, no supercurrent, no noise, no marks."""
    np_, nd, lanes = system.n_psi, system.n_dynamic, state.key.size
    for i in range(nd):
        w = state.psi if i < np_ else state.rho
        at = place_of((i if i < np_ else i - np_) * lanes + lane, _SIZE)
        for k in range(6):
            w[at + _A0 + np.uintp(32 * k)] = 0.0
        w[at + _Y] = w[at + _V] = w[at + _OLD] = w[at + _NEW] = w[at + _Q] = w[at + _S] = 0.0
        w[at + _I_C] = 0.0
        w[at + _LOW], w[at + _HIGH], w[at + _LIMIT] = -np.inf, np.inf, np.inf
        state.drive[i, lane] = state.lean[i, lane] = system.noise[i, lane] = 0.0


@njit(cache=True, nogil=True)
def cowell_lanes_run(system, state, average, point, noisy, record, every, out, first, last, base):  # type: ignore[no-untyped-def]
    """Advance a block of lanes from step ``first`` to ``last``; return the step reached.

    It stops early when the event buffer may not hold another step.
    """
    np_, nd, constant, marks = system.n_psi, system.n_dynamic, system.constant, state.watch
    lanes, right, new, psi, rho = state.key.size, state.right, state.new, state.psi, state.rho
    flat_right, flat_new = right.reshape(-1), new.reshape(-1)
    psi_right, psi_new = flat_right[: np_ * lanes], flat_new[: np_ * lanes]
    rho_right = flat_right[np_ * lanes : nd * lanes]
    rho_new = flat_new[np_ * lanes : nd * lanes]
    n = first
    while n < last and marks.tally[0] + 4 * np_ * lanes < marks.when.size:
        moved = _moved(system, state, average[n - base], point[n - base])
        if noisy:
            _shake(psi, 0, state.drive, state.lean, system.noise, state.key, n)
            _shake(rho, np_, state.drive, state.lean, system.noise, state.key, n)
        elif moved:
            _push(psi, 0, state.drive, state.lean)
            _push(rho, np_, state.drive, state.lean)
        turn = system.turns[n % 6]
        slot = _A0 + np.uintp((n + 1) % 6 * 32)
        _psi_right(psi, constant, turn, psi_right)
        _rho_right(rho, constant, turn, rho_right)
        for i in range(nd, right.shape[0]):
            for w in range(lanes):
                right[i, w] = 0.0
        _solve(system, right, new)
        found = _stirred(psi, psi_new, state.hit, state.before)
        _psi_advance(psi, constant, slot, psi_new)
        _rho_advance(rho, constant, slot, rho_new)
        if found:
            _events(system, state, found, n)
        if record.size and (n + 1) % every == 0:
            for k in range(record.size):
                for w in range(lanes):
                    out[(n + 1 - base) // every - 1, k, w] = (new[record[k], w]
                                                              + state.shift[record[k], w])
        n += 1
    return n


@njit(cache=True)
def restless(psi, count):  # type: ignore[no-untyped-def]
    """Return the largest change of a velocity in the last step."""
    most = 0.0
    for i in range(count):
        at = place_of(i, _SIZE)
        most = max(most, abs(psi[at + _V] - psi[at + _OLD]))
    return most
