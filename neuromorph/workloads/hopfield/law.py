"""What theory says of the two memories, in closed form.

* Binary net, n = alpha d random patterns, a cue of overlap m: one update leaves each unit wrong
  with probability ``erfc(m / sqrt(2 alpha)) / 2`` (crosstalk is normal for large d; Hertz, Krogh
  and Palmer 1991, section 2.2). Above ``alpha = 0.138`` nothing is stored (Amit, Gutfreund and
  Sompolinsky 1985, doi 10.1103/PhysRevLett.55.1530): storage grows linearly with d.
* Modern net with beta -> infinity says which pattern is nearest. Of n random patterns none other
  is within ``flips`` entries of the cue with probability ``(1 - q)**(n - 1)``,
  q = P[Binomial(d, 1/2) <= flips] less the chance 2**-d of the pattern itself once more: n grows
  like ``2**(d (1 - H(flips / d)))``, exponentially (H: entropy in bits; the capacity of a noisy
  channel, Shannon 1948).
* Modern net, any beta: one update misses the pattern x_i by at most
  ``2 M (n - 1) exp(-beta (smallest of xi . x_i - xi . x_j))``, M the longest pattern: the others'
  weights are at most (n - 1) exp(-beta gap), and two patterns are at most 2 M apart.
* Energy ``E = -lse(beta, X xi) + xi . xi / 2 + log(n) / beta + M**2 / 2`` lies between 0 and
  2 M**2 and no update raises it (Ramsauer et al. 2020, arXiv 2008.02217).
* Patterns in clusters of m with inner products a within and b between them: the average of all is
  stable below ``beta = n / (1 + (m - 1) a - m b)`` (n patterns in all), the average of one
  cluster, where the others no longer count, below ``m / (1 - a)``: there the largest eigenvalue of
  the update's Jacobian ``beta (diag p - p p^T) X X^T`` passes 1.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.special import logsumexp

from neuromorph.workloads.hopfield.pattern import Array

ALPHA_C = 0.138  #: patterns per unit that a large binary net can hold


def one_step_error(alpha: float, overlap: float = 1.0) -> float:
    """Return the share of wrong units of a large binary net after one update."""
    return 0.5 * math.erfc(overlap / math.sqrt(2.0 * alpha)) if alpha > 0 else 0.0


def nearest_success(n: int, d: int, flips: int) -> float:
    """Return how often the nearest of n random patterns is the one whose cue was damaged."""
    return float((1.0 - as_near(d, flips)) ** (n - 1))


def nearest_capacity(d: int, flips: int) -> float:
    """Return the n at which every second cue finds its pattern, if the nearest is found."""
    return float(1.0 + math.log(0.5) / math.log1p(-as_near(d, flips)))


def as_near(d: int, flips: int) -> float:
    """Return the chance that another random pattern is within ``flips`` entries of the cue."""
    return float((sum(math.comb(d, k) for k in range(flips + 1)) - 1) / 2.0**d)


def error_bound(patterns: Any, cue: Any, index: int, beta: float) -> float:
    """Return what one update from ``cue`` (d,) misses the pattern ``index`` by at most."""
    x = np.asarray(patterns, dtype=np.float64)
    score = x @ np.asarray(cue)
    gap = float(score[index] - np.max(np.delete(score, index)))
    longest = float(np.linalg.norm(x, axis=1).max())
    return float(2.0 * longest * (x.shape[0] - 1) * np.exp(-beta * gap))


def energy(patterns: Any, state: Any, beta: float) -> Array:
    """Return the energy of states (..., d)."""
    x, xi = np.asarray(patterns), np.asarray(state)
    longest = float((x * x).sum(axis=1).max())
    lse = logsumexp(beta * (xi @ x.T), axis=-1) / beta
    return np.asarray(
        -lse + 0.5 * (xi * xi).sum(axis=-1) + math.log(x.shape[0]) / beta + 0.5 * longest
    )


def global_limit(n_cluster: int, size: int, within: float, between: float) -> float:
    """Return the beta above which the average of all clustered patterns is not stable."""
    return n_cluster * size / (1.0 + (size - 1) * within - size * between)


def cluster_limit(size: int, within: float) -> float:
    """Return the beta above which the average of one cluster is not stable."""
    return size / (1.0 - within)
