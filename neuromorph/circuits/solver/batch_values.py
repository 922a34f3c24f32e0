"""Values of many variants of a circuit: an array over lanes for every element."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neuromorph.circuits.circuit import Circuit, canonical
from neuromorph.circuits.element import (
    Capacitor,
    CurrentSource,
    Inductor,
    Junction,
    Mutual,
    Resistor,
)
from neuromorph.circuits.solver.reduction import CircuitError

Array = NDArray[np.float64]
_TAKEN = (Junction, Resistor, Inductor, Capacitor, Mutual, CurrentSource)


@dataclass(frozen=True, slots=True, eq=False)
class Variants:
    """Factors on a circuit's element values, with the seed and temperature of each lane.

    Attributes
    ----------
    factors : mapping of array, shape (n,)
        By element; what :meth:`~neuromorph.circuits.circuit.Circuit.scaled` would multiply.
    seeds : array of int, shape (n,)
    temperature : array, shape (n,) [K], optional
        None: what the circuit says.
    """

    circuit: Circuit
    factors: Mapping[str, Array]
    seeds: tuple[int, ...]
    temperature: Array | None

    @property
    def n(self) -> int:
        """Number of lanes."""
        return len(self.seeds)

    def of(self, name: str) -> Array | float:
        """Return the factors of an element."""
        return self.factors.get(name, 1.0)

    def kelvin(self, own: float | None) -> Array | float:
        """Return the temperature of an element [K], as the scalar run chooses it."""
        if self.temperature is not None:
            return self.temperature
        return own if own is not None else self.circuit.temperature or 0.0

    def taken(self, lanes: NDArray[np.int64]) -> Variants:
        """Return some of the lanes."""
        heat = None if self.temperature is None else self.temperature[lanes]
        return Variants(self.circuit, {k: x[lanes] for k, x in self.factors.items()},
                        tuple(self.seeds[i] for i in lanes), heat)

    def one(self, lane: int) -> Circuit:
        """Return the circuit of one lane."""
        return self.circuit.scaled({k: float(x[lane]) for k, x in self.factors.items()})


def variants(circuit: Circuit, factors: Mapping[str, ArrayLike], seeds: ArrayLike,
             temperature: ArrayLike | None) -> Variants:
    """Bring factors, seeds and temperatures to one number of lanes.

    Raises
    ------
    ValueError
        Lengths that differ, an element that is not there or has no value, a factor that is not
        above 0.
    """
    given = {canonical(name): np.asarray(x, dtype=np.float64) for name, x in factors.items()}
    sizes = {x.size for x in given.values() if x.ndim} | {np.size(seeds)} - {1}
    sizes |= {np.size(temperature)} - {1} if temperature is not None else set()
    if len(sizes) > 1 or any(x.ndim > 1 for x in given.values()):
        raise ValueError(f"variants of {circuit.title}: arrays of {sorted(sizes)} lanes came, one "
                         "length for all factors, seeds and temperatures is allowed")
    n = next(iter(sizes), 1)
    for name, x in given.items():
        _check(circuit, name, x)
    heat = None if temperature is None else np.broadcast_to(
        np.asarray(temperature, dtype=np.float64), (n,))
    if heat is not None and not (np.all(np.isfinite(heat)) and np.all(heat >= 0)):
        raise ValueError(f"variants of {circuit.title}: a temperature of {np.min(heat):g} K came, "
                         "0 K or more is allowed")
    drawn = np.broadcast_to(np.asarray(seeds, dtype=object), (n,))
    return Variants(circuit, {k: np.broadcast_to(x, (n,)) for k, x in given.items()},
                    tuple(int(s) for s in drawn), heat)


class BatchError(CircuitError):
    """A circuit that is simulated one variant at a time only; the message names the element."""


def refuse_single(circuit: Circuit, step: float) -> None:
    """Refuse what the batch kernel does not take.

    Raises
    ------
    BatchError
        An element or a noise bandwidth that only single runs take.
    """
    for element in circuit.elements:
        taken = isinstance(element, _TAKEN)
        drawn = isinstance(element, CurrentSource) and hasattr(element.waveform, "drawn")
        if not taken or drawn:
            kind = "noise source" if drawn else type(element).__name__
            raise BatchError(f"{element.name}: a {kind}; simulate such variants one by one")
        band = getattr(element, "bandwidth", None) or circuit.bandwidth
        if band is not None and band * step < 1 - 1e-6:
            raise BatchError(f"{element.name}: noise of limited bandwidth; simulate such variants "
                             "one by one")


def _check(circuit: Circuit, name: str, x: Array) -> None:
    element = circuit.element(name)
    if not isinstance(element, _TAKEN):
        raise ValueError(f"{name}: factors came for a {type(element).__name__}, whose value is "
                         "the same in all variants")
    bad = x[~(np.isfinite(x) & (x > 0))] if not isinstance(element, CurrentSource) else (
        x[~np.isfinite(x)])
    if bad.size:
        raise ValueError(f"{name}: a factor of {bad.flat[0]:g} came, a finite one above 0 is "
                         "allowed")
