"""The crews that work on a sweep: this thread, threads, processes, or any executor given."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing.connection import wait
from typing import Any, TypeAlias

from neuromorph.sweep.chunk import Work, evaluate
from neuromorph.sweep.interrupt import Interrupts
from neuromorph.sweep.plan import Point

Report: TypeAlias = "tuple[list[str], float]"
ExecutorLike: TypeAlias = "str | Executor | Callable[[], Executor] | None"

BLAS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


class Crew:
    """Works in the calling thread, one chunk at a time. The other crews differ from it.

    Attributes
    ----------
    workers : int
    window : int
        Chunks in flight.
    patience : int
        How often a chunk may kill its worker, alone, before it is halved or given up.
    """

    patience = 2

    def __init__(self, work: Work, workers: int, interrupts: Interrupts) -> None:
        self.work, self.workers, self.interrupts = work, workers, interrupts
        self.window = 1

    def submit(self, points: Sequence[Point]) -> Future[Report]:
        """Give out a chunk.

        Raises
        ------
        concurrent.futures.BrokenExecutor
            A worker has died meanwhile.
        """
        future: Future[Report] = Future()
        lines: list[str] = []
        seconds = 0.0
        with contextlib.suppress(KeyboardInterrupt), self.interrupts.breaking():
            _, seconds = evaluate(self.work, points, stop=self.interrupts.stop, into=lines)
        future.set_result((lines, seconds))
        return future

    def renew(self) -> str:
        """Replace dead workers and return what they died of."""
        return "worker died"

    def close(self) -> None:
        """Let the workers go."""

    def kill(self) -> None:
        """Drop the work in hand."""


class ThreadCrew(Crew):
    """Threads of this process: for functions that release the interpreter's lock."""

    def __init__(self, work: Work, workers: int, interrupts: Interrupts) -> None:
        super().__init__(replace(work, threads=_share(workers)), workers, interrupts)
        self.window = 2 * workers
        self._pool = ThreadPoolExecutor(workers)

    def submit(self, points: Sequence[Point]) -> Future[Report]:
        return self._pool.submit(evaluate, self.work, points, stop=self.interrupts.stop)

    def close(self) -> None:
        self._pool.shutdown()

    def kill(self) -> None:
        self.interrupts.stop.set()
        self._pool.shutdown(wait=False, cancel_futures=True)


class ProcessCrew(Crew):
    """Spawned processes; dead ones are replaced, and all of them end with this one."""

    def __init__(self, work: Work, workers: int, interrupts: Interrupts) -> None:
        super().__init__(_pickled(work), workers, interrupts)
        self.window = 2 * workers
        self.threads = _share(workers)
        self._begin()
        try:
            trouble = self._submit(_trouble, self.work).result()
        except BrokenExecutor:
            raise RuntimeError(
                "run_sweep: the worker processes end while starting: a script needs its call under "
                "`if __name__ == '__main__':`; or use executor='threads'"
            ) from None
        if trouble:
            self._pool.shutdown()
            raise RuntimeError(
                f"run_sweep, function: a worker process cannot load it ({trouble}): define it in a "
                "module, or use executor='threads'"
            )

    def _begin(self) -> None:
        self._before = set(multiprocessing.active_children())
        self._pool = ProcessPoolExecutor(
            self.workers,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_prepare,
            initargs=(self.threads,),
        )

    def submit(self, points: Sequence[Point]) -> Future[Report]:
        return self._submit(evaluate, self.work, points)

    def _submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        with _starting(self.threads):  # a submission may start a process
            future = self._pool.submit(function, *arguments)
        self._children = set(multiprocessing.active_children()) - self._before
        return future

    def renew(self) -> str:
        self._pool.shutdown(wait=True, cancel_futures=True)
        codes = [child.exitcode for child in self._children]
        self._begin()
        # the pool ends the survivors with SIGTERM
        culprits = [code for code in codes if code not in (None, -signal.SIGTERM)]
        return f"worker died: {_ending(culprits[0] if culprits else -signal.SIGTERM)}"

    def close(self) -> None:
        self._pool.shutdown()

    def kill(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        for child in self._children:
            child.terminate()


class GivenCrew(Crew):
    """An executor made elsewhere: a cluster's, MPI's. Given a maker, a broken one is replaced.

    Its workers' machines are unknown: each is held to its share of this machine's cores.
    """

    patience = 1  # a cluster has tried several times before it gives a task up

    def __init__(
        self,
        work: Work,
        workers: int,
        interrupts: Interrupts,
        given: Executor | Callable[[], Executor],
    ) -> None:
        super().__init__(replace(work, threads=_share(workers)), workers, interrupts)
        self.window = 2 * workers
        self._make = None if isinstance(given, Executor) else given
        self._pool = given if isinstance(given, Executor) else given()

    def submit(self, points: Sequence[Point]) -> Future[Report]:
        return self._pool.submit(evaluate, self.work, points)

    def renew(self) -> str:
        if self._make is None:
            raise RuntimeError(
                "run_sweep, executor: it is broken and cannot be replaced: give a function that "
                "makes one in its place, or executor='processes'; the folder can be resumed"
            )
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool = self._make()
        return "worker died"

    def close(self) -> None:
        if self._make is not None:
            self._pool.shutdown()

    def kill(self) -> None:
        if self._make is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)


