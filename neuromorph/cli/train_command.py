"""``neuromorph train``."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from neuromorph import files
from neuromorph.cooperative.study import (
    QUICK,
    STANDARD,
    Line,
    Size,
    cases,
    front,
    run_case,
    study_plan,
    summarise,
)
from neuromorph.cooperative.study_picture import draw
from neuromorph.sweep import run_sweep


@click.command()
@click.argument("what", type=click.Choice(["mcc"]))
@click.option("--quick", is_flag=True, help="A sketch in a minute; its numbers mean little.")
@click.option("--seeds", type=click.IntRange(1), default=5, show_default=True)
@click.option("--epochs", type=click.IntRange(1), default=6, show_default=True)
@click.option("--rate", type=float, default=1e-2, show_default=True, help="Of Adam.")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder, begun or gone on with  [default: neuromorph-results/mcc]",
)
def command(
    what: str, quick: bool, seeds: int, epochs: int, rate: float, workers: int, out: Path | None
) -> None:
    """Train two-point networks and their baselines on synthetic audio-visual speech.

    MCC compares quality and synaptic events of all nets, tuned on a validation set and reported on
    a test set. The study can be interrupted and gone on with in the same folder.
    """
    folder = out or Path("neuromorph-results") / (f"{what}-quick" if quick else what)
    size = Size(train=40, held_out=10) if quick else Size()
    plan = study_plan(
        cases(QUICK if quick else STANDARD, epochs=epochs, rate=rate), seeds=seeds, size=size
    )
    outcomes = run_sweep(plan, run_case, folder=folder / "sweep", workers=workers, error="raise")
    lines = summarise(outcomes)
    Console(width=120, highlight=False).print(table(lines))
    figure = draw(lines)
    picture = folder / "front.png"
    files.write(picture, lambda file: figure.savefig(file, format="png", dpi=150))
    click.echo(f"wrote {picture}")


def table(lines: list[Line]) -> Table:
    """Return the table of a study; a star marks the validation front of each family."""
    out = Table(title="means over seeds, +- half width of the 95 % interval; test set")
    for name in ("family", "hidden", "penalty", "parameters", "HIT-FA", "accuracy",
                 "events/frame", "zero-skipped", "open", "front"):  # fmt: skip
        out.add_column(name, justify="left" if name == "family" else "right")
    fronts = {f: front([x for x in lines if x.family == f]) for f in {x.family for x in lines}}
    for x in sorted(lines, key=lambda line: (line.family, -line.mean["events"])):
        m, h = x.mean, x.half
        out.add_row(
            x.family, "x".join(map(str, x.hidden)), f"{x.penalty:g}", f"{m['n_parameter']:.0f}",
            f"{m['hit_fa']:.4f} +-{h['hit_fa']:.4f}", f"{m['accuracy']:.4f}",
            f"{m['events']:.0f} +-{h['events']:.0f}", f"{m['zero_skipped']:.0f}",
            f"{m['open']:.2f}", "*" if x in fronts[x.family] else "",
        )  # fmt: skip
    return out
