"""The reader: a deck in JoSIM's dialect becomes a flat, immutable circuit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from neuromorph._res import root
from neuromorph.circuits.circuit import GROUND, Analysis, Circuit, Curve, Output
from neuromorph.circuits.deck.card import Card, NetlistError, cards, read_text
from neuromorph.circuits.deck.component import Template, reader
from neuromorph.circuits.deck.control import analysis, outputs
from neuromorph.circuits.deck.model import model
from neuromorph.circuits.deck.parameter import Scope
from neuromorph.circuits.deck.variation import Variation, variation
from neuromorph.circuits.element import Element, Model
from neuromorph.circuits.garbage import kept

__all__ = ["NetlistError", "read"]

_MAX_ELEMENTS = 3_000_000
_MAX_DEPTH = 60


def read(source: str | Path, *, folder: str | Path | None = None) -> Circuit:
    """Read a deck: a path, the text itself (if it has a line break), or a library deck's name.

    Parameters
    ----------
    source : str or Path
        ``read("jtl")`` finds the testbench ``circuits/cells/jtl_testbench.cir``; a deck without
        one is found as ``NAME.cir`` in ``circuits/cells`` or ``circuits/networks``.
    folder : path, optional
        Where ``.include`` looks when ``source`` is text.

    Raises
    ------
    NetlistError
        The deck cannot be read: file, line, its text and what is wrong.
    """
    if isinstance(source, str) and "\n" in source:
        return _circuit(source, "deck", Path(folder) if folder else None)
    path = _found(source)
    return _circuit(read_text(path), str(path), path.parent)


def _found(source: str | Path) -> Path:
    path = Path(source)
    if path.suffix or path.exists() or len(path.parts) != 1:
        return path
    places = [root() / "circuits" / kind for kind in ("cells", "networks")]
    for place in places:
        for name in (f"{path.name.lower()}_testbench.cir", f"{path.name.lower()}.cir"):
            if (place / name).is_file():
                return place / name
    known = sorted({p.stem.removesuffix("_testbench") for q in places for p in q.glob("*.cir")})
    raise NetlistError(f"deck {path.name!r}: no such file or library deck, library decks are "
                       f"{', '.join(known) or 'none'}")


@dataclass(slots=True)
class _Subcircuit:
    card: Card
    name: str
    ports: list[str]
    cards: list[Card] = field(default_factory=list)
    scope: Scope = field(default_factory=Scope)
    models: dict[str, Card] = field(default_factory=dict)
    templates: list[Template | Card] | None = None


@dataclass(slots=True)
class _Deck:
    main: _Subcircuit
    subcircuits: dict[str, _Subcircuit] = field(default_factory=dict)
    controls: list[Card] = field(default_factory=list)
    analysis: Analysis | None = None
    variation: Variation | None = None


@kept()
def _circuit(text: str, file: str, folder: Path | None) -> Circuit:
    deck = _sorted(cards(text, file, folder), file)
    value = deck.main.scope.value_at
    settings: dict[str, float | None] = {"TEMP": None, "NEB": None}
    printed: list[Output] = []
    asked: list[Card] = []
    spreads: list[Card] = []
    seed: int | None = None
    for card, word, target in _controls(deck):
        if word == "TRAN":
            deck.analysis = analysis(card, value(card))
        elif word in ("PRINT", "PLOT", "SAVE"):
            printed += outputs(card, target)
        elif word in settings:
            settings[word] = _setting(card, value(card))
        elif word in ("OPTION", "OPTIONS"):
            seed = _seed(card, value(card))
        elif word == "SPREAD":
            spreads.append(card)
        elif word == "IV":
            asked.append(card)
    for card in spreads[-1:]:
        deck.variation = variation(card, value(card), seed or 0)
    if deck.variation is None:
        deck.variation = Variation(seed=seed or 0)
    elements = tuple(_flat(deck))
    try:
        return Circuit(elements=elements, analysis=deck.analysis, outputs=tuple(printed),
                       temperature=settings["TEMP"], bandwidth=settings["NEB"], seed=seed,
                       title=file, curves=tuple(_curve(card, deck) for card in asked))
    except ValueError as error:
        raise NetlistError(f"{file}: {error}") from None


def _controls(deck: _Deck) -> Iterator[tuple[Card, str, str | None]]:
    target: str | None = None
    known = "tran print plot save file temp neb option spread iv"
    for card in deck.controls:
        words = card.text.split()
        word = words[0].upper().removeprefix(".")
        if word == "FILE":
            if len(words) != 2:
                raise card.error(".file takes one file name")
            target = _beside(words[1], card)
        elif word.lower() not in (*known.split(), "options"):
            raise card.error(f"unknown control .{word.lower()}, known are {known} param model "
                             "subckt include control end")
        else:
            yield card, word, target


def _beside(name: str, card: Card) -> str:
    """Return the path of a file that the deck asks for: in the deck's folder if it names none."""
    if Path(name).name != name or card.folder is None:
        return name
    return str(card.folder / name)


