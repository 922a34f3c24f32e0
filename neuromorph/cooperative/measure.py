"""Measures of a trained frame-based network: quality, activity, events, damage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neuromorph.cooperative.event_count import Events, count_events
from neuromorph.cooperative.frame_data import FrameData, batches, cut
from neuromorph.cooperative.gate import CEILING
from neuromorph.cooperative.plan import Array, plan
from neuromorph.cooperative.propagation import Workspace, forward
from neuromorph.cooperative.rounding import Rounding, View
from neuromorph.description import Network, Source, Weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One population's outputs over a data set.

    Attributes
    ----------
    active : float
        Share of outputs that are not 0.
    mean : float
        Mean output.
    saturated : float
        Share at the ceiling of relu6.
    open : float
        Share of units that are open (1 where units cannot be closed).
    """

    active: float
    mean: float
    saturated: float
    open: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evaluation:
    """What a network does on a data set.

    Attributes
    ----------
    output : (n_sequence, n_frame, n)
        Of the read-out.
    events : Events
        Per frame.
    activity : dict of Activity by population
    """

    output: Array
    events: Events
    activity: Mapping[str, Activity]

    @property
    def active(self) -> float:
        """Mean active fraction of the hidden populations."""
        return float(np.mean([a.active for a in self.activity.values()]))


def evaluate(
    network: Network,
    data: FrameData,
    *,
    readout: str = "mask",
    precision: str = "float32",
    quantise: Rounding | None = None,
    calibration: FrameData | None = None,
) -> Evaluation:
    """Run a network over a data set, in portions that bound memory.

    Parameters
    ----------
    network : Network
    data : FrameData
    readout : str
        The population whose output is kept.
    precision : str
    quantise : Quantised or Formatted, optional
        Compute with weights and outputs rounded to these numbers.
    calibration : FrameData, optional
        What scales of outputs are fitted to: never the set that is reported. ``data`` if left out.
    """
    data.check(network, [])
    view = View(plan(network, dtype=np.dtype(precision).type), quantise, calibration or data)
    laid = view.plan
    outputs, weights = [], []
    events: list[Events] = []
    sums: dict[str, list[Array]] = {}
    window = data.n_frame if laid.recurrent else 1
    cut_up, space = cut(data, window), Workspace()
    for batch in batches(cut_up, max(1, 4096 // window), laid.vector.dtype):
        tape = forward(laid, batch.inputs, grids=view.grids, workspace=space)
        outputs.append(np.stack([frame[laid.number(readout)] for frame in tape.y], axis=1))
        weights.append(batch.labelled.size)
        events.append(count_events(laid, tape))
        for layer in laid.layers:
            if layer.gate != "linear":
                y = np.stack([frame[layer.number] for frame in tape.y])
                opened = (
                    np.mean([tape.open(layer, f).mean() for f in range(len(tape.y))])
                    if layer.skipping
                    else 1.0
                )
                values = np.array([(y != 0).mean(), y.mean(), (y == CEILING).mean(), opened])
                sums.setdefault(layer.name, []).append(values)
    activity = {
        name: Activity(**dict(zip(
            ("active", "mean", "saturated", "open"),
            map(float, np.average(values, axis=0, weights=weights)), strict=True,
        )))
        for name, values in sums.items()
    }  # fmt: skip
    mean = {
        name: float(np.average([getattr(e, name) for e in events], weights=weights))
        for name in Events.__dataclass_fields__
    }
    output = np.concatenate(outputs).reshape(len(data), data.n_frame, -1)
    return Evaluation(output=output, events=Events(**mean), activity=activity)


def amplification(
    network: Network, congruent: FrameData, incongruent: FrameData
) -> dict[str, float]:
    """Return, per hidden population, mean output on congruent over that on incongruent data.

    Above 1: context that fits amplifies. Both data sets hold the same but for the pairing of the
    streams (``Corpus.incongruent``, or ``corrupted(..., {"shuffled": 1})``).
    """
    one, other = (evaluate(network, data).activity for data in (congruent, incongruent))
    return {
        name: one[name].mean / other[name].mean if other[name].mean else float("nan")
        for name in one
    }


def accuracy(output: Array, target: Array) -> float:
    """Return the share of right signs."""
    return float(np.mean((output > 0) == (target > 0.5)))


def hit_fa(output: Array, target: Array) -> float:
    """Return hits minus false alarms: P(say 1 | is 1) - P(say 1 | is 0).

    Source: Kim et al. 2009, doi 10.1121/1.3184603.
    """
    said, true = output > 0, target > 0.5
    hit = float(np.mean(said[true])) if true.any() else 0.0
    return hit - (float(np.mean(said[~true])) if (~true).any() else 0.0)


def hit_fa_by_snr(
    output: Array, target: Array, snr: NDArray[np.float64]
) -> dict[float, float]:
    """Return the HIT-FA of the sequences of each signal-to-noise ratio, lowest first.

    Parameters
    ----------
    output, target : (n_sequence, n_frame, n)
    snr : (n_sequence,) [dB]
        ``Corpus.snr``.

    Raises
    ------
    ValueError
        Another number of ratios than sequences.
    """
    if np.shape(snr) != (len(output),):
        raise ValueError(f"hit_fa_by_snr: snr of shape {np.shape(snr)} came, ({len(output)},) is "
                         "allowed: one ratio per sequence")  # fmt: skip
    return {
        float(one): hit_fa(output[snr == one], np.asarray(target)[snr == one])
        for one in np.unique(snr)
    }


def kill(
    network: Network,
    fraction: float,
    *,
    seed: int,
    populations: tuple[str, ...] | None = None,
) -> Network:
    """Return the network without the synapses of randomly chosen hidden units.

    A killed unit keeps its place but neither receives nor sends, and training cannot bring it
    back. The read-out (a linear gate) is spared.

    Raises
    ------
    ValueError
        ``fraction`` outside 0 to 1.
    """
    if not 0.0 <= fraction <= 1.0:
        raise ValueError(f"kill: fraction {fraction} came, 0 to 1 is allowed")
    rng = np.random.default_rng([seed, 11])
    dead: dict[str, NDArray[np.bool_]] = {}
    for population in network.populations:
        cell = population.cell
        hidden = not isinstance(cell, Source) and getattr(cell, "gate", "linear") != "linear"
        wanted = hidden and (populations is None or population.name in populations)
        count = round(fraction * population.n) if wanted else 0
        gone = np.zeros(population.n, dtype=bool)
        gone[rng.permutation(population.n)[:count]] = True
        dead[population.name] = gone
    return replace(
        network,
        projections=tuple(
            replace(p, weights=_without(p.weights, dead[p.source], dead[p.target]))
            for p in network.projections
        ),
    )


def _without(w: Weights, source: NDArray[np.bool_], target: NDArray[np.bool_]) -> Weights:
    stays = ~(source[w.source] | target[w.target])
    rows = np.bincount(w.source[stays], minlength=w.shape[0])
    return Weights(
        shape=w.shape,
        start=np.concatenate(([0], np.cumsum(rows))),
        target=w.target[stays],
        value=w.value[stays],
        tie=None if w.tie is None else w.tie[stays],
    )
