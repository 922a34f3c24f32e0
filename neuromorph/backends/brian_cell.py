"""Each cell in Brian2's words: state, step, threshold and reset as Brian2 code.

The arithmetic is that of the kernels, operation by operation, so that the bits agree.
``{basal}`` stands for the current into a port, ``{g_basal}`` for its conductance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from neuromorph.backends.lif_stepper import lif_constants
from neuromorph.backends.stepper import MODELS
from neuromorph.description import LIF, Cell, ContextLIF, TwoCompartment
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
) -> Callable[[Any, int, float], BrianCell]:
    """Return the maker of a cell whose constants and start come from its :class:`Model`."""

    def make(cell: Any, n: int, dt: float) -> BrianCell:
        model = MODELS[type(cell)]
        c = model.constants(cell, dt)
        receive = [
            f"i_{port.name} = i_{port.name} + arrived_{port.name}" for port in cell.ports
        ]
        return BrianCell(
            variables={**variables, **{f"i_{port.name}": "amp" for port in cell.ports}},
            constants=units,
            values={**c._asdict(), **model.initial(cell)},
            integrate=integrate,
            threshold=threshold,
            reset=reset,
            receive="\n".join(receive),
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

#: The table of cells that Brian2 runs.
BRIAN_CELLS: Mapping[type[Cell], Callable[[Any, int, float], BrianCell]] = {
    LIF: lif,
    ContextLIF: context_lif,
    TwoCompartment: two_compartment,
}


def brian_cell(cell: Cell, n: int, dt: float) -> BrianCell:
    """Return a cell in Brian2's words."""
    return BRIAN_CELLS[type(cell)](cell, n, dt)
