"""Caps on the threads that one worker uses: numba's in its thread, BLAS's in its process."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def capped(threads: int | None) -> Iterator[None]:
    """Let compiled kernels and BLAS use so many threads at most; None leaves them as they are.

    A cap that is lower already stays. Afterwards all is as before. BLAS is reached through the
    package ``threadpoolctl`` (extra ``cluster``); without it the environment of the process
    (``OMP_NUM_THREADS`` and its like) says what BLAS uses.
    """
    if threads is None:
        yield
        return
    numba = sys.modules.get("numba")
    before = 0 if numba is None else numba.get_num_threads()
    if numba is not None:
        numba.set_num_threads(min(threads, before))
    _BLAS.enter(threads)
    try:
        yield
    finally:
        _BLAS.leave()
        if numba is not None:
            numba.set_num_threads(before)


class _Blas:
    """The BLAS of this process, which its threads share: the first caps it, the last lifts that."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._limit: Any = None

    def enter(self, threads: int) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._limit = _limited(threads)

    def leave(self) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0 and self._limit is not None:
                self._limit.restore_original_limits()
                self._limit = None


_BLAS = _Blas()


def _limited(threads: int) -> Any:
    """Cap BLAS where it uses more; return what lifts the cap, None where there is nothing to do."""
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return None
    blas = ThreadpoolController().select(user_api="blas")
    if all(library["num_threads"] <= threads for library in blas.info()):
        return None
    return blas.limit(limits=threads)
