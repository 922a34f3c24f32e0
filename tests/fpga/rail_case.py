"""A made-up board whose powers are known: recordings for the tests of measurement and replay."""

import numpy as np

from neuromorph.fpga import board, power
from neuromorph.fpga.power import PowerTrace
from neuromorph.fpga.recording import Recording, Segment

IDLE, LOADED, CLOCKED, COPY = 1.0, 1.2, 1.5, 0.03  #: [W], the last of one copy at work
RAIL = board.board_data("zcu102").rail("VCCINT")


def made_up(*, copies=(1,), step=0.001, noise=0.002, pairs=5, drift=0.0, seed=1, copy=COPY):
    """Return a recording of a board whose powers are known; 2 s per state, 1000 samples/s."""
    rng = np.random.default_rng(seed)
    segments, at = [], 100.0

    def add(state, pair, count, watts, runs=0):
        nonlocal at
        time = at + np.arange(2000) * 1e-3
        values = watts + noise * rng.standard_normal(time.size) + drift * (time - 100.0)
        values = np.round(values / step) * step
        segments.append(Segment(
            state=state, pair=pair, copies=count, runs=runs,
            trace=PowerTrace(time=time, power=values, rail=RAIL.name, method="measured"),
        ))  # fmt: skip
        at = time[-1] + 0.1

    add("idle", 0, copies[0], IDLE)
    for count in copies:
        for pair, state in power.protocol(pairs, seed=count):
            if state != "idle":
                watts = {"loaded": LOADED, "clocked": CLOCKED}.get(state, CLOCKED + copy * count)
                add(state, pair, count, watts, runs=100 if state == "workload" else 0)
    return Recording(board="zcu102", workload="xor", rail=RAIL, segments=tuple(segments))
