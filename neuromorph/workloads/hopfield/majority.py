"""The recurrent binary net for flux quanta: an update is a majority of ANDs of which one is true.

A junction neuron takes one quantum per spike, has weights of one quantum at most and no reset.
Counting inputs against half of them therefore makes a strong volley fire more than once, and a
recurrent net grow. Two things mend that. Each unit has two rails, so that "input i says no"
is a pulse as well; and the majority of m inputs (m odd, h = (m + 1) / 2) is written as terms of
which at most one is true,

    the h-th yes is that of input t: t says yes, of the inputs before t h - 1 do, the others no,

``C(m, h)`` of them for a rail. A term is a LIF neuron whose threshold all of its inputs, and no
fewer, pass: it spikes once. The rail of a unit is whichever of its terms spikes.

Inputs of a neuron come ``gap`` apart, so that no merger takes two of them for one; what a volley
leaves leaks away until the next. The threshold lies halfway between the most that t - 1 inputs in
every period and the least that t inputs leave.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuromorph.description import LIF, Network, Population, Projection, Source, Weights
from neuromorph.workloads.hopfield.memory import hebbian
from neuromorph.workloads.hopfield.pattern import Array
from neuromorph.workloads.workload import STEP

LOOP = 60e-3  #: of one update [s]
LEAD = 12e-3  #: from the cue to the first input of a neuron [s]
_ROOM = 0.12  #: quanta at least between a threshold and what must or must not pass it


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A neuron: it spikes for ``unit`` having ``sign`` when all ``inputs`` (unit, sign) hold."""

    unit: int
    sign: int
    inputs: tuple[tuple[int, int], ...]


def majority_terms(patterns: Any) -> tuple[Term, ...]:
    """Return the terms of one update of the binary net, unit by unit, +1 before -1.

    Raises
    ------
    ValueError
        A unit with weights of several sizes or an even number of inputs.
    """
    w = hebbian(patterns)
    terms = []
    for unit in range(w.shape[0]):
        at = np.flatnonzero(w[:, unit])
        sizes = np.unique(np.abs(np.rint(w[at, unit] * w.shape[0])))
        if sizes.size != 1 or at.size % 2 == 0:
            raise ValueError(
                f"majority_net: unit {unit} has {at.size} inputs with weights of {sizes.size} "
                "sizes, an odd number with weights of one size is allowed: one pattern of an even "
                "number of units, or two that agree in an even number of an even number"
            )
        says = np.sign(w[at, unit]).astype(int)
        for sign in (1, -1):
            terms += [
                Term(unit=unit, sign=sign, inputs=tuple(
                    (int(at[i]), int(sign * says[i] * v)) for i, v in enumerate(yes)))
                for yes in _first_to(at.size)
            ]  # fmt: skip
    return tuple(terms)


def _first_to(m: int) -> list[tuple[int, ...]]:
    """Return, as 1 and -1, the ways in which the (m + 1) / 2-th yes comes with the last input."""
    need = (m + 1) // 2
    return [
        tuple(1 if i in chosen or i == t - 1 else -1 for i in range(t))
        for t in range(need, m + 1)
        for chosen in itertools.combinations(range(t - 1), need - 1)
    ]


def majority_net(
    patterns: Any, *, period: float = LOOP, gap: float = 3.6e-3, tau_m: float = 24e-3,
    dt: float = STEP,
) -> Network:  # fmt: skip
    """Return the recurrent binary net for pulses of one quantum, with positive weights of 1 alone.

    Source ``cue`` (2 d,), first rails first; population ``out``, a neuron per term in the order of
    :func:`majority_terms`. Period k holds the state after k + 1 updates, one spike per unit, in it.
    States as :func:`~neuromorph.workloads.hopfield.binary_net`.

    Parameters
    ----------
    patterns : (n, d)
        Such that each unit has an odd number of inputs, of one size: one pattern of an even number
        of units, or two that agree in an even number.
    period : float [s]
        Of one update.
    gap : float [s]
        Between the inputs of a neuron: 36 ps on the device, six merger windows, since the jitter
        of a loop adds up.
    tau_m : float [s]
    dt : float [s]
        Step it will run with: a neuron spikes one step after its last input.

    Raises
    ------
    ValueError
        Patterns as above; or a period and tau_m that leave no room for a threshold.
    """
    terms = majority_terms(patterns)
    d = np.asarray(patterns).shape[1]
    return Network(
        name="majority_hopfield",
        populations=(
            Population(name="cue", n=2 * d, cell=Source()),
            Population(name="out", n=len(terms), cell=LIF(
                tau_m=tau_m, v_th=_thresholds(terms, period, gap, tau_m, dt), v_subtract=1.0)),
        ),
        projections=(_cue(terms, d, gap), _loop(terms, period - dt, gap)),
    )  # fmt: skip


def rails(terms: tuple[Term, ...]) -> Array:
    """Return which unit (column) a neuron (row) speaks for, and with what sign, (n, d)."""
    out = np.zeros((len(terms), 1 + max(term.unit for term in terms)))
    for row, term in enumerate(terms):
        out[row, term.unit] = term.sign
    return out


def _cue(terms: tuple[Term, ...], d: int, gap: float) -> Projection:
    rows = [(unit + (d if sign < 0 else 0), number, LEAD + slot * gap)
            for number, term in enumerate(terms)
            for slot, (unit, sign) in enumerate(term.inputs)]  # fmt: skip
    return _wired("cue", rows, (2 * d, len(terms)))


def _loop(terms: tuple[Term, ...], period: float, gap: float) -> Projection:
    """Bring each spike to the slots where its unit is asked for; a term of t inputs is t late."""
    speaks: dict[tuple[int, int], list[int]] = {}
    for number, term in enumerate(terms):
        speaks.setdefault((term.unit, term.sign), []).append(number)
    rows = [(source, number, period + (slot + 1 - len(terms[source].inputs)) * gap)
            for number, term in enumerate(terms)
            for slot, asked in enumerate(term.inputs)
            for source in speaks[asked]]  # fmt: skip
    return _wired("out", rows, (len(terms), len(terms)))


def _wired(source: str, rows: list[tuple[int, int, float]], shape: tuple[int, int]) -> Projection:
    at, to, delay = (np.array(column) for column in zip(*sorted(rows), strict=True))
    start = np.searchsorted(at, np.arange(shape[0] + 1))
    weights = Weights(shape=shape, start=start, target=to, value=np.ones(at.size))
    return Projection(source=source, target="out", weights=weights, delay=delay)


def _thresholds(
    terms: tuple[Term, ...], period: float, gap: float, tau_m: float, dt: float
) -> Array:
    stays = np.exp(-period / tau_m)
    found = {}
    for t in sorted({len(term.inputs) for term in terms}):
        least = float(np.exp(-(np.arange(t) * gap + dt) / tau_m).sum())
        most = (t - 1) / (1.0 - stays)
        if least - most < 2 * _ROOM:
            raise ValueError(
                f"majority_net: period {period:g} s with tau_m {tau_m:g} s came; {t} inputs leave "
                f"{least:.2f} quanta, {t - 1} in every period {most:.2f}, and {2 * _ROOM:g} more "
                "is needed: take a longer tau_m, and a period of four of them"
            )
        if LEAD + t * gap >= period:
            raise ValueError(
                f"majority_net: period {period:g} s came, more than {LEAD + t * gap:g} s is "
                f"allowed: the lead and {t} inputs {gap:g} s apart have to lie in it"
            )
        found[t] = (least + most) / 2
    return np.array([found[len(term.inputs)] for term in terms])
