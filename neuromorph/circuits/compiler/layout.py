"""Where the cells of a compiled circuit stand: units, axons, dendrites, and paths between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from neuromorph.circuits.cell.calibration import Calibration
from neuromorph.circuits.compiler.realisation import GateSetting, NeuronSetting
from neuromorph.circuits.compiler.wiring import Wiring, depths, fan_in, fan_out

Unit = tuple[str, int]  #: population and index in it

#: JTLs behind a synapse: a merger one JTL away lowers P = 0.95 to 0.92, two away not at all.
BEHIND = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Synapse:
    """One synapse to lay; ``delay`` in device seconds, ``current`` None for probability 1.

    ``root`` is the trunk of its dendrite; ``beyond`` what lies between that and the loop it
    charges, ``before`` between the pulse that makes its source fire and the source's axon [s].
    """

    number: int
    source: Unit
    target: Unit
    root: str
    before: float
    beyond: float
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
    ``name`` is the instance of its stochastic synapse, if it has one, ``dendrite`` the number of
    the tree it ends in.
    """

    name: str
    source: Unit
    target: Unit
    dendrite: int
    probability: float
    own: float
    delay: float
    depth: int
    junction: str


def instance(unit: Unit) -> str:
    """Return the name of a unit's instance, ``h_0``."""
    return f"{unit[0]}_{unit[1]}"


def axon(unit: Unit) -> str:
    """Return the node where a unit's axon begins."""
    return f"{instance(unit)}_axon"


def basal(unit: Unit, branch: int) -> str:
    """Return the node where the dendrite of one branch of a unit ends."""
    return f"{instance(unit)}_dendrite{branch or ''}"


def apical(unit: Unit, *, opposing: bool) -> str:
    """Return the node where the dendrite of one of a unit's context loops ends."""
    return f"{instance(unit)}_{'opposed' if opposing else 'apical'}"


def beyond_basal(weight: float, delay: Mapping[str, float]) -> float:
    """Return the delay of what makes an antifluxon of a pulse, where the weight is negative."""
    return delay["antifluxon"] + delay["jtl_negative"] if weight < 0 else 0.0


def before_axon(setting: NeuronSetting | None, delay: Mapping[str, float]) -> float:
    """Return the delay from the pulse that makes a unit fire to its output.

    0 for a source; for a neuron behind a gate it counts from the gate.
    """
    if setting is None:
        return 0.0
    gate = 0.0 if setting.gate is None else sum(
        delay[name] for name in ("signed_gate", "jtl_driven", "jtl")
    )
    return delay["neuron"] + gate


def leaves(
    wiring: Wiring, groups: Mapping[str, Sequence[Synapse]], side: str
) -> dict[int, Leaf]:
    """Grow every tree on one side (``"axon"`` or ``"dendrite"``); return the leaf per synapse.

    ``groups``: the synapses of each tree, by the node of its trunk.
    """
    found: dict[int, Leaf] = {}
    for root, group in groups.items():
        nodes = [root] if len(group) == 1 else [f"{_name(s)}_{side[0]}" for s in group]
        if len(group) > 1 and side == "axon":
            fan_out(wiring, f"{root}_t", root, nodes)
        elif len(group) > 1:
            fan_in(wiring, f"{root}_t", nodes, root)
        for synapse, node, depth in zip(group, nodes, depths(len(group)), strict=True):
            found[synapse.number] = Leaf(node=node, depth=depth)
    return found


def lay_unit(
    wiring: Wiring, unit: Unit, setting: NeuronSetting | None, *, fed: Iterable[str], ends: bool
) -> None:
    """Lay a source (converter, JTL) or a neuron (its inputs, neuron with its bias, JTL).

    ``fed`` are the dendrites that pulses come from. A branch that nobody feeds is grounded; an
    axon that reaches nobody ends in 2 ohm.
    """
    name = instance(unit)
    if setting is None:
        wiring.place("dcsfq", name, f"{name}_drive", f"{name}_b")
    else:
        into = [
            _lay_branch(wiring, unit, place, weight, setting.gate, fed)
            for place, weight in enumerate(setting.weights)
        ]
        wiring.place("neuron", name, *into, f"{name}_b", f"{name}_i", variant=setting.variant)
        wiring.current(f"{name}_th", f"{name}_i", setting.bias)
    wiring.line(f"{name}_out", f"{name}_b", f"{name}_axon", 1)
    if ends:
        wiring.lines.append(f"R{name}_end {name}_axon 0 2")


