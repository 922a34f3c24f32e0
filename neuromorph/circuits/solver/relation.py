"""Supercurrents that are no plain ``I_c sin(phi)`` of one coordinate.

Harmonics, ``I_c sum_k a_k sin(k (phi - phi_0))``; the temperature and transparency form (W.
Haberkorn, H. Knauer and J. Richter, Phys. Stat. Sol. (a) 47 (1978) K161), with alpha =
Delta/(2 k T),

    I = I_c / tanh(alpha) * sin(x)/w * tanh(alpha w),   w = sqrt(1 - D sin(x/2)^2);

and junctions whose phase is a sum of coordinates, because a loop holds no inductance. Their
current at the predicted phases is taken from the right-hand side, whole.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neuromorph.circuits.element import Junction
from neuromorph.circuits.solver.tree import Row
from neuromorph.units import BOLTZMANN

Array = NDArray[np.float64]
Index = NDArray[np.int64]


class Relations(NamedTuple):
    """Phase of each junction by coordinates and by source columns, and its current's constants.

    ``harmonic`` has one row per junction; ``alpha`` is 0 without the temperature form.
    """

    start: Index
    place: Index
    weight: Array
    wave_start: Index
    wave_place: Index
    wave_weight: Array
    i_c: Array
    phi: Array
    harmonic: Array
    alpha: Array
    d: Array


_NONE, _FLAT = np.zeros(0, dtype=np.int64), np.zeros(0)
_EMPTY = Relations(_NONE, _NONE, _FLAT, _NONE, _NONE, _FLAT, _FLAT, _FLAT, np.zeros((0, 0)), _FLAT,
                   _FLAT)


def relations(bent: list[tuple[Junction, Row, Row]]) -> Relations:
    """Return the arrays of junctions, each with its rows of coordinates and of source columns."""
    if not bent:
        return _EMPTY
    junctions = [j for j, _, _ in bent]
    most = max((len(j.model.cpr) for j in junctions), default=0)
    harmonic = np.zeros((len(bent), most))
    for k, j in enumerate(junctions):
        harmonic[k, : len(j.model.cpr)] = j.model.cpr
    alpha = np.array([_alpha(j) for j in junctions])
    scale = np.array([j.i_c * 1e3 / (math.tanh(a) if a else 1.0)
                      for j, a in zip(junctions, alpha, strict=True)])
    return Relations(*_compressed([row for _, row, _ in bent]),
                     *_compressed([wave for _, _, wave in bent]),
                     scale, np.array([j.model.phi for j in junctions], dtype=np.float64), harmonic,
                     alpha, np.array([j.model.d for j in junctions], dtype=np.float64))


def _alpha(junction: Junction) -> float:
    model = junction.model
    return junction.gap / (2 * BOLTZMANN * model.t) if model.temperature_form else 0.0


def _compressed(rows: list[Row]) -> tuple[Index, Index, Array]:
    start = np.concatenate(([0], np.cumsum([len(r) for r in rows]))).astype(np.int64)
    return (start, np.array([i for r in rows for i in r], dtype=np.int64),
            np.array([x for r in rows for x in r.values()], dtype=np.float64))


@njit(cache=True)
def current(relations, k, phase):  # type: ignore[no-untyped-def]
    """Return the supercurrent of junction k at a phase [mA]."""
    x = phase - relations.phi[k]
    total = 0.0
    half = 0.0
    for m in range(relations.harmonic.shape[1]):
        total += relations.harmonic[k, m] * np.sin((m + 1) * x)
        half += relations.harmonic[k, m] * np.sin((m + 1) * x / 2)
    if relations.alpha[k] > 0.0:
        w = np.sqrt(1.0 - relations.d[k] * half * half)
        total *= np.tanh(relations.alpha[k] * w) / w
    return relations.i_c[k] * total


@njit(cache=True)
def bend(relations, predicted, level, right):  # type: ignore[no-untyped-def]
    """Take the supercurrents at the predicted phases off the right-hand side."""
    for k in range(relations.i_c.size):
        phase = 0.0
        for p in range(relations.start[k], relations.start[k + 1]):
            phase += relations.weight[p] * predicted[relations.place[p]]
        for p in range(relations.wave_start[k], relations.wave_start[k + 1]):
            phase += relations.wave_weight[p] * level[relations.wave_place[p]]
        flow = current(relations, k, phase)
        for p in range(relations.start[k], relations.start[k + 1]):
            right[relations.place[p]] -= relations.weight[p] * flow


def junction_current(junction: Junction, phase: Array) -> Array:
    """Return the supercurrent of a junction at phases [rad], in mA."""
    model = junction.model
    x = phase - model.phi
    if model.cpr == (1.0,) and not model.temperature_form:
        plain: Array = junction.i_c * 1e3 * np.sin(x)
        return plain
    total = sum(a * np.sin((m + 1) * x) for m, a in enumerate(model.cpr))
    alpha = _alpha(junction)
    if alpha:
        half = sum(a * np.sin((m + 1) * x / 2) for m, a in enumerate(model.cpr))
        w = np.sqrt(1 - model.d * half**2)
        total = total * np.tanh(alpha * w) / w / math.tanh(alpha)
    result: Array = junction.i_c * 1e3 * np.asarray(total)
    return result


_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)


def potential(junction: Junction, phase: float) -> float:
    """Return the integral of the supercurrent from phi to ``phase`` [mA rad]; periodic."""
    x = math.remainder(phase - junction.model.phi, 2 * math.pi)
    points = junction.model.phi + x / 2 * (1 + _NODES)
    return float(x / 2 * (junction_current(junction, points) @ _WEIGHTS))
