"""The compiler from a network of LIF and ContextLIF cells to a Josephson netlist.

Each source unit becomes a DC/SFQ converter and a JTL, each LIF unit a neuron between JTLs, with
one storing branch per weight (behind a fluxon-to-antifluxon converter if it is negative), each
ContextLIF unit the same behind a signed gate. Axons fork in splitter trees, dendrites join in
merger trees, and each synapse between them is a stochastic synapse among JTLs, or plain JTLs
where the probability is 1. Delays are padded with JTLs to the nearest whole one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from neuromorph.circuits.cell import library
from neuromorph.circuits.cell.branch_law import branched_neuron
from neuromorph.circuits.cell.calibration import Calibration
from neuromorph.circuits.compiler.dendrite import APICAL, Dendrites, dendrites
from neuromorph.circuits.compiler.layout import (
    Path,
    Synapse,
    Unit,
    apical,
    axon,
    basal,
    before_axon,
    beyond_basal,
    instance,
    lay_path,
    lay_unit,
    leaves,
)
from neuromorph.circuits.compiler.realisation import NeuronSetting, settings, synapse_current
from neuromorph.circuits.compiler.wiring import Instance, Wiring
from neuromorph.description import Network

#: Chip area one junction takes with its share of all else [m2]. An estimate: ring oscillators and
#: registers in 10 kA/cm2 processes of one layer of junctions hold some 1e4 to 1e6 of them per cm2;
#: this is 4e5 per cm2, no source in hand.
JUNCTION_AREA = 50e-6 * 50e-6
UNCOUPLED = 1e-6  #: of a context loop that nothing drives: no simulator takes 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was compiled: junctions, sum of |bias currents| [A], cells by name, delay error.

    ``area`` [m2] is an estimate: junctions times ``JUNCTION_AREA``. ``delay_error`` is the largest
    difference between a wanted and a laid delay, in device seconds: half a JTL at most.
    """

    junctions: int
    bias_current: float
    cells: Mapping[str, int]
    delay_error: float

    @property
    def area(self) -> float:
        """Estimated chip area [m2]."""
        return self.junctions * JUNCTION_AREA

    def __str__(self) -> str:
        cells = ", ".join(f"{count} {name}" for name, count in sorted(self.cells.items()))
        return (
            f"{self.junctions} junctions, {self.bias_current * 1e3:.3f} mA of bias, about "
            f"{self.area * 1e6:.3g} mm2 at {JUNCTION_AREA * 1e12:g} um2 per junction, {cells}; "
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
    late : dict
        How long after the pulse at its gate a gated neuron gets it [s].
    settings : dict
        What each neuron is set to.
    instances : tuple of Instance
        Every cell, with its nodes.
    paths : tuple of Path
    dendrites : Dendrites
    report : Report
    acceleration : float
        Network seconds per device second.
    """

    text: str
    drives: Mapping[Unit, str]
    spikes: Mapping[Unit, str]
    late: Mapping[Unit, float]
    settings: Mapping[Unit, NeuronSetting]
    instances: tuple[Instance, ...]
    paths: tuple[Path, ...]
    dendrites: Dendrites
    report: Report
    acceleration: float


def compile_network(
    network: Network, *, acceleration: float, calibration: Calibration
) -> CompiledCircuit:
    """Lay a network of Source, LIF and ContextLIF populations out as superconducting cells.

    Raises
    ------
    ValueError
        Something that the cells cannot be; the message gives the reachable range.
    """
    found = dendrites(network, acceleration)
    units = [(p.name, k) for p in network.populations for k in range(p.n)]
    solved = dict(
        zip(units, settings(network, found, acceleration, calibration), strict=True)
    )
    roots = _roots(found, units)
    synapses = _synapses(network, found, solved, roots, acceleration, calibration)
    wiring = Wiring()
    axons = leaves(wiring, _groups(synapses, lambda s: axon(s.source)), "axon")
    ends = leaves(wiring, _groups(synapses, lambda s: s.root), "dendrite")
    fed = set(roots)
    firing = {synapse.source for synapse in synapses}
    for unit, setting in solved.items():
        lay_unit(wiring, unit, setting, fed=fed, ends=unit not in firing)
    paths = tuple(
        lay_path(
            wiring, synapse, axons[synapse.number], ends[synapse.number], dendrite, calibration
        )
        for synapse, dendrite in zip(synapses, found.dendrite.tolist(), strict=True)
    )
    neurons = {unit: s for unit, s in solved.items() if s is not None}
    return CompiledCircuit(
        text=_text(network.name, wiring, neurons.values()),
        drives={unit: f"{instance(unit)}_drive" for unit, s in solved.items() if s is None},
        spikes={u: f"{'B3' if s is None else 'BT'}.X{instance(u)}" for u, s in solved.items()},
        late={
            unit: before_axon(s, calibration.delay) - calibration.delay["neuron"]
            for unit, s in neurons.items()
            if s.gate is not None
        },
        settings=neurons,
        instances=tuple(wiring.instances),
        paths=paths,
        dendrites=found,
        report=_report(wiring, synapses, paths),
        acceleration=acceleration,
    )


def _roots(found: Dendrites, units: Sequence[Unit]) -> list[str]:
    """Return the node of each dendrite's trunk."""
    out: list[str] = []
    last, branch = -1, 0
    for unit, port, weight in zip(
        found.unit.tolist(), found.port.tolist(), found.weight.tolist(), strict=True
    ):
        branch = branch + 1 if unit == last else 0
        last = unit
        at = units[unit]
        out.append(
            apical(at, opposing=weight < 0) if port == APICAL else basal(at, branch)
        )
    return out


def _groups(
    synapses: Iterable[Synapse], key: Callable[[Synapse], str]
) -> dict[str, list[Synapse]]:
    groups: dict[str, list[Synapse]] = {}
    for synapse in synapses:
        groups.setdefault(key(synapse), []).append(synapse)
    return groups


def _synapses(
    network: Network,
    found: Dendrites,
    solved: Mapping[Unit, NeuronSetting | None],
    roots: Sequence[str],
    acceleration: float,
    calibration: Calibration,
) -> list[Synapse]:
    units, delay = list(solved), calibration.delay
    before = [before_axon(setting, delay) for setting in solved.values()]
    beyond = [
        0.0 if port == APICAL else beyond_basal(weight, delay)
        for port, weight in zip(found.port.tolist(), found.weight.tolist(), strict=True)
    ]
    labels = [p.label for p in network.projections]
    currents: dict[tuple[float, int], float | None] = {}
    out: list[Synapse] = []
    columns = (found.source, found.target, found.dendrite, found.probability, found.delay,
               found.projection)  # fmt: skip
    for i, j, d, p, wanted, place in zip(*(c.tolist() for c in columns), strict=True):
        if (p, place) not in currents:
            currents[p, place] = synapse_current(p, labels[place], calibration)
        out.append(
            Synapse(
                number=len(out), source=units[i], target=units[j], root=roots[d],
                before=before[i], beyond=beyond[d], label=labels[place], probability=p,
                current=currents[p, place], delay=wanted, acceleration=acceleration,
            )
        )  # fmt: skip
    return out


def _text(name: str, wiring: Wiring, neurons: Iterable[NeuronSetting]) -> str:
    """Return model, cells (a variant of neuron and gate per setting) and instances."""
    used = sorted(cell for cell in wiring.cells if cell not in ("neuron", "signed_gate"))
    parts = [f"* {name}, compiled\n", library.process(), *map(library.cell, used)]
    variants: dict[str, str] = {}
    for one in neurons:
        if one.variant not in variants:
            variants[one.variant] = branched_neuron(one.variant, one.leak, one.weights)
        if one.gate is not None and one.gate.variant not in variants:
            variants[one.gate.variant] = library.variant(
                "signed_gate", one.gate.variant, RC=one.gate.leak, RD=one.gate.leak,
                K1=one.gate.agreeing or UNCOUPLED, K2=-one.gate.opposing or UNCOUPLED,
            )  # fmt: skip
    parts += [text for _, text in sorted(variants.items())]
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
