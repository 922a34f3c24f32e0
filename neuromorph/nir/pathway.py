"""What lies between two neurons of a NIR graph, as one matrix, bias and delay."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse

from neuromorph.nir.convention import Array
from neuromorph.nir.neuron import NEURONS
from neuromorph.nir.shape import Shapes
from neuromorph.nir.window import WINDOWS, window

#: What may stand between neurons.
BETWEEN = (
    "Affine", "AvgPool2d", "Conv1d", "Conv2d", "Delay", "Flatten", "Linear", "Output", "Scale",
    "SumPool2d",
)


class NIRError(ValueError):
    """A NIR graph, or a node of it, that we do not read or cannot write; the text names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pathway:
    """From the neurons ``source`` to the units of a node.

    Attributes
    ----------
    source : str
    weight : sparse matrix, shape (n_source, n)
    before, after : (n_source,), (n,) [s]
        Delays by source and by target; they add.
    """

    source: str
    weight: Any
    before: Array
    after: Array

    @property
    def diagonal(self) -> bool:
        """Whether unit i reaches unit i alone."""
        weight = self.weight.tocoo()
        square = weight.shape[0] == weight.shape[1]
        return bool(square and np.array_equal(weight.row, weight.col))

    def through(self, matrix: Any) -> Pathway:
        """Return the pathway continued by a linear map, shape (n, n_new).

        Raises
        ------
        ValueError
            Inputs of different delay would be summed into one unit.
        """
        if self.after.size and np.ptp(self.after):
            raise ValueError(
                "a sum over inputs of different delay came, delays that differ by source only "
                "are allowed before it"
            )
        late = float(self.after[0]) if self.after.size else 0.0
        return replace(
            self, weight=(self.weight @ matrix).tocsr(), before=self.before + late,
            after=np.zeros(matrix.shape[1]),
        )  # fmt: skip

    def delayed(self, delay: Array) -> Pathway:
        """Return the pathway continued by delays, one per unit or one for all [s]."""
        if self.diagonal:
            return replace(self, before=self.before + delay)
        return replace(self, after=self.after + delay)


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """A flat NIR graph: nodes by name, the names of those before each, the shapes that flow."""

    nodes: Mapping[str, Any]
    before: Mapping[str, Sequence[str]]
    shapes: Shapes

    def size(self, name: str) -> int:
        """Return the number of units of an Input or a neuron."""
        return math.prod(self.shapes.of(name) or (1,))

    def incoming(
        self, name: str, n: int, seen: tuple[str, ...] = ()
    ) -> tuple[list[Pathway], Array]:
        """Return the pathways into a node of ``n`` inputs, and the constant input they bring.

        Raises
        ------
        NIRError
            A node that we do not read, or a loop without a neuron in it.
        """
        paths: list[Pathway] = []
        bias = np.zeros(n)
        for before in self.before.get(name, ()):
            if before in seen:
                raise NIRError(f"NIR node {before!r}: a loop without a neuron came, none is "
                               "allowed")  # fmt: skip
            found, constant = self._outgoing(before, (*seen, before))
            if constant.shape != (n,):
                raise NIRError(
                    f"NIR node {name!r}: {constant.size} inputs came from {before!r}, {n} are "
                    "allowed"
                )
            paths += found
            bias = bias + constant
        return paths, bias

    def _outgoing(self, name: str, seen: tuple[str, ...]) -> tuple[list[Pathway], Array]:
        node, kind = self.nodes[name], type(self.nodes[name]).__name__
        if kind in NEURONS or kind == "Input":
            n = self.size(name)
            start = Pathway(source=name, weight=sparse.identity(n, format="csr"),
                            before=np.zeros(n), after=np.zeros(n))  # fmt: skip
            return [start], np.zeros(n)
        if kind not in BETWEEN:
            raise refused(name, node)
        paths, bias = self.incoming(name, self._inputs(name, node, kind, seen), seen)
        if kind in ("Linear", "Affine", *WINDOWS):
            matrix, constant = self._map(name, node, kind)
            try:
                return [path.through(matrix) for path in paths], bias @ matrix + constant
            except ValueError as error:
                raise NIRError(f"NIR node {name!r}: {error}") from None
        if kind == "Scale":
            scale = np.broadcast_to(np.ravel(node.scale).astype(np.float64), bias.shape)
            scaled = sparse.diags(scale, format="csr")
            return [replace(p, weight=(p.weight @ scaled).tocsr()) for p in paths], bias * scale
        if kind == "Delay":
            delay = np.ravel(np.asarray(node.delay, dtype=np.float64))
            return [path.delayed(delay) for path in paths], bias
        return paths, bias

    def _map(self, name: str, node: Any, kind: str) -> tuple[Any, Array]:
        """Return the matrix (n_in, n_out) and the bias (n_out,) of a linear node."""
        if kind in WINDOWS:
            try:
                made = window(node, self.shapes.into(name))
            except ValueError as error:
                raise NIRError(f"NIR node {name!r}: {error}") from None
            return made.matrix(), made.constant()
        weight = np.asarray(node.weight, dtype=np.float64)
        bias = np.ravel(node.bias).astype(np.float64) if kind == "Affine" else 0.0
        return sparse.csr_matrix(weight.T), np.zeros(weight.shape[0]) + bias

    def _inputs(self, name: str, node: Any, kind: str, seen: tuple[str, ...]) -> int:
        """Return how many inputs a node between neurons has."""
        if kind in ("Linear", "Affine"):
            if np.ndim(node.weight) != 2:
                raise NIRError(
                    f"NIR node {name!r}: weight of shape {np.shape(node.weight)} came, "
                    "(n_out, n_in) is allowed"
                )
            return int(np.shape(node.weight)[1])
        if kind in WINDOWS:
            return int(self._map(name, node, kind)[0].shape[0])
        if kind in ("Scale", "Delay"):
            values = np.ravel(node.scale if kind == "Scale" else node.delay)
            if values.size > 1:
                return int(values.size)
        for before in self.before.get(name, ()):
            if before not in seen:
                return int(self._outgoing(before, (*seen, before))[1].size)
        raise NIRError(f"NIR node {name!r}: nothing comes in, an edge into it is needed")


def refused(name: str, node: Any) -> NIRError:
    """Return the error for a node of a kind that we do not read."""
    return NIRError(
        f"NIR node {name!r}: {type(node).__name__} came, Input, {', '.join(NEURONS)} and "
        f"{', '.join(BETWEEN)} are read"
    )
