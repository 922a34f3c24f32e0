"""What lies between two neurons of a NIR graph, as one matrix, bias and delay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from neuromorph.nir.convention import Array
from neuromorph.nir.neuron import NEURONS

#: What may stand between neurons.
BETWEEN = ("Affine", "Delay", "Flatten", "Linear", "Output", "Scale")


class NIRError(ValueError):
    """A NIR graph, or a node of it, that we do not read or cannot write; the text names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pathway:
    """From the neurons ``source`` to the units of a node.

    Attributes
    ----------
    source : str
    weight : (n_source, n)
    delay : (n_source, n) or what broadcasts to it [s]
    """

    source: str
    weight: Array
    delay: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """A flat NIR graph: nodes by name and the names of those before each."""

    nodes: Mapping[str, Any]
    before: Mapping[str, Sequence[str]]
    size: Mapping[str, int]

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
            n = self.size[name]
            start = Pathway(source=name, weight=np.eye(n), delay=np.zeros((n, 1)))
            return [start], np.zeros(n)
        if kind not in BETWEEN:
            raise refused(name, node)
        paths, bias = self.incoming(name, _inputs(self, name, node, kind, seen), seen)
        if kind in ("Linear", "Affine"):
            weight = np.asarray(node.weight, dtype=np.float64)
            paths = [_through(path, weight, name) for path in paths]
            constant = np.asarray(node.bias, dtype=np.float64) if kind == "Affine" else 0.0
            return paths, bias @ weight.T + constant
        if kind == "Scale":
            scale = np.ravel(np.asarray(node.scale, dtype=np.float64))
            return [replace(path, weight=path.weight * scale) for path in paths], bias * scale
        if kind == "Delay":
            delay = np.ravel(np.asarray(node.delay, dtype=np.float64))
            return [_delayed(path, delay) for path in paths], bias
        return paths, bias


def refused(name: str, node: Any) -> NIRError:
    """Return the error for a node of a kind that we do not read."""
    return NIRError(
        f"NIR node {name!r}: {type(node).__name__} came, Input, {', '.join(NEURONS)} and "
        f"{', '.join(BETWEEN)} are read"
    )


def _inputs(graph: Graph, name: str, node: Any, kind: str, seen: tuple[str, ...]) -> int:
    """Return how many inputs a node between neurons has."""
    if kind in ("Linear", "Affine"):
        if np.ndim(node.weight) != 2:
            raise NIRError(
                f"NIR node {name!r}: weight of shape {np.shape(node.weight)} came, "
                "(n_out, n_in) is allowed"
            )
        return int(np.shape(node.weight)[1])
    if kind in ("Scale", "Delay"):
        values = np.ravel(node.scale if kind == "Scale" else node.delay)
        if values.size > 1:
            return int(values.size)
    for before in graph.before.get(name, ()):
        if before not in seen:
            return int(graph._outgoing(before, (*seen, before))[1].size)
    raise NIRError(f"NIR node {name!r}: nothing comes in, an edge into it is needed")


def _through(path: Pathway, weight: Array, name: str) -> Pathway:
    if path.delay.shape[1] > 1:
        if np.ptp(path.delay, axis=1).any():
            raise NIRError(
                f"NIR node {name!r}: a sum over inputs of different delay came, delays that "
                "differ by source only are allowed before it"
            )
        path = replace(path, delay=path.delay[:, :1])
    return replace(path, weight=path.weight @ weight.T)


def _delayed(path: Pathway, delay: Array) -> Pathway:
    n = path.weight.shape[0]
    if path.weight.shape == (n, n) and not (path.weight - np.diag(np.diag(path.weight))).any():
        return replace(path, delay=path.delay + np.broadcast_to(delay, (n,))[:, None])
    return replace(path, delay=path.delay + np.broadcast_to(delay, (path.weight.shape[1],)))
