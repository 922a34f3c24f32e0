"""Events and bursts with one Bernoulli draw per event: the step of all units of a population."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from neuromorph.cells.delivery import arrivals
from neuromorph.cells.element import at
from neuromorph.cells.exponential import logistic
from neuromorph.cells.kernel import kernel
from neuromorph.cells.model import NEVER, Model, decay, number, whole_steps
from neuromorph.cells.window import Draw, runaway, sample, window_over
from neuromorph.description import BurstPoisson
from neuromorph.philox import philox


class BurstPoissonConstants(NamedTuple):
    """What a step needs; each one value, or an array of shape (n,)."""

    v_leak: Any  # [V]
    v_th: Any  # [V]
    v_reset: Any  # [V]
    decay_s: Any  # exp(-dt / tau_s)
    gain_s: Any  # (1 - decay_s) r_s [ohm]
    decay_d: Any  # exp(-dt / tau_d)
    gain_d: Any  # (1 - decay_d) r_d [ohm]
    e_d: Any  # [V]
    slope_d: Any  # 1 / d_d [1/V]
    delay_steps: Any
    jitter_steps: Any
    refractory_steps: Any


@kernel(inner=True)
def burst_poisson_step(
    x: Any, basal: Any, apical: Any, fired: Any, c: BurstPoissonConstants, draw: Any
) -> None:
    """Integrate one step, test for events and for second spikes, in place.

    Soma and dendrite are leaky: ``V <- v_leak + (V - v_leak) exp(-dt/tau) + (1 - exp(-dt/tau))
    r I``, then the weights of the spikes that arrive are added. A soma that is not refractory
    and whose ``V_s > v_th`` makes an event: a spike, V_s = v_reset, refractory. With probability
    ``f = 1/(1 + exp(-(V_d - e_d)/d_d))`` (the draw of the unit and step is below ``2**32 f``) a
    second spike follows after ``burst_delay + u burst_jitter``, u from a second draw.

    Source: Payeur et al. 2021, doi 10.1038/s41593-021-00857-x (burst-Poisson neurons).
    """
    v_s, v_d, age, wait = x[0], x[1], x[2], x[3]
    for i in range(v_s.shape[0]):
        now = age[i] + 1.0
        free = now >= at(c.refractory_steps, i)
        moved = at(c.v_leak, i) + (v_s[i] - at(c.v_leak, i)) * at(c.decay_s, i)
        moved = moved + at(c.gain_s, i) * basal[i]
        v_s[i] = moved if free else v_s[i]
        rest = at(c.v_leak, i) + (v_d[i] - at(c.v_leak, i)) * at(c.decay_d, i)
        v_d[i] = rest + at(c.gain_d, i) * apical[i]
        age[i] = now
        fired[i] = (free & (v_s[i] > at(c.v_th, i))) | (wait[i] == 1.0)
        wait[i] = max(wait[i] - 1.0, 0.0)


@kernel(inner=True)
def burst_poisson_event(x: Any, i: int, c: BurstPoissonConstants, draw: Any) -> None:
    """Apply the event of one unit: reset, and the draw that decides on a second spike."""
    unit, step = np.uint64(draw.unit + i), np.uint64(draw.step)
    chance = logistic((x[1, i] - at(c.e_d, i)) * at(c.slope_d, i))
    if np.float64(philox(unit, step, draw.key)) < chance * 4294967296.0:
        part = np.float64(philox(unit, step, draw.key ^ np.uint64(1))) / 4294967296.0
        x[3, i] = at(c.delay_steps, i) + np.floor(part * at(c.jitter_steps, i))
    x[0, i] = at(c.v_reset, i)
    x[2, i] = 0.0


@kernel(inner=True)
def port_drive(port: Any, j: int, a: int, out: Any) -> None:
    """Fill ``out`` with the current of step j into the units from a on."""
    b = a + out.shape[0]
    values, gain = port.values[port.row[j]][a:b], port.gain[a:b]
    for i in range(out.shape[0]):
        out[i] = values[i] + gain[i] * port.signal[j]


@kernel(inner=True)
def take_in(x: Any, into_s: Any, into_d: Any, c: BurstPoissonConstants) -> None:
    """Add the weights that arrive; a refractory soma drops them."""
    for i in range(x.shape[1]):
        if x[2, i] >= at(c.refractory_steps, i):
            x[0, i] += into_s[i]
        x[1, i] += into_d[i]


@kernel(inner=True)
def burst_poisson_tile(
    x: Any, inputs: Any, c: Any, draw: Any, a: Any, room: Any, count: Any, every: Any,
    sampled: Any, checked: Any,
) -> Any:  # fmt: skip
    """Advance a tile over a window; see :func:`neuromorph.cells.window.window_of`."""
    basal, apical = inputs
    n, row = x.shape[1], np.int64(0)
    into_s, into_d, fired = room.scratch[0][:n], room.scratch[1][:n], room.fired[:n]
    for j in range(basal.row.shape[0]):
        now = Draw(draw.unit, draw.step + j, draw.key)
        if every > 0 and now.step % every == 0:
            sample(x, sampled, row, a)
            row += 1
        port_drive(basal, j, a, into_s)
        port_drive(apical, j, a, into_d)
        burst_poisson_step(x, into_s, into_d, fired, c, now)
        for i in range(n):
            if fired[i]:
                room.step[count] = now.step
                room.index[count] = a + i
                count += 1
                if x[0, i] > at(c.v_th, i) and x[2, i] >= at(c.refractory_steps, i):
                    burst_poisson_event(x, i, c, now)
        for p, port in enumerate(inputs):
            arrivals(port.arrived, port.posted, j, port.row.shape[0], a, room.arrived[p][:n])
        take_in(x, room.arrived[0], room.arrived[1], c)
        if checked:
            bad = runaway(x, 2)
            if bad >= 0:
                return count, bad, now.step
    return count, -1, -1


def _constants(cell: BurstPoisson, dt: float) -> BurstPoissonConstants:
    decay_s, decay_d = decay(cell.tau_s, dt), decay(cell.tau_d, dt)
    return BurstPoissonConstants(
        v_leak=cell.v_leak,
        v_th=cell.v_th,
        v_reset=cell.v_reset,
        decay_s=decay_s,
        gain_s=number((1.0 - np.asarray(decay_s)) * np.asarray(cell.r_s)),
        decay_d=decay_d,
        gain_d=number((1.0 - np.asarray(decay_d)) * np.asarray(cell.r_d)),
        e_d=cell.e_d,
        slope_d=number(1.0 / np.asarray(cell.d_d)),
        delay_steps=number(np.maximum(whole_steps(cell.burst_delay, dt), 1.0)),
        jitter_steps=whole_steps(cell.burst_jitter, dt),
        refractory_steps=whole_steps(cell.refractory, dt),
    )


def _initial(cell: BurstPoisson) -> dict[str, Any]:
    return {"v_soma": cell.v_leak, "v_apical": cell.v_leak, "age": NEVER}


BURST_POISSON = Model(
    variables=("v_soma", "v_apical", "age", "wait"),
    constants=_constants,
    initial=_initial,
    window=window_over(burst_poisson_tile, 2),
)
