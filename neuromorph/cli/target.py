"""Where a command writes: paths that are checked before the work begins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


class Target(click.Path):
    """A file or a folder to write; one below a file is refused."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Path:
        """Return the path."""
        path = Path(str(super().convert(value, param, ctx)))
        for above in path.parents:
            if above.is_file():
                self.fail(f"{str(path)!r} came, but {str(above)!r} is a file.", param, ctx)
        return path


FILE = Target(dir_okay=False)
FOLDER = Target(file_okay=False)
