"""Running a circuit of pulses: what comes out, when, what was too close, what it cost."""

from __future__ import annotations

import time as clock
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neuromorph import philox
from neuromorph.circuits.pulse.kernel import Activity, Layout, run
from neuromorph.circuits.pulse.pulse_circuit import Port, PulseCircuit

Times = NDArray[np.float64]

JITTER_TEMPERATURE = 4.2  #: of the recorded jitter [K]; it goes with the square root


class TimingViolation(RuntimeError):  # noqa: N818
    """Two pulses came too close at a cell: its name, port, time and earliest legal time [s]."""

    def __init__(self, cell: str, port: str, time: float, legal: float) -> None:
        self.cell, self.port, self.time, self.legal = cell, port, time, legal
        super().__init__(
            f"cell {cell!r}: a pulse on {port!r} at {time * 1e12:.3f} ps came, {legal * 1e12:.3f} "
            "ps or later is legal"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One pulse that came too soon: cell, port, when, and when it had been legal [s]."""

    cell: str
    port: str
    time: float
    legal: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Emulation:
    """What a run of a pulse circuit gave.

    Attributes
    ----------
    pulses : dict of (n_pulse,)
        Of each logged cell, when a pulse came that it answered [s] (its delay comes after).
    antipulses : dict
        None at this level: empty, so that pictures and dumps take either level.
    violations : tuple of Violation
    swallowed : dict
        Pulses lost to another one close before, by machine.
    events : int
        Pulses at inputs of cells.
    slips : int
        2 pi turns of junctions.
    work : float [J]
        What the sources delivered, from the record: switching only, no resistive bus.
    duration : float [s]
    seconds : dict
        Of the host: ``setup`` (tables) and ``run``.
    """

    pulses: Mapping[str, Times]
    antipulses: Mapping[str, Times]
    violations: tuple[Violation, ...]
    swallowed: Mapping[str, int]
    events: int
    slips: int
    work: float
    duration: float
    seconds: Mapping[str, float]


def emulate(
    circuit: PulseCircuit,
    trains: Mapping[Port, Sequence[float] | Times],
    *,
    duration: float,
    seed: int = 0,
    temperature: float = 0.0,
    logged: Sequence[str] | None = None,
    violations: Literal["collect", "raise"] = "collect",
) -> Emulation:
    """Emulate a circuit event by event.

    Parameters
    ----------
    circuit : PulseCircuit
    trains : dict
        Pulse times [s] into inputs, by (cell, port).
    duration : float [s]
        Pulses later than this are left out.
    seed : int
        Of passing draws and jitter.
    temperature : float [K]
        Of the jitter; 0: none. The draws are what the cells' parameters say.
    logged : sequence of str, optional
        Cells whose answers are written down; all if left out.
    violations : str
        ``"collect"`` them all, or ``"raise"`` the first.

    Raises
    ------
    TimingViolation
        A pulse came too soon and ``violations="raise"``.
    ValueError
        An unknown cell or port, a time or temperature out of range.
    """
    if not (np.isfinite(duration) and duration >= 0 and 0 <= temperature < np.inf):
        raise ValueError(f"emulate: duration {duration} s and temperature {temperature} K came, "
                         "0 or more is allowed")  # fmt: skip
    if violations not in ("collect", "raise"):
        raise ValueError(f"emulate, violations: {violations!r} came, 'collect' or 'raise' allowed")
    names = tuple(circuit.number) if logged is None else tuple(logged)
    begun = clock.perf_counter()
    layout = circuit.layout(names)
    times, inputs = _start(circuit, layout, trains)
    ready = clock.perf_counter()
    found = run(
        layout, times, inputs, float(duration),
        np.uint64(philox.stream_key(seed, philox.PROJECTION)),
        np.uint64(philox.stream_key(seed, philox.NOISE)),
        float(np.sqrt(temperature / JITTER_TEMPERATURE)), 1 if violations == "raise" else 0,
    )  # fmt: skip
    ended = clock.perf_counter()
    bad = _violations(circuit, layout, found)
    if bad and violations == "raise":
        raise TimingViolation(bad[0].cell, bad[0].port, bad[0].time, bad[0].legal)
    return _emulation(circuit, found, names, bad, duration, (ready - begun, ended - ready))


def _start(
    circuit: PulseCircuit, layout: Layout, trains: Mapping[Port, Any]
) -> tuple[Times, NDArray[np.int64]]:
    times, inputs = [np.zeros(0)], [np.zeros(0, np.int64)]
    for (name, port), train in trains.items():
        ports = circuit.machine(name).inputs
        if port not in ports:
            raise ValueError(
                f"trains: port {port!r} of {name!r} came, {', '.join(ports)} are there"
            )
        one = np.sort(np.asarray(train, dtype=np.float64))
        if np.isnan(one).any():
            raise ValueError(f"trains: a time of nan came at {port!r} of {name!r}, seconds are "
                             "allowed")  # fmt: skip
        times.append(one)
        first = layout.first_in[circuit.number[name]] + ports.index(port)
        inputs.append(np.full(one.size, first, np.int64))
    every, where = np.concatenate(times), np.concatenate(inputs)
    order = np.lexsort((where, every))
    return every[order], where[order]


def _violations(
    circuit: PulseCircuit, layout: Layout, found: Activity
) -> tuple[Violation, ...]:
    out = []
    for time, at, legal in zip(found.bad_time, found.bad_input, found.bad_legal, strict=True):
        cell = circuit.cells[layout.cell[at]]
        port = cell.machine.inputs[at - layout.first_in[layout.cell[at]]]
        out.append(Violation(cell=cell.name, port=port, time=float(time), legal=float(legal)))
    return tuple(out)


def _emulation(
    circuit: PulseCircuit, found: Activity, names: Sequence[str], bad: tuple[Violation, ...],
    duration: float, seconds: tuple[float, float],
) -> Emulation:  # fmt: skip
    order = np.argsort(found.log_cell, kind="stable")
    cells, times = found.log_cell[order], found.log_time[order]
    numbers = [circuit.number[name] for name in names]
    low, high = np.searchsorted(cells, numbers), np.searchsorted(cells, numbers, side="right")
    slips, work, row = 0, 0.0, 0
    swallowed: dict[str, int] = {}
    for machine in circuit.machines:
        lost = 0
        for state in machine.states:
            for port in machine.inputs:
                one = machine.transition(state, port)
                done, kept = int(found.events[row]), int(found.idle[row])
                slips += done * one.slips + kept * machine.idle_slips
                work += done * one.work + kept * machine.idle_work
                lost += int(found.swallowed[row])
                row += 1
        if lost:
            swallowed[machine.name] = swallowed.get(machine.name, 0) + lost
    return Emulation(
        pulses={n: times[a:b] for n, a, b in zip(names, low, high, strict=True)},
        antipulses={name: np.zeros(0) for name in names}, violations=bad, swallowed=swallowed,
        events=int(found.events.sum() + found.idle.sum() + found.swallowed.sum()),
        slips=slips, work=work, duration=duration,
        seconds={"setup": seconds[0], "run": seconds[1]},
    )  # fmt: skip
