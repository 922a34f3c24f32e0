"""One run of a scheme over a circuit: start-up, blocks of steps, events, recorded phases."""

from __future__ import annotations

import itertools
import time as clock
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neuromorph.circuits.circuit import Circuit
from neuromorph.circuits.element import PHASE_UNIT, Junction
from neuromorph.circuits.garbage import kept
from neuromorph.circuits.solver import balance
from neuromorph.circuits.solver.column import Column
from neuromorph.circuits.solver.event import series_events, watch
from neuromorph.circuits.solver.nodal_reduction import dependent
from neuromorph.circuits.solver.noise import Noise, noise_key
from neuromorph.circuits.solver.probe import Functional, derivative, functional
from neuromorph.circuits.solver.reduction import CircuitError, Reduced, reduce
from neuromorph.circuits.solver.scheme import Adams, Cowell, noisy, scheme_named
from neuromorph.circuits.solver.stability import Stability, stability
from neuromorph.circuits.solver.state import Record, Tables, rest
from neuromorph.circuits.solver.system import System, compressed, supercurrents, system
from neuromorph.circuits.waveform import Pwl

if TYPE_CHECKING:
    from neuromorph.circuits.solver.region import Regions

Array = NDArray[np.float64]

#: Largest move of a phase in one step, JoSIM's own bound: a fifth of a turn [rad].
LIMIT = 0.2 * 2 * np.pi
_DENSE = 70
_BLOCK = 1_000_000
_SETTLE = 600.0
_SETTLED = 1e-8


class StepError(RuntimeError):
    """The step is too large: names the junction, the time, and a step that would do."""


def prepared(circuit: Circuit, h: float, scheme: str, temperature: float | None,
             seed: int | None) -> Integrator:
    """Return the integrator of a scheme, or of the one that ``auto`` stands for.

    That is bdf2 with dependent sources, cowell where it holds, else am4; bdf2 again where a mode
    is beyond their limit. There they fail on the cells of the library, bdf2 still counts right on
    some; leapfrog does not.
    """
    own = Integrator(circuit, h, scheme, temperature, seed)
    found = own.stability
    if scheme != "auto" or found.relaxed or h * 1e-12 < found.largest:
        return own
    other = Integrator(circuit, h, "bdf2", temperature, seed)
    other.stability = replace(other.stability, limit=found.largest, limited=found.scheme)
    return other


def _equations(circuit: Circuit, h: float, scheme: str,
              temperature: float | None) -> tuple[Reduced, System, Any, str, str]:
    """Return equations, arrays and scheme of a circuit, its name, and why it is not cowell."""
    if scheme != "auto":
        scheme_named(scheme)  # an unknown name is refused before anything else
    if dependent(circuit):
        if scheme not in ("bdf2", "auto"):
            raise CircuitError(f"{circuit.title}: dependent sources (E F G H) came with scheme "
                               f"{scheme!r}, 'bdf2' or 'auto' takes them")
        from neuromorph.circuits.solver.nodal import nodal

        why = "dependent sources (E F G H)" if scheme == "auto" else ""
        return *nodal(circuit, h, temperature), "bdf2", why
    reduced = reduce(circuit, _DENSE)
    arrays = system(reduced, temperature, h)
    if scheme == "leapfrog" and noisy(arrays):  # its kernel with noise substitutes in any size
        reduced = reduce(circuit)
        arrays = system(reduced, temperature, h)
    plan = reduced.tree
    if plan.n == 0 and not plan.fixed:
        raise CircuitError(f"{circuit.title}: nothing to simulate, no node but ground")
    dense = reduced.full.size > 0
    reason = ""
    if scheme == "auto":
        reason = Cowell.refusal(reduced, arrays, h)
        scheme = "am4" if reason else "cowell"
    return reduced, arrays, scheme_named(scheme)(reduced, arrays, h, dense), scheme, reason


