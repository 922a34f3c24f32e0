"""A circuit at the pulse level: machines, what they are wired to, and the numbers of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from neuromorph.circuits.pulse.kernel import Layout
from neuromorph.circuits.pulse.machine import KINDS, Gap, Kind, Machine

Port = tuple[str, str]  #: name of a cell and of its port

#: How many parameters a kind of cell takes.
PARAMETERS: Mapping[Kind, tuple[int, ...]] = {
    "table": (0,), "draw": (1,), "integrator": (3, 4), "gate": (4,)
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell of a circuit.

    Attributes
    ----------
    name : str
    machine : Machine
    parameter : tuple of float
        ``draw``: (probability). ``integrator``: (tau [s], threshold, taken by a spike; by how much
        a pulse of weight 0 would fire it sooner than one of 1, 0 if left out), in quanta.
        ``gate``: (tau of the context [s], context per pulse, half point, grey zone).
    weight : tuple of float
        What a pulse on each input counts, of integrators and of a gate's context; 1 if left out.
    stream : int, optional
        Key of its draws; its place in the circuit if left out.
    """

    name: str
    machine: Machine
    parameter: tuple[float, ...] = ()
    weight: tuple[float, ...] = ()
    stream: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PulseCircuit:
    """Cells and wires.

    Attributes
    ----------
    cells : tuple of Cell
    wires : dict
        From an output to the one input it drives; an output may drive nothing.

    Raises
    ------
    ValueError
        A name twice, a port that is not there, an input driven twice, parameters missing.
    """

    cells: tuple[Cell, ...]
    wires: Mapping[Port, Port]
    number: Mapping[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        number = {cell.name: k for k, cell in enumerate(self.cells)}
        if len(number) != len(self.cells):
            raise ValueError("PulseCircuit.cells: a name came twice")
        object.__setattr__(self, "number", number)
        for cell in self.cells:
            _check_numbers(cell)
        driven: set[Port] = set()
        for source, target in self.wires.items():
            self._check_wire(source, target)
            if target in driven:
                raise ValueError(f"input {target[1]!r} of {target[0]!r}: a second wire came, one "
                                 "is allowed: join pulses in a merger")  # fmt: skip
            driven.add(target)

    def _check_wire(self, source: Port, target: Port) -> None:
        for (name, port), side in ((source, "outputs"), (target, "inputs")):
            ports = getattr(self.machine(name), side)
            if port not in ports:
                raise ValueError(f"wire {source} to {target}: port {port!r} of {name!r} came, "
                                 f"{', '.join(ports)} are its {side}")  # fmt: skip

    def machine(self, cell: str) -> Machine:
        """Return the machine of a cell.

        Raises
        ------
        ValueError
            There is no such cell.
        """
        if cell not in self.number:
            raise ValueError(f"cell {cell!r} came, {', '.join(list(self.number)[:20])} are there")
        return self.cells[self.number[cell]].machine

    @property
    def machines(self) -> tuple[Machine, ...]:
        """The kinds of cells, each once."""
        return tuple({id(cell.machine): cell.machine for cell in self.cells}.values())

    @property
    def junctions(self) -> int:
        """Josephson junctions of all cells."""
        return sum(cell.machine.junctions for cell in self.cells)

    def layout(self, logged: Sequence[str]) -> Layout:
        """Return the circuit in numbers; the outputs of ``logged`` cells are written down.

        Raises
        ------
        ValueError
            There is no such cell.
        """
        for name in logged:
            self.machine(name)
        machines = self.machines
        place = {id(machine): k for k, machine in enumerate(machines)}
        which = np.array([place[id(cell.machine)] for cell in self.cells])
        ins = np.array([len(m.inputs) for m in machines])[which]
        outs = np.array([len(m.outputs) for m in machines])[which]
        first_in = np.concatenate(([0], np.cumsum(ins)))
        first_out = np.concatenate(([0], np.cumsum(outs)))
        link = np.full(first_out[-1], -1, np.int64)
        for (a, p), (b, q) in self.wires.items():
            start, end = self.number[a], self.number[b]
            there = self.machine(b).inputs.index(q)
            link[first_out[start] + self.machine(a).outputs.index(p)] = first_in[end] + there
        mark = np.zeros(len(self.cells), np.bool_)
        mark[[self.number[name] for name in logged]] = True
        parameter = np.zeros((len(self.cells), 4))
        for k, cell in enumerate(self.cells):
            parameter[k, : len(cell.parameter)] = cell.parameter
        streams = [k if c.stream is None else c.stream for k, c in enumerate(self.cells)]
        tables = _tables(machines)
        return Layout(
            kind=np.array([KINDS.index(m.kind) for m in machines], np.int64)[which],
            row=np.array(tables.first, np.int64)[which],
            n_in=ins, first_in=first_in, first_out=first_out,
            stream=np.array(streams, np.int64), logged=mark, parameter=parameter,
            into=np.array(tables.into, np.int64), outs=np.array(tables.outs, np.int64),
            out_port=np.array(tables.out_port, np.int64),
            out_delay=np.array(tables.out_delay, np.float64),
            jitter=np.array(tables.jitter, np.float64), gaps=np.array(tables.gaps, np.int64),
            gap_port=np.array(tables.gap_port, np.int64),
            gap_time=np.array(tables.gap_time, np.float64),
            gap_swallow=np.array(tables.gap_swallow, np.bool_),
            cell=np.repeat(np.arange(len(self.cells)), ins), link=link,
            weight=np.concatenate([
                np.array(c.weight or (1.0,) * len(c.machine.inputs)) for c in self.cells
            ]),
        )  # fmt: skip


def _check_numbers(cell: Cell) -> None:
    needed = PARAMETERS[cell.machine.kind]
    if len(cell.parameter) not in needed:
        raise ValueError(f"cell {cell.name!r}: {len(cell.parameter)} parameters came, a "
                         f"{cell.machine.kind} takes {needed[0]}")  # fmt: skip
    if cell.weight and len(cell.weight) != len(cell.machine.inputs):
        raise ValueError(f"cell {cell.name!r}: {len(cell.weight)} weights came, one per "
                         f"input ({len(cell.machine.inputs)}) is allowed")  # fmt: skip


@dataclass(slots=True)
class _Tables:
    """Rows of all machines one after another."""

    first: list[int] = field(default_factory=list)
    into: list[int] = field(default_factory=list)
    jitter: list[float] = field(default_factory=list)
    outs: list[int] = field(default_factory=lambda: [0])
    out_port: list[int] = field(default_factory=list)
    out_delay: list[float] = field(default_factory=list)
    gaps: list[int] = field(default_factory=lambda: [0])
    gap_port: list[int] = field(default_factory=list)
    gap_time: list[float] = field(default_factory=list)
    gap_swallow: list[bool] = field(default_factory=list)

    def gap(self, machine: Machine, gap: Gap) -> None:
        self.gap_port.append(machine.inputs.index(gap.before))
        self.gap_time.append(gap.time)
        self.gap_swallow.append(gap.swallow)


def _tables(machines: Sequence[Machine]) -> _Tables:
    t = _Tables()
    for machine in machines:
        t.first.append(len(t.into))
        for state in machine.states:
            for port in machine.inputs:
                found = machine.transition(state, port)
                t.into.append(machine.states.index(found.into))
                t.jitter.append(found.jitter)
                for out, delay in found.out:
                    t.out_port.append(machine.outputs.index(out))
                    t.out_delay.append(delay)
                for gap in machine.gaps:
                    if gap.port == port:
                        t.gap(machine, gap)
                t.outs.append(len(t.out_port))
                t.gaps.append(len(t.gap_port))
    return t
