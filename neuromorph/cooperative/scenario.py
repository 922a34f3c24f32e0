"""The search for where cooperation pays: circumstances in which context might matter more.

Every scenario trains the two-point net and the baselines and compares events at equal quality, with
an interval over seeds. The tuned tables hold two widths of ours, of GLU and of the masked net, two
weights of the event penalty for our wide net; one case each of hard GLU, additive and towers.
``RECURRENT`` and ``LONG`` hold one case of each net.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from neuromorph.cooperative.architecture import n_parameter
from neuromorph.cooperative.corruption import KINDS, corrupted, several
from neuromorph.cooperative.frame_data import FrameData
from neuromorph.cooperative.learning import Penalty, Schedule, train
from neuromorph.cooperative.measure import evaluate
from neuromorph.cooperative.objective import Objective
from neuromorph.cooperative.optimiser import Adam
from neuromorph.cooperative.study import (
    Line,
    Size,
    build,
    cases,
    front,
    hit,
    quality,
    sets,
    summarise,
)
from neuromorph.sweep import Outcomes, Plan, Point

Cases = Sequence[tuple[str, tuple[int, ...], tuple[float, ...]]]

#: The best cases of the standard study: three of ours, two of GLU and masked, one of each other.
TUNED: Cases = (
    ("m2h", (128, 128), (0.1, 0.3)),
    ("m2h", (48, 96), (0.1,)),
    ("hard_glu", (128, 128), (0.3,)),
    ("glu", (48, 96), (0.1,)),
    ("glu", (32, 64), (0.1,)),
    ("additive", (48, 96), (0.1,)),
    ("towers", (48, 48), (0.1,)),
    ("masked", (96, 96), (0.1,)),
    ("masked", (64, 64), (0.03,)),
)
DEEP: Cases = (
    ("m2h", (96,) * 4, (0.1, 0.3)),
    ("m2h", (56,) * 4, (0.1,)),
    ("hard_glu", (96,) * 4, (0.3,)),
    ("glu", (56,) * 4, (0.1,)),
    ("glu", (40,) * 4, (0.1,)),
    ("additive", (56,) * 4, (0.1,)),
    ("towers", (36,) * 4, (0.1,)),
    ("masked", (72,) * 4, (0.1,)),
    ("masked", (48,) * 4, (0.03,)),
)
RECURRENT: Cases = (
    ("m2h", (128, 128), (0.3,)),
    ("m2h_memory", (128, 128), (0.3,)),
    ("hard_glu_memory", (128, 128), (0.3,)),
    ("glu_memory", (32, 64), (0.1,)),
    ("additive_memory", (48, 96), (0.1,)),
    ("masked", (96, 96), (0.1,)),
)
LONG: Cases = (
    ("m2h", (128, 128), (0.3,)),
    ("hard_glu", (128, 128), (0.3,)),
    ("glu", (32, 64), (0.1,)),
    ("additive", (48, 96), (0.1,)),
    ("towers", (48, 48), (0.1,)),
    ("masked", (96, 96), (0.1,)),
)
#: Every transfer in one wiring, and point nets of as many parameters (36.7k). ``coop_v`` is
#: ``coop`` with another gate.
TRANSFERS: Cases = (
    ("m2h", (128, 128), (0.3,)),
    *(
        (name, (128, 128), (0.1, 0.5))
        for name in ("m2", "kp", "m1", "m1a", "m3", "m4", "coop", "silu", "pi_coop")
    ),
    ("hard_glu", (128, 128), (0.3,)),
    ("glu", (128, 128), (0.1, 0.5)),
    ("additive", (128, 128), (0.1, 0.5)),
    ("towers", (84, 84), (0.1, 0.5)),
    ("masked", (80, 80), (0.1,)),
)
HALF = Size(train=160, held_out=40)
MIXED = {"missing": 0.2, "shuffled": 0.2, "noisy": 0.2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One circumstance.

    Attributes
    ----------
    what : str
    table : Cases
    seeds : int
    size : Size
    shares : dict of float
        How the pictures are corrupted, in training and in the quality that is compared.
    pictures : int
        Independently corrupted copies of the picture, each a stream.
    epochs, batch, window : int
    tested : dict of float, optional
        Corruption of the pictures of the quality that is compared, if another than in training.
    rates : dict of float
        Learning rate by family, 1e-2 for those left out.
    """

    what: str
    table: Cases = TUNED
    seeds: int = 5
    size: Size = HALF
    shares: Mapping[str, float] = field(default_factory=dict)
    pictures: int = 1
    epochs: int = 6
    batch: int = 256
    window: int = 50
    tested: Mapping[str, float] | None = None
    rates: Mapping[str, float] = field(default_factory=dict)


