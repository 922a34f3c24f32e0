"""Adaptive exponential integrate-and-fire cell: the step of all units of a population."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from neuromorph.cells.element import at, into, like
from neuromorph.cells.exponential import exponential
from neuromorph.cells.kernel import kernel
from neuromorph.cells.model import NEVER, Model, number, per_step, whole_steps
from neuromorph.cells.vector import wide_vectors
from neuromorph.cells.window import fused_window_of, window_of
from neuromorph.description import AdEx


class AdExConstants(NamedTuple):
    """What a step needs; each one value, or an array of shape (n,)."""

    per_m: Any  # dt / c_m [s/F]
    g_l: Any  # [S]
    e_l: Any  # [V]
    v_t: Any  # [V]
    slope: Any  # 1 / d_t [1/V]
    g_d: Any  # g_l d_t [A]
    v_th: Any  # [V]
    v_reset: Any  # [V]
    rate_w: Any  # dt / tau_w
    a: Any  # [S]
    b: Any  # [A]
    refractory_steps: Any


@kernel(inner=True)
def adex_step(x: Any, drives: Any, fired: Any, c: AdExConstants, draw: Any) -> None:
    """Integrate one step and test the threshold, in place.

    ``c_m dv/dt = g_l (e_l - v) + g_l d_t exp((v - v_t)/d_t) - w + I``
    ``tau_w dw/dt = a (v - e_l) - w``

    Spike when ``v > v_th``; then v = v_reset, w += b. v is held for the refractory time.
    Forward Euler.

    Source: Brette and Gerstner 2005, doi 10.1152/jn.00686.2005, eqs. 1-3.
    """
    wide_vectors()
    v_of, w_of, age = x[0], x[1], x[2]
    (basal,) = drives
    for i in range(v_of.shape[0]):
        v, w = v_of[i], w_of[i]
        now = age[i] + like(1.0, v)
        rise = at(c.g_d, i) * exponential((v - at(c.v_t, i)) * at(c.slope, i))
        current = into((at(c.g_l, i) * (at(c.e_l, i) - v) + rise) - w, basal, v, i)
        pull = at(c.a, i) * (v - at(c.e_l, i)) - w
        free = now >= at(c.refractory_steps, i)
        v = v + current * at(c.per_m, i) if free else v
        v_of[i], age[i] = v, now
        w_of[i] = w + pull * at(c.rate_w, i)
        fired[i] = (v > at(c.v_th, i)) & free


@kernel(inner=True)
def adex_reset(x: Any, i: int, c: AdExConstants) -> None:
    """Apply the spike of one unit."""
    x[0, i] = at(c.v_reset, i)
    x[1, i] += at(c.b, i)
    x[2, i] = 0


def _constants(cell: AdEx, dt: float) -> AdExConstants:
    return AdExConstants(
        per_m=per_step(cell.c_m, dt),
        g_l=cell.g_l,
        e_l=cell.e_l,
        v_t=cell.v_t,
        slope=number(1.0 / np.asarray(cell.d_t)),
        g_d=number(np.asarray(cell.g_l) * np.asarray(cell.d_t)),
        v_th=cell.v_th,
        v_reset=cell.v_reset,
        rate_w=per_step(cell.tau_w, dt),
        a=cell.a,
        b=cell.b,
        refractory_steps=whole_steps(cell.refractory, dt),
    )


def _initial(cell: AdEx) -> dict[str, Any]:
    return {"v": cell.e_l, "age": NEVER}


ADEX = Model(
    variables=("v", "w", "age", "i_basal"),
    constants=_constants,
    initial=_initial,
    window=window_of(adex_step, adex_reset, 1),
    fused=fused_window_of(adex_step, adex_reset, 1),
)
