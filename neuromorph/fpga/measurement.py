"""A measurement on a board: the states of the protocol, each sampled, and what they say."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuromorph.fpga import power, sensor
from neuromorph.fpga.board import Rail
from neuromorph.fpga.deployed import Runnable
from neuromorph.fpga.power import PowerTrace, Sampler, SensorError, Verdict
from neuromorph.fpga.recording import Recording, Segment
from neuromorph.result import Energy

Read = Callable[[], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a recording says.

    Attributes
    ----------
    rail : Rail
    method : str
    verdict : Verdict
        Of the workload over the clocked idle, with the most copies that ran.
    energy : Energy, optional
        Of one run, of all copies that ran; None if the difference is not resolved.
    per_copy : (float, (float, float)), optional
        Power of one copy and its interval [W], where several numbers of copies ran.
    copies : tuple of int
    watts : dict of float [W]
        Mean of each state.
    drift : float [W]
        Of the loaded idle, last less first.
    seconds : float [s]
        Of one run.
    """

    rail: Rail
    method: str
    verdict: Verdict
    energy: Energy | None
    per_copy: tuple[float, tuple[float, float]] | None
    copies: tuple[int, ...]
    watts: dict[str, float]
    drift: float
    seconds: float

    def lines(self) -> list[str]:
        """Return the finding as lines of text."""
        v, rail = self.verdict, self.rail
        states = ", ".join(f"{state} {watts:.4g} W" for state, watts in self.watts.items())
        out = [
            f"rail {rail.name} ({rail.covers}; boundary {rail.boundary}), {self.method}",
            f"{states}; drift of the loaded idle {self.drift:+.2g} W",
            f"workload over clocked idle, {self.copies[-1]} copies: {v.watts:.4g} W, 95 % "
            f"{v.ci[0]:.4g} to {v.ci[1]:.4g} W, {v.n} pairs: {v.text}",
        ]
        if self.per_copy is not None:
            slope, (low, high) = self.per_copy
            seen = "" if low > 0 else ", not different from zero"
            out.append(
                f"one copy, slope over {', '.join(map(str, self.copies))} copies: {slope:.4g} W, "
                f"95 % {low:.4g} to {high:.4g} W{seen}; {slope * self.seconds:.4g} J per run, "
                "dynamic"
            )
        if self.energy is None:
            out.append(f"no energy: {v.text}: more copies, longer states, or a finer sensor")
        else:
            out.append(f"one run of {self.seconds:.4g} s: {self.energy}")
        return out


def record(
    deployed: Runnable,
    read: Read,
    *,
    rail: Rail,
    board: str = "",
    workload: str = "",
    repeats: int = 5,
    seconds: float = 10.0,
    period: float = 1e-3,
    copies: Sequence[int] = (1,),
    idle: PowerTrace | None = None,
) -> Recording:
    """Sample the states of the protocol, for each number of copies.

    Idle is the board before the bitstream was loaded (``idle``, if it was sampled); loaded: the
    clock of the logic stands still; clocked: it runs and the core takes no words; workload: the
    core runs again and again.

    Raises
    ------
    SensorError
        The sensor is missing or frozen, or the device simulated.
    """
    segments = []
    if idle is not None:
        segments.append(Segment(state="idle", pair=0, copies=copies[0], runs=0, trace=idle))
    for count in copies:
        deployed.board.write("ACTIVE", count)
        for pair, state in power.protocol(repeats, seed=count):
            if state == "idle":
                continue
            trace, runs = _sample(deployed, read, state, rail.name, seconds, period)
            segments.append(Segment(state=state, pair=pair, copies=count, runs=runs, trace=trace))
    deployed.board.write("ACTIVE", 1)
    return Recording(board=board, workload=workload, rail=rail, segments=tuple(segments))


def _sample(
    deployed: Runnable, read: Read, state: str, rail: str, seconds: float, period: float
) -> tuple[PowerTrace, int]:
    board = deployed.board
    sampler = Sampler(read, rail=rail, period=period, device=board.device)
    board.hold(state == "clocked")
    if state == "loaded":
        board.clock(False)
    runs, begun = 0, time.monotonic()
    try:
        with sampler:
            if state == "workload":
                deployed.once()
                runs = 1
            while time.monotonic() - begun < seconds or sampler.wants_more:
                if state == "workload":
                    deployed.once()
                    runs += 1
                else:
                    time.sleep(min(0.05, seconds))
    finally:
        if state == "loaded":
            board.clock(True)
        board.hold(False)
    return sampler.trace(alive=False), runs


