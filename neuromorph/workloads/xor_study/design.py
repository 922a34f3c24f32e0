"""The two exclusive ors in flux quanta: as circuits with drives, and the first as pulses.

``dual rail``: the network of :func:`neuromorph.workloads.xor`, compiled: stochastic synapses and
leaky neurons, two rails per input. ``gates``: the library's single-rail network of two veto gates.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from neuromorph.circuits.cell import network_bench
from neuromorph.circuits.cell.calibration import load
from neuromorph.circuits.cell.drive import drive
from neuromorph.circuits.cell.network_bench import END, LENGTH, START
from neuromorph.circuits.cell.timing import load as load_machines
from neuromorph.circuits.circuit import Circuit
from neuromorph.circuits.compiler.event_graph import drive_ports, event_graph
from neuromorph.circuits.compiler.network_compiler import CompiledCircuit, compile_network
from neuromorph.circuits.deck.netlist import read
from neuromorph.circuits.element import CurrentSource
from neuromorph.circuits.pulse.emulation import emulate
from neuromorph.circuits.tolerance.knob import is_bias
from neuromorph.workloads.logic_gate import xor

ACCELERATION = 1e8
THRESHOLD = 3  #: more spikes than this say 1
INPUTS = ("00", "01", "10", "11")


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """One exclusive or as a circuit.

    Attributes
    ----------
    name : str
    rate : float [Hz]
        Of the trains where nothing else is said.
    rates : tuple of float [Hz]
        That are tried.
    output : str
        Junction that is counted.
    circuit : callable
        ``circuit(input, rate)``: with drives.
    groups : tuple of (name, pattern)
        Bias currents that are turned together; a pattern is a regular expression.
    """

    name: str
    rate: float
    rates: tuple[float, ...]
    output: str
    circuit: Callable[[str, float], Circuit]
    groups: tuple[tuple[str, str], ...]

    def elements(self, circuit: Circuit, group: str) -> list[str]:
        """Return the bias currents of a group."""
        pattern = re.compile(dict(self.groups)[group], re.IGNORECASE)
        biases = (e for e in circuit.elements if isinstance(e, CurrentSource) and is_bias(e))
        return [e.name for e in biases if pattern.fullmatch(e.name)]


@cache
def compiled() -> CompiledCircuit:
    """Return the dual-rail network as a netlist."""
    return compile_network(xor().network, acceleration=ACCELERATION, calibration=load())


def trains(bits: str, rate: float) -> dict[tuple[str, int], NDArray[np.float64]]:
    """Return the device times of every rail, b half a period behind a [s]."""
    a, b = int(bits[0]), int(bits[1])
    times, late = np.arange(0.0, LENGTH, 1 / rate), 0.5 / rate
    rows = [times, times, times + late, times + late]
    on = (a, 1 - a, b, 1 - b)
    return {("in", k): np.asarray(rows[k][: times.size * on[k]]) for k in range(4)}


def dual_rail(bits: str, rate: float) -> Circuit:
    """Return the dual-rail circuit with drives for an input."""
    net = compiled()
    early = START - load().delay["dcsfq"]
    lines = [drive(f"{net.drives[unit]}n", net.drives[unit], t + early)
             for unit, t in trains(bits, rate).items()]  # fmt: skip
    return read(net.text + "\n".join(lines) + f"\n.tran 0.1p {END * 1e12:g}p 0 0.1p\n")


def gates(bits: str, rate: float) -> Circuit:
    """Return the single-rail circuit with drives for an input, b 11 ps behind a."""
    return network_bench.driven(
        "gate_xor", int(bits[0]), int(bits[1]), rate=rate, lag=11e-12
    )


DESIGNS: Mapping[str, Design] = {
    "dual rail": Design(
        name="dual rail", rate=20e9, rates=(12e9, 15e9, 18e9, 20e9, 22e9, 25e9, 28e9),
        output="BT.XOUT_0", circuit=dual_rail,
        groups=(
            ("all biases", r".*"), ("hidden thresholds", r"IHIDDEN_\d_TH"),
            ("output threshold", r"IOUT_0_TH"), ("weight currents", r"I.*_W"),
            ("JTLs", r"IB1\.X.*_(IN|OUT|J|K)_\d+"), ("mergers", r"IB\d\.X.*_T"),
            ("converters", r"IB\d\.XIN_\d"),
        ),
    ),
    "gates": Design(
        name="gates", rate=40e9, rates=(20e9, 25e9, 30e9, 35e9, 40e9, 45e9),
        output="BT.XN.XT", circuit=gates,
        groups=(
            ("all biases", r".*"), ("output threshold", r"ITH\.XT"),
            ("weight currents", r"IW[AB]\.XT"), ("JTLs before the soma", r"IB\d\.X[AB][45]\.XT"),
            ("other cells", r"IB\d\.(?!X[AB][45]\.XT).*"),
        ),
    ),
}  # fmt: skip


def emulated(bits: str, rate: float, *, vary: str, factor: float, temperature: float,
             seeds: Sequence[int]) -> list[int]:  # fmt: skip
    """Return the output's spikes of the dual-rail network pulse by pulse, one per seed.

    The tables know thresholds and weight currents; other biases do not change what they do.
    """
    net, record = compiled(), load()
    threshold = {"hidden": vary in ("all biases", "hidden thresholds"),
                 "out": vary in ("all biases", "output threshold")}  # fmt: skip
    settings = {unit: replace(s, bias=s.bias * (factor if threshold[unit[0]] else 1.0))
                for unit, s in net.settings.items()}  # fmt: skip
    paths = net.paths
    if vary in ("all biases", "weight currents"):
        law = record.synapse
        paths = tuple(
            replace(p, probability=law.probability(factor * law.current(p.probability)))
            for p in paths
        )
    turned = replace(net, settings=settings, paths=paths)
    graph = event_graph(turned, load_machines(), record, temperature=temperature)
    ports = drive_ports(turned)
    into = {ports[unit]: t for unit, t in trains(bits, rate).items()}
    return [
        int(emulate(graph, into, duration=END - START, seed=seed, temperature=temperature,
                    logged=("out_0",)).pulses["out_0"].size)
        for seed in seeds
    ]  # fmt: skip
