"""Populations, projections, and the network they make.

Reference semantics
-------------------
Every backend that computes step by step holds the following. Step k stands for the time k dt.

1. *Integrate.* Linear parts go from k dt to (k + 1) dt by the exact propagator exp(-dt / tau).
   A refractory cell does not move. Nonlinear cells take a forward Euler step with the values
   of the start of the step (their kernels say which parts stay exact); synaptic currents and
   conductances act with their value at the start of the step and then decay exactly.
2. *Threshold.* A cell that is not refractory and whose v > v_th spikes; the spike has step k.
3. *Deliver.* Every spike whose delay is due at step k reaches its targets. Each port (each
   kind of synapse on it) sums what arrives on a dyadic grid (weights are rounded to 2**-30 of
   the largest there), so that the sum does not depend on the order, and adds it once. A spike
   of step k with a delay of d >= 1 steps is delivered at step k + d. A stochastic synapse passes
   if its draw for (seed, projection, synapse, step of delivery) is below round(p 2**32). What
   short-term plasticity transmits is rounded to the grid too. Learnt weights change at the start
   of the steps that are multiples of their interval, by all that came together before.
4. *Reset.* Cells that spiked subtract v_subtract or go to v_reset.

Noise on a port is drawn by (seed, port, unit, step). What drives a port is summed in this
order: currents as given, noise as given, synapses brought by projections, shared signals
(gain times value), the port's own synapse.

With a refractory time of r > 0 steps, a cell that spikes at step k drops what arrives at steps
k ... k + r - 1 and does not integrate at steps k + 1 ... k + r - 1. Traces are sampled at the
start of a step. Sources emit at the step nearest to the time of their spike.

Frame-based networks have no time, only an order. A stimulus is a set of sequences of frames; state
is cleared at the start of each sequence. At frame k the populations are computed in the order in
which the network lists them:

1. *Collect.* A projection brings ``W^T y_source[k - lag]`` to its port, 0 before the first frame.
   ``lag`` is 0 (the same frame) if the source stands earlier in the list than the target, else 1
   (the previous frame); a projection may say 1 itself. On the port ``universal`` it is always 1:
   universal context is a memory of what was, decayed, and starts at 0.
2. *Transfer.* R and C are formed, then ``T(R, C)`` (see ``TwoPoint``); a point cell has T = R.
3. *Gate.* ``y = gate(T - theta)`` is the frame's output. A unit of a skipping transfer whose gain
   is not above 0 is closed: its output is 0 whatever theta, and its R is not computed.

Delays and probabilities of projections belong to spiking networks and are refused otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neuromorph.description.cell import Cell
from neuromorph.description.described import Described, frozen_array
from neuromorph.description.plasticity import DendriticPrediction, Plasticity, TsodyksMarkram
from neuromorph.description.synapse import Delta, Synapse
from neuromorph.description.weights import as_weights
from neuromorph.exchange.html_table import html_table
from neuromorph.units import si

_DELAY = 1e-3  #: of a spiking projection that says nothing [s]
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
    synapse : Synapse, optional
        Time course; the port's own if left out. Weights are then in A, or in S with a reversal.
    short_term : TsodyksMarkram, optional
        Short-term plasticity: the share of the weight that each spike is transmitted with.
    plasticity : BurstDependent or DendriticPrediction, optional
        Learning. Such a projection has one delay and no probability.
    lag : 0 or 1, optional
        Frame-based networks only: whether the source's output of the same frame or of the
        previous one is read; by the order of populations if left out.

    Raises
    ------
    ValueError
        A weight, delay or probability out of range or of another shape.
    """

    source: str
    target: str
    port: str = "basal"
    weights: Any
    delay: float | NDArray[np.float64] = _DELAY
    probability: float | NDArray[np.float64] = 1.0
    synapse: Synapse | None = None
    short_term: TsodyksMarkram | None = None
    plasticity: Plasticity | None = None
    lag: int | None = None

    def __post_init__(self) -> None:
        if not (self.synapse is None or isinstance(self.synapse, Synapse)):
            raise TypeError(
                f"Projection {self.label}: synapse {self.synapse!r} came, a synapse such as "
                "Exponential(...) is allowed"
            )
        for name, kind in (("short_term", TsodyksMarkram), ("plasticity", Plasticity)):
            value = getattr(self, name)
            if not (value is None or (isinstance(value, kind) and type(value) is not Plasticity)):
                allowed = "TsodyksMarkram" if name == "short_term" else "BurstDependent"
                raise TypeError(
                    f"Projection {self.label}: {name} {value!r} came, a rule such as "
                    f"{allowed}(...) is allowed"
                )
        if self.lag not in (None, 0, 1):
            raise ValueError(f"Projection {self.label}: lag {self.lag} came, 0 or 1 is allowed")
        object.__setattr__(self, "weights", as_weights(self.weights))
        self._set_per_synapse("delay", "s", 0.0, np.inf)
        self._set_per_synapse("probability", "1", 0.0, 1.0)
        if self.plasticity is not None and (np.ndim(self.delay) or np.any(self.probability != 1.0)):
            raise ValueError(
                f"Projection {self.label}: plasticity came together with delays per synapse or a "
                "probability, one delay and no probability are allowed"
            )

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
        wanted = self.population(name)
        return next(i for i, population in enumerate(self.populations) if population is wanted)

    def lag(self, projection: Projection) -> int:
        """Return which frame a projection reads: 0 the same, 1 the previous one."""
        if projection.lag is not None:
            return projection.lag
        earlier = self.index(projection.source) < self.index(projection.target)
        return 0 if earlier and projection.port != "universal" else 1

    def _repr_html_(self) -> str:
        populations = [(p.name, p.n, type(p.cell).__name__) for p in self.populations]
        projections = [
            (p.label, f"{p.weights.shape[0]} x {p.weights.shape[1]}", p.weights.n_synapse)
            for p in self.projections
        ]
        return html_table(
            f"{self.name} ({self.kind})", ("population", "units", "cell"), populations
        ) + html_table("projections", ("projection", "shape", "synapses"), projections)

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
        _check_synapse(projection, target.cell)
        if projection.weights.shape != (source.n, target.n):
            raise ValueError(
                f"{where}: weights of shape {projection.weights.shape} came, "
                f"({source.n}, {target.n}) is allowed"
            )
        if isinstance(projection.plasticity, DendriticPrediction):
            came = f"{type(target.cell).__name__}.{projection.port}"
            if came != "UrbanczikSenn.dendrite":
                raise ValueError(f"{where}: DendriticPrediction came for {came}, "
                                 "UrbanczikSenn.dendrite is allowed")  # fmt: skip
        labels = [p.label for p in self.projections if p.plasticity is not None]
        if projection.plasticity is not None and labels.count(projection.label) > 1:
            raise ValueError(f"{where}: plasticity came twice, once per pair of populations and "
                             "port is allowed")  # fmt: skip
        self._check_order(projection, where)

    def _check_order(self, projection: Projection, where: str) -> None:
        if self.kind == "spiking":
            if projection.lag is not None:
                raise ValueError(f"{where}: lag {projection.lag} came, it belongs to frame-based "
                                 "networks: give a delay")  # fmt: skip
            return
        if np.any(projection.delay != _DELAY) or np.any(projection.probability != 1.0):
            raise ValueError(f"{where}: a delay or probability came, they belong to spiking "
                             "networks: leave both out")  # fmt: skip
        if projection.short_term is not None or projection.plasticity is not None:
            raise ValueError(f"{where}: short_term or plasticity came, they belong to spiking "
                             "networks: leave both out")  # fmt: skip
        late = self.index(projection.source) >= self.index(projection.target)
        if projection.lag == 0 and (late or projection.port == "universal"):
            raise ValueError(
                f"{where}: lag 0 came, 1 is allowed: the source is not earlier in the order of "
                "populations, or the port is a memory"
            )


