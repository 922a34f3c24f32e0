"""Josephson transients against JoSIM: CPU seconds, pulse-time errors, cost over size.

    python benchmarks/josephson.py [--quick] [--json FILE] [--plot FILE]

Both sides parse the deck, run it and write a CSV file, interleaved; ours in this process with
imports and compilation done before (reported apart as case "import" and "compile"), JoSIM as a
whole process. The error is the largest difference of a pulse time to our default scheme at
0.005 ps, over all printed junctions. Rows "command" are whole processes on both sides, imports
included. Without josim-cli on PATH only our side runs.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BEGIN = time.process_time()

import numpy as np  # noqa: E402

from neuromorph.circuits import StepError, Transient, read, simulate  # noqa: E402
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


def printed(result: Transient) -> dict:
    """Return the pulses of the junctions whose phase is printed."""
    names = [o.targets[0] for o in result.outputs if o.kind == "P"]
    return {name: result.pulses[name] for name in names if name in result.pulses}


def ours(deck: str, step: float, scheme: str, folder: Path) -> tuple[float, float, dict]:
    """Return CPU seconds of parse, run and CSV, of the kernel alone, and the pulses."""
    begin = time.process_time()
    circuit = read(deck.replace("STEP", f"{step}p"))
    result = simulate(circuit, scheme=scheme)
    save(result, folder / "ours.csv")
    return (time.process_time() - begin, result.seconds["kernel"],
            printed(result))


def process(command: list) -> float:
    """Return the CPU seconds of a process, user and system."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def josim(deck: str, step: float, folder: Path) -> tuple[float, dict]:
    """Return CPU seconds of a JoSIM process and the pulses in its CSV."""
    (folder / "deck.cir").write_text(deck.replace("STEP", f"{step}p"))
    seconds = process([JOSIM, "-m", "-o", folder / "josim.csv", folder / "deck.cir"])
    names = (folder / "josim.csv").open().readline().strip().replace('"', "").split(",")
    data = np.loadtxt(folder / "josim.csv", delimiter=",", skiprows=1)
    return seconds, {n[2:-1].replace("|", "."): crossings(data[:, 0], data[:, k])
                     for k, n in enumerate(names) if n.startswith("P(")}


def equal_error(errors: dict[float, tuple[float, float]], target: float) -> float | None:
    """Return seconds at which a log-log line through (seconds, error) meets the target.

    Where even the coarsest step is more accurate, its seconds: no cheaper run was made. Finer than
    the finest step the line is extended.
    """
    points = sorted((e, s) for s, e in errors.values() if 0 < e < float("inf"))
    if len(points) < 2:
        return None
    if points[-1][0] < target:
        return points[-1][1]
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


def leap(deck: str, step: float, truth: dict, folder: Path) -> dict:
    """Return seconds and error of the leapfrog, nothing where it fails."""
    try:
        runs = [ours(deck, step, "leapfrog", folder) for _ in range(3)]
    except StepError:
        return {}
    return {"leapfrog_s": statistics.median(r[0] for r in runs),
            "leapfrog_error": difference(runs[0][2], truth)}


NAMES = ("jtl", "splitter", "merger", "dff", "not", "neuron", "synapse", "two_point_neuron")


def cell(name: str, quick: bool, folder: Path) -> list[dict]:
    """Compare one testbench at equal step and at an error of 0.01 ps."""
    deck = library(name, 300 if quick else 1000)
    exact = simulate(read(deck.replace("STEP", "0.005p")))
    truth = printed(exact)
    size = len(exact.circuit.junctions)
    own, kernel, peer, rows = {}, {}, {}, []
    for step in (0.025, 0.05, 0.1, 0.2, 0.25):
        try:
            runs = [ours(deck, step, "cowell", folder)]
        except StepError:
            continue
        there = josim(deck, step / 2, folder) if JOSIM else None
        runs += [ours(deck, step, "cowell", folder) for _ in range(0 if quick else 2)]
        error = difference(runs[0][2], truth)
        own[step] = statistics.median(r[0] for r in runs), error
        kernel[step] = statistics.median(r[1] for r in runs), error
        if there:
            peer[step / 2] = there[0], difference(there[1], truth)
    for step in sorted(own):
        there = peer.get(step)
        rows.append(row(f"{name} {step} ps", own[step][0], there and there[0], own[step][1],
                        junctions=size, kernel_s=kernel[step][0],
                        peer_error=there and there[1], **leap(deck, step, truth, folder)))
    a, b, k = (equal_error(t, 0.01) for t in (own, peer, kernel))
    if a and b and k:
        coarse = equal_error({s: (s, e) for s, (_, e) in peer.items()}, 0.01)
        rows.append(row(f"{name} at 0.01 ps error", a, b, 0.01, junctions=size, kernel_s=k,
                        kernel_ratio=b / k, peer_step=coarse,
                        step=max(s for s, (_, e) in own.items() if e <= 0.01)))
    return rows


def means(rows: list[dict]) -> list[dict]:
    """Return the geometric means over cells of 10 to 40 junctions."""
    found = []
    for ending in ("at 0.01 ps error", "0.025 ps", "0.05 ps", "0.1 ps"):
        those = [r for r in rows if r["case"].endswith(ending) and r.get("ratio")
                 and 10 <= r.get("junctions", 0) <= 40]
        for r in those:
            r["faster_ratio"] = r["peer_s"] / min(r["ours_s"], r.get("leapfrog_s", np.inf))
        for key in ("ratio", "kernel_ratio", "faster_ratio"):
            values = [r[key] for r in those if r.get(key)]
            if values:
                mean = float(np.exp(np.mean(np.log(values))))
                found.append({"case": f"geometric mean of {key} of {len(values)} cells {ending}",
                              "ours_s": 0.0, "ratio": mean, "least": min(values),
                              "most": max(values)})
    return found


