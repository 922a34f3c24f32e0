"""The clock-driven loop: delay rings, delivery and windows of steps, for any kind of stepper.

A window is as many steps as the shortest delay, so that nothing sent within it arrives in it:
each population advances over the whole window in one kernel call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuromorph import philox
from neuromorph.backends.drive import Drive, Filter, noise_stream
from neuromorph.backends.learning import Learner, make_rule, short_term_state
from neuromorph.backends.log import SampleLog, SpikeLog
from neuromorph.backends.post import Post
from neuromorph.backends.stepper import Stepper
from neuromorph.cells.plasticity import ShortTerm, scatter_short_term
from neuromorph.cells.synapse import admit, expand, scatter
from neuromorph.description import Exponential, Projection, Records, Source, Stimuli
from neuromorph.description.discrete import (
    Channel,
    DiscreteNetwork,
    DiscreteProjection,
    propagator,
)
from neuromorph.description.emission import SourceSpikes, source_spikes
from neuromorph.description.stimulus import stimuli_at
from neuromorph.result import Spikes, Trace

Array = NDArray[Any]
WINDOW = 64  #: longest window in steps
NEVER, ALWAYS = np.iinfo(np.int64).min // 2, np.iinfo(np.int64).max


def window_steps(grid: DiscreteNetwork) -> int:
    """Return how many steps the populations advance at once."""
    return min(WINDOW, grid.min_delay if grid.projections else WINDOW)


def ring_steps(grid: DiscreteNetwork) -> int:
    """Return the length of the delay rings: whole windows, beyond the longest delay."""
    window = window_steps(grid)
    return -(-(grid.max_delay + window) // window) * window


def float_type(dtype: type) -> type:
    """Return the type of a population's currents: its own, or float64 if it counts in integers."""
    return dtype if np.issubdtype(dtype, np.floating) else np.float64


