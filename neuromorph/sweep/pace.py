"""The pace of a sweep: how many points make a chunk worth sending."""

from __future__ import annotations

GROWTH = 8  #: times the last measured chunk, at most


class Pace:
    """Chooses chunk sizes so that a chunk takes about ``target`` seconds.

    Sizes start at one point and grow with what is measured, for the first call may compile.
    Towards the end chunks are halved, so that the workers finish together, but not below half of
    the target.
    """

    def __init__(self, *, target: float = 0.2, fixed: int | None = None, workers: int = 1) -> None:
        self.target, self.fixed, self.workers = target, fixed, workers
        self.per_point: float | None = None
        self._last = 1

    def learn(self, points: int, seconds: float) -> None:
        """Take note of a finished chunk."""
        self._last = points
        self.per_point = max(seconds / points, 1e-9)

    def size(self, left: int) -> int:
        """Return the number of points of the next chunk when ``left`` are to be handed out."""
        if self.fixed is not None:
            return min(self.fixed, left)
        if self.per_point is None:
            return min(1, left)
        wanted = self.target / self.per_point
        least = max(1, round(wanted / 2))
        fair = max(-(-left // (2 * self.workers)), least)
        return max(1, min(round(wanted), GROWTH * self._last, fair, left))