SCENARIOS = {
    "plain": Scenario(what="the standard task, half the data"),
    "unreliable": Scenario(
        what="6 of 10 pictures missing, another's or noisy, in training and test",
        shares=MIXED,
    ),
    "three": Scenario(
        what="three pictures, each unreliable as above on its own", shares=MIXED, pictures=3,
    ),
    "learning": Scenario(
        what="pictures for half of the training only, none in the test",
        shares={"missing": 0.5}, tested={"missing": 1.0},
    ),
    "blind": Scenario(what="no pictures at all", shares={"missing": 1.0}),
    "words": Scenario(
        what="500 words instead of 51",
        size=Size(train=160, held_out=40, n_vocabulary=500),
    ),
    "deep": Scenario(what="four hidden layers", table=DEEP),
    "long": Scenario(what="24 epochs instead of 6", table=LONG, epochs=24),
    "transfers": Scenario(
        what="every transfer in one wiring, point nets of as many parameters", table=TRANSFERS,
        size=Size(), rates={"coop": 5e-3, "pi_coop": 3e-3},
    ),
    "recurrent": Scenario(
        what="universal context from all layers, a frame late, fading", table=RECURRENT,
        epochs=12, batch=1024, window=30, seeds=3,
    ),
}  # fmt: skip


def scenario_plan(
    name: str, *, cache: str | Path | None = None, seeds: int | None = None, sketch: bool = False
) -> Plan:
    """Return the plan of a scenario; see :func:`run_scenario`.

    ``sketch`` takes one case of each family, one epoch and 40 utterances: seconds, to look at.

    Raises
    ------
    ValueError
        An unknown scenario.
    """
    if name not in SCENARIOS:
        raise ValueError(f"scenario: {name!r} came, {', '.join(SCENARIOS)} are there")
    s = _sketched(SCENARIOS[name]) if sketch else SCENARIOS[name]
    return plan_of(s, name=name, cache=cache, seeds=seeds or s.seeds)


def _sketched(s: Scenario) -> Scenario:
    first = {family: (family, hidden, weights[:1]) for family, hidden, weights in reversed(s.table)}
    size = replace(s.size, train=40, held_out=10)
    return replace(s, table=tuple(reversed(first.values())), epochs=1, size=size)


def plan_of(
    s: Scenario, *, name: str, cache: str | Path | None = None, seeds: int | None = None
) -> Plan:
    """Return the plan of a scenario of one's own."""
    rows = [
        {
            **case, "seed": seed, "rate": s.rates.get(case["family"], 1e-2), "epochs": s.epochs,
            "batch": s.batch, "window": s.window, "labels": 0, "shares": dict(s.shares),
            "pictures": s.pictures,
            "tested": dict(s.shares if s.tested is None else s.tested),
            "size": asdict(s.size), "cache": None if cache is None else str(cache),
        }
        for case in cases(s.table)
        for seed in range(seeds or s.seeds)
    ]  # fmt: skip
    return Plan(parameters=rows, name=f"mcc_{name}")


