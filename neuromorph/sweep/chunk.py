"""A chunk of points, and what a worker does with it."""

from __future__ import annotations

import functools
import os
import pickle
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event
from typing import Any

from neuromorph.sweep import record
from neuromorph.sweep.cap import capped
from neuromorph.sweep.plan import Point


@dataclass(frozen=True, slots=True)
class Chunk:
    """Points that go to a worker together, and how often a worker died with them alone."""

    indices: tuple[int, ...]
    deaths: int = 0

    def halves(self) -> tuple[Chunk, Chunk]:
        """Return the two halves, each as suspect as the whole."""
        middle = len(self.indices) // 2
        deaths = max(self.deaths - 1, 0)
        return Chunk(self.indices[:middle], deaths), Chunk(self.indices[middle:], deaths)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is done with each chunk: the same for all of them.

    Attributes
    ----------
    function : callable or bytes
        The user's function, or its pickle.
    batched : bool
        Whether it takes a list of points and returns as many values.
    threads : int or None
        Cap on the threads of compiled kernels and BLAS while the function runs.
    """

    function: Callable[..., Any] | bytes
    batched: bool = False
    threads: int | None = None

    def loaded(self) -> Callable[..., Any]:
        """Return the function itself."""
        return _load(self.function) if isinstance(self.function, bytes) else self.function


@functools.lru_cache(maxsize=4)
def _load(pickled: bytes) -> Callable[..., Any]:
    function: Callable[..., Any] = pickle.loads(pickled)
    return function


def evaluate(
    work: Work, points: Sequence[Point], *, stop: Event | None = None, into: list[str] | None = None
) -> tuple[list[str], float]:
    """Run the function on each point: one line of text per point, and the seconds in all.

    A set ``stop`` ends the work between two points; ``into`` is the list to fill.
    """
    lines = [] if into is None else into
    function = work.loaded()
    with capped(work.threads):
        begin = time.perf_counter()
        if work.batched:
            _batch(function, points, lines)
        else:
            for point in points:
                if stop is not None and stop.is_set():
                    break
                lines.append(_single(function, point))
        return lines, time.perf_counter() - begin


def failure(index: int, reason: str, seconds: float = 0.0) -> str:
    """Return the line of a point that has no value."""
    return record.encode({"index": index, "seconds": seconds, "error": reason})


def _single(function: Callable[..., Any], point: Point) -> str:
    begin = time.perf_counter()
    try:
        value = function(point)
        return _line(point.index, value, time.perf_counter() - begin)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever a user's function raises belongs to its point
        return failure(point.index, _reason(error), time.perf_counter() - begin)


def _batch(function: Callable[..., Any], points: Sequence[Point], lines: list[str]) -> None:
    """Run a batch; where it raises, halve it until the culprit stands alone."""
    begin = time.perf_counter()
    try:
        values = list(function(list(points)))
        share = (time.perf_counter() - begin) / max(len(points), 1)
        if len(values) != len(points):
            raise ValueError(f"batched function: {len(values)} values for {len(points)} points")
        done = [_line(p.index, value, share) for p, value in zip(points, values, strict=True)]
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        if len(points) == 1:
            lines.append(failure(points[0].index, _reason(error), time.perf_counter() - begin))
            return
        middle = len(points) // 2
        _batch(function, points[:middle], lines)
        _batch(function, points[middle:], lines)
    else:
        lines += done


def _line(index: int, value: Any, seconds: float) -> str:
    return record.encode({"index": index, "seconds": round(seconds, 9), "value": value})


def _reason(error: BaseException) -> str:
    text = " ".join(str(error).split()) or "no message"
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({os.path.basename(frames[-1].filename)}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {text}{place}"
