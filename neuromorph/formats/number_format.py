"""Number formats of up to eight bits, bit by bit.

A float of e exponent bits, m mantissa bits and bias b (sign s, exponent field E, mantissa field M):

    value = (-1)^s 2^(1 - b) M / 2^m              E = 0 (subnormal)
    value = (-1)^s 2^(E - b) (1 + M / 2^m)        E > 0

An integer of n bits is symmetric here, from -(2^(n-1) - 1) on, as weights are usually stored.
Rounding is to nearest, ties to the even code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Codes = NDArray[np.uint8]


class NumberFormat(Protocol):
    """What every format answers."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def bits(self) -> int:
        """Width of a code."""

    def values(self) -> Array:
        """Return all finite values in ascending order, 0 once."""

    def round(self, x: Any) -> Array:
        """Return the nearest value of the format, saturated at its ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegerFormat:
    """A symmetric integer.

    Attributes
    ----------
    name : str
    bits : int
        2 to 8.

    Raises
    ------
    ValueError
        Another number of bits.
    """

    name: str
    bits: int

    def __post_init__(self) -> None:
        if not 2 <= self.bits <= 8:
            raise ValueError(f"IntegerFormat.bits: {self.bits} came, 2 to 8 are allowed")

    @property
    def largest(self) -> float:
        """The largest value."""
        return float(2 ** (self.bits - 1) - 1)

    def values(self) -> Array:
        """Return all values in ascending order."""
        return np.asarray(np.arange(-self.largest, self.largest + 1.0), np.float64)

    def round(self, x: Any) -> Array:
        """Return the nearest integer, ties to even, saturated."""
        return np.clip(np.rint(np.asarray(x, np.float64)), -self.largest, self.largest)


@dataclass(frozen=True, slots=True, kw_only=True)
class FloatFormat:
    """A small float.

    Attributes
    ----------
    name : str
    exponent, mantissa : int
        Their bits; with the sign eight at most.
    bias : int
    special : "ieee" or "fn"
        What the largest exponent holds: infinities and NaN, or (``fn``: finite) numbers except for
        the one code of all ones, which is NaN.

    Raises
    ------
    ValueError
        Widths that do not fit eight bits.

    Notes
    -----
    E4M3 (``fn``) and E5M2 (``ieee``) are those of the OCP 8-bit floating point specification of
    2023 and of arXiv 2209.05433; E3M4 is IEEE-like with bias 3.
    """

    name: str
    exponent: int
    mantissa: int
    bias: int
    special: Literal["ieee", "fn"] = "ieee"

    def __post_init__(self) -> None:
        if self.exponent < 2 or self.mantissa < 1 or self.exponent + self.mantissa > 7:
            raise ValueError(
                f"FloatFormat {self.name!r}: {self.exponent} exponent and {self.mantissa} mantissa "
                "bits came, 2 and 1 or more, 7 together at most, are allowed"
            )

    @property
    def bits(self) -> int:
        """Width of a code."""
        return 1 + self.exponent + self.mantissa

    @property
    def largest(self) -> float:
        """The largest finite value."""
        ieee = self.special == "ieee"
        field, fraction = self._top - ieee, 2.0 - 2.0**-self.mantissa * (1 if ieee else 2)
        return float(fraction * 2.0 ** (field - self.bias))

    def decode(self, codes: Any) -> Array:
        """Return the values of codes; infinities and NaN where the format has them.

        Parameters
        ----------
        codes : uint8, any shape

        Returns
        -------
        float64, same shape
        """
        code = np.asarray(codes, np.uint8).astype(np.int64)
        field = (code >> self.mantissa) & self._top
        fraction = code & (2**self.mantissa - 1)
        sign = np.where(code >> (self.bits - 1) & 1, -1.0, 1.0)
        power = np.maximum(field, 1) - self.bias - self.mantissa
        value = sign * np.ldexp((fraction + (field > 0) * 2**self.mantissa).astype(float), power)
        if self.special == "ieee":
            nothing = np.where(fraction == 0, sign * np.inf, np.nan)
            return np.asarray(np.where(field == self._top, nothing, value))
        return np.asarray(np.where(self._all_ones(field, fraction), np.nan, value))

    def encode(self, x: Any, *, saturate: bool = False) -> Codes:
        """Return the codes nearest to values.

        Parameters
        ----------
        x : float, any shape
        saturate : bool
            Take the largest finite value for what lies beyond it; else infinity, or NaN in a
            format without one.

        Returns
        -------
        uint8, same shape
        """
        value = np.asarray(x, np.float64)
        table = self._positive()
        magnitude = np.abs(np.where(np.isnan(value), 0.0, value))
        # codes of one sign ascend with their values, so the nearest is a neighbour in the table
        middle = (table[1:] + table[:-1]) / 2
        below = np.searchsorted(middle, magnitude, side="left")
        tie = (below < middle.size) & (magnitude == middle[np.minimum(below, middle.size - 1)])
        code = below + (tie & (below % 2 == 1))
        over = self._over(magnitude, table)
        code = np.where(over, table.size - 1 if saturate else self._beyond(), code)
        code = np.where(np.isnan(value), self._nan(), code)
        negative = np.signbit(value).astype(np.int64) << (self.bits - 1)
        return np.asarray(code + negative, np.uint8)

    def values(self) -> Array:
        """Return all finite values in ascending order, 0 once."""
        positive = self._positive()
        return np.concatenate((-positive[:0:-1], positive))

    def round(self, x: Any) -> Array:
        """Return the nearest finite value, ties to the even code, saturated.

        The same as decoding the saturated code (a test holds it), without the table.
        """
        value = np.asarray(x, np.float64)
        _, power = np.frexp(value)
        step = np.maximum(power - 1, 1 - self.bias) - self.mantissa
        held = np.clip(np.ldexp(np.rint(np.ldexp(value, -step)), step), -self.largest, self.largest)
        return np.asarray(held)

    @property
    def _top(self) -> int:
        return int(2**self.exponent - 1)

    def _all_ones(self, field: Any, fraction: Any) -> Any:
        return (field == self._top) & (fraction == 2**self.mantissa - 1)

    def _positive(self) -> Array:
        """Return the finite values from 0 up; the code is the position."""
        value = self.decode(np.arange(2 ** (self.bits - 1), dtype=np.uint8))
        return np.asarray(value[np.isfinite(value)])

    def _over(self, magnitude: Array, table: Array) -> NDArray[np.bool_]:
        """Say what rounds beyond the largest value: half a step above it (a tie goes up if odd)."""
        half = table[-1] + (table[-1] - table[-2]) / 2
        return np.asarray(magnitude >= half if (table.size - 1) % 2 else magnitude > half)

    def _beyond(self) -> int:
        return self._top << self.mantissa if self.special == "ieee" else self._nan()

    def _nan(self) -> int:
        first = self._top << self.mantissa
        if self.special == "ieee":
            return first + (1 << (self.mantissa - 1))
        return first + (1 << self.mantissa) - 1


INT8 = IntegerFormat(name="INT8", bits=8)
INT4 = IntegerFormat(name="INT4", bits=4)
E4M3 = FloatFormat(name="FP8-E4M3", exponent=4, mantissa=3, bias=7, special="fn")
E5M2 = FloatFormat(name="FP8-E5M2", exponent=5, mantissa=2, bias=15)
E3M4 = FloatFormat(name="FP8-E3M4", exponent=3, mantissa=4, bias=3)

#: The formats that the comparison runs, by name.
FORMATS: dict[str, NumberFormat] = {f.name: f for f in (INT8, INT4, E4M3, E5M2, E3M4)}