def run_scenario(point: Point) -> dict[str, Any]:
    """Train and measure one case of a scenario.

    Returns quality on validation and test sets corrupted as compared, and on the test set with
    every picture whole and with every picture corrupted in each way.
    """
    p = point.parameters
    data, validation, test, _ = sets(Size.read(p["size"]), p["cache"])
    pictures, shares, tested = p["pictures"], dict(p["shares"]), dict(p["tested"])

    def given(part: FrameData, how: Mapping[str, float], seed: int) -> FrameData:
        if pictures == 1:
            return corrupted(part, "video", how, seed=seed)
        return several(part, "video", pictures, how, seed=seed)

    learned = given(data, shares, 1)
    streams = {k: np.shape(v)[2] for k, v in learned.inputs.items() if k != "audio"}
    network = build(p["family"], p["hidden"], p["seed"], streams)
    trained = train(
        network,
        learned,
        objectives=[Objective(population="mask", weight=4.0)],
        optimiser=Adam(rate=p["rate"]),
        schedule=Schedule(
            epochs=p["epochs"], batch=p["batch"], window=p["window"], seed=p["seed"]
        ),
        penalty=Penalty(events=p["penalty"]),
    )
    out: dict[str, Any] = {"n_parameter": n_parameter(network)}
    for prefix, part, seed in (("validation_", validation, 2), ("", test, 3)):
        compared = given(part, tested, seed)
        out |= quality(evaluate(trained.network, compared), compared, prefix)
    for kind in ("whole", *KINDS):
        seen = given(test, {} if kind == "whole" else {kind: 1.0}, 4)
        out[f"{kind}_hit_fa"] = hit(evaluate(trained.network, seen), seen)
    out["seconds"] = sum(line.seconds for line in trained.history)
    out["training_loss"] = [line.loss for line in trained.history]
    return out


def least_events(lines: Sequence[Line], level: float) -> float:
    """Return the fewest events for at least a quality; nan above the best.

    Linear between neighbouring lines of the validation front.
    """
    chosen = front(lines)
    x = np.array([line.mean["hit_fa"] for line in chosen])
    y = np.array([line.mean["events"] for line in chosen])
    if not chosen or level > x.max():
        return float("nan")
    order = np.argsort(x)
    return float(np.interp(level, x[order], y[order]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """Events of one family relative to another at the best quality that both reach.

    ``ratio`` below 1: ours needs fewer; ``low``, ``high``: central 95 % of it over resampled seeds.
    """

    against: str
    level: float
    ratio: float
    low: float
    high: float


def saving(
    outcomes: Outcomes, ours: str, theirs: str, *, draws: int = 400, seed: int = 0
) -> Saving:
    """Return the ratio of events at equal quality, with a bootstrap interval over seeds."""
    ratio, level = _ratio(summarise(outcomes), ours, theirs)
    seeds = sorted({outcomes.plan[i].parameters["seed"] for i in outcomes.by_index})
    rng = np.random.default_rng(seed)
    drawn = [
        _ratio(_resampled(outcomes, rng.choice(seeds, len(seeds)).tolist()), ours, theirs)[0]
        for _ in range(draws)
    ]
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return Saving(against=theirs, level=level, ratio=ratio, low=float(low), high=float(high))


def _ratio(lines: Sequence[Line], ours: str, theirs: str) -> tuple[float, float]:
    mine, other = ([x for x in lines if x.family == name] for name in (ours, theirs))
    level = min(max(x.mean["hit_fa"] for x in front(part)) for part in (mine, other))
    return least_events(mine, level) / least_events(other, level), level


def _resampled(outcomes: Outcomes, chosen: Sequence[int]) -> list[Line]:
    """Return lines whose means are over the chosen seeds, some of them more than once."""
    groups: dict[tuple[Any, ...], dict[int, Mapping[str, Any]]] = {}
    for p, value in outcomes.finished():
        key = (p["family"], tuple(p["hidden"]), p["penalty"])
        groups.setdefault(key, {})[p["seed"]] = value
    names = ("hit_fa", "events", "validation_hit_fa", "validation_events")
    return [
        Line(
            family=family, hidden=hidden, penalty=penalty, rate=0.0, epochs=0, labels=0,
            n=len(chosen), half={},
            mean={n: float(np.mean([values[s][n] for s in chosen if s in values])) for n in names},
        )
        for (family, hidden, penalty), values in groups.items()
    ]  # fmt: skip