class Clock:
    """A discrete network with a stepper per computed population, between two steps."""

    def __init__(
        self,
        grid: DiscreteNetwork,
        steppers: Mapping[int, Stepper],
        *,
        seed: int,
        merge_window: int = 0,
        step: int = 0,
    ) -> None:
        self.grid, self.steppers, self.seed = grid, steppers, seed
        self.step = self.origin = step
        self.window = window_steps(grid)
        self.length = ring_steps(grid)
        self.arrivals = np.zeros(self.length, np.int64)
        self.rings: dict[int, Array] = {}
        self.posts: dict[int, Post] = {}
        self.posting: set[int] = set()  # projections that send by post
        self.dense: dict[int, int] = {}  # until which step a posted channel's ring may hold sums
        self.filters: dict[int, Filter] = {}
        self.noise: dict[str, dict[int, Array]] = {}
        self.mergers: dict[int, Array] = {}
        self.last: dict[int, Array] = {}
        self.pending: dict[int, Array] = {}
        self.weights: list[Array] = []
        self.keys = [np.uint64(philox.stream_key(seed, p.stream)) for p in grid.projections]
        self.transmissions = self.swallowed = 0
        self.short_term: dict[int, ShortTerm] = {}
        self.learners: dict[int, Learner] = {}
        self._lay_out(merge_window)
        for number, projection in enumerate(grid.network.projections):
            self._make_plastic(number, projection)
        self.posting = {n for n in range(len(grid.projections)) if self._sends_by_post(n)}
        for number, p in enumerate(grid.projections):
            if p.channel in self.posts and number not in self.posting:
                self.dense[p.channel] = ALWAYS
        self.watched = {
            grid.projections[n].target for n, x in self.learners.items() if x.rule.watched
        }

    def _lay_out(self, merge_window: int) -> None:
        network = self.grid.network
        for number, channel in enumerate(self.grid.channels):
            stepper = self.steppers[channel.population]
            n = network.populations[channel.population].n
            self.rings[number] = np.zeros((self.length, n), stepper.dtype)
            if channel.own and stepper.tiled:
                self.posts[number] = Post(n, self.window, stepper.dtype)
                self.dense[number] = self.step
            if not channel.own:
                self.filters[number] = Filter(channel.synapse, n, self.grid.dt)
            self._merge(number, channel, n, merge_window)
        self.weights = [
            self.steppers[p.target].encode(p.weight, p.port) for p in self.grid.projections
        ]

    def _sends_by_post(self, number: int) -> bool:
        p = self.grid.projections[number]
        plain = number not in self.short_term and number not in self.learners
        return plain and p.channel in self.posts and p.delay.size == 1 and not p.stochastic

    def _make_plastic(self, number: int, projection: Projection) -> None:
        p, dt = self.grid.projections[number], self.grid.dt
        if projection.short_term is not None:
            n = projection.weights.shape[0]
            self.short_term[number] = short_term_state(projection.short_term, n, dt)
        if projection.plasticity is not None:
            channel = self.grid.channels[p.channel]
            cell = self.grid.network.populations[p.target].cell
            tau = channel.synapse.tau if isinstance(channel.synapse, Exponential) else 0.0
            rule = make_rule(projection, p, cell, tau, dt)
            self.learners[number] = Learner(projection, p, rule, channel.unit, dt)

    def _merge(self, number: int, channel: Channel, n: int, merge_window: int) -> None:
        gated = self.steppers[channel.population].gated
        if channel.port != "basal" or not channel.own or not (gated or merge_window):
            return
        fan_in = np.zeros(n, np.int64)
        for p in self.grid.projections:
            if p.channel == number:
                fan_in += np.bincount(p.index, minlength=n)
        if gated or (fan_in > 1).any():
            self.mergers[number] = np.where(fan_in > 1, merge_window, 0)
            self.last[number] = np.full(n, NEVER)
            self.pending[number] = np.zeros((0, 3), np.int64)

    # state -------------------------------------------------------------------------------

    def _name(self, channel: int) -> str:
        """Return ``population.port`` of a port's own synapse, else with a number behind."""
        held = self.grid.channels[channel]
        name = f"{self.grid.network.populations[held.population].name}.{held.port}"
        return name if held.own else f"{name}.synapse{channel}"

    def state(self) -> dict[str, Array]:
        """Return all that the next step depends on, as copies by name."""
        out: dict[str, Array] = {}
        for name, stepper in self._named().items():
            out.update({f"{name}.{key}": a.copy() for key, a in stepper.state().items()})
        shift = (self.step - self.origin) % self.length
        arrivals = self.arrivals.copy()
        for number, ring in self.rings.items():
            name = self._name(number)
            sums = ring.copy()
            if number in self.posts:
                self.posts[number].add_to(sums, arrivals, self.step, self.origin)
            out[f"{name}.ring"] = np.roll(sums, -shift, axis=0)
            if number in self.filters:
                out[f"{name}.filter"] = self.filters[number].state.copy()
            if number in self.pending:
                out[f"{name}.pending"] = self.pending[number].copy()
                out[f"{name}.last"] = self.last[number].copy()
        out["arrivals"] = np.roll(arrivals, -shift)
        for key, held in self.noise.items():
            out.update({f"{key}.noise{number}": x.copy() for number, x in held.items()})
        for number, short in self.short_term.items():
            out.update({key: array.copy() for key, array in self._short(number, short).items()})
        for number, learner in self.learners.items():
            out |= learner.state()
            out[f"{learner.label}.acting"] = self.weights[number].copy()
        return out

    def _short(self, number: int, state: ShortTerm) -> dict[str, Array]:
        name = f"{self.grid.projections[number].label}.short{number}"
        return {f"{name}.u": state.u, f"{name}.r": state.r, f"{name}.last": state.last}

    def learnt(self) -> dict[str, Array]:
        """Return the weights of projections that learn, by label, changes to come included."""
        return {x.label: np.clip(x.exact + x.change, *x.bounds) for x in self.learners.values()}

    def load(self, arrays: Mapping[str, Array]) -> None:
        """Take over what :meth:`state` of an equal clock returned.

        Raises
        ------
        ValueError
            An array is missing or of another shape.
        """
        taken = dict(arrays)
        for key, mine in self._slots().items():
            if key not in taken or taken[key].shape[1:] != mine.shape[1:]:
                raise ValueError(
                    f"start: array {key!r} is missing or of another shape, a state of the same "
                    "network, dt and backend options is allowed"
                )
            if not key.endswith(".pending"):
                mine[...] = taken[key]
        self.dense = {n: max(step, self.step + self.length) for n, step in self.dense.items()}
        for number in self.pending:
            self.pending[number] = taken[f"{self._name(number)}.pending"].copy()
        for name, stepper in self._named().items():
            states = stepper.state()
            lacking = [key for key in states if f"{name}.{key}" not in taken]
            if lacking:
                raise ValueError(f"start: array '{name}.{lacking[0]}' is missing")
            stepper.load({key: taken[f"{name}.{key}"] for key in states})
        for number, learner in self.learners.items():
            self.weights[number] = learner.load(taken).copy()
        for key, array in taken.items():
            port, _, place = key.partition(".noise")
            if place:
                self.noise.setdefault(port, {})[int(place)] = array.copy()

    def _slots(self) -> dict[str, Array]:
        out: dict[str, Array] = {"arrivals": self.arrivals}
        states = {number: made.state for number, made in self.filters.items()}
        kinds = {
            "ring": self.rings, "pending": self.pending, "last": self.last, "filter": states
        }  # fmt: skip
        for kind, held in kinds.items():
            out.update({f"{self._name(number)}.{kind}": array for number, array in held.items()})
        for number, short in self.short_term.items():
            out |= self._short(number, short)
        return out

    # running -----------------------------------------------------------------------------

    def compile(self, stimulus: Stimuli) -> None:
        """Call every kernel of this network once; only for a clock that is thrown away."""
        self.run(stimulus, 1, {})
        for number in range(len(self.grid.network.populations)):
            self._send(number, np.zeros(0, np.int64), np.zeros(0, np.int32), empty=True)
        for post in self.posts.values():
            post.sort(self.step, 1)

    def run(
        self,
        stimulus: Stimuli,
        steps: int,
        record: Records,
        tick: Callable[[int, int], None] | None = None,
    ) -> tuple[dict[str, Spikes], dict[str, dict[str, Trace]]]:
        """Advance by ``steps`` and return spikes and traces; ``tick(done, all)`` per window."""
        first, last = self.step, self.step + steps
        network = self.grid.network
        emitted = source_spikes(
            network, stimulus, first=first, last=last, dt=self.grid.dt, seed=self.seed
        )
        drives = {number: self._drives(number, stimulus) for number in self.steppers}
        for number, ports in drives.items():
            for port, drive in ports.items():
                drive.begin(first, last)
                if drive.backgrounds:
                    self.dense[self.grid.own(number, port)[0]] = ALWAYS
        log = SpikeLog({p.name: p.n for p in network.populations})
        samples = SampleLog(record, {n: list(s.variables) for n, s in self._named().items()})
        while self.step < last:
            count = min(self.window, last - self.step, self._until_change())
            self._emit(emitted, count, log)
            self._advance(drives, count, log, samples)
            self.step += count
            if tick is not None:
                tick(self.step - first, steps)
        dt, duration = self.grid.dt, steps * self.grid.dt
        return log.spikes(dt, duration), samples.traces(first, last, dt)

    def _until_change(self) -> int:
        """Return the steps until weights change next, or the delay ring begins anew."""
        left = self.length - (self.step - self.origin) % self.length
        for learner in self.learners.values():
            left = min(left, learner.left(self.step))
        return left

    def _named(self) -> dict[str, Stepper]:
        return {self.grid.network.populations[n].name: s for n, s in self.steppers.items()}

    def _drives(self, number: int, stimulus: Stimuli) -> dict[str, Drive]:
        population = self.grid.network.populations[number]
        out: dict[str, Drive] = {}
        for place, port in enumerate(population.cell.ports):
            key = f"{population.name}.{port.name}"
            given = stimuli_at(stimulus, key)
            streams = [noise_stream(number, place, k) for k in range(len(given))]
            synapse = port.synapse
            out[port.name] = Drive(
                given,
                {c: f for c, f in self.filters.items() if self._sits(c, number, port.name)},
                n=population.n,
                dt=self.grid.dt,
                decay=(
                    float(propagator(synapse.tau, self.grid.dt))
                    if isinstance(synapse, Exponential)
                    else 0.0
                ),
                unit=self.grid.own(number, port.name)[1].unit,
                keys=[philox.stream_key(self.seed, stream) for stream in streams],
                noise=self.noise.setdefault(key, {}),
                step=self.step,
                dtype=float_type(self.steppers[number].dtype),
            )  # fmt: skip
        return out

    def _sits(self, channel: int, population: int, port: str) -> bool:
        held = self.grid.channels[channel]
        return held.population == population and held.port == port

    def _emit(self, emitted: Mapping[str, SourceSpikes], count: int, log: SpikeLog) -> None:
        for number, population in enumerate(self.grid.network.populations):
            if not isinstance(population.cell, Source):
                continue
            all_of = emitted[population.name]
            a, b = np.searchsorted(all_of.step, (self.step, self.step + count))
            step, index = all_of.step[a:b], all_of.index[a:b]
            log.add(population.name, step, index)
            self._send(number, step, index)

    def _advance(
        self,
        drives: Mapping[int, Mapping[str, Drive]],
        count: int,
        log: SpikeLog,
        samples: SampleLog,
    ) -> None:
        for number, learner in self.learners.items():
            weights = learner.begin(self.step, self.step + count)
            if weights is not None:
                self.weights[number] = self._encode(number, weights)
            self._scatter(number, *learner.now)
        slot = (self.step - self.origin) % self.length
        self.transmissions += int(self.arrivals[slot : slot + count].sum())
        self.arrivals[slot : slot + count] = 0
        for number, post in self.posts.items():
            self.transmissions += post.sort(self.step, count)
            held = self.grid.channels[number]
            drives[held.population][held.port].posted = post.posted
        sent = []
        seen: dict[int, Mapping[str, Array]] = {}
        for number, stepper in self.steppers.items():
            population = self.grid.network.populations[number]
            rows, extra = self._rows(number, slot, count)
            for port, drive in drives[number].items():
                drive.background(rows[port], self.step, partial(stepper.encode, port=port))
            gate = stepper.prepare(rows, self.step)
            for channel in self.pending:
                if self.grid.channels[channel].population == number:
                    self._admit(channel, gate, rows[self.grid.channels[channel].port])
            every = samples.every(population.name)
            step, index, sampled = stepper.advance(
                rows, drives[number], extra, self.step, count,
                1 if number in self.watched else every,
            )  # fmt: skip
            if number in self.watched:
                seen[number] = sampled
                kept = (self.step + np.arange(count)) % every == 0 if every else slice(0, 0)
                sampled = {name: block[kept] for name, block in sampled.items()}
            for array in () if stepper.tiled else rows.values():
                array[...] = 0
            samples.add(population.name, sampled)
            log.add(population.name, step, index)
            sent.append((number, step, index))
        if self.learners:
            self._learn(sent, seen)
        for number, step, index in sent:
            self._send(number, step, index)

    def _learn(
        self, sent: list[tuple[int, Array, Array]], seen: Mapping[int, Mapping[str, Array]]
    ) -> None:
        spikes = {number: (step, index) for number, step, index in sent}
        for number, learner in self.learners.items():
            target, v = self.grid.projections[number].target, np.zeros((0, 0))
            if learner.rule.watched is not None:
                v = seen[target][learner.rule.watched].astype(np.float64)
            learner.end(self.step, spikes[target], v)

    def _encode(self, number: int, weights: Array) -> Array:
        p = self.grid.projections[number]
        return self.steppers[p.target].encode(weights, p.port)

    def _rows(
        self, number: int, slot: int, count: int
    ) -> tuple[dict[str, Array], dict[str, dict[int, Array]]]:
        """Return what arrives in a window at each port, own synapses and others apart."""
        rows: dict[str, Array] = {}
        extra: dict[str, dict[int, Array]] = {}
        for channel, held in enumerate(self.grid.channels):
            if held.population != number:
                continue
            idle = self.dense.get(channel, ALWAYS) <= self.step
            block = self.rings[channel][slot : slot if idle else slot + count]
            if held.own:
                rows[held.port] = block
                extra.setdefault(held.port, {})
            else:
                extra.setdefault(held.port, {})[channel] = block
        return rows, extra

    def _send(self, source: int, step: Array, index: Array, *, empty: bool = False) -> None:
        if not step.size and not empty:
            return
        for number, p in enumerate(self.grid.projections):
            if p.source != source:
                continue
            if p.channel in self.pending:
                self._queue(number, p, step, index)
            elif number in self.learners:
                self.learners[number].send(step, index)
            elif number in self.posting:
                self.posts[p.channel].add(
                    p, self.weights[number], step, index, self.step, self.step + self.window - 1
                )
            else:
                self._scatter(number, step, index)

    def _scatter(self, number: int, step: Array, index: Array) -> None:
        p = self.grid.projections[number]
        given = (
            step, index, p.start, p.index, self.weights[number], p.delay, p.threshold,
            p.stochastic, self.keys[number], self.rings[p.channel], self.arrivals, self.origin,
        )  # fmt: skip
        if number in self.short_term:
            unit = self.grid.channels[p.channel].unit or 1.0
            scatter_short_term(*given, self.short_term[number], unit)
        else:
            scatter(*given)

    def _queue(self, number: int, p: DiscreteProjection, step: Array, index: Array) -> None:
        due, synapse = expand(step, index, p.start, p.delay)
        block = np.column_stack((due, np.full(due.size, number), synapse))
        self.pending[p.channel] = np.concatenate((self.pending[p.channel], block))

    def _admit(self, channel: int, gate: Array, rows: Array) -> None:
        waiting = self.pending[channel]
        now = waiting[:, 0] < self.step + rows.shape[0]
        events, self.pending[channel] = waiting[now], waiting[~now]
        events = events[np.lexsort((events[:, 2], events[:, 1], events[:, 0]))]
        due, projection, synapse = events.T.copy()
        target = np.zeros(due.size, np.int64)
        weight = np.zeros(due.size, rows.dtype)
        threshold, keys = np.zeros(due.size, np.uint64), np.zeros(due.size, np.uint64)
        for number in np.unique(projection):
            mine, p = projection == number, self.grid.projections[number]
            target[mine] = p.index[synapse[mine]]
            weight[mine] = self.weights[number][synapse[mine]]
            threshold[mine] = np.broadcast_to(p.threshold, p.index.shape)[synapse[mine]]
            keys[mine] = self.keys[number]
        passed, swallowed = admit(
            due, synapse, target, weight, threshold, keys, gate, self.mergers[channel],
            self.last[channel], self.step, rows,
        )  # fmt: skip
        self.transmissions += passed
        self.swallowed += swallowed
