"""The layer of two-point units: compiled kernels over (batch, unit) arrays.

Forward: ``T = T(R, C)``, ``y = gate(T - theta)``; a closed unit of a skipping transfer gives 0.
Backward: the table's derivatives, plus the pull of the event count: a count is a sum of steps
1[m > 0], whose derivative is replaced by ``surrogate(m)``, with m = T - theta for "fires" and the
gain for "is open".
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

from numba import njit

from neuromorph.cooperative import transfer as tf
from neuromorph.cooperative.gate import gate
from neuromorph.cooperative.transfer import TABLE, surrogate
from neuromorph.description.frame_cell import GATES

KP, M1, M1A = TABLE["kp"].code, TABLE["m1"].code, TABLE["m1a"].code
ADDITIVE, M2, M3, M4 = (TABLE[name].code for name in ("additive", "m2", "m3", "m4"))
COOP, COOP_V, SILU, PI = (TABLE[name].code for name in ("coop", "coop_v", "silu", "pi_coop"))
GLU, HARD_GLU, M2H, MASK = (TABLE[name].code for name in ("glu", "hard_glu", "m2h", "mask"))


class LayerConstants(NamedTuple):
    """What the kernels need to know of a layer beside its inputs; arrays of shape (n,)."""

    theta: Any
    a: Any
    b: Any
    sigma: Any
    clip: float


class Kernels(NamedTuple):
    """The two kernels of one transfer and gate."""

    forward: Callable[..., None]
    backward: Callable[..., None]


@njit(cache=True)
def evaluate(code: int, r: Any, c: Any, a: Any, b: Any, clip: Any) -> Any:
    """Return (T, T_R, T_C, T_a, T_b) of the transfer with that code; a constant code folds."""
    if code == M2:
        return tf.m2(r, c, a, b, clip)
    if code == M2H:
        return tf.m2h(r, c, a, b, clip)
    if code == ADDITIVE:
        return tf.additive(r, c, a, b, clip)
    if code == GLU:
        return tf.glu(r, c, a, b, clip)
    if code == HARD_GLU:
        return tf.hard_glu(r, c, a, b, clip)
    if code == KP:
        return tf.kp(r, c, a, b, clip)
    if code == M1:
        return tf.m1(r, c, a, b, clip)
    if code == M1A:
        return tf.m1a(r, c, a, b, clip)
    if code == M3:
        return tf.m3(r, c, a, b, clip)
    if code == M4:
        return tf.m4(r, c, a, b, clip)
    if code == COOP or code == COOP_V:
        return tf.coop(r, c, a, b, clip)
    if code == SILU:
        return tf.silu(r, c, a, b, clip)
    if code == PI:
        return tf.pi_coop(r, c, a, b, clip)
    return tf.point(r, c, a, b, clip)


@njit(cache=True, inline="always")
def margin(code: int, c: Any) -> Any:
    """Return the gain whose sign opens a unit: C for hard_glu, 1 + C for m2h and mask, else 1."""
    if code == HARD_GLU:
        return c
    if code == M2H or code == MASK:
        return 1.0 + c
    return 0.0 * c + 1.0


@functools.cache
def kernels(transfer: str, gate_name: str) -> Kernels:
    """Return the compiled kernels of a transfer and a gate; compiled once, kept on disk."""
    code, gate_code = TABLE[transfer].code, GATES.index(gate_name)
    if transfer == "mask":
        return Kernels(_forward(code, gate_code), _backward_mask(gate_code))
    return Kernels(_forward(code, gate_code), _backward(code, gate_code))


# The kernels close over two integers only, so that the compiler folds the branches of ``evaluate``
# and the disk cache, which is keyed by what a function closes over, finds them again.
def _forward(code: int, gate_code: int) -> Any:
    @njit(cache=True)
    def layer_forward(k: LayerConstants, r: Any, c: Any, y: Any) -> None:
        """Write the outputs y (batch, n) of receptive fields r and contexts c."""
        theta, a, b, sigma, clip = k.theta, k.a, k.b, k.sigma, k.clip
        for i in range(r.shape[0]):
            ri, ci, yi = r[i], c[i], y[i]
            for j in range(ri.shape[0]):
                t, _, _, _, _ = evaluate(code, ri[j], ci[j], a[j], b[j], clip)
                out, _ = gate(gate_code, t - theta[j], sigma[j])
                yi[j] = out if margin(code, ci[j]) > 0.0 else 0.0

    return layer_forward


def _backward(code: int, gate_code: int) -> Any:
    @njit(cache=True)
    def layer_backward(
        k: LayerConstants,
        r: Any,
        c: Any,
        dy: Any,
        fire_cost: Any,
        open_cost: Any,
        dr: Any,
        dc: Any,
        dtheta: Any,
        da: Any,
        db: Any,
    ) -> None:
        """Turn dL/dy into dL/dr and dL/dc, and add to the per-unit gradients.

        Parameters
        ----------
        r, c, dy : (batch, n)
        fire_cost, open_cost : (batch,)
            What one more firing, or one more open, unit of this frame costs.
        dr, dc : (batch, n)
            Written.
        dtheta, da, db : (n,)
            Added to.
        """
        theta, a, b, sigma, clip = k.theta, k.a, k.b, k.sigma, k.clip
        for i in range(r.shape[0]):
            ri, ci, dyi, dri, dci = r[i], c[i], dy[i], dr[i], dc[i]
            fire, opened = fire_cost[i], open_cost[i]
            for j in range(ri.shape[0]):
                m = margin(code, ci[j])
                t, t_r, t_c, t_a, t_b = evaluate(code, ri[j], ci[j], a[j], b[j], clip)
                u = t - theta[j]
                _, slope = gate(gate_code, u, sigma[j])
                du = dyi[j] * slope + fire * surrogate(u)
                du = du if m > 0.0 else 0.0
                dri[j] = du * t_r
                dci[j] = du * t_c + opened * surrogate(m)
                dtheta[j] -= du
                da[j] += du * t_a
                db[j] += du * t_b

    return layer_backward


def _backward_mask(gate_code: int) -> Any:
    @njit(cache=True)
    def mask_backward(
        k: LayerConstants,
        r: Any,
        c: Any,
        dy: Any,
        fire_cost: Any,
        open_cost: Any,
        dr: Any,
        dc: Any,
        dtheta: Any,
        da: Any,
        db: Any,
    ) -> None:
        """As ``layer_backward`` for ``y = 1[1 + C > 0] gate(R - theta)``."""
        theta, sigma = k.theta, k.sigma
        for i in range(r.shape[0]):
            for j in range(r.shape[1]):
                u, m = r[i, j] - theta[j], 1.0 + c[i, j]
                value, slope = gate(gate_code, u, sigma[j])
                du = dy[i, j] * slope + fire_cost[i] * surrogate(u)
                du = du if m > 0.0 else 0.0
                dr[i, j] = du
                dc[i, j] = (dy[i, j] * value + open_cost[i]) * surrogate(m)
                dtheta[j] -= du

    return mask_backward
