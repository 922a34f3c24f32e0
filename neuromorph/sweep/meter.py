"""The live progress of a sweep: a bar with rate and time left, on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeAlias

Progress: TypeAlias = "Callable[[int, int], None] | bool | None"


class Meter:
    """Shows how many points are finished.

    ``progress`` None means a bar if standard error is a terminal, False nothing, True a bar, a
    function is called with (points finished, points in all).
    """

    def __init__(self, progress: Progress, name: str, total: int, done: int) -> None:
        self.total, self.done, self.failed = total, done, 0
        self._call = progress if callable(progress) else None
        self._bar: Any = None
        if progress is True or (progress is None and sys.stderr.isatty()):
            self._bar = _bar()
            self._task = self._bar.add_task(name, total=total, completed=done, note="")

    def __enter__(self) -> Meter:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def advance(self, points: int, failed: int) -> None:
        """Count a finished chunk."""
        self.done += points
        self.failed += failed
        if self._call is not None:
            self._call(self.done, self.total)
        if self._bar is not None:
            note = f"[red]{self.failed} failed" if self.failed else ""
            self._bar.update(self._task, advance=points, note=note)

    def say(self, text: str) -> None:
        """Write a line above the bar, where there is one."""
        if self._bar is not None:
            self._bar.console.print(text, highlight=False)


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, TextColumn
    from rich.progress import Progress as Bar
    from rich.progress import TimeRemainingColumn as TimeLeft
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Any) -> Text:
            speed = task.finished_speed or task.speed
            return Text("" if speed is None else f"{speed:.3g}/s")

    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), Rate(), TimeLeft())
    return Bar(*columns, TextColumn("{task.fields[note]}"), console=Console(stderr=True))
