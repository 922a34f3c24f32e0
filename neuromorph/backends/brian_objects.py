"""A network as ordinary Brian2 objects.

Each population becomes a NeuronGroup whose slots follow the reference semantics: in ``groups``
it integrates with the propagator computed once for all backends, in ``thresholds`` it tests, in
``synapses`` it adds what its ports summed, in ``resets`` it resets. Draws of stochastic synapses
come from the same counter-based function, registered as a Brian2 ``Function``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from neuromorph import philox
from neuromorph.backends.clock import check_records
from neuromorph.backends.stepper import lif_constants
from neuromorph.description import LIF, Current, Records, Source, Stimuli
from neuromorph.description.discrete import (
    DiscreteNetwork,
    DiscreteProjection,
    current_rows,
    initial_v,
    source_spikes,
)
from neuromorph.result import Spikes, Trace

LIF_MODEL = """
v : volt
arrived : volt
left : 1
decay : 1 (constant)
v_leak : volt (constant)
gain : ohm (constant)
v_th : volt (constant)
amount : volt (constant)
refractory_steps : 1 (constant)
"""
INTEGRATE = """
left = left - int(left > 0)
v = v*int(left > 0) + (v_leak + (v - v_leak)*decay{drive})*int(left == 0)
"""
SYNAPSE_MODEL = """
weight : volt (constant)
limit : 1 (constant)
number : 1 (constant)
passed : 1
"""
DETERMINISTIC = """
passed = passed + 1
arrived_post += weight
"""
STOCHASTIC = """
hit = int(philox_draw(number, timestep(t, dt), key) < limit)
passed = passed + hit
arrived_post += weight*hit
"""
MARK = "left = left + refractory_steps*int(v > v_th)*int(left == 0)"
RECEIVE = """
v = v + arrived*int(left == 0)
arrived = 0*volt
"""
CYTHON_DRAW = """
cdef double philox_draw(double index, double step, double key):
    cdef unsigned long long left = <unsigned long long>index
    cdef unsigned long long right = <unsigned long long>step
    cdef unsigned long long k = <unsigned long long>key
    cdef unsigned long long product
    cdef int i
    for i in range(10):
        product = 0xD256D193ULL * left
        left = (product >> 32) ^ k ^ right
        right = product & 0xFFFFFFFFULL
        k = (k + 0x9E3779B9ULL) & 0xFFFFFFFFULL
    return <double>left
