"""Dynamic pruning beside two-point cells: quality against synaptic events, masks paid for.

All nets see the audio-visual speech of :mod:`neuromorph.av_speech` and have the same number of
parameters in training (36,000 to 37,000):

========== ======================================================================================
m2h        two-point net: the picture opens and scales units that hear (128, 128)
towers     dense point net, one tower per stream (84, 84)
masked     the same with masks of low rank (79, 79), taught by the task and the count of events
together   the same masks, each taught which units would be the most active ("Fire Together ...");
           together16: masks of rank 16 (66, 66)
consensus  the same masks, driven to one answer for all inputs; then what is shut is cut away
========== ======================================================================================

Events are counted all-in: what it takes to know a mask is part of them.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from neuromorph.cooperative.architecture import context_net, n_parameter, towers
from neuromorph.cooperative.frame_data import FrameData, batches, cut
from neuromorph.cooperative.gating import Consensus, FireTogether, foretold
from neuromorph.cooperative.learning import Penalty, Schedule, Teacher, train
from neuromorph.cooperative.measure import evaluate
from neuromorph.cooperative.objective import Objective
from neuromorph.cooperative.optimiser import Adam
from neuromorph.cooperative.plan import plan
from neuromorph.cooperative.propagation import forward
from neuromorph.cooperative.study import Size, hit, quality, sets
from neuromorph.cooperative.subnetwork import open_share, subnetwork, undecided
from neuromorph.description import Network
from neuromorph.sweep import Plan, Point
from neuromorph.workloads.pruning_sheet import draw, sheets
from neuromorph.workloads.study import Study

#: Family, values of its own setting, weights of the event penalty.
FULL = (
    ("m2h", (0.0,), (0.1, 0.3, 1.0)),
    ("towers", (0.0,), (0.1, 0.5, 1.0)),
    ("masked", (0.0,), (0.03, 0.1, 0.3)),
    ("together", (0.9, 0.97, 0.995), (0.0, 0.1)),
    ("together16", (0.97, 0.995), (0.1,)),
    ("consensus", (0.2, 0.4, 0.7), (0.1,)),
)
QUICK = (
    ("m2h", (0.0,), (0.1, 0.6)),
    ("towers", (0.0,), (0.1, 0.6)),
    ("masked", (0.0,), (0.03, 0.2)),
    ("together", (0.9, 0.99), (0.1,)),
    ("consensus", (0.3, 0.6), (0.1,)),
)
SMALL, WHOLE = Size(train=60, held_out=20, seconds=2.0), Size(train=120, held_out=40)
#: Families of masked towers: rank of the masks, hidden units for equal parameters.
MASKED = {"masked": (4, 79), "together": (4, 79), "together16": (16, 66), "consensus": (4, 79)}


def pruning_study(
    *, quick: bool = True, seeds: int | None = None, cache: str | Path | None = None
) -> Study:
    """Return the study; ``quick`` is a sketch: 60 short utterances, one seed (or ``seeds``).

    Otherwise 120 utterances of 3 s to train on, 40 to choose and 40 to report, three seeds.
    """
    n_seed = seeds or (1 if quick else 3)
    size, epochs = (SMALL, 4) if quick else (WHOLE, 6)
    rows = [
        {"family": family, "setting": value, "penalty": penalty, "epochs": epochs, "seed": seed,
         "size": asdict(size), "cache": None if cache is None else str(cache)}
        for seed in range(n_seed) for family, values, penalties in (QUICK if quick else FULL)
        for value in values for penalty in penalties
    ]  # fmt: skip
    return Study(
        name="pruning",
        title="Dynamic pruning and two-point cells on audio-visual speech: quality against events",
        plan=Plan(parameters=rows, name="pruning"),
        function=run_case,
        sheets=sheets,
        picture=draw,
    )


def build(family: str, seed: int) -> Network:
    """Return the net of a family.

    Raises
    ------
    ValueError
        An unknown family.
    """
    if family == "m2h":
        return context_net("m2h", hidden=(128, 128), seed=seed)
    if family == "towers":
        return towers(hidden=(84, 84), seed=seed)
    if family in MASKED:
        lines, n = MASKED[family]
        return towers(hidden=(n, n), own_lines=lines, seed=seed)
    names = ", ".join(row[0] for row in FULL)
    raise ValueError(f"family: {family!r} came, {names} are there")


def teacher(family: str, setting: float) -> Teacher | None:
    """Return what teaches the masks of a family, if it is not the task alone."""
    if family.startswith("together"):
        return FireTogether(mass=setting)
    return Consensus(keep=setting) if family == "consensus" else None


def run_case(point: Point) -> dict[str, Any]:
    """Train and measure one case: parameters as :func:`pruning_study` makes them."""
    p = point.parameters
    data, validation, test, _ = sets(Size.read(p["size"]), p["cache"])
    network = build(p["family"], p["seed"])
    trained = train(
        network, data, objectives=[Objective(population="mask", weight=4.0)],
        optimiser=Adam(rate=1e-2), schedule=Schedule(epochs=p["epochs"], seed=p["seed"]),
        penalty=Penalty(events=p["penalty"]), teacher=teacher(p["family"], p["setting"]),
    )  # fmt: skip
    final, extra = trained.network, {}
    if p["family"].startswith("together"):
        wanted, right = foretold_on(final, test, p["setting"])
        extra = {"wanted": wanted, "right": right}
    if p["family"] == "consensus":
        shares = open_share(final, data)
        gated = evaluate(final, test)
        final = subnetwork(final, shares)
        extra = {"undecided": undecided(shares), "gated_events": gated.events.events,
                 "gated_hit_fa": hit(gated, test)}  # fmt: skip
    return {
        **measures(final, validation, "validation_"), **measures(final, test, ""), **extra,
        "trained_parameters": n_parameter(network), "parameters": n_parameter(final),
        "seconds": sum(line.seconds for line in trained.history),
    }  # fmt: skip


def measures(network: Network, data: FrameData, prefix: str) -> dict[str, float]:
    """Return quality and events of a network on a data set."""
    found = quality(evaluate(network, data), data, prefix)
    return found | {f"{prefix}gate_events": gate_events(network, data)}


def gate_populations(network: Network) -> set[str]:
    """Return the populations that only exist to open and shut others, or feed those alone."""
    out: set[str] = set()
    while True:
        more = {
            p.source
            for p in network.projections
            if network.population(p.source).cell.kind != "source"
            and all(
                q.port != "basal" or q.target in out
                for q in network.projections
                if q.source == p.source
            )
        }
        if more <= out:
            return out
        out |= more


def gate_events(network: Network, data: FrameData) -> float:
    """Return the events per frame that it takes to know which units are open.

    All products on context ports, and those of populations that feed nothing else.
    """
    own = gate_populations(network)
    counted = [p for p in network.projections if p.port != "basal" or p.target in own]
    if not counted:
        return 0.0
    laid = plan(network, dtype=np.float32)
    total, n = 0.0, 0
    for batch in batches(cut(data, 1), 4096, np.float32):
        tape = forward(laid, batch.inputs)
        n += batch.labelled.size
        for p in counted:
            active = np.count_nonzero(tape.y[0][network.index(p.source)])
            total += float(active) * network.population(p.target).n
    return total / n


def foretold_on(network: Network, data: FrameData, mass: float) -> tuple[float, float]:
    """Return :func:`neuromorph.cooperative.gating.foretold` over a data set."""
    laid = plan(network, dtype=np.float32)
    found, sizes = [], []
    for batch in batches(cut(data, 1), 4096, np.float32):
        found.append(foretold(laid, forward(laid, batch.inputs), mass))
        sizes.append(batch.labelled.size)
    wanted, right = np.average(np.array(found), axis=0, weights=sizes)
    return float(wanted), float(right)
