"""``numba``: the compiled clock-driven emulator, the default and the reference."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from neuromorph import provenance
from neuromorph.backends.clock import Clock
from neuromorph.backends.stepper import (
    ContextLIFStepper,
    FixedLIFStepper,
    LIFStepper,
    Stepper,
)
from neuromorph.counts import count_operations
from neuromorph.description import LIF, ContextLIF, Network, Records, Source, Stimuli
from neuromorph.description.discrete import DiscreteNetwork, discretise, steps
from neuromorph.energy import counted_cpu
from neuromorph.fpga.encoding import largest_weight
from neuromorph.fpga.fixed import FixedPoint
from neuromorph.result import Provenance, Result, State
from neuromorph.units import si

Tick = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Numba:
    """Clock-driven emulator in compiled kernels.

    Attributes
    ----------
    fixed_point : FixedPoint, optional
        Compute in the hardware's integers instead of float64.
    merge_window : float [s of network time]
        Pulses that reach a unit of fan-in above 1 within this time of the last one admitted are
        swallowed, as the mergers of superconducting circuits do. 0: none.

    Raises
    ------
    ValueError
        A negative merge_window.
    """

    fixed_point: FixedPoint | None = None
    merge_window: float = 0.0

    name: ClassVar[str] = "numba"

    @property
    def arithmetic(self) -> str | None:
        """What two backends must share for their spikes to be identical."""
        return f"{self.fixed_point or 'float64'}, merge window {self.merge_window:g} s"

    def __post_init__(self) -> None:
        window = si(self.merge_window, "s", "Numba.merge_window")
        object.__setattr__(self, "merge_window", window)
        if not isinstance(window, float) or not 0 <= window < np.inf:
            raise ValueError(
                f"Numba.merge_window: {self.merge_window} came, 0 s or more is allowed"
            )

    def refusal(self, network: Network) -> str | None:
        """Return why this backend cannot run a network, or None."""
        if network.kind == "frames":
            return "frame-based networks are not supported; spiking networks are"
        if self.fixed_point is not None:
            return refuse_cells(network, (LIF,), "in fixed point")
        return refuse_cells(network, (LIF, ContextLIF), "here")

    def simulate(
        self,
        network: Network,
        stimulus: Stimuli,
        *,
        duration: float,
        dt: float,
        seed: int,
        record: Records,
        start: State | None = None,
        tick: Tick | None = None,
    ) -> Result:
        """Run; see :func:`neuromorph.run`."""
        grid = discretise(network, dt)
        window = round(self.merge_window / dt)
        steppers = make_steppers(grid, self.fixed_point)
        return run_clock(
            self, grid, steppers, stimulus, duration, seed, record, start, tick, window
        )


def refuse_cells(network: Network, allowed: tuple[type, ...], where: str) -> str | None:
    """Return the reason if a population's cell is not among the allowed ones."""
    for population in network.populations:
        if not isinstance(population.cell, (Source, *allowed)):
            names = ", ".join(cell.__name__ for cell in allowed)
            return (
                f"population {population.name!r}: {type(population.cell).__name__} is not "
                f"supported {where}; {names} are"
            )
    return None


def make_steppers(grid: DiscreteNetwork, fixed: FixedPoint | None) -> dict[int, Stepper]:
    """Return a stepper per computed population."""
    out: dict[int, Stepper] = {}
    for number, population in enumerate(grid.network.populations):
        cell, n = population.cell, population.n
        if isinstance(cell, ContextLIF):
            out[number] = ContextLIFStepper(cell, n, grid.dt)
        elif isinstance(cell, LIF) and fixed is not None:
            largest = largest_weight(grid, number)
            out[number] = FixedLIFStepper(cell, n, grid.dt, fixed, largest)
        elif isinstance(cell, LIF):
            out[number] = LIFStepper(cell, n, grid.dt)
    return out


def run_clock(
    backend: Numba,
    grid: DiscreteNetwork,
    steppers: dict[int, Stepper],
    stimulus: Stimuli,
    duration: float,
    seed: int,
    record: Records,
    start: State | None,
    tick: Tick | None,
    merge_window: int,
) -> Result:
    """Compile, go on from ``start`` if given, run, and gather the result."""
    network, count = grid.network, steps(duration, grid.dt)
    begun = time.perf_counter()
    Clock(grid, make_steppers(grid, backend.fixed_point), seed=seed, merge_window=merge_window).run(
        {}, min(1, count), {}
    )
    compiled = time.perf_counter()
    at = 0 if start is None else check_start(start, backend, network, grid.dt, seed)
    clock = Clock(grid, steppers, seed=seed, merge_window=merge_window, step=at)
    if start is not None:
        clock.load(start.arrays)
    spikes, traces = clock.run(stimulus, count, record, tick)
    ended = time.perf_counter()
    counts = count_operations(network, spikes, steps=count, transmissions=clock.transmissions)
    notes = (f"{clock.swallowed} pulses swallowed by mergers",) if merge_window else ()
    return Result(
        spikes=spikes,
        traces=traces,
        counts=counts,
        energy=counted_cpu(counts),
        state=State(
            backend=repr(backend),
            network_hash=network.content_hash(),
            seed=seed,
            dt=grid.dt,
            step=clock.step,
            arrays=clock.state(),
        ),
        provenance=Provenance(
            backend=repr(backend),
            seed=seed,
            dt=grid.dt,
            network_hash=network.content_hash(),
            versions=provenance.versions("numba"),
            git=provenance.git_commit(),
            host=provenance.host(),
            network_seconds=count * grid.dt,
            compile_seconds=compiled - begun,
            host_seconds=ended - compiled,
            notes=notes,
        ),
    )


def check_start(start: State, backend: object, network: Network, dt: float, seed: int) -> int:
    """Return the step to go on from.

    Raises
    ------
    ValueError
        The state belongs to another backend, network, seed or dt.
    """
    mine = {
        "backend": repr(backend),
        "network_hash": network.content_hash(),
        "seed": seed,
        "dt": dt,
    }
    for name, value in mine.items():
        if getattr(start, name) != value:
            raise ValueError(
                f"start.{name}: {getattr(start, name)!r} came, {value!r} of this run is allowed"
            )
    return start.step
