"""Where the files that ship with the package lie: netlists, RTL, board descriptions."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def root() -> Path:
    """Return the folder that holds ``circuits/`` and ``fpga/``.

    In a wheel that is ``neuromorph/_data``; in an editable install and in a bare
    checkout it is the top of the repository.

    Raises
    ------
    RuntimeError
        Neither place holds the data: the installation is broken.
    """
    for place in (_PACKAGE / "_data", _PACKAGE.parent):
        if (place / "fpga" / "rtl").is_dir():
            return place
    raise RuntimeError(
        f"neuromorph data: no fpga/rtl beside {_PACKAGE}: install the package again"
    )
