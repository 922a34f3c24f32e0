"""``neuromorph train``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table

from neuromorph import files
from neuromorph.cli.given import refuse
from neuromorph.cli.target import FOLDER
from neuromorph.cooperative.damage import Curve, curves, damage_plan, draw_damage, run_damage
from neuromorph.cooperative.scenario import HALF, SCENARIOS, run_scenario, saving, scenario_plan
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
from neuromorph.sweep import Plan, run_sweep

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_QUICK = Size(train=40, held_out=10)


@click.command()
@click.argument("what", type=click.Choice(["mcc"]))
@click.option("--quick", is_flag=True, help="A sketch in a minute; its numbers mean little.")
@click.option(
    "--scenario",
    type=click.Choice([*SCENARIOS, "damage"]),
    help="Where cooperation might pay, or units killed before and during training, instead of the "
    "standard study; epochs, rate and labels are the scenario's own.",
)
@click.option("--seeds", type=click.IntRange(1), help="[default: 5, or the scenario's own]")
@click.option("--epochs", type=click.IntRange(1), help="[default: 6]")
@click.option(
    "--rate", type=click.FloatRange(0, min_open=True), help="Of Adam.  [default: 0.01]"
)
@click.option(
    "--labels",
    type=click.IntRange(1),
    help="Semi-supervised: every net also reconstructs its inputs, and only this many utterances "
    "have a mask.  [default: all, no reconstruction]",
)
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True)
@click.option(
    "--out",
    type=FOLDER,
    help="Folder, begun or gone on with  [default: neuromorph-results/mcc]",
)
def command(
    what: str,
    quick: bool,
    scenario: str | None,
    seeds: int | None,
    epochs: int | None,
    rate: float | None,
    labels: int | None,
    workers: int,
    out: Path | None,
) -> None:
    """Train two-point networks and their baselines on synthetic audio-visual speech.

    MCC compares quality and synaptic events of all nets, tuned on a validation set and reported on
    a test set. The study can be interrupted and gone on with in the same folder.
    """
    if scenario:
        refuse(f"with --scenario {scenario}, which has its own", "epochs", "rate", "labels")
    size = _QUICK if quick else Size()
    if labels is not None and labels > size.train:
        raise click.BadParameter(f"{labels} came, 1 to {size.train} utterances are there",
                                 param_hint="--labels")  # fmt: skip
    semi = f"labels{labels}" if labels else None
    parts = [what, scenario, semi, "quick" if quick else None]
    folder = out or Path("neuromorph-results") / "-".join(part for part in parts if part)
    if scenario == "damage":
        _damage(folder, seeds or 5, workers, _QUICK if quick else HALF)
        return
    if scenario:
        _scenario(scenario_plan(scenario, seeds=seeds, sketch=quick), folder, workers)
        return
    more = {"epochs": epochs or 6, "rate": rate or 1e-2, "labels": labels or 0}
    plan = study_plan(
        cases(QUICK if quick else STANDARD, **more), seeds=seeds or 5, size=size
    )
    outcomes = run_sweep(plan, run_case, folder=folder / "sweep", workers=workers, error="raise")
    lines = summarise(outcomes)
    _print(table(lines))
    _picture(draw(lines), folder / "front.png")


def _scenario(plan: Plan, folder: Path, workers: int) -> None:
    outcomes = run_sweep(
        plan, run_scenario, folder=folder / "sweep", workers=workers, error="raise"
    )
    lines = summarise(outcomes)
    _print(table(lines))
    families = list(dict.fromkeys(x.family for x in lines))
    for theirs in families[1:]:
        s = saving(outcomes, families[0], theirs)
        click.echo(
            f"events of {families[0]} relative to {theirs} at HIT-FA {s.level:.3f}: "
            f"{s.ratio - 1:+.0%} ({s.low - 1:+.0%} to {s.high - 1:+.0%}, resampled seeds)"
        )
    _picture(draw(lines), folder / "front.png")


def _damage(folder: Path, seeds: int, workers: int, size: Size) -> None:
    plan = damage_plan(seeds=seeds, size=size)
    outcomes = run_sweep(plan, run_damage, folder=folder / "sweep", workers=workers, error="raise")
    made = curves(outcomes)
    _print(damage_table(made))
    _picture(draw_damage(made), folder / "damage.png")


def _print(made: Table) -> None:
    Console(width=132, highlight=False).print(made)


def _picture(figure: Figure, path: Path) -> None:
    files.write(path, lambda file: figure.savefig(file, format="png", dpi=150))
    click.echo(f"wrote {path}")


def _spread(mean: float, half: float, digits: int) -> str:
    """Return mean and half width as text; one seed has no interval."""
    width = "n/a" if math.isnan(half) else f"{half:.{digits}f}"
    return f"{mean:.{digits}f} +-{width}"


def damage_table(made: list[Curve]) -> Table:
    """Return the table of a damage study."""
    out = Table(title="half of the hidden units killed; means, +- half width of the 95 % interval")
    for name in ("family", "hidden", "killed", "HIT-FA before", "just after", "in the end",
                 "events/frame", "n"):  # fmt: skip
        out.add_column(name, justify="left" if name == "family" else "right")
    for c in made:
        out.add_row(
            c.family, "x".join(map(str, c.hidden)), c.moment,
            *(f"{c.mean[k]:.4f}" if k in c.mean else "-"
              for k in ("before_damage_hit_fa", "at_damage_hit_fa")),
            _spread(c.mean["hit_fa"], c.half["hit_fa"], 4), f"{c.mean['events']:.0f}",
            str(c.n),
        )  # fmt: skip
    return out


def table(lines: list[Line]) -> Table:
    """Return the table of a study; a star marks the validation front of each family."""
    out = Table(title="means over seeds, +- half width of the 95 % interval; test set")
    for name in ("family", "hidden", "penalty", "parameters", "HIT-FA", "lowest SNR", "accuracy",
                 "events/frame", "zero-skipped", "open", "front"):  # fmt: skip
        out.add_column(name, justify="left" if name == "family" else "right")
    fronts = {f: front([x for x in lines if x.family == f]) for f in {x.family for x in lines}}
    for x in sorted(lines, key=lambda line: (line.family, -line.mean["events"])):
        m, h = x.mean, x.half
        out.add_row(
            x.family, "x".join(map(str, x.hidden)), f"{x.penalty:g}", f"{m['n_parameter']:.0f}",
            _spread(m["hit_fa"], h["hit_fa"], 4), f"{m['lowest_snr_hit_fa']:.4f}",
            f"{m['accuracy']:.4f}",
            _spread(m["events"], h["events"], 0), f"{m['zero_skipped']:.0f}",
            f"{m['open']:.2f}", "*" if x in fronts[x.family] else "",
        )  # fmt: skip
    return out
