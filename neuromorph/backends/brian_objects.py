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
from neuromorph.backends.brian_cell import brian_cell
from neuromorph.backends.brian_function import functions
from neuromorph.backends.brian_plasticity import APPLY, BrianPlasticity, brian_plasticity
from neuromorph.backends.brian_port import BrianPort, brian_port
from neuromorph.backends.cell_stepper import RunawayError
from neuromorph.backends.drive import Filter, noise_stream
from neuromorph.backends.learning import make_rule
from neuromorph.backends.log import check_records
from neuromorph.backends.stepper import MODELS, variables_of
from neuromorph.cells.window import RUNAWAY
from neuromorph.description import Exponential, Records, Source, Stimuli
from neuromorph.description.discrete import DiscreteNetwork, DiscreteProjection
from neuromorph.description.emission import source_spikes
from neuromorph.description.stimulus import stimuli_at
from neuromorph.result import Spikes, Trace

SYNAPSE_MODEL = """
weight : {unit}
limit : 1 (constant)
number : 1 (constant)
passed : 1
"""
DETERMINISTIC = """
passed = passed + 1
{arrived}_post += {value}
"""
STOCHASTIC = """
hit = int(philox_draw(number, timestep(t, dt), key) < {limit})
passed = passed + hit
{arrived}_post += {value}*hit
"""


