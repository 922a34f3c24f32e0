"""What drives a port, in Brian2's words: terms of its current, in the reference's order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from neuromorph import philox
from neuromorph.backends.brian_cell import port_unit
from neuromorph.backends.drive import CurrentTable, Filter, Noise
from neuromorph.description import Background, Exponential, OrnsteinUhlenbeck, Port, Stimulus
from neuromorph.description.discrete import full, on_grid, propagator


@dataclass(slots=True)
class BrianPort:
    """Code, variables and namespace that one port adds to a NeuronGroup.

    Attributes
    ----------
    current, conductance : str
        Names of what acts in a step, the port's own synapse included.
    before : list of str
        Statements that make them, one operation each: Brian2 regroups longer sums.
    after, receive, clear : list of str
        Statements after the cell's step; before and after it takes in what arrived.
    variables, constants : dict
        Units by name.
    values, namespace : dict
        Initial values and constants in SI; timed arrays and keys.
    """

    current: str = ""
    conductance: str = "no_g"
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    receive: list[str] = field(default_factory=list)
    clear: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    namespace: dict[str, Any] = field(default_factory=dict)


def brian_port(
    port: Port,
    given: tuple[Stimulus, ...],
    filters: Mapping[int, Filter],
    *,
    n: int,
    dt: float,
    count: int,
    unit: float,
    keys: list[int],
    b2: Any,
) -> BrianPort:
    """Return what a port needs; the sum runs in the same order as the emulator's.

    ``b2`` is brian2, or what writes a script with it.
    """
    out, name = BrianPort(), port.name
    out.variables[f"arrived_{name}"] = port_unit(port.unit)
    if not port.current:
        _background(out, port, given, n, dt, unit, keys)
        out.clear.append(f"arrived_{name} = arrived_{name}*0")
        return out
    out.constants["no_g"], out.values["no_g"] = "siemens", 0.0
    table = CurrentTable(given, n, dt)
    terms = _currents(out, name, table, count, dt, b2)
    for number, stimulus in enumerate(given):
        if isinstance(stimulus, OrnsteinUhlenbeck):
            terms += _noise(out, name, number, Noise(stimulus, n, dt, keys[number]))
    for number, made in filters.items():
        terms += _filter(out, name, number, made)
    for number, (change, value, gain) in enumerate(table.signals):
        key = f"{name}_{number}"
        signal = value[np.searchsorted(change, np.arange(max(count, 1)), side="right") - 1]
        out.namespace[f"signal_{key}"] = _timed(b2, signal, dt, "amp")
        out.constants[f"gain_{key}"], out.values[f"gain_{key}"] = "1", gain
        terms.append(f"gain_{key}*signal_{key}(t)")
    own = port.synapse
    if isinstance(own, Exponential):
        terms.append(f"i_{name}")
        out.after.append(f"i_{name} = i_{name}*own_decay_{name}")
        out.constants[f"own_decay_{name}"] = "1"
        out.values[f"own_decay_{name}"] = float(propagator(own.tau, dt))
    out.current = terms[0]
    for place, term in enumerate(terms[1:]):  # a name each: x = x + y would change x's own array
        out.before.append(f"into_{name}_{place} = {out.current} + {term}")
        out.current = f"into_{name}_{place}"
    _background(out, port, given, n, dt, unit, keys)
    out.clear.append(f"arrived_{name} = arrived_{name}*0")
    return out


def _timed(b2: Any, values: Any, dt: float, unit: str) -> Any:
    return b2.TimedArray(values * getattr(b2, unit), dt=dt * b2.second)


def _currents(
    out: BrianPort, name: str, table: CurrentTable, count: int, dt: float, b2: Any
) -> list[str]:
    """A constant per unit, or rows chosen by a timed array of row numbers."""
    if table.change.size == 1:
        out.constants[f"drive_{name}"] = "amp"
        out.values[f"drive_{name}"] = table.values[0]
        return [f"drive_{name}"]
    rows = table.rows(0, max(count, 1)).astype(np.float64)
    out.namespace[f"row_{name}"] = b2.TimedArray(rows, dt=dt * b2.second)
    out.namespace[f"drive_{name}"] = _timed(b2, table.values, 1.0, "amp")
    return [f"drive_{name}(row_{name}(t)*second, i)"]


def _noise(out: BrianPort, name: str, number: int, noise: Noise) -> list[str]:
    key = f"{name}_{number}"
    out.variables[f"x_{key}"] = "amp"
    for word, unit in (("mean", "amp"), ("decay", "1"), ("amplitude", "amp")):
        out.constants[f"{word}_{key}"] = unit
        out.values[f"{word}_{key}"] = getattr(noise, word)
    out.values[f"x_{key}"] = noise.start(0)
    out.namespace[f"key_{key}"] = float(noise.key)
    out.after.append(
        f"x_{key} = x_{key}*decay_{key} + "
        f"amplitude_{key}*philox_normal(i, timestep(t, dt) + 1, key_{key})"
    )
    out.before.append(f"noise_{key} = mean_{key} + x_{key}")
    return [f"noise_{key}"]


def _filter(out: BrianPort, name: str, number: int, made: Filter) -> list[str]:
    s, unit = f"s_{number}", "amp" if made.reversal is None else "siemens"
    out.variables |= {s: unit, f"arrived_{number}": unit}
    out.after.append(f"{s} = {s}*decay_{number}")
    out.receive.append(f"{s} = {s} + arrived_{number}")
    out.constants |= {f"decay_{number}": "1", f"scale_{number}": "1"}
    out.values |= {f"decay_{number}": made.decay, f"scale_{number}": made.scale}
    value = f"acts_{number}"
    out.before.append(f"{value} = {s}*scale_{number}")
    if made.double:
        out.variables[f"rise_{number}"] = unit
        out.constants[f"decay_rise_{number}"] = "1"
        out.values[f"decay_rise_{number}"] = made.rise
        out.after.append(f"rise_{number} = rise_{number}*decay_rise_{number}")
        out.receive.append(f"rise_{number} = rise_{number} + arrived_{number}")
        out.before[-1] = f"{value} = {s} - rise_{number}"
        out.before.append(f"{value} = {value}*scale_{number}")
    out.clear.append(f"arrived_{number} = arrived_{number}*0")
    if made.reversal is None:
        return [value]
    out.constants[f"reversal_{number}"] = "volt"
    out.values[f"reversal_{number}"] = made.reversal
    if out.conductance == "no_g":
        out.conductance = value
    else:
        out.before.append(f"open_{name}_{number} = {out.conductance} + {value}")
        out.conductance = f"open_{name}_{number}"
    return [f"{value}*reversal_{number}"]


def _background(
    out: BrianPort,
    port: Port,
    given: tuple[Stimulus, ...],
    n: int,
    dt: float,
    unit: float,
    keys: list[int],
) -> None:
    for number, stimulus in enumerate(given):
        if not isinstance(stimulus, Background):
            continue
        key = f"{port.name}_{number}"
        limit = philox.pass_threshold(-np.expm1(-full(stimulus.rate, n) * dt))
        out.constants |= {f"weight_{key}": port_unit(port.unit), f"limit_{key}": "1"}
        out.values[f"weight_{key}"] = on_grid(full(stimulus.weight, n), unit)
        out.values[f"limit_{key}"] = limit.astype(np.float64)
        out.namespace[f"key_{key}"] = float(keys[number])
        out.receive.append(
            f"arrived_{port.name} = arrived_{port.name} + weight_{key}"
            f"*int(philox_draw(i, timestep(t, dt), key_{key}) < limit_{key})"
        )