def _curve(card: Card, deck: _Deck) -> Curve:
    words = card.tokens
    if len(words) != 4:
        raise card.error(".iv takes a model, the largest current and a file")
    name, _, place = words[1].upper().replace("|", ".").partition(".")
    sub = deck.subcircuits.get(place) if place else deck.main
    if sub is None or name not in sub.models:
        raise card.error(f"no .model {words[1].upper()}")
    source = sub.models[name]
    current = deck.main.scope.value_at(card)(words[2])
    if not current > 0:
        raise card.error(f"largest current {current:g} A came, more than 0 A is allowed")
    return Curve(model=model(source, sub.scope.value_at(source)), current=current,
                 file=_beside(words[3], card))


def _setting(card: Card, value: object) -> float:
    words = card.tokens
    if len(words) != 2 or not callable(value):
        raise card.error(f"{words[0]} takes one number")
    number = float(value(words[1]))
    if number < 0:
        raise card.error(f"{number:g} came, 0 or more is allowed")
    return number


def _seed(card: Card, value: object) -> int | None:
    words = card.text.upper().replace("=", " ").split()[1:]
    if len(words) != 2 or words[0] != "SEED" or not callable(value):
        raise card.error("only .option seed=INTEGER is known")
    if words[1] == "AUTO":
        return None
    number = int(words[1]) if words[1].isdigit() and len(words[1]) < 25 else value(words[1])
    if number != int(number) or not 0 <= number < 2**64:
        raise card.error(f"seed {words[1]} came, an integer from 0 to 2^64-1 is allowed")
    return int(number)


def _sorted(lines: list[Card], file: str) -> _Deck:
    deck = _Deck(_Subcircuit(Card(file, 0, ""), "", []))
    here, control = deck.main, False
    for card in lines:
        word = card.text.split(None, 1)[0].upper()
        if control and not word.startswith(".") and word != "ENDC":
            word = "." + word
        if word in (".CONTROL", ".ENDC", "ENDC"):
            control = word == ".CONTROL"
        elif word == ".SUBCKT":
            here = _opened(card, here, deck)
        elif word == ".ENDS":
            if here is deck.main:
                raise card.error(".ends without .subckt")
            here = deck.main
        elif word == ".PARAM":
            here.scope.define(card)
        elif word == ".MODEL":
            _store_model(card, here)
        elif not word.startswith("."):
            here.cards.append(card)
        elif here is not deck.main:
            raise card.error(f"a control inside subcircuit {here.name}, only .param and .model "
                             "are allowed there")
        else:
            deck.controls.append(card)
    if here is not deck.main:
        raise here.card.error(f"subcircuit {here.name} has no .ends")
    for sub in deck.subcircuits.values():
        sub.scope.outer = deck.main.scope
    return deck


def _opened(card: Card, here: _Subcircuit, deck: _Deck) -> _Subcircuit:
    words = [w.upper() for w in card.tokens]
    if here is not deck.main:
        raise card.error(f".subckt inside subcircuit {here.name}; close it with .ends first")
    if len(words) < 3:
        raise card.error(".subckt takes a name and its nodes")
    if words[1] in deck.subcircuits:
        raise card.error(f"subcircuit {words[1]} is defined twice")
    if len(set(words[2:])) != len(words[2:]):
        raise card.error(f"subcircuit {words[1]} names a node twice")
    deck.subcircuits[words[1]] = _Subcircuit(card, words[1], words[2:])
    return deck.subcircuits[words[1]]


def _store_model(card: Card, here: _Subcircuit) -> None:
    words = card.tokens
    if len(words) < 3:
        raise card.error(".model takes a name and jj(...)")
    here.models[words[1].upper()] = card


