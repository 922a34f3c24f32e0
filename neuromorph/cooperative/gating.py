"""Masks that are taught apart from the task: which units of a layer are computed for an input.

Both act on populations of the transfer ``mask`` (``y = gate(R - theta)`` where 1 + C > 0, nothing
computed elsewhere) whose context comes from lines out of the layer's own input. Both are controls
for two-point nets; only the abstracts of their sources were at hand, the definitions are ours.

* :class:`FireTogether`, after "Fire Together Wire Together" (arXiv 2110.08232): the mask is a
  classifier of its own, taught by which units would be among the k most active; the task's
  gradient does not reach it. k is the least number that holds a given share of the activity.
* :class:`Consensus`, after "Learning a Consensus Sub-Network with Polarization Regularization and
  One Pass Training" (arXiv 2302.10798): the task moves the mask (straight through), and a penalty
  drives each unit's gate to one answer for all inputs. After the one training the units that stay
  open are the network, and the masks are gone: see :mod:`neuromorph.cooperative.subnetwork`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from neuromorph.cooperative.gate import CEILING
from neuromorph.cooperative.layer_kernel import straight_kernels
from neuromorph.cooperative.plan import Array, Layer, Plan
from neuromorph.cooperative.propagation import Costs, Tape


@dataclass(frozen=True, slots=True, kw_only=True)
class FireTogether:
    """Each mask learns to say which units hold ``mass`` of their layer's activity.

    For activities ``a_i = gate(R_i - theta_i)`` of all units, open or not, k is the least number
    whose k largest sum to ``mass`` of all; the target is 1 for these. The loss is the mean binary
    cross entropy of ``sigma(1 + C)``, of each layer alone: nothing of it reaches the units before.

    Attributes
    ----------
    mass : float
        Above 0, up to 1: 1 opens every unit that would say anything.
    weight : float

    Raises
    ------
    ValueError
        A value out of range.
    """

    mass: float = 0.9
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not (0.0 < self.mass <= 1.0 and self.weight > 0.0):
            raise ValueError(f"FireTogether: mass {self.mass} and weight {self.weight} came, "
                             "0 < mass <= 1 and weight > 0 are allowed")  # fmt: skip

    def task(self, laid: Plan, costs: Costs) -> Plan:
        """Return the plan without a way from the task to the masks; open units cost nothing."""
        costs.open = [{} for _ in costs.open]
        return replace(laid, layers=tuple(
            replace(x, kernels=straight_kernels(x.gate)) if x.transfer == "mask" else x
            for x in laid.layers
        ))  # fmt: skip

    def pull(self, laid: Plan, tape: Tape, share: float, slopes: Plan) -> None:
        """Add the gradient of the masks' own loss."""
        for layer in masked(laid):
            for frame in range(len(tape.y)):
                wanted = most_active(activity(layer, tape, frame), self.mass)
                margin = np.clip(1.0 + tape.c[frame][layer.number], -30.0, 30.0)
                said = 1.0 / (1.0 + np.exp(-margin))
                scale = self.weight / (len(tape.y) * wanted.size)
                pull_mask(laid, layer, tape, frame, (said - wanted) * scale, slopes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consensus:
    """Each gate learns one answer for all inputs, and a share ``keep`` of the units to stay.

    With o_i the share of a batch for which unit i is open, the penalty of a layer is
    ``polarisation mean 4 o_i (1 - o_i) + sparsity (mean o_i - keep)**2``; both grow from 0 over the
    share ``ramp`` of the training.

    Attributes
    ----------
    keep : float
        Between 0 and 1.
    polarisation, sparsity : float
    ramp : float

    Raises
    ------
    ValueError
        A value out of range.
    """

    keep: float = 0.5
    polarisation: float = 1.0
    sparsity: float = 10.0
    ramp: float = 0.3

    def __post_init__(self) -> None:
        if not 0.0 < self.keep < 1.0:
            raise ValueError(f"Consensus.keep: {self.keep} came, 0 < keep < 1 is allowed")
        for name in ("polarisation", "sparsity", "ramp"):
            if getattr(self, name) < 0.0:
                raise ValueError(f"Consensus.{name}: {getattr(self, name)} came, 0 or more is "
                                 "allowed")  # fmt: skip

    def task(self, laid: Plan, costs: Costs) -> Plan:
        """Return the plan as it is: the task moves the masks, and open units cost."""
        return laid

    def pull(self, laid: Plan, tape: Tape, share: float, slopes: Plan) -> None:
        """Add the gradient of the penalty, straight through the step."""
        grown = min(1.0, share / self.ramp) if self.ramp > 0 else 1.0
        for layer in masked(laid):
            for frame in range(len(tape.y)):
                margin = 1.0 + tape.c[frame][layer.number]
                opened = (margin > 0).mean(axis=0)
                slope = self.polarisation * 4.0 * (1.0 - 2.0 * opened)
                slope += self.sparsity * 2.0 * (opened.mean() - self.keep)
                slope *= grown / (layer.n * margin.shape[0] * len(tape.y))
                step = 1.0 / (1.0 + 2.0 * np.abs(margin)) ** 2
                pull_mask(laid, layer, tape, frame, slope * step, slopes)


def masked(laid: Plan) -> list[Layer]:
    """Return the layers that have a mask."""
    return [layer for layer in laid.layers if layer.transfer == "mask"]


def activity(layer: Layer, tape: Tape, frame: int) -> Array:
    """Return what the units of a masked layer would say without the mask, (batch, n)."""
    drive = np.maximum(tape.r[frame][layer.number] - layer.constants.theta, 0.0)
    return np.asarray(np.minimum(drive, CEILING) if layer.gate == "relu6" else drive)


def most_active(a: Array, mass: float) -> Array:
    """Return which units (batch, n) are among the fewest that hold ``mass`` of the activity."""
    ordered = -np.sort(-a, axis=1)
    total = np.cumsum(ordered, axis=1, dtype=np.float64)
    last = np.argmax(total >= mass * total[:, -1:] * (1.0 - 1e-9), axis=1)
    least = np.take_along_axis(ordered, last[:, None], axis=1)
    return np.asarray((a >= least) & (a > 0.0))


def pull_mask(
    laid: Plan, layer: Layer, tape: Tape, frame: int, slope: Array, slopes: Plan
) -> None:
    """Add a mask's gradient, dL/dC (batch, n), to its context and to the lines that bring it.

    It stops at what the lines read.
    """
    position = {x.number: k for k, x in enumerate(laid.layers)}
    pulled = np.asarray(slope, dtype=laid.vector.dtype)
    own = slopes.layers[position[layer.number]]
    own.context_bias[...] += pulled.sum(axis=0)
    for bundle, grown in zip(layer.inputs, own.inputs, strict=True):
        if bundle.port == "basal":
            continue
        said = tape.y[frame - bundle.lag][bundle.source]
        grown.weight[...] += said.T @ pulled
        if bundle.source not in position:
            continue
        lines, theirs = laid.layers[position[bundle.source]], slopes.layers[position[bundle.source]]
        back = (pulled @ bundle.weight.T) * (said > 0)
        theirs.bias[...] += back.sum(axis=0)
        theirs.constants.theta[...] -= back.sum(axis=0)
        for source, wire in zip(lines.inputs, theirs.inputs, strict=True):
            wire.weight[...] += tape.y[frame - source.lag][source.source].T @ back


def foretold(laid: Plan, tape: Tape, mass: float) -> tuple[float, float]:
    """Return the share of units wanted, and the share of masks that say what is wanted."""
    wanted, right, n = 0.0, 0.0, 0
    for layer in masked(laid):
        for frame in range(len(tape.y)):
            target = most_active(activity(layer, tape, frame), mass)
            wanted += float(target.sum())
            right += float((tape.open(layer, frame) == target).sum())
            n += target.size
    return wanted / n, right / n
