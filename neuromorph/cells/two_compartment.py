"""Naud-Sprekeler pyramidal cell: the step of all units of a population."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from neuromorph.cells.element import at, into, like
from neuromorph.cells.exponential import logistic
from neuromorph.cells.kernel import kernel
from neuromorph.cells.model import NEVER, Model, decay, number, per_step, whole_steps
from neuromorph.cells.vector import wide_vectors
from neuromorph.cells.window import fused_window_of, window_of
from neuromorph.description import TwoCompartment

VARIABLES = (
    "v_soma", "v_apical", "w_soma", "w_apical", "v_jump", "age", "i_basal", "i_apical",
)  # fmt: skip


class TwoCompartmentConstants(NamedTuple):
    """What a step needs; each one value, or an array of shape (n,)."""

    v_leak: Any  # [V]
    leak_s: Any  # dt / tau_s
    per_s: Any  # dt / c_s [s/F]
    g_s: Any  # [A]
    decay_ws: Any  # exp(-dt / tau_ws)
    b_ws: Any  # [A]
    leak_d: Any  # dt / tau_d
    per_d: Any  # dt / c_d [s/F]
    g_d: Any  # [A]
    e_d: Any  # [V]
    slope_d: Any  # 1 / d_d [1/V]
    rate_wd: Any  # dt / tau_wd
    a_wd: Any  # [S]
    bap: Any  # [A]
    bap_from: Any  # steps
    bap_to: Any  # steps
    v_th: Any  # [V]
    v_reset: Any  # [V]
    refractory_steps: Any
    decay_th: Any  # exp(-dt / tau_th)
    th_jump: Any  # [V]


@kernel(inner=True)
def two_compartment_step(
    x: Any, drives: Any, fired: Any, c: TwoCompartmentConstants, draw: Any
) -> None:
    """Integrate one step and test the threshold, in place.

    ``dV_s/dt = -(V_s - v_leak)/tau_s + (g_s f(V_d) + w_s + I_s)/c_s``
    ``dw_s/dt = -w_s/tau_ws``
    ``dV_d/dt = -(V_d - v_leak)/tau_d + (g_d f(V_d) + bap K + w_d + I_d)/c_d``
    ``dw_d/dt = (a_wd (V_d - v_leak) - w_d)/tau_wd``
    ``f(V) = 1/(1 + exp(-(V - e_d)/d_d))``; K = 1 from bap_delay to bap_delay + bap_width after
    a spike, else 0; a conductance g on a port adds ``-g V`` to its current.

    Spike when ``V_s > v_th + th``; then V_s = v_reset, w_s += b_ws, th += th_jump. th decays
    with tau_th; V_s is held for the refractory time. Forward Euler for V_s, V_d and w_d,
    exact decay for w_s and th.

    Source: Naud and Sprekeler 2018, doi 10.1073/pnas.1720995115, eqs. 1-4 as implemented for
    Payeur et al. 2021, doi 10.1038/s41593-021-00857-x; box-shaped K and both forms of the
    threshold from there.
    """
    wide_vectors()
    v_soma, v_apical, w_soma, w_apical, v_jump, age = x[0], x[1], x[2], x[3], x[4], x[5]
    basal, apical = drives
    for i in range(v_soma.shape[0]):
        v_s, v_d, w_s, w_d = v_soma[i], v_apical[i], w_soma[i], w_apical[i]
        f = logistic((v_d - at(c.e_d, i)) * at(c.slope_d, i))
        now = age[i] + like(1.0, v_d)
        bap = at(c.bap, i)
        box = bap if (now > at(c.bap_from, i)) & (now <= at(c.bap_to, i)) else like(0.0, v_d)
        into_s = into(at(c.g_s, i) * f + w_s, basal, v_s, i)
        into_d = into((at(c.g_d, i) * f + box) + w_d, apical, v_d, i)
        pull = at(c.a_wd, i) * (v_d - at(c.v_leak, i)) - w_d
        moved = v_s + ((at(c.v_leak, i) - v_s) * at(c.leak_s, i) + into_s * at(c.per_s, i))
        free = now >= at(c.refractory_steps, i)
        v_s = moved if free else v_s
        th = v_jump[i] * at(c.decay_th, i)
        v_soma[i], v_jump[i], age[i] = v_s, th, now
        w_soma[i] = w_s * at(c.decay_ws, i)
        v_apical[i] = v_d + (
            (at(c.v_leak, i) - v_d) * at(c.leak_d, i) + into_d * at(c.per_d, i)
        )
        w_apical[i] = w_d + pull * at(c.rate_wd, i)
        fired[i] = (v_s > at(c.v_th, i) + th) & free


@kernel(inner=True)
def two_compartment_reset(x: Any, i: int, c: TwoCompartmentConstants) -> None:
    """Apply the spike of one unit."""
    x[0, i] = at(c.v_reset, i)
    x[2, i] += at(c.b_ws, i)
    x[4, i] += at(c.th_jump, i)
    x[5, i] = 0


def _constants(cell: TwoCompartment, dt: float) -> TwoCompartmentConstants:
    start = np.rint(np.asarray(cell.bap_delay) / dt)
    return TwoCompartmentConstants(
        v_leak=cell.v_leak,
        leak_s=per_step(cell.tau_s, dt),
        per_s=per_step(cell.c_s, dt),
        g_s=cell.g_s,
        decay_ws=decay(cell.tau_ws, dt),
        b_ws=cell.b_ws,
        leak_d=per_step(cell.tau_d, dt),
        per_d=per_step(cell.c_d, dt),
        g_d=cell.g_d,
        e_d=cell.e_d,
        slope_d=number(1.0 / np.asarray(cell.d_d)),
        rate_wd=per_step(cell.tau_wd, dt),
        a_wd=cell.a_wd,
        bap=cell.bap,
        bap_from=number(start),
        bap_to=number(start + np.rint(np.asarray(cell.bap_width) / dt)),
        v_th=cell.v_th,
        v_reset=cell.v_reset,
        refractory_steps=whole_steps(cell.refractory, dt),
        decay_th=decay(cell.tau_th, dt),
        th_jump=cell.th_jump,
    )


def _initial(cell: TwoCompartment) -> dict[str, Any]:
    return {"v_soma": cell.v_leak, "v_apical": cell.v_leak, "age": NEVER}


TWO_COMPARTMENT = Model(
    variables=VARIABLES,
    constants=_constants,
    initial=_initial,
    window=window_of(two_compartment_step, two_compartment_reset, 2),
    fused=fused_window_of(two_compartment_step, two_compartment_reset, 2),
)
