"""Numbers with suffixes and arithmetic expressions, as decks write them.

A small recursive-descent parser; nothing a file says is ever handed to Python.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

SUFFIX = {"MEG": 1e6, "F": 1e-15, "P": 1e-12, "N": 1e-9, "U": 1e-6, "M": 1e-3,
          "K": 1e3, "X": 1e6, "G": 1e9, "T": 1e12}
UNIT = frozenset({"", "V", "A", "H", "F", "OHM", "OHMS", "S", "HZ", "W", "J", "WB"})

_LETTERS = dict.fromkeys(UNIT, 1.0) | {
    suffix + unit: factor for suffix, factor in SUFFIX.items() for unit in UNIT}

#: The constants JoSIM 2.7 knows, with its own values, so that a deck means the same number.
CONSTANT = {
    "PI": math.pi,
    "PHI_ZERO": 2.067833831170082e-15,
    "BOLTZMANN": 1.38064852e-23,
    "EV": 1.6021766208e-19,
    "HBAR": 1.0545718001391127e-34,
    "C": 299792458.0,
    "MU0": 12.566370614e-7,
    "EPS0": 8.854187817e-12,
    "SIGMA": 3.291059757e-16,
}

FUNCTION: dict[str, Callable[[float], float]] = {
    "SIN": math.sin, "COS": math.cos, "TAN": math.tan, "ASIN": math.asin, "ACOS": math.acos,
    "ATAN": math.atan, "SINH": math.sinh, "COSH": math.cosh, "TANH": math.tanh,
    "EXP": math.exp, "LOG": math.log, "LN": math.log, "LOG10": math.log10, "SQRT": math.sqrt,
    "ABS": abs, "CBRT": lambda x: math.copysign(abs(x) ** (1 / 3), x), "CEIL": math.ceil,
    "FLOOR": math.floor,
}

_NUMBER = re.compile(r"((?:\d+\.?\d*|\.\d+)(?:[Ee][+-]?\d+)?)([A-Za-z]*)")
_SIGNED = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[Ee][+-]?\d+)?)([A-Za-z]*)")
_NAME = re.compile(r"[A-Za-z_][\w]*")
_DEPTH = 100

Lookup = Callable[[str], float]


class ExpressionError(ValueError):
    """A number or an expression that cannot be read; the reader adds file and line."""


def number(text: str) -> float:
    """Read ``2.07p``, ``0.07pF``, ``1MEG`` or ``-3e-12`` as an SI float.

    Raises
    ------
    ExpressionError
        The text is no number, or its suffix is unknown.
    """
    match = _SIGNED.fullmatch(text)
    if match is None:
        raise ExpressionError(f"{text!r} came, a number such as 2.07p is allowed")
    return _scaled(match)


def evaluate(text: str, lookup: Lookup) -> float:
    """Return the value of an expression in ``+ - * / ^ ( )``, functions and names.

    ``lookup`` gives the value of a name or raises :class:`ExpressionError`.

    Raises
    ------
    ExpressionError
        Bad syntax, an unknown name or function, a value that is not finite.
    """
    match = _SIGNED.fullmatch(text)
    if match is not None and (factor := _LETTERS.get(match.group(2).upper())) is not None:
        value = float(match.group(1)) * factor
        if math.isfinite(value):
            return value
    parser = _Parser(text, lookup)
    try:
        value = parser.sum(0)
    except (ZeroDivisionError, OverflowError, ValueError) as error:
        if isinstance(error, ExpressionError):
            raise
        raise ExpressionError(f"{text!r}: {error}") from None
    parser.finish()
    if isinstance(value, complex) or not math.isfinite(value):
        raise ExpressionError(f"{text!r}: the value is not a finite number")
    return float(value)


def _scaled(match: re.Match[str]) -> float:
    mantissa, letters = float(match.group(1)), match.group(2).upper()
    if not math.isfinite(mantissa):
        raise ExpressionError(f"{match.group(0)!r}: the value is not a finite number")
    if letters in _LETTERS:
        return mantissa * _LETTERS[letters]
    known = " ".join(SUFFIX)
    raise ExpressionError(
        f"{match.group(0)!r}: unknown suffix {match.group(2)!r}, allowed are {known}"
    )


class _Parser:
    """One pass over an expression: sum, product, power, sign, atom."""

    def __init__(self, text: str, lookup: Lookup) -> None:
        self.text, self.at, self.lookup = text, 0, lookup

    def peek(self) -> str:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1
        return self.text[self.at : self.at + 1]

    def fail(self, what: str) -> ExpressionError:
        return ExpressionError(f"{self.text!r}: {what} at character {self.at + 1}")

    def finish(self) -> None:
        if self.peek():
            raise self.fail(f"unexpected {self.peek()!r}")

    def sum(self, depth: int) -> float:
        value = self.product(depth)
        while (sign := self.peek()) in ("+", "-") and sign:
            self.at += 1
            term = self.product(depth)
            value = value + term if sign == "+" else value - term
        return value

    def product(self, depth: int) -> float:
        value = self.signed(depth)
        while (sign := self.peek()) in ("*", "/") and sign:
            double = self.text[self.at : self.at + 2] == "**"
            if double:
                break
            self.at += 1
            factor = self.signed(depth)
            value = value * factor if sign == "*" else value / factor
        return value

    def signed(self, depth: int) -> float:
        if depth > _DEPTH:
            raise self.fail("nested too deeply")
        if self.peek() in ("+", "-") and self.peek():
            sign = self.text[self.at]
            self.at += 1
            value = self.signed(depth + 1)
            return -value if sign == "-" else value
        return self.power(depth)

    def power(self, depth: int) -> float:
        value = self.atom(depth)
        self.peek()
        for sign in ("^", "**"):
            if self.text.startswith(sign, self.at):
                self.at += len(sign)
                return math.pow(value, self.signed(depth + 1))
        return value

    def atom(self, depth: int) -> float:
        first = self.peek()
        if first in ("(", "{") and first:
            self.at += 1
            value = self.sum(depth + 1)
            self.close(")" if first == "(" else "}")
            return value
        if match := _NUMBER.match(self.text, self.at):
            self.at = match.end()
            return _scaled(match)
        if match := _NAME.match(self.text, self.at):
            self.at = match.end()
            return self.named(match.group().upper(), depth)
        raise self.fail(f"unexpected {first!r}" if first else "the expression ends too early")

    def named(self, name: str, depth: int) -> float:
        if self.peek() != "(":
            return CONSTANT[name] if name in CONSTANT else self.lookup(name)
        if name not in FUNCTION:
            known = " ".join(sorted(FUNCTION)).lower()
            raise self.fail(f"unknown function {name.lower()!r} (allowed are {known})")
        self.at += 1
        value = self.sum(depth + 1)
        self.close(")")
        return float(FUNCTION[name](value))

    def close(self, bracket: str) -> None:
        if self.peek() != bracket:
            raise self.fail(f"{bracket!r} is missing")
        self.at += 1
