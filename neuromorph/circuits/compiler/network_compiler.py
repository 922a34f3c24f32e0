"""The compiler from a network of LIF cells to a Josephson netlist.

Each source unit becomes a DC/SFQ converter and a JTL, each LIF unit a JTL, a neuron and a JTL.
Axons fork in splitter trees, dendrites join in merger trees, and each synapse between them is
a stochastic synapse among JTLs, or plain JTLs where the probability is 1. Delays are
padded with JTLs to the nearest whole one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from neuromorph.circuits.cell import library
from neuromorph.circuits.cell.calibration import Calibration
from neuromorph.circuits.compiler.layout import (
    Path,
    Synapse,
    Unit,
    instance,
    lay_path,
    lay_unit,
    leaves,
)
from neuromorph.circuits.compiler.realisation import (
    NeuronSetting,
    check_weights,
    neuron_settings,
    synapse_current,
)
from neuromorph.circuits.compiler.wiring import Instance, Wiring
from neuromorph.description import Network, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was compiled: junctions, sum of |bias currents| [A], cells by name, delay error.

    ``delay_error`` is the largest difference between a wanted and a laid delay, in device
    seconds: half a JTL at most.
    """

    junctions: int
    bias_current: float
    cells: Mapping[str, int]
    delay_error: float

    def __str__(self) -> str:
        cells = ", ".join(f"{count} {name}" for name, count in sorted(self.cells.items()))
        return (
            f"{self.junctions} junctions, {self.bias_current * 1e3:.3f} mA of bias, {cells}; "
            f"delays within {self.delay_error * 1e12:.1f} ps"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledCircuit:
    """A network as a netlist.

    Attributes
    ----------
    text : str
        Model, cells and instances: a deck but for its drives and its analysis.
    drives : dict
        Node of each source unit, where its current pulses go.
    spikes : dict
        The junction that switches for each spike of a unit, ``"BT.Xh_0"``.
    inputs : dict
        The junction that switches for each pulse that reaches a LIF unit.
    settings : dict
        What each neuron is set to.
    instances : tuple of Instance
        Every cell, with its nodes.
    paths : tuple of Path
    report : Report
    acceleration : float
        Network seconds per device second.
    """

    text: str
    drives: Mapping[Unit, str]
    spikes: Mapping[Unit, str]
    inputs: Mapping[Unit, str]
    settings: Mapping[Unit, NeuronSetting]
    instances: tuple[Instance, ...]
    paths: tuple[Path, ...]
    report: Report
    acceleration: float


def compile_network(
    network: Network, *, acceleration: float, calibration: Calibration
) -> CompiledCircuit:
    """Lay a network of Source and LIF populations out as superconducting cells.

    Raises
    ------
    ValueError
        Something that the cells cannot be; the message gives the reachable range.
    """
    settings = _settings(network, acceleration, calibration)
    synapses = _synapses(network, acceleration, calibration)
    wiring = Wiring()
    axons = leaves(wiring, settings, synapses, "axon")
    dendrites = leaves(wiring, settings, synapses, "dendrite")
    fed = {synapse.target for synapse in synapses}
    firing = {synapse.source for synapse in synapses}
    for unit, setting in settings.items():
        lay_unit(wiring, unit, setting, fed=unit in fed, ends=unit not in firing)
    paths = tuple(
        lay_path(
            wiring, synapse, axons[synapse.number], dendrites[synapse.number], calibration,
            spiking=settings[synapse.source] is not None,
        )
        for synapse in synapses
    )
    neurons = {unit: s for unit, s in settings.items() if s is not None}
    return CompiledCircuit(
        text=_text(network.name, wiring, neurons.values()),
        drives={unit: f"{instance(unit)}_drive" for unit, s in settings.items() if s is None},
        spikes={u: f"{'B3' if s is None else 'BT'}.X{instance(u)}" for u, s in settings.items()},
        inputs={unit: f"B2.X{instance(unit)}_in_0" for unit in neurons if unit in fed},
        settings=neurons,
        instances=tuple(wiring.instances),
        paths=paths,
        report=_report(wiring, synapses, paths),
        acceleration=acceleration,
    )


def _settings(
    network: Network, acceleration: float, calibration: Calibration
) -> dict[Unit, NeuronSetting | None]:
    if not (np.isfinite(acceleration) and acceleration > 0):
        raise ValueError(f"acceleration: {acceleration} came, a positive number is allowed")
    settings: dict[Unit, NeuronSetting | None] = {}
    for population in network.populations:
        solved: Sequence[NeuronSetting | None]
        if isinstance(population.cell, Source):
            solved = [None] * population.n
        else:
            solved = neuron_settings(population, acceleration, calibration.neuron)
        settings |= {(population.name, k): setting for k, setting in enumerate(solved)}
    return settings


def _synapses(network: Network, acceleration: float, calibration: Calibration) -> list[Synapse]:
    found: list[Synapse] = []
    for projection in network.projections:
        check_weights(projection, network.population(projection.target))
        weights = projection.weights
        probability = np.broadcast_to(np.asarray(projection.probability), (weights.n_synapse,))
        delay = np.broadcast_to(np.asarray(projection.delay), (weights.n_synapse,))
        currents = {
            float(p): synapse_current(float(p), projection.label, calibration)
            for p in np.unique(probability)
        }
        delay = delay / acceleration
        columns = zip(weights.source, weights.target, probability, delay, strict=True)
        for i, j, p, d in columns:
            found.append(
                Synapse(
                    number=len(found),
                    source=(projection.source, int(i)),
                    target=(projection.target, int(j)),
                    label=projection.label,
                    probability=float(p),
                    current=currents[float(p)],
                    delay=float(d),
                    acceleration=acceleration,
                )
            )
    return found


def _text(name: str, wiring: Wiring, settings: Iterable[NeuronSetting]) -> str:
    """Return model, cells (one neuron variant per leak resistor) and instances."""
    used = sorted(cell for cell in wiring.cells if cell != "neuron")
    variants = {setting.variant: setting.leak for setting in settings}
    parts = [f"* {name}, compiled\n", library.process(), *map(library.cell, used)]
    parts += [library.variant("neuron", new, RL=leak) for new, leak in sorted(variants.items())]
    return "".join(parts) + "\n".join(wiring.lines) + "\n"


def _report(
    wiring: Wiring, synapses: Sequence[Synapse], paths: Sequence[Path]
) -> Report:
    inside = sum(library.bias_current(cell) * n for cell, n in wiring.cells.items())
    errors = [abs(path.delay - s.delay) for path, s in zip(paths, synapses, strict=True)]
    return Report(
        junctions=sum(library.junctions(cell) * n for cell, n in wiring.cells.items()),
        bias_current=inside + sum(abs(value) for value in wiring.currents),
        cells=dict(wiring.cells),
        delay_error=max(errors, default=0.0),
    )
