"""Faults, made for real: processes killed, disks filled, Ctrl-C."""

import concurrent.futures
import functools
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from neuromorph.sweep import read_sweep
from tests.sweep import fault

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and limits")


def command(name, folder, executor="processes"):
    return [sys.executable, "-m", "tests.sweep.fault", name, str(folder), executor]


def run(name, folder, executor="processes"):
    return subprocess.run(
        command(name, folder, executor), cwd=ROOT, capture_output=True, text=True, timeout=60
    )


def start(name, folder, executor="processes"):
    return subprocess.Popen(
        command(name, folder, executor), cwd=ROOT, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def until(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def logged(folder):
    log = Path(f"{folder}.log")
    lines = log.read_text().splitlines() if log.exists() else []
    return [tuple(map(int, line.split())) for line in lines]


def expected():
    return [[point.index, point.seed] for point in fault.plan()]


def alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.slow
def test_a_worker_killed_once_costs_nothing(tmp_path):
    done = run("once", tmp_path / "s")
    assert done.returncode == 0, done.stderr
    result = read_sweep(tmp_path / "s")
    assert result.values == expected()
    assert Path(f"{tmp_path / 's'}.log.killed").exists()


@pytest.mark.slow
def test_a_point_that_always_kills_is_found_and_its_neighbours_are_unharmed(tmp_path):
    done = run("always", tmp_path / "s")
    assert done.returncode == 0, done.stderr
    assert "1 failed (1 x worker died: signal SIGKILL)" in done.stdout
    result = read_sweep(tmp_path / "s")
    assert [outcome.index for outcome in result.failed] == [23]
    assert result.complete
    assert result.values == [v if v[0] != 23 else None for v in expected()]


@pytest.mark.slow
def test_a_worker_killed_from_outside_costs_nothing(tmp_path):
    process = start("steady", tmp_path / "s")
    until(lambda: len(logged(tmp_path / "s")) > 3)
    os.kill(logged(tmp_path / "s")[-1][1], signal.SIGKILL)
    _, text = process.communicate(timeout=30)
    assert process.returncode == 0, text
    assert read_sweep(tmp_path / "s").values == expected()


@pytest.mark.slow
def test_the_parent_killed_leaves_a_folder_to_resume_and_no_orphans(tmp_path):
    process = start("steady", tmp_path / "s")
    until(lambda: len(list((tmp_path / "s" / "chunks").glob("*.jsonl"))) > 3)
    process.kill()
    process.communicate()
    kept = set(read_sweep(tmp_path / "s").by_index)
    assert 3 < len(kept) < fault.N
    workers = {pid for _, pid in logged(tmp_path / "s")}
    until(lambda: not any(alive(pid) for pid in workers), seconds=5.0)
    Path(f"{tmp_path / 's'}.log").unlink()
    result = fault.sweep("resume", tmp_path / "s")
    assert result.values == expected()
    assert result.reused == len(kept)
    assert {index for index, _ in logged(tmp_path / "s")} == set(range(fault.N)) - kept


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["serial", "threads", "processes"])
def test_ctrl_c_once_keeps_every_finished_point(tmp_path, executor):
    process = start("steady", tmp_path / "s", executor)
    until(lambda: len(logged(tmp_path / "s")) > 12)
    os.killpg(process.pid, signal.SIGINT)
    _, text = process.communicate(timeout=20)
    assert process.returncode != 0
    assert "KeyboardInterrupt: sweep 'sweep' stopped" in text
    finished = {index for index, _ in logged(tmp_path / "s")}
    assert len(finished) < fault.N
    assert set(read_sweep(tmp_path / "s").by_index) == finished
    assert fault.sweep("resume", tmp_path / "s").values == expected()
    times = Counter(index for index, _ in logged(tmp_path / "s"))
    assert set(times.values()) == {1}  # nothing was computed twice


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["serial", "processes"])
def test_ctrl_c_twice_ends_at_once_and_loses_nothing_finished(tmp_path, executor):
    process = start("long", tmp_path / "s", executor)
    until(Path(f"{tmp_path / 's'}.log.long").exists)
    begin = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    time.sleep(0.3)
    assert process.poll() is None  # a chunk is in hand
    os.killpg(process.pid, signal.SIGINT)
    _, text = process.communicate(timeout=20)
    assert time.monotonic() - begin < 5.0
    assert "KeyboardInterrupt" in text
    kept = set(read_sweep(tmp_path / "s").by_index)
    if executor == "serial":
        assert kept == {index for index, _ in logged(tmp_path / "s")}
    assert kept <= {index for index, _ in logged(tmp_path / "s")}
    assert len(kept) >= 5
    assert not any(alive(pid) for _, pid in logged(tmp_path / "s"))
    Path(f"{tmp_path / 's'}.log.quick").touch()
    resumed = fault.sweep("long", tmp_path / "s")
    assert resumed.values == expected()
    assert resumed.reused == len(kept)


