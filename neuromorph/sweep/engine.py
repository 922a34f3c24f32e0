"""The engine of a sweep: hands chunks to a crew, keeps what comes back, survives what dies."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Future, wait
from pathlib import Path
from typing import Any, Literal

from neuromorph.sweep.chunk import Chunk, Work, failure
from neuromorph.sweep.crew import Crew, ExecutorLike, Report, hire
from neuromorph.sweep.folder import Folder, FolderError
from neuromorph.sweep.interrupt import Interrupts
from neuromorph.sweep.meter import Meter, Progress
from neuromorph.sweep.outcome import Outcome, Outcomes
from neuromorph.sweep.pace import Pace
from neuromorph.sweep.plan import Plan

POLL = 0.1  #: how often Ctrl-C is looked for [s]
GRACE = 10.0  #: how long chunks in hand may go on after Ctrl-C or an error [s]
ALONE = 30.0  #: how long the first point, which may compile, keeps the others waiting [s]
HOPELESS = 16  #: worker deaths without a single finished point that end the sweep

#: Exceptions of executors that mean a dead worker, by name: dask is not imported for them.
DEATHS = frozenset({"KilledWorker", "CommClosedError", "FutureCancelledError"})


class PointError(RuntimeError):
    """A point failed and ``error="raise"`` was chosen. ``outcomes`` holds what is finished."""

    outcomes: Outcomes | None = None


def run_sweep(
    plan: Plan,
    function: Callable[..., Any],
    *,
    executor: ExecutorLike = None,
    workers: int | None = None,
    batched: bool = False,
    folder: str | Path | None = None,
    error: Literal["record", "raise"] = "record",
    retry_failed: bool = False,
    first: int | None = None,
    start: Outcomes | None = None,
    chunk: int | None = None,
    chunk_seconds: float = 0.2,
    warm: Callable[[], Any] | None = None,
    progress: Progress = None,
) -> Outcomes:
    """Compute every point of a plan.

    The outcome is the same for any executor, number of workers, chunk size and order, as long
    as ``function`` depends on its point alone and takes its random numbers from it.

    Parameters
    ----------
    plan : Plan
    function : callable
        ``function(point) -> value`` with plain values and arrays of numbers in the value.
    executor : "serial", "threads", "processes", Executor, or function that makes an Executor
        By default "serial", or "processes" if ``workers`` is above 1. A dask cluster is
        ``client.get_executor()``.
    workers : int
        By default the processor's cores. For an executor of your own say how many it has.
    batched : bool
        ``function`` takes a list of points and returns a value for each.
    folder : path, optional
        Where finished chunks are kept. Points that it already holds are not computed again.
    error : "record" or "raise"
        What to do about a point that raises or kills its worker.
    retry_failed : bool
        Compute the points again whose failure is in the folder.
    first : int, optional
        Compute only the first so many points; a later run of the same folder goes on.
    start : Outcomes, optional
        Of an earlier run of the same plan: its points are not computed again.
    chunk : int, optional
        Points per chunk, in place of the measured number.
    chunk_seconds : float [s]
        Work per chunk to aim at.
    warm : callable, optional
        Called once here before the workers start, to compile kernels. Without it the first
        point runs alone, so that the kernels are compiled once.
    progress : None, bool or callable
        A bar on a terminal, always or never; or a function of (finished, in all).

    Returns
    -------
    Outcomes

    Raises
    ------
    ValueError
        An argument is wrong, or the folder belongs to another plan or function.
    FolderError
        The folder cannot be written; the exception's ``outcomes`` hold what is finished.
    PointError
        A point failed and ``error`` is "raise".
    KeyboardInterrupt
        Ctrl-C. Chunks in hand are finished first; a second one drops them.
    RuntimeError
        Workers do not start, or die without a finished point.
    """
    if error not in ("record", "raise"):
        raise ValueError(f"run_sweep, error: {error!r} came, 'record' and 'raise' are allowed")
    if chunk is not None and chunk < 1:
        raise ValueError(f"run_sweep, chunk: {chunk} came, 1 or more is allowed")
    if not chunk_seconds > 0.0:
        raise ValueError(f"run_sweep, chunk_seconds: {chunk_seconds} came, above 0 is allowed")
    engine = _Engine(plan, error, None if folder is None else Folder(folder, plan, function))
    if start is not None:
        if start.plan.hash != plan.hash:
            raise ValueError(f"run_sweep, start: outcomes of another plan, {start.plan.name!r}")
        engine.found = dict(start.by_index)
    if not engine.begin(retry_failed, first):
        return engine.outcomes()
    if warm is not None:
        warm()
    with Interrupts() as interrupts:
        crew = hire(executor, Work(function=function, batched=batched), workers, interrupts)
        pace = Pace(target=chunk_seconds, fixed=chunk, workers=crew.workers)
        with Meter(progress, plan.name, len(plan), engine.reused) as meter:
            engine.work(crew, pace, interrupts, meter, together=warm is not None)
    return engine.outcomes()


class _Engine:
    """One run of a sweep."""

    def __init__(self, plan: Plan, mode: str, folder: Folder | None) -> None:
        self.plan, self.mode, self.folder = plan, mode, folder
        self.found: dict[int, Outcome] = {}
        self.pending: deque[int] = deque()
        self.suspects: deque[Chunk] = deque()
        self.running: dict[Future[Report], Chunk] = {}
        self.reused = self.fresh = self.deaths = 0
        self.broken: str | None = None  #: the failure that ends a sweep with error="raise"
        self.clock = time.perf_counter()

    def begin(self, retry_failed: bool, first: int | None) -> bool:
        """Read the folder; return whether anything is left to do."""
        if self.folder is not None:
            self.found |= self.folder.read()
        if retry_failed or self.mode == "raise":
            self.found = {i: o for i, o in self.found.items() if o.error is None}
        self.reused = len(self.found)
        last = len(self.plan) if first is None else min(first, len(self.plan))
        self.pending.extend(i for i in range(last) if i not in self.found)
        return bool(self.pending)

    def outcomes(self) -> Outcomes:
        """Return what is finished so far."""
        seconds = time.perf_counter() - self.clock
        return Outcomes(plan=self.plan, by_index=self.found, reused=self.reused, seconds=seconds)

    def work(
        self, crew: Crew, pace: Pace, interrupts: Interrupts, meter: Meter, *, together: bool
    ) -> None:
        """Go on until nothing is left, or until a reason to stop."""
        self.crew, self.pace, self.interrupts, self.meter = crew, pace, interrupts, meter
        self.together = together
        self.begun = time.perf_counter()
        finished = False
        try:
            while (self.pending or self.suspects or self.running) and not self._stopped():
                self._hand_out()
                self._settle(wait(self.running, timeout=POLL, return_when=FIRST_COMPLETED).done)
            if self._stopped():
                self._drain()
            finished = not self.running
        except FolderError as trouble:
            trouble.outcomes = self.outcomes()
            raise
        finally:
            if finished:
                crew.close()
            else:
                crew.kill()
        self._explain()

    def _stopped(self) -> bool:
        return self.interrupts.count > 0 or self.broken is not None

    def _explain(self) -> None:
        where = f"in folder {str(self.folder.path)!r}" if self.folder else "lost: no folder"
        done = f"{len(self.found)} of {len(self.plan)} points are finished"
        if self.interrupts.count:
            raise KeyboardInterrupt(f"sweep {self.plan.name!r} stopped: {done} ({where})")
        if self.broken is not None:
            trouble = PointError(f"sweep {self.plan.name!r}, {self.broken}; {done} ({where})")
            trouble.outcomes = self.outcomes()
            raise trouble

    # ------------------------------------------------------------------ handing out
    def _hand_out(self) -> None:
        if self.suspects:
            if not self.running:
                self._submit(self.suspects.popleft())
            return
        while self.pending and len(self.running) < self._window() and not self._stopped():
            size = self.pace.size(len(self.pending))
            self._submit(Chunk(tuple(self.pending.popleft() for _ in range(size))))

    def _window(self) -> int:
        """Return how many chunks may be in flight: one while the first point may compile."""
        if self.fresh or self.together or time.perf_counter() - self.begun > ALONE:
            return self.crew.window
        return 1

    def _submit(self, chunk: Chunk) -> None:
        try:
            future = self.crew.submit([self.plan[index] for index in chunk.indices])
        except BrokenExecutor:
            future = Future()
            future.set_exception(BrokenExecutor())
            # it never ran: whoever is in flight with it is the suspect
            self.pending.extendleft(reversed(chunk.indices))
            self.running[future] = Chunk(())
            return
        self.running[future] = chunk

    # ------------------------------------------------------------------ taking back
    def _settle(self, done: Iterable[Future[Report]]) -> None:
        company = sum(bool(chunk.indices) for chunk in self.running.values()) > 1
        lost: list[Chunk] = []
        reason: str | None = None
        for future in done:
            if future not in self.running:
                continue  # taken back with a broken crew
            chunk = self.running.pop(future)
            trouble = _death(future)
            if trouble is None:
                self._keep(chunk, *future.result())
            else:
                lost.append(chunk)
                reason = reason or f"worker died ({type(trouble).__name__})"
                if isinstance(trouble, BrokenExecutor):
                    reason = self._renew(lost)
        if lost:
            self._mourn([chunk for chunk in lost if chunk.indices], reason or "", company)

    def _renew(self, lost: list[Chunk]) -> str:
        """Replace a broken crew; what was in flight is finished or lost."""
        wait(self.running, timeout=GRACE)
        for future in list(self.running):
            chunk = self.running.pop(future)
            if future.done() and _death(future) is None:
                self._keep(chunk, *future.result())
            else:
                lost.append(chunk)
        return self.crew.renew()

    def _mourn(self, lost: list[Chunk], reason: str, company: bool) -> None:
        """Decide about chunks whose worker died: alone again, in halves, or given up."""
        self.deaths += 1
        if self.deaths >= HOPELESS and not self.fresh:
            raise RuntimeError(
                f"run_sweep: {self.deaths} workers died and no point was finished ({reason})"
            )
        if company or len(lost) != 1:
            self.suspects.extend(lost)
            return
        chunk = Chunk(lost[0].indices, lost[0].deaths + 1)
        if chunk.deaths < self.crew.patience:
            self.suspects.appendleft(chunk)
        elif len(chunk.indices) > 1:
            self.suspects.extendleft(reversed(chunk.halves()))
        else:
            self._keep(chunk, [failure(chunk.indices[0], reason)], None)

    def _keep(self, chunk: Chunk, lines: list[str], seconds: float | None) -> None:
        """Store a chunk's lines; points without one were not reached and wait again."""
        outcomes = [Outcome.read(line) for line in lines]
        reached = {outcome.index for outcome in outcomes}
        self.pending.extendleft(i for i in reversed(chunk.indices) if i not in reached)
        failed = [outcome for outcome in outcomes if outcome.error is not None]
        if self.mode == "raise" and failed:
            first = failed[0]
            parameters = dict(self.plan.parameters[first.index])
            self.broken = self.broken or f"point {first.index} {parameters}: {first.error}"
            lines = [text for text, o in zip(lines, outcomes, strict=True) if o.error is None]
            outcomes = [outcome for outcome in outcomes if outcome.error is None]
        self.found.update((outcome.index, outcome) for outcome in outcomes)
        if lines and self.folder is not None:
            self.folder.write([outcome.index for outcome in outcomes], lines)
        self.fresh += len(outcomes) if seconds is not None else 0
        if seconds is not None and outcomes:
            self.pace.learn(len(outcomes), seconds)
        self.meter.advance(len(outcomes), len(failed))

    def _drain(self) -> None:
        """Let the chunks in hand come to an end, unless asked again."""
        for future in self.running:
            future.cancel()
        if self.interrupts.count:
            self.meter.say("finishing the chunks in hand; Ctrl-C again drops them")
        end = time.perf_counter() + GRACE
        while self.running and self.interrupts.count < 2 and time.perf_counter() < end:
            done, _ = wait(self.running, timeout=POLL, return_when=FIRST_COMPLETED)
            for future in done:
                chunk = self.running.pop(future)
                with contextlib.suppress(CancelledError, BrokenExecutor):
                    self._keep(chunk, *future.result())


def _death(future: Future[Report]) -> BaseException | None:
    """Return the exception that says a worker died, None for a report.

    What a user's function raises is in the report: any other exception is the executor's own.
    """
    try:
        trouble = future.exception()
    except CancelledError as error:
        return error
    if trouble is None:
        return None
    if isinstance(trouble, (BrokenExecutor, CancelledError)) or type(trouble).__name__ in DEATHS:
        return trouble
    raise trouble
