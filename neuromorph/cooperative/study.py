"""The study: quality against all-in synaptic events, for two-point nets and their baselines.

Every case is trained on one set, tuned on a second, reported on a third. Comparisons are made at
equal quality on the fronts of means over seeds; the choice among cases is made on the validation
set alone.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np

from neuromorph.av_speech import Corpus, CorpusConfig, generate
from neuromorph.cooperative.architecture import (
    context_net,
    n_parameter,
    towers,
    with_reconstruction,
)
from neuromorph.cooperative.frame_data import FrameData
from neuromorph.cooperative.learning import Penalty, Schedule, train
from neuromorph.cooperative.measure import (
    Evaluation,
    accuracy,
    evaluate,
    hit_fa,
    hit_fa_by_snr,
    kill,
)
from neuromorph.cooperative.objective import Objective
from neuromorph.cooperative.optimiser import Adam
from neuromorph.description import Network
from neuromorph.statistic import mean_interval
from neuromorph.sweep import Outcomes, Plan, Point

#: SNR of the hard set [dB].
HARD = (-12.0, -9.0, -6.0)
DAMAGE = (0.1, 0.25, 0.5)

#: Families: transfer of the context net, or another net; and what each is compared as.
FAMILIES = {
    "m2h": "two-point, hard gate R relu(1+C): closed units are skipped",
    "m2": "two-point, R (1+C): nothing is skipped",
    "additive": "baseline: R + C, same wiring",
    "glu": "baseline: 2 R sigma(C), same wiring",
    "hard_glu": "baseline: R relu(C), same wiring, skipped alike",
    "towers": "baseline: dense point net, one tower per stream",
    "masked": "baseline: point towers, each layer with a learned skip mask of its own",
    **{
        f"{name}_memory": f"{name} with recurrent universal context"
        for name in ("m2h", "additive", "glu", "hard_glu")
    },
    **dict.fromkeys(
        ("kp", "m1", "m1a", "m3", "m4", "coop", "silu", "pi_coop"),
        "two-point, nothing is skipped",
    ),
}

#: The standard study: family, hidden units, weights of the event penalty.
STANDARD = (
    ("m2h", (128, 128), (0.1, 0.3, 0.6, 1.0)),
    ("m2h", (48, 96), (0.1, 0.3)),
    ("m2", (128, 128), (0.1, 0.5)),
    ("hard_glu", (128, 128), (0.1, 0.3, 1.0)),
    ("hard_glu", (48, 96), (0.1, 0.3)),
    ("glu", (128, 128), (0.1, 0.5, 1.0)),
    ("glu", (48, 96), (0.1, 0.7)),
    ("glu", (32, 64), (0.1, 0.5)),
    ("additive", (128, 128), (0.1, 0.5, 1.0)),
    ("additive", (48, 96), (0.1, 0.5)),
    ("towers", (101, 101), (0.1, 0.5, 1.0)),
    ("towers", (48, 48), (0.1, 0.5)),
    ("towers", (32, 32), (0.1, 0.5)),
    ("masked", (96, 96), (0.03, 0.1, 0.3)),
    ("masked", (64, 64), (0.03, 0.1)),
)
#: A sketch of it that takes seconds; its numbers mean little.
QUICK = (
    ("m2h", (48, 96), (0.1, 1.0)),
    ("glu", (48, 96), (0.1, 1.0)),
    ("towers", (48, 48), (0.1, 1.0)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large the sets are; ``train`` utterances, and as many as ``held_out`` twice more."""

    train: int = 240
    held_out: int = 60
    seconds: float = 3.0
    snr: tuple[float, ...] = HARD
    n_vocabulary: int = 51

    @staticmethod
    def read(record: Mapping[str, Any]) -> Size:
        """Return the size that a point holds as plain values: what ``asdict`` makes of one."""
        return Size(**{**record, "snr": tuple(record["snr"])})


def build(
    family: str, hidden: Sequence[int], seed: int, streams: Mapping[str, int] | None = None
) -> Network:
    """Return the network of a family; ``streams`` beside the sound, the picture if left out.

    Raises
    ------
    ValueError
        An unknown family.
    """
    if family not in FAMILIES:
        raise ValueError(f"family: {family!r} came, {', '.join(FAMILIES)} are there")
    if family == "towers":
        return towers(hidden=hidden, seed=seed, streams=streams)
    if family == "masked":
        return towers(hidden=hidden, own_lines=4, seed=seed, streams=streams)
    transfer, memory = family.removesuffix("_memory"), 8 if family.endswith("_memory") else 0
    return context_net(transfer, hidden=hidden, memory=memory, seed=seed, streams=streams)


