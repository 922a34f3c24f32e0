"""A study: networks compared with each other, point by point, and the tables they make.

A :class:`Workload` is one network on several platforms; a study is several networks (or one law
over several sizes) measured alike. Its points run through :func:`neuromorph.sweep.run_sweep`, so a
study can be interrupted and goes on.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from neuromorph.sweep import Outcomes, Plan, Point
from neuromorph.workloads.workload import Workload

Cell = str | float | int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One table of a study.

    Attributes
    ----------
    name : str
        Of its file.
    title : str
    columns : dict of str
        Heading, and how numbers below it are written (``".3f"``; ``""`` as they are).
    rows : sequence of rows
        Plain values, one per column; None is printed as ``-``.
    notes : tuple of str

    Raises
    ------
    ValueError
        A row of another length.
    """

    name: str
    title: str
    columns: Mapping[str, str]
    rows: Sequence[Sequence[Cell]]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"Sheet {self.name!r}: a row of {len(row)} values came, "
                                 f"{len(self.columns)} are allowed")  # fmt: skip

    def text(self, row: Sequence[Cell]) -> list[str]:
        """Return a row as it is printed."""
        return [
            "-" if value is None else format(value, form) if not isinstance(value, str) else value
            for value, form in zip(row, self.columns.values(), strict=True)
        ]

    def to_csv(self) -> str:
        """Return heading and rows with all digits."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows(["" if x is None else x for x in row] for row in self.rows)
        return out.getvalue()


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """What is computed, and what becomes of it.

    Attributes
    ----------
    name, title : str
    plan : Plan
        Its points.
    function : callable
        ``function(point) -> value``, as :func:`neuromorph.sweep.run_sweep` takes it.
    sheets : callable
        ``sheets(outcomes) -> sequence of Sheet``, of whatever part is finished.
    picture : callable
        ``picture(outcomes) -> Figure``.
    workloads : sequence of Workload
        The same thing as one network on several platforms.
    """

    name: str
    title: str
    plan: Plan
    function: Callable[[Point], Any]
    sheets: Callable[[Outcomes], Sequence[Sheet]]
    picture: Callable[[Outcomes], Any]
    workloads: tuple[Workload, ...] = ()
