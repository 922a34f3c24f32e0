"""A sweep on a dask cluster of two processes, with workers that die."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

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


def sweep(tmp_path, name):
    pytest.importorskip("distributed", reason="needs dask: pip install neuromorph[cluster]")
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, str(script), name, str(tmp_path / "s")], cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.rpartition("RESULT")[2])


def expected():
    from tests.sweep import fault

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


def test_a_missing_cluster_is_told(monkeypatch):
    from neuromorph.sweep.cluster import connected

    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(RuntimeError, match=r"pip install 'neuromorph\[cluster\]'"), connected("x"):
        pass
