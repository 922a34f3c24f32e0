"""Progress on a terminal; silent where there is none."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Phase = Callable[[str, float], None]  #: (what is going on, share done from 0 to 1)


def silent(what: str, share: float) -> None:
    """Say nothing."""


def compiled_first(phase: Phase, what: str) -> Callable[[int, int], None]:
    """Return a ``tick(done, whole)`` of one run: until its first call, the run compiles."""
    phase(f"{what}: compiling", 0.0)

    def tick(done: int, whole: int) -> None:
        phase(f"{what}: compiling", 1.0)
        phase(f"{what}: running", done / max(whole, 1))

    return tick


@contextmanager
def shown() -> Iterator[Phase]:
    """Show phases as bars on standard error if that is a terminal."""
    if not sys.stderr.isatty():
        yield silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:40s}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, int] = {}

        def phase(what: str, share: float) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=1.0)
            bars.update(tasks[what], completed=share)  # type: ignore[arg-type]

        yield phase
