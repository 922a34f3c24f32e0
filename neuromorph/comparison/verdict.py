"""What a backend's attempt is worth: held to the reference, then summed up in one row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from neuromorph.comparison.attempt import Attempt, Runs
from neuromorph.result import Counts, Energy, Result
from neuromorph.row import Row
from neuromorph.runner import run
from neuromorph.spike_distance import van_rossum
from neuromorph.statistic import mean_interval
from neuromorph.workloads import Workload

#: Seeds of the reference that say what to expect of a platform with draws of its own.
FURTHER = range(1000, 1024)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Read-out spikes of the reference at one input: what a row must match, and how closely."""

    wanted: float
    allowed: float


def expectations(
    workload: Workload, attempts: Sequence[Attempt], reference: Attempt | None, n: int
) -> dict[bool, dict[str, Expected]]:
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
        same[name] = own[name] = Expected(wanted=wanted, allowed=max(count, rate * wanted))
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
            own[name] = Expected(wanted=mean, allowed=max(count, rate * mean) + 2 * error)
    return {True: same, False: own}


def row(
    workload: Workload,
    attempt: Attempt,
    reference: Attempt | None,
    expected: Mapping[bool, Mapping[str, Expected]],
) -> Row:
    """Return a backend's row: answers, agreement with the reference, means over its runs."""
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
    output: Mapping[str, float], accuracy: float, expected: Mapping[str, Expected], label: str,
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


def _distance(workload: Workload, attempt: Attempt, reference: Attempt) -> float | None:
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
