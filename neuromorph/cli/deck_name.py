"""Finding a deck and its check for ``margins`` and ``yield``."""

from __future__ import annotations

from pathlib import Path

from neuromorph.circuits import read
from neuromorph.circuits.cell import library
from neuromorph.circuits.circuit import Circuit
from neuromorph.circuits.tolerance.specification import Specification, read_specification
from neuromorph.circuits.tolerance.variant import specify_nominal


def deck(name: str) -> Circuit:
    """Return the deck of a file, or the testbench of a cell of the library.

    Raises
    ------
    ValueError
        There is neither.
    """
    if Path(name).is_file():
        return read(name)
    if name in library.names():
        return read(library.folder() / f"{name}_testbench.cir")
    raise ValueError(
        f"deck: {name!r} came; no such file, and the cells of the library are "
        f"{', '.join(library.names())}"
    )


def check_for(circuit: Circuit, path: Path | None, tolerance: float) -> Specification:
    """Return the specification in a file, or that of the nominal design's own pulses."""
    if path is not None:
        return read_specification(path)
    return specify_nominal(circuit, tolerance=tolerance * 1e-12)
