"""Each cell in Brian2's words: state, step, threshold and reset as Brian2 code.

The arithmetic is that of the kernels, operation by operation, so that the bits agree. Brian2
regroups sums and products of more than two terms within one statement; where the order of
operations matters to the last bit, each stands in a statement of its own.
``{basal}`` stands for the current into a port, ``{g_basal}`` for its conductance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from neuromorph.backends.lif_stepper import lif_constants
from neuromorph.backends.stepper import MODELS
from neuromorph.cells.ca_adex import HILL, LN_OUTSIDE, NERNST, V_BOUND
from neuromorph.description import (
    LIF,
    AdEx,
    BurstPoisson,
    CaAdEx,
    Cell,
    ContextLIF,
    TwoCompartment,
    UrbanczikSenn,
)
from neuromorph.description.discrete import full, initial_v, propagator


@dataclass(frozen=True, slots=True, kw_only=True)
class BrianCell:
    """What makes a NeuronGroup.

    Attributes
    ----------
    variables, constants : dict
        Unit by name of state variables and of constants.
    values : dict
        Constants and initial values by name, in SI.
    integrate, receive : str
        Code of the slots "groups" and "synapses"; ``arrived_PORT`` is what arrived.
    threshold, reset : str
    mark : str
        Code that runs in "thresholds" after the test.
    """

    variables: Mapping[str, str]
    constants: Mapping[str, str]
    values: Mapping[str, Any]
    integrate: str
    threshold: str
    reset: str
    mark: str = ""
    receive: str = ""


LIF_UNITS = {
    "decay": "1", "v_leak": "volt", "gain": "ohm", "v_th": "volt", "amount": "volt",
    "refractory_steps": "1",
}  # fmt: skip
LIF_INTEGRATE = """
left = left - int(left > 0)
v = v*int(left > 0) + (v_leak + (v - v_leak)*decay + gain*({basal}))*int(left == 0)
"""
LIF_MARK = "left = left + refractory_steps*int(v > {v_th})*int(left == 0)"
LIF_RECEIVE = "v = v + arrived_basal*int(left == 0)"


def lif(cell: LIF | ContextLIF, n: int, dt: float) -> BrianCell:
    """Return the LIF cell."""
    c = lif_constants(cell, n, dt)
    values = {name: getattr(c, name, None) for name in LIF_UNITS}
    values |= {"v_th": full(cell.v_th, n), "v": initial_v(cell, n)}
    values["refractory_steps"] = c.refractory
    return BrianCell(
        variables={"v": "volt", "left": "1"},
        constants=LIF_UNITS,
        values=values,
        integrate=LIF_INTEGRATE,
        threshold="v > v_th and left == 0",
        reset="v = v - amount" if c.subtract else "v = amount",
        mark=LIF_MARK.format(v_th="v_th"),
        receive=LIF_RECEIVE,
    )


CONTEXT_UNITS = {
    "decay_c": "1", "lower": "volt", "v_floor": "volt", "c_half": "1", "c_grey": "1",
}  # fmt: skip


def context_lif(cell: ContextLIF, n: int, dt: float) -> BrianCell:
    """Return the two-point LIF cell; in probability mode ``gate`` thins its basal synapses."""
    soma = lif(cell, n, dt)
    values = {
        **soma.values,
        "decay_c": full(propagator(cell.tau_c, dt), n),
        "lower": full(cell.gain, n),
        **{name: full(getattr(cell, name), n) for name in ("v_floor", "c_half", "c_grey")},
    }
    by_threshold = cell.modulation == "threshold"
    gate = "gate = 0.5*(1.0 + reference_erf(1.7724538509055159*(context - c_half)/c_grey))"
    acts = "now_th = clip(v_th - lower*context, v_floor, inf*volt)" if by_threshold else gate
    test = "now_th" if by_threshold else "v_th"
    return BrianCell(
        variables={**soma.variables, "context": "1", "gate": "1", "now_th": "volt"},
        constants={**soma.constants, **CONTEXT_UNITS},
        values=values,
        integrate=f"context = context*decay_c\n{acts}\n{soma.integrate}",
        threshold=f"v > {test} and left == 0",
        reset=soma.reset,
        mark=LIF_MARK.format(v_th=test),
        receive=f"{soma.receive}\ncontext = context + arrived_apical",
    )


def by_model(
    units: Mapping[str, str],
    variables: Mapping[str, str],
    integrate: str,
    threshold: str,
    reset: str,
    mark: str = "",
    receive: str | None = None,
) -> Callable[[Any, int, float], BrianCell]:
    """Return the maker of a cell whose constants and start come from its :class:`Model`."""

    def make(cell: Any, n: int, dt: float) -> BrianCell:
        model = MODELS[type(cell)]
        c = model.constants(cell, dt)
        filtered = [port.name for port in cell.ports if port.kernel == "exponential"]
        arrive = [f"i_{name} = i_{name} + arrived_{name}" for name in filtered]
        return BrianCell(
            variables={**variables, **{f"i_{name}": "amp" for name in filtered}},
            constants=units,
            values={**c._asdict(), **model.initial(cell)},
            integrate=integrate,
            threshold=threshold,
            reset=reset,
            mark=mark,
            receive="\n".join(arrive) if receive is None else receive,
        )

    return make


def port_unit(unit: str) -> str:
    """Return the Brian2 name of a port's unit."""
    return {"V": "volt", "A": "amp", "1": "1"}[unit]