def hire(kind: ExecutorLike, work: Work, workers: int | None, interrupts: Interrupts) -> Crew:
    """Return the crew for ``run_sweep``'s arguments.

    Raises
    ------
    ValueError
        An unknown name or a number of workers below 1.
    """
    if workers is not None and workers < 1:
        raise ValueError(f"run_sweep, workers: {workers} came, 1 or more is allowed")
    count = workers or _cores()
    if kind is None:
        kind = "serial" if workers in (None, 1) else "processes"
    if isinstance(kind, Executor) or callable(kind):
        return GivenCrew(work, count, interrupts, kind)
    crews: dict[str, type[Crew]] = {
        "serial": Crew, "threads": ThreadCrew, "processes": ProcessCrew
    }  # fmt: skip
    if kind not in crews:
        raise ValueError(
            f"run_sweep, executor: {kind!r} came, {', '.join(crews)}, an Executor or a function "
            "that makes one are allowed"
        )
    return crews[kind](work, count, interrupts)


def _share(workers: int) -> int:
    """Return how many threads each of so many workers may use."""
    return max(1, _cores() // workers)


def _cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _pickled(work: Work) -> Work:
    try:
        function = pickle.dumps(work.function)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise TypeError(
            f"run_sweep, function: it cannot be sent to a process ({error}): define it at the top "
            "of a module, or use executor='threads'"
        ) from None
    return replace(work, function=function)


def _ending(code: int | None) -> str:
    if code is None or code >= 0:
        return f"exit status {code}"
    return f"signal {signal.Signals(-code).name}"


@contextlib.contextmanager
def _starting(threads: int) -> Iterator[None]:
    """Let a process started inside inherit a cap on BLAS threads and be deaf to Ctrl-C.

    BLAS reads the environment when it is loaded and Ctrl-C may come while a worker still
    imports: both before any code of ours runs there. A cap the user has set stays.
    """
    mine = [name for name in BLAS if name not in os.environ]
    os.environ.update(dict.fromkeys(mine, str(threads)))
    masking = hasattr(signal, "pthread_sigmask")
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if masking else set()
    try:
        yield
    finally:
        if masking:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        for name in mine:
            os.environ.pop(name, None)


def _prepare(threads: int) -> None:
    """Make a new process fit to be a worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    numba = sys.modules.get("numba")
    if numba is None:
        os.environ.setdefault("NUMBA_NUM_THREADS", str(threads))
    else:
        numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _trouble(work: Work) -> str | None:
    """Return why the function cannot be loaded here, or None."""
    try:
        work.loaded()
    except (ImportError, AttributeError, pickle.UnpicklingError) as error:
        return f"{type(error).__name__}: {error}"
    return None