class Integrator:
    """The state of one run; times are in ps."""

    @kept()
    def __init__(self, circuit: Circuit, h: float, scheme: str, temperature: float | None,
                 seed: int | None) -> None:
        self.h, self.end = h, 0.0
        self.reduced, self.system, self.scheme, scheme, reason = _equations(
            circuit, h, scheme, temperature)
        self.position = {i: k for k, i in enumerate(self.reduced.kept)}
        self.temperature = temperature
        self.regions: Regions | None = None
        self.spent = 0.0
        self.magnetic = compressed(self.scheme.stiffness)
        self.stability = self._stability(scheme, reason)
        self.magnetic_row = np.repeat(np.arange(self.system.n), np.diff(self.magnetic.start))
        self.state = rest(self.system)
        self.shift = np.zeros(len(self.reduced.sources.columns))
        self.junctions = circuit.junctions
        self.coordinate = {j.name: next(iter(self.reduced.branches[j.name]), -1)
                           for j in self.junctions}
        self.watch = watch(self._limits(), 4096 + 8 * self.system.n_psi)
        self.noise = Noise(noisy(self.system), noise_key(seed or 0))
        self._events: list[tuple[NDArray[np.int64], Array]] = []
        self.compile_seconds = 0.0
        self.kernel_seconds = 0.0
        self.held_at_start = 0.0
        self.start_phase = self.state.y.copy()
        self.bent = list(self.junctions)
        if not self.scheme.nodal:
            special = self.system.extra.relations.i_c.size > 0
            self.bent = [j for j, _, _ in supercurrents(self.reduced)[2]] if special else []
        self._last_levels: Array | None = None
        self.summed = [(j, functional(row, self.reduced, self.reduced.offsets.get(j.name)))
                       for j in self.junctions
                       if list((row := self.reduced.branches[j.name]).values()) != [1.0]
                       or self.reduced.offsets.get(j.name)]
        self._own_events: dict[str, tuple[Array, Array]] = {}

    def _stability(self, scheme: str, reason: str) -> Stability:
        relaxed = np.zeros(0)
        if scheme == "am4":
            relaxed = self.scheme.solver.c[3] == 2.0
        found = stability(self.reduced, self.system, self.magnetic, scheme, relaxed, reason)
        if self.scheme.late and self.h * 1e-12 >= found.largest:
            raise StepError(
                f"{found.where}: leapfrog is stable below {found.largest * 1e12:.4g} ps here, the "
                f"fastest mode is {found.omega * 1e-12:.3g} rad/ps; the step is {self.h:g} ps, "
                "take a smaller one or scheme 'am4'")
        return found

    @property
    def velocity(self) -> Array:
        """Psi velocities now [rad/ps]."""
        velocity: Array = self.state.velocity[0][: self.system.n_psi]
        return velocity

    @property
    def heat(self) -> Array:
        """Sum over steps of squared velocities since the last change, end points counted half."""
        heat: Array = self.state.heat - self._rates() ** 2 / 2 + self._heat_start / 2
        return heat

    @property
    def heat_off(self) -> float:
        """The same for products of different coordinates, already weighted."""
        return float(self.state.work[2])

    def run(self, steps: int, phases: Sequence[Functional], startup: bool) -> Array:
        """Integrate and return the phases asked for, shape (steps + 1, n)."""
        asked = len(phases)
        phases = [*phases, *(f for _, f in self.summed)]
        self._n = 0
        self._compile()
        if startup and self._live_at_start():
            self._settle()
        else:
            self._lay_lines()
        self._start()
        wanted = sorted({i for f in phases for i in f.coordinates})
        index = np.array([self.position[i] for i in wanted], dtype=np.int64)
        matrix = np.array([[f.coordinates.get(i, 0.0) for f in phases] for i in wanted])
        matrix = matrix.reshape(len(wanted), len(phases))
        result = np.empty((steps + 1, len(phases)))
        waves = self._wave_matrix(phases)
        result[0] = self.state.y[index] @ matrix + self._at_zero() @ waves
        block = int(np.clip(_BLOCK // (1 + index.size + 2 * waves.shape[0]), 60, 16384))
        for base in range(0, steps, block):
            last = min(base + block, steps)
            record = Record(index, np.empty((last - base, index.size)))
            tables = self._tables(base, last)
            self._block(tables, record, base, last, self.noise)
            rows = slice(base + 1, last + 1)
            np.matmul(record.value, matrix, out=result[rows])
            if waves.any():
                result[rows] += tables.point @ waves
            self._last_levels = tables.point[-1]
        self.end = steps * self.h
        self._note_summed(result[:, asked:])
        self.energy = balance.balance(self)
        if self.scheme.late:
            self._block(self._tables(steps, steps + 1), Record(index, np.empty((1, index.size))),
                        steps, steps + 1, self.noise)
        return result[:, :asked]

    def _note_summed(self, phases: Array) -> None:
        for (junction, _), phase in zip(self.summed, phases.T, strict=True):
            self._own_events[junction.name] = series_events(phase, derivative(phase, self.h),
                                                            self.h)

    def _start(self) -> None:
        self.state.work[:] = 0.0
        self.state.heat[:] = 0.0
        self.start_phase = self.state.y.copy()
        self.held_at_start = balance.stored(self)
        self._heat_start = self._rates() ** 2
        self.spent = 0.0
        lines = self.system.extra.lines
        lines.energy[:] = 0.0
        self._events.clear()
        self.watch.tally[0] = 0

    def _compile(self) -> None:
        begin = clock.process_time()
        none = np.zeros(0, dtype=np.int64)
        width = len(self.reduced.sources.columns)
        empty = Tables(np.zeros((0, width)), np.zeros((0, width)))
        self._kernel(empty, Record(none, np.zeros((0, 0))), 0, 0, 0, self.noise)
        self.compile_seconds = clock.process_time() - begin

    def _kernel(self, tables: Tables, record: Record, first: int, last: int, base: int,
                noise: Noise) -> tuple[int, int]:
        result: tuple[int, int] = self.scheme.run(
            self.system, self.state, tables, noise, self.watch, record, first, last, base)
        return result

    def _block(self, tables: Tables, record: Record, base: int, last: int, noise: Noise) -> None:
        n = base
        while n < last:
            begin = clock.process_time()
            n, reason = self._kernel(tables, record, n, last, base, noise)
            self.kernel_seconds += clock.process_time() - begin
            self._n = n
            count = int(self.watch.tally[0])
            self._events.append((self.watch.what[:count].copy(), self.watch.when[:count].copy()))
            self.watch.tally[0] = 0
            if reason == 3 or (reason == 2 and self._at_gap()):
                self._change_regions()
            elif reason == 2:
                raise self._too_far(n)

    def _limits(self) -> Array:
        """Return the largest move per step: LIMIT, or what the gap voltage allows (rtype 1)."""
        limit = np.full(self.system.n_psi, np.inf)
        for junction in self.junctions:
            model = junction.model
            gap = (model.vg - model.delv / 2) * 1e3 / PHASE_UNIT * self.h
            for i in self.reduced.branches[junction.name]:
                limit[i] = min(LIMIT, gap if model.rtype else np.inf, limit[i])
        return limit

    def _at_gap(self) -> bool:
        return self.regions is None and float(self.watch.when[-1]) <= LIMIT

    def _change_regions(self) -> None:
        """Follow the regions of the junctions at their gap from here on."""
        from neuromorph.circuits.solver.region import Regions

        if self.scheme.nodal:
            raise CircuitError(f"{self.reduced.circuit.title}: a junction reaches its gap at t = "
                               f"{self._n * self.h:.6g} ps in a circuit with dependent sources, "
                               "which is not simulated; use rtype=0 or a smaller drive")
        if self.scheme.late:
            raise CircuitError(f"{self.reduced.circuit.title}: a junction reaches its gap at t = "
                               f"{self._n * self.h:.6g} ps; scheme 'am4' or 'bdf2' follows it")
        if isinstance(self.scheme, Cowell):
            self._take_adams()
        self.spent += self.heat_since
        self.state.heat[:] = self._rates() ** 2 / 2
        self._heat_start = np.zeros(self.system.n_dynamic)
        if self.regions is None:
            self.regions = Regions(self.reduced, self.system, self.scheme, self.h,
                                   self.temperature)
            self.system = self.regions.system
            np.copyto(self.watch.limit, LIMIT, where=np.isfinite(self.watch.limit))
        gap = self.system.extra.gap
        gap.begin[:] = self.state.y[gap.place]
        self.scheme = self.regions.follow(self.state.velocity)

    def _take_adams(self) -> None:
        """Go on with am4, from the accelerations and velocities of the last three steps."""
        self.stability = replace(self.stability, until=max(self._n, 0) * self.h * 1e-12)
        state, np_ = self.state, self.system.n_psi
        back = [state.force[(self._n - k) % 6] for k in range(3)]
        for k in range(3):
            state.acceleration[k] = back[k][:np_]
            state.velocity[k, np_:] = back[k][np_:]
        state.velocity[2, :np_] = 2 * state.velocity[1, :np_] - state.velocity[0, :np_]
        dense = self.system.n == self.system.n_dynamic and self.system.n <= _DENSE
        self.scheme = Adams(self.reduced, self.system, self.h, dense)

    @property
    def heat_since(self) -> float:
        """Return the heat since the last change of region [mA rad]."""
        heat = self.h * float(np.sum(self.heat * self.system.damping))
        gap = self.system.extra.gap
        if gap.place.size:
            move = self.state.y[gap.place] - gap.begin
            heat += float(np.sum(np.where(np.abs(gap.region) == 1, gap.region * gap.current, 0.0)
                                 * move))
        return heat

    def _rates(self) -> Array:
        rate = np.concatenate((np.zeros(self.system.n_psi),
                               self.state.point[0][self.system.n_psi:]))
        rates: Array = self.state.velocity[0] + rate
        return rates

    def _too_far(self, n: int) -> Exception:
        i = int(self.watch.tally[1])
        name = next((name for name, c in self.coordinate.items() if c == i), f"capacitor {i}")
        time = f"t = {n * self.h:.6g} ps"
        largest = self.stability.largest * 1e12
        sure = self.stability.scheme
        reason = "" if self.h <= largest else f" ({sure} is sure up to {largest:.3g} ps here)"
        return StepError(f"{name}: the phase moved more than {LIMIT:.3g} rad in one step at "
                         f"{time}; the step is {self.h:g} ps, try {self.h / 2:g} ps{reason}")

    def _at_zero(self) -> Array:
        levels = [c.levels(np.zeros(1))[0] for c in self.reduced.sources.columns]
        return np.array(levels, dtype=np.float64) + self.shift

    def levels(self) -> Array:
        """Return the levels of the source columns now."""
        return self._at_zero() if self._last_levels is None else self._last_levels

    def _lay_lines(self) -> None:
        """Measure the phases of ports from what sources fix at t = 0."""
        lines = self.system.extra.lines
        level = self._at_zero()
        for p in range(lines.column.size):
            part = slice(lines.wave_start[p], lines.wave_start[p + 1])
            lines.flux[3, p] = lines.wave_weight[part] @ level[lines.wave_place[part]]

    def _wave_matrix(self, phases: Sequence[Functional]) -> Array:
        matrix = np.zeros((len(self.reduced.sources.columns), len(phases)))
        for k, f in enumerate(phases):
            for i, x in f.waves.items():
                matrix[i, k] = x
        return matrix

    def _tables(self, base: int, last: int) -> Tables:
        times = np.arange(base, last + 1, dtype=np.float64) * (self.h * 1e-12)
        return _tabled(self.reduced.sources.columns, times, self.shift)

    def _live_at_start(self) -> bool:
        at_zero = np.zeros(1)
        return any(c.waveform.value(at_zero)[0] for c in self.reduced.sources.columns)

    def _settle(self) -> None:
        """Ramp the levels at t = 0 in over 10 ps and wait until nothing moves, then go to 0."""
        most = int(np.ceil(_SETTLE / self.h / 60)) * 60
        columns = [self._ramp(c) for c in self.reduced.sources.columns]
        none = np.zeros(0, dtype=np.int64)
        for base in range(-most, 0, 60):
            times = (np.arange(base, base + 61, dtype=np.float64) + most) * (self.h * 1e-12)
            tables = _tabled(columns, times, self.shift)
            self._block(tables, Record(none, np.zeros((60, 0))), base, base + 60,
                        Noise(False, 0))
            settled = np.max(np.abs(self.state.velocity[0] - self.state.velocity[1])) < _SETTLED
            if times[0] > 1e-11 and settled:
                break
        end = times[-1:]
        ended = np.array([c.levels(end)[0] for c in columns])
        self.shift = np.where([c.order < 0 for c in columns], ended, 0.0)
        self._n = 0

    def _ramp(self, column: Column) -> Column:
        level = float(column.waveform.value(np.zeros(1))[0])
        return Column(Pwl([0.0, 1e-11], [0.0, level]), column.order, column.factor)

    def crossings(self, name: str) -> tuple[Array, Array]:
        """Return the times of pulses and of antipulses of a junction [ps]."""
        if name in self._own_events:
            return self._own_events[name]
        if not hasattr(self, "_sorted"):
            self._sorted = self._sort_events()
        k = self.coordinate[name]
        return self._sorted[2 * k], self._sorted[2 * k + 1]

    def _sort_events(self) -> list[Array]:
        what = np.concatenate([w for w, _ in self._events] or [np.zeros((0, 2), np.int64)])
        when = np.concatenate([t for _, t in self._events] or [np.zeros(0)])
        late = when >= 0
        key = (2 * what[:, 0] + (what[:, 1] < 0))[late]
        order = np.argsort(key, kind="stable")
        bounds = np.searchsorted(key[order], np.arange(2 * self.system.n_psi + 1))
        sorted_times = when[late][order]
        return [sorted_times[a:b] for a, b in itertools.pairwise(bounds)]

    def turns(self) -> list[tuple[Junction, int]]:
        """Return each junction with its number of pulses, either way."""
        pairs = ((j, self.crossings(j.name)) for j in self.junctions)
        return [(j, up.size + down.size) for j, (up, down) in pairs]


def _tabled(columns: Sequence[Column], times: Array, shift: Array) -> Tables:
    average = np.empty((times.size - 1, len(columns)))
    point = np.empty((times.size - 1, len(columns)))
    for k, column in enumerate(columns):
        early = times[: column.settled(times)]
        level = column.levels(early)
        n = early.size - 1
        point[:n, k] = level[1:] + shift[k]
        average[:n, k] = column.averages(early, level) + shift[k]
        point[n:, k] = average[n:, k] = level[-1] + shift[k]
    return Tables(average, point)