def with_weights(network: Network, weights: Mapping[str, Any]) -> Network:
    """Return the network with other strengths of its synapses.

    Parameters
    ----------
    network : Network
    weights : dict of (n_synapse,), by projection label
        As ``result.weights``: in row order. What is not named stays.

    Raises
    ------
    ValueError
        A label that is not there, or another number of synapses.
    """
    labels = [projection.label for projection in network.projections]
    unknown = [label for label in weights if label not in labels]
    if unknown:
        raise ValueError(f"with_weights: {unknown[0]!r} came, {_names(labels)} are there")
    changed = []
    for projection in network.projections:
        held = projection.weights
        value = np.asarray(weights.get(projection.label, held.value), dtype=np.float64)
        if value.shape != held.value.shape:
            raise ValueError(
                f"with_weights: {value.size} weights came for {projection.label!r}, "
                f"{held.n_synapse} are allowed"
            )
        changed.append(replace(projection, weights=replace(held, value=value)))
    return replace(network, projections=tuple(changed))


def _check_synapse(projection: Projection, cell: Cell) -> None:
    port = next(port for port in cell.ports if port.name == projection.port)
    synapse = port.synapse if projection.synapse is None else projection.synapse
    if synapse == port.synapse:
        return
    came = f"Projection {projection.label}: synapse {synapse!r} came"
    name = f"{type(cell).__name__}.{port.name}"
    if isinstance(synapse, Delta) or not port.current:
        raise ValueError(f"{came}, {name} allows {port.synapse!r}")
    if getattr(synapse, "reversal", None) is not None and not port.conductance:
        raise ValueError(f"{came}, {name} allows synapses without a reversal")


def _names(names: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in names)