def sizes(quick: bool, folder: Path) -> list[dict]:
    """Return the cost of JTL chains over their length, at equal step."""
    rows = []
    for n in (10, 100, 1000) if quick else (10, 30, 100, 300, 1000, 10000):
        duration = 200 if quick else 1000 if n <= 1000 else 300
        deck = chain(n, duration)
        steps = duration / 0.1
        peer = josim(deck, 0.1, folder)[0] if JOSIM else None
        for scheme in ("cowell", "leapfrog"):
            seconds, kernel, _ = ours(deck, 0.1, scheme, folder)
            rows.append(row(f"chain {n} {scheme} 0.1 ps", seconds, peer, None, kernel_s=kernel,
                            ns_per_junction_step=kernel / n / steps * 1e9,
                            whole_ns=seconds / n / steps * 1e9,
                            peer_ns=peer and peer / n / steps * 1e9))
    return rows


def lengths(found: list[dict], program: list, folder: Path) -> list[dict]:
    """Return whole commands of 1 to 10 ns at an error of 0.01 ps, imports included."""
    rows = []
    for name in ("dff", "merger", "synapse", "two_point_neuron"):
        own = next((r for r in found if r["case"] == f"{name} at 0.01 ps error"), None)
        for ns in (1, 2, 5, 10) if own else ():
            deck = library(name, 1000 * ns)
            (folder / "deck.cir").write_text(deck.replace("STEP", f"{own['step']}p"))
            mine = statistics.median(process(program) for _ in range(3))
            peer = josim(deck, own["peer_step"], folder)[0]
            rows.append(row(f"command {name} {ns} ns at 0.01 ps error", mine, peer, 0.01,
                            step=own["step"], peer_step=own["peer_step"]))
    return rows


def commands(found: list[dict], quick: bool, folder: Path) -> list[dict]:
    """Return whole commands, imports included: warm start, lengths, memory of a long one."""
    program = [sys.executable, "-m", "neuromorph", "simulate", folder / "deck.cir", "-o",
               folder / "out.csv"]
    (folder / "deck.cir").write_text(library("merger", 1).replace("STEP", "0.1p"))
    process(program)
    starts = [process(program) for _ in range(5)]
    rows = [row("command of ten steps: warm start", statistics.median(starts), None, None,
                least=min(starts), most=max(starts))]
    rows += [] if quick else lengths(found, program, folder)
    if not quick:
        (folder / "deck.cir").write_text(chain(10000, 1000).replace("STEP", "0.05p"))
        inner = ("import resource, sys; from click.testing import CliRunner; "
                 "from neuromorph.cli.simulate_command import command; "
                 "r = CliRunner().invoke(command, sys.argv[1:]); "
                 "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, r.exit_code)")
        begin = resource.getrusage(resource.RUSAGE_CHILDREN)
        text = subprocess.run([sys.executable, "-c", inner, *map(str, program[4:])], check=True,
                              capture_output=True, text=True).stdout.split()
        end = resource.getrusage(resource.RUSAGE_CHILDREN)
        rows.append(row("command chain of 10,000, 1 ns at 0.05 ps", end.ru_utime - begin.ru_utime,
                        None, None, megabytes=int(text[0]) / 1024, exit=int(text[1])))
    return rows


def draw(rows: list[dict], path: Path) -> None:
    """Draw nanoseconds per junction and step over the number of junctions."""
    from neuromorph.plot import figure

    page = figure(5.4, 3.4)
    ax = page.subplots()
    chains = [(int(r["case"].split()[1]), r) for r in rows if r["case"].startswith("chain")]
    for scheme, mark in (("cowell", "o"), ("leapfrog", "s")):
        points = [(n, r) for n, r in chains if scheme in r["case"]]
        ax.plot([n for n, _ in points], [r["ns_per_junction_step"] for _, r in points],
                f"{mark}-", label=f"{scheme}, run alone")
    points = [(n, r) for n, r in chains if "cowell" in r["case"]]
    ax.plot([n for n, _ in points], [r["whole_ns"] for _, r in points], "o:", color="C0",
            mfc="none", label="cowell, with reading and CSV")
    if all(r["peer_ns"] for _, r in points):
        ax.plot([n for n, _ in points], [r["peer_ns"] for _, r in points], "^--", color="0.4",
                label="JoSIM 2.7, whole process")
    ax.set(xlabel="junctions in the chain", ylabel="CPU time per junction and step (ns)",
           xscale="log", yscale="log", ylim=(10, 6000), title="Flat curves: cost linear in size")
    ax.grid(True, which="both", lw=0.3, color="0.85")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, fontsize=8, ncols=2, loc="upper center")
    page.savefig(path, dpi=160)


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
        for scheme in ("cowell", "leapfrog"):
            ours(chain(3, 20), 0.1, scheme, folder)
        rows = [row("import", imported, None, None),
                row("compile", time.process_time() - begin, None, None)]
        for one in ("jtl", "merger") if options.quick else NAMES:
            rows += cell(one, options.quick, folder)
        rows += means(rows) + sizes(options.quick, folder)
        rows += commands(rows, options.quick, folder)
    for r in rows:
        cells_ = [f"{r['case']:32s}", f"{r['ours_s']:.4g} s"]
        cells_ += [f"{key} {r[key]:.3g}" for key in
                   ("kernel_s", "peer_s", "ratio", "kernel_ratio", "least", "most", "error",
                    "peer_error", "leapfrog_s", "leapfrog_error", "ns_per_junction_step",
                    "step", "peer_step", "megabytes")
                   if r.get(key) is not None]
        print("  ".join(cells_))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))
    if options.plot:
        draw(rows, options.plot)


if __name__ == "__main__":
    main()
