"""Layer-5 pyramidal cells with two integration points: soma (basal) and apical dendrite."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from neuromorph.description.cell import Cell, Kind, Port
from neuromorph.description.described import Parameter, set_parameter

_BASAL = Port(name="basal", unit="A", kernel="exponential", current=True, conductance=True)
_APICAL = Port(name="apical", unit="A", kernel="exponential", current=True, conductance=True)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TwoCompartment(Cell):
    """Naud-Sprekeler pyramidal cell: event rate in the soma, burst probability in the dendrite.

    Equations: :func:`neuromorph.cells.two_compartment.two_compartment_step`. The defaults are
    the fixed-threshold form (refractory 3 ms, back-propagation from 0.5 to 2.5 ms after the
    spike); :meth:`moving_threshold` gives the other published form.

    Attributes
    ----------
    v_leak, v_reset, v_th : float or (n,) [V]
    tau_s, c_s : float or (n,) [s], [F]
        Soma.
    g_s, g_d : float or (n,) [A]
        Largest regenerative current into soma and dendrite.
    tau_ws, b_ws : float or (n,) [s], [A]
        Spike-triggered adaptation of the soma.
    tau_d, c_d : float or (n,) [s], [F]
        Dendrite.
    e_d, d_d : float or (n,) [V]
        Half point and slope of the dendrite's regenerative activation.
    tau_wd, a_wd : float or (n,) [s], [S]
        Subthreshold adaptation of the dendrite (a_wd < 0 repolarises).
    bap, bap_delay, bap_width : float or (n,) [A], [s], [s]
        Back-propagating action potential: a box current into the dendrite.
    refractory : float or (n,) [s]
        The soma's potential is held while it lasts; currents and the dendrite go on.
    th_jump, tau_th : float or (n,) [V], [s]
        A spike lifts the threshold by th_jump, which decays with tau_th.

    Raises
    ------
    ValueError
        A value out of range.

    Notes
    -----
    Source: Naud and Sprekeler 2018, doi 10.1073/pnas.1720995115; Payeur et al. 2021,
    doi 10.1038/s41593-021-00857-x; values of their published implementations.
    """

    v_leak: Parameter = -70e-3
    v_reset: Parameter = -70e-3
    v_th: Parameter = -50e-3
    tau_s: Parameter = 16e-3
    c_s: Parameter = 370e-12
    g_s: Parameter = 1300e-12
    tau_ws: Parameter = 100e-3
    b_ws: Parameter = -200e-12
    tau_d: Parameter = 7e-3
    c_d: Parameter = 170e-12
    g_d: Parameter = 1200e-12
    e_d: Parameter = -38e-3
    d_d: Parameter = 6e-3
    tau_wd: Parameter = 30e-3
    a_wd: Parameter = -13e-9
    bap: Parameter = 2600e-12
    bap_delay: Parameter = 0.5e-3
    bap_width: Parameter = 2e-3
    refractory: Parameter = 3e-3
    th_jump: Parameter = 0.0
    tau_th: Parameter = 27e-3

    kind: ClassVar[Kind] = "spiking"
    ports: ClassVar[tuple[Port, ...]] = (_BASAL, _APICAL)

    @classmethod
    def moving_threshold(cls, **changes: Any) -> TwoCompartment:
        """Return the form without refractory time: each spike lifts the threshold by 2 mV."""
        form = {"refractory": 0.0, "bap_delay": 0.0, "th_jump": 2e-3}
        return cls(**{**form, **changes})

    def __post_init__(self) -> None:
        _set(self, "V", "v_leak", "v_reset", "v_th", "e_d", "th_jump")
        _set(self, "V", "d_d", above=0.0)
        _set(self, "A", "g_s", "g_d", "b_ws", "bap")
        _set(self, "S", "a_wd")
        _set(self, "F", "c_s", "c_d", above=0.0)
        _set(self, "s", "tau_s", "tau_ws", "tau_d", "tau_wd", "tau_th", above=0.0)
        _set(self, "s", "bap_delay", "bap_width", "refractory", at_least=0.0)
        _below(self, "v_reset", "v_th")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BurstPoisson(Cell):
    """Events and bursts with one Bernoulli draw per event: the form that hardware can hold.

    A LIF soma makes events; at each event the dendrite's potential decides by one draw whether
    a second spike follows. Equations:
    :func:`neuromorph.cells.burst_poisson.burst_poisson_step`.

    Attributes
    ----------
    tau_s, tau_d : float or (n,) [s]
    v_leak, v_th, v_reset : float or (n,) [V]
    r_s, r_d : float or (n,) [ohm]
        What a current stimulus meets.
    e_d, d_d : float or (n,) [V]
        Burst probability ``1 / (1 + exp(-(v_apical - e_d) / d_d))``.
    burst_delay, burst_jitter : float or (n,) [s]
        The second spike comes burst_delay + U(0, 1) burst_jitter after the event.
    refractory : float or (n,) [s]
        After an event; at least ``burst_delay + burst_jitter``. The soma drops its inputs.

    Raises
    ------
    ValueError
        A value out of range, or a refractory time that ends before the second spike.

    Notes
    -----
    Source: Payeur et al. 2021, doi 10.1038/s41593-021-00857-x (burst-Poisson neurons).
    """

    tau_s: Parameter = 16e-3
    tau_d: Parameter = 7e-3
    v_leak: Parameter = -70e-3
    v_th: Parameter = -50e-3
    v_reset: Parameter = -70e-3
    r_s: Parameter = 43e6
    r_d: Parameter = 41e6
    e_d: Parameter = -57e-3
    d_d: Parameter = 6e-3
    burst_delay: Parameter = 5e-3
    burst_jitter: Parameter = 10e-3
    refractory: Parameter = 20e-3

    kind: ClassVar[Kind] = "spiking"
    ports: ClassVar[tuple[Port, ...]] = (
        Port(name="basal", unit="V", current=True),
        Port(name="apical", unit="V", current=True),
    )

    def __post_init__(self) -> None:
        _set(self, "V", "v_leak", "v_reset", "v_th", "e_d")
        _set(self, "V", "d_d", above=0.0)
        _set(self, "ohm", "r_s", "r_d", above=0.0)
        _set(self, "s", "tau_s", "tau_d", "burst_delay", "refractory", above=0.0)
        _set(self, "s", "burst_jitter", at_least=0.0)
        _below(self, "v_reset", "v_th")
        last = np.asarray(self.burst_delay) + np.asarray(self.burst_jitter)
        if (last > np.asarray(self.refractory)).any():
            raise ValueError(
                f"BurstPoisson.refractory: {np.min(self.refractory):g} s came, at least "
                f"burst_delay + burst_jitter = {np.max(last):g} s is allowed"
            )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CaAdEx(Cell):
    """Adaptive exponential soma with a calcium dendrite (Pastorelli et al. 2025).

    Equations: :func:`neuromorph.cells.ca_adex.ca_adex_step`.

    Attributes
    ----------
    c_s, c_d : float or (n,) [F]
    g_ls, g_ld, g_c : float or (n,) [S]
        Leak of soma and dendrite, and their coupling.
    e_ls, e_ld, e_k : float or (n,) [V]
    v_t, d_t : float or (n,) [V]
        Threshold and slope of the exponential current.
    v_th, v_reset : float or (n,) [V]
    tau_w, a, b, g_w : float or (n,) [s], [1], [V], [S]
        Adaptation: the current is g_w w, w in volts.
    refractory : float or (n,) [s]
    g_ca, g_k : float or (n,) [S]
    m_half, h_half, m_slope, h_slope : float or (n,) [V], [V], [1/V], [1/V]
        ``m_inf = 1 / (1 + exp(m_slope (v - m_half)))``, h likewise.
    tau_m, tau_h : float or (n,) [s]
    ca_0, ca_th : float or (n,) [mol/m3]
    phi, tau_ca : float or (n,) [mol/m3 per A s], [s]
    tau_k : float or (n,) [s]
    w_bap, bap_delay, bap_rise, bap_decay : float or (n,) [S], [s], [s], [s]
        Back-propagating action potential: a conductance of reversal 0 V that peaks at w_bap.
    gates : "published" or "swapped"
        In the published implementation the gate called m has slope +0.5 /mV, so it inactivates
        (15 ms), and h activates (80 ms). "swapped" exchanges the signs of the slopes, as the
        letters would have it: m activates fast, h inactivates slowly. The third reading, the
        published curves with the time constants exchanged, is ``tau_m=80e-3, tau_h=15e-3``.

    Raises
    ------
    ValueError
        A value out of range.

    Notes
    -----
    Source: Pastorelli et al. 2025, doi 10.3389/fncom.2025.1566196, arXiv 2311.06074, and the
    values of the authors' NESTML model.
    """

    c_s: Parameter = 246.788e-12
    c_d: Parameter = 23.6737e-12
    g_ls: Parameter = 5.0e-9
    g_ld: Parameter = 3.37786e-9
    g_c: Parameter = 19.7773e-9
    e_ls: Parameter = -69.246e-3
    e_ld: Parameter = -55e-3
    e_k: Parameter = -90e-3
    v_t: Parameter = -50e-3
    d_t: Parameter = 2e-3
    v_th: Parameter = -40e-3
    v_reset: Parameter = -61.7395e-3
    tau_w: Parameter = 500e-3
    a: Parameter = 0.0
    b: Parameter = 40e-3
    g_w: Parameter = 1.11564e-9
    refractory: Parameter = 0.0
    g_ca: Parameter = 21.0455e-9
    g_k: Parameter = 13.1999e-9
    m_half: Parameter = -9e-3
    m_slope: Parameter = 500.0
    h_half: Parameter = -21e-3
    h_slope: Parameter = -500.0
    tau_m: Parameter = 15e-3
    tau_h: Parameter = 80e-3
    ca_0: Parameter = 1e-4
    ca_th: Parameter = 4.3e-4
    phi: Parameter = 3.9283e7
    tau_ca: Parameter = 103.572e-3
    tau_k: Parameter = 1e-3
    w_bap: Parameter = 27.9956e-9
    bap_delay: Parameter = 0.1196e-3
    bap_rise: Parameter = 0.2e-3
    bap_decay: Parameter = 3e-3
    gates: str = "published"

    kind: ClassVar[Kind] = "spiking"
    ports: ClassVar[tuple[Port, ...]] = (_BASAL, _APICAL)

    def __post_init__(self) -> None:
        _set(self, "V", "e_ls", "e_ld", "e_k", "v_t", "v_th", "v_reset", "b", "m_half", "h_half")
        _set(self, "V", "d_t", above=0.0)
        _set(self, "F", "c_s", "c_d", above=0.0)
        _set(self, "S", "g_ls", "g_ld", above=0.0)
        _set(self, "S", "g_c", "g_w", "g_ca", "g_k", "w_bap", at_least=0.0)
        _set(self, "1", "a", "m_slope", "h_slope")
        _set(self, "1", "ca_0", "ca_th", above=0.0)
        _set(self, "1", "phi", at_least=0.0)
        _set(self, "s", "tau_w", "tau_m", "tau_h", "tau_ca", "tau_k", above=0.0)
        _set(self, "s", "bap_rise", "bap_decay", above=0.0)
        _set(self, "s", "refractory", "bap_delay", at_least=0.0)
        _below(self, "v_reset", "v_th")
        _below(self, "bap_rise", "bap_decay", "s")
        if self.gates not in ("published", "swapped"):
            raise ValueError(
                f"CaAdEx.gates: {self.gates!r} came, 'published' or 'swapped' is allowed"
            )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UrbanczikSenn(Cell):
    """Soma that a dendrite predicts: the cell of dendritic prediction learning.

    Equations: :func:`neuromorph.cells.urbanczik_senn.urbanczik_senn_step`. The port ``soma``
    takes the teacher (conductances by synapses with a reversal), ``dendrite`` what is learnt.

    Attributes
    ----------
    c_s, c_d : float or (n,) [F]
    g_ls, g_ld : float or (n,) [S]
    e_ls, e_ld : float or (n,) [V]
    g_sp, g_ps : float or (n,) [S]
        Coupling into the soma from the dendrite, and back.
    phi_max, k_phi, beta, theta : float or (n,) [Hz], [1], [1/V], [V]
        Rate ``phi(u) = phi_max / (1 + k_phi exp(beta (theta - u)))``.
    refractory : float or (n,) [s]
        Dead time of the spikes; the potentials are not reset.

    Raises
    ------
    ValueError
        A value out of range.

    Notes
    -----
    Source: Urbanczik and Senn 2014, doi 10.1016/j.neuron.2013.11.030; values as NEST's
    pp_cond_exp_mc_urbanczik.
    """

    c_s: Parameter = 300e-12
    c_d: Parameter = 300e-12
    g_ls: Parameter = 30e-9
    g_ld: Parameter = 30e-9
    e_ls: Parameter = -70e-3
    e_ld: Parameter = -70e-3
    g_sp: Parameter = 600e-9
    g_ps: Parameter = 0.0
    phi_max: Parameter = 150.0
    k_phi: Parameter = 0.5
    beta: Parameter = 1e3 / 3
    theta: Parameter = -55e-3
    refractory: Parameter = 3e-3

    kind: ClassVar[Kind] = "spiking"
    ports: ClassVar[tuple[Port, ...]] = (
        Port(name="soma", unit="A", kernel="exponential", tau=3e-3, current=True, conductance=True),
        Port(
            name="dendrite", unit="A", kernel="exponential", tau=3e-3, current=True,
            conductance=True,
        ),
    )  # fmt: skip

    def __post_init__(self) -> None:
        _set(self, "V", "e_ls", "e_ld", "theta")
        _set(self, "F", "c_s", "c_d", above=0.0)
        _set(self, "S", "g_ls", "g_ld", above=0.0)
        _set(self, "S", "g_sp", "g_ps", at_least=0.0)
        _set(self, "Hz", "phi_max", at_least=0.0)
        _set(self, "1", "k_phi", "beta", at_least=0.0)
        _set(self, "s", "refractory", at_least=0.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AdEx(Cell):
    """Adaptive exponential integrate-and-fire cell.

    Equations: :func:`neuromorph.cells.adex.adex_step`.

    Attributes
    ----------
    c_m, g_l, e_l : float or (n,) [F], [S], [V]
    v_t, d_t : float or (n,) [V]
        Threshold and slope of the exponential current.
    v_th, v_reset : float or (n,) [V]
        Where the spike is cut, and where it ends.
    tau_w, a, b : float or (n,) [s], [S], [A]
    refractory : float or (n,) [s]
        v is held while it lasts; currents and adaptation go on.

    Raises
    ------
    ValueError
        A value out of range.

    Notes
    -----
    Source: Brette and Gerstner 2005, doi 10.1152/jn.00686.2005; defaults of its table 1.
    """

    c_m: Parameter = 281e-12
    g_l: Parameter = 30e-9
    e_l: Parameter = -70.6e-3
    v_t: Parameter = -50.4e-3
    d_t: Parameter = 2e-3
    v_th: Parameter = -40e-3
    v_reset: Parameter = -70.6e-3
    tau_w: Parameter = 144e-3
    a: Parameter = 4e-9
    b: Parameter = 80.5e-12
    refractory: Parameter = 0.0

    kind: ClassVar[Kind] = "spiking"
    ports: ClassVar[tuple[Port, ...]] = (_BASAL,)

    def __post_init__(self) -> None:
        _set(self, "F", "c_m", above=0.0)
        _set(self, "S", "g_l", above=0.0)
        _set(self, "S", "a")
        _set(self, "V", "e_l", "v_t", "v_th", "v_reset")
        _set(self, "V", "d_t", above=0.0)
        _set(self, "A", "b")
        _set(self, "s", "tau_w", above=0.0)
        _set(self, "s", "refractory", at_least=0.0)
        _below(self, "v_reset", "v_th")


def _set(
    cell: Cell, unit: str, *names: str, above: float = -np.inf, at_least: float = -np.inf
) -> None:
    for name in names:
        set_parameter(cell, name, unit, above=above, at_least=at_least)


def _below(cell: Cell, low: str, high: str, unit: str = "V") -> None:
    low_value, high_value = np.asarray(getattr(cell, low)), np.asarray(getattr(cell, high))
    if (low_value >= high_value).any():
        raise ValueError(
            f"{type(cell).__name__}.{low}: {np.max(low_value):g} {unit} came, less than {high} = "
            f"{np.min(high_value):g} {unit} is allowed"
        )
