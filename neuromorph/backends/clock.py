"""The clock-driven loop: delay rings, delivery and windows of steps, for any kind of stepper.

A window is as many steps as the shortest delay, so that nothing sent within it arrives in it:
each population advances over the whole window in one kernel call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuromorph import philox
from neuromorph.backends.stepper import Stepper
from neuromorph.cells.synapse import admit, expand, scatter
from neuromorph.description import Current, Records, Source, Stimuli
from neuromorph.description.discrete import (
    DiscreteNetwork,
    DiscreteProjection,
    SourceSpikes,
    current_rows,
    source_spikes,
)
from neuromorph.result import Spikes, Trace

Array = NDArray[Any]
Port = tuple[int, str]
WINDOW = 64  #: longest window in steps
NEVER = np.iinfo(np.int64).min // 2


class Clock:
    """A discrete network with a stepper per computed population, between two steps."""

    def __init__(
        self,
        grid: DiscreteNetwork,
        steppers: Mapping[int, Stepper],
        *,
        seed: int,
        merge_window: int = 0,
        step: int = 0,
    ) -> None:
        self.grid, self.steppers, self.seed = grid, steppers, seed
        self.step = self.origin = step
        self.window = min(WINDOW, grid.min_delay if grid.projections else WINDOW)
        self.length = -(-(grid.max_delay + self.window) // self.window) * self.window
        self.arrivals = np.zeros(self.length, np.int64)
        self.rings: dict[Port, Array] = {}
        self.mergers: dict[Port, Array] = {}
        self.last: dict[Port, Array] = {}
        self.pending: dict[Port, Array] = {}
        self.weights: list[Array] = []
        self.keys = [np.uint64(philox.stream_key(seed, p.stream)) for p in grid.projections]
        self.transmissions = self.swallowed = 0
        self._lay_out(merge_window)

    def _lay_out(self, merge_window: int) -> None:
        network = self.grid.network
        for number, stepper in self.steppers.items():
            population = network.populations[number]
            for port in population.cell.ports:
                key = (number, port.name)
                self.rings[key] = np.zeros((self.length, population.n), stepper.dtype)
                fan_in = np.zeros(population.n, np.int64)
                for p in self.grid.projections:
                    if (p.target, p.port) == key:
                        fan_in += np.bincount(p.index, minlength=population.n)
                basal = port.name == "basal"
                if basal and (stepper.gated or (merge_window and (fan_in > 1).any())):
                    self.mergers[key] = np.where(fan_in > 1, merge_window, 0)
                    self.last[key] = np.full(population.n, NEVER)
                    self.pending[key] = np.zeros((0, 3), np.int64)
        self.weights = [self.steppers[p.target].encode(p.weight) for p in self.grid.projections]

    # state -------------------------------------------------------------------------------

    def state(self) -> dict[str, Array]:
        """Return all that the next step depends on, as copies by name."""
        out: dict[str, Array] = {}
        for number, stepper in self.steppers.items():
            name = self.grid.network.populations[number].name
            out.update({f"{name}.{key}": a.copy() for key, a in stepper.state().items()})
        shift = (self.step - self.origin) % self.length
        out["arrivals"] = np.roll(self.arrivals, -shift)
        for (number, port), ring in self.rings.items():
            name = f"{self.grid.network.populations[number].name}.{port}"
            out[f"{name}.ring"] = np.roll(ring, -shift, axis=0)
            if (number, port) in self.pending:
                out[f"{name}.pending"] = self.pending[number, port].copy()
                out[f"{name}.last"] = self.last[number, port].copy()
        return out

    def load(self, arrays: Mapping[str, Array]) -> None:
        """Take over what :meth:`state` of an equal clock returned.

        Raises
        ------
        ValueError
            An array is missing or of another shape.
        """
        for key, mine in self._slots().items():
            if key not in arrays or arrays[key].shape[1:] != mine.shape[1:]:
                raise ValueError(
                    f"start: array {key!r} is missing or of another shape, a state of the same "
                    "network, dt and backend options is allowed"
                )
            if key.endswith(".pending"):
                name, port = key.split(".")[:2]
                self.pending[self.grid.network.index(name), port] = arrays[key].copy()
            else:
                mine[...] = arrays[key]

    def _slots(self) -> dict[str, Array]:
        out: dict[str, Array] = {"arrivals": self.arrivals}
        for number, stepper in self.steppers.items():
            name = self.grid.network.populations[number].name
            out.update({f"{name}.{key}": array for key, array in stepper.state().items()})
        for kind, held in (("ring", self.rings), ("pending", self.pending), ("last", self.last)):
            for (number, port), array in held.items():
                out[f"{self.grid.network.populations[number].name}.{port}.{kind}"] = array
        return out

    # running -----------------------------------------------------------------------------

    def run(
        self,
        stimulus: Stimuli,
        steps: int,
        record: Records,
        tick: Callable[[int, int], None] | None = None,
    ) -> tuple[dict[str, Spikes], dict[str, dict[str, Trace]]]:
        """Advance by ``steps`` and return spikes and traces; ``tick(done, all)`` per window."""
        first, last = self.step, self.step + steps
        network = self.grid.network
        emitted = source_spikes(
            network, stimulus, first=first, last=last, dt=self.grid.dt, seed=self.seed
        )
        currents = self._currents(stimulus, first, last)
        log = SpikeLog({p.name: p.n for p in network.populations})
        samples = SampleLog(record, {n: list(s.variables) for n, s in self._named().items()})
        while self.step < last:
            count = min(self.window, last - self.step)
            self._emit(emitted, count, log)
            self._advance(currents, count, first, log, samples)
            self.step += count
            if tick is not None:
                tick(self.step - first, steps)
        dt, duration = self.grid.dt, steps * self.grid.dt
        return log.spikes(dt, duration), samples.traces(first, last, dt)

    def _named(self) -> dict[str, Stepper]:
        return {self.grid.network.populations[n].name: s for n, s in self.steppers.items()}

    def _currents(self, stimulus: Stimuli, first: int, last: int) -> dict[int, tuple[Array, Array]]:
        out = {}
        for number in self.steppers:
            population = self.grid.network.populations[number]
            given = stimulus.get(f"{population.name}.basal")
            if not isinstance(given, Current):
                given = Current(value=0.0)
            out[number] = current_rows(given, population.n, first, last, self.grid.dt)
        return out

    def _emit(self, emitted: Mapping[str, SourceSpikes], count: int, log: SpikeLog) -> None:
        for number, population in enumerate(self.grid.network.populations):
            if not isinstance(population.cell, Source):
                continue
            all_of = emitted[population.name]
            a, b = np.searchsorted(all_of.step, (self.step, self.step + count))
            step, index = all_of.step[a:b], all_of.index[a:b]
            log.add(population.name, step, index)
            self._send(number, step, index)

    def _advance(
        self,
        currents: Mapping[int, tuple[Array, Array]],
        count: int,
        first: int,
        log: SpikeLog,
        samples: SampleLog,
    ) -> None:
        slot = (self.step - self.origin) % self.length
        self.transmissions += int(self.arrivals[slot : slot + count].sum())
        self.arrivals[slot : slot + count] = 0
        for number, stepper in self.steppers.items():
            population = self.grid.network.populations[number]
            rows = {
                port.name: self.rings[number, port.name][slot : slot + count]
                for port in population.cell.ports
            }
            gate = stepper.prepare(rows, self.step)
            if (number, "basal") in self.pending:
                self._admit((number, "basal"), gate, rows["basal"])
            at = self.step - first
            row, value = currents[number]
            step, index, sampled = stepper.advance(
                rows, (row[at : at + count], value), self.step, samples.every(population.name)
            )
            for array in rows.values():
                array[...] = 0
            samples.add(population.name, sampled)
            log.add(population.name, step, index)
            self._send(number, step, index)

    def _send(self, source: int, step: Array, index: Array) -> None:
        for number, p in enumerate(self.grid.projections):
            if p.source != source:
                continue
            key = (p.target, p.port)
            if key in self.pending:
                self._queue(key, number, p, step, index)
            else:
                scatter(
                    step, index, p.start, p.index, self.weights[number], p.delay, p.threshold,
                    p.stochastic, self.keys[number], self.rings[key], self.arrivals,
                    self.origin,
                )  # fmt: skip

    def _queue(
        self, key: Port, number: int, p: DiscreteProjection, step: Array, index: Array
    ) -> None:
        due, synapse = expand(step, index, p.start, p.delay)
        block = np.column_stack((due, np.full(due.size, number), synapse))
        self.pending[key] = np.concatenate((self.pending[key], block))

    def _admit(self, key: Port, gate: Array, rows: Array) -> None:
        waiting = self.pending[key]
        now = waiting[:, 0] < self.step + rows.shape[0]
        events, self.pending[key] = waiting[now], waiting[~now]
        events = events[np.lexsort((events[:, 2], events[:, 1], events[:, 0]))]
        due, projection, synapse = events.T.copy()
        target = np.zeros(due.size, np.int64)
        weight = np.zeros(due.size, rows.dtype)
        threshold, keys = np.zeros(due.size, np.uint64), np.zeros(due.size, np.uint64)
        for number in np.unique(projection):
            mine, p = projection == number, self.grid.projections[number]
            target[mine] = p.index[synapse[mine]]
            weight[mine] = self.weights[number][synapse[mine]]
            threshold[mine] = p.threshold[synapse[mine]]
            keys[mine] = self.keys[number]
        passed, swallowed = admit(
            due, synapse, target, weight, threshold, keys, gate, self.mergers[key],
            self.last[key], self.step, rows,
        )  # fmt: skip
        self.transmissions += passed
        self.swallowed += swallowed


class SpikeLog:
    """Spikes of all populations as they come."""

    def __init__(self, sizes: Mapping[str, int]) -> None:
        self.sizes = sizes
        self._parts: dict[str, list[tuple[Array, Array]]] = {name: [] for name in sizes}

    def add(self, name: str, step: Array, index: Array) -> None:
        """Append spikes of one window."""
        if step.size:
            self._parts[name].append((step.copy(), index.copy()))

    def spikes(self, dt: float, duration: float) -> dict[str, Spikes]:
        """Return all, with time = step * dt [s]."""
        out = {}
        for name, parts in self._parts.items():
            step = np.concatenate([p[0] for p in parts] or [np.zeros(0, np.int64)])
            index = np.concatenate([p[1] for p in parts] or [np.zeros(0, np.int32)])
            out[name] = Spikes(
                time=step * dt, index=index.astype(np.int32), n=self.sizes[name], duration=duration
            )
        return out


def check_records(record: Records, variables: Mapping[str, list[str]]) -> None:
    """Check that what is to be recorded is there.

    Raises
    ------
    ValueError
        A record names a population or variable that is not.
    """
    for name, wanted in record.items():
        there = variables.get(name)
        if there is None:
            raise ValueError(
                f"record {name!r}: no computed population of that name, "
                f"{', '.join(map(repr, variables))} are there"
            )
        for variable in wanted.variables:
            if variable not in there:
                raise ValueError(
                    f"record {name!r}: variable {variable!r} came, {', '.join(there)} are there"
                )


class SampleLog:
    """Samples of recorded variables as they come."""

    def __init__(self, record: Records, variables: Mapping[str, list[str]]) -> None:
        check_records(record, variables)
        self.record = record
        self._parts: dict[str, dict[str, list[Array]]] = {
            name: {variable: [] for variable in r.variables} for name, r in record.items()
        }

    def every(self, name: str) -> int:
        """Return the sampling interval in steps, 0 for none."""
        return self.record[name].every if name in self.record else 0

    def add(self, name: str, sampled: Mapping[str, Array]) -> None:
        """Append the samples of one window."""
        if name not in self.record:
            return
        units = self.record[name].units
        for variable, parts in self._parts[name].items():
            block = sampled[variable]
            parts.append(block[:, list(units)] if units is not None else block.copy())

    def traces(self, first: int, last: int, dt: float) -> dict[str, dict[str, Trace]]:
        """Return all recorded variables by population."""
        out: dict[str, dict[str, Trace]] = {}
        for name, variables in self._parts.items():
            every = self.record[name].every
            step = np.arange(-(-first // every) * every, last, every, dtype=np.float64)
            out[name] = {
                variable: Trace(time=step * dt, values=np.concatenate(parts))
                for variable, parts in variables.items()
                if parts
            }
        return out
