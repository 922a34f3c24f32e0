"""Adam and stochastic gradient descent over one vector of parameters."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit

from neuromorph.cooperative.plan import Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Adam:
    """Adam (Kingma and Ba 2015, arXiv 1412.6980, algorithm 1) with decoupled weight decay.

    Attributes
    ----------
    rate : float
    final : float
        The rate falls along a half cosine to this share of itself; 1 keeps it.
    beta1, beta2, epsilon : float
    decay : float
        Share of each parameter taken away per step and unit of rate (arXiv 1711.05101).
    clip : float
        Longest gradient (Euclidean norm over all parameters).

    Raises
    ------
    ValueError
        A value out of range.
    """

    rate: float = 1e-2
    final: float = 0.05
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    decay: float = 1e-5
    clip: float = 1.0

    def __post_init__(self) -> None:
        _check(self.rate, self.clip, type(self).__name__)

    def step(self, vector: Array, gradient: Array, state: Moments, share: float) -> None:
        """Move the vector, in place; ``share`` of the training is done."""
        state.count += 1
        rate = self.rate * cosine(share, self.final)
        scale = clipped(gradient, self.clip)
        bias1 = 1.0 - self.beta1**state.count
        bias2 = 1.0 - self.beta2**state.count
        adam_step(
            vector, gradient, state.first, state.second, scale, rate / bias1, self.beta1,
            self.beta2, 1.0 / math.sqrt(bias2), self.epsilon, rate * self.decay,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SGD:
    """Stochastic gradient descent with momentum: ``v <- momentum v + g``, ``p <- p - rate v``.

    Attributes
    ----------
    rate, final, decay, clip
        As in :class:`Adam`.
    momentum : float

    Raises
    ------
    ValueError
        A value out of range.
    """

    rate: float = 0.1
    final: float = 0.05
    momentum: float = 0.9
    decay: float = 0.0
    clip: float = 1.0

    def __post_init__(self) -> None:
        _check(self.rate, self.clip, type(self).__name__)

    def step(self, vector: Array, gradient: Array, state: Moments, share: float) -> None:
        """Move the vector, in place; ``share`` of the training is done."""
        state.count += 1
        rate = self.rate * cosine(share, self.final)
        scale = clipped(gradient, self.clip)
        state.first *= vector.dtype.type(self.momentum)
        state.first += vector.dtype.type(scale) * gradient
        vector -= vector.dtype.type(rate) * state.first
        vector *= vector.dtype.type(1.0 - rate * self.decay)


@dataclass(slots=True, kw_only=True, eq=False)
class Moments:
    """What an optimiser remembers."""

    first: Array
    second: Array
    count: int = 0

    @classmethod
    def zeros(cls, like: Array) -> Moments:
        """Nothing yet."""
        return cls(first=np.zeros_like(like), second=np.zeros_like(like))


@njit(cache=True, error_model="numpy")
def adam_step(
    p: Any, g: Any, m: Any, v: Any, scale: float, rate: float, beta1: float, beta2: float,
    root: float, epsilon: float, decay: float,
) -> None:  # fmt: skip
    """``m <- b1 m + (1-b1) g``, ``v <- b2 v + (1-b2) g**2``, ``p <- p - rate m/(root sqrt(v)+e)``.

    ``rate`` and ``root`` hold the bias corrections; ``decay`` of p is taken away first.
    """
    for i in range(p.shape[0]):
        gi = scale * g[i]
        m[i] = beta1 * m[i] + (1.0 - beta1) * gi
        v[i] = beta2 * v[i] + (1.0 - beta2) * gi * gi
        p[i] = p[i] - decay * p[i] - rate * m[i] / (math.sqrt(v[i]) * root + epsilon)


def cosine(share: float, final: float) -> float:
    """Return the factor on the rate when ``share`` of the training is done."""
    return final + (1.0 - final) * 0.5 * (1.0 + math.cos(math.pi * min(share, 1.0)))


def clipped(gradient: Array, limit: float) -> float:
    """Return the factor that brings the gradient's norm down to ``limit``.

    Raises
    ------
    RuntimeError
        The gradient is not finite.
    """
    norm = math.sqrt(float(np.dot(gradient, gradient)))
    if not math.isfinite(norm):
        raise RuntimeError("training: the gradient is not finite: lower the rate, or the clip of "
                           "the transfer")  # fmt: skip
    return min(1.0, limit / norm) if norm > 0 else 1.0


def _check(rate: float, clip: float, where: str) -> None:
    if not (rate > 0 and clip > 0):
        raise ValueError(f"{where}: rate {rate} and clip {clip} came, more than 0 is allowed")
