"""Files that are whole or absent: written under a temporary name beside the target, then moved."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any


def write(path: str | Path, writer: Callable[[IO[bytes]], Any], *, afresh: bool = False) -> Path:
    """Call ``writer`` with a binary file, then move the file to ``path``.

    An interrupted or failed writer leaves an older file at ``path`` as it was. With ``afresh`` the
    older file steps aside for the move: some file systems write a file to the disk at once when it
    replaces another, a millisecond for a small table.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            writer(file)
        os.chmod(name, 0o644)
        if afresh and target.is_file():
            _place(name, target)
        else:
            os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return target


def _place(name: str, target: Path) -> None:
    """Move a file to where another stands, which is put back if that fails."""
    aside = f"{name}.old"
    os.rename(target, aside)
    try:
        os.replace(name, target)
    except BaseException:
        os.rename(aside, target)
        raise
    os.unlink(aside)


def write_text(path: str | Path, text: str) -> Path:
    """Write ``text`` as UTF-8 in one move."""
    return write(path, lambda file: file.write(text.encode("utf-8")))
