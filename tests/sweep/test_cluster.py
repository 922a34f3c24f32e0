"""A sweep on a dask cluster of two processes, with workers that die."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from neuromorph.sweep import read_sweep
from tests.sweep import fault

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import functools, json, sys
import dask
from distributed import LocalCluster
from neuromorph.sweep import run_sweep
from neuromorph.sweep.cluster import connected
from tests.sweep import fault

if __name__ == "__main__":
    dask.config.set({"distributed.scheduler.allowed-failures": 0})
    folder = sys.argv[2]
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        with connected(cluster.scheduler_address) as (executor, workers):
            r = fault.sweep(sys.argv[1], folder, executor=executor, workers=workers)
    values = r.values
    print("RESULT", json.dumps([values, [(o.index, o.error) for o in r.failed], workers]))
"""


def start(tmp_path, name):
    """Start the script as a terminal would: Ctrl-C reaches it and the cluster's processes."""
    pytest.importorskip("distributed", reason="needs dask: pip install neuromorph[cluster]")
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    return subprocess.Popen(
        [sys.executable, str(script), name, str(tmp_path / "s")], cwd=ROOT, start_new_session=True,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def sweep(tmp_path, name):
    process = start(tmp_path, name)
    out, text = process.communicate(timeout=120)
    assert process.returncode == 0, text
    return json.loads(out.rpartition("RESULT")[2])


def until(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def logged(folder):
    log = Path(f"{folder}.log")
    lines = log.read_text().splitlines() if log.exists() else []
    return {int(line.split()[0]) for line in lines}


def expected():
    return [[point.index, point.seed] for point in fault.plan()]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["steady", "once"])
def test_a_cluster_gives_the_same_and_a_killed_worker_costs_nothing(tmp_path, name):
    values, failed, workers = sweep(tmp_path, name)
    assert workers == 2
    assert failed == []
    assert values == expected()


@pytest.mark.slow
def test_a_point_that_always_kills_its_worker_is_found_on_a_cluster(tmp_path):
    values, failed, _ = sweep(tmp_path, "always")
    assert failed == [[23, "worker died (KilledWorker)"]]
    assert values == [v if v[0] != 23 else None for v in expected()]


@pytest.mark.slow
def test_ctrl_c_on_a_cluster_keeps_every_finished_point(tmp_path):
    folder = tmp_path / "s"
    process = start(tmp_path, "steady")
    until(lambda: len(logged(folder)) > 12)
    os.killpg(process.pid, signal.SIGINT)
    _, text = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "KeyboardInterrupt: sweep 'sweep' stopped" in text
    kept = read_sweep(folder).by_index
    assert 0 < len(kept) < fault.N
    assert set(kept) <= logged(folder)
    assert fault.sweep("resume", folder).values == expected()


@pytest.mark.slow
def test_ctrl_c_twice_on_a_cluster_leaves_a_folder_to_resume(tmp_path):
    """The points in hand take a minute: the second Ctrl-C does not wait for them."""
    folder = tmp_path / "s"
    process = start(tmp_path, "long")
    until(Path(f"{folder}.log.long").exists)
    until(lambda: list((folder / "chunks").glob("*.jsonl")))
    os.killpg(process.pid, signal.SIGINT)
    time.sleep(0.5)
    assert process.poll() is None  # chunks are in hand
    os.killpg(process.pid, signal.SIGINT)
    _, text = process.communicate(timeout=50)
    assert process.returncode != 0
    assert "KeyboardInterrupt" in text
    kept = read_sweep(folder).by_index
    assert 0 < len(kept) <= 10
    assert set(kept) <= logged(folder)
    Path(f"{folder}.log.quick").touch()
    resumed = fault.sweep("long", folder)
    assert resumed.values == expected()
    assert resumed.reused == len(kept)


def test_a_missing_cluster_is_told(monkeypatch):
    from neuromorph.sweep.cluster import connected

    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(RuntimeError, match=r"pip install 'neuromorph\[cluster\]'"), connected("x"):
        pass
