"""A dense net of binary weights and outputs, with gradients, and as a network of the description.

    u_l = a_l B_l^T x_(l-1) + b_l,   B_l = sign(W_l),   a_l = mean |W_l|,   x_l = sign(u_l)

The last layer puts out u itself. ``a`` is the scale of least squared error of a B for a W
(Rastegari et al. 2016, arXiv 1603.05279), one per layer here, so that the integers of the hardware
decide alike.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neuromorph.description import Network, Point, Population, Projection, Source
from neuromorph.workloads.binary.estimator import Array, Estimator


def signs(x: Array) -> Array:
    """Return 1 where x is 0 or more, else -1."""
    return np.asarray(np.where(x >= 0, 1.0, -1.0))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BinaryNet:
    """Latent weights (n_in, n_out) and biases (n_out,) by layer.

    Attributes
    ----------
    weights, biases : tuple of arrays
    binary : bool
        False: weights as they are and hidden units ``max(0, u)``, the control in full precision.
    """

    weights: tuple[Array, ...]
    biases: tuple[Array, ...]
    binary: bool = True

    @staticmethod
    def drawn(sizes: Sequence[int], *, seed: int = 0, binary: bool = True) -> BinaryNet:
        """Return a net of normal weights of variance 2 / fan-in."""
        rng = np.random.default_rng([seed, 47])
        return BinaryNet(
            weights=tuple(rng.normal(0, np.sqrt(2 / a), (a, b))
                          for a, b in itertools.pairwise(sizes)),
            biases=tuple(np.zeros(b) for b in sizes[1:]), binary=binary,
        )  # fmt: skip

    def forward(
        self, x: Array, estimator: Estimator | None = None, o: float = 1.0
    ) -> tuple[list[Array], list[Array]]:
        """Return the inputs (batch, n) of every layer and its u.

        With an estimator its f stands in for sign of weights and outputs (what the gradient is
        exact for); without, sign itself.
        """
        inputs, sums = [], []
        for number, (w, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            inputs.append(x)
            sums.append(x @ self._used(w, estimator, o) + b)
            if number < len(self.weights) - 1:
                x = self._sent(sums[-1], estimator, o)
        return inputs, sums

    def _used(self, w: Array, estimator: Estimator | None, o: float) -> Array:
        if not self.binary:
            return w
        a = float(np.abs(w).mean())
        return a * (signs(w) if estimator is None else estimator.value(w / a, o))

    def _sent(self, u: Array, estimator: Estimator | None, o: float) -> Array:
        if not self.binary:
            return np.maximum(u, 0.0)
        return signs(u) if estimator is None else estimator.value(u, o)

    def backward(
        self, inputs: list[Array], sums: list[Array], dy: Array, estimator: Estimator, o: float,
        relaxed: bool = False,
    ) -> tuple[list[Array], list[Array]]:  # fmt: skip
        """Return dL/dW and dL/db by layer; the scales a are held constant.

        ``relaxed``: the forward pass used f in place of sign.
        """
        dw, db = [np.empty(0)] * len(sums), [np.empty(0)] * len(sums)
        for number in range(len(sums) - 1, -1, -1):
            w = self.weights[number]
            a = float(np.abs(w).mean())
            grown = inputs[number].T @ dy
            dw[number] = grown * estimator.slope(w / a, o) if self.binary else grown
            db[number] = dy.sum(axis=0)
            if number:
                used = self._used(w, estimator if relaxed else None, o)
                u = sums[number - 1]
                opened = estimator.slope(u, o) if self.binary else u > 0
                dy = (dy @ used.T) * opened
        return dw, db

    def answers(self, x: Array) -> Array:
        """Return the number of the largest output for each row."""
        return np.asarray(np.argmax(self.forward(x)[1][-1], axis=1))


def deployed(net: BinaryNet, name: str = "binary_net") -> Network:
    """Return a binary net as a network: gates ``sign``, weights of -1 and 1.

    Each layer's u is divided by its scale a, which changes no sign and no largest output; one bit
    per weight is then exact in the integers of the hardware.
    """
    populations = [Population(name="pixels", n=net.weights[0].shape[0], cell=Source())]
    wires = []
    for number, (w, b) in enumerate(zip(net.weights, net.biases, strict=True), start=1):
        last = number == len(net.weights)
        here = "digit" if last else f"hidden{number}"
        cell = Point(gate="linear" if last else "sign", bias=b / np.abs(w).mean())
        populations.append(Population(name=here, n=w.shape[1], cell=cell))
        wires.append(Projection(source=populations[-2].name, target=here, weights=signs(w)))
    return Network(name=name, populations=tuple(populations), projections=tuple(wires))
