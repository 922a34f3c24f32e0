"""Circuits as decks: what the reader reads back as the same circuit, and JoSIM runs."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from neuromorph.circuits.circuit import Analysis, Circuit
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
from neuromorph.circuits.sampled_waveform import Custom, NoiseSource, Pws
from neuromorph.circuits.waveform import Dc, Exponential, Pulse, Pwl, Sine, Waveform
from neuromorph.files import write_text

_LETTER: dict[type, str] = {
    Resistor: "R", Inductor: "L", Capacitor: "C", Junction: "B", Mutual: "K", Line: "T",
    CurrentSource: "I", VoltageSource: "V", PhaseSource: "P",
}


def to_deck(circuit: Circuit) -> str:
    """Return a deck of the circuit; reading it gives an equal circuit.

    Elements keep their order if those of an instance follow each other, as they do in circuits
    that were read or built.
    The elements of each instance ``XDUT`` stand in a subcircuit of their own, so that names keep
    their places in the hierarchy. Numbers are written so that they read back to the last bit.

    Raises
    ------
    ValueError
        A name that a deck cannot hold, or a waveform without a file.
    """
    models: dict[Model, str] = {}
    for model in (*(j.model for j in circuit.junctions), *(c.model for c in circuit.curves)):
        if model not in models:
            taken = model.name in models.values() or not _PLAIN.fullmatch(model.name)
            models[model] = f"JJ_{len(models) + 1}" if taken else model.name
    lines = [f"* {' '.join(circuit.title.split()) or 'circuit'}"]
    lines += [_model(name, model) for model, name in models.items()]
    for part in _parts(circuit):
        lines += part.lines(models)
    lines += _controls(circuit)
    lines += [f".iv {models[c.model]} {_number(c.current)} {c.file}" for c in circuit.curves]
    return "\n".join([*lines, ".end"]) + "\n"


def write(circuit: Circuit, path: str | Path) -> Path:
    """Write the circuit as a deck; the file appears whole or not at all. See :func:`to_deck`."""
    return write_text(path, to_deck(circuit))


_PLAIN = re.compile(r"[A-Za-z0-9_]+")
Place = tuple[str, ...]


def _place(name: str) -> Place:
    """Return the instances around a name, outermost first: L3.X1.XDUT is in (XDUT, X1)."""
    return tuple(reversed(name.split(".")[1:]))


def _nodes(element: Element) -> tuple[str, ...]:
    return () if isinstance(element, Mutual) else element.nodes


@dataclass(slots=True)
class _Part:
    """One instance: its elements and instances in order, and the nodes it has from outside."""

    place: Place
    number: int
    items: list[Element | _Part] = field(default_factory=list)
    outer: dict[str, None] = field(default_factory=dict)

    def local(self, node: str) -> str:
        """Return what a node is called inside."""
        if node == "0":
            return "0"
        if node in self.outer:
            return f"PORT_{list(self.outer).index(node)}"
        return _checked(node.split(".")[0], node)

    def lines(self, models: dict[Model, str]) -> Iterator[str]:
        """Yield the lines of the subcircuit, or of the main circuit."""
        if self.place:
            yield " ".join([".subckt", f"SUB_{self.number}", *map(self.local, self.outer)])
        for item in self.items:
            if isinstance(item, _Part):
                label = _checked(item.place[-1], ".".join(reversed(item.place)), "X")
                yield " ".join([label, *map(self.local, item.outer), f"SUB_{item.number}"])
            else:
                yield _card(item, self, models)
        if self.place:
            yield ".ends"


def _checked(label: str, name: str, letter: str = "") -> str:
    if not _PLAIN.fullmatch(label) or not label.startswith(letter):
        raise ValueError(f"name {name!r} came, letters, digits and _ are allowed in a deck"
                         + (f", {letter} first" if letter else ""))
    return label


def _parts(circuit: Circuit) -> list[_Part]:
    """Return the main circuit and its instances, deepest last; definitions may come later."""
    parts: dict[Place, _Part] = {(): _Part((), 0)}
    for element in circuit.elements:
        place = _place(element.name)
        for depth in range(1, len(place) + 1):
            if place[:depth] not in parts:
                part = parts[place[:depth]] = _Part(place[:depth], len(parts))
                parts[place[: depth - 1]].items.append(part)
        parts[place].items.append(element)
        for node in _nodes(element):
            owner = _place(node)
            if node != "0" and owner != place[: len(owner)]:
                raise ValueError(f"{element.name}: node {node} is inside another instance, "
                                 "which a deck cannot reach; join it to a node outside")
            for depth in range(len(owner) + 1, len(place) + 1):
                parts[place[:depth]].outer.setdefault(node)
    return [*list(parts.values())[1:], parts[()]]


def _number(value: float) -> str:
    return repr(float(value))


def _model(name: str, model: Model) -> str:
    parts = [f"rtype={model.rtype}", f"vg={_number(model.vg)}", f"icrit={_number(model.i_c)}",
             f"rn={_number(model.r_n)}", f"r0={_number(model.r_0)}", f"cap={_number(model.c)}",
             f"delv={_number(model.delv)}", f"icfct={_number(model.icfct)}",
             f"phi={_number(model.phi)}"]
    if model.temperature_form:
        parts += [f"t={_number(model.t)}", f"tc={_number(model.t_c)}", f"d={_number(model.d)}"]
    if model.cpr != (1.0,):
        parts.append("cpr={" + ",".join(map(_number, model.cpr)) + "}")
    return f".model {name} jj({', '.join(parts)})"


def _card(element: Element, part: _Part, models: dict[Model, str]) -> str:
    short = isinstance(element, PhaseSource) and element.name.startswith("L")
    letter = element.kind if isinstance(element, Controlled) else _LETTER[type(element)]
    name = _checked(element.name.split(".")[0], element.name, "L" if short else letter)
    if isinstance(element, Mutual):
        first, second = (i.split(".")[0] for i in element.inductors)
        return f"{name} {first} {second} {_number(element.coupling)}"
    head = " ".join([name, *map(part.local, element.nodes)])
    if isinstance(element, Junction):
        return f"{head} {models[element.model]} area={_number(element.area)}{_noise(element)}"
    if isinstance(element, Resistor):
        return f"{head} {_number(element.value)}{_noise(element)}"
    if isinstance(element, Inductor | Capacitor):
        return f"{head} {_number(element.value)}"
    if isinstance(element, Line):
        return f"{head} TD={_number(element.delay)} Z0={_number(element.impedance)}"
    if isinstance(element, Controlled):
        return f"{head} {_number(element.gain)}"
    return f"{head} 0" if short else f"{head} {source(element.name, element.waveform)}"


def _noise(element: Resistor | Junction) -> str:
    text = "" if element.temperature is None else f" temp={_number(element.temperature)}"
    return text if element.bandwidth is None else f"{text} neb={_number(element.bandwidth)}"


def source(name: str, wave: Waveform) -> str:
    """Return a waveform as a deck writes it.

    Raises
    ------
    ValueError
        A waveform of another kind, or samples that no file holds.
    """
    if isinstance(wave, Dc):
        return f"dc {_number(wave.level)}"
    if isinstance(wave, Pwl | Pws):
        kind = "pwl" if isinstance(wave, Pwl) else "pws"
        pairs = (f"{_number(t)} {_number(y)}" for t, y in zip(wave.time, wave.level, strict=True))
        return f"{kind}({' '.join(pairs)})"
    if isinstance(wave, Pulse):
        fields = (wave.low, wave.high, wave.delay, wave.rise, wave.fall, wave.width, wave.period)
        return f"pulse({' '.join(map(_number, fields))})"
    if isinstance(wave, Sine):
        fields = (wave.offset, wave.amplitude, wave.frequency, wave.delay, wave.damping,
                  _degrees(wave.phase), wave.cycles)
        return f"sin({' '.join(map(_number, fields))})"
    if isinstance(wave, Exponential):
        return (f"exp({_number(wave.low)} {_number(wave.high)} {_number(wave.rise_delay)} "
                f"{_number(wave.rise_tau)} {_number(wave.fall_delay)} {_number(wave.fall_tau)})")
    if isinstance(wave, NoiseSource):
        return f"noise({_number(wave.amplitude)} {_number(wave.delay)} {_number(wave.interval)})"
    if isinstance(wave, Custom) and wave.file:
        return (f"cus({wave.file} {_number(wave.interval)} {_number(wave.factor)} {wave.order} "
                f"{_number(wave.delay)} {int(wave.periodic)})")
    raise ValueError(f"{name}: its waveform {type(wave).__name__} cannot stand in a deck; "
                     "give it as pwl")


def _degrees(phase: float) -> float:
    """Return degrees whose radians are ``phase`` to the last bit, where there are such."""
    first = math.degrees(phase)
    near = [first, math.nextafter(first, math.inf), math.nextafter(first, -math.inf)]
    return next((d for d in near if math.radians(d) == phase), first)


def _controls(circuit: Circuit) -> Iterator[str]:
    if circuit.analysis is not None:
        yield _tran(circuit.analysis)
    for word, value in (("temp", circuit.temperature), ("neb", circuit.bandwidth)):
        if value is not None:
            yield f".{word} {_number(value)}"
    if circuit.seed is not None:
        yield f".option seed={circuit.seed}"
    file: str | None = None
    for output in circuit.outputs:
        if output.file is not None and output.file != file:
            file = output.file
            yield f".file {file}"
        yield f".print {output.kind}({','.join(output.targets)})"


def _tran(plan: Analysis) -> str:
    words = [_number(plan.step), _number(plan.duration), _number(plan.start),
             _number(plan.print_step or 0.0), _number(plan.window)]
    if plan.print_step is None:
        words = words[:3] if not plan.window else [*words[:3], words[0], words[4]]
    return " ".join([".tran", *words, *(() if plan.startup else ("DST",))])
