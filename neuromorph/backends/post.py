"""Spikes on their way to one port of a population whose units advance in tiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuromorph.cells.delivery import TILE, Posted, add_up, sort_events
from neuromorph.cells.kernel import Direct
from neuromorph.description.discrete import DiscreteProjection

Array = NDArray[Any]
SPARE = 1.5  #: room that is made, over what is needed


@dataclass(frozen=True, slots=True)
class Sent:
    """Spikes of one window on their way through one projection; due from early to late."""

    projection: DiscreteProjection
    weight: Array
    step: Array
    index: Array
    early: int
    late: int


class Post:
    """Spikes sent through projections of one delay and sure transmission, until they are due."""

    def __init__(self, n: int, window: int, dtype: type) -> None:
        begin = np.zeros(-(-n // TILE) * window + 2, np.int64)
        self.posted = Posted(begin, np.zeros(0, np.uint8), np.zeros(0, dtype))
        self.waiting: list[Sent] = []
        self._sorting: dict[int, Direct] = {}  # by projection
        self._used = False

    def add(
        self, p: DiscreteProjection, weight: Array, step: Array, index: Array, first: int, last: int
    ) -> None:
        """Take in spikes of the steps ``first`` to ``last``; the arrays are kept."""
        delay = int(p.delay[0])
        self.waiting.append(Sent(p, weight, step, index, first + delay, last + delay))

    def sort(self, first: int, count: int) -> int:
        """Sort what is due in ``count`` steps from ``first`` on; return the number of events."""
        if self._used:
            self.posted.begin[:] = 0
        due = [sent for sent in self.waiting if sent.early < first + count]
        self._used = bool(due)
        if not due:
            return 0
        if len(due) == 1:
            total = self._each(due, first, count, True, True)
            if total > self.posted.place.size:
                self._grow(total)
                self._each(due, first, count, False, True)
        else:
            self._each(due, first, count, True, False)
            total = int(add_up(self.posted.begin))
            self._grow(total)
            self._each(due, first, count, False, True)
        self.waiting = [sent for sent in self.waiting if sent.late >= first + count]
        return total

    def add_to(self, ring: Array, arrivals: Array, first: int, origin: int) -> None:
        """Add what is due from step ``first`` on to a ring of sums that begins at ``origin``."""
        for sent in self.waiting:
            p, due = sent.projection, sent.step + sent.projection.delay[0]
            begin, end = p.start[sent.index], p.start[sent.index + 1]
            size = np.where(due >= first, end - begin, 0)
            nth = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
            synapse = np.repeat(begin, size) + nth
            slot = (np.repeat(due, size) - origin) % ring.shape[0]
            np.add.at(ring, (slot, p.index[synapse]), sent.weight[synapse])
            np.add.at(arrivals, slot, 1)

    def _each(self, due: list[Sent], first: int, count: int, counting: bool, placing: bool) -> int:
        total = 0
        for sent in due:
            p = sent.projection
            direct = self._sorting.setdefault(id(p), Direct(sort_events))
            total = direct(
                sent.step, sent.index, int(p.delay[0]), first, count, p.start, p.index, sent.weight,
                self.posted, counting, placing,
            )  # fmt: skip
        return total

    def _grow(self, total: int) -> None:
        """Make room; what was sorted is lost."""
        begin, place, amount = self.posted
        if total > place.size:
            size = int(SPARE * total)
            self.posted = Posted(begin, np.zeros(size, np.uint8), np.zeros(size, amount.dtype))
