"""``.spread``: values drawn around their nominal ones.

JoSIM's manual says uniform within the spread, its code draws a normal deviation of a third of the
spread. Here a value is ``nominal (1 + spread z/3)`` with z normal and drawn again outside of -3
to 3, so that both hold: the distribution is the code's and the range is the manual's.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from neuromorph.circuits.deck.card import Card

_KIND = {"R": "resistor", "L": "inductor", "C": "capacitor", "B": "junction"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Variation:
    """Spreads of a deck: of all values, and by the letter of the element; and the seed."""

    seed: int = 0
    every: float | None = None
    kind: Mapping[str, float] = field(default_factory=dict)

    def spread(self, letter: str, own: float | None) -> float:
        """Return the spread of an element: its own, else that of its kind, else that of all."""
        for value in (own, self.kind.get(letter), self.every):
            if value is not None:
                return value
        return 0.0

    def factor(self, name: str, spread: float) -> float:
        """Return what the seed draws for the element called ``name``."""
        key = zlib.crc32(f"spread {name}".encode()) + ((self.seed & 0xFFFFFFFFFFFFFFFF) << 32)
        normals = np.random.Generator(np.random.Philox(key=key)).standard_normal(32)
        inside = normals[np.abs(normals) <= 3.0]
        return float(1.0 + spread * (inside[0] if inside.size else 0.0) / 3.0)


def variation(card: Card, value: Callable[[str], float], seed: int) -> Variation:
    """Read a ``.spread`` card: ``.spread 0.1 L=0.2 B=0.05``.

    Raises
    ------
    NetlistError
        Another kind than R L C B, or a spread that is not from 0 to below 1.
    """
    every: float | None = None
    kind: dict[str, float] = {}
    for word in card.tokens[1:]:
        letter, equals, text = word.partition("=")
        number = checked(card, value(text if equals else word))
        if not equals:
            every = number
        elif letter.upper() in _KIND:
            kind[letter.upper()] = number
        else:
            raise card.error(f"spread of {letter!r} came, R L C B are allowed")
    if every is None and not kind:
        raise card.error(".spread takes a fraction, or R= L= C= B= with one")
    return Variation(seed=seed, every=every, kind=kind)


def checked(card: Card, spread: float) -> float:
    """Return a spread, or refuse it."""
    if not 0 <= spread < 1:
        raise card.error(f"spread {spread:g} came, from 0 to below 1 is allowed")
    return spread