def as_data(corpus: Corpus, like: Corpus) -> FrameData:
    """Return a corpus as inputs and targets, scaled as the training set ``like``."""
    audio, video = corpus.streams(like)
    return FrameData(
        inputs={"audio": audio, "video": video},
        targets={"mask": corpus.mask.astype(np.float32)},
        snr=corpus.snr,
    )


@functools.lru_cache(maxsize=1)
def sets(size: Size, cache: str | None) -> tuple[FrameData, FrameData, FrameData, FrameData]:
    """Return training, validation, test, and the test set with the videos shuffled."""
    parts = [
        generate(
            CorpusConfig(n_utterance=n, snr=size.snr, first=first, seconds=size.seconds,
                         n_vocabulary=size.n_vocabulary),
            cache=cache,
        )
        for first, n in ((0, size.train), (100_000, size.held_out), (200_000, size.held_out))
    ]  # fmt: skip
    first, second, third = parts
    return (
        as_data(first, first),
        as_data(second, first),
        as_data(third, first),
        as_data(third.incongruent(), first),
    )


def run_case(point: Point) -> dict[str, Any]:
    """Train and measure one case.

    Parameters
    ----------
    point : Point
        ``family``, ``hidden``, ``penalty`` (weight of 10,000 events), ``rate``, ``epochs``,
        ``seed``, ``labels`` (labelled utterances; 0: all), ``size`` (fields of :class:`Size`),
        ``cache``.
    """
    p = point.parameters
    size = Size.read(p["size"])
    data, validation, test, shuffled = sets(size, p["cache"])
    network = build(p["family"], p["hidden"], p["seed"])
    objectives = [Objective(population="mask", weight=4.0, labelled_only=p["labels"] > 0)]
    if p["labels"]:
        network = with_reconstruction(network, ("audio", "video"), seed=p["seed"])
        data = _reconstructing(data).few_labels(p["labels"], seed=p["seed"])
        objectives += [
            Objective(population=f"{name}_again", loss="mse") for name in ("audio", "video")
        ]
    trained = train(
        network,
        data,
        objectives=objectives,
        optimiser=Adam(rate=p["rate"]),
        schedule=Schedule(epochs=p["epochs"], seed=p["seed"]),
        penalty=Penalty(events=p["penalty"]),
    )
    out: dict[str, Any] = quality(
        evaluate(trained.network, validation), validation, "validation_"
    )
    tested = evaluate(trained.network, test)
    out |= quality(tested, test, "")
    out["shuffled_hit_fa"] = hit(evaluate(trained.network, shuffled), shuffled)
    out["damage"] = [
        hit(evaluate(kill(trained.network, share, seed=p["seed"]), test), test)
        for share in DAMAGE
    ]
    out["n_parameter"] = n_parameter(network)
    out["training_events"] = [line.events for line in trained.history]
    out["training_loss"] = [line.loss for line in trained.history]
    out["seconds"] = sum(line.seconds for line in trained.history)
    return out


def _reconstructing(data: FrameData) -> FrameData:
    again = {f"{name}_again": value for name, value in data.inputs.items()}
    return replace(data, targets={**data.targets, **again})


def hit(done: Evaluation, data: FrameData) -> float:
    """Return the HIT-FA of an evaluation."""
    return hit_fa(done.output, data.targets["mask"])


def lowest_hit(done: Evaluation, data: FrameData) -> float:
    """Return the HIT-FA of the sequences of the lowest signal-to-noise ratio; nan if unknown."""
    if data.snr is None:
        return float("nan")
    return next(iter(hit_fa_by_snr(done.output, data.targets["mask"], data.snr).values()))


