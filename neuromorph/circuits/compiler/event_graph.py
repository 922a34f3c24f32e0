"""From a compiled network to a circuit of pulses: the same cells and wires, cells as tables."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from neuromorph.circuits.cell import library
from neuromorph.circuits.cell.calibration import Calibration
from neuromorph.circuits.compiler.layout import Unit, instance
from neuromorph.circuits.compiler.network_compiler import CompiledCircuit
from neuromorph.circuits.compiler.realisation import GateSetting
from neuromorph.circuits.compiler.wiring import Instance
from neuromorph.circuits.pulse.machine import Machine
from neuromorph.circuits.pulse.pulse_circuit import Cell, Port, PulseCircuit


def event_graph(
    compiled: CompiledCircuit,
    machines: Mapping[str, Machine],
    calibration: Calibration,
    *,
    temperature: float,
) -> PulseCircuit:
    """Return the cells of a compiled network as tables, wired as its netlist is.

    A synapse draws with the stream of its number and its probability at ``temperature``, the gate
    of a unit with the stream of its unit's number behind those; a neuron integrates by the
    calibration's law.
    """
    builder = _Builder(compiled, machines, calibration, temperature)
    ports = {name: library.ports(name) for name in {one.cell for one in compiled.instances}}
    cells: list[Cell] = []
    giving: dict[str, Port] = {}
    taking: dict[str, Port] = {}
    for one in compiled.instances:
        cell, names = builder.cell(one, ports[one.cell])
        cells.append(cell)
        for port, node in zip(names, one.nodes, strict=True):
            if node == "0":
                continue
            if port in cell.machine.outputs:
                giving[node] = (one.name, port)
            elif port in cell.machine.inputs:
                taking[node] = (one.name, port)
    wires = {giving[node]: there for node, there in taking.items() if node in giving}
    return PulseCircuit(cells=tuple(cells), wires=wires)


class _Builder:
    """Cells of a compiled network as tables with their parameters."""

    def __init__(
        self, compiled: CompiledCircuit, machines: Mapping[str, Machine],
        calibration: Calibration, temperature: float,
    ) -> None:  # fmt: skip
        self.machines, self.calibration = machines, calibration
        self.temperature, self.wide = temperature, dict[int, Machine]()
        self.synapses = {path.name: (k, path) for k, path in enumerate(compiled.paths)}
        self.neurons = {instance(unit): s for unit, s in compiled.settings.items()}
        first = compiled.dendrites.first
        self.gates = {
            f"{instance(unit)}_gate": (first[unit[0]] + unit[1], s.gate)
            for unit, s in compiled.settings.items()
            if s.gate is not None
        }

    def cell(self, one: Instance, ports: tuple[str, ...]) -> tuple[Cell, tuple[str, ...]]:
        """Return a cell and the ports that an instance's nodes belong to."""
        machine = self.machines[one.cell]
        if one.cell == "synapse":
            stream, path = self.synapses[one.name]
            chance = probability(path.probability, self.calibration, self.temperature)
            return Cell(name=one.name, machine=machine, parameter=(chance,), stream=stream), ports
        if one.cell == "neuron":
            setting, law = self.neurons[one.name], self.calibration.neuron
            theta = law.threshold(setting.bias, setting.leak)
            count = len(setting.weights)
            wide = self.wide.setdefault(count, widened(machine, count))
            return Cell(
                name=one.name, machine=wide, weight=setting.weights,
                parameter=(law.l_s / setting.leak, theta, 1.0, law.partial),
            ), (*wide.inputs, *ports[1:])  # fmt: skip
        if one.cell == "signed_gate":
            number, gate = self.gates[one.name]
            numbers = gate_numbers(gate, self.calibration, self.temperature)
            tau, half, grey, opens, closes = numbers
            return Cell(
                name=one.name, machine=machine, parameter=(tau, 1.0, half, grey),
                weight=(1.0, opens, -closes), stream=len(self.synapses) + number,
            ), ports  # fmt: skip
        return Cell(name=one.name, machine=machine), ports


def widened(machine: Machine, count: int) -> Machine:
    """Return a neuron's table with ``count`` inputs in place of one."""
    if count == 1:
        return machine
    (name,), (one,) = machine.inputs, machine.transitions
    ports = tuple(f"{name}{k}" for k in range(count))
    return replace(
        machine, inputs=ports, transitions=tuple(replace(one, port=port) for port in ports)
    )


def gate_numbers(
    gate: GateSetting, calibration: Calibration, temperature: float
) -> tuple[float, float, float, float, float]:
    """Return tau [s], half point and grey zone at a temperature [K], and what a pulse adds.

    The last three in grey zones at the record's temperature; a pulse adds the fourth on the port
    that opens and takes away the fifth on the one that closes. Without noise the grey zone is too
    narrow to be seen.
    """
    law = calibration.gate
    grey = max(math.sqrt(temperature / calibration.setting.temperature), 1e-9)
    half = (law.half - gate.current) / law.grey
    opens, closes = (law.shift(k) / law.grey for k in (gate.agreeing, gate.opposing))
    return law.l_c / gate.leak, half, grey, opens, closes


def probability(wanted: float, calibration: Calibration, temperature: float) -> float:
    """Return what a synapse set to ``wanted`` passes at a temperature [K].

    The weight current is that of ``wanted`` at the record's temperature and the grey zone goes
    with sqrt(T); without noise a synapse passes either every pulse or none.
    """
    if wanted == 1.0 or temperature == calibration.setting.temperature:
        return wanted
    law = calibration.synapse
    distance = law.current(wanted) - law.half
    if temperature == 0.0:
        return 1.0 if distance > 0 else 0.0
    grey = law.grey * math.sqrt(temperature / calibration.setting.temperature)
    return 0.5 * (1.0 + math.erf(math.sqrt(math.pi) * distance / grey))


def drive_ports(compiled: CompiledCircuit) -> dict[Unit, Port]:
    """Return where the pulses of each source unit go in: its DC/SFQ converter."""
    return {unit: (instance(unit), "a") for unit in compiled.drives}
