"""Softmax over a population: ``y = exp(beta R) / sum exp(beta R)``, and its derivative.

``dL/dR_i = beta y_i (dL/dy_i - sum over j of y_j dL/dy_j)``. The largest R is taken off first, so
that no exponential overflows.
"""

from __future__ import annotations

import math
from typing import Any

from numba import njit


@njit(cache=True, error_model="numpy")
def softmax(r: Any, beta: Any, y: Any) -> None:
    """Write the softmax of r (n,) to y (n,)."""
    top = r[0]
    for j in range(r.shape[0]):
        top = max(top, r[j])
    total = 0.0 * top
    for j in range(r.shape[0]):
        y[j] = math.exp(beta * (r[j] - top))
        total += y[j]
    for j in range(r.shape[0]):
        y[j] /= total


@njit(cache=True, error_model="numpy")
def softmax_forward(k: Any, r: Any, c: Any, y: Any) -> None:
    """Write the outputs y (batch, n) of receptive fields r; ``k.a`` holds beta."""
    for i in range(r.shape[0]):
        softmax(r[i], k.a[0], y[i])


@njit(cache=True, error_model="numpy")
def softmax_backward(
    k: Any, r: Any, c: Any, dy: Any, fire_cost: Any, open_cost: Any, du: Any, dr: Any, dc: Any
) -> None:
    """Turn dL/dy into dL/dr; du and dc are 0 (no threshold, no context).

    Every unit says something, so the pull of the event count, ``fire_cost``, is not used.
    """
    for i in range(r.shape[0]):
        softmax(r[i], k.a[0], du[i])
        mean = 0.0 * k.a[0]
        for j in range(r.shape[1]):
            mean += du[i, j] * dy[i, j]
        for j in range(r.shape[1]):
            dr[i, j] = k.a[0] * du[i, j] * (dy[i, j] - mean)
            du[i, j] = 0.0
            dc[i, j] = 0.0
