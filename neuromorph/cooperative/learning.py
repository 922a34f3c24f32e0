"""Training a frame-based network by backpropagation."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from neuromorph.cooperative import checkpoint as checkpoints
from neuromorph.cooperative.event_count import count_events, event_costs
from neuromorph.cooperative.frame_data import Batch, FrameData, batches, cut
from neuromorph.cooperative.objective import Objective
from neuromorph.cooperative.optimiser import SGD, Adam, Moments
from neuromorph.cooperative.plan import LEARNED, Array, Plan, plan, unplan
from neuromorph.cooperative.propagation import Costs, Tape, Workspace, backward, forward
from neuromorph.cooperative.rounding import Rounding, View
from neuromorph.description import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Penalty:
    """What activity costs.

    Attributes
    ----------
    events : float
        Weight of the all-in events per frame, in units of ``scale``.
    activity : float
        Weight of the summed absolute output of all hidden units per frame.
    ramp : float
        Both weights grow linearly from 0 over this share of the training.
    scale : float
        Events that cost 1.

    Raises
    ------
    ValueError
        A weight or ramp below 0, or a scale that is not above 0.
    """

    events: float = 0.0
    activity: float = 0.0
    ramp: float = 0.3
    scale: float = 1e4

    def __post_init__(self) -> None:
        if not (self.events >= 0 and self.activity >= 0 and self.ramp >= 0 and self.scale > 0):
            raise ValueError(
                f"Penalty: events {self.events}, activity {self.activity}, ramp {self.ramp}, scale "
                f"{self.scale} came, 0 or more (scale: more than 0) is allowed"
            )

    def at(self, share: float) -> tuple[float, float]:
        """Return the weights of events and activity when ``share`` of the training is done."""
        grown = min(1.0, share / self.ramp) if self.ramp > 0 else 1.0
        return self.events * grown / self.scale, self.activity * grown


class Epoch(NamedTuple):
    """One line of the history."""

    epoch: int
    loss: float  # objectives, mean over the epoch's training batches
    validation: float  # objectives on the validation set (nan without one)
    events: float  # all-in per frame, mean over the training batches
    seconds: float  # processor time of the epoch


class Training(NamedTuple):
    """What a training gives back: the learned network and how it went."""

    network: Network
    history: tuple[Epoch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How long and in which portions.

    Attributes
    ----------
    epochs : int
    batch : int
        Frames per step; a recurrent network gets ``batch // window`` windows, at least one.
    window : int
        Frames that a recurrent network is unrolled over.
    patience : int, optional
        Epochs without a better validation loss after which training stops and the best network
        is kept; needs a validation set.
    seed : int
        Of the order of the data.

    Raises
    ------
    ValueError
        A number below 1.
    """

    epochs: int = 6
    batch: int = 256
    window: int = 50
    patience: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("epochs", "batch", "window", "patience"):
            if (value := getattr(self, name)) is not None and value < 1:
                raise ValueError(f"Schedule.{name}: {value} came, 1 or more is allowed")


@dataclass(slots=True, kw_only=True, eq=False)
class Progress:
    """Where a training stands: all that a checkpoint holds."""

    vector: Array
    moments: Moments
    best: Array
    best_loss: float = float("inf")
    epoch: int = 0
    history: list[Epoch] = field(default_factory=list)


