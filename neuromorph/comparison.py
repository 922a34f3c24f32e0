"""Comparing platforms on one workload: agreement first, then counts, seconds and energy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from neuromorph import progress as progress_bars
from neuromorph.energy import CostTable, Meter, NotMeasuredError, device
from neuromorph.precision import precision
from neuromorph.result import Counts, Energy, Result
from neuromorph.row import Row
from neuromorph.run_store import RunStore
from neuromorph.runner import Backend, UnavailableError, backend, describe, run, standard
from neuromorph.spike_distance import van_rossum
from neuromorph.statistic import mean_interval
from neuromorph.table import Table
from neuromorph.workloads import Workload

#: Seeds of the reference that say what to expect of a platform with draws of its own.
FURTHER = range(1000, 1024)

Runs = dict[str, list[Result]]  #: per stimulus, one result per seed


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    """What became of one backend: its runs, or the reason there are none."""

    label: str
    arithmetic: str | None
    runs: Runs
    backend: Backend | None = None
    compile_seconds: float = 0.0
    reason: str = ""
    bits: str = ""
    measured: tuple[Energy, ...] = ()
    notes: tuple[str, ...] = ()


def compare(
    workload: Workload,
    backends: str | Sequence[str | Backend] | None = None,
    *,
    seeds: int | Sequence[int] = 1,
    devices: Sequence[str | CostTable] = (),
    measure: bool | Meter = False,
    store: RunStore | None = None,
    progress: progress_bars.Phase | None = None,
) -> Table:
    """Run a workload on several platforms and compare what comes back.

    The first backend that runs is the reference of the agreement: every answer right, read-out
    counts within the workload's tolerance, and no spike distance between backends of the same
    arithmetic. A backend with random draws of its own (a noisy circuit) is held to the mean of the
    reference over 24 further seeds, and may differ by two standard errors more. A backend that
    cannot run is a row with the reason.

    Parameters
    ----------
    workload : Workload
    backends : sequence of names or backend objects
        The same backend may come twice with other options. Left out: those of the core
        installation, and of a frame-based network the emulator's three ways to compute it.
    seeds : int or sequence of int
        How many seeds (0, 1, ...), or which.
    devices : sequence of names or CostTable
        Published devices (``nm.energy.DEVICES``) or your own: what their constants make of the
        reference's counts, as figures of method ``counted``.
    measure : bool or Meter
        Also measure what each run costs this machine's processor (RAPL, Linux); where that
        cannot be read, a note says so.
    store : RunStore, optional
        Folder where finished runs are kept and found again.
    progress : callable, optional
        Called with (phase, share done); a bar on a terminal if left out.

    Returns
    -------
    Table

    Raises
    ------
    ValueError
        An unknown backend name, no backend, or no seed.
    TypeError
        No workload, or no backend.
    """
    if not isinstance(workload, Workload):
        raise TypeError(f"compare: {type(workload).__name__} came, a Workload is allowed")
    if backends is None:
        backends = workload.backends or standard(workload.network)
    elif isinstance(backends, str):
        backends = (backends,)
    chosen = list(range(seeds)) if isinstance(seeds, (int, np.integer)) else list(seeds)
    if not chosen or not backends:
        raise ValueError(f"compare: {len(backends)} backends and {len(chosen)} seeds came, at "
                         "least one of each is allowed")  # fmt: skip
    tables = [device(name) for name in devices]
    if progress is None:
        with progress_bars.shown() as phase:
            attempts = [_attempt(workload, b, chosen, phase, store) for b in backends]
    else:
        attempts = [_attempt(workload, b, chosen, progress, store) for b in backends]
    if measure is not False:
        meter = Meter() if measure is True else measure
        attempts = [
            _measured(workload, b, a, chosen[0], meter) if a.runs else a
            for a, b in zip(attempts, backends, strict=True)
        ]
    reference = next((a for a in attempts if a.runs), None)
    expected = _expected(workload, attempts, reference, len(chosen))
    rows = tuple(_row(workload, attempt, reference, expected) for attempt in attempts)
    return Table(
        workload=workload.name,
        title=workload.title,
        reference=reference.label if reference else "",
        seeds=tuple(chosen),
        targets=dict(workload.targets),
        threshold=workload.readout.threshold,
        quantity=workload.readout.quantity,
        readout=workload.readout.population,
        rows=rows,
        first_runs={a.label: {k: v[0] for k, v in a.runs.items()} for a in attempts if a.runs},
    ).on(tables)


def _attempt(
    workload: Workload, wanted: str | Backend, seeds: list[int], phase: progress_bars.Phase,
    store: RunStore | None,
) -> _Attempt:
    try:
        chosen = backend(wanted)
    except UnavailableError as error:
        return _Attempt(label=str(wanted), arithmetic=None, runs={}, reason=str(error))
    label = describe(chosen)
    reason = chosen.refusal(workload.network)
    if reason is not None:
        return _Attempt(label=label, arithmetic=None, runs={}, reason=reason)
    try:
        kept = _kept(workload, chosen, seeds, store)
        whole = len(kept) == len(seeds) * len(workload.stimuli)
        compiling = 0.0 if whole else _compile(workload, chosen, seeds[0], phase, label)
        runs = _run_all(workload, chosen, seeds, phase, label, kept, store)
    except (ValueError, RuntimeError) as error:
        return _Attempt(label=label, arithmetic=None, runs={}, reason=str(error))
    return _Attempt(
        label=label, arithmetic=chosen.arithmetic, runs=runs, backend=chosen,
        compile_seconds=compiling,
        bits=precision(chosen, frames=workload.network.kind == "frames"),
        notes=(f"{len(kept)} runs taken from an earlier comparison",) if kept else (),
    )


def _kept(
    workload: Workload, chosen: Backend, seeds: list[int], store: RunStore | None
) -> dict[tuple[int, str], Result]:
    """Return the runs that an earlier comparison left behind."""
    found: dict[tuple[int, str], Result] = {}
    if store is None:
        return found
    for seed in seeds:
        for name in workload.stimuli:
            result = store.get(_place(workload, chosen, seed, name, store))
            if result is not None:
                found[seed, name] = result
    return found


def _place(
    workload: Workload, chosen: Backend, seed: int, name: str, store: RunStore
) -> Path:
    return store.path(
        workload.network, workload.stimuli[name], backend=chosen, duration=workload.duration,
        dt=workload.dt, seed=seed,
    )  # fmt: skip


def _measured(
    workload: Workload, wanted: str | Backend, attempt: _Attempt, seed: int, meter: Meter
) -> _Attempt:
    """Add what the runs of one seed cost this machine, or why that is not known."""
    chosen = backend(wanted)

    def work() -> None:
        for stimulus in workload.stimuli.values():
            run(
                workload.network, stimulus, backend=chosen, duration=workload.duration,
                dt=workload.dt, seed=seed,
            )  # fmt: skip

    try:
        energy = meter.measure(work, per="inference", share=len(workload.stimuli))
    except NotMeasuredError as error:
        return replace(attempt, notes=(*attempt.notes, f"energy of this machine: {error}"))
    return replace(attempt, measured=(energy,))


def _compile(
    workload: Workload, chosen: Backend, seed: int, phase: progress_bars.Phase, label: str
) -> float:
    """Run two steps, so that kernels are compiled before anything is timed; return seconds.

    A frame-based run compiles apart by itself.
    """
    if workload.dt is None:
        return 0.0
    name = next(iter(workload.stimuli))
    phase(f"{label}: compiling (once)", 0.0)
    result = run(
        workload.network, workload.stimuli[name], backend=chosen, duration=2 * workload.dt,
        dt=workload.dt, seed=seed,
    )  # fmt: skip
    phase(f"{label}: compiling (once)", 1.0)
    return result.provenance.compile_seconds + result.provenance.host_seconds


def _run_all(
    workload: Workload, chosen: Backend, seeds: list[int], phase: progress_bars.Phase, label: str,
    kept: Mapping[tuple[int, str], Result], store: RunStore | None,
) -> Runs:
    runs: Runs = {name: [] for name in workload.stimuli}
    total, done = len(seeds) * len(runs), 0
    for seed in seeds:
        for name, stimulus in workload.stimuli.items():
            tick = _tick(phase, f"{label}: running", done, total)
            result = kept.get((seed, name))
            if result is None:
                result = run(
                    workload.network, stimulus, backend=chosen, duration=workload.duration,
                    dt=workload.dt, seed=seed, progress=tick,
                )  # fmt: skip
                if store is not None:
                    store.put(_place(workload, chosen, seed, name, store), result)
            runs[name].append(result)
            done += 1
            phase(f"{label}: running", done / total)
    return runs


def _tick(
    phase: progress_bars.Phase, what: str, done: int, total: int
) -> Callable[[int, int], None]:
    return lambda part, whole: phase(what, (done + part / max(whole, 1)) / total)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Expected:
    """Read-out spikes of the reference at one input: what a row must match, and how closely."""

    wanted: float
    allowed: float


def _expected(
    workload: Workload, attempts: Sequence[_Attempt], reference: _Attempt | None, n: int
) -> dict[bool, dict[str, _Expected]]:
    """Return what is expected at each input of rows that share draws (True) or do not (False).

    A row with draws of its own is compared with the mean of the reference over further seeds,
    and may differ by two standard errors more, taken from the reference's own spread.
    """
    if reference is None:
        return {}
    rate, count = workload.agreement.rate, workload.agreement.count
    same, own = {}, {}
    fair = any(a.runs and a.arithmetic is None for a in attempts) and reference.arithmetic
    for name in workload.stimuli:
        wanted = float(np.mean([workload.readout.value(r) for r in reference.runs[name]]))
        same[name] = own[name] = _Expected(wanted=wanted, allowed=max(count, rate * wanted))
        if fair and reference.backend is not None:
            drawn = [
                workload.readout.value(
                    run(
                        workload.network, workload.stimuli[name], backend=reference.backend,
                        duration=workload.duration, dt=workload.dt, seed=seed,
                    )
                )
                for seed in FURTHER
            ]  # fmt: skip
            mean, deviation = float(np.mean(drawn)), float(np.std(drawn, ddof=1))
            error = deviation * float(np.sqrt(1 / n + 1 / len(drawn)))
            own[name] = _Expected(wanted=mean, allowed=max(count, rate * mean) + 2 * error)
    return {True: same, False: own}


def _row(
    workload: Workload,
    attempt: _Attempt,
    reference: _Attempt | None,
    expected: Mapping[bool, Mapping[str, _Expected]],
) -> Row:
    if not attempt.runs or reference is None:
        return Row(label=attempt.label, reason=attempt.reason)
    flat = [result for results in attempt.runs.values() for result in results]
    right = [
        workload.readout.answer(result) == workload.targets[name]
        for name, results in attempt.runs.items()
        for result in results
    ]
    spread = {
        name: mean_interval([workload.readout.value(r) for r in results])
        for name, results in attempt.runs.items()
    }
    output = {name: mean for name, (mean, _) in spread.items()}
    distance = _distance(workload, attempt, reference)
    accuracy = float(np.mean(right))
    problems = _problems(
        output, accuracy, expected[attempt.arithmetic is not None], reference.label,
        workload.readout.quantity,
    )  # fmt: skip
    if distance is not None and distance > workload.agreement.distance:
        kind = "difference" if workload.dt is None else "van Rossum distance"
        problems.append(f"{kind} {distance:.3g} to {reference.label}")
    device = [r.provenance.device_seconds for r in flat]
    return Row(
        label=attempt.label,
        agrees=not problems,
        problems=tuple(problems),
        accuracy=accuracy,
        output=output,
        output_ci={name: interval for name, (_, interval) in spread.items() if interval},
        distance=distance,
        counts=_mean_counts(flat),
        compile_seconds=attempt.compile_seconds
        + sum(r.provenance.compile_seconds for r in flat),
        run_seconds=float(np.mean([r.provenance.host_seconds for r in flat])),
        network_seconds=workload.duration,
        device_seconds=None if None in device else float(np.mean(device)),  # type: ignore[arg-type]
        energy=(*_energies(attempt.runs), *attempt.measured),
        versions=dict(flat[0].provenance.versions),
        notes=(
            *tuple(dict.fromkeys(note for r in flat for note in r.provenance.notes))[:4],
            *attempt.notes,
        ),
        bits=attempt.bits,
        host=flat[0].provenance.host,
    )


def _problems(
    output: Mapping[str, float], accuracy: float, expected: Mapping[str, _Expected], label: str,
    quantity: str,
) -> list[str]:
    found = []
    if accuracy < 1:
        found.append(f"{accuracy:.0%} of the answers right")
    for name, count in output.items():
        wanted, allowed = expected[name].wanted, expected[name].allowed
        if abs(count - wanted) > allowed:
            found.append(
                f"input {name}: {count:g} {quantity}, {label} has {wanted:.3g} "
                f"(+-{allowed:.2g} allowed)"
            )
    return found


def _distance(workload: Workload, attempt: _Attempt, reference: _Attempt) -> float | None:
    """Return the largest distance over all runs and populations, if steps are comparable."""
    if attempt.arithmetic is None or attempt.arithmetic != reference.arithmetic:
        return None
    return max(
        _apart(mine, theirs)
        for name in attempt.runs
        for mine, theirs in zip(attempt.runs[name], reference.runs[name], strict=True)
    )


def _apart(a: Result, b: Result) -> float:
    """Return how far two results are apart: spikes by van Rossum, frames by their values."""
    if a.frames:
        return max(float(np.max(np.abs(a.frames[name] - b.frames[name]))) for name in a.frames)
    return max(van_rossum(a.spikes[name], b.spikes[name]) for name in a.spikes)


def _mean_counts(results: Sequence[Result]) -> Counts:
    out: dict[str, Any] = {}
    for name in Counts.__dataclass_fields__:
        values = [getattr(result.counts, name) for result in results]
        if None in values:
            out[name] = None
        else:
            mean = float(np.mean(values))
            out[name] = mean if name.endswith("sparsity") else round(mean)
    return Counts(**out)


def _energies(runs: Runs) -> tuple[Energy, ...]:
    """Return each kind of energy per inference: mean over stimuli, interval over seeds."""
    seeds = range(len(next(iter(runs.values()))))
    out = []
    for position, template in enumerate(next(iter(runs.values()))[0].energy):
        by_seed = [[results[s].energy[position] for results in runs.values()] for s in seeds]
        mean, interval = mean_interval([_mean(e, "joules") or 0.0 for e in by_seed])
        every = [energy for energies in by_seed for energy in energies]
        out.append(
            replace(
                template,
                source=_source([energy.source for energy in every], next(iter(runs))),
                joules=mean,
                ci=interval,
                n=len(seeds),
                per="inference",
                static=_mean(every, "static"),
                dynamic=_mean(every, "dynamic"),
            )
        )
    return tuple(out)


def _source(sources: Sequence[str], first: str) -> str:
    """Return the common text; figures of one run in it are said to be of that run."""
    if len(set(sources)) == 1:
        return sources[0]
    return f"{sources[0]} (said of input {first}, first seed)"


def _mean(energies: Sequence[Energy], field: str) -> float | None:
    values = [getattr(energy, field) for energy in energies]
    return None if None in values else float(np.mean(values))
