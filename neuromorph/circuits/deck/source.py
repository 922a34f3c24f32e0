"""Source specifications of a deck, ``pwl(...)``, ``pulse(...)``, ``dc ...``, as waveforms."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from neuromorph.circuits.deck.card import Card, read_text
from neuromorph.circuits.deck.expression import number
from neuromorph.circuits.sampled_waveform import Custom, NoiseSource, Pws
from neuromorph.circuits.waveform import Dc, Exponential, Pulse, Pwl, Sine, Waveform


@dataclass(frozen=True, slots=True)
class SourceScope:
    """What a source needs to be read: its line, the value of a token, .tran for defaults."""

    card: Card
    value: Callable[[str], float]
    step: float
    duration: float


def waveform(tokens: Sequence[str], scope: SourceScope) -> Waveform:
    """Return the waveform that the tokens after the nodes describe.

    Raises
    ------
    NetlistError
        An unknown kind, too few or too many numbers, times that run backwards.
    """
    tokens = [t for t in tokens if t.upper() != "DC"] if len(tokens) == 2 else list(tokens)
    if len(tokens) != 1:
        raise scope.card.error("one source is needed after the nodes: dc A, pwl(...), pulse(...)")
    head, bracket, rest = tokens[0].partition("(")
    if head.upper().startswith("DC=") and not bracket:
        return Dc(scope.value(head[3:]))
    reader = _READERS.get(head.upper())
    if not bracket or reader is None:
        if bracket and head.isidentifier() and head.upper() not in _FUNCTIONS:
            known = " ".join(k.lower() for k in _READERS)
            raise scope.card.error(f"unknown source {head!r}, known are dc {known}")
        return Dc(scope.value(tokens[0]))
    words = rest.removesuffix(")").replace(",", " ").split()
    try:
        return reader(words, scope)
    except ValueError as error:
        if type(error) is not ValueError:
            raise
        raise scope.card.error(str(error)) from None


def _count(words: Sequence[str], low: int, high: int, name: str) -> None:
    if not low <= len(words) <= high:
        raise ValueError(f"{name}: {len(words)} values came, {low} to {high} are allowed")


def _pwl(words: Sequence[str], scope: SourceScope) -> Waveform:
    values = [scope.value(w) for w in words]
    if len(values) < 2 or len(values) % 2:
        raise ValueError(f"pwl: {len(values)} values came, pairs of time and level are needed")
    return Pwl(values[::2], values[1::2])


def _pulse(words: Sequence[str], scope: SourceScope) -> Waveform:
    _count(words, 2, 7, "pulse")
    given = [scope.value(w) for w in words]
    default = [0.0, 0.0, 0.0, scope.step, scope.step, scope.duration, scope.duration]
    low, high, delay, rise, fall, width, period = given + default[len(given):]
    if len(words) < 7:
        period = max(period, rise + width + fall)
    return Pulse(low=low, high=high, delay=delay, rise=rise or scope.step,
                 fall=fall or scope.step, width=width, period=period)


def _sine(words: Sequence[str], scope: SourceScope) -> Waveform:
    _count(words, 2, 7, "sin")
    given = [scope.value(w) for w in words]
    default = [0.0, 0.0, 1.0 / scope.duration, 0.0, 0.0, 0.0, 0.0]
    offset, amplitude, frequency, delay, damping, phase, cycles = given + default[len(given):]
    return Sine(offset=offset, amplitude=amplitude, frequency=frequency or default[2],
                delay=delay, damping=damping, phase=math.radians(phase), cycles=cycles)


def _exponential(words: Sequence[str], scope: SourceScope) -> Waveform:
    _count(words, 2, 6, "exp")
    given = [scope.value(w) for w in words]
    low, high = given[:2]
    rise_delay = given[2] if len(given) > 2 else 0.0
    rise_tau = given[3] if len(given) > 3 else rise_delay + scope.step
    fall_delay = given[4] if len(given) > 4 else scope.step
    fall_tau = given[5] if len(given) > 5 else scope.step
    return Exponential(low=low, high=high, rise_delay=rise_delay, rise_tau=rise_tau,
                       fall_delay=fall_delay, fall_tau=fall_tau)


def _pws(words: Sequence[str], scope: SourceScope) -> Waveform:
    values = [scope.value(w) for w in words]
    if len(values) < 2 or len(values) % 2:
        raise ValueError(f"pws: {len(values)} values came, pairs of time and level are needed")
    return Pws(values[::2], values[1::2])


def _noise(words: Sequence[str], scope: SourceScope) -> Waveform:
    _count(words, 2, 3, "noise")
    given = [scope.value(w) for w in words]
    interval = given[2] if len(given) > 2 else scope.step
    return NoiseSource(amplitude=given[0], delay=given[1], interval=interval)


def _custom(words: Sequence[str], scope: SourceScope) -> Waveform:
    _count(words, 2, 6, "cus")
    given = [scope.value(w) for w in words[1:]]
    interval, factor, order, delay, period = given + [scope.step, 1.0, 1.0, 0.0, 0.0][len(given):]
    if order not in (0.0, 1.0, 2.0):
        raise ValueError(f"cus: interpolation {order:g} came, 0, 1 or 2 is allowed")
    samples = np.array(_samples(words[0], scope.card))
    return Custom(samples=samples, interval=max(interval, scope.step),
                  factor=factor, order=int(order), delay=delay, periodic=round(period) != 0,
                  file=words[0])


def _samples(name: str, card: Card) -> list[float]:
    """Return the numbers on the first line of a wave file, beside the deck unless it has a path."""
    if "\0" in name:
        raise card.error("the wave file has no usable name")
    folder = card.folder or Path.cwd()
    path = folder / name.strip("\"'")
    if not path.is_file() and (folder / name.lower()).is_file():
        path = folder / name.lower()
    line = read_text(path, card).split("\n", 1)[0]
    try:
        return [number(w) for w in line.replace(",", " ").replace(";", " ").split()]
    except ValueError as error:
        raise card.error(f"{path}: {error}") from None


_READERS: dict[str, Callable[[Sequence[str], SourceScope], Waveform]] = {
    "PWL": _pwl, "PULSE": _pulse, "SIN": _sine, "EXP": _exponential,
    "PWS": _pws, "NOISE": _noise, "CUS": _custom,
}
_FUNCTIONS = frozenset({"COS", "TAN", "SQRT", "ABS", "LOG", "LN", "LOG10"})
