"""Stimulus in, spikes and traces out: the packets of one run on the spiking core."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuromorph.description import Current, Network, Records, Source, Stimuli
from neuromorph.description.emission import source_spikes
from neuromorph.fpga import word
from neuromorph.fpga.program import SpikingProgram
from neuromorph.fpga.word import Answer, Words
from neuromorph.result import Spikes, Trace

ROOM = 1 << 20  #: words of output that one packet may cause at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run on the grid: the steps ``first`` to ``last``, what comes in, what is kept."""

    program: SpikingProgram
    stimulus: Stimuli
    first: int
    last: int
    seed: int
    record: Records

    @property
    def network(self) -> Network:
        """What is run."""
        return self.program.grid.network

    def packets(self, room: int = ROOM) -> Iterator[tuple[int, Words]]:
        """Yield (last step, words) of packets that cause at most about ``room`` words each."""
        units = self.program.units
        span = max(1, room // (2 * units + 3))
        spike_step, spike_row = self._sources()
        drive_step, drives = self._drives()
        samples = self._samples()
        marks = np.unique(np.concatenate((spike_step, drive_step, samples)))
        for begin in range(self.first, self.last, span):
            end = min(begin + span, self.last)
            parts: list[Words] = []
            at = begin
            for step in marks[np.searchsorted(marks, begin) : np.searchsorted(marks, end)]:
                parts += [_run(int(step) - at)] if step > at else []
                at = int(step)
                nth = np.searchsorted(drive_step, step)
                if nth < drive_step.size and drive_step[nth] == step:
                    parts.append(word.load(word.DRIVE, drives[nth]))
                if np.isin(step, samples):
                    parts.append(np.array([word.dump(word.DUMP_V, units)], np.uint32))
                a, b = np.searchsorted(spike_step, (step, step + 1))
                parts.append((word.SPIKE | spike_row[a:b]).astype(np.uint32))
            parts.append(_run(end - at))
            yield end, np.concatenate(parts)

    def _sources(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        emitted = source_spikes(
            self.network, self.stimulus, first=self.first, last=self.last,
            dt=self.program.grid.dt, seed=self.seed,
        )  # fmt: skip
        step, row = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for number, population in enumerate(self.network.populations):
            if population.name in emitted:
                step.append(np.asarray(emitted[population.name].step, np.int64))
                index = np.asarray(emitted[population.name].index, np.int64)
                row.append(self.program.place[number]["basal"][index])
        steps, rows = np.concatenate(step), np.concatenate(row)
        order = np.argsort(steps, kind="stable")
        return steps[order], rows[order]

    def _currents(self, name: str, port: str) -> list[Current]:
        given = self.stimulus.get(f"{name}.{port}", ())
        each = given if isinstance(given, (tuple, list)) else (given,)
        currents = []
        for one in each:
            if isinstance(one, Current):
                currents.append(one)
            else:
                raise ValueError(
                    f"stimulus '{name}.{port}': {type(one).__name__} came, a Current is allowed on "
                    "the spiking core"
                )
        return currents

    def _drives(self) -> tuple[NDArray[np.int64], list[NDArray[np.int64]]]:
        """Return the steps at which a current changes, and the drive of all units from then on."""
        dt = self.program.grid.dt
        currents = {
            (number, port): self._currents(self.network.populations[number].name, port)
            for number in self.program.cells
            for port in self.program.place[number]
        }
        times = [np.rint(c.time / dt).astype(np.int64) for of in currents.values() for c in of]
        if not times:
            return np.zeros(0, np.int64), []
        inside = [t[(t > self.first) & (t < self.last)] for t in times]
        at = np.unique(np.concatenate([np.array([self.first], np.int64), *inside]))
        drives = np.zeros((at.size, self.program.units), np.int64)
        for (number, port), given in currents.items():
            total = np.zeros((at.size, self.network.populations[number].n))
            for c in given:
                row = np.searchsorted(np.rint(c.time / dt).astype(np.int64), at, side="right") - 1
                value = c.value[row] if c.value.ndim == 2 else c.value[row][:, None]
                total = total + value * (1.0 if c.gain is None else np.asarray(c.gain))
            cell = self.program.cells[number]
            drives[:, self.program.place[number][port]] = cell.drive(total, port)
        return at, list(drives)

    def _samples(self) -> NDArray[np.int64]:
        every = {r.every for r in self.record.values()}
        steps = [np.arange(-(-self.first // e) * e, self.last, e) for e in every]
        return np.unique(np.concatenate([np.zeros(0, np.int64), *steps]))

    def spikes(self, answers: list[Answer]) -> dict[str, Spikes]:
        """Return the spikes of every population, sources included."""
        dt, duration = self.program.grid.dt, (self.last - self.first) * self.program.grid.dt
        step = np.concatenate([np.zeros(0, np.int64), *(a.step for a in answers)])
        unit = np.concatenate([np.zeros(0, np.int64), *(a.unit for a in answers)])
        emitted_step, emitted_row = self._sources()
        out = {}
        for number, population in enumerate(self.network.populations):
            source = isinstance(population.cell, Source)
            of_step, of_unit = (emitted_step, emitted_row) if source else (step, unit)
            at = self.program.place[number]["basal"]
            where = np.searchsorted(at, of_unit)
            mine = at[np.minimum(where, at.size - 1)] == of_unit
            out[population.name] = Spikes(
                time=np.asarray(of_step[mine] * dt, np.float64),
                index=where[mine].astype(np.int32),
                n=population.n,
                duration=duration,
            )
        return out

    def traces(self, answers: list[Answer]) -> dict[str, dict[str, Trace]]:
        """Return the recorded membranes [V] and contexts."""
        dumps: list[Words] = [dump for a in answers for dump in a.dumps]
        steps = self._samples()
        out: dict[str, dict[str, Trace]] = {}
        for name, record in self.record.items():
            number = self.network.index(name)
            cell, place = self.program.cells[number], self.program.place[number]
            units: Any = slice(None) if record.units is None else list(record.units)
            mine = np.flatnonzero(steps % record.every == 0)
            at = np.asarray(steps[mine] * self.program.grid.dt, np.float64)
            out[name] = {}
            for variable in record.variables:
                port = "apical" if variable in ("v_apical", "context") else "basal"
                unit, scale = place[port][units], cell.port_scale(port)
                rows = [word.signed(dumps[k][unit]) / scale for k in mine]
                values = np.array(rows) if rows else np.zeros((0, unit.size))
                out[name][variable] = Trace(time=at, values=values)
        return out


def _run(count: int) -> Words:
    return np.array([word.RUN | count], dtype=np.uint32)


def state_words(program: SpikingProgram, unit_bits: int) -> Words:
    """Return the packet that asks for membranes, refractory counts, ring, and waiting spikes."""
    entries = program.slots << unit_bits
    wanted = [(word.DUMP_V, program.units), (word.DUMP_LEFT, program.units),
              (word.DUMP_RING, entries)]  # fmt: skip
    wanted += [(word.DUMP_WAIT, program.units)] if program.bursts else []
    return np.array([word.dump(which, count) for which, count in wanted], dtype=np.uint32)


def state_arrays(
    program: SpikingProgram, answer: Answer, steps: int, unit_bits: int
) -> dict[str, NDArray[np.int64]]:
    """Return the state ``steps`` after a clear; the ring starts at the next step."""
    ring = word.signed(answer.dumps[2]).reshape(program.slots, 1 << unit_bits)
    ring = np.roll(ring[:, : program.units], -(steps % program.slots), axis=0)
    waiting = {"wait": word.signed(answer.dumps[3])} if program.bursts else {}
    return {
        "v": word.signed(answer.dumps[0]),
        "left": word.signed(answer.dumps[1]),
        "ring": ring,
        **waiting,
    }


def restore_words(
    program: SpikingProgram, arrays: Mapping[str, Any], step: int, unit_bits: int
) -> Words:
    """Return the packet that puts a state back.

    Raises
    ------
    ValueError
        An array is missing or of another shape.
    """
    shapes = {"v": (program.units,), "left": (program.units,),
              "ring": (program.slots, program.units)}  # fmt: skip
    shapes |= {"wait": (program.units,)} if program.bursts else {}
    for name, shape in shapes.items():
        if name not in arrays or arrays[name].shape != shape:
            raise ValueError(
                f"start: array {name!r} is missing or not of shape {shape}, a state of the same "
                "network, dt and backend options is allowed"
            )
    ring = np.zeros((program.slots, 1 << unit_bits), np.int64)
    ring[:, : program.units] = arrays["ring"]
    waiting = [word.load(word.WAIT, arrays["wait"])] if program.bursts else []
    return np.concatenate((
        word.clear(),
        word.load(word.V, arrays["v"]),
        word.load(word.LEFT, arrays["left"]),
        *waiting,
        word.load(word.RING, ring.ravel()),
        word.load(word.STEP, np.array([step])),
    ))  # fmt: skip
