"""One run of a scheme over a circuit: start-up, blocks of steps, events, recorded phases."""

from __future__ import annotations

import itertools
import time as clock
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from . import balance
from .adams import (
    Record,
    Solver,
    Tables,
    adams_run,
    adams_scratch,
    adams_state,
)
from .circuit import Circuit
from .element import Junction
from .event import watch
from .factor import SingularError, factorise
from .noise import Noise, noise_key
from .probe import Functional
from .reduction import CircuitError, Matrix, reduce
from .system import system

Array = NDArray[np.float64]

#: Largest move of a phase in one step, JoSIM's own bound: a fifth of a turn [rad].
LIMIT = 0.2 * 2 * np.pi
_DENSE = 70
_BLOCK = 1200
_SETTLE = 600.0
_SETTLED = 1e-8


class StepError(RuntimeError):
    """The step is too large: names the junction, the time, and a step that would do."""


class Integrator:
    """The state of one run; times are in ps."""

    def __init__(self, circuit: Circuit, h: float, scheme: str, temperature: float | None,
                 seed: int | None) -> None:
        if scheme != "am4":
            raise ValueError(f"scheme: {scheme!r} came, 'am4' is allowed")
        self.h, self.end = h, 0.0
        self.reduced = reduce(circuit)
        plan = self.reduced.tree
        if plan.n == 0:
            raise CircuitError(f"{circuit.title}: nothing to simulate, no node but ground")
        dense = plan.n_psi + plan.n_rho <= _DENSE
        if dense:
            self.reduced = reduce(circuit, most=plan.n)
        self.position = {i: k for k, i in enumerate(self.reduced.kept)}
        self.system = system(self.reduced, temperature)
        self.stiffness = self._kept_stiffness()
        self.solver = self._solver(dense)
        self.state, self.scratch = adams_state(self.system), adams_scratch(self.system)
        self.junctions = circuit.junctions
        where = [next(iter(self.reduced.branches[j.name])) for j in self.junctions]
        self.watch = watch(np.array(where, dtype=np.int64), LIMIT, 4096 + 8 * len(where))
        noisy = bool(self.system.noise.column.size or np.any(self.system.noise_single))
        self.noise = Noise(noisy, noise_key(seed or 0))
        self._events: list[tuple[NDArray[np.int64], Array]] = []
        self.compile_seconds = 0.0
        self.held_at_start = 0.0
        self.start_phase = self.state.y.copy()

    def _kept_stiffness(self) -> Matrix:
        return [{self.position[j]: x for j, x in self.reduced.stiffness[i].items()}
                for i in self.reduced.kept]

    def _solver(self, dense: bool) -> Solver:
        ib = 1.0 / (self.h * 9 / 24)
        rows: Matrix = [dict(row) for row in self.stiffness]
        for factor, matrix in ((ib * ib, self.reduced.mass), (ib, self.reduced.damping)):
            for k, i in enumerate(self.reduced.kept):
                for j, x in matrix[i].items():
                    rows[k][j] = rows[k].get(j, 0.0) + factor * x
        empty, none = np.zeros((0, 0)), np.zeros(0, dtype=np.int64)
        scale = float(1.0 / np.sqrt(self.h))
        if dense:
            full: Array = np.zeros((len(rows), len(rows)))
            for i, row in enumerate(rows):
                full[i, list(row)] = list(row.values())
            inverse = np.asarray(np.linalg.inv(full), dtype=np.float64)
            return Solver(self.h, ib, scale, inverse, none, none, none, np.zeros(0), np.zeros(0))
        try:
            f = factorise(rows)
        except SingularError as error:
            raise CircuitError(f"the equation of coordinate {error.args[0]} is singular") from None
        return Solver(self.h, ib, scale, empty, f.order, f.start, f.row, f.value, f.inverse)

    @property
    def velocity(self) -> Array:
        """Psi velocities now [rad/ps]."""
        velocity: Array = self.state.velocity[self._n % 3][: self.system.n_psi]
        return velocity

    @property
    def heat(self) -> Array:
        """Sum over steps of squared velocities, end points of the run counted half."""
        now = np.concatenate((self.velocity, self.state.velocity[self._n % 3][self.system.n_psi:]
                              + self.state.point[self._n % 2][self.system.n_psi:]))
        heat: Array = self.state.heat - now**2 / 2 + self._heat_start / 2
        return heat

    @property
    def heat_off(self) -> float:
        """The same for products of different coordinates, already weighted."""
        return float(self.state.work[2])

    def run(self, steps: int, phases: Sequence[Functional], startup: bool) -> Array:
        """Integrate and return the phases asked for, shape (steps + 1, n)."""
        self._n = 0
        self._compile()
        if startup and self._live_at_start():
            self._settle()
        self._start()
        wanted = sorted({i for f in phases for i in f.coordinates})
        index = np.array([self.position[i] for i in wanted], dtype=np.int64)
        matrix = np.array([[f.coordinates.get(i, 0.0) for f in phases] for i in wanted])
        matrix = matrix.reshape(len(wanted), len(phases))
        result = np.empty((steps + 1, len(phases)))
        waves = self._wave_matrix(phases)
        result[0] = self.state.y[index] @ matrix + self._levels(np.zeros(1))[0] @ waves
        for base in range(0, steps, _BLOCK):
            last = min(base + _BLOCK, steps)
            record = Record(index, np.empty((last - base, index.size)))
            tables = self._tables(base, last)
            self._block(tables, record, base, last, self.noise)
            rows = slice(base + 1, last + 1)
            result[rows] = record.value @ matrix + tables.point @ waves
        self.end = steps * self.h
        return result

    def _start(self) -> None:
        self.state.work[:] = 0.0
        self.state.heat[:] = 0.0
        self.start_phase = self.state.y.copy()
        self.held_at_start = balance.stored(self)
        rate = np.concatenate((np.zeros(self.system.n_psi),
                               self.state.point[0][self.system.n_psi:]))
        self._heat_start = (self.state.velocity[0] + rate) ** 2
        self._events.clear()
        self.watch.tally[0] = 0

    def _compile(self) -> None:
        begin = clock.process_time()
        none = np.zeros(0, dtype=np.int64)
        width = len(self.reduced.sources.waveforms)
        empty = Tables(np.zeros((0, width)), np.zeros((0, width)))
        self._kernel(empty, Record(none, np.zeros((0, 0))), 0, 0, 0, self.noise)
        self.compile_seconds = clock.process_time() - begin

    def _kernel(self, tables: Tables, record: Record, first: int, last: int, base: int,
                noise: Noise) -> tuple[int, int]:
        result: tuple[int, int] = adams_run(
            self.system, self.state, self.solver, self.scratch, tables, noise, self.watch,
            record, first, last, base)
        return result

    def _block(self, tables: Tables, record: Record, base: int, last: int, noise: Noise) -> None:
        n = base
        while n < last:
            n, reason = self._kernel(tables, record, n, last, base, noise)
            self._n = n
            count = int(self.watch.tally[0])
            self._events.append((self.watch.what[:count].copy(), self.watch.when[:count].copy()))
            self.watch.tally[0] = 0
            if reason == 2:
                raise StepError(self._too_far(n))

    def _too_far(self, n: int) -> str:
        i = int(self.watch.tally[1])
        name = next((j.name for j, c in zip(self.junctions, self.watch.coordinate, strict=True)
                     if c == i), f"capacitor coordinate {i}")
        return (f"{name}: the phase moved more than {LIMIT:.3g} rad in one step at "
                f"t = {n * self.h:.6g} ps; the step is {self.h:g} ps, try {self.h / 2:g} ps")

    def _levels(self, times: Array) -> Array:
        waves = self.reduced.sources.waveforms
        return np.array([w.value(times * 1e-12) for w in waves]).reshape(len(waves), -1).T

    def _wave_matrix(self, phases: Sequence[Functional]) -> Array:
        matrix = np.zeros((len(self.reduced.sources.waveforms), len(phases)))
        for k, f in enumerate(phases):
            for i, x in f.waves.items():
                matrix[i, k] = x
        return matrix

    def _tables(self, base: int, last: int) -> Tables:
        times = np.arange(base, last + 1, dtype=np.float64) * self.h
        waves = self.reduced.sources.waveforms
        average = np.array([np.diff(w.integral(times * 1e-12)) for w in waves])
        average = average.reshape(len(waves), last - base).T / (self.h * 1e-12)
        flat = _constant(waves, times)
        levels = self._levels(times[1:])
        average[:, flat] = levels[:, flat]
        return Tables(np.ascontiguousarray(average), np.ascontiguousarray(levels))

    def _live_at_start(self) -> bool:
        return bool(np.any(self._levels(np.zeros(1))))

    def _settle(self) -> None:
        """Ramp the levels at t = 0 in over 10 ps and wait until nothing moves, then go to 0."""
        most = int(np.ceil(_SETTLE / self.h / 60)) * 60
        levels = self._levels(np.zeros(1))
        none = np.zeros(0, dtype=np.int64)
        for base in range(-most, 0, 60):
            times = (np.arange(base, base + 61) + most) * self.h
            ramp = np.clip(times / 10.0, 0.0, 1.0)[:, None]
            tables = Tables((ramp[1:] + ramp[:-1]) / 2 * levels, ramp[1:] * levels)
            self._block(tables, Record(none, np.zeros((60, 0))), base, base + 60,
                        Noise(False, 0))
            if ramp[0, 0] >= 1 and np.max(np.abs(self.state.velocity)) < _SETTLED:
                break
        self._n = 0

    def crossings(self, name: str) -> tuple[Array, Array]:
        """Return the times of pulses and of antipulses of a junction [ps]."""
        if not hasattr(self, "_sorted"):
            self._sorted = self._sort_events()
        k = next(i for i, j in enumerate(self.junctions) if j.name == name)
        return self._sorted[2 * k], self._sorted[2 * k + 1]

    def _sort_events(self) -> list[Array]:
        what = np.concatenate([w for w, _ in self._events] or [np.zeros((0, 2), np.int64)])
        when = np.concatenate([t for _, t in self._events] or [np.zeros(0)])
        late = when >= 0
        key = (2 * what[:, 0] + (what[:, 1] < 0))[late]
        order = np.argsort(key, kind="stable")
        bounds = np.searchsorted(key[order], np.arange(2 * len(self.junctions) + 1))
        sorted_times = when[late][order]
        return [sorted_times[a:b] for a, b in itertools.pairwise(bounds)]

    def turns(self) -> list[tuple[Junction, int]]:
        """Return each junction with its number of pulses, either way."""
        pairs = ((j, self.crossings(j.name)) for j in self.junctions)
        return [(j, up.size + down.size) for j, (up, down) in pairs]


def _constant(waves: Sequence[object], times: Array) -> NDArray[np.bool_]:
    flat = []
    for wave in waves:
        levels = wave.value(times * 1e-12)  # type: ignore[attr-defined]
        flat.append(bool(np.all(levels == levels[0])))
    return np.array(flat, dtype=np.bool_)
