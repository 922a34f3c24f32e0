"""From a compiled network to a circuit of pulses: the same cells and wires, cells as tables."""

from __future__ import annotations

import math
from collections.abc import Mapping

from neuromorph.circuits.cell import library
from neuromorph.circuits.cell.calibration import Calibration
from neuromorph.circuits.compiler.layout import Unit, instance
from neuromorph.circuits.compiler.network_compiler import CompiledCircuit
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

    A synapse draws with the stream of its number and its probability at ``temperature``; a
    neuron integrates by the calibration's law.
    """
    synapses = {path.name: (k, path) for k, path in enumerate(compiled.paths)}
    neurons = {instance(unit): setting for unit, setting in compiled.settings.items()}
    law = calibration.neuron
    cells: list[Cell] = []
    giving: dict[str, Port] = {}
    taking: dict[str, Port] = {}
    ports = {name: library.ports(name) for name in {one.cell for one in compiled.instances}}
    for one in compiled.instances:
        machine = machines[one.cell]
        parameter: tuple[float, ...] = ()
        stream: int | None = None
        if one.cell == "synapse":
            stream, path = synapses[one.name]
            parameter = (probability(path.probability, calibration, temperature),)
        elif one.cell == "neuron":
            setting = neurons[one.name]
            theta = law.threshold(setting.bias, setting.leak)
            parameter = (law.l_s / setting.leak, theta, 1.0)
        cells.append(Cell(name=one.name, machine=machine, parameter=parameter, stream=stream))
        for port, node in zip(ports[one.cell], one.nodes, strict=True):
            if port in machine.outputs:
                giving[node] = (one.name, port)
            elif port in machine.inputs:
                taking[node] = (one.name, port)
    wires = {giving[node]: there for node, there in taking.items() if node in giving}
    return PulseCircuit(cells=tuple(cells), wires=wires)


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