two_compartment = by_model(
    units={
        "v_leak": "volt", "leak_s": "1", "per_s": "second/farad", "g_s": "amp", "decay_ws": "1",
        "b_ws": "amp", "leak_d": "1", "per_d": "second/farad", "g_d": "amp", "e_d": "volt",
        "slope_d": "1/volt", "rate_wd": "1", "a_wd": "siemens", "bap": "amp", "bap_from": "1",
        "bap_to": "1", "v_th": "volt", "v_reset": "volt", "refractory_steps": "1", "decay_th": "1",
        "th_jump": "volt",
    },
    variables={
        "v_soma": "volt", "v_apical": "volt", "w_soma": "amp", "w_apical": "amp",
        "v_jump": "volt", "age": "1",
    },
    integrate="""
f = logistic((v_apical - e_d)*slope_d)
age = age + 1.0
box = bap*int(age > bap_from and age <= bap_to)
into_s = (g_s*f + w_soma) + ({basal}) - ({g_basal})*v_soma
into_d = ((g_d*f + box) + w_apical) + ({apical}) - ({g_apical})*v_apical
pull = a_wd*(v_apical - v_leak) - w_apical
moved = v_soma + ((v_leak - v_soma)*leak_s + into_s*per_s)
v_soma = v_soma*int(age < refractory_steps) + moved*int(age >= refractory_steps)
v_apical = v_apical + ((v_leak - v_apical)*leak_d + into_d*per_d)
w_apical = w_apical + pull*rate_wd
w_soma = w_soma*decay_ws
v_jump = v_jump*decay_th
""",
    threshold="v_soma > v_th + v_jump and age >= refractory_steps",
    reset="""
v_soma = v_reset
w_soma = w_soma + b_ws
v_jump = v_jump + th_jump
age = 0
""",
)  # fmt: skip

