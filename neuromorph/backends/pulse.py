"""``sfq-pulse``: the network as superconducting cells, emulated pulse by pulse."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from neuromorph import philox, provenance
from neuromorph.backends.sfq import STAGE
from neuromorph.backends.superconducting import (
    Superconducting,
    Times,
    device_trains,
    gathered,
    refuse_run,
)
from neuromorph.circuits.cell.calibration import load
from neuromorph.circuits.cell.feeding import BUS_VOLTAGE, bus_energy
from neuromorph.circuits.cell.timing import load as load_machines
from neuromorph.circuits.compiler.event_graph import drive_ports, event_graph
from neuromorph.circuits.compiler.layout import Unit, instance
from neuromorph.circuits.compiler.network_compiler import CompiledCircuit
from neuromorph.circuits.compiler.path_table import path_table
from neuromorph.circuits.pulse.emulation import Emulation, emulate
from neuromorph.circuits.pulse.path_kernel import run_paths
from neuromorph.counts import count_operations
from neuromorph.description import Network, Records, Stimuli
from neuromorph.description.discrete import steps
from neuromorph.result import Energy, Provenance, Result, State


@dataclass(frozen=True, slots=True, kw_only=True)
class SFQPulse(Superconducting):
    """Single-flux-quantum circuit of a network, event by event, from the cells' records.

    Attributes
    ----------
    acceleration : float
        Network seconds per device second.
    temperature : float [K]
        Of the draws of the stochastic synapses and of the jitter; 0: neither.
    level : "cells" or "paths"
        ``"cells"`` emulates every cell of the netlist. ``"paths"`` collapses the trees between
        two neurons to one event per synapse: without jitter the same pulses, for large networks.
    violations : "collect" or "raise"
        What becomes of pulses that come too close at a cell: the first few are named in the
        notes of the result, or the first ends the run. At the level of paths none are seen.

    Raises
    ------
    ValueError
        A value out of range.
    """

    level: Literal["cells", "paths"] = "cells"
    violations: Literal["collect", "raise"] = "collect"

    name: ClassVar[str] = "sfq-pulse"

    def __post_init__(self) -> None:
        Superconducting.__post_init__(self)
        for field, allowed in (("level", ("cells", "paths")), ("violations", ("collect", "raise"))):
            if getattr(self, field) not in allowed:
                raise ValueError(f"SFQPulse.{field}: {getattr(self, field)!r} came, "
                                 f"{' or '.join(allowed)} is allowed")  # fmt: skip

    def emulation(
        self, network: Network, stimulus: Stimuli, *, duration: float, dt: float, seed: int = 0,
        logged: tuple[str, ...] | None = None,
    ) -> Emulation:  # fmt: skip
        """Run at the level of cells and return every pulse: for pictures, dumps, violations."""
        trains = device_trains(network, stimulus, duration, dt, seed, self.acceleration)
        return self._emulated(self.compiled(network), trains, duration, seed, logged)

    def _emulated(
        self, compiled: CompiledCircuit, trains: Mapping[Unit, Times], duration: float, seed: int,
        logged: tuple[str, ...] | None,
    ) -> Emulation:  # fmt: skip
        graph = event_graph(compiled, load_machines(), load(), temperature=self.temperature)
        early, ports = load().delay["dcsfq"], drive_ports(compiled)
        return emulate(
            graph, {ports[unit]: train - early for unit, train in trains.items()},
            duration=duration / self.acceleration, seed=seed, temperature=self.temperature,
            logged=logged, violations=self.violations,
        )  # fmt: skip

    def simulate(
        self,
        network: Network,
        stimulus: Stimuli,
        *,
        duration: float,
        dt: float,
        seed: int,
        record: Records,
        start: State | None = None,
        tick: Callable[[int, int], None] | None = None,
    ) -> Result:
        """Run; see :func:`neuromorph.run`.

        Raises
        ------
        ValueError
            A recording or a start state, which a circuit does not have; a network, delay or
            threshold that the cells cannot be.
        TimingViolation
            Two pulses came too close at a cell and ``violations="raise"``.
        """
        refuse_run(self.name, record, start, stimulus)
        begun, count = time.perf_counter(), steps(duration, dt)
        run = self._cells if self.level == "cells" else self._paths
        found = run(network, stimulus, duration, dt, seed)
        ended = time.perf_counter()
        spikes = {
            p.name: gathered(
                [found.trains[p.name, k] * self.acceleration for k in range(p.n)], count * dt
            )
            for p in network.populations
        }
        counts = count_operations(
            network, spikes, steps=count, transmissions=found.passed,
            junction_switchings=found.slips,
        )  # fmt: skip
        return Result(
            spikes=spikes,
            counts=counts,
            energy=_energy(found),
            provenance=Provenance(
                backend=repr(self), seed=seed, dt=dt, network_hash=network.content_hash(),
                versions=provenance.versions("numba"), git=provenance.git_commit(),
                host=provenance.host(), network_seconds=count * dt,
                device_seconds=count * dt / self.acceleration,
                compile_seconds=ended - begun - found.seconds, host_seconds=found.seconds,
                notes=found.notes,
            ),
        )  # fmt: skip

    def _cells(
        self, network: Network, stimulus: Stimuli, duration: float, dt: float, seed: int
    ) -> _Found:
        compiled = self.compiled(network)
        units = {
            (p.name, k): instance((p.name, k)) for p in network.populations for k in range(p.n)
        }
        last = {path.junction.removeprefix("B2.X") for path in compiled.paths}
        given = device_trains(network, stimulus, duration, dt, seed, self.acceleration)
        found = self._emulated(
            compiled, given, duration, seed, tuple({*units.values(), *last})
        )  # fmt: skip
        early = load().delay["dcsfq"]
        trains = {
            unit: found.pulses[name] + (
                early if unit in compiled.drives else -compiled.late.get(unit, 0.0)
            )
            for unit, name in units.items()
        }
        bad = found.violations
        notes = [str(compiled.report), f"{found.events} pulses at inputs of cells",
                 f"{sum(found.swallowed.values())} pulses swallowed by mergers",
                 f"{len(bad)} timing violations"]  # fmt: skip
        notes += [
            f"cell {v.cell!r}: a pulse on {v.port!r} at {v.time * 1e12:.2f} ps, "
            f"{v.legal * 1e12:.2f} ps or later is legal"
            for v in bad[:3]
        ]
        return _Found(
            trains=trains, slips=found.slips, work=found.work, notes=tuple(notes),
            passed=sum(found.pulses[name].size for name in last),
            bus=bus_energy(compiled.report.bias_current, found.duration),
            seconds=found.seconds["run"],
        )  # fmt: skip

    def _paths(
        self, network: Network, stimulus: Stimuli, duration: float, dt: float, seed: int
    ) -> _Found:
        calibration = load()
        table = path_table(
            network, acceleration=self.acceleration, calibration=calibration,
            temperature=self.temperature,
        )  # fmt: skip
        trains = device_trains(network, stimulus, duration, dt, seed, self.acceleration)
        times = np.concatenate([np.zeros(0), *trains.values()])
        unit = np.repeat(
            np.array([table.first[name] + k for name, k in trains], dtype=np.int64),
            [train.size for train in trains.values()],
        )
        order, key = np.lexsort((unit, times)), philox.stream_key(seed, philox.PROJECTION)
        begun = time.perf_counter()
        traffic = run_paths(
            table.paths, times[order], unit[order], duration / self.acceleration,
            np.uint64(key), calibration.window,
        )  # fmt: skip
        seconds = time.perf_counter() - begun
        events, slips, work = table.bill(traffic, load_machines())
        grouped = np.argsort(traffic.unit, kind="stable")
        cut = np.cumsum(np.bincount(traffic.unit, minlength=table.driven.size))[:-1]
        every = np.split(traffic.time[grouped], cut)
        names = [(p.name, k) for p in network.populations for k in range(p.n)]
        notes = (f"{events} pulses at inputs of cells",
                 f"{traffic.swallowed} pulses swallowed by mergers")  # fmt: skip
        return _Found(
            trains=dict(zip(names, every, strict=True)), slips=slips, work=work, notes=notes,
            passed=int(traffic.passed.sum()), bus=None, seconds=seconds,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Found:
    """What either level gives: device times per unit, totals, notes."""

    trains: Mapping[Unit, Times]
    slips: int
    work: float
    passed: int
    bus: float | None
    seconds: float
    notes: tuple[str, ...]


def _energy(found: _Found) -> tuple[Energy, ...]:
    """Return the sources' work by the cells' record, and the bus that feeds them."""

    def figure(joules: float, label: str, source: str, static: float | None = None) -> Energy:
        return Energy(
            joules=joules, subject="device", boundary="device", method="counted", label=label,
            source=f"{source}; {STAGE}", temperature=4.2, static=static, dynamic=found.work,
        )  # fmt: skip

    out = [figure(found.work, "source work", "pulses times what each takes, from timing.json")]
    if found.bus is not None:
        text = (f"{BUS_VOLTAGE * 1e3:g} mV (customary) times all bias current times time, dynamic "
                "part included")  # fmt: skip
        out.append(figure(found.bus, "RSFQ bias bus", text, found.bus - found.work))
    return tuple(out)
