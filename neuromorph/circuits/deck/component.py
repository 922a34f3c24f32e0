"""Component cards: one line of a deck becomes an element, ready to be placed many times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from neuromorph.circuits.circuit import GROUND, Analysis
from neuromorph.circuits.deck.card import Card, NetlistError
from neuromorph.circuits.deck.parameter import Scope
from neuromorph.circuits.deck.source import SourceScope, waveform
from neuromorph.circuits.deck.variation import Variation, checked
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
from neuromorph.circuits.waveform import Dc

_put = object.__setattr__
FindModel = Callable[[str, Card], Model]

_KEYWORDS = {"R": ("TEMP", "NEB", "SPREAD"), "L": ("SPREAD",), "C": ("SPREAD",),
             "B": ("AREA", "IC", "TEMP", "NEB", "SPREAD"), "T": ("TD", "Z0", "LOSSLESS"),
             "K": (), "V": (), "I": (), "P": (), "E": (), "F": (), "G": (), "H": ()}
_NODES = {"T": 4, "E": 4, "F": 4, "G": 4, "H": 4}


@dataclass(frozen=True, slots=True)
class Template:
    """An element of a subcircuit with its local names; :meth:`placed` gives an instance.

    ``fields`` are its fields but name and nodes, once they have been checked.
    """

    kind: type[Any]
    name: str
    nodes: tuple[str, ...]
    options: dict[str, Any]
    spread: float = 0.0
    variation: Variation | None = None
    fields: tuple[tuple[str, Any], ...] = ()

    def placed(self, path: str, nodes: dict[str, str]) -> Element:
        """Return the element of the instance at ``path`` whose ports are joined by ``nodes``."""
        tail = f".{path}" if path else ""
        if self.kind is Mutual:
            pair = (self.nodes[0] + tail, self.nodes[1] + tail)
            return Mutual(name=self.name + tail, inductors=pair, **self.options)
        outer = tuple(["0" if n in GROUND else nodes.get(n) or n + tail for n in self.nodes])
        if not self.fields:
            options = self.varied(path) if self.spread else self.options
            made: Element = self.kind(name=self.name + tail, nodes=outer, **options)
            return made
        # the values of all instances are those of the first, which its own checks have passed
        element: Element = object.__new__(self.kind)
        _put(element, "name", self.name + tail)
        _put(element, "nodes", outer)
        for field, value in self.fields:
            _put(element, field, value)
        return element

    def varied(self, path: str) -> dict[str, Any]:
        """Return the options with the value that the seed of the deck draws for an instance."""
        if self.variation is None:
            return self.options
        name = f"{self.name}.{path}" if path else self.name
        field = "area" if self.kind is Junction else "value"
        factor = self.variation.factor(name, self.spread)
        return {**self.options, field: self.options[field] * factor}


def reader(card: Card, scope: Scope, override: str | None, times: Analysis | None,
           find_model: FindModel, variation: Variation | None = None) -> Template:
    """Read a component card.

    Raises
    ------
    NetlistError
        An unknown element, too few words, an unknown keyword, a value out of range.
    """
    words = card.tokens
    label, letter = words[0].upper(), words[0][0].upper()
    if letter not in _KEYWORDS:
        raise card.error(f"unknown element {words[0]!r}, known are {' '.join(_KEYWORDS)} X")
    if "." in label or "|" in label:
        raise card.error(f"name {label}: '.' and '|' are reserved for the hierarchy")
    plain, options = _keywords(card, letter, words[1:])
    count = _NODES.get(letter, 2)
    if len(plain) < count:
        raise card.error(f"{len(plain)} words after the name, {count} nodes are needed")
    nodes = tuple(n.upper() for n in plain[:count])
    joined = "".join(nodes)
    if "." in joined or "|" in joined or "(" in joined:
        raise card.error("'.', '|' and brackets are not allowed in the name of a node")
    build = _Builder(card, scope, plain[count:], options, override, times, find_model)
    try:
        kind, arguments = getattr(build, f"read_{_READ[letter]}")()
        own = arguments.pop("spread", None)
        around = variation or (Variation() if own is not None else None)
        varied = around is not None and kind in (Resistor, Inductor, Capacitor, Junction)
        spread = around.spread(letter, own) if around and varied else 0.0
        template = Template(kind, label, nodes, arguments, spread, around)
        first = template.placed("", {})
    except ValueError as error:
        if isinstance(error, NetlistError):
            raise
        raise card.error(str(error)) from None
    if spread or kind is Mutual:
        return template
    values = tuple([(name, getattr(first, name)) for name in _values(kind)])
    return Template(kind, label, nodes, arguments, spread, around, values)


@cache
def _values(kind: type[Any]) -> tuple[str, ...]:
    """Return the names of the fields of an element but name and nodes."""
    return tuple(f.name for f in fields(kind) if f.name not in ("name", "nodes"))


def _keywords(card: Card, letter: str, words: list[str]) -> tuple[list[str], dict[str, str]]:
    plain, options = [], {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals:
            plain.append(word)
            continue
        if name.upper() not in _KEYWORDS[letter] and not (letter in "VIP" and name.upper() == "DC"):
            known = " ".join(f"{k.lower()}=" for k in _KEYWORDS[letter]) or "none"
            raise card.error(f"unknown keyword {name.lower()}=, known for {letter} are {known}")
        if name.upper() in options:
            raise card.error(f"keyword {name.lower()}= came twice")
        if name.upper() == "DC":
            plain.append(text)
        else:
            options[name.upper()] = text
    return plain, options


_READ = {"R": "resistor", "L": "inductor", "C": "capacitor", "B": "junction", "K": "mutual",
         "T": "line", "I": "source", "V": "source", "P": "source", "E": "controlled",
         "F": "controlled", "G": "controlled", "H": "controlled"}
_SOURCES = {"I": CurrentSource, "V": VoltageSource, "P": PhaseSource}


@dataclass(slots=True)
class _Builder:
    card: Card
    scope: Scope
    rest: list[str]
    options: dict[str, str]
    override: str | None
    times: Analysis | None
    find_model: FindModel

    def value(self, text: str) -> float:
        return self.scope.value_at(self.card)(text)

    def single(self, what: str) -> float:
        if len(self.rest) != 1 and not (self.override and not self.rest):
            raise self.card.error(f"{len(self.rest)} values came after the nodes, one {what} is "
                                  "needed")
        return self.value(self.override or self.rest[0])

    def optional(self, name: str) -> float | None:
        return self.value(self.options[name]) if name in self.options else None

    def noisy(self) -> dict[str, Any]:
        return {"temperature": self.optional("TEMP"), "bandwidth": self.optional("NEB"),
                **self.spread()}

    def spread(self) -> dict[str, Any]:
        own = self.optional("SPREAD")
        return {} if own is None else {"spread": checked(self.card, own)}

    def read_resistor(self) -> tuple[type[Any], dict[str, Any]]:
        quiet = [w for w in self.rest if w.upper() == "NFREE"]
        if quiet:
            # PJSIM's "noise free"; JoSIM passes over the word
            self.rest = [w for w in self.rest if w.upper() != "NFREE"]
            self.options.setdefault("TEMP", "0")
        return Resistor, {"value": self.single("resistance"), **self.noisy()}

    def read_inductor(self) -> tuple[type[Any], dict[str, Any]]:
        # PJSIM's flux check, no part of the circuit; JoSIM passes over the word
        self.rest = [w for w in self.rest if w.upper() != "FCHECK"]
        value = self.single("inductance")
        if value == 0.0:
            return PhaseSource, {"waveform": Dc(0.0)}
        return Inductor, {"value": value, **self.spread()}

    def read_capacitor(self) -> tuple[type[Any], dict[str, Any]]:
        return Capacitor, {"value": self.single("capacitance"), **self.spread()}

    def read_mutual(self) -> tuple[type[Any], dict[str, Any]]:
        return Mutual, {"coupling": self.single("coupling")}

    def read_junction(self) -> tuple[type[Any], dict[str, Any]]:
        if not 1 <= len(self.rest) <= 2:
            raise self.card.error("a junction takes two nodes, maybe a phase node, and its model")
        found = self.find_model(self.rest[-1].upper(), self.card)
        options = dict(self.options)
        if self.override is not None:
            options["IC" if "IC" in options and "AREA" not in options else "AREA"] = self.override
        area = self.value(options["AREA"]) if "AREA" in options else 1.0
        if "IC" in options:
            area = self.value(options["IC"]) / found.i_c
        return Junction, {"model": found, "area": area, **self.noisy()}

    def read_line(self) -> tuple[type[Any], dict[str, Any]]:
        extra = [w for w in self.rest if w.upper() != "LOSSLESS"]
        if extra or "TD" not in self.options or "Z0" not in self.options:
            raise self.card.error("a transmission line takes four nodes, TD=delay and Z0=ohm")
        delay = self.value(self.override or self.options["TD"])
        return Line, {"delay": delay, "impedance": self.value(self.options["Z0"])}

    def read_source(self) -> tuple[type[Any], dict[str, Any]]:
        step, duration = (self.times.step, self.times.duration) if self.times else (1e-13, 1e-9)
        words = [self.override] if self.override is not None else self.rest
        place = SourceScope(self.card, self.value, step, duration)
        kind = _SOURCES[self.card.text[0].upper()]
        return kind, {"waveform": waveform(words, place)}

    def read_controlled(self) -> tuple[type[Any], dict[str, Any]]:
        return Controlled, {"kind": self.card.text[0].upper(), "gain": self.single("gain")}
