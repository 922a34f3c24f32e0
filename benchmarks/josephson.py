"""Josephson transients against JoSIM: CPU seconds, pulse-time errors, cost over size.

    python benchmarks/josephson.py [--quick] [--json FILE] [--plot FILE]

Both sides parse the deck, run it and write a CSV file, interleaved; ours in this process with
imports and compilation done before (reported apart as case "import" and "compile"), JoSIM as a
whole process. The error is the largest difference of a pulse time to our default scheme at
0.005 ps, over all printed junctions. Without josim-cli on PATH only our side runs.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

BEGIN = time.process_time()

import numpy as np  # noqa: E402

from neuromorph.circuits import read, simulate  # noqa: E402
from neuromorph.circuits.export import save  # noqa: E402

CELL = """.model j jj(rtype=1, vg=2.8mV, cap=0.07pF, r0=160, rn=16, icrit=0.1mA)
.subckt STAGE a q
L1 a 1 2.07p
B1 1 2 j area=2.5
LP 2 0 0.2p
RB 1 3 2.744
LRB 3 2 1.55p
LB 1 4 2p
IB 0 4 pwl(0 0 5p 175u)
L2 1 q 2.07p
.ends
"""
JOSIM = shutil.which("josim-cli")


def chain(n: int, duration: int) -> str:
    """Return a JTL of n junctions with every tenth printed, a pulse each 50 ps."""
    cells = "\n".join(f"X{k} {k} {k + 1} STAGE" for k in range(1, n + 1))
    printed = " ".join(f"p(B1.X{k})" for k in range(1, n + 1, max(1, n // 10)))
    return (f"{CELL}I1 0 1 pulse(0 600u 20p 3p 3p 0.1p 50p)\n{cells}\nR1 {n + 1} 0 2\n"
            f".tran STEP {duration}p\n.print {printed}\n.end\n")


def library(name: str, duration: int) -> str:
    """Return a testbench of the library, printed as it says, over another duration."""
    from neuromorph import _res

    folder = _res.root() / "circuits" / "cells"
    lines: list[str] = []
    for line in (folder / f"{name}_testbench.cir").read_text().splitlines():
        word = line.split()[0].lower() if line.split() else ""
        if word == ".include":
            lines += (folder / line.split()[1]).read_text().splitlines()
        elif word == ".tran":
            lines.append(f".tran STEP {duration}p")
        elif word not in (".temp", ".neb"):
            lines.append(line)
    return "\n".join(lines) + "\n"


def crossings(time_axis: np.ndarray, phase: np.ndarray) -> np.ndarray:
    """Return the times at which a sampled phase first passes pi + 2 pi k, by cubic Hermite."""
    speed = np.gradient(phase, time_axis)
    found = []
    for k in range(max(0, int((phase.max() + np.pi) // (2 * np.pi)))):
        level = np.pi + 2 * np.pi * k
        i = int(np.argmax(phase > level))
        h = time_axis[i] - time_axis[i - 1]
        u = np.linspace(0, 1, 201)
        curve = (phase[i - 1] * (1 - u) ** 2 * (1 + 2 * u) + phase[i] * u**2 * (3 - 2 * u)
                 + h * u * (1 - u) * (speed[i - 1] * (1 - u) - speed[i] * u))
        found.append(time_axis[i - 1] + h * float(np.interp(level, curve, u)))
    return np.array(found)


def difference(pulses: dict[str, np.ndarray], truth: dict[str, np.ndarray]) -> float:
    """Return the largest pulse-time difference [ps]; inf if a count differs."""
    worst = 0.0
    for name, times in truth.items():
        if times.size != pulses[name].size:
            return float("inf")
        if times.size:
            worst = max(worst, float(np.max(np.abs(times - pulses[name]))) * 1e12)
    return worst


def ours(deck: str, step: float, scheme: str, folder: Path) -> tuple[float, float, dict]:
    """Return CPU seconds of parse, run and CSV, of the kernel alone, and the pulses."""
    begin = time.process_time()
    circuit = read(deck.replace("STEP", f"{step}p"))
    result = simulate(circuit, scheme=scheme)
    save(result, folder / "ours.csv")
    return (time.process_time() - begin, result.seconds["run"],
            {o.targets[0]: result.pulses[o.targets[0]] for o in circuit.outputs})


def josim(deck: str, step: float, folder: Path) -> tuple[float, dict]:
    """Return CPU seconds of a JoSIM process and the pulses in its CSV."""
    (folder / "deck.cir").write_text(deck.replace("STEP", f"{step}p"))
    before = os.times()
    subprocess.run([JOSIM, "-m", "-o", folder / "josim.csv", folder / "deck.cir"], check=True,
                   capture_output=True)
    after = os.times()
    seconds = (after.children_user - before.children_user
               + after.children_system - before.children_system)
    names = (folder / "josim.csv").open().readline().strip().replace('"', "").split(",")
    data = np.genfromtxt(folder / "josim.csv", delimiter=",", skip_header=1)
    return seconds, {n[2:-1].replace("|", "."): crossings(data[:, 0], data[:, k])
                     for k, n in enumerate(names) if k}


def equal_error(errors: dict[float, tuple[float, float]], target: float) -> float | None:
    """Return seconds at which a log-log line through (seconds, error) meets the target."""
    points = sorted((e, s) for s, e in errors.values() if 0 < e < float("inf"))
    if len(points) < 2:
        return None
    x, y = np.log([p[0] for p in points]), np.log([p[1] for p in points])
    if not x[0] <= np.log(target) <= x[-1]:
        slope = (y[-1] - y[0]) / (x[-1] - x[0])
        near = 0 if np.log(target) < x[0] else -1
        return float(np.exp(y[near] + slope * (np.log(target) - x[near])))
    return float(np.exp(np.interp(np.log(target), x, y)))


def row(case: str, mine: float, peer: float | None, error: float | None, **more) -> dict:
    """Return one row of the table."""
    return {"case": case, "ours_s": mine, "peer": "josim-cli" if peer else None, "peer_s": peer,
            "ratio": peer / mine if peer else None, "error": error, **more}


def cells(quick: bool, folder: Path) -> list[dict]:
    """Compare cell testbenches at equal step and at equal error."""
    rows: list[dict] = []
    names = ["jtl", "merger"] if quick else ["dcsfq", "jtl", "splitter", "merger", "synapse",
                                             "neuron"]
    for name in names:
        deck = library(name, 300 if quick else 500)
        exact = simulate(read(deck.replace("STEP", "0.005p")))
        truth = {o.targets[0]: exact.pulses[o.targets[0]] for o in exact.outputs}
        own, kernel, peer = {}, {}, {}
        for step in (0.05, 0.1, 0.2):
            for scheme in ("am4", "leapfrog"):
                runs = [ours(deck, step, scheme, folder) for _ in range(1 if quick else 3)]
                error = difference(runs[0][2], truth)
                seconds = statistics.median(r[0] for r in runs)
                bare = statistics.median(r[1] for r in runs)
                if scheme == "am4":
                    own[step], kernel[step] = (seconds, error), (bare, error)
                there = josim(deck, step, folder) if JOSIM else None
                rows.append(row(f"{name} {scheme} {step} ps", seconds, there and there[0], error,
                                kernel_s=bare,
                                peer_error=there and difference(there[1], truth)))
        for step in (0.0125, 0.025, 0.05, 0.1) if JOSIM else ():
            seconds, pulses = josim(deck, step, folder)
            peer[step] = (seconds, difference(pulses, truth))
        if JOSIM:
            a, b, k = (equal_error(t, 0.01) for t in (own, peer, kernel))
            if a and b:
                rows.append(row(f"{name} at 0.01 ps error", a, b, 0.01, kernel_s=k))
    return rows


def sizes(quick: bool, folder: Path) -> list[dict]:
    """Return the cost of JTL chains over their length, at equal step."""
    rows = []
    for n in (10, 100, 1000) if quick else (10, 100, 1000, 10000):
        duration = 100 if n > 1000 else 200
        deck = chain(n, duration)
        steps = duration / 0.1
        for scheme in ("am4", "leapfrog"):
            seconds, kernel, _ = ours(deck, 0.1, scheme, folder)
            peer = josim(deck, 0.1, folder)[0] if JOSIM else None
            rows.append(row(f"chain {n} {scheme} 0.1 ps", seconds, peer, None, kernel_s=kernel,
                            ns_per_junction_step=kernel / n / steps * 1e9))
    return rows


def draw(rows: list[dict], path: Path) -> None:
    """Draw kernel seconds over the number of junctions."""
    from neuromorph.plot import figure

    page = figure(5, 3.4)
    ax = page.subplots()
    for scheme in ("am4", "leapfrog"):
        points = [(int(r["case"].split()[1]), r["ns_per_junction_step"]) for r in rows
                  if r["case"].startswith("chain") and scheme in r["case"]]
        ax.loglog(*zip(*points, strict=True), "o-", label=scheme)
    ax.set(xlabel="junctions", ylabel="ns per junction and step")
    ax.legend()
    page.savefig(path)


def main() -> None:
    """Run the cases and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    imported = time.process_time() - BEGIN
    begin = time.process_time()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for scheme in ("am4", "leapfrog"):
            ours(chain(3, 20), 0.1, scheme, folder)
        rows = [row("import", imported, None, None),
                row("compile", time.process_time() - begin, None, None)]
        rows += cells(options.quick, folder) + sizes(options.quick, folder)
    for r in rows:
        cells_ = [f"{r['case']:32s}", f"{r['ours_s']:.4g} s"]
        cells_ += [f"{key} {r[key]:.3g}" for key in
                   ("kernel_s", "peer_s", "ratio", "error", "peer_error", "ns_per_junction_step")
                   if r.get(key) is not None]
        print("  ".join(cells_))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))
    if options.plot:
        draw(rows, options.plot)


if __name__ == "__main__":
    main()
