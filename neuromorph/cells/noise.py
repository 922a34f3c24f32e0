"""Background noise of a window of steps, drawn as it is needed."""

from __future__ import annotations

from typing import Any

import numpy as np

from neuromorph.cells.kernel import kernel
from neuromorph.philox import philox, philox_normal


@kernel()
def ornstein_uhlenbeck_rows(
    x: Any, mean: Any, decay: Any, amplitude: Any, key: Any, first: int, out: Any
) -> None:
    """Add ``mean + x`` of each step to the rows of ``out`` (n_step, n) and advance x.

    ``x <- x exp(-dt/tau) + amplitude xi(unit, step + 1)``, ``amplitude = sigma sqrt(1 -
    exp(-2 dt/tau))``.

    Source: Gillespie 1996, doi 10.1103/PhysRevE.54.2084, eq. 2.47a (exact update).
    """
    for j in range(out.shape[0]):
        after = np.uint64(first + j + 1)
        for i in range(x.shape[0]):
            out[j, i] += mean[i] + x[i]
            x[i] = x[i] * decay[i] + amplitude[i] * philox_normal(np.uint64(i), after, key)


@kernel()
def background_rows(weight: Any, threshold: Any, key: Any, first: int, arrived: Any) -> int:
    """Add ``weight`` to ``arrived[j, i]`` where the draw of (unit, step) is below threshold.

    Return how many arrived.
    """
    total = 0
    for j in range(arrived.shape[0]):
        for i in range(arrived.shape[1]):
            hit = philox(np.uint64(i), np.uint64(first + j), key) < threshold[i]
            arrived[j, i] += weight[i] if hit else 0
            total += 1 if hit else 0
    return total
