"""``neuromorph sweep``."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from neuromorph import files
from neuromorph.cli import sweep_point
from neuromorph.cli.sweep_file import read_plan
from neuromorph.cli.target import FOLDER
from neuromorph.sweep import run_sweep
from neuromorph.sweep.cluster import connected


@click.command()
@click.argument("plan", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--workers", type=click.IntRange(1), help="Processes  [default: one per core]")
@click.option("--cluster", metavar="ADDRESS", help="A dask scheduler, such as tcp://host:8786.")
@click.option(
    "--resume",
    "folder",
    metavar="DIR",
    type=FOLDER,
    help="Folder of the sweep, begun or gone on with  [default: neuromorph-results/PLAN-HASH]",
)
@click.option("--retry-failed", is_flag=True, help="Compute failed points again.")
def command(
    plan: Path, workers: int | None, cluster: str | None, folder: Path | None, retry_failed: bool
) -> None:
    """Run a workload over backends, inputs and seeds as PLAN.toml says.

    Finished points are kept in the folder: run the same command again after Ctrl-C or a crash
    and it goes on. Table (JSON) and picture (PNG) go into the folder too. Exit code 1 if a point
    failed.
    """
    points = read_plan(plan)
    place = folder or Path("neuromorph-results") / f"{points.name}-{points.hash[:8]}"
    with crew(cluster, workers) as options:
        outcomes = run_sweep(
            points, sweep_point.run_point, folder=place, retry_failed=retry_failed,
            warm=lambda: sweep_point.warm(points), **options,
        )  # fmt: skip
    found = sweep_point.groups(outcomes)
    _show(found)
    click.echo(repr(outcomes))
    record = {"groups": [asdict(group) for group in found], "points": outcomes.rows()}
    click.echo(f"wrote {files.write_text(place / 'table.json', json.dumps(record, indent=1))}")
    figure = sweep_point.picture(found)
    target = files.write(
        place / "picture.png", lambda file: figure.savefig(file, format="png", dpi=150)
    )
    click.echo(f"wrote {target}")
    sys.exit(1 if outcomes.failed else 0)


@contextlib.contextmanager
def crew(cluster: str | None, workers: int | None) -> Iterator[dict[str, Any]]:
    """Give ``run_sweep``'s executor and workers for ``--cluster`` and ``--workers``."""
    if cluster is None:
        chosen: str | Executor = "serial" if workers == 1 else "processes"
        yield {"executor": chosen, "workers": workers}
        return
    with connected(cluster) as (executor, count):
        yield {"executor": executor, "workers": workers or count}


def _show(found: list[sweep_point.Group]) -> None:
    table = Table(box=None)
    for name in ("run", "input", "n", "right", "read-out spikes", "95 %", "failed"):
        table.add_column(name, justify="left" if name in ("run", "input") else "right")
    for group in found:
        low_high = "" if group.interval is None else "{:.2f} to {:.2f}".format(*group.interval)
        table.add_row(
            group.label, group.input, str(group.n), f"{group.right:.0%}", f"{group.count:.2f}",
            low_high, str(group.failed or ""),
        )  # fmt: skip
    Console(highlight=False, width=None if sys.stdout.isatty() else 140).print(table)
