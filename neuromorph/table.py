"""The table of a comparison: what each platform answered, counted, took and spent."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from neuromorph import files, plot
from neuromorph.energy import CostTable
from neuromorph.energy_figure import cooled, different
from neuromorph.exchange.html_table import html_table
from neuromorph.exchange.package import package
from neuromorph.report import page
from neuromorph.result import Counts, Result
from neuromorph.row import Row
from neuromorph.units import engineering


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """What :func:`neuromorph.compare` found; ``print`` it, ``plot`` it, ``save`` it."""

    workload: str
    title: str
    reference: str
    seeds: tuple[int, ...]
    targets: Mapping[str, int]
    threshold: float | None
    rows: tuple[Row, ...]
    quantity: str = "spikes"
    readout: str = ""
    first_runs: Mapping[str, Mapping[str, Result]] = field(default_factory=dict)

    @property
    def agrees(self) -> bool:
        """Whether every row ran and agrees."""
        return all(row.agrees for row in self.rows)

    def row(self, label: str) -> Row:
        """Return the row of that label.

        Raises
        ------
        ValueError
            There is none; the message lists those there are.
        """
        for row in self.rows:
            if row.label == label:
                return row
        there = ", ".join(repr(row.label) for row in self.rows)
        raise ValueError(f"table: row {label!r} came, {there} are there")

    def on(self, devices: Sequence[CostTable]) -> Table:
        """Return the table with what other devices' constants make of the reference's counts.

        Each is a figure of method ``counted`` in the reference's row, labelled with the device;
        one that the row has already is not added.
        """
        rows = tuple(
            replace(
                row,
                energy=row.energy
                + tuple(
                    replace(d.energy(row.counts), per="inference")
                    for d in devices
                    if d.name not in {e.label for e in row.energy}
                ),
            )
            if row.label == self.reference
            else row
            for row in self.rows
        )
        return replace(self, rows=rows)

    def ratio(self, a: str, b: str, *, across: bool = False) -> str:
        """Say how the energies per inference of two rows compare, figure by figure.

        Parameters
        ----------
        a, b : str
            Labels of rows.
        across : bool
            Also compare figures of different subject, method or boundary. Both are always named.

        Raises
        ------
        ValueError
            A row has no energy, or no two figures are of one kind and ``across`` is False.
        """
        pairs = [
            (x, y)
            for x in self.row(a).energy
            for y in self.row(b).energy
            if across or x.kind == y.kind
        ]
        if not pairs:
            raise ValueError(
                f"table.ratio: {a!r} and {b!r} have no figures of one subject, method and "
                "boundary: across=True compares them all the same and says so"
            )
        lines = []
        for x, y in pairs:
            value = f"{x.joules / y.joules:.3g}" if y.joules else "undefined (0 J)"
            warning = "" if x.kind == y.kind else f" ({different(x, y)}: not of one kind)"
            lines.append(
                f"{a} / {b} = {value}{warning}\n  {a}: {x} [{x.source}]\n  {b}: {y} [{y.source}]"
            )
        return "\n".join(lines)

    def plot(self) -> Any:
        """Return a matplotlib Figure: rasters, read-out counts and energies."""
        return plot.comparison(
            self.title, self.rows, self.targets, self.threshold, self.first_runs,
            quantity=self.quantity, readout=self.readout,
        )

    def save(self, folder: str | Path) -> tuple[Path, ...]:
        """Write ``NAME.png``, ``NAME.csv``, ``NAME-energy.csv``, ``NAME.json`` and ``NAME.html``.

        The page holds everything, the picture included, and opens without a network.
        """
        place = Path(folder)
        figure = self.plot()
        drawn = io.BytesIO()
        figure.savefig(drawn, format="png", dpi=150)
        body = json.loads(self.to_json())
        return (
            files.write(
                place / f"{self.workload}.png",
                lambda file: file.write(drawn.getvalue()),
            ),
            files.write_text(place / f"{self.workload}.csv", self.to_csv()),
            files.write_text(place / f"{self.workload}-energy.csv", self.energy_csv()),
            files.write_text(place / f"{self.workload}.json", self.to_json()),
            files.write_text(
                place / f"{self.workload}.html", page([body], [drawn.getvalue()], title=self.title)
            ),
        )

    def to_json(self) -> str:
        """Return all of the table as JSON."""
        body = {
            name: getattr(self, name)
            for name in (
                "workload", "title", "reference", "seeds", "targets", "threshold", "quantity",
                "readout",
            )
        }
        return json.dumps({**body, "rows": [asdict(row) for row in self.rows]}, indent=2)

    def to_csv(self) -> str:
        """Return one line per platform."""
        counts = list(Counts.__dataclass_fields__)
        plain = (
            "label", "agrees", "accuracy", "distance", "compile_seconds", "run_seconds",
            "network_seconds", "device_seconds",
        )  # fmt: skip
        ends = [(name, end) for name in self.targets for end in (0, 1)]
        head = [
            *plain,
            *(f"output_{name}" for name in self.targets),
            *(f"output_{name}_ci_{'high' if end else 'low'}" for name, end in ends),
            *counts,
            "problems",
            "reason",
        ]
        lines = [
            [
                *(getattr(row, name) for name in plain),
                *(row.output.get(name) for name in self.targets),
                *(row.output_ci.get(name, (None, None))[end] for name, end in ends),
                *(getattr(row.counts, name) if row.agrees is not None else None for name in counts),
                "; ".join(row.problems),
                row.reason,
            ]
            for row in self.rows
        ]
        return _csv(head, lines)

    def energy_csv(self) -> str:
        """Return one line per energy figure."""
        head = [
            "label", "figure", "joules", "ci_low", "ci_high", "n", "static", "dynamic", "per",
            "subject", "boundary", "method", "node", "bits", "temperature", "source",
            "assumptions",
        ]  # fmt: skip
        lines = [
            [
                row.label, e.label, e.joules, *(e.ci or (None, None)), e.n, e.static, e.dynamic,
                e.per, e.subject, e.boundary, e.method, e.node, e.bits, e.temperature, e.source,
                "; ".join(e.assumptions),
            ]
            for row in self.rows
            for e in row.energy
        ]  # fmt: skip
        return _csv(head, lines)

    def to_frame(self) -> Any:
        """Return :meth:`to_csv` as a pandas DataFrame, indexed by platform.

        Raises
        ------
        RuntimeError
            The package pandas is not installed.
        """
        return package("pandas", "data").read_csv(io.StringIO(self.to_csv()), index_col="label")

    def energy_frame(self) -> Any:
        """Return :meth:`energy_csv` as a pandas DataFrame, one row per figure.

        Raises
        ------
        RuntimeError
            The package pandas is not installed.
        """
        return package("pandas", "data").read_csv(io.StringIO(self.energy_csv()))

    def _repr_html_(self) -> str:
        answers = [
            (row.label, "did not run" if row.agrees is None else "yes" if row.agrees else "NO",
             *(f"{row.output.get(name, float('nan')):g}" for name in self.targets))
            for row in self.rows
        ]  # fmt: skip
        figures = [
            (" / ".join(e.kind), row.label, e.label, engineering(e.joules, "J"), cooled(e))
            for row in self.rows
            for e in row.energy
        ]
        return html_table(
            f"{self.title}: agreement with {self.reference}",
            ("platform", "agrees", *self.targets),
            answers,
        ) + html_table(
            "energy per inference (kinds are not ranked against each other)",
            ("subject / method / boundary", "platform", "figure", "total", "with cooling"),
            sorted(figures),
        )

    def render(self, width: int | None = None) -> str:
        """Return the table as text, ``width`` columns wide (120 if left out)."""
        from rich.console import Console

        out = io.StringIO()
        console = Console(file=out, width=width or 120, highlight=False)
        for part in self.parts():
            console.print(part)
        return out.getvalue().rstrip("\n")

    def __str__(self) -> str:
        return self.render()

    def parts(self) -> list[Any]:
        """Return what a rich console prints: agreement, cost, energies by kind, notes."""
        return [self._agreement(), self._cost(), *self._energy(), *self._footnotes()]

    def _agreement(self) -> Any:
        seeds = f"{len(self.seeds)} seed{'s' if len(self.seeds) > 1 else ''}"
        table = _table(f"{self.title}: agreement with {self.reference} ({seeds})")
        for name in ("platform", "agrees", "right"):
            table.add_column(name)
        for name, target in self.targets.items():
            table.add_column(f"{name} -> {target}", justify="right")
        table.add_column("distance", justify="right")
        for row in self.rows:
            if row.agrees is None:
                table.add_row(row.label, "did not run")
                continue
            table.add_row(
                row.label,
                "yes" if row.agrees else "NO",
                f"{row.accuracy:.0%}",
                *(_spread(row, name) for name in self.targets),
                "-" if row.distance is None else f"{row.distance:.3g}",
            )
        return table

    def _cost(self) -> Any:
        table = _table("per inference: counts, and seconds apart")
        macs = all(row.counts.effective_acs == 0 for row in self.rows)
        for name in ("platform", "MACs" if macs else "ACs", "transmissions", "updates",
                     "junctions", "cycles", "network", "device", "host run",
                     "compile, build", "bits"):  # fmt: skip
            table.add_column(name, justify="left" if name == "platform" else "right")
        for row in self.rows:
            if row.agrees is None:
                continue
            c = row.counts
            table.add_row(
                row.label,
                *(
                    "-" if x is None else f"{x:,}"
                    for x in (c.effective_macs if macs else c.effective_acs, c.transmissions,
                              c.membrane_updates, c.junction_switchings, c.cycles)
                ),
                *(
                    "-" if x is None else engineering(x, "s")
                    for x in (row.network_seconds, row.device_seconds)
                ),
                engineering(row.run_seconds, "s"),
                engineering(row.compile_seconds, "s"),
                row.bits or "-",
            )  # fmt: skip
        return table

    def _energy(self) -> list[Any]:
        table = _table("energy per inference (grouped by method and boundary; groups not ranked)")
        for name in ("platform", "figure", "total", "static", "dynamic", "subject", "boundary",
                     "method", "node", "with cooling"):  # fmt: skip
            table.add_column(name, justify="right" if name in "total static dynamic" else "left")
        figures = sorted(
            ((row, e) for row in self.rows for e in row.energy), key=lambda pair: pair[1].kind
        )
        last = None
        for row, e in figures:
            if last is not None and e.kind != last:
                table.add_section()
            last = e.kind
            spread = "" if e.ci is None else f" +- {engineering((e.ci[1] - e.ci[0]) / 2, 'J', 2)}"
            table.add_row(
                row.label,
                e.label,
                engineering(e.joules, "J") + spread,
                *("-" if x is None else engineering(x, "J") for x in (e.static, e.dynamic)),
                e.subject,
                e.boundary,
                e.method,
                e.node or "-",
                cooled(e),
            )
        return [table]

    def _footnotes(self) -> list[str]:
        lines = []
        for row in self.rows:
            if row.agrees is None:
                lines.append(f"{row.label}: {row.reason}")
            elif not row.energy:
                lines.append(f"{row.label}: energy not measured")
            lines += [f"{row.label}: {problem}" for problem in row.problems]
            lines += [f"{row.label}: {note}" for note in row.notes]
        versions = dict.fromkeys(
            ", ".join(f"{name} {version}" for name, version in row.versions.items())
            for row in self.rows
            if row.versions
        )
        lines += [f"versions: {text}" for text in versions]
        sources = dict.fromkeys(e.source for row in self.rows for e in row.energy)
        return lines + [f"source: {source}" for source in sources]


def _table(title: str) -> Any:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table as RichTable

    return RichTable(title=title, box=SIMPLE_HEAD, title_justify="left", title_style="bold")


def _spread(row: Row, name: str) -> str:
    mean = f"{row.output[name]:.3g}"
    if name not in row.output_ci:
        return mean
    low, high = row.output_ci[name]
    return f"{mean} +- {(high - low) / 2:.2g}"


def _csv(head: list[str], lines: list[list[Any]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(["" if x is None else x for x in line] for line in lines)
    return out.getvalue()