adex = by_model(
    units={
        "per_m": "second/farad", "g_l": "siemens", "e_l": "volt", "v_t": "volt",
        "slope": "1/volt", "g_d": "amp", "v_th": "volt", "v_reset": "volt", "rate_w": "1",
        "a": "siemens", "b": "amp", "refractory_steps": "1",
    },
    variables={"v": "volt", "w": "amp", "age": "1"},
    integrate="""
age = age + 1.0
rise = g_d*reference_exp((v - v_t)*slope)
current = g_l*(e_l - v)
current = current + rise
current = current - w
current = current + ({basal})
open = ({g_basal})*v
current = current - open
pull = a*(v - e_l)
pull = pull - w
v = v*int(age < refractory_steps) + (v + current*per_m)*int(age >= refractory_steps)
w = w + pull*rate_w
""",
    threshold="v > v_th and age >= refractory_steps",
    reset="""
v = v_reset
w = w + b
age = 0
""",
)  # fmt: skip

ca_adex = by_model(
    units={
        "per_s": "second/farad", "per_d": "second/farad", "g_ls": "siemens", "g_ld": "siemens",
        "g_c": "siemens", "e_ls": "volt", "e_ld": "volt", "e_k": "volt", "v_t": "volt",
        "slope": "1/volt", "g_d": "amp", "v_th": "volt", "v_reset": "volt", "rate_w": "1",
        "a": "1", "b": "volt", "g_w": "siemens", "refractory_steps": "1", "g_ca": "siemens",
        "g_k": "siemens", "m_half": "volt", "m_slope": "1/volt", "h_half": "volt",
        "h_slope": "1/volt", "rate_m": "1", "rate_h": "1", "rate_k": "1", "ca_0": "1",
        "ln_ca_th": "1", "per_ca": "1/amp", "rate_ca": "1", "w_bap": "siemens", "bap_steps": "1",
        "decay_rise": "1", "decay_bap": "1",
    },
    variables={
        "v_soma": "volt", "v_apical": "volt", "w": "volt", "m": "1", "h": "1", "ca": "1",
        "m_k": "1", "bap_rise": "1", "bap_fall": "1", "age": "1",
    },
    integrate=f"""
age = age + 1.0
low_s = clip(v_soma, -inf*volt, {V_BOUND!r}*volt)
low_d = clip(v_apical, -inf*volt, {V_BOUND!r}*volt)
steep = g_d*reference_exp((low_s - v_t)*slope)
into_s = g_ls*(e_ls - low_s)
into_s = into_s + steep
into_s = into_s - g_w*w
into_s = into_s + ({{basal}})
into_s = into_s - ({{g_basal}})*v_soma
into_s = into_s - g_c*(v_soma - v_apical)
ln_ca = reference_log(ca)
e_ca = {NERNST!r}*volt*({LN_OUTSIDE!r} - ln_ca)
e_ca = e_ca - v_apical
open_ca = g_ca*m
open_ca = open_ca*h
i_ca = open_ca*e_ca
open_k = g_k*m_k
i_k = open_k*(e_k - v_apical)
g_bap = w_bap*(bap_fall - bap_rise)
into_d = g_ld*(e_ld - low_d)
into_d = into_d + i_ca
into_d = into_d + i_k
into_d = into_d + ({{apical}})
into_d = into_d - ({{g_apical}})*v_apical
into_d = into_d - g_bap*v_apical
into_d = into_d - g_c*(v_apical - v_soma)
m_inf = logistic(m_slope*(m_half - v_apical))
h_inf = logistic(h_slope*(h_half - v_apical))
k_inf = logistic({HILL!r}*(ln_ca - ln_ca_th))
pull = a*(v_soma - e_ls)
pull = pull - w
w = w + pull*rate_w
v_soma = v_soma*int(age < refractory_steps) + (v_soma + into_s*per_s)*int(age >= refractory_steps)
v_apical = v_apical + into_d*per_d
m = m + (m_inf - m)*rate_m
h = h + (h_inf - h)*rate_h
m_k = m_k + (k_inf - m_k)*rate_k
influx = i_ca*per_ca
influx = influx + (ca_0 - ca)*rate_ca
ca = ca + influx
due = int(age == bap_steps)
bap_rise = bap_rise*decay_rise + due
bap_fall = bap_fall*decay_bap + due
""",
    threshold="v_soma > v_th and age >= refractory_steps",
    reset="""
v_soma = v_reset
w = w + b
age = 0
""",
)  # fmt: skip

