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