def _flat(deck: _Deck) -> Iterator[Element]:
    models: dict[tuple[str, str], Model] = {}

    def find_model(name: str, sub: _Subcircuit, card: Card) -> Model:
        place = sub if name in sub.models else deck.main
        if name not in place.models:
            known = sorted({*sub.models, *deck.main.models})
            raise card.error(f"no .model {name}, known are {', '.join(known) or 'none'}")
        key = (place.name, name)
        if key not in models:
            source = place.models[name]
            models[key] = model(source, place.scope.value_at(source))
        return models[key]

    if _size(deck, deck.main, (), {}) > _MAX_ELEMENTS:
        raise NetlistError(f"{deck.main.card.file}: more than {_MAX_ELEMENTS} elements once its "
                           "subcircuits are expanded")
    yield from _expanded(deck, deck.main, "", {}, {}, find_model)


def _size(deck: _Deck, sub: _Subcircuit, above: tuple[str, ...], known: dict[str, int]) -> int:
    """Count the elements of an instance of a subcircuit without making them."""
    if sub.name not in known:
        total = 0
        for card in sub.cards:
            if card.text[0] not in "xX":
                total += 1
                continue
            plain = [w.upper() for w in card.tokens[1:] if "=" not in w]
            inner = _chosen(deck, card, plain)[0]
            if inner.name in above or len(above) > _MAX_DEPTH:
                chain = " in ".join((inner.name, *above))
                raise card.error(f"subcircuit {inner.name} contains itself ({chain})")
            total += _size(deck, inner, (inner.name, *above), known)
        known[sub.name] = total
    return known[sub.name]


def _expanded(deck: _Deck, sub: _Subcircuit, path: str, nodes: dict[str, str],
              overrides: dict[str, str], find_model: object) -> Iterator[Element]:
    templates = sub.templates
    if templates is None or overrides:
        templates = _templates(deck, sub, overrides, find_model)
        if not overrides:
            sub.templates = templates
    for template in templates:
        if isinstance(template, Template):
            yield template.placed(path, nodes)
        else:
            yield from _instance(deck, template, path, nodes, find_model)


def _templates(deck: _Deck, sub: _Subcircuit, overrides: dict[str, str],
               find_model: object) -> list[Template | Card]:
    left = dict(overrides)
    scope = sub.scope
    inner = {name: left.pop(name) for name in list(left) if name in scope.names}
    if inner:
        scope = scope.overridden(inner)
    result: list[Template | Card] = []
    times = deck.analysis
    for card in sub.cards:
        label = card.text.split(None, 1)[0].upper()
        if label[0] == "X":
            result.append(card)
            continue
        result.append(reader(card, scope, left.pop(label, None), times,
                             lambda name, c: find_model(name, sub, c),  # type: ignore[operator]
                             deck.variation))
    if left:
        known = ", ".join(c.text.split(None, 1)[0].upper() for c in sub.cards[:20])
        raise sub.card.error(f"an instance overrides {', '.join(left)}: no such component, "
                             f"there are {known}")
    return result


def _instance(deck: _Deck, card: Card, path: str, nodes: dict[str, str],
              find_model: object) -> Iterator[Element]:
    words = [w.upper() for w in card.tokens]
    overrides = dict(w.split("=", 1) for w in words[1:] if "=" in w)
    plain = [w for w in words[1:] if "=" not in w]
    sub, outer = _chosen(deck, card, plain)
    label = f"{words[0]}.{path}" if path else words[0]
    outside = [_node(n, path, nodes) for n in outer]
    inside = dict(zip(sub.ports, outside, strict=True))
    yield from _expanded(deck, sub, label, inside, overrides, find_model)


def _chosen(deck: _Deck, card: Card, plain: list[str]) -> tuple[_Subcircuit, list[str]]:
    for name, outer in ((plain[-1:], plain[:-1]), (plain[:1], plain[1:])):
        sub = deck.subcircuits.get(name[0]) if name else None
        if sub is not None and len(sub.ports) == len(outer):
            return sub, outer
    named = [w for w in (*plain[-1:], *plain[:1]) if w in deck.subcircuits]
    if named:
        ports = deck.subcircuits[named[0]].ports
        raise card.error(f"{len(plain) - 1} nodes came, subcircuit {named[0]} has {len(ports)} "
                         f"({' '.join(ports)})")
    known = ", ".join(deck.subcircuits) or "none"
    raise card.error(f"no subcircuit among {' '.join(plain) or 'no words'}, known are {known}")


def _node(name: str, path: str, nodes: dict[str, str]) -> str:
    if name in GROUND:
        return "0"
    return nodes.get(name) or (f"{name}.{path}" if path else name)
