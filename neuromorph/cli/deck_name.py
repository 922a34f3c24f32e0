"""Finding a design and its check for ``margins`` and ``yield``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from neuromorph.circuits import read
from neuromorph.circuits.cell import acceptance, library
from neuromorph.circuits.circuit import Circuit
from neuromorph.circuits.tolerance.specification import Specification, read_specification
from neuromorph.circuits.tolerance.trial import Bench
from neuromorph.circuits.tolerance.variant import specify_nominal
from neuromorph.cli.given import refuse


def design(
    name: str, table: Path | None, tolerance: float
) -> tuple[Circuit | Sequence[Bench], Specification | None]:
    """Return what ``margins`` takes: a circuit and its check, or the four benches of an XOR.

    Parameters
    ----------
    name : str
        A netlist file, a cell of the library (its testbench), or a network of the library.
    table : Path, optional
        The check as a table of phase turns. Without it a network is held to its truth table,
        anything else to the nominal design's own pulses.
    tolerance : float [ps]
        Of those pulses.

    Raises
    ------
    click.UsageError
        A tolerance where nothing is held to pulse times.
    ValueError
        There is neither file nor cell nor network of the name.
    """
    by_truth = table is None and not Path(name).is_file() and name in acceptance.NETWORKS
    if table is not None:
        refuse("with --check, which has its own", "tolerance")
    if by_truth:
        refuse(f"with {name}, which is held to its truth table", "tolerance")
        benches, rule = acceptance.cell_benches(name)
        click.echo(f"check: {rule}")
        return benches, None
    circuit = _deck(name)
    if table is not None:
        return circuit, read_specification(table)
    return circuit, specify_nominal(circuit, tolerance=tolerance * 1e-12)


def _deck(name: str) -> Circuit:
    if Path(name).is_file():
        return read(name)
    if name in library.benched():
        return read(library.folder() / f"{name}_testbench.cir")
    networks = sorted(path.stem for path in (library.folder().parent / "networks").glob("*.cir"))
    if name in networks:
        return read(library.folder().parent / "networks" / f"{name}.cir")
    raise ValueError(
        f"deck: {name!r} came; no such file, the cells of the library are "
        f"{', '.join(library.benched())}, its networks {', '.join(networks)}"
    )
