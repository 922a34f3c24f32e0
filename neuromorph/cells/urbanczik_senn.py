"""Soma that a dendrite predicts: the step of all units of a population."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from neuromorph.cells.element import at, into
from neuromorph.cells.exponential import exponential
from neuromorph.cells.kernel import kernel
from neuromorph.cells.model import NEVER, Model, number, per_step, whole_steps
from neuromorph.cells.vector import wide_vectors
from neuromorph.cells.window import fused_window_of, window_of
from neuromorph.description import UrbanczikSenn
from neuromorph.philox import philox


class UrbanczikSennConstants(NamedTuple):
    """What a step needs; each one value, or an array of shape (n,)."""

    per_s: Any  # dt / c_s [s/F]
    per_d: Any  # dt / c_d [s/F]
    g_ls: Any  # [S]
    g_ld: Any  # [S]
    e_ls: Any  # [V]
    e_ld: Any  # [V]
    g_sp: Any  # [S]
    g_ps: Any  # [S]
    most: Any  # phi_max dt
    k_phi: Any
    beta: Any  # [1/V]
    theta: Any  # [V]
    refractory_steps: Any


@kernel(inner=True)
def urbanczik_senn_step(
    x: Any, drives: Any, fired: Any, c: UrbanczikSennConstants, draw: Any
) -> None:
    """Integrate one step and draw the spikes, in place.

    ``c_s dV_s/dt = -g_ls (V_s - e_ls) + g_sp (V_d - V_s) + I_s``
    ``c_d dV_d/dt = -g_ld (V_d - e_ld) + g_ps (V_s - V_d) + I_d``

    A unit whose dead time is over spikes with probability ``1 - exp(-phi(V_s) dt)``, ``phi(u) =
    phi_max / (1 + k_phi exp(beta (theta - u)))``; nothing is reset. Forward Euler (stable for
    ``dt (g_ls + g_sp) < c_s``).

    Source: Urbanczik and Senn 2014, doi 10.1016/j.neuron.2013.11.030, eqs. 1-3.
    """
    wide_vectors()
    v_soma, v_dendrite, age = x[0], x[1], x[2]
    soma, dendrite = drives
    for i in range(v_soma.shape[0]):
        v_s, v_d, now = v_soma[i], v_dendrite[i], age[i] + 1.0
        into_s = at(c.g_ls, i) * (at(c.e_ls, i) - v_s) + at(c.g_sp, i) * (v_d - v_s)
        into_d = at(c.g_ld, i) * (at(c.e_ld, i) - v_d) + at(c.g_ps, i) * (v_s - v_d)
        later = v_s + into(into_s, soma, v_s, i) * at(c.per_s, i)
        v_dendrite[i] = v_d + into(into_d, dendrite, v_d, i) * at(c.per_d, i)
        steep = exponential(at(c.beta, i) * (at(c.theta, i) - later))
        chance = 1.0 - exponential(-(at(c.most, i) / (1.0 + at(c.k_phi, i) * steep)))
        drawn = philox(np.uint64(draw.unit + i), np.uint64(draw.step), draw.key)
        v_soma[i], age[i] = later, now
        fired[i] = (np.float64(drawn) < chance * 4294967296.0) & (
            now >= at(c.refractory_steps, i)
        )


@kernel(inner=True)
def urbanczik_senn_reset(x: Any, i: int, c: UrbanczikSennConstants) -> None:
    """Start the dead time of one unit."""
    x[2, i] = 0


def prediction(cell: UrbanczikSenn, v_dendrite: Any) -> Any:
    """Return the soma's potential as the dendrite alone predicts it [V].

    ``V_w = (e_ls g_ls + V_d g_sp) / (g_ls + g_sp)``.
    """
    g_ls, g_sp = np.asarray(cell.g_ls), np.asarray(cell.g_sp)
    return (np.asarray(cell.e_ls) * g_ls + np.asarray(v_dendrite) * g_sp) / (g_ls + g_sp)


def _constants(cell: UrbanczikSenn, dt: float) -> UrbanczikSennConstants:
    fastest = dt * np.max((np.asarray(cell.g_ls) + np.asarray(cell.g_sp)) / np.asarray(cell.c_s))
    if fastest >= 1.0:
        raise ValueError(
            f"UrbanczikSenn: dt = {dt:g} s came, less than c_s / (g_ls + g_sp) = "
            f"{dt / fastest:g} s is allowed: lower dt"
        )
    return UrbanczikSennConstants(
        per_s=per_step(cell.c_s, dt),
        per_d=per_step(cell.c_d, dt),
        g_ls=cell.g_ls,
        g_ld=cell.g_ld,
        e_ls=cell.e_ls,
        e_ld=cell.e_ld,
        g_sp=cell.g_sp,
        g_ps=cell.g_ps,
        most=number(np.asarray(cell.phi_max) * dt),
        k_phi=cell.k_phi,
        beta=cell.beta,
        theta=cell.theta,
        refractory_steps=whole_steps(cell.refractory, dt),
    )


def _initial(cell: UrbanczikSenn) -> dict[str, Any]:
    return {"v_soma": cell.e_ls, "v_dendrite": cell.e_ld, "age": NEVER}


URBANCZIK_SENN = Model(
    variables=("v_soma", "v_dendrite", "age", "i_soma", "i_dendrite"),
    constants=_constants,
    initial=_initial,
    window=window_of(urbanczik_senn_step, urbanczik_senn_reset, 2),
    fused=fused_window_of(urbanczik_senn_step, urbanczik_senn_reset, 2),
)