class BrianObjects:
    """Brian2 groups, synapses and monitors of a discrete network, ready to run.

    Attributes
    ----------
    network : brian2.Network
    groups, synapses : dict of the Brian2 objects by population and by projection label
    """

    def __init__(
        self,
        grid: DiscreteNetwork,
        stimulus: Stimuli,
        count: int,
        seed: int,
        record: Records,
        *,
        b2: Any = None,
        known: dict[str, Any] | None = None,
    ) -> None:
        import brian2

        self.b2, self.grid, self.count, self.seed = b2 or brian2, grid, count, seed
        self.stimulus, self.functions = stimulus, functions() if known is None else known
        self.step = grid.dt * self.b2.second
        self.network = self.b2.Network()
        self.groups: dict[str, Any] = {}
        self.synapses: dict[str, Any] = {}
        self.units: dict[str, dict[str, str]] = {}
        self.monitors: dict[str, Any] = {}
        self.samplers: dict[str, Any] = {}
        check_records(
            record,
            {
                p.name: list(variables_of(p.cell))
                for p in grid.network.populations
                if not isinstance(p.cell, Source)
            },
        )
        self._populate()
        for number, projection in enumerate(grid.projections):
            self._connect(number, projection)
        self._sample(record)

    def _sample(self, record: Records) -> None:
        for name, wanted in record.items():
            units = True if wanted.units is None else list(wanted.units)
            sampler = self.b2.StateMonitor(
                self.groups[name], list(wanted.variables), record=units,
                dt=wanted.every * self.step, when="start",
            )  # fmt: skip
            self.samplers[name] = sampler
            self.network.add(sampler)

    def _populate(self) -> None:
        emitted = source_spikes(
            self.grid.network, self.stimulus, first=0, last=self.count, dt=self.grid.dt,
            seed=self.seed,
        )  # fmt: skip
        for number, population in enumerate(self.grid.network.populations):
            name, n, cell = population.name, population.n, population.cell
            if isinstance(cell, Source):
                group = self.b2.SpikeGeneratorGroup(
                    n, emitted[name].index, emitted[name].step * self.step, dt=self.step
                )
            else:
                group = self._group(number)
            self.groups[name] = group
            self.monitors[name] = self.b2.SpikeMonitor(group)
            self.network.add(group, self.monitors[name])

    def _ports(self, number: int) -> dict[str, BrianPort]:
        population, dt = self.grid.network.populations[number], self.grid.dt
        out: dict[str, BrianPort] = {}
        for place, port in enumerate(population.cell.ports):
            given = stimuli_at(self.stimulus, f"{population.name}.{port.name}")
            streams = [noise_stream(number, place, k) for k in range(len(given))]
            filters = {
                k: Filter(channel.synapse, population.n, dt)
                for k, channel in enumerate(self.grid.channels)
                if (channel.population, channel.port) == (number, port.name) and not channel.own
            }
            out[port.name] = brian_port(
                port, given, filters, n=population.n, dt=dt, count=self.count,
                unit=self.grid.own(number, port.name)[1].unit,
                keys=[philox.stream_key(self.seed, stream) for stream in streams], b2=self.b2,
            )  # fmt: skip
        return out

    def _group(self, number: int) -> Any:
        """Make the NeuronGroup of a computed population: the cell and its ports."""
        population = self.grid.network.populations[number]
        cell = brian_cell(population.cell, population.n, self.grid.dt)
        ports = self._ports(number)
        variables, constants, values = dict(cell.variables), dict(cell.constants), dict(cell.values)
        key = philox.stream_key(self.seed, philox.CELL + number)
        namespace = {"cell_key": float(key), "cell_key_2": float(key ^ 1), **self.functions}
        for port in ports.values():
            variables |= port.variables
            constants |= port.constants
            values |= port.values
            namespace |= port.namespace
        self.units[population.name] = {**variables, **constants}
        lines = [f"{name} : {unit}" for name, unit in variables.items()]
        lines += [f"{name} : {unit} (constant)" for name, unit in constants.items()]
        group = self.b2.NeuronGroup(
            population.n, "\n".join(lines), threshold=cell.threshold, reset=cell.reset,
            dt=self.step, namespace=namespace,
        )  # fmt: skip
        for name in (*variables, *constants):
            if name in values:
                unit = self._unit(self.units[population.name][name])
                setattr(group, name, np.asarray(values[name]) * unit)
        currents = {name: port.current for name, port in ports.items()}
        currents |= {f"g_{name}": port.conductance for name, port in ports.items()}
        after = [line for port in ports.values() for line in port.after]
        receive = [line for port in ports.values() for line in port.receive]
        clear = [line for port in ports.values() for line in port.clear]
        before = [line for port in ports.values() for line in port.before]
        step = "\n".join([*before, cell.integrate.format(**currents), *after])
        group.run_regularly(step, dt=self.step, when="groups")
        if cell.mark:
            group.run_regularly(cell.mark, dt=self.step, when="thresholds", order=1)
        arrive = "\n".join([*receive, cell.receive, *clear])
        group.run_regularly(arrive, dt=self.step, when="synapses", order=1)
        return group

    def _unit(self, name: str) -> Any:
        """Return a unit of a declaration: a product or quotient of Brian2's names."""
        made: Any = 1
        for place, word in enumerate(name.split("/")):
            unit = 1 if word == "1" else getattr(self.b2, word)
            made = unit if place == 0 else made / unit
        return made

    def _connect(self, number: int, p: DiscreteProjection) -> None:
        names = [population.name for population in self.grid.network.populations]
        channel, count = self.grid.channels[p.channel], p.index.size
        cell = self.grid.network.populations[p.target].cell
        gated = p.port == "basal" and getattr(cell, "modulation", "") == "probability"
        arrived = f"arrived_{p.port if channel.own else p.channel}"
        unit = self.units[names[p.target]][arrived]
        code = DETERMINISTIC if not (p.stochastic or gated) else STOCHASTIC
        limit = "limit*gate_post" if gated else "limit"
        extra = self._extra(number, unit)
        pre = code.format(arrived=arrived, limit=limit, value=extra.value)
        key = float(philox.stream_key(self.seed, p.stream))
        constants = {
            name: value * self._unit(extra.units[name]) if name in extra.units else value
            for name, value in extra.namespace.items()
        }
        synapses = self.b2.Synapses(
            self.groups[names[p.source]],
            self.groups[names[p.target]],
            "\n".join([SYNAPSE_MODEL.format(unit=unit), *extra.model]),
            on_pre="\n".join([*extra.before, pre, *extra.after]),
            on_post=extra.on_post or None,
            dt=self.step,
            namespace={**self.functions, **constants, "key": key},
        )
        if count:
            source = np.repeat(np.arange(p.start.size - 1), np.diff(p.start))
            synapses.connect(i=source, j=p.index)
            synapses.weight = p.weight * self._unit(unit)
            if code is STOCHASTIC:
                synapses.limit = np.broadcast_to(p.threshold, (count,)).astype(np.float64)
                synapses.number = np.arange(count)
            synapses.pre.delay = np.broadcast_to(p.delay, (count,)) * self.step
            for name, value in extra.values.items():
                setattr(synapses, name, value)
            self._learn(number, synapses, extra, unit)
            self.network.add(synapses)
        self.synapses[f"{number}:{p.label}"] = synapses

    def _extra(self, number: int, unit: str) -> BrianPlasticity:
        """Return what short-term plasticity and learning add to a projection."""
        projection, p = self.grid.network.projections[number], self.grid.projections[number]
        rule, channel = None, self.grid.channels[p.channel]
        if projection.plasticity is not None:
            cell = self.grid.network.populations[p.target].cell
            tau = channel.synapse.tau if isinstance(channel.synapse, Exponential) else 0.0
            rule = make_rule(projection, p, cell, tau, self.grid.dt)
        return brian_plasticity(projection, rule, unit, channel.unit, self.grid.dt)

    def _learn(self, number: int, synapses: Any, extra: BrianPlasticity, unit: str) -> None:
        projection = self.grid.network.projections[number]
        if projection.plasticity is None:
            return
        synapses.exact = projection.weights.value * self._unit(unit)
        interval = max(1, round(projection.plasticity.interval / self.grid.dt))
        synapses.run_regularly(APPLY, dt=interval * self.step, when="start", order=0)
        if extra.start:
            synapses.run_regularly(extra.start, dt=self.step, when="start", order=1)

    def weights(self) -> dict[str, Any]:
        """Return the weights of projections that learn, changes to come included."""
        out = {}
        for number, projection in enumerate(self.grid.network.projections):
            rule = projection.plasticity
            if rule is not None:
                held = self.synapses[f"{number}:{projection.label}"]
                total = np.asarray(held.exact) + np.asarray(held.change)
                out[projection.label] = np.clip(total, rule.w_min, rule.w_max)
        return out

    def run(self, count: int, tick: Callable[[int, int], None] | None) -> None:
        """Advance by ``count`` steps in one Brian2 run; ``tick(done, all)`` every 0.2 s."""

        def report(elapsed: Any, completed: float, start: Any, duration: Any) -> None:
            if tick is not None:
                tick(round(completed * count), count)

        self.network.run(
            count * self.step, report=report if tick else None, namespace={},
            report_period=0.2 * self.b2.second,
        )  # fmt: skip

    def refuse_runaway(self) -> None:
        """Refuse potentials that are NaN or have left every sensible range at the end.

        Raises
        ------
        RunawayError
            Names population, cell and unit. NaN stays NaN; a runaway that came back is not seen.
        """
        for population in self.grid.network.populations:
            cell = population.cell
            if isinstance(cell, Source):
                continue
            limit = RUNAWAY if type(cell) in MODELS else np.inf
            for name in variables_of(cell)[: len(cell.ports)]:  # potentials come first
                v = np.asarray(getattr(self.groups[population.name], name))
                wrong = np.flatnonzero(~(np.abs(v) < limit))
                if wrong.size:
                    raise RunawayError(
                        f"population {population.name!r} ({type(cell).__name__}), unit {wrong[0]}: "
                        f"potential out of range within {self.count * self.grid.dt:g} s ({name} = "
                        f"{v[wrong[0]]:g}): lower dt, or look for a current or weight that is too "
                        "large; backend 'numba' names the step"
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
