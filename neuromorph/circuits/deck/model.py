"""``.model NAME jj(...)`` cards."""

from __future__ import annotations

from collections.abc import Callable

from neuromorph.circuits.deck.card import Card
from neuromorph.circuits.element import Model

_FIELD = {"VG": "vg", "VGAP": "vg", "IC": "i_c", "ICRIT": "i_c", "RN": "r_n", "R0": "r_0",
          "C": "c", "CAP": "c", "T": "t", "TC": "t_c", "DELV": "delv", "D": "d",
          "ICFCT": "icfct", "ICFACT": "icfct", "PHI": "phi"}


def model(card: Card, value: Callable[[str], float]) -> Model:
    """Read a model card; parameters that JoSIM does not know are refused.

    Raises
    ------
    NetlistError
        Another kind than jj, an unknown parameter, a value out of range.
    """
    words = card.tokens
    kind, bracket, rest = words[2].partition("(")
    if kind.upper() != "JJ":
        raise card.error(f"model kind {kind!r} came, jj is allowed")
    if bracket and not rest.endswith(")"):
        raise card.error("jj(...) is followed by more text")
    inner = [rest[:-1]] if bracket else []
    fields: dict[str, object] = {}
    for word in _parameters(" ".join([*inner, *words[3:]])):
        name, equals, text = word.partition("=")
        if not equals:
            raise card.error(f"{word!r} came, name=value is allowed in a model")
        _take(card, name.strip().upper(), text.strip(), value, fields)
    try:
        return Model(name=words[1].upper(), **fields)  # type: ignore[arg-type]
    except ValueError as error:
        raise card.error(str(error)) from None


def _take(card: Card, name: str, text: str, value: Callable[[str], float],
          fields: dict[str, object]) -> None:
    if name == "CPR":
        body = text.strip("{}").replace(",", " ").split()
        fields["cpr"] = tuple(value(word) for word in body)
    elif name == "RTYPE":
        number = value(text)
        fields["rtype"] = int(number) if number == int(number) else -1
    elif name in _FIELD:
        fields[_FIELD[name]] = value(text)
        if name in ("T", "TC", "D"):
            fields["temperature_form"] = True
    else:
        known = " ".join(k.lower() for k in (*_FIELD, "RTYPE", "CPR"))
        raise card.error(f"unknown model parameter {name.lower()!r}, known are {known}")


def _parameters(text: str) -> list[str]:
    words, depth, start = [], 0, 0
    for i, c in enumerate(text):
        depth += (c in "({") - (c in ")}")
        if depth == 0 and c in ", \t":
            words.append(text[start:i])
            start = i + 1
    words.append(text[start:])
    return [w for w in words if w]
