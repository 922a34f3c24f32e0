"""Events sorted by tile and step: the sums of a plain loop over all synapses."""

import numpy as np
import pytest

import neuromorph as nm
from neuromorph.backends.post import Post
from neuromorph.cells.delivery import arrivals
from neuromorph.description.discrete import discretise

N, WINDOW = 700, 7


def projections(delays):
    cells = nm.Population(name="x", n=N, cell=nm.TwoCompartment())
    made = tuple(
        nm.Projection(
            source="x", target="x", delay=delay * 1e-4,
            weights=nm.fixed_probability(N, N, 0.02, 1e-12 * (k + 1), seed=k),
        )
        for k, delay in enumerate(delays)
    )  # fmt: skip
    return discretise(nm.Network(populations=(cells,), projections=made), 1e-4).projections


@pytest.mark.parametrize("delays", [(7,), (7, 9), (30, 8)])
def test_sorted_events_are_what_a_plain_loop_delivers(delays):
    rng, grid = np.random.default_rng(1), projections(delays)
    post, expected = Post(N, WINDOW, np.float64), np.zeros((200, N))
    for first in range(0, 140, WINDOW):
        step = first + rng.integers(0, WINDOW, 40)
        index = rng.integers(0, N, 40).astype(np.int32)
        for p in grid:
            post.add(p, p.weight, step, index, first, first + WINDOW - 1)
            for s, i in zip(step, index, strict=True):
                row = slice(p.start[i], p.start[i + 1])
                np.add.at(expected[s + p.delay[0]], p.index[row], p.weight[row])
        due, count = first + WINDOW, WINDOW - (first == 70)  # one window is cut short
        events = post.sort(due, count)
        got = np.empty((count, N))
        for a in range(0, N, 256):
            for j in range(count):
                arrivals(np.zeros((0, N)), post.posted, j, count, a, got[j][a : a + 256])
        assert got.tobytes() == expected[due : due + count].tobytes()
        assert events > 0 or not got.any()
        if count < WINDOW:  # the step that was left out
            assert post.sort(due + count, 1) > 0
