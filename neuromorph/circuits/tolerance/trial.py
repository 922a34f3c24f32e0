"""Trials: does a variant of a circuit pass its check?"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from neuromorph.circuits.circuit import Circuit
from neuromorph.circuits.tolerance.knob import Knob
from neuromorph.circuits.tolerance.specification import Observed, Specification
from neuromorph.circuits.tolerance.variant import Setting, observe
from neuromorph.sweep import Point

Check: TypeAlias = Callable[[Observed], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A circuit with its stimulus, and what it has to do.

    A design with several inputs has one bench per input, of the same elements: it passes if all
    pass.
    """

    circuit: Circuit
    check: Check

    @property
    def watched(self) -> tuple[str, ...] | None:
        """The junctions that the check looks at; None for all."""
        return self.check.junctions if isinstance(self.check, Specification) else None


def benches(circuit: Circuit | Sequence[Bench], check: Check | None) -> tuple[Bench, ...]:
    """Return the benches of a circuit and its check, or those given.

    Raises
    ------
    ValueError
        A check is missing, or there for benches that have their own; or no bench.
    """
    if isinstance(circuit, Circuit):
        if check is None:
            raise ValueError(f"{circuit.title}: no check came; give a Specification or a function")
        for name in check.junctions if isinstance(check, Specification) else ():
            circuit.element(name)
        return (Bench(circuit=circuit, check=check),)
    if check is not None or not circuit:
        raise ValueError(f"{len(circuit)} benches came with check {check!r}: one bench or more and "
                         "no further check is allowed")  # fmt: skip
    return tuple(circuit)


def passes(
    given: Sequence[Bench],
    rows: Sequence[Mapping[str, float]],
    seeds: Sequence[int],
    setting: Setting,
) -> list[bool]:
    """Return for each variant (factors by element, seed of its noise) whether it passes.

    A factor of 0 or less fails: there is no such element.
    """
    alive = [i for i, row in enumerate(rows) if all(_buildable(x) for x in row.values())]
    for bench in given:
        seen = observe(
            bench.circuit, [rows[i] for i in alive], [seeds[i] for i in alive], setting,
            watched=bench.watched,
        )  # fmt: skip
        alive = [i for i, one in zip(alive, seen, strict=True) if one and bench.check(one)]
    passed = set(alive)
    return [i in passed for i in range(len(rows))]


def judged(
    given: Sequence[Bench], rows: Sequence[Mapping[str, float]], groups: Sequence[int],
    rule: Callable[[Sequence[Observed]], tuple[Check, ...] | None], setting: Setting,
) -> list[bool]:  # fmt: skip
    """Return for each variant whether it passes the checks that its group's first one sets.

    The first ``max(groups) + 1`` rows are those first ones, in the order of the groups.
    """
    alive = [i for i, row in enumerate(rows) if all(_buildable(x) for x in row.values())]
    seeds = [setting.seed] * len(alive)
    found: list[list[Observed | None]] = [[] for _ in rows]
    for bench in given:
        seen = observe(bench.circuit, [rows[i] for i in alive], seeds, setting,
                       watched=bench.watched)  # fmt: skip
        for i, one in zip(alive, seen, strict=True):
            found[i].append(one)
    whole = [_all_seen(row, len(given)) for row in found]
    firsts = whole[: max(groups) + 1]
    checks = [None if one is None else rule(one) for one in firsts]
    return [_holds(checks[group], one) for group, one in zip(groups, whole, strict=True)]


def _all_seen(found: Sequence[Observed | None], n: int) -> list[Observed] | None:
    """Return the observations of a variant if there is one per bench."""
    seen = [one for one in found if one is not None]
    return seen if len(seen) == n else None


def _holds(checks: tuple[Check, ...] | None, seen: Sequence[Observed] | None) -> bool:
    if checks is None or seen is None:
        return False
    return all(check(one) for check, one in zip(checks, seen, strict=True))


def _buildable(factor: float) -> bool:
    return math.isfinite(factor) and factor > 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class KnobTrial:
    """The function of a sweep whose points hold one factor per knob: ``{"factors": [...]}``."""

    benches: tuple[Bench, ...]
    knobs: tuple[Knob, ...]
    setting: Setting

    def __call__(self, points: Sequence[Point]) -> list[bool]:
        rows = [spread_out(self.knobs, point["factors"]) for point in points]
        return passes(self.benches, rows, [self.setting.seed] * len(rows), self.setting)


def spread_out(knobs: Sequence[Knob], factors: Sequence[float]) -> dict[str, float]:
    """Return the factor of each element; where knobs overlap their factors multiply."""
    row: dict[str, float] = {}
    for knob, factor in zip(knobs, factors, strict=True):
        if factor == 1.0:
            continue
        for name in knob.elements:
            row[name] = row.get(name, 1.0) * factor
        for name in knob.inverse:
            row[name] = row.get(name, 1.0) / factor
    return row


def about(given: Sequence[Bench], setting: Setting) -> dict[str, Any]:
    """Return plain settings that tell one set of trials from another, for a plan's hash."""
    return {
        "circuits": [fingerprint(bench.circuit) for bench in given],
        "checks": [_label(bench.check) for bench in given],
        "setting": setting.record(),
    }


def fingerprint(circuit: Circuit) -> str:
    """Return a hash of a circuit's elements and their values."""
    import hashlib

    text = "\n".join(_text(element) for element in circuit.elements)
    return hashlib.sha256(f"{circuit.analysis}\n{text}".encode()).hexdigest()


def _text(element: Any) -> str:
    """Return every field of an element, waveforms with all their points."""
    parts = [type(element).__name__]
    for name in element.__dataclass_fields__:
        value = getattr(element, name)
        inner = vars(value) if hasattr(value, "__dict__") else {
            key: getattr(value, key) for key in getattr(value, "__dataclass_fields__", ())
        }  # fmt: skip
        listed = {k: v.tolist() if hasattr(v, "tolist") else v for k, v in inner.items()}
        parts.append(f"{name}={listed or value!r}")
    return " ".join(parts)


def _label(check: Check) -> str:
    if isinstance(check, Specification):
        return repr(check)
    return str(getattr(check, "__qualname__", type(check).__qualname__))
