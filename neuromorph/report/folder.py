"""Finding the comparisons that a results folder holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

#: What a comparison's JSON must hold.
KEYS = ("workload", "title", "reference", "seeds", "targets", "rows")


class ReportError(ValueError):
    """A folder holds no comparison, or a damaged one."""


def read_folder(folder: Path) -> list[tuple[dict[str, Any], bytes]]:
    """Return (table as plain values, picture) of every comparison in a folder, by name.

    Raises
    ------
    ReportError
        There is no comparison in it, or a file is not what ``Table.save`` writes.
    """
    found = []
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        try:
            body = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ReportError(f"file {str(path)!r}: not JSON ({error})") from None
        if not isinstance(body, dict) or "rows" not in body:
            continue
        missing = [key for key in KEYS if key not in body]
        if missing:
            raise ReportError(f"file {str(path)!r}: key {missing[0]!r} is missing")
        picture = path.with_suffix(".png")
        body["folder"] = str(folder)
        found.append((body, picture.read_bytes() if picture.exists() else b""))
    if not found:
        raise ReportError(
            f"folder {str(folder)!r}: no comparison in it: 'neuromorph compare ... --out DIR' "
            "writes one"
        )
    return found
