import concurrent.futures
import threading

import numpy as np
import pytest

from neuromorph.sweep import Plan, PointError, grid, read_sweep, run_sweep
from tests.sweep import points

PLAN = grid({"a": range(60)}, seed=5)


def same(one, two):
    return all(
        x["sum"] == y["sum"] and x["seed"] == y["seed"] and np.array_equal(x["draw"], y["draw"])
        for x, y in zip(one.values, two.values, strict=True)
    )


@pytest.fixture(scope="module")
def serial():
    return run_sweep(PLAN, points.noisy)


def test_values_are_the_functions_own(serial):
    assert serial.complete
    assert not serial.failed
    for point, value in zip(PLAN, serial.values, strict=True):
        assert value["sum"] == point["a"] + 0.5
        child = np.random.SeedSequence(5).spawn(60)[point.index]
        assert np.array_equal(value["draw"], np.random.default_rng(child).normal(size=3))


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("chunk", [None, 1, 7, 100])
def test_threads_and_chunk_sizes_do_not_change_the_result(serial, workers, chunk):
    result = run_sweep(PLAN, points.noisy, executor="threads", workers=workers, chunk=chunk)
    assert same(result, serial)


def test_processes_do_not_change_the_result(serial):
    assert same(run_sweep(PLAN, points.noisy, workers=2), serial)


def test_an_executor_of_ones_own_serves_and_stays_open(serial):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        assert same(run_sweep(PLAN, points.noisy, executor=pool, workers=2), serial)
        assert pool.submit(int, "3").result() == 3


def test_a_maker_of_executors_serves(serial):
    def make():
        return concurrent.futures.ThreadPoolExecutor(2)

    assert same(run_sweep(PLAN, points.noisy, executor=make, workers=2), serial)


@pytest.mark.parametrize("options", [{}, {"executor": "threads", "workers": 2}])
@pytest.mark.parametrize(("function", "batched"), [(points.picky, False), (points.batch, True)])
def test_a_point_that_raises_is_recorded_with_its_reason(options, function, batched):
    result = run_sweep(PLAN, function, batched=batched, chunk=20, **options)
    assert [outcome.index for outcome in result.failed] == [7, 17, 27, 37, 47, 57]
    assert result.failed[1].error.startswith("ValueError: no 17 (points.py:")
    assert result.values[6:9] == [6, None, 8]
    assert "6 failed (1 x ValueError: no 7" in repr(result)


def test_a_point_that_raises_can_end_the_sweep(tmp_path):
    with pytest.raises(PointError, match=r"point 7 \{'a': 7\}: ValueError: no 7") as caught:
        run_sweep(PLAN, points.picky, error="raise", folder=tmp_path / "s", chunk=5)
    assert caught.value.outcomes.values[:10] == [0, 1, 2, 3, 4, 5, 6, None, 8, 9]
    assert sorted(read_sweep(tmp_path / "s").by_index) == [0, 1, 2, 3, 4, 5, 6, 8, 9]


def test_a_batched_function_owes_a_value_for_each_point():
    result = run_sweep(grid({"a": range(4)}), points.short_batch, batched=True, chunk=4)
    assert result.values == [0, 0, 0, 0]  # halved until the lengths agree


def test_values_that_cannot_be_kept_fail_by_name():
    result = run_sweep(grid({"a": [1]}), points.unstorable)
    assert "TypeError: value of a point: object came" in result.failed[0].error


def test_finished_points_are_not_computed_again(tmp_path):
    seen = []

    def count(point):
        seen.append(point.index)
        return point.index if point.index != 3 else 1 / 0

    plan = grid({"a": range(10)})
    first = run_sweep(plan, count, folder=tmp_path / "s", chunk=3)
    again = run_sweep(plan, count, folder=tmp_path / "s")
    assert seen == list(range(10))
    assert (first.reused, again.reused) == (0, 10)
    assert again.values == first.values
    assert again.failed[0].error.startswith("ZeroDivisionError: division by zero")
    run_sweep(plan, count, folder=tmp_path / "s", retry_failed=True)
    assert seen == [*range(10), 3]


def test_warm_is_called_once_here_before_the_workers_start():
    order = []

    def work(point):
        order.append(threading.current_thread() is threading.main_thread())

    options = {"executor": "threads", "workers": 2}
    run_sweep(grid({"a": range(3)}), work, warm=lambda: order.append("warm"), **options)
    assert order == ["warm", False, False, False]


def test_the_first_point_runs_alone_when_nothing_is_warm():
    log, company = [], threading.Barrier(2)

    def work(point):
        log.append((point.index, "begins"))
        if point.index in (1, 2):  # these two meet only if they run side by side
            company.wait(timeout=60.0)
        log.append((point.index, "ends"))

    run_sweep(grid({"a": range(8)}), work, executor="threads", workers=4, chunk=1)
    assert log[:2] == [(0, "begins"), (0, "ends")]
    assert len(log) == 16


def test_progress_can_be_a_function():
    calls = []
    run_sweep(PLAN, points.picky, chunk=25, progress=lambda *counts: calls.append(counts))
    assert calls == [(25, 60), (50, 60), (60, 60)]


def test_an_empty_plan_is_complete():
    assert run_sweep(Plan(parameters=[]), points.noisy).complete


def test_rows_hold_parameters_and_values():
    result = run_sweep(grid({"a": [6, 7]}), points.picky)
    assert result.rows()[0] == {"index": 0, "a": 6, "value": 6}
    assert set(result.rows()[1]) == {"index", "a", "error"}


def test_finished_points_are_given_with_their_parameters():
    result = run_sweep(grid({"a": [6, 7, 8], "b": ["x", "y"]}), points.picky)
    assert result.finished() == [
        (result.plan.parameters[o.index], o.value) for o in result if o.error is None
    ]
    assert [p["a"] for p, _ in result.finished(b="y")] == [6, 8]
    assert {p["a"] for p, _ in result.finished()} == {6, 8}


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"executor": "process"}, "executor: 'process' came, serial, threads, processes"),
        ({"workers": 0}, "workers: 0 came"),
        ({"chunk": 0}, "chunk: 0 came"),
        ({"chunk_seconds": 0.0}, "chunk_seconds: 0.0 came"),
        ({"error": "ignore"}, "error: 'ignore' came, 'record' and 'raise'"),
    ],
)
def test_wrong_arguments_are_refused(options, text):
    with pytest.raises(ValueError, match=text):
        run_sweep(PLAN, points.noisy, **options)


def test_a_function_that_processes_cannot_load_is_refused():
    with pytest.raises(TypeError, match=r"cannot be sent to a process .*executor='threads'"):
        run_sweep(PLAN, lambda point: 1, executor="processes", workers=1)
