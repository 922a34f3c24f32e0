"""Ctrl-C during a sweep: counted, so that it cannot strike while a result is being written."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any


class Interrupts:
    """Counts SIGINT while it is entered.

    The first sets ``stop``. A second raises KeyboardInterrupt inside :meth:`breaking`, where a
    user's function runs in this thread. Outside the main thread nothing is caught.
    """

    def __init__(self) -> None:
        self.count = 0
        self.stop = threading.Event()
        self._breaking = False
        self._older: Any = None

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            self._older = signal.signal(signal.SIGINT, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        if self._older is not None:
            signal.signal(signal.SIGINT, self._older)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        self.stop.set()
        if self.count > 1 and self._breaking:
            self._breaking = False
            raise KeyboardInterrupt

    @contextlib.contextmanager
    def breaking(self) -> Iterator[None]:
        """Let a second interrupt break off what runs here."""
        self._breaking = True
        try:
            yield
        finally:
            self._breaking = False