def idle_trace(read: Read, rail: str, *, seconds: float, period: float = 1e-3) -> PowerTrace:
    """Sample the board as it is, before a bitstream is loaded."""
    with Sampler(read, rail=rail, period=period) as sampler:
        time.sleep(seconds)
    return sampler.trace(alive=False)


def record_run(
    backend: Any,
    network: Any,
    stimulus: Any,
    *,
    rail: Rail,
    duration: float | None,
    dt: float | None,
    repeats: int = 5,
    seconds: float = 10.0,
    copies: Sequence[int] = (1,),
    sensors: str = "hwmon",
    read: Read | None = None,
) -> Recording:
    """Sample idle, load a bitstream and a network, and sample the protocol on this board.

    Parameters
    ----------
    backend : Pynq
    sensors : str
        ``"hwmon"`` or ``"pynq"``; see :func:`neuromorph.fpga.sensor.rail_reader`.
    read : callable, optional
        Returns the power of the rail now [W]; what ``sensors`` names, if left out.

    Raises
    ------
    SensorError
        The sensor is missing or frozen, or the device simulated.
    ValueError
        The core was not built with so many copies.
    """
    if read is None:
        read = sensor.rail_reader(rail, source=sensors, device=_remote_board())
    idle = idle_trace(read, rail.name, seconds=seconds)
    deployed = backend.deploy(network, stimulus, duration=duration, dt=dt)
    with deployed.board as board:
        if max(copies) > board.shape.replicas:
            raise ValueError(f"copies: {max(copies)} came, the core has {board.shape.replicas}: "
                             f"build it with REPLICAS={max(copies)}")  # fmt: skip
        return record(deployed, read, rail=rail, board=backend.board, workload=network.name,
                      repeats=repeats, seconds=seconds, copies=copies, idle=idle)  # fmt: skip


def _remote_board() -> Any:
    """Return the board that pynq reaches over PYNQ.remote, or None: the sensors are here."""
    if not os.environ.get("PYNQ_REMOTE_DEVICES"):
        return None
    import pynq

    return pynq.Device.active_device


def evaluate(recording: Recording) -> Finding:
    """Return what a recording says: verdict, energy of a run, power of a copy.

    Raises
    ------
    ValueError
        A state is missing, or pairs are fewer than five or incomplete.
    SensorError
        The sensor read one value all the time, or the loaded idle drifted by more than the
        difference found.
    """
    recording.check_alive()
    rail, most = recording.rail, recording.copies[-1:] or (1,)
    for state in ("loaded", "clocked", "workload"):
        if not recording.traces(state):
            raise ValueError(f"recording of rail {rail.name!r}: no state {state!r} came")
    work, clocked = (recording.traces(s, most[0]) for s in ("workload", "clocked"))
    verdict = power.difference(work, clocked, step=rail.step)
    loaded = recording.traces("loaded", most[0])
    drift = loaded[-1].watts - loaded[0].watts
    energy = None
    seconds = recording.seconds_per_run()
    if verdict.text == "resolved":
        if abs(drift) > abs(verdict.watts):
            raise SensorError(
                f"rail {rail.name!r}: the loaded idle drifted by {drift:.3g} W, more than the "
                f"{verdict.watts:.3g} W found: let the board warm up, or repeat more often"
            )
        energy = power.energy_of(
            verdict, idle_watts=float(np.mean([t.watts for t in clocked])), seconds=seconds,
            rail=rail, method=recording.method,
        )  # fmt: skip
    states = (s for s in power.STATES if recording.traces(s))
    return Finding(
        rail=rail, method=recording.method, verdict=verdict, energy=energy,
        per_copy=_per_copy(recording), copies=recording.copies, drift=drift, seconds=seconds,
        watts={s: float(np.mean([t.watts for t in recording.traces(s)])) for s in states},
    )  # fmt: skip


def _per_copy(recording: Recording) -> tuple[float, tuple[float, float]] | None:
    if len(recording.copies) < 2:
        return None
    x: list[int] = []
    y: list[float] = []
    for count in recording.copies:
        pairs = zip(recording.traces("workload", count), recording.traces("clocked", count),
                    strict=True)  # fmt: skip
        for work, clocked in pairs:
            x.append(count)
            y.append(work.watts - clocked.watts)
    return power.per_copy(x, y)
