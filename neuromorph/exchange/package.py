"""Finding an optional package."""

from __future__ import annotations

import importlib
from typing import Any


def package(name: str, extra: str) -> Any:
    """Return the module ``name``.

    Raises
    ------
    RuntimeError
        It is not installed.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        raise RuntimeError(
            f"{name}: the package is not installed: pip install 'neuromorph[{extra}]'"
        ) from None
