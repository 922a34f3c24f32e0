"""The study of both memories: storage against size, one update, and kinds of fixed points."""

from __future__ import annotations

from typing import Any

import numpy as np

from neuromorph.sweep import Outcomes, Plan
from neuromorph.workloads.hopfield import law
from neuromorph.workloads.hopfield.picture import draw
from neuromorph.workloads.hopfield.retrieval import loop, modern, spiking
from neuromorph.workloads.hopfield.storage import CLUSTER, capacities, measure
from neuromorph.workloads.study import Sheet, Study

LOADS = (0.04, 0.06, 0.08, 0.1, 0.12, 0.14, 0.16, 0.18, 0.2, 0.24, 0.28)
BETAS = (0.5, 4.0)  #: per unit of inner product of patterns of -1 and 1
ERROR_BETAS = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0)
SETTLE_BETAS = (1.0, 2.0, 3.0, 4.0, 5.0, 5.8, 7.0, 10.0, 14.0, 16.0, 17.0, 20.0, 30.0, 60.0)
KINDS = ("global", "metastable", "single")
#: Bits of weights (0: real numbers) and of the outputs of cue and softmax.
WIDTHS = ((0, 16), (8, 16), (8, 12), (8, 8), (4, 16), (2, 16), (2, 8), (1, 16))


def hopfield_study(*, quick: bool = True, seeds: int | None = None) -> Study:
    """Return the study; ``quick`` takes 3 pattern sets (or ``seeds``) and the smaller sizes."""
    n_seed = seeds or (3 if quick else 10)
    return Study(
        name="hopfield",
        title="Associative memories: binary (linear storage) and modern (exponential storage)",
        plan=Plan(parameters=points(quick, n_seed), name="hopfield"),
        function=measure,
        sheets=sheets,
        picture=draw,
        workloads=(modern(), spiking(), loop()),
    )


def points(quick: bool, n_seed: int) -> list[dict[str, Any]]:
    """Return all points of the plan."""
    binary = (32, 64, 128, 256) if quick else (32, 64, 128, 256, 512, 1024)
    modern = {8: 8, 16: 12, 24: 14} if quick else {8: 8, 16: 12, 24: 16, 32: 17}
    rows = [
        {"net": "binary", "n": round(load * d), "d": d, "flips": round(d / 8), "beta": 0.0,
         "cues": 32}
        for d in binary for load in LOADS
    ] + [
        {"net": "modern", "n": 2**j, "d": d, "flips": d // 8, "beta": beta,
         "cues": 32 if d < 32 else 8}
        for d, top in modern.items() for beta in BETAS for j in range(1, top + 1)
    ]  # fmt: skip
    out = [{"kind": "storage", **row, "seed": s} for row in rows for s in range(n_seed)]
    for seed in range(n_seed):
        out += [{"kind": "error", "n": 64, "d": 32, "flips": 4, "beta": b, "seed": seed}
                for b in ERROR_BETAS]  # fmt: skip
        out += [{"kind": "integers", "patterns": patterns, "bits": bits, "outputs": outputs,
                 "beta": beta, "seed": seed} for patterns in ("signs", "real")
                for beta in (0.5, 1.0) for bits, outputs in WIDTHS]  # fmt: skip
        out += [{"kind": "settling", "beta": b, "seed": seed} for b in SETTLE_BETAS]
    return out


def curves(outcomes: Outcomes, which: str = "last") -> dict[tuple[str, float, int], Any]:
    """Return {(net, beta, d): {n: successes over seeds}}."""
    out: dict[tuple[str, float, int], Any] = {}
    for p, value in outcomes.finished(kind="storage"):
        group = out.setdefault((p["net"], p["beta"], p["d"]), {})
        group.setdefault(p["n"], []).append(value[which])
    return out


