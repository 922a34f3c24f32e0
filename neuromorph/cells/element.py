"""One kernel text for one value or one per unit, in float64 or float32."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numba.extending import overload


def at(value: Any, i: int) -> Any:
    """Return ``value[i]`` of an array, and a number as it is.

    The choice is made when a kernel is compiled: a number is hoisted out of the loop.
    """
    return value if np.ndim(value) == 0 else value[i]


@overload(at, inline="always", strict=False)
def _at(value: Any, i: int) -> Any:
    if isinstance(value, types.Array):
        return lambda value, i: value[i]
    return lambda value, i: value


def into(total: Any, drive: Any, v: Any, i: int) -> Any:
    """Return ``total + current - conductance v`` of what drives unit i of a port."""
    total = total + drive.current[i]
    return total if drive.conductance is None else total - drive.conductance[i] * v


@overload(into, inline="always", strict=False)
def _into(total: Any, drive: Any, v: Any, i: int) -> Any:
    if isinstance(drive.types[1], types.NoneType):
        return lambda total, drive, v, i: total + drive.current[i]
    return lambda total, drive, v, i: (total + drive.current[i]) - drive.conductance[i] * v


def like(value: float, x: Any) -> Any:
    """Return a literal in the precision of ``x``."""
    return np.asarray(x).dtype.type(value)


@overload(like, inline="always", strict=False)
def _like(value: float, x: Any) -> Any:
    if x == types.float32:
        return lambda value, x: np.float32(value)
    return lambda value, x: np.float64(value)
