"""Knobs: named groups of elements that are scaled together by a factor."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from neuromorph.circuits.circuit import Circuit, canonical
from neuromorph.circuits.element import CurrentSource, Element, Inductor, Junction, Resistor
from neuromorph.circuits.waveform import Dc, Pwl


@dataclass(frozen=True, slots=True, kw_only=True)
class Knob:
    """A factor on elements: critical currents (areas), inductances, resistances, bias currents.

    Elements of ``inverse`` are divided by it: the shunt of a junction, say.

    Raises
    ------
    ValueError
        No element.
    """

    name: str
    elements: tuple[str, ...]
    inverse: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for side in ("elements", "inverse"):
            object.__setattr__(self, side, tuple(canonical(name) for name in getattr(self, side)))
        if not self.elements:
            raise ValueError(f"knob {self.name!r}: no element came, one or more is allowed")


#: What the global knobs scale.
GLOBALS = {
    "XI": "all bias currents",
    "XL": "all inductances",
    "XJ": "all junction areas",
    "XR": "all resistances",
}


def kind(element: Element) -> str | None:
    """Return the global knob that an element belongs to, None if to none (inputs, couplings)."""
    if isinstance(element, CurrentSource):
        return "XI" if is_bias(element) else None
    for cls, name in ((Inductor, "XL"), (Junction, "XJ"), (Resistor, "XR")):
        if isinstance(element, cls):
            return name
    return None


def is_bias(source: CurrentSource) -> bool:
    """Return whether a source is constant, or rises once from 0 and stays: not an input."""
    wave = source.waveform
    if isinstance(wave, Dc):
        return wave.level != 0.0
    return isinstance(wave, Pwl) and wave.time.size == 2 and wave.level[0] == 0 != wave.level[1]


def knobs(circuit: Circuit, names: Iterable[str | Knob] = tuple(GLOBALS)) -> tuple[Knob, ...]:
    """Return knobs for global names (XI, XL, XJ, XR), elements, or patterns such as ``L*.X3``.

    A global name after a pattern restricts it: ``XI:*.X3`` scales the biases of instance X3.

    Raises
    ------
    ValueError
        Nothing in the circuit answers to a name.
    """
    found = [name if isinstance(name, Knob) else _knob(circuit, name) for name in names]
    for knob in found:
        for name in (*knob.elements, *knob.inverse):
            circuit.element(name)
    return tuple(found)


def every(circuit: Circuit, pattern: str = "*") -> tuple[Knob, ...]:
    """Return one knob per junction, inductor, resistor and bias whose name fits the pattern."""
    wanted = canonical(pattern)
    return tuple(
        Knob(name=element.name, elements=(element.name,))
        for element in circuit.elements
        if kind(element) and fnmatch.fnmatchcase(element.name, wanted)
    )


def _knob(circuit: Circuit, name: str) -> Knob:
    head, _, pattern = canonical(name).partition(":")
    if head in GLOBALS:
        elements = _fitting(circuit, pattern or "*", (head,))
    else:
        elements = _fitting(circuit, head, tuple(GLOBALS))
    if not elements and head not in GLOBALS and "*" not in head:
        circuit.element(head)  # names the nearest, if there is no such element
        raise ValueError(f"knob {name!r}: it is no junction, inductor, resistor or bias")
    if not elements:
        raise ValueError(
            f"knob {name!r}: nothing in {circuit.title!r} answers to it; "
            f"{', '.join(GLOBALS)}, an element or a pattern such as L*.X1 are allowed"
        )
    return Knob(name=canonical(name), elements=elements)


def _fitting(circuit: Circuit, pattern: str, kinds: Sequence[str]) -> tuple[str, ...]:
    return tuple(
        element.name
        for element in circuit.elements
        if kind(element) in kinds and fnmatch.fnmatchcase(element.name, pattern)
    )
