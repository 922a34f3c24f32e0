"""One block of lanes: its arrays, its start-up, its steps, its events."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuromorph.circuits.element import PHASE_UNIT
from neuromorph.circuits.solver.batch_cowell import cowell_lanes, cowell_lanes_run, restless
from neuromorph.circuits.solver.batch_kernel import batch_run, batch_state
from neuromorph.circuits.solver.batch_system import batch_system
from neuromorph.circuits.solver.batch_values import Variants
from neuromorph.circuits.solver.column import Column
from neuromorph.circuits.solver.event import watch
from neuromorph.circuits.solver.integrator import LIMIT
from neuromorph.circuits.solver.noise import noise_key
from neuromorph.circuits.solver.reduction import Reduced
from neuromorph.circuits.solver.tree import Row
from neuromorph.circuits.waveform import Pwl

Array = NDArray[np.float64]
Index = NDArray[np.int64]

WIDTH = 128  #: lanes of a block, at most
_COWELL_WIDTH = 64
_ROUND = 8  # lanes are filled up to a multiple of a vector register
_CHUNK = 4096
_SETTLE = 600.0
_SETTLED = 1e-8


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What a block gives back: events (psi, lane, direction, time [ps]), traces, failures."""

    psi: Index
    lane: Index
    sign: Index
    when: Array
    traces: Array
    failed: Index
    culprit: Index


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What all blocks of a batch share; times in ps."""

    reduced: Reduced
    scheme: str
    h: float
    steps: int
    phases: Sequence[Row]
    every: int
    startup: bool

    def columns(self) -> tuple[Column, ...]:
        """Return the shapes of the sources."""
        return self.reduced.sources.columns

    def limits(self) -> Array:
        """Return the largest |v| of every psi [rad/ps]: a fifth of a turn per step, the gap."""
        limit = np.full(self.reduced.tree.n_psi, np.inf)
        for junction in self.reduced.circuit.junctions:
            model = junction.model
            gap = (model.vg - model.delv / 2) * 1e3 / PHASE_UNIT if model.rtype else np.inf
            for k in self.reduced.branches[junction.name]:
                limit[k] = min(LIMIT / self.h, gap)
        return limit


def blocks(n: int, scheme: str) -> list[Index]:
    """Return the lanes of each block, nearly equal and filled up with the last lane."""
    most, grain = (WIDTH, _ROUND) if scheme == "leapfrog" else (_COWELL_WIDTH, 32)
    each = math.ceil(n / math.ceil(n / most))
    width = math.ceil(each / grain) * grain
    return [np.minimum(np.arange(k, k + width), n - 1) for k in range(0, n, width)]


def run_block(task: Task, given: Variants) -> Seen:
    """Simulate the lanes of a block."""
    kept = {i for f in task.phases for i in f}
    keys = np.array([noise_key(seed) for seed in given.seeds], dtype=np.uint64)
    if task.scheme == "cowell":
        psi = task.reduced.tree.n_psi
        marks = watch(np.full(psi * keys.size, np.inf), max(16 * psi * keys.size, 1024))
        lanes, cowell_state, places = cowell_lanes(
            task.reduced, given, task.h, kept, marks, task.limits() * task.h, keys)
        return _CowellBlock(task, lanes, places, cowell_state).run()
    system, rows = batch_system(task.reduced, given, task.h, kept)
    # the kernel puts a failed lane to rest, in arrays of the block's own
    system = system._replace(keep=system.keep.copy(), push=system.push.copy())
    block = _Block(task, system, rows, batch_state(system, keys, task.limits(),
                                                   len(task.columns())))
    return block.run()


class _Block:
    def __init__(self, task: Task, system: Any, rows: list[int], state: Any) -> None:
        self.task, self.system, self.state = task, system, state
        self.noisy = bool(np.any(system.noise))
        place = {i: k for k, i in enumerate(rows)}
        wanted = sorted({i for f in task.phases for i in f})
        self.record = np.array([place[i] for i in wanted], dtype=np.int64)
        self.matrix = np.array([[f.get(i, 0.0) for i in wanted] for f in task.phases])
        self.events: list[tuple[NDArray[np.int64], Array]] = []

    def run(self) -> Seen:
        """Settle, step to the end, and one step more for the events of the last one."""
        task = self.task
        if task.startup and any(c.waveform.value(np.zeros(1))[0] for c in task.columns()):
            self._settle()
        self.events.clear()
        traces = [self._phases(self._now()[None])] if task.phases else []
        chunk = max(1, _CHUNK // task.every) * task.every
        for base in range(0, task.steps + 1, chunk):
            last = min(base + chunk, task.steps + 1)
            traces += self._steps(task.columns(), base, last, base * task.h, self.noisy)
        what = np.concatenate([w for w, _ in self.events] or [np.zeros((0, 2), np.int64)])
        when = np.concatenate([t for _, t in self.events] or [np.zeros(0)])
        live = (when >= 0) & (when <= task.steps * task.h)
        psi, lane = np.divmod(what[live, 0], self.state.key.size)
        kept = task.steps // task.every + 1
        empty = np.zeros((0, 0, self.state.key.size))
        drawn = np.concatenate(traces)[:kept] if task.phases else empty
        return Seen(psi, lane, what[live, 1], when[live], drawn, self.state.failed,
                    self.state.culprit)

    def _now(self) -> Array:
        now: Array = self.state.y[self.record]
        return now

    def _phases(self, values: Array) -> Array:
        """Return the phases asked for from recorded coordinates, shape (time, phase, lane)."""
        phases: Array = np.einsum("pk,tkw->tpw", self.matrix, values)
        return phases

    def _steps(self, columns: Sequence[Column], base: int, last: int, start: float,
               noisy: bool) -> list[Array]:
        task, marks = self.task, self.state.watch
        steps = np.arange(1, last - base + 1, dtype=np.float64)
        times = (start + steps * task.h) * 1e-12
        table = np.array([c.levels(times) for c in columns]).reshape(len(columns), times.size)
        out = np.empty(((last - base) // task.every, self.record.size, self.state.key.size))
        n = base
        while n < last:
            n = self._advance(columns, table, start, noisy, out, n, last, base)
            count = int(marks.tally[0])
            self.events.append((marks.what[:count].copy(), marks.when[:count].copy()))
            marks.tally[0] = 0
        return [self._phases(out)] if task.phases else []

    def _advance(self, columns: Sequence[Column], table: Array, start: float, noisy: bool,
                 out: Array, first: int, last: int, base: int) -> int:
        reached: int = batch_run(self.system, self.state, np.ascontiguousarray(table.T), noisy,
                                 self.record, self.task.every, out, first, last, base)
        return reached

    def _moving(self) -> float:
        return float(np.max(np.abs(self.state.mid - self.state.old), initial=0.0))

    def _settle(self) -> None:
        """Ramp the levels at t = 0 in over 10 ps and wait until nothing moves in any lane."""
        h = self.task.h
        most = int(np.ceil(_SETTLE / h / 60)) * 60
        ramps = [_ramp(c) for c in self.task.columns()]
        for base in range(-most, 0, 60):
            start = (base + most) * h
            self._steps(ramps, base, base + 60, start, False)
            if start > 10 and self._moving() < _SETTLED:
                break


class _CowellBlock(_Block):
    """The same by the scheme of cowell.py, which needs the sources' averages too."""

    def _now(self) -> Array:
        now: Array = (self.state.new + self.state.shift)[self.record]
        return now

    def _advance(self, columns: Sequence[Column], table: Array, start: float, noisy: bool,
                 out: Array, first: int, last: int, base: int) -> int:
        steps = np.arange(last - base + 1, dtype=np.float64)
        times: Array = (start + steps * self.task.h) * 1e-12
        levels = [c.levels(times) for c in columns]
        averages = np.array([c.averages(times, x) for c, x in zip(columns, levels, strict=True)])
        reached: int = cowell_lanes_run(
            self.system, self.state,
            np.ascontiguousarray(averages.reshape(table.shape).T), np.ascontiguousarray(table.T),
            noisy, self.record, self.task.every, out, first, last, base)
        return reached

    def _moving(self) -> float:
        return float(restless(self.state.psi, self.system.n_psi * self.state.key.size))


def _ramp(column: Column) -> Column:
    level = float(column.waveform.value(np.zeros(1))[0])
    return Column(Pwl([0.0, 1e-11], [0.0, level]), column.order, column.factor)


__all__ = ["Seen", "Task", "blocks", "run_block"]
