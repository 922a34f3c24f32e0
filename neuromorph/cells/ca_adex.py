"""Adaptive exponential soma with a calcium dendrite: the step of all units of a population."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from neuromorph.cells.element import at, into, like
from neuromorph.cells.exponential import exponential, logistic
from neuromorph.cells.kernel import kernel
from neuromorph.cells.logarithm import logarithm
from neuromorph.cells.model import NEVER, Model, decay, number, per_step, whole_steps
from neuromorph.cells.vector import wide_vectors
from neuromorph.cells.window import fused_window_of, window_of
from neuromorph.description import CaAdEx, DoubleExponential

NERNST = 8.31441 * 309.15 / (2.0 * 96489.0)  #: R T / 2 F at 36 degrees [V]
LN_OUTSIDE = 0.6931471805599453  #: ln of 2 mol/m3 calcium outside
HILL = 4.8
V_BOUND = 50e-3  #: leak and exponential see at most this potential [V]


class CaAdExConstants(NamedTuple):
    """What a step needs; each one value, or an array of shape (n,)."""

    per_s: Any  # dt / c_s [s/F]
    per_d: Any  # dt / c_d [s/F]
    g_ls: Any  # [S]
    g_ld: Any  # [S]
    g_c: Any  # [S]
    e_ls: Any  # [V]
    e_ld: Any  # [V]
    e_k: Any  # [V]
    v_t: Any  # [V]
    slope: Any  # 1 / d_t [1/V]
    g_d: Any  # g_ls d_t [A]
    v_th: Any  # [V]
    v_reset: Any  # [V]
    rate_w: Any  # dt / tau_w
    a: Any
    b: Any  # [V]
    g_w: Any  # [S]
    refractory_steps: Any
    g_ca: Any  # [S]
    g_k: Any  # [S]
    m_half: Any  # [V]
    m_slope: Any  # [1/V]
    h_half: Any  # [V]
    h_slope: Any  # [1/V]
    rate_m: Any  # dt / tau_m
    rate_h: Any  # dt / tau_h
    rate_k: Any  # dt / tau_k
    ca_0: Any  # [mol/m3]
    ln_ca_th: Any
    per_ca: Any  # phi dt [mol/m3 per A]
    rate_ca: Any  # dt / tau_ca
    w_bap: Any  # peak-normalised [S]
    bap_steps: Any
    decay_rise: Any
    decay_bap: Any


@kernel(inner=True)
def ca_adex_step(x: Any, drives: Any, fired: Any, c: CaAdExConstants, draw: Any) -> None:
    """Integrate one step and test the threshold, in place.

    ``c_s dV_s/dt = -g_ls (V_s - e_ls) + g_ls d_t exp((V_s - v_t)/d_t) - g_w w + I_s
    - g_c (V_s - V_d)``; ``tau_w dw/dt = a (V_s - e_ls) - w``
    ``c_d dV_d/dt = -g_ld (V_d - e_ld) + g_ca m h (E_ca - V_d) + g_k m_k (e_k - V_d) + I_d
    - g_bap V_d - g_c (V_d - V_s)``
    ``E_ca = R T/(2 F) ln(2/ca)``; ``tau_x dx/dt = x_inf(V_d) - x`` for the gates m and h, with
    ``x_inf = 1/(1 + exp(x_slope (V_d - x_half)))``;
    ``tau_k dm_k/dt = 1/(1 + (ca_th/ca)**4.8) - m_k``;
    ``dca/dt = phi I_ca + (ca_0 - ca)/tau_ca``.

    Spike when ``V_s > v_th``; then V_s = v_reset, w += b, and after bap_delay g_bap rises
    (double exponential that peaks at w_bap). Leaks and exponential see at most 50 mV.
    Forward Euler; g_bap exactly.

    Source: Pastorelli et al. 2025, doi 10.3389/fncom.2025.1566196, and the values and bounds
    of the authors' NESTML model.
    """
    wide_vectors()
    v_soma, v_apical, w_of, m_of, h_of = x[0], x[1], x[2], x[3], x[4]
    ca_of, k_of, rise, fall, age = x[5], x[6], x[7], x[8], x[9]
    basal, apical = drives
    for i in range(v_soma.shape[0]):
        v_s, v_d, w, m, h = v_soma[i], v_apical[i], w_of[i], m_of[i], h_of[i]
        ca, m_k, now = ca_of[i], k_of[i], age[i] + like(1.0, v_soma[i])
        low_s, low_d = min(v_s, V_BOUND), min(v_d, V_BOUND)
        steep = at(c.g_d, i) * exponential((low_s - at(c.v_t, i)) * at(c.slope, i))
        into_s = (at(c.g_ls, i) * (at(c.e_ls, i) - low_s) + steep) - at(c.g_w, i) * w
        into_s = into(into_s, basal, v_s, i) - at(c.g_c, i) * (v_s - v_d)
        ln_ca = logarithm(ca)
        i_ca = at(c.g_ca, i) * m * h * (NERNST * (LN_OUTSIDE - ln_ca) - v_d)
        i_k = at(c.g_k, i) * m_k * (at(c.e_k, i) - v_d)
        g_bap = at(c.w_bap, i) * (fall[i] - rise[i])
        into_d = (at(c.g_ld, i) * (at(c.e_ld, i) - low_d) + i_ca) + i_k
        into_d = into(into_d, apical, v_d, i)
        into_d = (into_d - g_bap * v_d) - at(c.g_c, i) * (v_d - v_s)
        m_inf = logistic(at(c.m_slope, i) * (at(c.m_half, i) - v_d))
        h_inf = logistic(at(c.h_slope, i) * (at(c.h_half, i) - v_d))
        k_inf = logistic(HILL * (ln_ca - at(c.ln_ca_th, i)))
        free = now >= at(c.refractory_steps, i)
        w_of[i] = w + (at(c.a, i) * (v_s - at(c.e_ls, i)) - w) * at(c.rate_w, i)
        v_s = v_s + into_s * at(c.per_s, i) if free else v_s
        v_soma[i], age[i] = v_s, now
        v_apical[i] = v_d + into_d * at(c.per_d, i)
        m_of[i] = m + (m_inf - m) * at(c.rate_m, i)
        h_of[i] = h + (h_inf - h) * at(c.rate_h, i)
        k_of[i] = m_k + (k_inf - m_k) * at(c.rate_k, i)
        ca_of[i] = ca + (i_ca * at(c.per_ca, i) + (at(c.ca_0, i) - ca) * at(c.rate_ca, i))
        due = 1.0 if now == at(c.bap_steps, i) else 0.0
        rise[i] = rise[i] * at(c.decay_rise, i) + due
        fall[i] = fall[i] * at(c.decay_bap, i) + due
        fired[i] = (v_s > at(c.v_th, i)) & free


@kernel(inner=True)
def ca_adex_reset(x: Any, i: int, c: CaAdExConstants) -> None:
    """Apply the spike of one unit."""
    x[0, i] = at(c.v_reset, i)
    x[2, i] += at(c.b, i)
    x[9, i] = 0


def _slopes(cell: CaAdEx) -> tuple[Any, Any]:
    """Return the slopes of the gates m and h in the reading that is asked for."""
    sign = -1.0 if cell.gates == "swapped" else 1.0
    return number(sign * np.asarray(cell.m_slope)), number(sign * np.asarray(cell.h_slope))


def _constants(cell: CaAdEx, dt: float) -> CaAdExConstants:
    m_slope, h_slope = _slopes(cell)
    same = (
        "g_ls g_ld g_c e_ls e_ld e_k v_t v_th v_reset a b g_w g_ca g_k m_half h_half ca_0"
    )
    rise, fall = np.broadcast_arrays(np.asarray(cell.bap_rise), np.asarray(cell.bap_decay))
    scale = np.vectorize(lambda r, d: DoubleExponential(tau_rise=r, tau_decay=d).scale)(rise, fall)
    return CaAdExConstants(
        **{name: getattr(cell, name) for name in same.split()},
        per_s=per_step(cell.c_s, dt),
        per_d=per_step(cell.c_d, dt),
        slope=number(1.0 / np.asarray(cell.d_t)),
        g_d=number(np.asarray(cell.g_ls) * np.asarray(cell.d_t)),
        rate_w=per_step(cell.tau_w, dt),
        refractory_steps=whole_steps(cell.refractory, dt),
        m_slope=m_slope,
        h_slope=h_slope,
        rate_m=per_step(cell.tau_m, dt),
        rate_h=per_step(cell.tau_h, dt),
        rate_k=per_step(cell.tau_k, dt),
        ln_ca_th=number(np.log(np.asarray(cell.ca_th))),
        per_ca=number(np.asarray(cell.phi) * dt),
        rate_ca=per_step(cell.tau_ca, dt),
        w_bap=number(np.asarray(cell.w_bap) * scale),
        bap_steps=number(np.maximum(np.rint(np.asarray(cell.bap_delay) / dt), 1.0)),
        decay_rise=decay(cell.bap_rise, dt),
        decay_bap=decay(cell.bap_decay, dt),
    )


def _initial(cell: CaAdEx) -> dict[str, Any]:
    v_d, (m_slope, h_slope) = np.asarray(cell.e_ls), _slopes(cell)
    gates = {
        name: number(1.0 / (1.0 + np.exp(slope * (v_d - np.asarray(half)))))
        for name, slope, half in (("m", m_slope, cell.m_half), ("h", h_slope, cell.h_half))
    }
    return {"v_soma": cell.e_ls, "v_apical": cell.e_ls, "ca": cell.ca_0, "age": NEVER, **gates}


CA_ADEX = Model(
    variables=(
        "v_soma", "v_apical", "w", "m", "h", "ca", "m_k", "bap_rise", "bap_fall", "age",
        "i_basal", "i_apical",
    ),
    constants=_constants,
    initial=_initial,
    window=window_of(ca_adex_step, ca_adex_reset, 2),
    fused=fused_window_of(ca_adex_step, ca_adex_reset, 2),
)  # fmt: skip
