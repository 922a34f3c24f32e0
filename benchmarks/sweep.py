"""What the sweep engine costs per point, and how it scales over workers.

    python benchmarks/sweep.py [--quick] --json FILE

Overhead: points that do nothing, in chunks as the engine chooses them; CPU seconds of this process
(for processes also of the workers) and wall-clock seconds, median of the repeats. The peer is
``ProcessPoolExecutor.map`` with the same mean chunk size: no seeds, no files, no way back from a
dead worker. Scaling: points of fixed work, wall-clock seconds over 1 and 2 processes, interleaved.
"""

import argparse
import concurrent.futures
import json
import multiprocessing
import os
import platform
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from neuromorph.sweep import grid, run_sweep


def empty(point):
    return 0.0


def empty_bare(number):
    return 0.0


def work(point):
    """About 10 ms of arithmetic that holds the interpreter's lock and needs no memory."""
    total = 0.0
    for number in range(point["loops"]):
        total += number * 1e-9
    return total


def cpu():
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def timed(call):
    wall, busy = time.perf_counter(), cpu()
    call()
    return time.perf_counter() - wall, cpu() - busy


def median(pairs):
    return tuple(statistics.median(column) for column in zip(*pairs, strict=True))


def overhead(points, repeats):
    plan = grid({"a": range(points)})
    rows = []
    for executor, workers, keep in (
        ("serial", 1, False), ("serial", 1, True), ("threads", 2, False),
        ("processes", 1, False), ("processes", 2, False), ("processes", 2, True),
    ):  # fmt: skip
        ours = median([timed(lambda: once(plan, executor, workers, keep)) for _ in range(repeats)])  # noqa: B023
        row = {
            "case": f"empty point, {executor} x {workers}{', folder' if keep else ''}",
            "ours_s": ours[0] / points,
            "cpu_s": ours[1] / points,
        }
        if executor == "processes" and not keep:
            peer = median([timed(lambda: bare(points, workers)) for _ in range(repeats)])  # noqa: B023
            row |= {"peer": "ProcessPoolExecutor.map", "peer_s": peer[0] / points}
            row["ratio"] = row["ours_s"] / row["peer_s"]
        rows.append(row)
    return rows


def once(plan, executor, workers, keep):
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "sweep" if keep else None
        result = run_sweep(plan, empty, executor=executor, workers=workers, folder=place)
    if not result.complete or result.failed:
        raise RuntimeError(repr(result))


def bare(points, workers):
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(workers, mp_context=context) as pool:
        list(pool.map(empty_bare, range(points), chunksize=max(1, points // 16)))


def scaling(points, loops, repeats):
    plan = grid({"loops": [loops] * points})
    cases = {"serial": ("serial", 1)}
    cases |= {f"processes x {count}": ("processes", count) for count in (1, 2)}
    spent = {case: [] for case in cases}
    for _ in range(repeats):
        for case, (executor, workers) in cases.items():
            spent[case].append(
                timed(lambda: run_sweep(plan, work, executor=executor, workers=workers))  # noqa: B023
            )
    middle = {case: median(pairs) for case, pairs in spent.items()}
    wall, busy = middle["serial"]
    return [
        {"case": f"{points} points of {busy / points * 1e3:.2g} ms, {case}, start included",
         "ours_s": mine[0], "cpu_s": mine[1], "speed": wall / mine[0], "cpu_ratio": mine[1] / busy}
        for case, mine in middle.items()
    ]  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", required=True)
    options = parser.parse_args()
    points, repeats = (5_000, 3) if options.quick else (50_000, 5)
    load = os.getloadavg()[0]
    rows = overhead(points, repeats)
    rows += scaling(300 if options.quick else 600, 200_000, 1 if options.quick else 3)
    record = {
        "host": f"{platform.machine()}, {os.cpu_count()} cores",
        "load_before": load,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "rows": rows,
    }
    Path(options.json).write_text(json.dumps(record, indent=1) + "\n")
    for row in rows:
        print("  ".join(f"{key}={value:.4g}" if isinstance(value, float) else str(value)
                        for key, value in row.items()))  # fmt: skip


if __name__ == "__main__":
    main()
