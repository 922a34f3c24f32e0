"""A measurement on a board: the states of the protocol, each sampled, and what they say."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from neuromorph.fpga import power
from neuromorph.fpga.board import Rail
from neuromorph.fpga.driver import Board, Deployed
from neuromorph.fpga.power import PowerTrace, Sampler, SensorError, Verdict
from neuromorph.result import Energy


def measure(
    deployed: Deployed,
    read: Callable[[], float],
    *,
    rail: Rail,
    repeats: int = 5,
    seconds: float = 10.0,
    period: float = 1e-3,
) -> tuple[Verdict, Energy | None]:
    """Measure clocked idle and workload in turn; return the verdict and the joules per run.

    Raises
    ------
    SensorError
        The sensor is missing or frozen, the device simulated, or power drifted between the first
        and the last loaded state by more than the difference found.
    """
    traces: dict[str, list[PowerTrace]] = {state: [] for state in power.STATES}
    runs = 0
    spent = 0.0
    for _, state in power.protocol(repeats):
        deployed.board.hold(state in ("idle", "loaded"))
        sampler = Sampler(read, rail=rail.name, period=period, device=deployed.board.device)
        begun = time.monotonic()
        with sampler:
            while time.monotonic() - begun < seconds:
                if state == "workload":
                    deployed.once()
                    runs += 1
                else:
                    time.sleep(min(0.05, seconds))
        spent += time.monotonic() - begun if state == "workload" else 0.0
        traces[state].append(sampler.trace())
    deployed.board.hold(False)
    verdict = power.difference(traces["workload"], traces["clocked"], step=rail.step)
    if verdict.text != "resolved":
        return verdict, None
    drift = abs(traces["loaded"][-1].watts - traces["loaded"][0].watts)
    if drift > abs(verdict.watts):
        raise SensorError(
            f"rail {rail.name!r}: the loaded idle drifted by {drift:.3g} W, more than the "
            f"{verdict.watts:.3g} W found: let the board warm up, or repeat more often"
        )
    idle = sum(t.watts for t in traces["clocked"]) / repeats
    energy = power.energy_of(verdict, idle_watts=idle, seconds=spent / runs, rail=rail,
                             method=traces["workload"][0].method)  # fmt: skip
    return verdict, energy


def measure_run(
    backend: Any,
    network: Any,
    stimulus: Any,
    *,
    rail: Rail,
    duration: float,
    dt: float,
    repeats: int,
    seconds: float,
) -> tuple[Verdict, Energy | None]:
    """Load a bitstream and a network, and measure a rail of the board this runs on."""
    read = power.hwmon_reader(power.hwmon_file(rail))
    with Board(backend.bitstream) as board:
        deployed = board.deploy(network, stimulus, duration=duration, dt=dt)
        return measure(deployed, read, rail=rail, repeats=repeats, seconds=seconds)
