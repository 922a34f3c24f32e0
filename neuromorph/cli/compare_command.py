"""``neuromorph compare``."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console

from neuromorph.cli.compare_file import read_spec
from neuromorph.cli.study_run import run_study
from neuromorph.cli.target import FOLDER
from neuromorph.cli.workload_name import STUDIES, WORKLOADS, workload
from neuromorph.comparison import compare
from neuromorph.run_store import RunStore
from neuromorph.runner import BACKENDS, CORE, backend
from neuromorph.table import Table


@click.command()
@click.argument("name", metavar="WORKLOAD|STUDY|SPEC.toml")
@click.option(
    "--backends",
    default=None,
    help=f"Comma-separated; the first is the reference.  [default: {','.join(CORE)}]",
)
@click.option("--seeds", type=click.IntRange(1), help="How many.  [default: 1]")
@click.option("--devices", help="Comma-separated: also count energy with their constants.")
@click.option("--full", is_flag=True, help="The long form of a study: all sizes, more seeds.")
@click.option("--workers", type=click.IntRange(1), help="Processes of a study.  [default: 1]")
@click.option("--measure", is_flag=True, help="Also measure this machine's processor (RAPL).")
@click.option(
    "--out",
    type=FOLDER,
    help="Folder for page, picture and tables  [default: neuromorph-results/WORKLOAD]",
)
def command(
    name: str,
    backends: str | None,
    seeds: int | None,
    devices: str | None,
    full: bool,
    workers: int | None,
    measure: bool,
    out: Path | None,
) -> None:
    """Run a workload on several platforms, or a study, and print its table.

    SPEC.toml names workload, backends with options, seeds and devices. A study compares networks
    with each other. The page (HTML), the picture (PNG) and the tables (CSV, JSON) go into a
    folder. Finished runs of a SPEC.toml and finished points of a study are kept there too, and
    what was interrupted goes on. Exit code 1 if a platform disagrees or, asked for, cannot run.
    """
    if name.endswith(".toml"):
        if backends or seeds or devices or measure or full or workers:
            raise click.UsageError("with a SPEC.toml only --out is allowed: the file says the rest")
        table, folder = _from_file(Path(name), out)
    elif name in STUDIES:
        if backends or devices or measure:
            raise click.UsageError(f"study {name}: --seeds, --full, --workers and --out are "
                                   "allowed")  # fmt: skip
        study = STUDIES[name](quick=not full, seeds=seeds)
        folder = out or Path("neuromorph-results") / (f"{name}-full" if full else name)
        sys.exit(0 if run_study(study, folder, workers or 1) else 1)
    else:
        if full or workers:
            raise click.UsageError(f"workload {name}: --full and --workers belong to studies "
                                   f"({', '.join(STUDIES)})")  # fmt: skip
        if name not in WORKLOADS:
            raise ValueError(f"workload: {name!r} came, {', '.join(WORKLOADS)} are there, and the "
                             f"studies {', '.join(STUDIES)}")  # fmt: skip
        names = _names(backends)
        if backends is not None and not names:
            raise click.UsageError(f"--backends {backends!r} came, names are allowed")
        unknown = [part for part in names if part not in BACKENDS]
        if unknown:
            backend(unknown[0])
        table = compare(
            workload(name), names or None, seeds=seeds or 1, devices=_names(devices),
            measure=measure,
        )  # fmt: skip
        folder = out or Path("neuromorph-results") / name
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    for part in table.parts():
        console.print(part, soft_wrap=isinstance(part, str))
    for path in table.save(folder):
        click.echo(f"wrote {path}")
    sys.exit(0 if table.agrees else 1)


command.epilog = f"Workloads: {', '.join(WORKLOADS)}. Studies: {', '.join(STUDIES)}."


def _names(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def _from_file(path: Path, out: Path | None) -> tuple[Table, Path]:
    spec = read_spec(path)
    folder = out or spec.out or Path("neuromorph-results") / path.stem
    table = compare(
        spec.workload, spec.backends, seeds=spec.seeds, devices=spec.devices, measure=spec.measure,
        store=RunStore(folder=folder / "runs"),
    )  # fmt: skip
    return table, folder
