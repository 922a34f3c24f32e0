"""Many variants of one circuit: elements scaled by factors, each with its own noise."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from neuromorph.circuits.circuit import Circuit
from neuromorph.circuits.solver.batch import simulate_batch
from neuromorph.circuits.solver.batch_values import BatchError
from neuromorph.circuits.solver.integrator import StepError
from neuromorph.circuits.solver.reduction import CircuitError
from neuromorph.circuits.solver.transient import simulate
from neuromorph.circuits.tolerance.specification import (
    Observed,
    Specification,
    Window,
    observed,
    specify_times,
)

LANES = 128  #: variants of a chunk of a sweep: a block of the batch kernel


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How variants are simulated; what is None stands in the deck.

    Attributes
    ----------
    step, duration : float [s], optional
    temperature : float [K], optional
        0 switches the noise off.
    seed : int
        Of the noise where variants have no seed of their own.
    scheme : str
        "leapfrog" or "cowell", of the batch kernel.

    Raises
    ------
    ValueError
        Another scheme.
    """

    step: float | None = None
    duration: float | None = None
    temperature: float | None = None
    seed: int = 0
    scheme: str = "leapfrog"

    def __post_init__(self) -> None:
        if self.scheme not in ("leapfrog", "cowell"):
            raise ValueError(
                f"Setting.scheme: {self.scheme!r} came, 'leapfrog' or 'cowell' is allowed"
            )

    def record(self) -> dict[str, Any]:
        """Return the setting as plain values."""
        return asdict(self)


def observe(
    circuit: Circuit,
    rows: Sequence[Mapping[str, float]],
    seeds: Sequence[int],
    setting: Setting,
    *,
    watched: Sequence[str] | None = None,
) -> list[Observed | None]:
    """Return the pulses of each variant; None for one that cannot be integrated.

    All are simulated at once by the batch kernel; those whose phase moves too far in
    one step, and circuits that it does not take, one by one by the default scheme.
    """
    if not rows:
        return []
    names = sorted({name for row in rows for name in row})
    factors = {name: np.array([row.get(name, 1.0) for row in rows]) for name in names}
    small = [seed % 2**32 for seed in seeds]
    try:
        batch = simulate_batch(
            circuit, factors, seeds=small, step=setting.step, duration=setting.duration,
            temperature=setting.temperature, pulses=watched, on_large_step="mark",
            scheme=setting.scheme,
        )  # fmt: skip
    except BatchError:
        pairs = zip(rows, small, strict=True)
        return [_one(circuit.scaled(row), seed, setting, watched) for row, seed in pairs]
    return [
        _one(circuit.scaled(rows[i]), small[i], setting, watched)
        if batch.failed[i]
        else observed({name: times[i] for name, times in batch.pulses.items()},
                      {name: times[i] for name, times in batch.antipulses.items()})
        for i in range(len(rows))
    ]  # fmt: skip


def _one(
    circuit: Circuit, seed: int, setting: Setting, watched: Sequence[str] | None
) -> Observed | None:
    try:
        result = simulate(
            circuit, step=setting.step, duration=setting.duration, seed=seed,
            temperature=setting.temperature, record=(), pulses=watched, on_large_step="refine",
        )  # fmt: skip
    except (StepError, CircuitError):
        # the circuit itself is sound: this variant leaves what the solver can follow
        return None
    return observed(result.pulses, result.antipulses)


def specify_nominal(
    circuit: Circuit, *, tolerance: float = 10e-12, setting: Setting | None = None
) -> Specification:
    """Return the specification that pulses come as they do in the nominal design, without noise.

    It looks at the junctions whose phases the deck prints, at all if it prints none. Each pulse
    may be early or late by the tolerance, or by 0.45 of the smallest distance of two pulses of
    the junction if that is less. A junction that also turns backwards is held to its net count.

    Parameters
    ----------
    tolerance : float [s]

    Raises
    ------
    ValueError
        No junction printed turns at all: the deck shows nothing to hold a variant to.
    """
    setting = setting or Setting()
    names = [o.targets[0] for o in circuit.outputs if o.kind == "P" and len(o.targets) == 1]
    junctions = {junction.name for junction in circuit.junctions}
    watched = [name for name in names if name in junctions] or sorted(junctions)
    result = simulate(circuit, step=setting.step, duration=setting.duration, temperature=0.0,
                      record=(), pulses=watched, on_large_step="refine")  # fmt: skip
    if not any(times.size for times in result.pulses.values()):
        raise ValueError(
            f"{circuit.title}: none of {', '.join(watched)} turns; print the phase of a junction "
            "that does, or give a check"
        )
    return specify_observed(
        observed(result.pulses, result.antipulses), tolerance=tolerance, stop=result.duration
    )


def specify_observed(
    seen: Observed, *, tolerance: float = 10e-12, stop: float = math.inf
) -> Specification:
    """Return the specification that pulses come as they were seen; see :func:`specify_nominal`."""
    windows: list[Window] = []
    for name, times in seen.pulses.items():
        if seen.antipulses[name].size:
            count = seen.count(name)
            windows.append(Window(junction=name, start=0.0, stop=stop, low=count, high=count))
            continue
        least = float(np.min(np.diff(times), initial=np.inf))
        windows += specify_times({name: times}, tolerance=min(tolerance, 0.45 * least)).windows
    return Specification(windows=tuple(windows))
