"""Circuits built in Python, element by element."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from neuromorph.circuits.circuit import GROUND, Analysis, Circuit, Output, canonical
from neuromorph.circuits.element import (
    Capacitor,
    Controlled,
    CurrentSource,
    Element,
    Inductor,
    Junction,
    Line,
    Model,
    Mutual,
    PhaseSource,
    Resistor,
    VoltageSource,
)
from neuromorph.circuits.waveform import Dc, Waveform


class Builder:
    """Collects elements; :meth:`circuit` gives the finished, immutable circuit.

    Nodes are strings or numbers, ``0`` and ``GND`` are ground; values are SI. Every method returns
    the builder, so that calls may be chained.

    Examples
    --------
    >>> b = Builder("loop").junction("B1", 1, 0, Model(), area=2.5).inductor("L1", 1, 2, 4e-12)
    >>> b = b.resistor("R1", 2, 0, 1.0).current("I1", 0, 1, 1e-4)
    >>> c = b.circuit(step=1e-13, duration=1e-10, record=("P(B1)",))
    """

    def __init__(self, title: str = "circuit") -> None:
        self.title = title
        self._elements: list[Element] = []

    def add(self, *elements: Element) -> Builder:
        """Add finished elements."""
        self._elements += elements
        return self

    def junction(self, name: str, plus: object, minus: object, model: Model, *, area: float = 1.0,
                 temperature: float | None = None) -> Builder:
        """Add a Josephson junction of ``area`` times the model."""
        return self.add(Junction(name=canonical(name), nodes=_nodes(plus, minus), model=model,
                                 area=area, temperature=temperature))

    def inductor(self, name: str, plus: object, minus: object, value: float) -> Builder:
        """Add an inductor [H]."""
        return self.add(Inductor(name=canonical(name), nodes=_nodes(plus, minus), value=value))

    def resistor(self, name: str, plus: object, minus: object, value: float, *,
                 temperature: float | None = None) -> Builder:
        """Add a resistor [ohm]."""
        return self.add(Resistor(name=canonical(name), nodes=_nodes(plus, minus), value=value,
                                 temperature=temperature))

    def capacitor(self, name: str, plus: object, minus: object, value: float) -> Builder:
        """Add a capacitor [F]."""
        return self.add(Capacitor(name=canonical(name), nodes=_nodes(plus, minus), value=value))

    def mutual(self, name: str, first: str, second: str, coupling: float) -> Builder:
        """Couple two inductors, M = coupling sqrt(L1 L2)."""
        return self.add(Mutual(name=canonical(name), coupling=coupling,
                               inductors=(canonical(first), canonical(second))))

    def line(self, name: str, ports: tuple[object, object, object, object], *, delay: float,
             impedance: float) -> Builder:
        """Add a lossless transmission line between (plus, minus, plus, minus)."""
        return self.add(Line(name=canonical(name), nodes=_nodes(*ports), delay=delay,
                             impedance=impedance))

    def current(self, name: str, plus: object, minus: object,
                waveform: float | Waveform) -> Builder:
        """Add a current source [A] that drives from ``plus`` through itself to ``minus``."""
        return self.add(CurrentSource(name=canonical(name), nodes=_nodes(plus, minus),
                                      waveform=_waveform(waveform)))

    def voltage(self, name: str, plus: object, minus: object,
                waveform: float | Waveform) -> Builder:
        """Add a voltage source [V]."""
        return self.add(VoltageSource(name=canonical(name), nodes=_nodes(plus, minus),
                                      waveform=_waveform(waveform)))

    def phase(self, name: str, plus: object, minus: object, waveform: float | Waveform) -> Builder:
        """Add a phase source [rad]."""
        return self.add(PhaseSource(name=canonical(name), nodes=_nodes(plus, minus),
                                    waveform=_waveform(waveform)))

    def controlled(self, name: str, nodes: tuple[object, object, object, object],
                   gain: float) -> Builder:
        """Add a dependent source; the first letter of its name, E F G or H, is its kind."""
        return self.add(Controlled(name=canonical(name), kind=canonical(name)[:1],
                                   nodes=_nodes(*nodes), gain=gain))

    def instance(self, name: str, circuit: Circuit, ports: Mapping[str, object]) -> Builder:
        """Add the elements of a circuit under an instance name, some nodes joined to ours.

        Raises
        ------
        ValueError
            A port that is no node of the circuit.
        """
        place = canonical(name)
        joined = {_node(inner): _node(outer) for inner, outer in ports.items()}
        inside = {n for e in circuit.elements if not isinstance(e, Mutual) for n in e.nodes}
        if missing := sorted(joined.keys() - inside):
            raise ValueError(f"{place}: ports {', '.join(missing)} came, {circuit.title} has the "
                             f"nodes {', '.join(sorted(inside)[:20])}")
        return self.add(*(_placed(e, place, joined) for e in circuit.elements))

    def circuit(self, *, step: float | None = None, duration: float | None = None,
                record: tuple[str, ...] = (), temperature: float | None = None,
                seed: int | None = None) -> Circuit:
        """Return the circuit, with a ``.tran`` if step and duration are given [s].

        ``record`` names outputs as decks do, ``"P(B1)"``.
        """
        analysis = None
        if step is not None and duration is not None:
            analysis = Analysis(step=step, duration=duration)
        outputs = tuple(Output(kind=word[0].upper(), targets=tuple(
            canonical(t.strip()) for t in word[2:-1].split(","))) for word in record)
        return Circuit(elements=tuple(self._elements), analysis=analysis, title=self.title,
                       outputs=outputs, temperature=temperature, seed=seed)


def _node(node: object) -> str:
    name = canonical(str(node))
    return "0" if name in GROUND else name


def _nodes(*nodes: object) -> tuple[str, ...]:
    return tuple(_node(n) for n in nodes)


def _waveform(wave: float | Waveform) -> Waveform:
    return Dc(float(wave)) if isinstance(wave, int | float) else wave


def _placed(element: Element, place: str, joined: Mapping[str, str]) -> Element:
    name = f"{element.name}.{place}"
    if isinstance(element, Mutual):
        first, second = element.inductors
        return replace(element, name=name, inductors=(f"{first}.{place}", f"{second}.{place}"))
    nodes = tuple("0" if n == "0" else joined.get(n, f"{n}.{place}") for n in element.nodes)
    return replace(element, name=name, nodes=nodes)
