"""The two memories as networks of the description, and the binary one in spikes.

Modern (continuous states), one update per frame::

    xi <- X^T softmax(beta X xi),    X the patterns, shape (n, d)

which is attention with the query xi, keys and values X. Source: Ramsauer et al. 2020, arXiv
2008.02217 (its abstract was at hand; the update is the one commonly quoted from it).

Binary (Hopfield 1982, doi 10.1073/pnas.79.8.2554), all units at once::

    s <- sign(W s),    W = (X^T X) / d without its diagonal,    sign(0) = 1
"""

from __future__ import annotations

from typing import Any

import numpy as np

from neuromorph.description import (
    LIF,
    Network,
    Point,
    Population,
    Projection,
    Softmax,
    Source,
    one_to_one,
)
from neuromorph.workloads.hopfield.pattern import Array
from neuromorph.workloads.workload import STEP

PERIOD = 20e-3  #: of one update of the spiking net [s]
TAU = 2e-3  #: of its cells: what a volley leaves is gone before the next [s]


def modern_net(patterns: Any, *, beta: float, recurrent: bool = True) -> Network:
    """Return the modern net: sources ``cue`` (d,), ``match`` (n,), ``out`` (d,).

    The cue is given in the first frame and 0 later; ``out`` of frame k is the state after k + 1
    updates.

    Parameters
    ----------
    patterns : (n, d)
    beta : float
        Inverse temperature, per unit of inner product.
    recurrent : bool
        Whether the state comes back; without, every frame is a cue of its own.
    """
    stored = _checked(patterns)
    n, d = stored.shape
    keys = np.ascontiguousarray(stored.T)
    wires = [
        Projection(source="cue", target="match", weights=keys),
        Projection(source="match", target="out", weights=stored),
    ]
    if recurrent:
        wires.append(Projection(source="out", target="match", weights=keys))
    return Network(
        name="modern_hopfield",
        populations=(
            Population(name="cue", n=d, cell=Source()),
            Population(name="match", n=n, cell=Softmax(beta=beta)),
            Population(name="out", n=d, cell=Point(gate="linear")),
        ),
        projections=tuple(wires),
    )


def binary_net(patterns: Any) -> Network:
    """Return the binary net: sources ``cue`` (d,), ``out`` (d,).

    ``out`` of frame 0 is the cue, of frame k the state after k updates.
    """
    stored = _checked(patterns)
    d = stored.shape[1]
    return Network(
        name="binary_hopfield",
        populations=(
            Population(name="cue", n=d, cell=Source()),
            Population(name="out", n=d, cell=Point(gate="sign")),
        ),
        projections=(
            Projection(source="cue", target="out", weights=one_to_one(d, 1.0)),
            Projection(source="out", target="out", weights=hebbian(stored)),
        ),
    )


def spiking_net(patterns: Any, *, dt: float = STEP) -> Network:
    """Return the binary net in spikes: a unit that is 1 spikes once a period, one that is -1 not.

    With s = 2 n - 1 for n spikes, ``W s >= 0`` is ``2 W n >= sum of W``: the source ``clock``
    takes that sum away from each unit (and gives half a step of W s back, since v has to pass the
    threshold) together with the recurrent volley, one period after the spikes that made it. The
    threshold is the resting potential, so that the leak between a volley and the next test of
    the threshold does not change the answer. The states of the periods are those of the frames of
    :func:`binary_net`, one for one, for patterns of -1 and 1.

    Sources ``cue`` (d,), whose spikes at 0 s set the first state, and ``clock`` (1,), which spikes
    once in each later period; population ``out``.

    Parameters
    ----------
    patterns : (n, d)
    dt : float [s]
        Step it will run with: a cell spikes one step after a volley, and the recurrent delay is
        that much shorter than the period.
    """
    stored = _checked(patterns)
    d = stored.shape[1]
    w = hebbian(stored)
    bias = 0.5 / d - w.sum(axis=0)
    return Network(
        name="spiking_hopfield",
        populations=(
            Population(name="cue", n=d, cell=Source()),
            Population(name="clock", n=1, cell=Source()),
            Population(name="out", n=d, cell=LIF(tau_m=TAU, v_th=0.0, v_reset=0.0)),
        ),
        projections=(
            Projection(source="cue", target="out", weights=one_to_one(d, 2.0), delay=1e-3),
            Projection(source="clock", target="out", weights=bias[None, :], delay=1e-3),
            Projection(source="out", target="out", weights=2.0 * w, delay=PERIOD - dt),
        ),
    )