def quality(done: Evaluation, data: FrameData, prefix: str) -> dict[str, Any]:
    """Return quality and activity of an evaluation, as plain numbers by name."""
    gates = [a.open for a in done.activity.values() if a.open < 1.0]
    return {
        f"{prefix}hit_fa": hit(done, data),
        f"{prefix}lowest_snr_hit_fa": lowest_hit(done, data),
        f"{prefix}accuracy": accuracy(done.output, data.targets["mask"]),
        f"{prefix}events": done.events.events,
        f"{prefix}zero_skipped": done.events.zero_skipped,
        f"{prefix}hidden": done.events.hidden,
        f"{prefix}dense": done.events.dense,
        f"{prefix}active": done.active,
        f"{prefix}open": float(np.mean(gates)) if gates else 1.0,
    }


def cases(
    table: Iterable[tuple[str, tuple[int, ...], tuple[float, ...]]], **more: Any
) -> list[dict[str, Any]]:
    """Return the cases of a table such as ``STANDARD``; ``more`` is in each of them."""
    return [
        {"family": family, "hidden": hidden, "penalty": penalty, **more}
        for family, hidden, penalties in table
        for penalty in penalties
    ]


def study_plan(
    wanted: Iterable[Mapping[str, Any]],
    *,
    seeds: int = 5,
    size: Size | None = None,
    cache: str | Path | None = None,
    name: str = "mcc",
) -> Plan:
    """Return the plan of a study: every case with every seed; see :func:`run_case`."""
    fields = asdict(size or Size())
    rows = [
        {
            "penalty": 0.0, "rate": 1e-2, "epochs": 6, "labels": 0, **case, "seed": seed,
            "size": fields, "cache": None if cache is None else str(cache),
        }
        for case in wanted
        for seed in range(seeds)
    ]  # fmt: skip
    return Plan(parameters=rows, name=name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One case of a study: means over seeds with 95 % intervals."""

    family: str
    hidden: tuple[int, ...]
    penalty: float
    rate: float
    epochs: int
    labels: int
    n: int
    mean: Mapping[str, float]
    half: Mapping[str, float]  # half widths of the intervals (nan for one seed)


def summarise(outcomes: Outcomes) -> list[Line]:
    """Return one line per case, whatever part of the study is finished."""
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for p, value in outcomes.finished():
        key = (p["family"], tuple(p["hidden"]), p["penalty"], p["rate"], p["epochs"], p["labels"])
        groups.setdefault(key, []).append(value)
    out = []
    for key, values in groups.items():
        mean, half = {}, {}
        for name, value in values[0].items():
            if not isinstance(value, list):
                middle, interval = mean_interval([float(v[name]) for v in values])
                mean[name] = middle
                half[name] = float("nan") if interval is None else interval[1] - middle
        for position, share in enumerate(DAMAGE if "damage" in values[0] else ()):
            mean[f"damage_{share}"] = float(np.mean([v["damage"][position] for v in values]))
        out.append(Line(
            family=key[0], hidden=key[1], penalty=key[2], rate=key[3], epochs=key[4],
            labels=key[5], n=len(values), mean=mean, half=half,
        ))  # fmt: skip
    return out


class Measured(Protocol):
    """What a front is made of: one case of some study."""

    @property
    def mean(self) -> Mapping[str, float]:
        """Means over seeds; those of the validation set begin with ``validation_``."""


AnyCase = TypeVar("AnyCase", bound=Measured)


def front(
    lines: Sequence[AnyCase], quality: str = "hit_fa", cost: str = "events"
) -> list[AnyCase]:
    """Return the lines that no other beats on the validation set, cheapest first."""
    held = f"validation_{quality}"
    best: list[AnyCase] = []
    for line in sorted(lines, key=lambda item: item.mean[f"validation_{cost}"]):
        if not best or line.mean[held] > best[-1].mean[held]:
            best.append(line)
    return best


def events_at(
    lines: Sequence[Measured], level: float, quality: str = "hit_fa", cost: str = "events"
) -> float:
    """Return the events at which a front reaches a quality on the test set; nan outside it.

    Linear between neighbouring lines of the (validation) front. ``cost`` is ``events`` (zero inputs
    and shut units skipped) or ``zero_skipped``.
    """
    chosen = front(lines, quality, cost)
    x = np.array([line.mean[quality] for line in chosen])
    y = np.array([line.mean[cost] for line in chosen])
    order = np.argsort(x)
    if not chosen or not x.min() <= level <= x.max():
        return float("nan")
    return float(np.interp(level, x[order], y[order]))