def mean_by_beta(outcomes: Outcomes, kind: str) -> dict[float, dict[str, float]]:
    """Return {beta: means over seeds} of the points of a kind."""
    found: dict[float, list[dict[str, float]]] = {}
    for p, value in outcomes.finished(kind=kind):
        found.setdefault(p["beta"], []).append(value)
    return {
        beta: {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
        for beta, rows in sorted(found.items())
    }


def sheets(outcomes: Outcomes) -> tuple[Sheet, ...]:
    """Return the tables."""
    return (storage_sheet(outcomes), error_sheet(outcomes), settling_sheet(outcomes),
            integers_sheet(outcomes))  # fmt: skip


def storage_sheet(outcomes: Outcomes) -> Sheet:
    """Return how many patterns each size holds, with the law beside it."""
    one, last = capacities(curves(outcomes, "one")), capacities(curves(outcomes))
    rows = []
    for (net, beta, d), n in sorted(last.items()):
        limit = law.ALPHA_C * d if net == "binary" else law.nearest_capacity(d, d // 8)
        rows.append((net, beta if net == "modern" else None, d, n, one[net, beta, d], n / d,
                     float(np.log2(n) / d), limit))  # fmt: skip
    columns = {"net": "", "beta": "g", "d": "d", "patterns held": ".1f", "in one update": ".1f",
               "per unit": ".3f", "log2 per unit": ".3f", "law": ".1f"}  # fmt: skip
    notes = [
        "patterns held: n at which every second cue with d/8 entries turned comes back (to within "
        "a quarter of its length: 1.6 % wrong entries) in 8 updates (binary) or 3 (modern)",
        "law: 0.138 d (binary, d -> infinity); none other as near as the cue's own (modern, "
        "beta -> infinity)",
        *growth(last),
    ]
    return Sheet(name="storage", title="storage", columns=columns, rows=rows, notes=tuple(notes))


def growth(last: dict[tuple[str, float, int], float]) -> list[str]:
    """Return one line per net: the exponent of a line through the measured sizes."""
    out = []
    for net, beta in sorted({key[:2] for key in last}):
        sizes = sorted(d for n, b, d in last if (n, b) == (net, beta))
        held = np.array([last[net, beta, d] for d in sizes])
        good = np.isfinite(held)
        if good.sum() < 2:
            continue
        at, known = np.array(sizes)[good], held[good]
        if net == "binary":
            power = np.polyfit(np.log(at), np.log(known), 1)[0]
            out.append(f"binary: patterns held grow like d**{power:.2f} (linear: 1)")
        else:
            slope = np.polyfit(at, np.log2(known), 1)[0]
            lawful = [law.nearest_capacity(d, d // 8) for d in map(int, at)]
            theirs = np.polyfit(at, np.log2(lawful), 1)[0]
            out.append(f"modern, beta {beta:g}: like 2**({slope:.3f} d) (the law at these sizes: "
                       f"{theirs:.3f}, at d -> infinity 0.456)")  # fmt: skip
    return out


def error_sheet(outcomes: Outcomes) -> Sheet:
    """Return how far one update misses, against beta."""
    rows = [
        (beta, v["missed"], v["bound"], v["held"])
        for beta, v in mean_by_beta(outcomes, "error").items()
    ]
    columns = {"beta": "g", "missed by": ".2e", "bound": ".2e", "within bound": ".0%"}
    return Sheet(
        name="error", title="one update: distance to the pattern, relative (64 patterns, d = 32, 4 "
        "entries turned)", columns=columns, rows=rows,
        notes=("medians over cues; bound: 2 M (n-1) exp(-beta gap)",),
    )  # fmt: skip


def settling_sheet(outcomes: Outcomes) -> Sheet:
    """Return where patterns in clusters settle, against beta."""
    every, alone = law.global_limit(*CLUSTER), law.cluster_limit(CLUSTER[1], CLUSTER[2])
    rows = [
        (beta, *(v[kind] for kind in KINDS), v["support"], v["updates"],
         "yes" if beta < every else "no", "yes" if beta < alone else "no")
        for beta, v in mean_by_beta(outcomes, "settling").items()
    ]  # fmt: skip
    columns = {"beta": "g", **dict.fromkeys(KINDS, ".0%"), "patterns in 90 %": ".1f",
               "updates": ".0f", "all stable": "", "cluster stable": ""}  # fmt: skip
    return Sheet(
        name="fixed-points", title="fixed points reached from each of 12 patterns in 4 clusters",
        columns=columns, rows=rows,
        notes=(f"stable (closed form): the average of all below beta {every:.3g}, of a cluster "
               f"below {alone:.3g}; a start at a pattern can leave it earlier",),
    )  # fmt: skip


def integers_sheet(outcomes: Outcomes) -> Sheet:
    """Return one update in integers against real numbers."""
    groups: dict[tuple[str, float, int, int], list[dict[str, float]]] = {}
    for p, value in outcomes.finished(kind="integers"):
        groups.setdefault((p["patterns"], p["beta"], p["bits"], p["outputs"]), []).append(value)
    rows: list[tuple[Any, ...]] = [
        (patterns, beta, f"{bits} bits" if bits else "real", outputs if bits else None,
         *(float(np.mean([v[name] for v in found])) for name in ("missed", "found")))
        for (patterns, beta, bits, outputs), found in groups.items()
    ]  # fmt: skip
    columns = {"patterns": "", "beta": "g", "weights": "", "outputs": "", "missed by": ".4f",
               "retrieved": ".0%"}  # fmt: skip
    return Sheet(
        name="integers", title="one update in integers (256 patterns, d = 32, 4 entries turned)",
        columns=columns, rows=rows,
        notes=("states of 12 fraction bits, softmax by a table of 256 entries; outputs: bits of "
               "the cue and of the softmax",),
    )  # fmt: skip
