"""Quantisers: a format with a scale, x -> scale round(x / scale)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neuromorph.formats.number_format import NumberFormat

Array = NDArray[np.float64]

#: Scales tried, as factors of the one that just holds the largest value. Above it too: the error
#: of a float depends on where in an octave the values lie.
_FACTORS = 2.0 ** np.arange(1.0, -8.0, -0.125)
#: Values that the search for a scale looks at: the largest, which decide about heavy tails, and
#: others evenly spread over the tensor.
_LARGEST, _SPREAD = 1024, 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantiser:
    """A number format with one scale for a whole tensor.

    Attributes
    ----------
    format : NumberFormat
    scale : float
        What 1 in the format stands for.

    Raises
    ------
    ValueError
        A scale that is not a positive number.
    """

    format: NumberFormat
    scale: float

    def __post_init__(self) -> None:
        if not (np.isfinite(self.scale) and self.scale > 0):
            raise ValueError(f"Quantiser.scale: {self.scale} came, a positive number is allowed")

    def __call__(self, x: Any) -> Array:
        """Return the values that the format holds in place of x, same shape."""
        return np.asarray(self.scale * self.format.round(np.asarray(x) / self.scale))

    def error(self, x: Any) -> float:
        """Return the mean squared error on x."""
        return float(np.mean((self(x) - np.asarray(x)) ** 2))


def fitted(
    number: NumberFormat, x: Any, *, how: Literal["error", "largest"] = "error"
) -> Quantiser:
    """Return the quantiser for a tensor.

    Parameters
    ----------
    number : NumberFormat
    x : float, any shape
    how : "error" or "largest"
        The scale of least mean squared error (one octave above to eight below the one that
        holds the largest value, eighths of an octave; of a large tensor the 1,024 largest values
        and 8,192 spread over the others), or the one that just holds the largest value.

    Raises
    ------
    ValueError
        Nothing finite in x, or an unknown ``how``.
    """
    if how not in ("error", "largest"):
        raise ValueError(f"fitted: how={how!r} came, 'error' or 'largest' is allowed")
    values = np.asarray(x, np.float64).ravel()
    if values.size == 0 or not np.isfinite(values).all():
        raise ValueError("fitted: no values, or some that are not finite, came, finite ones are "
                         "allowed")  # fmt: skip
    peak = float(np.max(np.abs(values)))
    if peak == 0.0:
        return Quantiser(format=number, scale=1.0)
    whole = peak / float(number.values()[-1])
    if how == "largest":
        return Quantiser(format=number, scale=whole)
    some, weight = _looked_at(values)
    tried = [Quantiser(format=number, scale=float(whole * factor)) for factor in _FACTORS]
    return min(tried, key=lambda quantiser: float(weight @ (quantiser(some) - some) ** 2))


def _looked_at(values: Array) -> tuple[Array, Array]:
    """Return the values that decide about a scale, and how many of the tensor each stands for."""
    if values.size <= _LARGEST + _SPREAD:
        return values, np.ones(values.size)
    large = np.zeros(values.size, np.bool_)
    large[np.argpartition(np.abs(values), -_LARGEST)[-_LARGEST:]] = True
    stride = -(-(values.size - _LARGEST) // _SPREAD)
    spread = values[~large][::stride]
    weight = np.concatenate((np.full(spread.size, float(stride)), np.ones(_LARGEST)))
    return np.concatenate((spread, values[large])), weight
