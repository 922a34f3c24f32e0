"""A flat circuit: what a deck says once it is read, or what Python builds directly."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as attribute

from neuromorph.circuits.element import (
    Capacitor,
    CurrentSource,
    Element,
    Inductor,
    Junction,
    Model,
    Mutual,
    PhaseSource,
    Resistor,
    VoltageSource,
)
from neuromorph.circuits.waveform import Dc, Pwl, Waveform

GROUND = frozenset({"0", "GND"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """A ``.tran`` card [s]: step, duration, first time printed, print step, filter window."""

    step: float
    duration: float
    start: float = 0.0
    print_step: float | None = None
    window: float = 0.0
    startup: bool = True

    def __post_init__(self) -> None:
        for field, value in (("step", self.step), ("duration", self.duration)):
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f".tran {field}: {value:g} s came, more than 0 s is allowed")
        if self.step > self.duration:
            raise ValueError(f".tran step: {self.step:g} s came, at most the duration "
                             f"{self.duration:g} s is allowed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One printed quantity: kind ``P``, ``V`` or ``I`` of a device, a node or a pair of nodes."""

    kind: str
    targets: tuple[str, ...]
    file: str | None = None

    @property
    def name(self) -> str:
        """Column name, as JoSIM writes it: ``P(B1|XDUT)``."""
        return f"{self.kind}({','.join(self.targets)})".replace(".", "|")


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A current-voltage curve that ``.iv`` asks for: model, largest current [A], file."""

    model: Model
    current: float
    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """Elements with unique hierarchical names, and what to do with them.

    Names are upper case; an element ``L3`` of instance ``XDUT`` is ``L3.XDUT``, inside out.
    """

    elements: tuple[Element, ...]
    analysis: Analysis | None = None
    outputs: tuple[Output, ...] = ()
    temperature: float | None = None
    bandwidth: float | None = None
    seed: int | None = None
    title: str = attribute(default="circuit", compare=False)
    curves: tuple[Curve, ...] = ()

    def __post_init__(self) -> None:
        names = {e.name for e in self.elements}
        if len(names) != len(self.elements):
            ordered = sorted(e.name for e in self.elements)
            twice = next(a for a, b in itertools.pairwise(ordered) if a == b)
            raise ValueError(f"{self.title}: element {twice} came twice, each name once is allowed")

    def __len__(self) -> int:
        return len(self.elements)

    def __repr__(self) -> str:
        return (f"Circuit({self.title!r}: {len(self.elements)} elements, "
                f"{len(self.junctions)} junctions)")

    @property
    def junctions(self) -> tuple[Junction, ...]:
        """The Josephson junctions, in order."""
        return tuple(e for e in self.elements if isinstance(e, Junction))

    def element(self, name: str) -> Element:
        """Return the element called ``name`` (case and ``|`` or ``.`` do not matter).

        Raises
        ------
        ValueError
            No element has that name; the nearest names are listed.
        """
        wanted = canonical(name)
        for element in self.elements:
            if element.name == wanted:
                return element
        raise ValueError(_unknown(self, wanted))

    def printable(self) -> tuple[Circuit, tuple[str, ...]]:
        """Return the circuit without outputs of what does not exist, and the names of these.

        JoSIM passes over them with a warning, so that decks with left-over outputs run.
        """
        known = {"0", "GND", *(e.name for e in self.elements)}
        for e in self.elements:
            known.update(() if isinstance(e, Mutual) else e.nodes)
        kept = tuple(o for o in self.outputs if known.issuperset(o.targets))
        gone = tuple(o.name for o in self.outputs if not known.issuperset(o.targets))
        return (replace(self, outputs=kept) if gone else self), gone

    def with_values(self, values: Mapping[str, float | Waveform]) -> Circuit:
        """Return the circuit with new SI values, by element name.

        R in ohm, L in H, C in F, K as coupling, a junction as critical current in A (its area
        follows). A source takes a :class:`~neuromorph.circuits.waveform.Waveform`; a number is
        allowed for a dc source and for a ramp ``pwl(0 0 t level)``, whose level it replaces.

        Raises
        ------
        ValueError
            An unknown element, or a value its element refuses.
        """
        return self._changed(values, _valued)

    def scaled(self, factors: Mapping[str, float]) -> Circuit:
        """Return the circuit with values multiplied: R, L, C, junction areas, source amplitudes.

        Raises
        ------
        ValueError
            An unknown element, or a factor its element refuses.
        """
        return self._changed(factors, _scaled)

    def _changed(self, values: Mapping[str, float | Waveform],
                 change: Callable[[Element, float | Waveform], Element]) -> Circuit:
        wanted = {canonical(name): value for name, value in values.items()}
        elements = list(self.elements)
        for i, element in enumerate(elements):
            if element.name in wanted:
                elements[i] = change(element, wanted.pop(element.name))
        if wanted:
            raise ValueError(_unknown(self, next(iter(wanted))))
        return replace(self, elements=tuple(elements))


def canonical(name: str) -> str:
    """Return a name the way circuits hold it: upper case, ``.`` between levels."""
    return name.upper().replace("|", ".")


def _unknown(circuit: Circuit, name: str) -> str:
    import difflib

    near = difflib.get_close_matches(name, [e.name for e in circuit.elements], 5, 0.4)
    return f"{circuit.title}: no element {name}; near are {', '.join(near) or 'none'}"


def _valued(element: Element, value: float | Waveform) -> Element:
    if isinstance(element, CurrentSource | VoltageSource | PhaseSource):
        return replace(element, waveform=_levelled(element.name, element.waveform, value))
    if not isinstance(value, int | float):
        raise ValueError(f"{element.name}: {value!r} came, a number in SI units is allowed")
    if isinstance(element, Junction):
        return replace(element, area=value / element.model.i_c)
    if isinstance(element, Mutual):
        return replace(element, coupling=float(value))
    if isinstance(element, Resistor | Inductor | Capacitor):
        return replace(element, value=float(value))
    raise ValueError(f"{element.name}: its value cannot be replaced, build the circuit with it")


def _levelled(name: str, old: Waveform, value: float | Waveform) -> Waveform:
    if not isinstance(value, int | float):
        return value
    if isinstance(old, Dc):
        return Dc(float(value))
    if isinstance(old, Pwl) and old.time.size == 2 and old.level[0] == 0:
        return Pwl(old.time, [0.0, float(value)])
    raise ValueError(f"{name}: the number {value!r} came for a source that is neither dc nor a "
                     "ramp pwl(0 0 t level); give a waveform, or scale it with scaled()")


def _scaled(element: Element, factor: float | Waveform) -> Element:
    if not isinstance(factor, int | float):
        raise ValueError(f"{element.name}: {factor!r} came, a number is allowed as factor")
    if isinstance(element, CurrentSource | VoltageSource | PhaseSource):
        return replace(element, waveform=element.waveform.scaled(float(factor)))
    if isinstance(element, Junction):
        return replace(element, area=element.area * factor)
    if isinstance(element, Mutual):
        return replace(element, coupling=element.coupling * factor)
    if isinstance(element, Resistor | Inductor | Capacitor):
        return replace(element, value=element.value * factor)
    raise ValueError(f"{element.name}: its value cannot be scaled, build the circuit with it")
