"""Populations, projections, and the network they make.

Reference semantics
-------------------
Every backend that computes step by step holds the following. Step k stands for the time k dt.

1. *Integrate.* Linear parts go from k dt to (k + 1) dt by the exact propagator exp(-dt / tau).
   A refractory cell does not move.
2. *Threshold.* A cell that is not refractory and whose v > v_th spikes; the spike has step k.
3. *Deliver.* Every spike whose delay is due at step k reaches its targets. Each port sums what
   arrives on a dyadic grid (weights are rounded to 2**-30 of the largest on that port), so that
   the sum does not depend on the order, and adds it once. A spike of step k with a delay of
   d >= 1 steps is delivered at step k + d. A stochastic synapse passes if its draw for
   (seed, projection, synapse, step of delivery) is below round(p 2**32).
4. *Reset.* Cells that spiked subtract v_subtract or go to v_reset.

With a refractory time of r > 0 steps, a cell that spikes at step k drops what arrives at steps
k ... k + r - 1 and does not integrate at steps k + 1 ... k + r - 1. Traces are sampled at the
start of a step. Sources emit at the step nearest to the time of their spike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neuromorph.description.cell import Cell
from neuromorph.description.described import Described, frozen_array
from neuromorph.description.weights import as_weights
from neuromorph.units import si

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Population(Described):
    """``n`` units of one cell.

    Attributes
    ----------
    name : str
        Letters, digits and underscores.
    n : int
    cell : Cell
        Its parameters are numbers or arrays of shape (n,).

    Raises
    ------
    ValueError, TypeError
        A bad name, size or cell.
    """

    name: str
    n: int
    cell: Cell

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not _NAME.match(self.name):
            raise ValueError(
                f"Population.name: {self.name!r} came, letters, digits and underscores are allowed"
            )
        whole = isinstance(self.n, (int, np.integer)) and not isinstance(self.n, bool)
        if not whole or self.n < 1:
            raise ValueError(
                f"Population {self.name!r}: n = {self.n!r} came, a whole number of 1 or more is "
                "allowed"
            )
        object.__setattr__(self, "n", int(self.n))
        if not isinstance(self.cell, Cell):
            raise TypeError(
                f"Population {self.name!r}: cell {self.cell!r} came, a cell such as LIF(...) "
                "is allowed"
            )
        for field in fields(self.cell):  # type: ignore[arg-type]
            value = getattr(self.cell, field.name)
            if isinstance(value, np.ndarray) and value.shape != (self.n,):
                raise ValueError(
                    f"Population {self.name!r}: {type(self.cell).__name__}.{field.name} of shape "
                    f"{value.shape} came, a number or shape ({self.n},) is allowed"
                )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Projection(Described):
    """Synapses from one population to one port of another.

    Attributes
    ----------
    source, target : str
        Names of populations.
    port : str
        Port of the target's cell.
    weights : Weights, (n_source, n_target) array or scipy sparse matrix
        In the unit of the port.
    delay : float or (n_synapse,) [s]
        A whole number of steps, at least one. Per synapse: in row order, or as a matrix.
    probability : float or (n_synapse,)
        Chance that a spike passes a synapse: one Bernoulli draw per spike and synapse.

    Raises
    ------
    ValueError
        A weight, delay or probability out of range or of another shape.
    """

    source: str
    target: str
    port: str = "basal"
    weights: Any
    delay: float | NDArray[np.float64] = 1e-3
    probability: float | NDArray[np.float64] = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", as_weights(self.weights))
        self._set_per_synapse("delay", "s", 0.0, np.inf)
        self._set_per_synapse("probability", "1", 0.0, 1.0)

    @property
    def label(self) -> str:
        """``source->target.port``, for messages."""
        return f"{self.source}->{self.target}.{self.port}"

    def _set_per_synapse(self, name: str, unit: str, low: float, high: float) -> None:
        where = f"Projection {self.label}: {name}"
        value: Any = si(getattr(self, name), unit, where)
        array = np.asarray(value)
        if array.shape == self.weights.shape and array.ndim == 2:
            array = array[self.weights.source, self.weights.target]
        if array.ndim and array.shape != (self.weights.n_synapse,):
            raise ValueError(
                f"{where} of shape {array.shape} came, a number or one per synapse "
                f"({self.weights.n_synapse}) is allowed"
            )
        bad = ~((array >= low) & (array <= high) & np.isfinite(array))
        if bad.any():
            limit = f"{low:g} to {high:g}" if high < np.inf else f"{low:g} or more"
            raise ValueError(f"{where}: {array[bad].flat[0]:g} came, {limit} is allowed")
        object.__setattr__(
            self, name, frozen_array(array, np.float64) if array.ndim else float(array)
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Network(Described):
    """Populations and projections: what is computed, not how.

    Raises
    ------
    ValueError
        Duplicate names, a projection that does not fit, or spiking cells mixed with frames.
    """

    populations: tuple[Population, ...]
    projections: tuple[Projection, ...] = ()
    name: str = "network"

    def __post_init__(self) -> None:
        object.__setattr__(self, "populations", tuple(self.populations))
        object.__setattr__(self, "projections", tuple(self.projections))
        for field, kind in (("populations", Population), ("projections", Projection)):
            for item in getattr(self, field):
                if not isinstance(item, kind):
                    raise TypeError(
                        f"Network {self.name!r}, {field}: {item!r} came, {kind.__name__}(...) is "
                        "allowed"
                    )
        names = [population.name for population in self.populations]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(
                f"Network {self.name!r}: population {min(twice)!r} came twice, "
                "each name is allowed once"
            )
        kinds = {p.cell.kind: p for p in self.populations if p.cell.kind != "source"}
        if len(kinds) > 1:
            came = " and ".join(
                f"{p.name!r} ({type(p.cell).__name__}, {kind})" for kind, p in kinds.items()
            )
            raise ValueError(
                f"Network {self.name!r}: {came} came together, only spiking or only frame-based "
                "cells are allowed: split the network"
            )
        for projection in self.projections:
            self._check(projection)

    @property
    def kind(self) -> Literal["spiking", "frames"]:
        """``"frames"`` if any cell is frame-based, else ``"spiking"``."""
        frames = any(p.cell.kind == "frames" for p in self.populations)
        return "frames" if frames else "spiking"

    def population(self, name: str) -> Population:
        """Return the population of that name.

        Raises
        ------
        ValueError
            There is none; the message lists those there are.
        """
        for population in self.populations:
            if population.name == name:
                return population
        raise ValueError(
            f"Network {self.name!r}: population {name!r} came, "
            f"{_names(p.name for p in self.populations)} are there"
        )

    def index(self, name: str) -> int:
        """Return the position of the population of that name."""
        return self.populations.index(self.population(name))

    def _check(self, projection: Projection) -> None:
        source = self.population(projection.source)
        target = self.population(projection.target)
        where = f"Projection {projection.label}"
        ports = [port.name for port in target.cell.ports]
        if projection.port not in ports:
            raise ValueError(
                f"{where}: port {projection.port!r} came, {type(target.cell).__name__} has "
                f"{_names(ports) if ports else 'none'}"
            )
        if projection.weights.shape != (source.n, target.n):
            raise ValueError(
                f"{where}: weights of shape {projection.weights.shape} came, "
                f"({source.n}, {target.n}) is allowed"
            )


def _names(names: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in names)
