"""A logic gate of two-point units: context vetoes what the receptive field drives."""

from __future__ import annotations

import numpy as np

from neuromorph.description import (
    Frames,
    Network,
    Point,
    Population,
    Projection,
    Source,
    TwoPoint,
)
from neuromorph.workloads.workload import Agreement, LastOutput, Workload


def cooperative_xor() -> Workload:
    """Exclusive or by two cooperating units, one layer, frame-based.

    Each unit is driven by one input and has the other as context, weight -1: with the transfer
    m2h, ``T = R max(0, 1 + C)``, unit 1 gives a (1 - b) and unit 2 gives b (1 - a); their sum is
    a xor b for a, b of 0 and 1. Exact in integers. A unit whose context says no is closed: its
    receptive field is not computed.
    """
    veto = np.array([[0.0, -1.0], [-1.0, 0.0]])
    network = Network(
        name="cooperative_xor",
        populations=(
            Population(name="in", n=2, cell=Source()),
            Population(name="gate", n=2, cell=TwoPoint(transfer="m2h", gate="relu")),
            Population(name="out", n=1, cell=Point(gate="linear")),
        ),
        projections=(
            Projection(source="in", target="gate", weights=np.eye(2)),
            Projection(source="in", target="gate", port="distal", weights=veto),
            Projection(source="gate", target="out", weights=np.ones((2, 1))),
        ),
    )
    names = {f"{a}{b}": (a, b) for a in (0, 1) for b in (0, 1)}
    return Workload(
        name="cooperative_xor",
        title="exclusive or of two two-point units",
        network=network,
        stimuli={k: {"in": Frames(value=np.array([[v]], np.float64))} for k, v in names.items()},
        targets={k: a ^ b for k, (a, b) in names.items()},
        readout=LastOutput(population="out"),
        agreement=Agreement(rate=0.0, count=1e-9, distance=0.0),
    )
