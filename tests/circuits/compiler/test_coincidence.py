import numpy as np
import pytest

from neuromorph.circuits.compiler.coincidence import random_loss


def swallowed(trains, window):
    """Merge trains pairwise, a pulse within the window of the last one admitted being lost."""
    if len(trains) == 1:
        return trains[0]
    half = (len(trains) + 1) // 2
    merged = np.sort(np.concatenate([swallowed(trains[:half], window),
                                     swallowed(trains[half:], window)]))  # fmt: skip
    kept, last = [], -np.inf
    for time in merged:
        if time - last >= window:
            kept.append(time)
            last = time
    return np.array(kept)


@pytest.mark.parametrize("window", [2.3e-12, 6e-12, 10.2e-12])
def test_random_loss_is_that_of_merged_trains_of_random_phase(window):
    # four 20 GHz streams thinned to half by synapses, random phases
    rng = np.random.default_rng(1)
    offered = kept = 0
    for _ in range(200):
        trains = [
            t[rng.random(t.size) < 0.5]
            for t in (rng.uniform(0, 50e-12) + 50e-12 * np.arange(200) for _ in range(4))
        ]
        offered += sum(t.size for t in trains)
        kept += swallowed(trains, window).size
    loss = 1 - kept / offered
    assert random_loss([10e9] * 4, window) == pytest.approx(loss, abs=0.02)


def test_no_loss_without_company():
    assert random_loss([40e9], 6e-12) == 0.0
    assert random_loss([], 6e-12) == 0.0