"""


def draw_function() -> Any:
    """Return the counter-based draw as a Brian2 Function of (index, step, key)."""
    import brian2

    def philox_draw(index: Any, step: Any, key: Any) -> Any:
        words = (np.asarray(x, dtype=np.float64).astype(np.uint64) for x in (index, step, key))
        return philox.draw(*words).astype(np.float64)

    function = brian2.Function(
        philox_draw, arg_units=[1, 1, 1], return_unit=1, arg_types=["any"] * 3,
        return_type="float", stateless=True,
    )  # fmt: skip
    function.implementations.add_implementation("numpy", philox_draw)
    function.implementations.add_implementation("cython", CYTHON_DRAW)
    return function


class BrianObjects:
    """Brian2 groups, synapses and monitors of a discrete network, ready to run.

    Attributes
    ----------
    network : brian2.Network
    groups, synapses : dict of the Brian2 objects by population and by projection label
    """

    def __init__(
        self, grid: DiscreteNetwork, stimulus: Stimuli, count: int, seed: int, record: Records
    ) -> None:
        import brian2

        check_records(record, {p.name: ["v"] for p in grid.network.populations
                               if not isinstance(p.cell, Source)})  # fmt: skip
        self.b2, self.grid, self.count = brian2, grid, count
        self.step = grid.dt * brian2.second
        self.network = brian2.Network()
        self.groups: dict[str, Any] = {}
        self.synapses: dict[str, Any] = {}
        self.monitors: dict[str, Any] = {}
        self.samplers: dict[str, Any] = {}
        self._populate(stimulus, seed)
        for number, projection in enumerate(grid.projections):
            self._connect(number, projection, seed)
        for name, wanted in record.items():
            units = True if wanted.units is None else list(wanted.units)
            sampler = brian2.StateMonitor(
                self.groups[name], list(wanted.variables), record=units,
                dt=wanted.every * self.step, when="start",
            )  # fmt: skip
            self.samplers[name] = sampler
            self.network.add(sampler)

    def _populate(self, stimulus: Stimuli, seed: int) -> None:
        emitted = source_spikes(
            self.grid.network, stimulus, first=0, last=self.count, dt=self.grid.dt, seed=seed
        )
        for population in self.grid.network.populations:
            name, n, cell = population.name, population.n, population.cell
            if isinstance(cell, LIF):
                group = self._lif(n, cell, stimulus.get(f"{name}.basal"))
            else:
                group = self.b2.SpikeGeneratorGroup(
                    n, emitted[name].index, emitted[name].step * self.step, dt=self.step
                )
            self.groups[name] = group
            self.monitors[name] = self.b2.SpikeMonitor(group)
            self.network.add(group, self.monitors[name])

    def _lif(self, n: int, cell: LIF, current: Any) -> Any:
        volt, namespace, drive = self.b2.volt, {}, ""
        if isinstance(current, Current):
            row, value = current_rows(current, n, 0, max(self.count, 1), self.grid.dt)
            namespace["drive"] = self.b2.TimedArray(value[row] * self.b2.amp, dt=self.step)
            drive = " + gain*drive(t, i)"
        c = lif_constants(cell, n, self.grid.dt)
        group = self.b2.NeuronGroup(
            n,
            LIF_MODEL,
            threshold="v > v_th and left == 0",
            reset="v = v - amount" if c.subtract else "v = amount",
            dt=self.step,
            namespace=namespace,
        )
        group.v = initial_v(cell, n) * volt
        group.decay, group.v_leak, group.gain = c.decay, c.v_leak * volt, c.gain * self.b2.ohm
        group.v_th, group.amount = np.asarray(cell.v_th) * volt, c.amount * volt
        group.refractory_steps = c.refractory
        group.run_regularly(INTEGRATE.format(drive=drive), dt=self.step, when="groups")
        group.run_regularly(MARK, dt=self.step, when="thresholds", order=1)
        group.run_regularly(RECEIVE, dt=self.step, when="synapses", order=1)
        return group

    def _connect(self, number: int, p: DiscreteProjection, seed: int) -> None:
        names = [population.name for population in self.grid.network.populations]
        namespace, on_pre = {}, DETERMINISTIC
        if p.stochastic:
            namespace = {
                "philox_draw": draw_function(),
                "key": float(philox.stream_key(seed, p.stream)),
            }
            on_pre = STOCHASTIC
        synapses = self.b2.Synapses(
            self.groups[names[p.source]],
            self.groups[names[p.target]],
            SYNAPSE_MODEL,
            on_pre=on_pre,
            dt=self.step,
            namespace=namespace,
        )
        if p.index.size:
            source = np.repeat(np.arange(p.start.size - 1), np.diff(p.start))
            synapses.connect(i=source, j=p.index)
            synapses.weight = p.weight * self.b2.volt
            synapses.limit = p.threshold.astype(np.float64)
            synapses.number = np.arange(p.index.size)
            synapses.delay = p.delay * self.step
            self.network.add(synapses)
        self.synapses[f"{number}:{p.label}"] = synapses

    def run(self, count: int, tick: Callable[[int, int], None] | None) -> None:
        """Advance by ``count`` steps in one Brian2 run; ``tick(done, all)`` every 0.2 s."""

        def report(elapsed: Any, completed: float, start: Any, duration: Any) -> None:
            if tick is not None:
                tick(round(completed * count), count)

        self.network.run(
            count * self.step, report=report if tick else None, report_period=0.2 * self.b2.second
        )

    def spikes(self) -> dict[str, Spikes]:
        """Return the spikes of every population, sorted by step, then unit."""
        out = {}
        for name, monitor in self.monitors.items():
            step = np.rint(np.asarray(monitor.t / self.step)).astype(np.int64)
            index = np.asarray(monitor.i, dtype=np.int32)
            order = np.lexsort((index, step))
            out[name] = Spikes(
                time=step[order] * self.grid.dt,
                index=index[order],
                n=self.grid.network.population(name).n,
                duration=self.count * self.grid.dt,
            )
        return out

    def traces(self) -> dict[str, dict[str, Trace]]:
        """Return the recorded variables in SI units."""
        out: dict[str, dict[str, Trace]] = {}
        for name, sampler in self.samplers.items():
            step = np.rint(np.asarray(sampler.t / self.step))
            out[name] = {
                variable: Trace(
                    time=step * self.grid.dt,
                    values=np.asarray(getattr(sampler, variable)).T.copy(),
                )
                for variable in sampler.record_variables
            }
        return out

    def transmissions(self) -> int:
        """Return how many pulses passed their synapse and arrived."""
        return sum(int(np.sum(s.passed)) for s in self.synapses.values() if len(s))
