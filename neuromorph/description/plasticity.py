"""How the strength of a projection changes: within milliseconds, and by learning."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuromorph.description.described import Described, set_parameter


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TsodyksMarkram(Described):
    """Short-term plasticity: resources r are used up, their release u is facilitated.

    A spike is transmitted with ``w u r``, u and r taken just before it; then ``r <- r - u r``,
    ``u <- u + f (1 - u)``. Between spikes ``dr/dt = (1 - r)/tau_d``, ``du/dt = (u_rest -
    u)/tau_f``, both exact. They start at rest: the first spike is transmitted with ``w u_rest``.

    Attributes
    ----------
    u_rest : float
        0 to 1.
    f : float, optional
        Facilitation by one spike, 0 to 1; ``u_rest`` if left out.
    tau_d, tau_f : float [s]

    Raises
    ------
    ValueError
        A value out of range, or one per unit.

    Notes
    -----
    Source: Tsodyks, Pawelzik and Markram 1998, doi 10.1162/089976698300017502; f apart from
    u_rest as Payeur et al. 2021, doi 10.1038/s41593-021-00857-x (facilitating there: tau_d =
    tau_f = 100 ms, u_rest = 0.02, f = 0.1; depressing: tau_d = 20 ms, tau_f = 1 s, u_rest = 0.9,
    f = 0.1).
    """

    u_rest: float
    tau_d: float
    tau_f: float
    f: float | None = None

    def __post_init__(self) -> None:
        if self.f is None:
            object.__setattr__(self, "f", self.u_rest)
        for name, unit in (("u_rest", "1"), ("f", "1"), ("tau_d", "s"), ("tau_f", "s")):
            _set_scalar(self, name, unit, at_least=0.0, most=1.0 if unit == "1" else np.inf)
        _set_scalar(self, "tau_d", "s", above=0.0)
        _set_scalar(self, "tau_f", "s", above=0.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plasticity(Described):
    """A rule that changes the weights of a projection while the network runs.

    Changes add up and are applied, within the bounds, at multiples of ``interval``; in between
    a weight is constant. A spike is transmitted with the weight of the step in which it arrives.

    Attributes
    ----------
    eta : float, in the unit of the weights
        Learning rate.
    w_min, w_max : float, in the unit of the weights
        Bounds; weights outside are drawn in at the first application.
    interval : float [s]

    Raises
    ------
    ValueError
        A value out of range, or bounds that leave nothing between them.
    """

    eta: float
    w_min: float = 0.0
    w_max: float
    interval: float = 1e-3

    def __post_init__(self) -> None:
        for name in ("eta", "w_min", "w_max"):
            unit = "A" if hasattr(getattr(self, name), "dim") else "1"
            _set_scalar(self, name, unit)
        _set_scalar(self, "interval", "s", above=0.0)
        if not self.w_min < self.w_max:
            raise ValueError(
                f"{type(self).__name__}.w_min: {self.w_min:g} came, less than w_max = "
                f"{self.w_max:g} is allowed"
            )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BurstDependent(Plasticity):
    """Burst-dependent plasticity: a burst of the target strengthens, an event weakens.

    ``dw/dt = eta (B(t) - P E(t)) x(t)``. Spikes of the target at most ``isi`` apart are one
    event; E is 1 at its first spike, B at its second (a burst). x is the trace of events that
    arrived at the synapse, ``dx/dt = -x/tau_pre``. P is the target's own burst probability,
    bursts over events, both counted with the memory ``tau_mean``; it starts at
    ``burst_probability``, known as well as from ``event_rate tau_mean`` events.

    Attributes
    ----------
    eta, w_min, w_max, interval
        As in :class:`Plasticity`.
    tau_pre, tau_mean, isi : float [s]
    burst_probability : float
    event_rate : float [Hz]

    Raises
    ------
    ValueError
        A value out of range.

    Notes
    -----
    Source: Payeur, Guerguiev, Zenke, Richards and Naud 2021, doi 10.1038/s41593-021-00857-x,
    eq. 1.
    """

    tau_pre: float = 50e-3
    tau_mean: float = 15.0
    isi: float = 16e-3
    burst_probability: float = 0.3
    event_rate: float = 5.0

    def __post_init__(self) -> None:
        Plasticity.__post_init__(self)
        for name in ("tau_pre", "tau_mean", "isi"):
            _set_scalar(self, name, "s", above=0.0)
        _set_scalar(self, "burst_probability", "1", at_least=0.0, most=1.0)
        _set_scalar(self, "event_rate", "Hz", above=0.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DendriticPrediction(Plasticity):
    """Learning by dendritic prediction, into the port ``dendrite`` of :class:`UrbanczikSenn`.

    ``dw/dt = eta (S(t) - phi(V*)) h(V*) k(t)``: S are the spikes of the target, ``V* = (e_ls
    g_ls + V_d g_sp)/(g_ls + g_sp)`` is the soma as the dendrite predicts it, phi its rate,
    ``h = d ln(phi)/du / beta``, k the potential that the synapse's past spikes make in the
    dendrite: ``k = (slow - fast) tau_m/(tau_m - tau_s)`` with ``tau_m = c_d/(g_ld + g_ps)`` and
    tau_s of the port's synapse, both raised by 1 by each spike that arrives. h and k have no unit,
    so eta has that of the weights. V* and k are those of the start of the step. The low-pass
    filter of the original, which delays a change but keeps its sum, is left out.

    Attributes
    ----------
    eta, w_min, w_max, interval
        As in :class:`Plasticity`.

    Notes
    -----
    Source: Urbanczik and Senn 2014, doi 10.1016/j.neuron.2013.11.030, eqs. 5-8.
    """


def _set_scalar(
    owner: Described, name: str, unit: str, *, above: float = -np.inf, at_least: float = -np.inf,
    most: float = np.inf,
) -> None:  # fmt: skip
    set_parameter(owner, name, unit, above=above, at_least=at_least)
    value = getattr(owner, name)
    where = f"{type(owner).__name__}.{name}"
    if isinstance(value, np.ndarray):
        raise ValueError(f"{where}: shape {value.shape} came, one number is allowed")
    if value > most:
        raise ValueError(f"{where}: {value:g} came, at most {most:g} is allowed")
