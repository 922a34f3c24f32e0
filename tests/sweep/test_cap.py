"""Caps on the threads of a worker: its share of the cores that this process may use."""

import concurrent.futures
import os

import numba
import numpy as np
import pytest

from neuromorph.sweep import crew, grid, run_sweep
from neuromorph.sweep.cap import capped
from tests.sweep import points

ONE = grid({"a": [0]})


@pytest.fixture
def six_cores(monkeypatch):
    """Let this process have six cores of a larger machine, as taskset or a container would."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(6)), raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    for name in crew.BLAS:
        monkeypatch.delenv(name, raising=False)


def test_processes_share_the_cores_that_this_process_may_use(six_cores):
    (value,) = run_sweep(ONE, points.threads, executor="processes", workers=2).values
    assert value[2] == "3"


@pytest.mark.parametrize("executor", ["threads", "given"])
def test_threads_and_given_executors_are_held_to_their_share(monkeypatch, executor):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        before = pool.submit(numba.get_num_threads).result()
        chosen = pool if executor == "given" else executor
        (value,) = run_sweep(ONE, points.threads, executor=chosen, workers=2).values
        assert value[0] == 1
        assert pool.submit(numba.get_num_threads).result() == before  # the pool is as it was


def test_a_cap_is_lifted_and_never_raises_what_is_lower():
    before = numba.get_num_threads()
    with capped(1):
        with capped(before + 5):
            assert numba.get_num_threads() == 1
        assert numba.get_num_threads() == 1
    assert numba.get_num_threads() == before
    with capped(None):
        assert numba.get_num_threads() == before


def test_blas_is_capped_while_a_point_runs():
    control = pytest.importorskip("threadpoolctl", reason="pip install neuromorph[cluster]")

    def most():
        np.ones((2, 2)) @ np.ones((2, 2))
        found = control.threadpool_info()
        return max(lib["num_threads"] for lib in found if lib["user_api"] == "blas")

    with control.threadpool_limits(limits=4, user_api="blas"):
        with capped(3), capped(3):
            assert most() == 3
        assert most() == 4
        with capped(8):
            assert most() == 4
