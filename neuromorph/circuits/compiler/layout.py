"""Where the cells of a compiled circuit stand: units, axons, dendrites, and paths between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from neuromorph.circuits.cell.calibration import Calibration
from neuromorph.circuits.compiler.realisation import NeuronSetting
from neuromorph.circuits.compiler.wiring import Wiring, depths, fan_in, fan_out

Unit = tuple[str, int]  #: population and index in it

#: JTLs behind a synapse: a merger one JTL away lowers P = 0.95 to 0.92, two away not at all.
BEHIND = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Synapse:
    """One synapse to lay; ``delay`` in device seconds, ``current`` None for probability 1."""

    number: int
    source: Unit
    target: Unit
    label: str
    probability: float
    current: float | None
    delay: float
    acceleration: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """End of a tree: its node, and how many forks lie between it and the trunk."""

    node: str
    depth: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """One synapse as laid: from unit to unit, times in device seconds.

    ``own`` is the shortest delay its cells allow, ``delay`` what padding made of it, ``depth``
    how many mergers it passes; ``junction`` the one that switches for each pulse that passes;
    ``name`` is the instance of its stochastic synapse, if it has one.
    """

    name: str
    source: Unit
    target: Unit
    probability: float
    own: float
    delay: float
    depth: int
    junction: str


def instance(unit: Unit) -> str:
    """Return the name of a unit's instance, ``h_0``."""
    return f"{unit[0]}_{unit[1]}"


def leaves(
    wiring: Wiring, units: Iterable[Unit], synapses: Iterable[Synapse], side: str
) -> dict[int, Leaf]:
    """Grow every tree on one side (``"axon"`` or ``"dendrite"``); return the leaf per synapse."""
    groups: dict[Unit, list[Synapse]] = {unit: [] for unit in units}
    for synapse in synapses:
        groups[synapse.source if side == "axon" else synapse.target].append(synapse)
    found: dict[int, Leaf] = {}
    for unit, group in groups.items():
        root = f"{instance(unit)}_{side}"
        nodes = [root] if len(group) == 1 else [f"{_name(s)}_{side[0]}" for s in group]
        if len(group) > 1 and side == "axon":
            fan_out(wiring, f"{root}_t", root, nodes)
        elif len(group) > 1:
            fan_in(wiring, f"{root}_t", nodes, root)
        for synapse, node, depth in zip(group, nodes, depths(len(group)), strict=True):
            found[synapse.number] = Leaf(node=node, depth=depth)
    return found


def lay_unit(
    wiring: Wiring, unit: Unit, setting: NeuronSetting | None, *, fed: bool, ends: bool
) -> None:
    """Lay a source (converter, JTL) or a neuron (JTL, neuron with its bias, JTL).

    A neuron nobody feeds has its input grounded; an axon that reaches nobody ends in 2 ohm.
    """
    name = instance(unit)
    if setting is None:
        wiring.place("dcsfq", name, f"{name}_drive", f"{name}_b")
    else:
        if fed:
            wiring.line(f"{name}_in", f"{name}_dendrite", f"{name}_a", 1)
        nodes = (f"{name}_a" if fed else "0", f"{name}_b", f"{name}_i")
        wiring.place("neuron", name, *nodes, variant=setting.variant)
        wiring.current(f"{name}_th", f"{name}_i", setting.bias)
    wiring.line(f"{name}_out", f"{name}_b", f"{name}_axon", 1)
    if ends:
        wiring.lines.append(f"R{name}_end {name}_axon 0 2")


def lay_path(
    wiring: Wiring,
    synapse: Synapse,
    start: Leaf,
    end: Leaf,
    calibration: Calibration,
    *,
    spiking: bool,
) -> Path:
    """Lay one synapse from its leaf of the axon to its leaf of the dendrite.

    A stochastic synapse stands behind one JTL and before two, so that what lies behind does not
    move its probability; a certain one is a JTL. More JTLs pad the delay.

    Raises
    ------
    ValueError
        The wanted delay is shorter than the path.
    """
    name, step = _name(synapse), calibration.delay["jtl"]
    minimum = 1 if synapse.current is None else 1 + BEHIND
    own = _own_delay(synapse, start.depth, end.depth, calibration.delay, spiking) + minimum * step
    extra = round((synapse.delay - own) / step)
    if extra < 0:
        raise ValueError(
            f"Projection {synapse.label}: delay {synapse.delay * synapse.acceleration:.4g} s came "
            f"for synapse ({synapse.source[1]}, {synapse.target[1]}), at least "
            f"{own * synapse.acceleration:.4g} s, its path of {own * 1e12:.1f} ps, is allowed: "
            "raise the delay or lower the acceleration"
        )
    if synapse.current is None:
        wiring.line(f"{name}_j", start.node, end.node, minimum + extra)
        junction = f"B2.X{name}_j_{minimum + extra - 1}"
    else:
        wiring.line(f"{name}_j", start.node, f"{name}_p", 1 + extra)
        wiring.place("synapse", name, f"{name}_p", f"{name}_q", f"{name}_w")
        wiring.current(f"{name}_w", f"{name}_w", synapse.current)
        wiring.line(f"{name}_k", f"{name}_q", end.node, BEHIND)
        junction = f"B2.X{name}_k_{BEHIND - 1}"
    return Path(
        name=name,
        source=synapse.source,
        target=synapse.target,
        probability=synapse.probability,
        own=own,
        delay=own + extra * step,
        depth=end.depth,
        junction=junction,
    )


def _own_delay(
    synapse: Synapse, forks: int, joins: int, delay: Mapping[str, float], spiking: bool
) -> float:
    """Return the delay of everything on a path but the JTLs beside its synapse.

    From a source it counts from the converter's output junction, from a neuron from the pulse
    that made it fire; it ends at the junction that drives the target's loop.
    """
    line = (delay["neuron"] if spiking else 0.0) + 2.0 * delay["jtl"]
    trees = forks * delay["splitter"] + joins * delay["merger"]
    return line + trees + (0.0 if synapse.current is None else delay["synapse"])


def _name(synapse: Synapse) -> str:
    return f"{instance(synapse.source)}_{instance(synapse.target)}_{synapse.number}"
