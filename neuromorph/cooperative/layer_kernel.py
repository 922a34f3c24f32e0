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
from neuromorph.cooperative.softmax import softmax_backward, softmax_forward
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


@njit(cache=True, error_model="numpy")
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
    if code == COOP or code == COOP_V:  # noqa: SIM109 (a tuple does not fold)
        return tf.coop(r, c, a, b, clip)
    if code == SILU:
        return tf.silu(r, c, a, b, clip)
    if code == PI:
        return tf.pi_coop(r, c, a, b, clip)
    return tf.point(r, c, a, b, clip)


@njit(cache=True, inline="always", error_model="numpy")
def margin(code: int, c: Any) -> Any:
    """Return the gain whose sign opens a unit: C for hard_glu, 1 + C for m2h and mask, else 1."""
    if code == HARD_GLU:
        return c
    if code == M2H or code == MASK:  # noqa: SIM109
        return 1.0 + c
    return 0.0 * c + 1.0


@functools.cache
def kernels(transfer: str, gate_name: str) -> Kernels:
    """Return the compiled kernels of a transfer and a gate; compiled once, kept on disk."""
    if gate_name == "softmax":
        return Kernels(softmax_forward, softmax_backward)
    code, gate_code = TABLE[transfer].code, GATES.index(gate_name)
    if transfer == "mask":
        return Kernels(_forward(code, gate_code), _backward_mask(gate_code))
    return Kernels(_forward(code, gate_code), _backward(code, gate_code))


@functools.cache
def straight_kernels(gate_name: str) -> Kernels:
    """Return the kernels of ``mask`` whose backward pass leaves the mask alone (dL/dC = 0)."""
    code, gate_code = MASK, GATES.index(gate_name)
    return Kernels(_forward(code, gate_code), _backward(code, gate_code))


# error_model="numpy": Python's check for division by zero is a branch that keeps loops from
# vectorising. The kernels close over two integers only, so that the
# compiler folds the branches of ``evaluate`` and the disk cache, which is keyed by what a function
# closes over, finds them again.
def _forward(code: int, gate_code: int) -> Any:
    @njit(cache=True, error_model="numpy")
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
    @njit(cache=True, error_model="numpy")
    def layer_backward(
        k: LayerConstants,
        r: Any,
        c: Any,
        dy: Any,
        fire_cost: Any,
        open_cost: Any,
        du: Any,
        dr: Any,
        dc: Any,
    ) -> None:
        """Turn dL/dy into dL/du (u = T - theta), dL/dr and dL/dc.

        Parameters
        ----------
        r, c, dy : (batch, n)
        fire_cost, open_cost : (batch,)
            What one more firing, or one more open, unit of this frame costs.
        du, dr, dc : (batch, n)
            Written.
        """
        theta, a, b, sigma, clip = k.theta, k.a, k.b, k.sigma, k.clip
        for i in range(r.shape[0]):
            ri, ci, dyi, dui, dri, dci = r[i], c[i], dy[i], du[i], dr[i], dc[i]
            fire, opened = fire_cost[i], open_cost[i]
            # two loops: with one, the compiler gives up on telling the arrays apart
            for j in range(ri.shape[0]):
                t, _, _, _, _ = evaluate(code, ri[j], ci[j], a[j], b[j], clip)
                u = t - theta[j]
                _, slope = gate(gate_code, u, sigma[j])
                pull = dyi[j] * slope + fire * surrogate(u)
                dui[j] = pull if margin(code, ci[j]) > 0.0 else 0.0
            for j in range(ri.shape[0]):
                _, t_r, t_c, _, _ = evaluate(code, ri[j], ci[j], a[j], b[j], clip)
                dri[j] = dui[j] * t_r
                dci[j] = dui[j] * t_c + opened * surrogate(margin(code, ci[j]))

    return layer_backward


def _backward_mask(gate_code: int) -> Any:
    @njit(cache=True, error_model="numpy")
    def mask_backward(
        k: LayerConstants,
        r: Any,
        c: Any,
        dy: Any,
        fire_cost: Any,
        open_cost: Any,
        du: Any,
        dr: Any,
        dc: Any,
    ) -> None:
        """As ``layer_backward`` for ``y = 1[1 + C > 0] gate(R - theta)``."""
        theta, sigma = k.theta, k.sigma
        for i in range(r.shape[0]):
            ri, ci, dyi, dui, dri, dci = r[i], c[i], dy[i], du[i], dr[i], dc[i]
            fire, opened = fire_cost[i], open_cost[i]
            for j in range(ri.shape[0]):
                u = ri[j] - theta[j]
                _, slope = gate(gate_code, u, sigma[j])
                pull = dyi[j] * slope + fire * surrogate(u)
                dui[j] = pull if 1.0 + ci[j] > 0.0 else 0.0
            for j in range(ri.shape[0]):
                value, _ = gate(gate_code, ri[j] - theta[j], sigma[j])
                dri[j] = dui[j]
                dci[j] = (dyi[j] * value + opened) * surrogate(1.0 + ci[j])

    return mask_backward


@njit(cache=True, error_model="numpy")
def add_row(x: Any, row: Any) -> None:
    """Add a row (n,) to each row of x (batch, n); three times as fast as numpy's broadcasting."""
    for i in range(x.shape[0]):
        xi = x[i]
        for j in range(xi.shape[0]):
            xi[j] += row[j]


@njit(cache=True, error_model="numpy")
def parameter_slopes(
    code: int, k: LayerConstants, r: Any, c: Any, du: Any, da: Any, db: Any
) -> None:
    """Add dL/da and dL/db (n,) of a transfer with learned parameters."""
    for i in range(r.shape[0]):
        for j in range(r.shape[1]):
            _, _, _, t_a, t_b = evaluate(code, r[i, j], c[i, j], k.a[j], k.b[j], k.clip)
            da[j] += du[i, j] * t_a
            db[j] += du[i, j] * t_b
