"""``neuromorph copy``."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from neuromorph import _res
from neuromorph.cli.target import FOLDER


@click.command()
@click.argument("what", type=click.Choice(["circuits", "fpga"]))
@click.argument("folder", type=FOLDER)
def command(what: str, folder: Path) -> None:
    """Hand out the files that ship with the package: netlists (circuits) or RTL (fpga)."""
    if folder.exists() and any(folder.iterdir()):
        raise ValueError(f"folder {str(folder)!r}: files came, an empty or new one is allowed")
    shutil.copytree(_res.root() / what, folder, dirs_exist_ok=True)
    click.echo(f"wrote {folder}")
