"""The 32-bit words a core takes and gives, as the header of ``spiking_core.v`` states them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint32]

SPIKE, RUN, LOAD, CONTROL = 0, 1 << 30, 2 << 30, 3 << 30
DUMP = CONTROL | 1 << 29
CLEAR = CONTROL
#: Memories of the spiking core.
(V_TH, V_LEAK, AMOUNT, FLAG, DECAY, INITIAL, DRIVE, V, LEFT, RING, WEIGHT, TARGET, THRESHOLD,
 INDEX) = range(14)  # fmt: skip
UNIT_TABLE, FIRST, GROUPS, KEY, STEP = range(16, 21)
#: Of cells of two units, by unit: of a dendrite slope (or gain) and key, of a soma {jitter, delay}
#: and number; steps until the second spike; then the table of chances.
BURST, DRAW, WAIT, GATE = range(21, 25)
#: Bits of FLAG above the refractory time: how a unit resets, and what it is.
SUBTRACT, DENDRITE, SOMA, UNDER_CONTEXT = 1 << 16, 1 << 17, 1 << 18, 1 << 19
#: What a dump may show.
DUMP_V, DUMP_LEFT, DUMP_RING, DUMP_WAIT = 0, 1, 2, 3
MOST = (1 << 25) - 1  #: words of one load or dump
NONE, LAST = 1 << 31, 1 << 31


def load(memory: int, values: Any, at: int = 0) -> Words:
    """Return the words that write ``values`` (their low 32 bits) to ``memory`` from ``at`` on."""
    data = np.asarray(values).astype(np.int64) & 0xFFFFFFFF
    if data.size == 0:
        return np.zeros(0, np.uint32)
    if data.size > MOST or at > MOST:
        raise ValueError(f"load: {data.size} words came, at most {MOST} is allowed")
    head = np.array([LOAD | memory << 25 | at, data.size], dtype=np.int64)
    return np.asarray(np.concatenate((head, data)), dtype=np.uint32)


def packets(words: Words, room: int) -> list[Words]:
    """Split a packet at its words into packets of at most ``room`` words; long loads are cut.

    The core answers each with a last word of its own; its state goes on from one to the next.

    Parameters
    ----------
    words : (n,)
        For the spiking core, or loads alone: no frames follow a word here.
    room : int
        Three or more: a load has two words before its data.
    """
    if words.size <= room:
        return [words]
    if room < 3:
        raise ValueError(f"packets: room for {room} words came, 3 or more are allowed")
    out: list[Words] = []
    at = begin = 0
    while at < words.size:
        first = int(words[at])
        size = 2 + int(words[at + 1]) if first >> 30 == 2 else 1
        if at + size - begin > room:
            out += [words[begin:at]] if at > begin else []
            begin = at
            if size > room:
                out += _cut_load(first, words[at + 2 : at + size], room - 2)
                begin = at + size
        at += size
    return [*out, words[begin:]] if begin < words.size else out


def _cut_load(first: int, data: Words, room: int) -> list[Words]:
    memory, place = first >> 25 & 31, first & MOST
    return [load(memory, data[k : k + room], place + k) for k in range(0, data.size, room)]


def dump(which: int, count: int) -> int:
    """Return the word that asks for the first ``count`` entries of a memory."""
    return DUMP | which << 27 | count


def clear() -> Words:
    """Return the word that clears the state."""
    return np.array([CLEAR], dtype=np.uint32)


def signed(words: Any) -> NDArray[np.int64]:
    """Return words as two's complement."""
    return np.asarray(words, dtype=np.uint32).astype(np.int32).astype(np.int64)


@dataclass(slots=True)
class Answer:
    """What a packet gave back.

    Attributes
    ----------
    step, unit : (n_spike,)
    dumps : list of (n_word,)
    end : int
        Step of the last word, which had TLAST.
    """

    step: NDArray[np.int64]
    unit: NDArray[np.int64]
    dumps: list[Words] = field(default_factory=list)
    end: int = 0


def decode(words: Words) -> Answer:
    """Read the words of one packet of the spiking core.

    Raises
    ------
    ValueError
        The packet does not end as it should.
    """
    if not words.size or words[-1] >> 30 != 3:
        raise ValueError(f"answer of the core: {words.size} words without an end came")
    dumps, keep = _take_dumps(words)
    rest = words[keep]
    kind = rest >> 30
    low = (rest & 0x3FFFFFFF).astype(np.int64)
    marker = kind == 1
    if not marker.any():
        return Answer(np.zeros(0, np.int64), np.zeros(0, np.int64), dumps, int(low[-1]))
    block = np.cumsum(marker) - 1
    spike = kind == 0
    return Answer(low[marker][block[spike]], low[spike], dumps, int(low[-1]))


def _take_dumps(words: Words) -> tuple[list[Words], NDArray[np.bool_]]:
    keep = np.ones(words.size, np.bool_)
    dumps: list[Words] = []
    at = 0
    heads: Iterable[int] = np.flatnonzero(words >> 30 == 2)
    for head in heads:
        if head < at:
            continue
        at = int(head) + 1 + int(words[head] & MOST)
        if at > words.size:
            raise ValueError(f"answer of the core: a dump of {at - head - 1} words is cut off")
        dumps.append(words[head + 1 : at])
        keep[head:at] = False
    return dumps, keep
