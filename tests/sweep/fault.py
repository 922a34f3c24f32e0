"""A script that sweeps in a folder with a named fault: what test_fault.py does harm to.

    python -m tests.sweep.fault FAULT FOLDER EXECUTOR

Every point that comes to its end adds a line to FOLDER.log, so that a test knows what was
finished, how often, and by which process.
"""

import functools
import os
import resource
import signal
import sys
import time
from pathlib import Path

from neuromorph.sweep import FolderError, grid, run_sweep

N = 60


def log(path, point):
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, f"{point.index} {os.getpid()}\n".encode())
    os.close(handle)


def once(path, point):
    """Kill the process at point 23, the first time only."""
    if point.index == 23 and not Path(f"{path}.killed").exists():
        Path(f"{path}.killed").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return steady(path, point)


def always(path, point):
    """Kill the process at point 23, every time."""
    if point.index == 23:
        os.kill(os.getpid(), signal.SIGKILL)
    return steady(path, point)


def fatal(path, point):
    os.kill(os.getpid(), signal.SIGKILL)


def steady(path, point):
    time.sleep(0.01)
    log(path, point)
    return [point.index, point.seed]


def long(path, point):
    """Be quick for ten points, then take very long, unless PATH.quick is there."""
    if point.index >= 10 and not Path(f"{path}.quick").exists():
        Path(f"{path}.long").touch()
        time.sleep(60.0)
    return steady(path, point)


def bulky(path, point):
    log(path, point)
    return "x" * (1000 * point.index)


def plan():
    return grid({"a": range(N)}, seed=3)


def sweep(fault, folder, **options):
    name = "steady" if fault == "resume" else fault.removesuffix("-limited")
    if name == "bulky":
        options["chunk"] = 5
    work = functools.partial(globals()[name], f"{folder}.log")
    return run_sweep(plan(), work, folder=folder, chunk_seconds=0.05, **options)


def main(fault, folder, executor):
    if fault.endswith("-limited"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
    try:
        result = sweep(fault, folder, executor=executor, workers=2)
    except FolderError as error:
        print(f"{error} | {len(error.outcomes)}")
        return 3
    print(result)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
