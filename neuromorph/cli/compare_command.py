"""``neuromorph compare``."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console

from neuromorph.cli.workload_name import workload
from neuromorph.comparison import compare
from neuromorph.runner import BACKENDS, backend


@click.command()
@click.argument("name", metavar="WORKLOAD")
@click.option(
    "--backends",
    default=",".join(BACKENDS),
    show_default=True,
    help="Comma-separated; the first is the reference.",
)
@click.option("--seeds", default=1, show_default=True, type=click.IntRange(1), help="How many.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for picture and tables  [default: neuromorph-results/WORKLOAD]",
)
def command(name: str, backends: str, seeds: int, out: Path | None) -> None:
    """Run a workload on several platforms and print one table.

    WORKLOAD is xor, and, or or nand. The picture (PNG) and the tables (CSV, JSON) go into a
    folder. Exit code 1 if a platform disagrees or cannot run.
    """
    work = workload(name)
    names = [part.strip() for part in backends.split(",") if part.strip()]
    unknown = [part for part in names if part not in BACKENDS]
    if unknown:
        backend(unknown[0])
    table = compare(work, names, seeds=seeds)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    for part in table.parts():
        console.print(part, soft_wrap=isinstance(part, str))
    folder = out or Path("neuromorph-results") / name
    for path in table.save(folder):
        click.echo(f"wrote {path}")
    sys.exit(0 if table.agrees else 1)