def check_full(done, folder, words):
    """The error is clear, what was finished is kept, and after room is made the sweep goes on."""
    assert done.returncode == 3, done.stderr
    message, finished = done.stdout.rsplit("|", 1)
    assert words in message
    assert "the points finished before are kept: make room and run the same sweep again" in message
    kept = read_sweep(folder)
    assert len(kept) <= int(finished) < fault.N
    assert [len(outcome.value) for outcome in kept] == [1000 * i for i in range(len(kept))]
    return len(kept)


def test_a_file_size_limit_gives_a_clear_error_and_a_folder_to_resume(tmp_path):
    done = run("bulky-limited", tmp_path / "s", "serial")
    kept = check_full(done, tmp_path / "s", "File too large")
    result = fault.sweep("bulky", tmp_path / "s")
    assert result.reused == kept == 10
    assert result.values == ["x" * 1000 * i for i in range(fault.N)]


@pytest.fixture
def small_disk(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(disk)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk is not allowed here")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_gives_a_clear_error_and_a_folder_to_resume(small_disk):
    done = run("bulky", small_disk / "s", "serial")
    kept = check_full(done, small_disk / "s", "No space left on device")
    assert kept >= 20
    assert not list((small_disk / "s" / "chunks").glob(".*"))  # no half-written file is left
    subprocess.run(["mount", "-o", "remount,size=8m", str(small_disk)], check=True)
    result = fault.sweep("bulky", small_disk / "s")
    assert result.reused == kept
    assert result.values == ["x" * 1000 * i for i in range(fault.N)]


def test_what_a_full_disk_could_not_take_is_in_the_error(tmp_path, monkeypatch):
    from neuromorph import files
    from neuromorph.sweep import FolderError

    write, calls = files.write_text, []

    def full(path, text):
        calls.append(path)
        if len(calls) > 2:
            with open("/dev/full", "w") as disk:
                disk.write(text)
        return write(path, text)

    monkeypatch.setattr(files, "write_text", full)
    with pytest.raises(FolderError, match="No space left on device") as caught:
        fault.sweep("steady", tmp_path / "s", chunk=6)
    assert caught.value.outcomes.values[:12] == expected()[:12]
    assert len(read_sweep(tmp_path / "s")) == 6


def test_a_script_without_a_guard_is_told_so(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from neuromorph.sweep import grid, run_sweep\n"
        "def f(point): return 1\n"
        "run_sweep(grid({'a': [1, 2]}), f, workers=2)\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert "needs its call under `if __name__ == '__main__':`" in done.stderr


def test_a_partial_is_named_by_its_function(tmp_path):
    from neuromorph.sweep.folder import _name

    assert _name(functools.partial(fault.steady, "x")) == "steady"


def broken_pool():
    return concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))


@pytest.mark.slow
def test_a_broken_executor_of_ones_own_is_named(tmp_path):
    with broken_pool() as pool, pytest.raises(RuntimeError, match="cannot be replaced: give a fun"):
        fault.sweep("always", tmp_path / "s", executor=pool, workers=1)
    kept = read_sweep(tmp_path / "s")
    assert 0 < len(kept) < 24
    assert not kept.failed


@pytest.mark.slow
def test_a_broken_executor_is_replaced_by_its_maker(tmp_path):
    result = fault.sweep("always", tmp_path / "s", executor=broken_pool, workers=1)
    assert [(o.index, o.error) for o in result.failed] == [(23, "worker died")]


@pytest.mark.slow
def test_a_function_that_kills_every_worker_ends_the_sweep(tmp_path):
    with pytest.raises(RuntimeError, match=r"16 workers died and no point was finished .*SIGKILL"):
        fault.sweep("fatal", tmp_path / "s", executor="processes", workers=1)
