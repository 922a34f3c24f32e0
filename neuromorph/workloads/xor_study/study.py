"""The case study: how far may biases, temperature and rate move before an exclusive or fails?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from neuromorph.circuits.cell.feeding import BUS_VOLTAGE, bus_energy, ersfq_energy
from neuromorph.circuits.cell.network_bench import END, LENGTH
from neuromorph.circuits.cell.record import window
from neuromorph.circuits.element import CurrentSource
from neuromorph.circuits.solver.batch import simulate_batch
from neuromorph.circuits.solver.transient import simulate
from neuromorph.circuits.tolerance.knob import is_bias
from neuromorph.cooling import COOLING
from neuromorph.sweep import Outcomes, Plan, Point
from neuromorph.workloads.study import Sheet, Study
from neuromorph.workloads.xor_study.design import DESIGNS, INPUTS, THRESHOLD, emulated
from neuromorph.workloads.xor_study.picture import draw

FACTORS = tuple(np.round(np.arange(0.7, 1.301, 0.025), 3).tolist())
TEMPERATURES = (0.0, 2.0, 4.2, 6.0, 8.0, 12.0)  #: [K]
ARCHITECTURE = ("all biases", "hidden thresholds", "output threshold", "weight currents")


def xor_study(*, quick: bool = True, seeds: int | None = None) -> Study:
    """Return the study; ``quick`` takes 1 seed of noise per setting, else 4."""
    n = seeds or (1 if quick else 4)
    points: list[dict[str, Any]] = []
    for design in DESIGNS.values():
        points += [{"kind": "biases", "design": design.name, "input": bits, "seeds": n}
                   for bits in INPUTS]  # fmt: skip
        points += [{"kind": "rates", "design": design.name, "input": bits, "seeds": n}
                   for bits in INPUTS]  # fmt: skip
        points.append({"kind": "energy", "design": design.name})
    points += [{"kind": "pulses", "input": bits, "seeds": 4 * n} for bits in INPUTS]
    return Study(
        name="xor", title="Two exclusive ors in flux quanta: margins and energy",
        plan=Plan(parameters=points, name="xor"), function=measure, sheets=sheets,
        picture=lambda outcomes: draw(curves(outcomes), THRESHOLD),
    )  # fmt: skip


def measure(point: Point) -> dict[str, Any]:
    """Measure one point of the plan."""
    kind = point["kind"]
    if kind == "energy":
        return _energy(point["design"])
    seeds = range(point["seeds"])
    if kind == "pulses":
        return _pulses(point["input"], list(seeds))
    return (_biases if kind == "biases" else _rates)(point["design"], point["input"], len(seeds))


def _biases(name: str, bits: str, n_seed: int) -> dict[str, Any]:
    """Return counts by group and factor, and by temperature; all in one batch."""
    design = DESIGNS[name]
    circuit = design.circuit(bits, design.rate)
    groups = [group for group, _ in design.groups]
    lanes = [(g, f, 4.2, s) for g in groups for f in FACTORS for s in range(n_seed)]
    lanes += [("", 1.0, t, s) for t in TEMPERATURES for s in range(2 * n_seed)]
    factors: dict[str, Any] = {}
    for group in groups:
        own = np.array([f if g == group else 1.0 for g, f, _, _ in lanes])
        for element in design.elements(circuit, group):
            factors[element] = factors.get(element, 1.0) * own
    batch = simulate_batch(
        circuit, factors, seeds=np.array([lane[3] for lane in lanes]),
        temperature=np.array([lane[2] for lane in lanes]), pulses=(design.output,),
        on_large_step="mark",
    )  # fmt: skip
    counts = np.where(batch.failed, -1, batch.counts[design.output]).tolist()
    out: dict[str, Any] = {group: {} for group in (*groups, "temperature")}
    for (group, factor, heat, _), count in zip(lanes, counts, strict=True):
        key = f"{factor:g}" if group else f"{heat:g}"
        out[group or "temperature"].setdefault(key, []).append(count)
    return out


def _rates(name: str, bits: str, n_seed: int) -> dict[str, Any]:
    design = DESIGNS[name]
    out: dict[str, list[int]] = {}
    for rate in design.rates:
        batch = simulate_batch(
            design.circuit(bits, rate), seeds=np.arange(2 * n_seed), temperature=4.2,
            pulses=(design.output,),
        )  # fmt: skip
        out[f"{rate / 1e9:g}"] = batch.counts[design.output].tolist()
    return {"rate": out}


def _pulses(bits: str, seeds: Sequence[int]) -> dict[str, Any]:
    rate = DESIGNS["dual rail"].rate
    out: dict[str, Any] = {
        vary: {f"{f:g}": emulated(bits, rate, vary=vary, factor=f, temperature=4.2, seeds=seeds)
               for f in FACTORS}
        for vary in ARCHITECTURE
    }  # fmt: skip
    out["temperature"] = {
        f"{t:g}": emulated(bits, rate, vary="", factor=1.0, temperature=t, seeds=seeds)
        for t in TEMPERATURES
    }
    out["rate"] = {
        f"{f / 1e9:g}": emulated(bits, f, vary="", factor=1.0, temperature=4.2, seeds=seeds)
        for f in DESIGNS["dual rail"].rates
    }
    return out


def _energy(name: str) -> dict[str, float]:
    """Return what a classification takes, mean of the four inputs, at 4.2 K [J]."""
    design = DESIGNS[name]
    rows = []
    for bits in INPUTS:
        circuit = design.circuit(bits, design.rate)
        run = simulate(circuit, temperature=4.2, seed=1, record=())
        sources = [e for e in circuit.elements if isinstance(e, CurrentSource) and is_bias(e)]
        bias = sum(abs(float(e.waveform.value(np.array([END]))[0])) for e in sources)
        turns = max(abs(n) for n in run.counts.values())
        rows.append((run.energy.source, bus_energy(bias, END), ersfq_energy(bias, turns),
                     float(run.energy.switchings), bias, float(len(circuit.junctions))))
    names = ("work", "rsfq", "ersfq", "turns", "bias", "junctions")
    return dict(zip(names, np.mean(rows, axis=0).tolist(), strict=True))


def curves(outcomes: Outcomes) -> dict[tuple[str, str], dict[str, dict[float, list[int]]]]:
    """Return {(design, what varies): {input: {value: counts}}}."""
    out: dict[tuple[str, str], dict[str, dict[float, list[int]]]] = {}
    for p, value in outcomes.finished():
        if p["kind"] == "energy":
            continue
        design = p.get("design", "pulses")
        for vary, by_value in value.items():
            found = {float(x): counts for x, counts in by_value.items()}
            out.setdefault((design, vary), {})[p["input"]] = found
    return out


def right(by_input: Mapping[str, Mapping[float, Sequence[int]]]) -> dict[float, float]:
    """Return the share of right answers by value, over inputs and seeds."""
    out: dict[float, float] = {}
    for x in by_input[INPUTS[0]]:
        answers = [(count > THRESHOLD) == (bits in ("01", "10")) and count >= 0
                   for bits in INPUTS for count in by_input[bits][x]]  # fmt: skip
        out[x] = float(np.mean(answers))
    return out


def sheets(outcomes: Outcomes) -> list[Sheet]:
    """Return margins and energies."""
    rows: list[tuple[Any, ...]] = []
    for (design, vary), by_input in curves(outcomes).items():
        if len(by_input) < len(INPUTS):
            continue
        share = right(by_input)
        start = {"temperature": 4.2, "rate": DESIGNS.get(design, DESIGNS["dual rail"]).rate / 1e9}
        at = start.get(vary, 1.0)
        low, high = window({x: p == 1.0 for x, p in share.items()}, at)
        ends = sorted(share)
        said = [
            ("end, " if x in (ends[0], ends[-1]) else "")
            + (f"{100 * (x - 1):+.1f} %" if at == 1.0 else f"{x:g}")
            for x in (low, high)
        ]
        true = min(min(by_input[b][at]) for b in ("01", "10"))
        false = max(max(by_input[b][at]) for b in ("00", "11"))
        level = "pulses" if design == "pulses" else "circuit"
        name = "dual rail" if design == "pulses" else design
        rows.append((name, level, vary, *said, true, false))
    columns = {"network": "", "level": "", "what varies": "", "right from": "", "to": "",
               "least true count": "d", "largest false": "d"}  # fmt: skip
    margins = Sheet(
        name="margins", title="right answers to all four inputs (count above 3 spikes)",
        columns=columns, rows=rows,
        notes=(f"trains of {LENGTH * 1e9:g} ns at 4.2 K; all other currents nominal; end: the "
               "scan ended there; temperature in K, rate in GHz",),
    )  # fmt: skip
    return [margins, _energy_sheet(outcomes)]


def _energy_sheet(outcomes: Outcomes) -> Sheet:
    plant, small = COOLING["plant"].factor, COOLING["cryocooler"].factor
    rows = []
    for p, e in outcomes.finished(kind="energy"):
        for label, key in (("sources' work", "work"),
                           (f"RSFQ bus of {BUS_VOLTAGE * 1e3:g} mV", "rsfq"),
                           ("ERSFQ feeding", "ersfq")):  # fmt: skip
            joules = e[key]
            rows.append((p["design"], round(e["junctions"]), e["bias"] * 1e3, label, joules * 1e15,
                         joules * COOLING["carnot"].factor * 1e12, joules * plant * 1e12,
                         joules * small * 1e12))  # fmt: skip
    return Sheet(
        name="energy", title="energy of one classification, mean of the four inputs",
        columns={"network": "", "JJ": "d", "bias (mA)": ".2f", "fed by": "", "4.2 K (fJ)": ".3g",
                 "ideal wall (pJ)": ".3g", "x 400 (pJ)": ".3g", "x 1000 (pJ)": ".3g"},
        rows=rows,
        notes=(f"{END * 1e9:g} ns each; drives, converters and JTLs of the bench included",
               "RSFQ: bus voltage x all bias currents x time; ERSFQ: Phi0 x all bias currents x "
               "turns of the fastest junction, what a feeding line at that rate takes "
               "(Mukhanov 2011, doi 10.1109/TASC.2010.2096792)"),
    )  # fmt: skip
