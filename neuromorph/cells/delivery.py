"""Spikes that are due in a window, sorted by the tile of units that they reach, and by step.

A ring of sums per unit and step is written at random and read and cleared whole, though hardly
any entry is in use; sorted events are read once, and summed where they are needed.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from neuromorph.cells.kernel import kernel
from neuromorph.cells.vector import prefetch, wide_vectors

TILE_BITS = 8
TILE = 1 << TILE_BITS  #: units whose state and inputs fit the fastest cache
AHEAD = 2  #: spikes between asking for a row of synapses and using it
LINE = 64  #: bytes that the processor fetches at once


class Posted(NamedTuple):
    """Events of one window of ``count`` steps at one port.

    Those of tile k and step j stand at ``begin[k count + j]`` and before the next entry.
    """

    begin: Any  # (n_tile n_step + 2,)
    place: Any  # uint8: unit of the tile
    amount: Any


@kernel()
def sort_events(
    step: Any, index: Any, delay: int, first: int, count: int, start: Any, target: Any,
    weight: Any, posted: Posted, counting: bool, placing: bool,
) -> Any:  # fmt: skip
    """Sort what spikes (step, index) bring in the steps from ``first`` on into ``posted``.

    Counting adds to ``begin[key + 2]``; placing moves ``begin[key + 1]`` from the begin of a
    tile and step to its end. Both at once go by way of :func:`add_up`, and nothing is placed if
    there is no room. Returns the number of events after counting.
    """
    begin, total = posted.begin, 0
    if counting:
        for s in range(step.shape[0]):
            if s + AHEAD < step.shape[0]:
                ask_for_row(index[s + AHEAD], start, target, weight)
            due = step[s] + delay - first
            if 0 <= due < count:
                for e in range(start[index[s]], start[index[s] + 1]):
                    begin[(target[e] >> TILE_BITS) * count + due + 2] += 1
    if counting and placing:
        total = add_up(begin)
        if total > posted.place.shape[0]:
            return total
    if placing:
        for s in range(step.shape[0]):
            due = step[s] + delay - first
            if 0 <= due < count:
                for e in range(start[index[s]], start[index[s] + 1]):
                    key = (target[e] >> TILE_BITS) * count + due + 1
                    at = begin[key]
                    posted.place[at] = target[e] & (TILE - 1)
                    posted.amount[at] = weight[e]
                    begin[key] = at + 1
    return total


@kernel(inner=True, inline="always")
def ask_for_row(source: int, start: Any, target: Any, weight: Any) -> None:
    """Have the synapses of a source fetched: rows lie anywhere, so that the processor cannot."""
    for e in range(start[source], start[source + 1], LINE // 4):
        prefetch(target, e)
    for e in range(start[source], start[source + 1], LINE // 8):
        prefetch(weight, e)


@kernel()
def add_up(begin: Any) -> Any:
    """Turn counts into places, in place; return the sum."""
    total = 0
    for k in range(begin.shape[0]):
        total += begin[k]
        begin[k] = total
    return total


@kernel()
def arrivals(arrived: Any, posted: Posted, j: int, count: int, a: int, out: Any) -> None:
    """Fill ``out`` with what reaches the units from a on in step j of ``count``."""
    wide_vectors()
    for i in range(out.shape[0]):
        out[i] = 0
    if arrived.shape[0] > 0:
        row = arrived[j][a : a + out.shape[0]]
        for i in range(out.shape[0]):
            out[i] = row[i]
    key = (a >> TILE_BITS) * count + j
    for e in range(posted.begin[key], posted.begin[key + 1]):
        out[posted.place[e]] += posted.amount[e]


@kernel(inner=True, inline="always")
def clear(rows: Any, a: int, b: int) -> None:
    """Set columns a ... b of all rows to 0."""
    for j in range(rows.shape[0]):
        row = rows[j][a:b]
        for i in range(row.shape[0]):
            row[i] = 0
