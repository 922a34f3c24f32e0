"""Running a study from the command line: points, sheets, picture, and its workloads' platforms."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table as RichTable

from neuromorph import files
from neuromorph.comparison import compare
from neuromorph.sweep import run_sweep
from neuromorph.workloads import Sheet, Study


def run_study(study: Study, folder: Path, workers: int = 1) -> bool:
    """Compute what is not there yet, print and write everything; return whether platforms agree."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    outcomes = run_sweep(
        study.plan, study.function, folder=folder / "sweep", workers=workers, error="raise"
    )
    written = []
    console.print(study.title)
    for sheet in study.sheets(outcomes):
        console.print(rich_table(sheet))
        for note in sheet.notes:
            console.print(note, soft_wrap=True)
        path = folder / f"{study.name}-{sheet.name}.csv"
        written.append(files.write_text(path, sheet.to_csv()))
    figure = study.picture(outcomes)
    written.append(files.write(
        folder / f"{study.name}.png", lambda file: figure.savefig(file, format="png", dpi=150)
    ))  # fmt: skip
    agree = True
    for work in study.workloads:
        table = compare(work)
        for part in table.parts():
            console.print(part, soft_wrap=isinstance(part, str))
        written += table.save(folder)
        agree = agree and not any(row.agrees is False for row in table.rows)
    for path in written:
        click.echo(f"wrote {path}")
    return agree


def rich_table(sheet: Sheet) -> RichTable:
    """Return a sheet for a rich console."""
    out = RichTable(title=sheet.title, box=SIMPLE_HEAD, title_justify="left", title_style="bold")
    for name, form in sheet.columns.items():
        out.add_column(name, justify="right" if form else "left")
    for row in sheet.rows:
        out.add_row(*sheet.text(row))
    return out