def _lay_branch(
    wiring: Wiring, unit: Unit, place: int, weight: float, gate: GateSetting | None,
    fed: Iterable[str],
) -> str:  # fmt: skip
    """Lay a JTL from a dendrite to a branch; behind it a gate, or what makes antifluxons."""
    name, root, tag = instance(unit), basal(unit, place), f"{place or ''}"
    end = f"{name}_a{tag}"
    if gate is not None:
        _lay_gate(wiring, unit, gate, root, end, fed)
        return end
    if root not in fed:
        return "0"
    if weight < 0:
        wiring.line(f"{name}_in{tag}", root, f"{name}_f{tag}", 1)
        wiring.place("antifluxon", f"{name}_v{tag}", f"{name}_f{tag}", f"{name}_n{tag}")
        wiring.place("jtl_negative", f"{name}_m{tag}", f"{name}_n{tag}", end)
    else:
        wiring.line(f"{name}_in{tag}", root, end, 1)
    return end


def _lay_gate(
    wiring: Wiring, unit: Unit, gate: GateSetting, root: str, end: str, fed: Iterable[str]
) -> None:
    name, loops = instance(unit), []
    for opposing, tag in ((False, "c"), (True, "d")):
        context = apical(unit, opposing=opposing)
        loops.append(f"{name}_{tag}" if context in fed else "0")
        if context in fed:
            wiring.line(f"{name}_{tag}in", context, f"{name}_{tag}", 1)
    if root in fed:
        wiring.line(f"{name}_in", root, f"{name}_g", 1)
    start = f"{name}_g" if root in fed else "0"
    wiring.place("signed_gate", f"{name}_gate", start, f"{name}_h", *loops, f"{name}_w",
                 variant=gate.variant)  # fmt: skip
    wiring.current(f"{name}_w", f"{name}_w", gate.current)
    wiring.place("jtl_driven", f"{name}_x", f"{name}_h", f"{name}_y")
    wiring.line(f"{name}_k", f"{name}_y", end, 1)


def lay_path(
    wiring: Wiring, synapse: Synapse, start: Leaf, end: Leaf, dendrite: int,
    calibration: Calibration,
) -> Path:  # fmt: skip
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
    own = _own_delay(synapse, start.depth, end.depth, calibration.delay) + minimum * step
    extra = round((synapse.delay - own) / step)
    if extra < 0:
        pair = (synapse.source[1], synapse.target[1])
        raise ValueError(
            too_short(synapse.label, pair, synapse.delay, own, synapse.acceleration)
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
        dendrite=dendrite,
        probability=synapse.probability,
        own=own,
        delay=own + extra * step,
        depth=end.depth,
        junction=junction,
    )


def too_short(
    label: str, pair: tuple[int, int], delay: float, own: float, acceleration: float
) -> str:
    """Return the refusal of a delay below its path's, both in device seconds."""
    return (
        f"Projection {label}: delay {delay * acceleration:.4g} s came for synapse {pair}, at least "
        f"{own * acceleration:.4g} s, its path of {own * 1e12:.1f} ps, is allowed: raise the delay "
        "or lower the acceleration"
    )


def _own_delay(
    synapse: Synapse, forks: int, joins: int, delay: Mapping[str, float]
) -> float:
    """Return the delay of everything on a path but the JTLs beside its synapse.

    From a source it counts from the converter's output junction, from a neuron from the pulse
    that made it fire (a gated one: from the pulse at its gate); it ends at the junction that
    drives the target's loop, or the target's gate.
    """
    line = synapse.before + 2.0 * delay["jtl"] + synapse.beyond
    trees = forks * delay["splitter"] + joins * delay["merger"]
    return line + trees + (0.0 if synapse.current is None else delay["synapse"])


def _name(synapse: Synapse) -> str:
    return f"{instance(synapse.source)}_{instance(synapse.target)}_{synapse.number}"
