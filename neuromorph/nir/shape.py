"""Shapes of what flows through a NIR graph, found from the inputs on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from neuromorph.nir.neuron import NEURONS
from neuromorph.nir.window import WINDOWS, Shape, window

#: The array that tells how many units a neuron node has.
_COUNT = {"CubaLIF": "tau_mem", "Threshold": "threshold"}


class Shapes:
    """The shape of every node's output, found when asked for.

    Parameters
    ----------
    nodes : mapping of str to NIR node
    before : mapping of str to sequence of str
        The nodes with an edge into each.
    """

    def __init__(self, nodes: Mapping[str, Any], before: Mapping[str, Sequence[str]]) -> None:
        self._nodes, self._before = nodes, before
        self._known: dict[str, Shape] = {}

    def of(self, name: str, seen: tuple[str, ...] = ()) -> Shape | None:
        """Return the shape of a node's output, or None where nothing tells it.

        Raises
        ------
        ValueError
            A window that does not fit its input.
        """
        if name in self._known:
            return self._known[name]
        if name in seen:
            return None
        shape = self._found(name, (*seen, name))
        if shape is not None:
            self._known[name] = shape
        return shape

    def into(self, name: str, seen: tuple[str, ...] = ()) -> Shape | None:
        """Return the shape of what comes into a node."""
        for before in self._before.get(name, ()):
            shape = self.of(before, seen)
            if shape is not None:
                return shape
        return None

    def _found(self, name: str, seen: tuple[str, ...]) -> Shape | None:
        node, kind = self._nodes[name], type(self._nodes[name]).__name__
        if kind == "Input":
            return tuple(int(n) for n in np.ravel(node.input_type["input"]))
        if kind in NEURONS:
            own = np.shape(getattr(node, _COUNT.get(kind, "r")))
            return own if math.prod(own) > 1 and 1 not in own else self._broadcast(name, own, seen)
        if kind in ("Linear", "Affine"):
            return (int(np.shape(node.weight)[0]),)
        if kind in WINDOWS:
            return window(node, self.into(name, seen)).made
        if kind in ("Scale", "Delay"):
            own = np.shape(node.scale if kind == "Scale" else node.delay)
            return own if math.prod(own) > 1 else self.into(name, seen)
        shape = self.into(name, seen)
        return (math.prod(shape),) if kind == "Flatten" and shape else shape

    def _broadcast(self, name: str, own: Shape, seen: tuple[str, ...]) -> Shape:
        shape = self.into(name, seen)
        if shape is None:
            return own or (1,)
        try:
            return np.broadcast_shapes(own, shape)
        except ValueError:
            return own
