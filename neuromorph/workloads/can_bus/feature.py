"""What a net sees of a frame: bits, 0 or 1, so that hardware may leave out the zeros."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuromorph.workloads.can_bus.frame import Frames

Array = NDArray[np.float64]

#: Thermometer levels of the time since the last frame of the same identifier [s].
LEVELS = tuple(1e-3 * 2.0 ** (k / 2) for k in range(20))
#: Identifier, bytes, bytes that changed, time since the same identifier, new identifier.
N_FEATURE = 11 + 64 + 64 + len(LEVELS) + 1


def features(frames: Frames, *, low: float = 0.0) -> Array:
    """Return the features of every frame, shape (n, N_FEATURE), of ``low`` and 1.

    Each frame is seen with the one before it of the same identifier, so that they can be made as
    frames come in.
    """
    n = len(frames)
    before, gap = last_alike(frames)
    new = before < 0
    bits = np.unpackbits(frames.data, axis=1)
    changed = bits ^ np.where(new[:, None], 0, bits[before])
    identifier = (frames.identifier[:, None] >> np.arange(10, -1, -1)) & 1
    slow = gap[:, None] >= np.array(LEVELS)
    parts = (identifier, bits, changed, slow, new[:, None])
    out = np.concatenate([np.asarray(p, np.float64).reshape(n, -1) for p in parts], axis=1)
    return np.asarray(low + (1.0 - low) * out)


def last_alike(frames: Frames) -> tuple[NDArray[np.int64], Array]:
    """Return the position of the last frame of the same identifier (-1: none) and its age [s]."""
    order = np.argsort(frames.identifier, kind="stable")
    same = np.zeros(len(frames), bool)
    same[1:] = np.diff(frames.identifier[order]) == 0
    before = np.full(len(frames), -1)
    before[order[1:]] = np.where(same[1:], order[:-1], -1)
    gap = np.where(before >= 0, frames.time - frames.time[before], np.inf)
    return before, gap
