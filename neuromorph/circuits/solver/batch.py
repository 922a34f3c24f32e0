"""Many variants of one circuit at once: values, seeds and temperatures per lane."""

from __future__ import annotations

import time as clock
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neuromorph.circuits.circuit import Circuit, Output
from neuromorph.circuits.deck.control import request
from neuromorph.circuits.element import Junction
from neuromorph.circuits.solver.batch_block import Seen, Task, blocks, run_block
from neuromorph.circuits.solver.batch_values import Variants, refuse_single, variants
from neuromorph.circuits.solver.integrator import StepError
from neuromorph.circuits.solver.reduction import Reduced, reduce
from neuromorph.circuits.solver.transient import _plan, _watched
from neuromorph.circuits.solver.tree import Row

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Lanes = tuple[Array, ...]

__all__ = ["Batch", "simulate_batch"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Batch:
    """The results of a batch, in SI units, one entry per lane.

    Parameters
    ----------
    n : int
        Number of lanes.
    time : array, shape (n_time,) [s]
    phases : mapping of array, shape (n_time, n) [rad]
        What was recorded, by target.
    pulses, antipulses : mapping of tuple of n arrays [s]
        Times at which the phase of a junction passed pi + 2 pi k, by lane.
    counts : mapping of array of int, shape (n,)
        Pulses less antipulses.
    failed : array of bool, shape (n,)
        Lanes with a phase that moved too far in one step; their pulses mean nothing.
    step, duration : float [s]
    seconds : mapping of float [s]
        CPU seconds of ``setup`` and ``run``.
    """

    circuit: Circuit
    n: int
    time: Array
    phases: Mapping[str, Array]
    pulses: Mapping[str, Lanes]
    antipulses: Mapping[str, Lanes]
    counts: Mapping[str, NDArray[np.int64]]
    failed: NDArray[np.bool_]
    step: float
    duration: float
    seconds: Mapping[str, float]

    def __repr__(self) -> str:
        bad = f", {int(self.failed.sum())} failed" if self.failed.any() else ""
        return (f"Batch({self.circuit.title!r}: {self.n} variants, {self.duration * 1e9:g} ns at "
                f"{self.step * 1e12:g} ps{bad})")


def simulate_batch(
    circuit: Circuit,
    factors: Mapping[str, ArrayLike] | None = None,
    *,
    seeds: ArrayLike | None = None,
    temperature: ArrayLike | None = None,
    step: float | None = None,
    duration: float | None = None,
    record: Sequence[str] = (),
    every: int = 1,
    pulses: Sequence[str] | None = None,
    startup: bool | None = None,
    workers: int = 1,
    on_large_step: str = "error",
    scheme: str = "leapfrog",
) -> Batch:
    """Integrate many variants of a circuit, all at once.

    Lane i is what ``simulate(circuit.scaled({name: x[i]}), seed=seeds[i], scheme=scheme)`` gives,
    to round-off; the noise too, with leapfrog.

    Parameters
    ----------
    factors : mapping of array, shape (n,)
        What the values of an element are multiplied with: R, L, C, K, junction areas, current
        sources. A number holds for all lanes.
    seeds : int or array of int, shape (n,)
        Of the thermal noise; the deck's or 0 unless given.
    temperature : float or array, shape (n,) [K], optional
        For every resistor and junction, over all the deck says; 0 switches noise off.
    step, duration : float [s], optional
        The deck's ``.tran`` unless given.
    record : sequence of str
        Phases to write down, such as ``"P(B1.XDUT)"``, every ``every``-th step.
    pulses : sequence of str, optional
        Junctions whose pulses are wanted; all unless given.
    workers : int
        Threads, one block of up to 128 lanes each; results do not depend on it.
    on_large_step : str
        ``"error"``, or ``"mark"``: lanes whose phase moves too far are put to rest and marked
        in ``failed``.
    scheme : str
        ``"leapfrog"`` (second order) or ``"cowell"``: twice the cost per step, but at 0.2 ps tens
        of times more accurate than leapfrog at 0.1 ps.

    Raises
    ------
    BatchError
        An element that only single runs take: ideal voltage and phase sources, loops of
        junctions without inductance, harmonics.
    StepError
        A phase moved too far in one step: names lane, junction and time.
    ValueError
        Arrays of different length, a factor that is not allowed, an output that is no phase.
    """
    if on_large_step not in ("error", "mark") or workers < 1 or every < 1:
        raise ValueError(f"simulate_batch: on_large_step {on_large_step!r}, workers {workers}, "
                         f"every {every} came; 'error' or 'mark' and 1 or more are allowed")
    if scheme not in ("leapfrog", "cowell"):
        raise ValueError(f"simulate_batch: scheme {scheme!r} came, 'leapfrog' or 'cowell' is "
                         "allowed")
    begin = clock.process_time()
    plan = _plan(circuit, step, duration, startup)
    seeds = circuit.seed or 0 if seeds is None else seeds
    given = variants(circuit, factors or {}, seeds, temperature)
    watched = _watched(circuit, pulses)
    refuse_single(circuit, plan.step)
    reduced = reduce(circuit)
    phases = {",".join(o.targets): _row(o, reduced) for o in map(request, record)}
    steps = max(1, round(plan.duration / plan.step))
    task = Task(reduced, scheme, plan.step * 1e12, steps, list(phases.values()), every,
                plan.startup)
    setup = clock.process_time()
    parts = blocks(given.n, scheme)
    with ThreadPoolExecutor(workers) as pool:
        seen = list(pool.map(lambda lanes: run_block(task, given.taken(lanes)), parts))
    _check(task, given, parts, seen, on_large_step)
    kept = [np.unique(lanes, return_index=True)[1] for lanes in parts]
    forward, backward = (_pulses(task, given.n, parts, seen, watched, sign) for sign in (1, -1))
    traces = np.concatenate([s.traces[:, :, k] for s, k in zip(seen, kept, strict=True)], axis=2)
    failed = np.concatenate([s.failed[k] >= 0 for s, k in zip(seen, kept, strict=True)])
    seconds = {"setup": setup - begin, "run": clock.process_time() - setup}
    return Batch(
        circuit=circuit, n=given.n, step=plan.step, duration=steps * plan.step, failed=failed,
        time=np.arange(traces.shape[0], dtype=np.float64) * (every * plan.step),
        phases=MappingProxyType({name: traces[:, k] for k, name in enumerate(phases)}),
        pulses=MappingProxyType(forward), antipulses=MappingProxyType(backward),
        counts=MappingProxyType({name: np.array(
            [up.size - down.size for up, down in zip(ups, backward[name], strict=True)],
            dtype=np.int64) for name, ups in forward.items()}),
        seconds=MappingProxyType(seconds))


def _row(output: Output, reduced: Reduced) -> Row:
    """Return a phase asked for as a sum of coordinates."""
    if output.kind != "P":
        raise ValueError(f"record of a batch: {output.name} came, phases P(...) are allowed")
    row: Row = {}
    for name, sign in zip(output.targets, (1.0, -1.0), strict=False):
        if name not in reduced.branches and name not in reduced.tree.index:
            reduced.circuit.element(name)  # names the nearest
        own = (reduced.branches[name] if name in reduced.branches
               else reduced.tree.rows[reduced.tree.index[name]])
        for i, x in own.items():
            row[i] = row.get(i, 0.0) + sign * x
    return row


def _check(task: Task, given: Variants, parts: Sequence[Index], seen: Sequence[Seen],
           on_large_step: str) -> None:
    """Raise for the first lane that failed, unless failures are to be marked."""
    if on_large_step == "mark":
        return
    for lanes, one in zip(parts, seen, strict=True):
        for w in np.flatnonzero(one.failed >= 0):
            name = next((j.name for j in given.circuit.junctions
                         if one.culprit[w] in task.reduced.branches[j.name]), "a capacitor")
            raise StepError(
                f"{name} in lane {lanes[w]}: the phase moved too far in one step at t = "
                f"{one.failed[w] * task.h:.6g} ps; the step is {task.h:g} ps, try "
                f"{task.h / 2:g} ps, or on_large_step='mark'")


def _pulses(task: Task, n: int, parts: Sequence[Index], seen: Sequence[Seen],
            watched: Sequence[Junction], sign: int) -> dict[str, Lanes]:
    """Return the event times of each junction by lane [s]."""
    size = max(task.reduced.tree.n_psi, 1)
    keys, times = [], []
    for lanes, one in zip(parts, seen, strict=True):
        own = np.append(True, np.diff(lanes) > 0)  # not the lanes a block was filled up with
        chosen = (one.sign == sign) & own[one.lane]
        keys.append(one.psi[chosen] * n + lanes[one.lane[chosen]])
        times.append(one.when[chosen])
    key, when = np.concatenate(keys), np.concatenate(times) * 1e-12
    order = np.argsort(key, kind="stable")
    split = np.split(when[order], np.searchsorted(key[order], np.arange(1, size * n)))
    return {j.name: tuple(split[k * n: (k + 1) * n]) for j in watched
            for k in task.reduced.branches[j.name]}
