"""``neuromorph report``."""

from __future__ import annotations

from pathlib import Path

import click

from neuromorph import files
from neuromorph.cli.target import FILE
from neuromorph.report import page, read_folder


@click.command()
@click.argument("folders", metavar="DIR...", nargs=-1, required=True, type=click.Path(
    file_okay=False, path_type=Path))
@click.option("--out", default="report.html", show_default=True, type=FILE)
@click.option("--title", default="Energy comparison", show_default=True)
def command(folders: tuple[Path, ...], out: Path, title: str) -> None:
    """Join results folders, from several machines and boards, into one HTML page.

    Each DIR is what ``neuromorph compare`` wrote. Figures of the same workload, method and
    boundary stand together; nothing else is ranked.
    """
    found = [pair for folder in folders for pair in read_folder(folder)]
    text = page([body for body, _ in found], [picture for _, picture in found], title=title)
    click.echo(f"wrote {files.write_text(out, text)}: {len(found)} comparisons")
