"""One backend's attempt at a workload: its runs, or the reason there are none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from neuromorph import progress as progress_bars
from neuromorph.energy import Meter, NotMeasuredError
from neuromorph.precision import precision
from neuromorph.result import Energy, Result
from neuromorph.run_store import RunStore
from neuromorph.runner import Backend, UnavailableError, backend, describe, run
from neuromorph.workloads import Workload

Runs = dict[str, list[Result]]  #: per stimulus, one result per seed


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
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


def attempted(
    workload: Workload, wanted: str | Backend, seeds: list[int], phase: progress_bars.Phase,
    store: RunStore | None,
) -> Attempt:
    """Run a workload on one backend, every stimulus with every seed; what fails is the reason."""
    try:
        chosen = backend(wanted)
    except UnavailableError as error:
        return Attempt(label=str(wanted), arithmetic=None, runs={}, reason=str(error))
    label = describe(chosen)
    reason = chosen.refusal(workload.network)
    if reason is not None:
        return Attempt(label=label, arithmetic=None, runs={}, reason=reason)
    try:
        kept = _kept(workload, chosen, seeds, store)
        whole = len(kept) == len(seeds) * len(workload.stimuli)
        compiling = 0.0 if whole else _compile(workload, chosen, seeds[0], phase, label)
        runs = _run_all(workload, chosen, seeds, phase, label, kept, store)
    except (ValueError, RuntimeError) as error:
        return Attempt(label=label, arithmetic=None, runs={}, reason=str(error))
    return Attempt(
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


def measured(
    workload: Workload, wanted: str | Backend, attempt: Attempt, seed: int, meter: Meter
) -> Attempt:
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
