"""``neuromorph yield``."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from neuromorph import files, margin_plot
from neuromorph.circuits.tolerance.production import estimate_yield
from neuromorph.circuits.tolerance.spread import Spread
from neuromorph.cli.deck_name import design
from neuromorph.cli.margins_command import save
from neuromorph.cli.sweep_command import crew
from neuromorph.cli.target import FOLDER


@click.command()
@click.argument("name", metavar="DECK")
@click.option(
    "--check",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Table of phase turns, as josim-tools' .sp  [default: the nominal design's own pulses, or "
    "the truth table of an XOR of the library]",
)
@click.option("--tolerance", default=10.0, show_default=True, help="Of those pulses [ps].")
@click.option("--sigma", "sigmas", multiple=True, type=float, default=(0.02, 0.05, 0.08),
              show_default=True, help="Spread of each element; may come several times.")
@click.option("--common", default=0.01, show_default=True, help="Spread of each kind as a whole.")
@click.option("--n", default=1024, show_default=True, type=click.IntRange(1), help="Chips.")
@click.option("--width", type=click.FloatRange(0, min_open=True),
              help="Stop once the 95 % interval is narrower.")
@click.option("--temperature", default=4.2, show_default=True, type=click.FloatRange(0),
              help="Of the noise [K].")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0))
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True)
@click.option("--cluster", metavar="ADDRESS", help="A dask scheduler, such as tcp://host:8786.")
@click.option("--resume", "folder", metavar="DIR", type=FOLDER,
              help="Keep chips there, and go on from them.")
@click.option("--out", type=FOLDER,
              help="Folder of picture and JSON  [default: neuromorph-results/DECK-yield]")
def command(
    name: str, check: Path | None, tolerance: float, sigmas: tuple[float, ...],
    common: float, n: int, width: float | None, temperature: float, seed: int, workers: int,
    cluster: str | None, folder: Path | None, out: Path | None,
) -> None:  # fmt: skip
    """Draw chips with spread values, simulate each with its own noise, count those that pass.

    DECK is a netlist in JoSIM's syntax, a cell or a network of the library.
    """
    circuit, rule = design(name, check, tolerance)
    target = out or Path("neuromorph-results") / f"{Path(name).stem}-yield"
    found = []
    with crew(cluster, workers) as how:
        for sigma in sigmas:
            found.append(
                estimate_yield(
                    circuit, rule, spread=Spread(local=sigma, common=common), n=n, width=width,
                    temperature=temperature, seed=seed,
                    folder=None if folder is None else folder / f"sigma-{sigma:g}", **how,
                )
            )  # fmt: skip
            click.echo(str(found[-1]))
    records = [asdict(one) | {"fraction": one.fraction, "interval": one.interval} for one in found]
    click.echo(f"wrote {files.write_text(target / 'yield.json', json.dumps(records, indent=1))}")
    save(margin_plot.yield_curve(found), target / "yield.png")
