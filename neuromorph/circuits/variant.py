"""Many variants of one circuit: elements scaled by factors, each with its own noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from neuromorph.circuits.circuit import Circuit
from neuromorph.circuits.integrator import StepError
from neuromorph.circuits.specification import Observed, observed
from neuromorph.circuits.transient import simulate


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
    """

    step: float | None = None
    duration: float | None = None
    temperature: float | None = None
    seed: int = 0

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
    """Return the pulses of each variant; None for one that cannot be integrated."""
    return [
        _one(circuit.scaled(row), seed, setting, watched)
        for row, seed in zip(rows, seeds, strict=True)
    ]


def _one(
    circuit: Circuit, seed: int, setting: Setting, watched: Sequence[str] | None
) -> Observed | None:
    try:
        result = simulate(
            circuit, step=setting.step, duration=setting.duration, seed=seed % 2**32,
            temperature=setting.temperature, record=(), pulses=watched, on_large_step="refine",
        )  # fmt: skip
    except StepError:
        return None
    return observed(result.pulses, result.antipulses)
