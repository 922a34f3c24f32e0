"""Measuring a memory: how many patterns it holds, how far one update misses, where it settles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from neuromorph.cooperative.integer import IntegerMachine
from neuromorph.cooperative.plan import plan
from neuromorph.cooperative.quantisation import Quantised
from neuromorph.sweep import Point
from neuromorph.workloads.hopfield import law
from neuromorph.workloads.hopfield.fixed_point import kinds, support, updates
from neuromorph.workloads.hopfield.memory import binary_net, modern_net
from neuromorph.workloads.hopfield.pattern import (
    clusters,
    flipped,
    random_patterns,
    real_patterns,
)

#: How far from its pattern, relative to its length, a retrieved state may be: that of 1.6 % turned
#: entries (what a large binary net has at its limit), and less than half way to any other cue's.
MISS = 0.25
CLUSTER = (4, 3, 0.8, 0.2)  #: clusters, patterns in each, inner product within and between


def measure(point: Point) -> dict[str, Any]:
    """Measure one point of the study; ``kind`` says which measurement."""
    kind = point["kind"]
    if kind == "storage":
        return storage(point["net"], point["n"], point["d"], point["flips"], point["beta"],
                       point["cues"], point["seed"])  # fmt: skip
    if kind == "error":
        return one_update(point["n"], point["d"], point["flips"], point["beta"], point["seed"])
    if kind == "integers":
        return in_integers(point["patterns"], point["bits"], point["beta"], point["seed"],
                           point["outputs"])  # fmt: skip
    return settling(point["beta"], point["seed"])


def storage(
    net: str, n: int, d: int, flips: int, beta: float, n_cue: int, seed: int
) -> dict[str, float]:
    """Return the share of cues retrieved after one update, and after eight (binary) or three.

    ``bits`` is the share of entries of the right sign after one update.
    """
    stored = random_patterns(n, d, seed=seed)
    chosen = stored[: min(n, n_cue)]
    cues = flipped(chosen, flips, seed=seed)
    if net == "binary":
        states = updates(binary_net(stored), cues, 9)["out"][1:]
    else:
        states = updates(modern_net(stored, beta=beta), cues, 3)["out"]
    found = np.linalg.norm(states - chosen, axis=2) <= (MISS + 1e-9) * np.sqrt(d)
    return {
        "one": float(np.mean(found[0])),
        "last": float(np.mean(found[-1])),
        "bits": float(np.mean(np.sign(states[0]) == chosen)),
    }


def one_update(n: int, d: int, flips: int, beta: float, seed: int) -> dict[str, float]:
    """Return how far one update of the modern net misses, relative to a pattern's length."""
    stored = random_patterns(n, d, seed=seed)
    cues = flipped(stored, flips, seed=seed)
    out = updates(modern_net(stored, beta=beta, recurrent=False), cues, 1)["out"][0]
    missed = np.linalg.norm(out - stored, axis=1)
    bound = [law.error_bound(stored, cue, i, beta) for i, cue in enumerate(cues)]
    return {
        "missed": float(np.median(missed) / np.sqrt(d)),
        "bound": float(np.median(bound) / np.sqrt(d)),
        "held": float(np.mean(missed <= np.array(bound) * (1 + 1e-9) + 1e-12)),
    }


def in_integers(
    patterns: str, bits: int, beta: float, seed: int, outputs: int = 16, n: int = 256, d: int = 32,
    flips: int = 4,
) -> dict[str, float]:  # fmt: skip
    """Return how far one update misses with weights of few bits (0: real numbers), and its share
    of cues retrieved; ``patterns`` are ``signs`` or ``real``, ``outputs`` the bits of cue and
    softmax."""
    make = real_patterns if patterns == "real" else random_patterns
    stored = make(n, d, seed=seed)
    cues = flipped(stored[:64], flips, seed=seed)
    network = modern_net(stored, beta=beta, recurrent=False)
    if bits:
        fractions = (("cue", outputs - 3), ("match", outputs - 2))
        widths = Quantised(weight_bits=bits, activation_bits=outputs, fractions=fractions)
        machine = IntegerMachine(plan(network), widths)
        out = machine.real("out", machine.run({"cue": cues})["out"])
    else:
        out = updates(network, cues, 1)["out"][0]
    missed = np.linalg.norm(out - stored[:64], axis=1) / np.sqrt(d)
    return {"missed": float(np.median(missed)), "found": float(np.mean(missed <= MISS + 1e-9))}


def settling(beta: float, seed: int, count: int = 200) -> dict[str, Any]:
    """Return where the clustered patterns go: kinds of the fixed points, and weights' support."""
    stored = clusters(*CLUSTER, seed=seed)
    done = updates(modern_net(stored, beta=beta), stored, count)
    weights, path = done["match"][-1], done["out"]
    moved = np.linalg.norm(np.diff(path, axis=0), axis=2).max(axis=1)
    still = np.flatnonzero(moved < 1e-6)
    found = kinds(weights)
    return {
        **{kind: found.count(kind) / len(found) for kind in ("global", "metastable", "single")},
        "support": float(np.mean(support(weights))),
        "updates": float(still[0] + 1) if still.size else float(count),
    }


def half(n: Sequence[float], success: Sequence[float]) -> float:
    """Return the n at which success falls to one half, linear in log n; nan if it does not."""
    x, y = np.log(np.asarray(n, dtype=float)), np.asarray(success)
    for k in range(x.size - 1):
        if y[k] >= 0.5 > y[k + 1]:
            return float(np.exp(x[k] + (y[k] - 0.5) / (y[k] - y[k + 1]) * (x[k + 1] - x[k])))
    return float("nan")


def capacities(groups: Mapping[Any, Mapping[int, Sequence[float]]]) -> dict[Any, float]:
    """Return :func:`half` of each group of {n: successes over seeds}."""
    return {
        key: half(sorted(by_n), [float(np.mean(by_n[n])) for n in sorted(by_n)])
        for key, by_n in groups.items()
    }
