"""Short-term plasticity and learning rules in Brian2's words, as parts of a Synapses object."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from neuromorph.backends.learning import (
    LONG_AGO,
    BurstDependentRule,
    DendriticPredictionRule,
    Rule,
    short_term_state,
)
from neuromorph.description import Plasticity, Projection


@dataclass(slots=True)
class BrianPlasticity:
    """What a projection adds to its Synapses.

    Attributes
    ----------
    model : list of str
        Declarations.
    before, share, after : str
        Of ``on_pre``: statements, the factor of the weight, statements.
    on_post : str
    start : str
        Code of every step's start.
    values, namespace : dict
        Initial values and constants, in SI.
    units : dict
        Units of the namespace's constants, by name.
    """

    model: list[str] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    value: str = "weight"
    after: list[str] = field(default_factory=list)
    on_post: str = ""
    start: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    namespace: dict[str, Any] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)


def brian_plasticity(
    projection: Projection, rule: Rule | None, unit: str, grid_unit: float, dt: float
) -> BrianPlasticity:
    """Return what a projection adds; ``unit`` is that of its weights in Brian2's words."""
    out = BrianPlasticity()
    out.before.append("now = timestep(t, dt)")
    out.namespace["grid_unit"] = grid_unit or 1.0
    out.units["grid_unit"] = unit
    if projection.short_term is not None:
        _short_term(out, projection, dt)
    if projection.plasticity is not None and rule is not None:
        _learning(out, projection.plasticity, rule, unit)
    return out


def _short_term(out: BrianPlasticity, projection: Projection, dt: float) -> None:
    if projection.short_term is None:
        return
    held = short_term_state(projection.short_term, 1, dt)
    out.model += ["u_short : 1", "r_short : 1", "last_short : 1"]
    out.values |= {"u_short": held.u_rest, "r_short": 1.0, "last_short": 0.0}
    out.namespace |= {
        "u_rest": held.u_rest, "f_short": held.f, "rate_d": held.rate_d, "rate_f": held.rate_f,
    }  # fmt: skip
    out.before += [
        "gap_short = now - last_short",
        "u_now = u_rest + (u_short - u_rest)*reference_exp(-gap_short*rate_f)",
        "r_now = 1.0 + (r_short - 1.0)*reference_exp(-gap_short*rate_d)",
        "share = u_now*r_now",
        "r_short = r_now - share",
        "u_short = u_now + f_short*(1.0 - u_now)",
        "last_short = now",
    ]
    out.value = "nearest(weight*share/grid_unit)*grid_unit"


def _learning(out: BrianPlasticity, plasticity: Plasticity, rule: Rule, unit: str) -> None:
    out.model += [f"exact : {unit}", f"change : {unit}"]
    out.namespace |= {"eta": plasticity.eta, "w_min": plasticity.w_min, "w_max": plasticity.w_max}
    out.units |= dict.fromkeys(("eta", "w_min", "w_max"), unit)
    if isinstance(rule, BurstDependentRule):
        _burst_dependent(out, rule)
    elif isinstance(rule, DendriticPredictionRule):
        _dendritic_prediction(out, rule, unit)


#: At every application of what has come together.
APPLY = """
exact = clip(exact + change, w_min, w_max)
change = change*0
weight = nearest(exact/grid_unit)*grid_unit
"""


def _burst_dependent(out: BrianPlasticity, rule: BurstDependentRule) -> None:
    out.model += [
        f"{name} : 1" for name in ("trace", "arrived", "fired", "bursting", "n_events", "n_bursts")
    ]
    out.values |= {
        "trace": 0.0, "arrived": LONG_AGO, "fired": LONG_AGO, "bursting": 0.0,
        "n_events": float(rule.traces.events[0]), "n_bursts": float(rule.traces.bursts[0]),
    }  # fmt: skip
    out.namespace |= {"isi": rule.isi, "rate_pre": rule.rate, "rate_mean": rule.rate_mean}
    out.after += [
        "gap = now - arrived",
        "trace = trace*reference_exp(-gap*rate_pre) + int(gap > isi)",
        "arrived = now",
    ]
    out.on_post = """
now = timestep(t, dt)
gap = now - fired
event = int(gap > isi)
burst = (1 - event)*(1 - bursting)
fade = reference_exp(-gap*rate_mean)
n_events = n_events*fade
n_bursts = n_bursts*fade
factor = eta*(burst - event*(n_bursts/n_events))
x = trace*reference_exp(-(now - arrived)*rate_pre)
change = change + factor*x
n_events = n_events + event
n_bursts = n_bursts + burst
bursting = 1 - event
fired = now
"""


def _dendritic_prediction(out: BrianPlasticity, rule: DendriticPredictionRule, unit: str) -> None:
    out.model += ["slow : 1", "fast : 1", f"gain : {unit}"]
    c = rule.constants
    out.namespace |= {"eta": c.eta, "decay_m": c.decay_m, "decay_s": c.decay_s}
    out.after += ["slow = slow + 1.0", "fast = fast + 1.0"]
    out.on_post = "change = change + gain"
    out.start = """
u_star = (e_ls_post*g_ls_post + v_dendrite_post*g_sp_post)/(g_ls_post + g_sp_post)
steep = k_phi_post*reference_exp(beta_post*(theta_post - u_star))
h = steep/(1.0 + steep)
expected = most_post/(1.0 + steep)
psp = slow - fast
least = h*expected
less = eta*least
lost = less*psp
change = change - lost
more = eta*h
gain = more*psp
slow = slow*decay_m
fast = fast*decay_s
"""
