"""Finding the package ``nir``."""

from __future__ import annotations

import importlib
from typing import Any


def nir_package() -> Any:
    """Return the module ``nir``.

    Raises
    ------
    RuntimeError
        It is not installed.
    """
    try:
        return importlib.import_module("nir")
    except ModuleNotFoundError:
        raise RuntimeError(
            "nir: the package is not installed: pip install 'neuromorph[nir]'"
        ) from None
