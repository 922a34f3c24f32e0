"""``neuromorph run``."""

from __future__ import annotations

from pathlib import Path

import click

from neuromorph import files, plot, progress
from neuromorph.cli.event_file import read_events
from neuromorph.cli.target import FILE
from neuromorph.cli.workload_name import workload
from neuromorph.runner import BACKENDS, run
from neuromorph.storage import save


@click.command()
@click.argument("name", metavar="WORKLOAD")
@click.option("--backend", default="numba", show_default=True, help=f"{', '.join(BACKENDS)}.")
@click.option("--input", "given", help="Which of the workload's inputs, such as 10.")
@click.option(
    "--stimulus",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV of your own spikes: time_s,population,unit.",
)
@click.option("--duration", type=float, help="Network time [s]  [default: the workload's]")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0))
@click.option("--plot", "picture", is_flag=False, flag_value="", type=FILE,
              help="Write a raster (PNG); the name may be left out.")
@click.option("--save", "target", type=FILE, help="Write the result (npz).")
def command(
    name: str,
    backend: str,
    given: str | None,
    stimulus: Path | None,
    duration: float | None,
    seed: int,
    picture: Path | None,
    target: Path | None,
) -> None:
    """Run one input of a workload on one platform and print what came back."""
    work = workload(name)
    if (given is None) == (stimulus is None):
        raise click.UsageError("exactly one of --input and --stimulus is allowed")
    if given is not None and given not in work.stimuli:
        raise click.UsageError(f"--input {given} came, {', '.join(work.stimuli)} are there")
    chosen = work.stimuli[given] if given is not None else read_events(stimulus)
    with progress.shown() as phase:
        result = run(
            work.network,
            chosen,
            backend=backend,
            duration=work.duration if duration is None else duration,
            dt=work.dt,
            seed=seed,
            progress=progress.compiled_first(phase, backend),
        )
    click.echo(repr(result))
    click.echo(f"answer       {work.readout.answer(result)}")
    if picture is not None:
        path = picture if picture.name else Path(f"{name}-{backend}-{given or 'stimulus'}.png")
        axis = plot.raster(result) if result.spikes else plot.frames(result)
        axis.set_title(f"{work.title}, input {given or stimulus}, on {backend}", fontsize=10)
        files.write(path, lambda file: axis.figure.savefig(file, format="png", dpi=150))
        click.echo(f"wrote {path}")
    if target is not None:
        click.echo(f"wrote {save(result, target)}")
