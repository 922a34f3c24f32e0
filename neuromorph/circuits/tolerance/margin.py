"""Margins: how far each parameter moves, alone, before the circuit fails its check."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

from neuromorph.circuits.circuit import Circuit
from neuromorph.circuits.tolerance.knob import GLOBALS, Knob, knobs
from neuromorph.circuits.tolerance.trial import Bench, Check, KnobTrial, about, benches
from neuromorph.circuits.tolerance.variant import LANES, Setting
from neuromorph.sweep import Plan, run_sweep

#: Tells for rows of factors whether each passes.
Judge: TypeAlias = Callable[[list[list[float]]], list[bool]]

INTERIOR = 3  #: variants tried inside each bracket and round


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """The range of one parameter, relative to its nominal value.

    Attributes
    ----------
    name : str
    low, high : float
        The furthest factors known to pass, less 1: low <= 0 <= high.
    low_open, high_open : bool
        The scan ended there without a failure: the margin is at least so wide.
    islands : tuple of float
        Factors, less 1, that pass again beyond the first failure: not counted.
    """

    name: str
    low: float
    high: float
    low_open: bool = False
    high_open: bool = False
    islands: tuple[float, ...] = ()

    def __str__(self) -> str:
        low = f"{'<' if self.low_open else ''}{self.low:+.1%}"
        return f"{self.name} {low} / {'>' if self.high_open else ''}{self.high:+.1%}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Margins:
    """The margins of a design.

    Attributes
    ----------
    title : str
    margins : tuple of Margin
        Empty if the nominal design fails.
    nominal : bool
        Whether the nominal design passes.
    resolution : float
        Distance of the last pass from the first failure, at most.
    trials : int
        Variants simulated.
    """

    title: str
    margins: tuple[Margin, ...]
    nominal: bool
    resolution: float
    trials: int

    def __getitem__(self, name: str) -> Margin:
        for margin in self.margins:
            if margin.name == name:
                return margin
        listed = ", ".join(margin.name for margin in self.margins)
        raise KeyError(f"margins of {self.title}: {name!r} came, {listed or 'none'} are there")

    @property
    def critical(self) -> float:
        """The smallest margin on either side; 0 if the nominal design fails."""
        sides = [abs(x) for m in self.margins for x in (m.low, m.high)]
        return min(sides, default=0.0) if self.nominal else 0.0

    @property
    def limits(self) -> tuple[str, ...]:
        """Which parameters, and on which side, attain the critical margin."""
        reach = self.critical + self.resolution
        return tuple(
            f"{margin.name} {side}"
            for margin in self.margins
            for side, value in (("low", margin.low), ("high", margin.high))
            if abs(value) < reach
        )

    def __repr__(self) -> str:
        if not self.nominal:
            return f"Margins of {self.title!r}: the nominal design fails its check"
        lines = [f"  {margin}" for margin in self.margins]
        head = f"Margins of {self.title!r}: critical {self.critical:.1%} ({', '.join(self.limits)})"
        return "\n".join([head, *lines])


def margins(
    circuit: Circuit | Sequence[Bench],
    check: Check | None = None,
    parameters: Iterable[str | Knob] = tuple(GLOBALS),
    *,
    span: float = 0.9,
    scan: int = 9,
    resolution: float = 0.005,
    step: float | None = None,
    duration: float | None = None,
    temperature: float | None = 0.0,
    seed: int = 0,
    **how: Any,
) -> Margins:
    """Move each parameter up and down, alone, until the circuit fails its check.

    Every parameter and side is scanned in ``scan`` equal steps up to ``span`` and the bracket of
    the first failure divided until it is narrower than ``resolution``; all variants of a round
    are simulated together.

    Parameters
    ----------
    circuit : Circuit, or sequence of Bench
    check : Specification, or function of Observed
    parameters : names
        XI, XL, XJ, XR (all biases, inductances, junctions, resistors), elements, patterns.
    span : float
        How far to look on either side, below 1.
    scan : int
    resolution : float
    step, duration : float [s], optional
        The deck's unless given.
    temperature : float [K], optional
        0 by default, so that margins are sharp; None means the deck's.
    seed : int
        Of the noise, the same for all variants.
    **how
        ``executor``, ``workers``, ``folder`` and ``progress`` of
        :func:`neuromorph.sweep.run_sweep`; the search repeats its rounds exactly, so a folder can
        be gone on with.

    Returns
    -------
    Margins

    Raises
    ------
    ValueError
        A parameter that names nothing, or a range that is not allowed.

    Source
    ------
    The scan outwards and bisection, the critical margin and the global parameters are the
    customary ones (josim-tools, sunmagnetics; Delport et al., doi 10.1109/TASC.2019.2897312 for
    the simulator).
    """
    given = benches(circuit, check)
    chosen = knobs(given[0].circuit, parameters)
    setting = Setting(step=step, duration=duration, temperature=temperature, seed=seed)
    judge = swept_judge(given, chosen, setting, **how)
    return search(
        judge, [knob.name for knob in chosen], title=given[0].circuit.title, span=span, scan=scan,
        resolution=resolution,
    )  # fmt: skip


def swept_judge(
    given: tuple[Bench, ...], chosen: tuple[Knob, ...], setting: Setting, **how: Any
) -> Judge:
    """Return a judge that simulates its rows as a sweep."""
    trial = KnobTrial(benches=given, knobs=chosen, setting=setting)
    settings = about(given, setting) | {"knobs": [asdict(k) for k in chosen]}

    folder = how.pop("folder", None)
    rounds = itertools.count()

    def judge(rows: list[list[float]]) -> list[bool]:
        plan = Plan(parameters=[{"factors": row} for row in rows], name="trials", settings=settings)
        place = None if folder is None else Path(folder) / f"round-{next(rounds):03d}"
        outcomes = run_sweep(
            plan, trial, batched=True, folder=place, **{"error": "raise", "chunk": LANES, **how}
        )
        return [bool(value) for value in outcomes.values]

    return judge


def search(
    judge: Judge,
    names: Sequence[str],
    *,
    title: str = "design",
    span: float = 0.9,
    scan: int = 9,
    resolution: float = 0.005,
) -> Margins:
    """Find margins with any judge of rows of factors, one factor per name.

    Raises
    ------
    ValueError
        A span, number of steps or resolution that is not allowed.
    """
    if not 0.0 < span < 1.0 or scan < 1 or not 0.0 < resolution < 1.0:
        raise ValueError(
            f"margins: span {span}, scan {scan}, resolution {resolution} came; 0 < span < 1, "
            "scan >= 1 and 0 < resolution < 1 are allowed"
        )
    lanes = [_Lane(i, sign, len(names)) for i in range(len(names)) for sign in (-1.0, 1.0)]
    offsets = [span * k / scan for k in range(1, scan + 1)]
    rows = [lane.row(x) for lane in lanes for x in offsets]
    nominal, *passed = judge([[1.0] * len(names), *rows])
    trials = len(rows) + 1
    if not nominal:
        return Margins(title=title, margins=(), nominal=False, resolution=resolution, trials=trials)
    for i, lane in enumerate(lanes):
        lane.scanned(offsets, passed[i * scan : (i + 1) * scan])
    while open_lanes := [lane for lane in lanes if lane.width > resolution]:
        inner = [lane.interior() for lane in open_lanes]
        pairs = list(zip(open_lanes, inner, strict=True))
        passed = judge([lane.row(x) for lane, xs in pairs for x in xs])
        for i, (lane, xs) in enumerate(pairs):
            lane.narrowed(xs, passed[i * INTERIOR : (i + 1) * INTERIOR])
        trials += len(open_lanes) * INTERIOR
    return Margins(
        title=title, margins=tuple(_margin(names[i], *lanes[2 * i : 2 * i + 2])
                                   for i in range(len(names))),
        nominal=True, resolution=resolution, trials=trials,
    )  # fmt: skip


class _Lane:
    """One parameter and side: the bracket between its last pass and its first failure."""

    def __init__(self, place: int, sign: float, n: int) -> None:
        self.place, self.sign, self.n = place, sign, n
        self.good, self.bad = 0.0, 0.0
        self.open = False
        self.islands: list[float] = []

    def row(self, offset: float) -> list[float]:
        row = [1.0] * self.n
        row[self.place] = 1.0 + self.sign * offset
        return row

    @property
    def width(self) -> float:
        return 0.0 if self.open else self.bad - self.good

    def scanned(self, offsets: list[float], passed: list[bool]) -> None:
        """Take the scan: the first failure closes the bracket, a later pass is an island."""
        self.open = all(passed)
        first = len(passed) if self.open else passed.index(False)
        self.good = offsets[first - 1] if first else 0.0
        if not self.open:
            self.bad = offsets[first]
            self.islands = [self.sign * x for x, ok in zip(offsets, passed, strict=True)
                            if ok and x > self.bad]  # fmt: skip

    def interior(self) -> list[float]:
        """Return the offsets to try next."""
        part = (self.bad - self.good) / (INTERIOR + 1)
        return [self.good + part * k for k in range(1, INTERIOR + 1)]

    def narrowed(self, offsets: list[float], passed: list[bool]) -> None:
        for offset, ok in zip(offsets, passed, strict=True):
            if not ok:
                self.bad = offset
                return
            self.good = offset


def _margin(name: str, down: _Lane, up: _Lane) -> Margin:
    return Margin(
        name=name, low=-down.good, high=up.good, low_open=down.open, high_open=up.open,
        islands=(*reversed(down.islands), *up.islands),
    )  # fmt: skip
