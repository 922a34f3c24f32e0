"""What came of the points of a sweep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from neuromorph.sweep import record
from neuromorph.sweep.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One finished point: its value, or the reason why there is none.

    Attributes
    ----------
    index : int
    value : what the function returned, None if it failed
    error : str or None
    seconds : float [s]
        Wall-clock time of the point; of a batch, its share.
    """

    index: int
    value: Any = None
    error: str | None = None
    seconds: float = 0.0

    @classmethod
    def read(cls, line: str) -> Outcome:
        """Return the outcome that a line of a chunk file holds."""
        return cls(**record.decode(line))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Outcomes:
    """The outcomes of a plan, in the order of its points.

    Attributes
    ----------
    plan : Plan
    by_index : dict of Outcome
        Points that are not finished are absent.
    reused : int
        How many were read from the folder instead of computed.
    seconds : float [s]
        Wall-clock time of this run.
    """

    plan: Plan
    by_index: Mapping[int, Outcome]
    reused: int = 0
    seconds: float = 0.0

    def __len__(self) -> int:
        return len(self.by_index)

    def __iter__(self) -> Iterator[Outcome]:
        return (self.by_index[index] for index in sorted(self.by_index))

    def __getitem__(self, index: int) -> Outcome:
        return self.by_index[index]

    @property
    def complete(self) -> bool:
        """Whether every point is finished, failed ones included."""
        return len(self.by_index) == len(self.plan)

    @property
    def values(self) -> list[Any]:
        """The value of each point of the plan; None where it failed or is not finished."""
        found = (self.by_index.get(index) for index in range(len(self.plan)))
        return [None if outcome is None else outcome.value for outcome in found]

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The points that have an error in place of a value."""
        return tuple(outcome for outcome in self if outcome.error is not None)

    def finished(self, **where: Any) -> list[tuple[Mapping[str, Any], Any]]:
        """Return (parameters, value) of the points that have a value, in the plan's order.

        Parameters
        ----------
        **where
            Parameters that a point must have, such as ``kind="net"``.
        """
        pairs = ((self.plan.parameters[o.index], o.value) for o in self if o.value is not None)
        return [(p, v) for p, v in pairs if all(p[key] == x for key, x in where.items())]

    def rows(self) -> list[dict[str, Any]]:
        """Return one dict per finished point: parameters, then value or error."""
        return [_row(self.plan.parameters[o.index], o) for o in self]

    def __repr__(self) -> str:
        text = f"Outcomes of {self.plan.name!r}: {len(self)} of {len(self.plan)} points"
        if not self.failed:
            return text
        reasons = Counter(str(outcome.error) for outcome in self.failed).most_common(3)
        listed = "; ".join(f"{count} x {reason}" for reason, count in reasons)
        return f"{text}, {len(self.failed)} failed ({listed})"


def _row(parameters: Mapping[str, Any], outcome: Outcome) -> dict[str, Any]:
    row: dict[str, Any] = {"index": outcome.index, **parameters}
    if outcome.error is not None:
        return row | {"error": outcome.error}
    if isinstance(outcome.value, Mapping):
        return row | dict(outcome.value)
    return row | {"value": outcome.value}


def better(old: Outcome | None, new: Outcome) -> Outcome:
    """Return the one to keep of two outcomes of a point: a value beats a failure."""
    if old is None or old.error is not None:
        return new
    return old


def collect(lines: Sequence[str]) -> dict[int, Outcome]:
    """Return the outcomes of lines by index, a value before a failure."""
    found: dict[int, Outcome] = {}
    for line in lines:
        outcome = Outcome.read(line)
        found[outcome.index] = better(found.get(outcome.index), outcome)
    return found