def dual_rail_net(patterns: Any, *, dt: float = STEP) -> Network:
    """Return the binary net in spikes of two rails: no negative weight, no clock, no reset.

    A unit has a rail that spikes for 1 and one that spikes for -1. With A what its first rail and B
    what its second receives, ``A - B = W s`` and ``A + B = sum of |W| = S`` as long as one rail of
    each unit spikes, so that the first rail fires where ``A >= S / 2`` and the second where
    ``B > S / 2``. A spike takes the threshold away: what stays is below it, and leaks away.

    Source ``cue`` (2 d,), population ``out`` (2 d,): first rails first. States as
    :func:`binary_net`, for patterns of -1 and 1.

    Parameters
    ----------
    patterns : (n, d)
    dt : float [s]
        As for :func:`spiking_net`; thresholds make up for the leak of one step.
    """
    stored = _checked(patterns)
    d = stored.shape[1]
    w = hebbian(stored)
    same, other = np.maximum(w, 0.0), np.maximum(-w, 0.0)
    half, step = np.abs(w).sum(axis=0) / 2, 0.25 / d
    v_th = np.concatenate([half - step, half + step]) * np.exp(-dt / TAU)
    return Network(
        name="dual_rail_hopfield",
        populations=(
            Population(name="cue", n=2 * d, cell=Source()),
            Population(
                name="out", n=2 * d, cell=LIF(tau_m=TAU, v_th=v_th, v_subtract=np.abs(v_th))
            ),
        ),
        projections=(
            Projection(source="cue", target="out", weights=np.diag(1.5 * np.abs(v_th)),
                       delay=1e-3),
            Projection(source="out", target="out", weights=np.block([[same, other], [other, same]]),
                       delay=PERIOD - dt),
        ),
    )  # fmt: skip


def quantum_net(patterns: Any, *, tau_m: float = 40e-3) -> Network:
    """Return one update of the binary net for pulses of one quantum: a superconducting circuit.

    Two rails as in :func:`dual_rail_net`, but every weight and what a spike takes away is 1: the
    rail of a unit fires if more than half of its m inputs say so (threshold ``floor(m / 2) + 0.4``,
    which leaves room for the leak), once for each input beyond that half. A recurrent net of such
    units has more spikes in each period than in the one before; this one is a single update, from
    the source ``cue`` (2 d,) to ``out`` (2 d,). A tie leaves both rails silent.

    Raises
    ------
    ValueError
        Patterns whose weights have more than one size.
    """
    stored = _checked(patterns)
    d = stored.shape[1]
    w = np.rint(hebbian(stored) * d)
    sizes = np.unique(np.abs(w[w != 0.0]))
    if sizes.size != 1:
        raise ValueError(f"quantum_net: weights of {sizes.size} sizes came, one is allowed: a "
                         "single pattern, or two")  # fmt: skip
    w /= sizes[0]
    same, other = np.maximum(w, 0.0), np.maximum(-w, 0.0)
    v_th = np.tile(np.floor(np.abs(w).sum(axis=0) / 2) + 0.4, 2)
    return Network(
        name="quantum_hopfield",
        populations=(
            Population(name="cue", n=2 * d, cell=Source()),
            Population(name="out", n=2 * d, cell=LIF(tau_m=tau_m, v_th=v_th, v_subtract=1.0)),
        ),
        projections=(
            Projection(source="cue", target="out", weights=np.block([[same, other], [other, same]]),
                       delay=8e-3),
        ),
    )  # fmt: skip


def hebbian(patterns: Any) -> Array:
    """Return ``X^T X / d`` without its diagonal, shape (d, d)."""
    stored = _checked(patterns)
    w = stored.T @ stored / stored.shape[1]
    np.fill_diagonal(w, 0.0)
    return np.asarray(w)


def _checked(patterns: Any) -> Array:
    stored = np.asarray(patterns, dtype=np.float64)
    if stored.ndim != 2 or 0 in stored.shape or not np.isfinite(stored).all():
        raise ValueError(f"patterns: shape {stored.shape} came, finite values of shape (n, d) are "
                         "allowed")  # fmt: skip
    return stored
