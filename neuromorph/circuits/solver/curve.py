"""Current-voltage curves of a junction model, what ``.iv`` asks for."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from neuromorph.circuits.circuit import Circuit
from neuromorph.circuits.element import PHASE_UNIT, CurrentSource, Junction, Model
from neuromorph.circuits.solver.transient import simulate
from neuromorph.circuits.waveform import Pwl

Array = NDArray[np.float64]

#: Seconds of a rise between two currents, of settling and of averaging.
_RISE, _SETTLE, _AVERAGE = 5e-12, 45e-12, 100e-12
_MOST_POINTS = 40_000


def current_voltage(model: Model, largest: float, *, increment: float = 2.5e-6,
                    step: float = 0.05e-12) -> tuple[Array, Array]:
    """Return the mean voltages [V] and currents [A] of a junction of area 1.

    The current goes from 0 up to ``largest``, down to ``-largest`` and back to 0 in steps of
    ``increment``, without a pause, so that a hysteresis shows. Each voltage is the phase gained
    over 100 ps, after 50 ps at the new current.

    Raises
    ------
    ValueError
        A largest current or an increment that is not above 0, or more than 40,000 points.
    """
    if not (largest > 0 and increment > 0 and math.isfinite(largest / increment)):
        raise ValueError(f"current_voltage: largest {largest:g} A, increment {increment:g} A came, "
                         "more than 0 A is allowed")
    count = math.floor(largest / increment + 1e-9)
    if 4 * count > _MOST_POINTS:
        raise ValueError(f"current_voltage: {4 * count} points came, at most {_MOST_POINTS} are "
                         "allowed; take a larger increment")
    up = increment * np.arange(1, count + 1)
    currents = np.concatenate((up, up[::-1][1:], [0.0], -up, -up[::-1][1:], [0.0]))
    plateau = _RISE + _SETTLE + _AVERAGE
    ends = plateau * np.arange(1, currents.size + 1)
    times = np.column_stack((ends - plateau + _RISE, ends)).ravel()
    wave = Pwl(np.append(0.0, times), np.append(0.0, np.repeat(currents, 2)))
    circuit = Circuit(title=f"iv of {model.name}", elements=(
        Junction(name="B1", nodes=("1", "0"), model=model),
        CurrentSource(name="I1", nodes=("0", "1"), waveform=wave)))
    run = simulate(circuit, step=step, duration=float(ends[-1]), record=["P(B1)"],
                   temperature=0.0, startup=False, on_large_step="refine")
    phase = np.interp(np.concatenate((ends, ends - _AVERAGE)), run.time, run.phases["B1"])
    moved = phase[: ends.size] - phase[ends.size :]
    return PHASE_UNIT * 1e-15 * moved / _AVERAGE, currents