def train(
    network: Network,
    data: FrameData,
    *,
    objectives: Sequence[Objective],
    validation: FrameData | None = None,
    optimiser: Adam | SGD | None = None,
    schedule: Schedule | None = None,
    penalty: Penalty | None = None,
    learn: Sequence[str] = LEARNED,
    precision: str = "float32",
    quantise: Rounding | None = None,
    teacher: Teacher | None = None,
    checkpoint: str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Training:
    """Train a network by backpropagation (through time, where it is recurrent).

    Parameters
    ----------
    network : Network
        Frame-based; its weights are the starting point. Absent synapses stay absent, tied ones
        equal, thresholds at or above 0.
    data, validation : FrameData
    objectives : sequence of Objective
    optimiser : Adam or SGD
    schedule : Schedule
    penalty : Penalty
    learn : sequence of str
        What may move; see :func:`neuromorph.cooperative.plan.plan`.
    precision : str
        ``"float32"`` or ``"float64"``.
    quantise : Quantised or Formatted, optional
        Quantisation-aware: forward and backward see weights and outputs rounded as the integer
        network (or the number format) rounds them, the steps move the unrounded weights
        (straight-through estimator, arXiv 1308.3432). Scales of outputs are calibrated before each
        epoch unless they are given; :func:`neuromorph.cooperative.calibrate` finds those to run
        the trained network with.
    teacher : Teacher, optional
        Teaches masks something else than the objectives; see :mod:`neuromorph.cooperative.gating`.
    checkpoint : path, optional
        Written after each epoch. If the file is there, training goes on from it and ends with
        the same bits as one that was never interrupted (same machine, same threads).
    progress : callable, optional
        Called with (steps done, steps in all).

    Returns
    -------
    Training
        ``network`` and ``history``.

    Raises
    ------
    ValueError
        Data that does not fit, patience without a validation set, a validation set with fewer
        frames than the window, or a checkpoint of another training.
    RuntimeError
        The gradient is no longer finite.
    """
    optimiser, schedule, penalty = optimiser or Adam(), schedule or Schedule(), penalty or Penalty()
    if not objectives:
        raise ValueError("train: no objective came, one or more are allowed")
    targets = [objective.population for objective in objectives]
    for given in (data, validation):
        if given is not None:
            given.check(network, targets)
    laid = plan(network, dtype=np.dtype(precision).type, learn=learn)
    window = min(schedule.window, data.n_frame) if laid.recurrent else 1
    _check_validation(validation, schedule, window)
    run = _Run(
        laid, cut(data, window), None if validation is None else cut(validation, window),
        tuple(objectives), optimiser, schedule, penalty, max(1, schedule.batch // window),
        quantise, teacher,
    )  # fmt: skip
    state = Progress(
        vector=laid.vector, moments=Moments.zeros(laid.vector), best=laid.vector.copy()
    )
    identity = ""
    if checkpoint is not None:
        options = (
            tuple(objectives), optimiser, schedule, penalty, tuple(learn), quantise,
            np.dtype(precision).name, *(() if teacher is None else (teacher,)),
        )  # fmt: skip
        identity = checkpoints.identity(network, run.data, run.validation, options)
        checkpoints.read(checkpoint, identity, state, Epoch)
    while state.epoch < schedule.epochs and not run.finished(state):
        run.one_epoch(state, progress)
        if checkpoint is not None:
            checkpoints.write(checkpoint, identity, state)
    kept = state.best if validation is not None and schedule.patience is not None else state.vector
    return Training(unplan(laid, kept), tuple(state.history))


def _check_validation(validation: FrameData | None, schedule: Schedule, window: int) -> None:
    if validation is None and schedule.patience is not None:
        raise ValueError(f"train: patience {schedule.patience} came without a validation set; "
                         "give one, or leave patience out")  # fmt: skip
    if validation is not None and validation.n_frame < window:
        raise ValueError(
            f"train: a validation set of {validation.n_frame} frames came, {window} or more are "
            "allowed (Schedule.window, in which a recurrent network is unrolled)"
        )


class Teacher(Protocol):
    """What teaches masks apart from the objectives: a frozen record."""

    def task(self, laid: Plan, costs: Costs) -> Plan:
        """Return the plan that the objectives' gradient goes through; may change the costs."""

    def pull(self, laid: Plan, tape: Tape, share: float, slopes: Plan) -> None:
        """Add its own gradient to that of a batch; ``share`` of the training is done."""


class _Run(NamedTuple):
    """All that stays the same during a training."""

    laid: Plan
    data: FrameData
    validation: FrameData | None
    objectives: tuple[Objective, ...]
    optimiser: Adam | SGD
    schedule: Schedule
    penalty: Penalty
    size: int
    quantise: Rounding | None
    teacher: Teacher | None = None

    def finished(self, state: Progress) -> bool:
        """Whether patience is spent."""
        losses = [line.validation for line in state.history]
        if self.schedule.patience is None or self.validation is None or not losses:
            return False
        return len(losses) - 1 - int(np.argmin(losses)) >= self.schedule.patience

    def one_epoch(self, state: Progress, progress: Callable[[int, int], None] | None) -> None:
        """Go once through the data, in an order drawn from (seed, epoch)."""
        begun = time.process_time()
        rng = np.random.default_rng([self.schedule.seed, state.epoch])
        order = rng.permutation(len(self.data))
        per_epoch = -(-len(self.data) // self.size)
        steps = per_epoch * self.schedule.epochs
        slopes = self.laid.like(np.empty_like(state.vector))
        view, space = View(self.laid, self.quantise, self.data), Workspace()
        losses: list[float] = []
        events: list[float] = []
        for batch in batches(self.data, self.size, state.vector.dtype, order):
            done = state.epoch * per_epoch + len(losses)
            view.refresh()
            loss, count = self.gradient(
                view, batch, done / steps, slopes, space, exact=not len(losses) % 20
            )
            self.optimiser.step(state.vector, slopes.vector, state.moments, done / steps)
            hold_thresholds(self.laid)
            losses.append(loss)
            events.append(count)
            if progress is not None:
                progress(done + 1, steps)
        held_out = float("nan")
        if self.validation is not None:
            view.refresh()
            held_out = mean_loss(view, self.validation, self.objectives)
        if held_out < state.best_loss:
            state.best_loss = held_out
            state.best[:] = state.vector
        state.history.append(
            Epoch(
                state.epoch, float(np.mean(losses)), held_out, float(np.nanmean(events)),
                time.process_time() - begun,
            )
        )  # fmt: skip
        state.epoch += 1

    def gradient(
        self, view: View, batch: Batch, share: float, slopes: Plan,
        space: Workspace | None = None, exact: bool = True,
    ) -> tuple[float, float]:  # fmt: skip
        """Write the gradient of a batch; return its loss and its events per frame (or nan)."""
        events, activity = self.penalty.at(share)
        laid = view.plan
        tape = forward(laid, batch.inputs, grids=view.grids, workspace=space)
        loss, dy = loss_and_slope(laid, tape, batch, self.objectives)
        _, costs = event_costs(laid, tape, events, activity)
        taught = laid if self.teacher is None else self.teacher.task(laid, costs)
        backward(taught, tape, dy, slopes, costs)
        if self.teacher is not None:
            self.teacher.pull(laid, tape, share, slopes)
        return loss, count_events(laid, tape).events if exact else float("nan")


def hold_thresholds(laid: Plan) -> None:
    """Keep every theta at or above 0, in place."""
    for layer in laid.layers:
        np.maximum(layer.constants.theta, 0.0, out=layer.constants.theta)


def loss_and_slope(
    laid: Plan, tape: Tape, batch: Batch, objectives: Sequence[Objective]
) -> tuple[float, list[dict[int, Array]]]:
    """Return the summed objectives of a batch, and dL/dy frame by frame."""
    frames, size = len(tape.y), batch.labelled.size
    dy: list[dict[int, Array]] = [{} for _ in range(frames)]
    total = 0.0
    for objective in objectives:
        number = laid.number(objective.population)
        counts = batch.labelled if objective.labelled_only else np.ones(size, dtype=bool)
        n = int(counts.sum()) * frames
        if n == 0:
            continue
        share = np.asarray(counts / n, dtype=laid.vector.dtype)
        for frame in range(frames):
            target = batch.targets[objective.population][frame]
            loss, slope = objective.evaluate(tape.y[frame][number], target, share)
            total += loss
            dy[frame][number] = dy[frame].get(number, 0.0) + slope
    return total, dy


def mean_loss(view: View, data: FrameData, objectives: Sequence[Objective]) -> float:
    """Return the objectives' mean over a data set, in portions that bound memory."""
    laid = view.plan
    losses: list[float] = []
    sizes: list[int] = []
    space = Workspace()
    size: Any = max(1, 4096 // data.n_frame)
    for batch in batches(data, size, laid.vector.dtype):
        tape = forward(laid, batch.inputs, grids=view.grids, workspace=space)
        losses.append(loss_and_slope(laid, tape, batch, objectives)[0])
        sizes.append(batch.labelled.size)
    return float(np.average(losses, weights=sizes))
