"""``neuromorph export``."""

from __future__ import annotations

from pathlib import Path

import click

from neuromorph.cli.target import FILE
from neuromorph.cli.workload_name import workload
from neuromorph.runner import to_script


@click.command()
@click.argument("name", metavar="WORKLOAD")
@click.argument("target", metavar="SCRIPT.py", type=FILE)
@click.option("--input", "given", required=True, help="Which of the workload's inputs, such as 10.")
@click.option("--duration", type=float, help="Network time [s]  [default: the workload's]")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0))
def command(name: str, target: Path, given: str, duration: float | None, seed: int) -> None:
    """Write one input of a workload as a Brian2 script that runs without neuromorph.

    Its arrays go into an .npz file beside it. The spikes are those of ``neuromorph run --backend
    brian2``.
    """
    work = workload(name)
    if given not in work.stimuli:
        raise click.UsageError(f"--input {given} came, {', '.join(work.stimuli)} are there")
    made = to_script(
        work.network, work.stimuli[given], target, dt=work.dt or 1e-4, seed=seed,
        duration=(work.duration or 0.0) if duration is None else duration,
    )  # fmt: skip
    click.echo(f"wrote {made} and {made.with_suffix('.npz').name}")
