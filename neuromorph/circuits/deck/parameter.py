"""Parameters: ``.param name=expression``, evaluated when needed, inner scopes first."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from neuromorph.circuits.deck.card import Card
from neuromorph.circuits.deck.expression import ExpressionError, evaluate

_DEFINITION = re.compile(r"([A-Za-z_]\w*)\s*=(?!=)")
_MAX_DEPTH = 200


@dataclass(slots=True)
class Scope:
    """The parameters of a deck or of a subcircuit; names not found are looked up outside."""

    names: dict[str, tuple[str, Card]] = field(default_factory=dict)
    outer: Scope | None = None
    known: dict[str, float] = field(default_factory=dict)

    def define(self, card: Card) -> None:
        """Take in a ``.param`` card; it may define several names.

        Raises
        ------
        NetlistError
            No ``name=expression`` on the line.
        """
        body = card.text.split(None, 1)[1] if len(card.text.split(None, 1)) > 1 else ""
        found = list(_DEFINITION.finditer(body))
        if not found or found[0].start() != 0:
            raise card.error(".param takes name=expression")
        for match, after in zip(found, [*found[1:], None], strict=True):
            text = body[match.end() : after.start() if after else len(body)].strip(" \t,")
            if not text:
                raise card.error(f"parameter {match.group(1)} has no value")
            self.names[match.group(1).upper()] = (text, card)

    def overridden(self, values: Mapping[str, str]) -> Scope:
        """Return a copy of the scope with some names given another text."""
        names = dict(self.names)
        for name, text in values.items():
            names[name] = (text, names[name][1])
        return Scope(names, self.outer)

    def value_at(self, card: Card) -> Callable[[str], float]:
        """Return a function that evaluates a token of ``card``, its errors naming the line."""

        def value(text: str) -> float:
            try:
                return evaluate(text, lambda name: self._parameter(name, ()))
            except ExpressionError as error:
                raise card.error(str(error)) from None

        return value

    def _parameter(self, name: str, above: tuple[str, ...]) -> float:
        if name in self.known:
            return self.known[name]
        if name not in self.names:
            if self.outer is not None:
                return self.outer._parameter(name, above)
            raise ExpressionError(f"{name!r} is no number and no parameter")
        if name in above or len(above) > _MAX_DEPTH:
            raise ExpressionError(f"parameter {name} depends on itself")
        text, card = self.names[name]
        try:
            value = evaluate(text, lambda other: self._parameter(other, (*above, name)))
        except ExpressionError as error:
            place = f"{card.file}:{card.line}"
            raise ExpressionError(f"{error} (parameter {name} of {place})") from None
        self.known[name] = value
        return value
