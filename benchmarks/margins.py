"""Monte Carlo and margins: our CPU seconds per variant against JoSIM's per run.

    python benchmarks/margins.py [--quick] [--josim josim-cli] --json FILE

Monte Carlo: the single-rail XOR of two veto gates (41 junctions), one input at 40 GHz, for 1.9 ns,
1,024 chips with 5 % spread and noise at 4.2 K in one yield (drawing, simulating and checking them),
by leapfrog at 0.1 ps and by cowell at 0.2 ps. The error is the largest difference of a pulse time
of the output, without noise, from the default scheme at 0.0125 ps. JoSIM runs the same deck at 0.1
ps and at halved steps until its error is no larger than ours (at most 1/32); each is a row.
Margins: 15 parameters of the merger.
CPU time, of the process and its children; medians.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from neuromorph.circuits import (
    Spread,
    estimate_yield,
    margins,
    read,
    simulate,
    simulate_batch,
    specify_nominal,
)
from neuromorph.circuits.cell import library

STEP = 1e-13
PROBE = "B2.X3"
DECK = library.folder().parent / "networks" / "gate_xor.cir"
LENGTH = 1.9e-9


def cpu():
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def timed(call):
    begin = cpu()
    result = call()
    return cpu() - begin, result


def largest(times, exact):
    return float(np.max(np.abs(times - exact))) if times.size == exact.size else float("inf")


def josim(program, folder, text, step, noise):
    """Run JoSIM once; return CPU seconds and the pulse times of the probe."""
    lines = [line for line in text.splitlines() if not line.lower().startswith((".print", ".tran"))]
    end = lines.index(".end")
    extra = [f".tran {step * 1e12:g}p {LENGTH * 1e12:g}p 0 {step * 1e12:g}p", f".print p({PROBE})"]
    extra += [".temp 4.2", ".neb 1e13"] if noise else []
    deck, out = Path(folder) / "deck.cir", Path(folder) / "out.csv"
    deck.write_text("\n".join([*lines[:end], *extra, ".end"]) + "\n")
    spent, done = timed(lambda: subprocess.run(
        [program, "-m", "-o", str(out), str(deck)], capture_output=True, text=True, check=False))
    if done.returncode:
        raise RuntimeError(done.stdout[-500:] + done.stderr[-500:])
    time_, phase = np.genfromtxt(out, delimiter=",", skip_header=1, unpack=True)[:2]
    level = np.pi + 2 * np.pi * np.arange(round((phase[-1] - phase[0]) / (2 * np.pi)))
    return spent, np.interp(level, np.maximum.accumulate(phase), time_)


def peers(program, text, exact, least, repeats):
    """JoSIM at halved steps until its error is at most ``least``: (step, CPU seconds, error)."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for halvings in range(6):
            step = STEP / 2**halvings
            _, times = josim(program, folder, text, step, noise=False)
            spent = statistics.median(
                josim(program, folder, text, step, noise=True)[0] for _ in range(repeats)
            )
            found.append((step, spent, largest(times, exact)))
            if found[-1][2] <= least:
                break
    return found


def own(circuit, check, exact, scheme, step, chips):
    """Ours: a case with its CPU seconds per chip and its error without noise."""
    batch = simulate_batch(circuit, step=step, duration=LENGTH, temperature=0.0, scheme=scheme)
    what = {"spread": Spread(local=0.05), "temperature": 4.2, "step": step, "duration": LENGTH}
    spent, _ = timed(lambda: estimate_yield(circuit, check, n=chips, scheme=scheme, **what))
    return {
        "case": f"a chip of {chips}, {scheme} at {step * 1e12:g} ps", "ours_s": spent / chips,
        "error": largest(batch.pulses[PROBE][0], exact),
    }  # fmt: skip


def against(row, found):
    """A row per step of JoSIM, down to the first that is no less accurate."""
    rows = []
    for step, spent, error in found:
        rows.append(row | {
            "peer": f"JoSIM at {step * 1e12:g} ps", "peer_s": spent, "peer_error": error,
            "ratio": spent / row["ours_s"],
        })  # fmt: skip
        if error <= row["error"]:
            break
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--josim", default="josim-cli")
    parser.add_argument("--json", required=True)
    options = parser.parse_args()
    circuit = read(DECK)
    check = specify_nominal(circuit)
    exact = simulate(circuit, step=STEP / 8, duration=LENGTH, record=()).pulses[PROBE]
    chips = 128 if options.quick else 1024
    rows = [
        own(circuit, check, exact, scheme, step, chips)
        for scheme, step in (("leapfrog", STEP), ("cowell", 2 * STEP))
    ]
    program = shutil.which(options.josim)
    if program:
        least = min(row["error"] for row in rows)
        text = library.resolved(DECK)
        found = peers(program, text, exact, least, 1 if options.quick else 3)
        rows = [one for row in rows for one in against(row, found)]

    circuit = read(library.folder() / "merger_testbench.cir")
    check = specify_nominal(circuit)
    names = [e.name for e in circuit.elements if e.name.endswith(".X3")]
    parameters = [name for name in names if name[0] in "BIL" and name[:2] != "LP"][:15]
    begin, wall = cpu(), time.perf_counter()
    found = margins(circuit, check, parameters, workers=None if options.quick else 2)
    rows.append({
        "case": f"margins of {len(parameters)} parameters, {found.trials} variants",
        "ours_s": cpu() - begin, "wall_s": time.perf_counter() - wall,
    })
    record = {"host": f"{platform.machine()}, {os.cpu_count()} cores", "rows": rows,
              "load": os.getloadavg()[0]}
    Path(options.json).write_text(json.dumps(record, indent=1) + "\n")
    for row in rows:
        print(row)


if __name__ == "__main__":
    main()