urbanczik_senn = by_model(
    units={
        "per_s": "second/farad", "per_d": "second/farad", "g_ls": "siemens", "g_ld": "siemens",
        "e_ls": "volt", "e_ld": "volt", "g_sp": "siemens", "g_ps": "siemens", "most": "1",
        "k_phi": "1", "beta": "1/volt", "theta": "volt", "refractory_steps": "1",
    },
    variables={"v_soma": "volt", "v_dendrite": "volt", "age": "1", "drawn": "1"},
    integrate="""
age = age + 1.0
into_s = g_ls*(e_ls - v_soma)
into_s = into_s + g_sp*(v_dendrite - v_soma)
into_s = into_s + ({soma})
into_s = into_s - ({g_soma})*v_soma
into_d = g_ld*(e_ld - v_dendrite)
into_d = into_d + g_ps*(v_soma - v_dendrite)
into_d = into_d + ({dendrite})
into_d = into_d - ({g_dendrite})*v_dendrite
v_soma = v_soma + into_s*per_s
v_dendrite = v_dendrite + into_d*per_d
steep = reference_exp(beta*(theta - v_soma))
chance = 1.0 - reference_exp(-(most/(1.0 + k_phi*steep)))
drawn = int(philox_draw(i, timestep(t, dt), cell_key) < chance*4294967296.0)
""",
    threshold="drawn == 1 and age >= refractory_steps",
    reset="age = 0",
)  # fmt: skip

burst_poisson = by_model(
    units={
        "v_leak": "volt", "v_th": "volt", "v_reset": "volt", "decay_s": "1", "gain_s": "ohm",
        "decay_d": "1", "gain_d": "ohm", "e_d": "volt", "slope_d": "1/volt", "delay_steps": "1",
        "jitter_steps": "1", "refractory_steps": "1",
    },
    variables={
        "v_soma": "volt", "v_apical": "volt", "age": "1", "wait": "1", "event": "1",
        "again": "1",
    },
    integrate="""
age = age + 1.0
moved = v_leak + (v_soma - v_leak)*decay_s
moved = moved + gain_s*({basal})
v_soma = v_soma*int(age < refractory_steps) + moved*int(age >= refractory_steps)
rest = v_leak + (v_apical - v_leak)*decay_d
v_apical = rest + gain_d*({apical})
event = int(v_soma > v_th)*int(age >= refractory_steps)
again = int(wait == 1)
wait = (wait - 1)*int(wait > 0)
chance = logistic((v_apical - e_d)*slope_d)
hit = event*int(philox_draw(i, timestep(t, dt), cell_key) < chance*4294967296.0)
part = philox_draw(i, timestep(t, dt), cell_key_2)/4294967296.0
wait = wait*(1 - hit) + hit*(delay_steps + floor(part*jitter_steps))
""",
    threshold="event + again > 0",
    reset="""
v_soma = v_soma*(1 - event) + v_reset*event
age = age*(1 - event)
""",
    receive="""
v_soma = v_soma + arrived_basal*int(age >= refractory_steps)*(1 - event)
v_apical = v_apical + arrived_apical
""",
)  # fmt: skip

#: The table of cells that Brian2 runs.
BRIAN_CELLS: Mapping[type[Cell], Callable[[Any, int, float], BrianCell]] = {
    LIF: lif,
    ContextLIF: context_lif,
    TwoCompartment: two_compartment,
    AdEx: adex,
    BurstPoisson: burst_poisson,
    CaAdEx: ca_adex,
    UrbanczikSenn: urbanczik_senn,
}


def brian_cell(cell: Cell, n: int, dt: float) -> BrianCell:
    """Return a cell in Brian2's words."""
    return BRIAN_CELLS[type(cell)](cell, n, dt)
