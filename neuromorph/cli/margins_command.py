"""``neuromorph margins``."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from neuromorph import files, margin_plot
from neuromorph.circuits.cell import acceptance, catalogue
from neuromorph.circuits.circuit import Circuit
from neuromorph.circuits.tolerance.knob import GLOBALS, kind
from neuromorph.circuits.tolerance.margin import margins
from neuromorph.circuits.tolerance.region import operating_region
from neuromorph.cli.deck_name import design
from neuromorph.cli.given import refuse
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
@click.option(
    "--parameters", default="",
    help="Comma-separated: XI, XL, XJ, XR (all biases, inductances, junctions, resistors), "
    "elements, patterns.  [default: those of the four that the deck has]",
)
@click.option("--shmoo", metavar="X,Y", help="Also the operating region of two parameters.")
@click.option("--span", default=0.9, show_default=True, help="How far to look, below 1.")
@click.option("--resolution", default=0.005, show_default=True)
@click.option("--temperature", default=0.0, show_default=True, type=click.FloatRange(0),
              help="Of the noise [K].")
@click.option("--stale", is_flag=True,
              help="With DECK library: only what has changed since it was measured, or is new.")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True)
@click.option("--cluster", metavar="ADDRESS", help="A dask scheduler, such as tcp://host:8786.")
@click.option("--resume", "folder", metavar="DIR", type=FOLDER,
              help="Keep trials there, and go on from them.")
@click.option("--out", type=FOLDER,
              help="Folder of pictures and JSON  [default: neuromorph-results/DECK-margins]")
def command(
    name: str, check: Path | None, tolerance: float,
    parameters: str, shmoo: str | None, span: float, resolution: float, temperature: float,
    stale: bool, workers: int, cluster: str | None, folder: Path | None, out: Path | None,
) -> None:  # fmt: skip
    """Move each parameter of a deck until it fails: bars of margins, the critical one named.

    DECK is a netlist in JoSIM's syntax, a cell or a network of the library. Exit code 1 if the
    nominal design fails its check. DECK "library" measures margins and yields of all of them, each
    by its own rule, and writes the record beside the netlists and the library's page; it takes
    --stale, --workers, --cluster and --resume.
    """
    if name == "library":
        refuse("with DECK library, whose cells have their own rules", "check", "tolerance",
               "parameters", "shmoo", "span", "resolution", "temperature", "out")
        late = acceptance.outdated()
        rest = () if stale else (n for n in acceptance.benched() if n not in late)
        _library(cluster, workers, (*late, *rest), folder)
        return
    refuse("with one deck, it belongs to DECK library", "stale")
    circuit, rule = design(name, check, tolerance)
    target = out or Path("neuromorph-results") / f"{Path(name).stem}-margins"
    with crew(cluster, workers) as how:
        found = margins(
            circuit, rule, _wanted(circuit, parameters), span=span, resolution=resolution,
            temperature=temperature, folder=folder, **how,
        )  # fmt: skip
        region = None
        if shmoo is not None and found.nominal:
            x, y = _pair(shmoo)
            region = operating_region(
                circuit, rule, x=x, y=y, span=min(span, 0.5), temperature=temperature,
                folder=None if folder is None else folder / "shmoo", **how,
            )  # fmt: skip
    click.echo(repr(found))
    record = asdict(found) | {"critical": found.critical, "limits": found.limits}
    click.echo(f"wrote {files.write_text(target / 'margins.json', json.dumps(record, indent=1))}")
    if not found.nominal:
        sys.exit(1)
    save(margin_plot.margin_bars(found), target / "margins.png")
    if region is not None:
        click.echo(str(region))
        save(margin_plot.shmoo(region), target / "shmoo.png")


def _library(
    cluster: str | None, workers: int, names: Sequence[str], folder: Path | None
) -> None:
    """Measure cells and networks; write the record, one after the other, and the page."""
    with crew(cluster, workers) as how:
        for name in names:
            found = acceptance.accept(name, folder=folder, **how)
            click.echo(acceptance.table([found.record()])[-1])
            acceptance.save([found])
    click.echo(f"wrote {acceptance.path()}")
    click.echo(f"wrote {catalogue.save(catalogue.refreshed())}")


def save(axis: object, path: Path) -> None:
    """Write the picture of an axis and say so."""
    picture = axis.figure  # type: ignore[attr-defined]
    files.write(path, lambda file: picture.savefig(file, format="png", dpi=150))
    click.echo(f"wrote {path}")


def _wanted(design: Circuit | Sequence[Any], text: str) -> list[str]:
    """Return the names that were written, or the global knobs that a circuit (or the first of
    several benches) has elements for.
    """
    circuit = design if isinstance(design, Circuit) else design[0].circuit
    present = {kind(element) for element in circuit.elements}
    return _names(text) or [name for name in GLOBALS if name in present]


def _names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _pair(text: str) -> tuple[str, str]:
    names = _names(text)
    if len(names) != 2:
        raise click.UsageError(f"--shmoo {text} came, two parameters such as XI,XL are allowed")
    return names[0], names[1]
