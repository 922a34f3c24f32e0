"""What a backend needs to know of a cell whose synapses are currents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

NEVER = 1e9  #: age of a unit that has not spiked yet, in steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A cell's state, constants and kernel.

    Attributes
    ----------
    variables : tuple of str
        Rows of the state; the last ones are the currents of the ports' own synapses.
    constants : function
        (cell, dt) -> NamedTuple of numbers and arrays (n,).
    initial : function
        cell -> {variable: number or (n,)}; what is not named starts at 0.
    window : function
        See :func:`neuromorph.cells.window.window_of`.
    fused : function, optional
        The same with fused products and sums; see
        :func:`neuromorph.cells.window.fused_window_of`.
    """

    variables: tuple[str, ...]
    constants: Callable[[Any, float], Any]
    initial: Callable[[Any], Mapping[str, Any]]
    window: Any
    fused: Any = None


def number(value: Any) -> Any:
    """Return a float for a single value, an array (n,) otherwise."""
    array = np.asarray(value, dtype=np.float64)
    return float(array) if array.ndim == 0 else array


def per_step(tau: Any, dt: float) -> Any:
    """Return dt / tau."""
    return number(dt / np.asarray(tau))


def decay(tau: Any, dt: float) -> Any:
    """Return exp(-dt / tau), the exact decay of one step."""
    return number(np.exp(-dt / np.asarray(tau)))


def whole_steps(time: Any, dt: float) -> Any:
    """Return a time in whole steps."""
    return number(np.rint(np.asarray(time) / dt))
