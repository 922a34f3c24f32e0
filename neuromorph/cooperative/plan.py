"""A frame-based network laid out for computing: one vector of parameters and views into it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuromorph.cooperative.layer_kernel import Kernels, LayerConstants, kernels
from neuromorph.cooperative.transfer import TABLE
from neuromorph.description import (
    Network,
    Point,
    Population,
    Softmax,
    Source,
    TwoPoint,
)
from neuromorph.description.frame_cell import SKIPPING

Array = NDArray[Any]
#: Per-unit parameters of a layer, in the order of the vector.
PER_UNIT = ("theta", "bias", "context_bias", "a", "b")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bundle:
    """One projection, dense: ``weight`` is a view (n_source, n_target) of the vector.

    ``position`` is its place in the network, ``place`` are the flat positions that hold synapses
    (None: all), ``tie`` their shared numbers.
    """

    position: int
    source: int
    port: str
    lag: int
    weight: Array
    place: Array | None
    tie: Array | None
    density: float  # synapses / (n_source n_target)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layer:
    """One computed population; of a Softmax the gate is ``softmax`` and ``a`` is beta."""

    number: int
    name: str
    n: int
    transfer: str
    gate: str
    skipping: bool
    decay: float
    inputs: tuple[Bundle, ...]
    bias: Array
    context_bias: Array
    constants: LayerConstants
    kernels: Kernels


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """Network, parameter vector and layers.

    Attributes
    ----------
    vector : (n,)
        Dense weights of all projections, then the per-unit parameters of all layers.
    trainable : bool (n,)
        Which entries ``learn`` and the description let move.
    layers : tuple of Layer
        Those that are computed, in order.
    spans : dict
        Where the weights of a projection (``(position, "weight")``) and each parameter of a
        population (``(name, parameter)``) stand in the vector.
    """

    network: Network
    vector: Array
    trainable: NDArray[np.bool_]
    layers: tuple[Layer, ...]
    spans: dict[tuple[str, str], slice]

    @property
    def recurrent(self) -> bool:
        """Whether any projection reads the previous frame."""
        return any(bundle.lag for layer in self.layers for bundle in layer.inputs)

    @property
    def n_parameter(self) -> int:
        """Numbers a training may move (weights and biases, thresholds, learned parameters)."""
        return int(self.trainable.sum())

    def like(self, vector: Array) -> Plan:
        """Return the same plan over another vector (a gradient, say)."""
        return _lay_out(self.network, vector, self.trainable, self.spans)

    def number(self, name: str) -> int:
        """Return the position of a population."""
        return self.network.index(name)


LEARNED = ("weights", "bias", "theta", "context_bias", "transfer")


def plan(
    network: Network, *, dtype: Any = np.float64, learn: Sequence[str] = LEARNED
) -> Plan:
    """Lay a frame-based network out.

    Parameters
    ----------
    network : Network
    dtype : float32 or float64
    learn : sequence of str
        What training may move: ``weights``, ``bias``, ``theta``, ``context_bias``, ``transfer``
        (beta of silu, w_r and w_c of pi_coop).

    Raises
    ------
    ValueError
        The network is spiking, or ``learn`` names something else.
    """
    if network.kind != "frames":
        raise ValueError(
            f"network {network.name!r}: it is spiking, a frame-based network is allowed here"
        )
    unknown = set(learn) - set(LEARNED)
    if unknown:
        raise ValueError(f"learn: {min(unknown)!r} came, {', '.join(LEARNED)} are allowed")
    spans: dict[tuple[str, str], slice] = {}
    values: list[Array] = []
    moves: list[Array] = []

    def add(key: tuple[str, str], value: Array, move: Array | bool) -> None:
        first = spans[next(reversed(spans))].stop if spans else 0
        spans[key] = slice(first, first + value.size)
        values.append(np.asarray(value, dtype=dtype).ravel())
        moves.append(np.broadcast_to(move, (value.size,)))

    for position, projection in enumerate(network.projections):
        present = np.zeros(projection.weights.shape, dtype=bool)
        present[projection.weights.source, projection.weights.target] = True
        add((str(position), "weight"), projection.weights.toarray(),
            present.ravel() & ("weights" in learn))  # fmt: skip
    for population in network.populations:
        if not isinstance(population.cell, Source):
            for name, value, move in _per_unit(population, learn):
                add((population.name, name), value, move)
    vector = np.concatenate(values)
    return _lay_out(network, vector, np.concatenate(moves), spans)


def unplan(laid: Plan, vector: Array | None = None) -> Network:
    """Return the network with the weights and parameters of a vector (the plan's own if None)."""
    numbers = np.asarray(laid.vector if vector is None else vector, dtype=np.float64)
    projections = []
    for position, projection in enumerate(laid.network.projections):
        dense = numbers[laid.spans[str(position), "weight"]].reshape(projection.weights.shape)
        w = projection.weights
        projections.append(
            replace(projection, weights=replace(w, value=dense[w.source, w.target]))
        )
    populations = []
    for population in laid.network.populations:
        cell: Any = population.cell
        if not isinstance(cell, Source):
            cell = replace(cell, **_fields(laid, population, numbers))
        populations.append(replace(population, cell=cell))
    return replace(
        laid.network, populations=tuple(populations), projections=tuple(projections)
    )


def _fields(laid: Plan, population: Population, numbers: Array) -> dict[str, Array]:
    cell = population.cell
    names = {"theta": "theta", "bias": "bias"}
    if isinstance(cell, Softmax):
        names = {"bias": "bias"}
    if isinstance(cell, TwoPoint):
        names["context_bias"] = "context_bias"
        row = TABLE[cell.transfer]
        if row.learned:
            names |= {slot: f for slot, f in zip("ab", row.parameters, strict=True) if f}
    return {
        field: numbers[laid.spans[population.name, slot]].copy() for slot, field in names.items()
    }


def _per_unit(population: Population, learn: Sequence[str]) -> list[tuple[str, Array, bool]]:
    cell, n = population.cell, population.n

    def full(value: Any) -> Array:
        return np.broadcast_to(np.asarray(value, dtype=np.float64), (n,))

    theta, gate = getattr(cell, "theta", 0.0), getattr(cell, "gate", "linear")
    if isinstance(cell, TwoPoint):
        row = TABLE[cell.transfer]
        a, b = (getattr(cell, field) if field else 0.0 for field in row.parameters)
        context, learned = cell.context_bias, row.learned and "transfer" in learn
        context_moves = cell.transfer != "point" and "context_bias" in learn
    elif isinstance(cell, Softmax):
        a, b, context, learned, context_moves = cell.beta, 0.0, 0.0, False, False
    elif isinstance(cell, Point):
        a, b, context, learned, context_moves = 0.0, 0.0, 0.0, False, False
    else:
        raise ValueError(f"population {population.name!r}: {type(cell).__name__} came, Point, "
                         "TwoPoint and Softmax are allowed")  # fmt: skip
    return [
        ("theta", full(theta), gate != "linear" and "theta" in learn),
        ("bias", full(cell.bias), "bias" in learn),
        ("context_bias", full(context), context_moves),
        ("a", full(a), learned and row.parameters[0] != ""),
        ("b", full(b), learned and row.parameters[1] != ""),
    ]


def _lay_out(
    network: Network, vector: Array, trainable: Array, spans: dict[tuple[str, str], slice]
) -> Plan:
    layers = tuple(
        _layer(network, number, population, vector, spans)
        for number, population in enumerate(network.populations)
        if not isinstance(population.cell, Source)
    )
    return Plan(network=network, vector=vector, trainable=trainable, layers=layers, spans=spans)


def _layer(
    network: Network,
    number: int,
    population: Population,
    vector: Array,
    spans: dict[tuple[str, str], slice],
) -> Layer:
    cell: Any = population.cell
    own = {name: vector[spans[population.name, name]] for name in PER_UNIT}
    transfer = cell.transfer if isinstance(cell, TwoPoint) else "point"
    gate = "softmax" if isinstance(cell, Softmax) else cell.gate
    width = np.asarray(getattr(cell, "sigma", 1.0), dtype=vector.dtype)
    sigma = np.broadcast_to(width, (population.n,))
    return Layer(
        number=number,
        name=population.name,
        n=population.n,
        transfer=transfer,
        gate=gate,
        skipping=transfer in SKIPPING,
        decay=cell.decay if isinstance(cell, TwoPoint) else 0.0,
        inputs=tuple(
            _bundle(network, position, vector[spans[str(position), "weight"]])
            for position, projection in enumerate(network.projections)
            if projection.target == population.name
        ),
        bias=own["bias"],
        context_bias=own["context_bias"],
        constants=LayerConstants(
            own["theta"], own["a"], own["b"], sigma.copy(), float(getattr(cell, "clip", 3.0))
        ),
        kernels=kernels(transfer, gate),
    )


def _bundle(network: Network, position: int, flat: Array) -> Bundle:
    projection = network.projections[position]
    w = projection.weights
    full = w.n_synapse == w.shape[0] * w.shape[1]
    place = w.source * w.shape[1] + w.target
    return Bundle(
        position=position,
        source=network.index(projection.source),
        port=projection.port,
        lag=network.lag(projection),
        weight=flat.reshape(w.shape),
        place=None if full and w.tie is None else place,
        tie=w.tie,
        density=w.n_synapse / (w.shape[0] * w.shape[1]),
    )
