"""``numba``: the compiled clock-driven emulator, the default and the reference."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from neuromorph import provenance
from neuromorph.backends.clock import Clock, window_steps
from neuromorph.backends.memory import estimate, refuse_memory
from neuromorph.backends.miniature import miniature
from neuromorph.backends.stepper import FIXED_CELLS, FLOAT_CELLS, make_steppers
from neuromorph.counts import count_operations
from neuromorph.description import (
    ContextLIF,
    Network,
    Point,
    Records,
    Softmax,
    Source,
    Stimuli,
    TwoPoint,
)
from neuromorph.description.discrete import DiscreteNetwork, discretise, steps
from neuromorph.energy import counted_cpu
from neuromorph.fpga.fixed import FixedPoint
from neuromorph.result import Provenance, Result, State
from neuromorph.units import si

if TYPE_CHECKING:
    from neuromorph.cooperative.quantisation import Quantised

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
    precision : "float64", "fast" or "float32"
        Of the cells whose synapses are currents (LIF cells stay in float64). "fast" is float64
        in which a product and a sum may be rounded together; float32 halves the memory of state
        and delay rings. The spikes of both need not be those of float64, nor of Brian2.
    threads : int
        Threads that share such populations; the spikes are bit-identical on any number. Worth
        it for large populations on idle cores only.
    zero_skip : bool
        Frame-based networks: compute frame by frame only what is not zero (nonzero inputs times
        open units), as doubly sparse hardware does, instead of whole matrices. The outputs agree
        to rounding.
    quantised : Quantised, optional
        Frame-based networks: compute in integers, as hardware does.

    Raises
    ------
    ValueError
        A negative merge_window, an unknown precision, or less than one thread.
    """

    fixed_point: FixedPoint | None = None
    merge_window: float = 0.0
    precision: Literal["float64", "fast", "float32"] = "float64"
    threads: int = 1
    zero_skip: bool = False
    quantised: Quantised | None = None

    name: ClassVar[str] = "numba"

    @property
    def arithmetic(self) -> str | None:
        """What two backends must share for their spikes to be identical."""
        numbers = self.quantised or self.fixed_point or self.precision
        return f"{numbers}, merge window {self.merge_window:g} s"

    def __post_init__(self) -> None:
        window = si(self.merge_window, "s", "Numba.merge_window")
        object.__setattr__(self, "merge_window", window)
        if not isinstance(window, float) or not 0 <= window < np.inf:
            raise ValueError(
                f"Numba.merge_window: {self.merge_window} came, 0 s or more is allowed"
            )
        if self.precision not in ("float64", "fast", "float32"):
            raise ValueError(
                f"Numba.precision: {self.precision!r} came, float64, fast or float32 is allowed"
            )
        if self.threads < 1:
            raise ValueError(f"Numba.threads: {self.threads} came, 1 or more is allowed")

    def refusal(self, network: Network) -> str | None:
        """Return why this backend cannot run a network, or None."""
        if network.kind == "frames":
            if self.fixed_point is not None or self.merge_window:
                return "fixed_point and merge_window belong to spiking networks: leave them out"
            reason = refuse_cells(network, (Point, TwoPoint, Softmax), "here")
            return reason or (self.quantised.refusal(network) if self.quantised else None)
        gated = [
            p.name for p in network.populations
            if isinstance(p.cell, ContextLIF) and p.cell.modulation == "probability"
        ]  # fmt: skip
        if self.fixed_point is not None:
            if gated:
                return (
                    f"population {gated[0]!r}: modulation 'probability' is not there in fixed "
                    "point; 'threshold' is"
                )
            return refuse_cells(network, FIXED_CELLS, "in fixed point") or refuse_synapses(
                network, "in fixed point"
            )
        if self.merge_window or gated:
            where = "with a merge_window or gated cells"
            return refuse_cells(network, FLOAT_CELLS, "here") or refuse_changes(network, where)
        return refuse_cells(network, FLOAT_CELLS, "here")

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
        if network.kind == "frames":
            from neuromorph.backends.frame_emulator import run_frames

            return run_frames(
                self, network, stimulus, zero_skip=self.zero_skip,
                quantised=self.quantised, seed=seed, record=record,
                start=start, tick=tick,
            )  # fmt: skip
        with self._threads() as parallel:
            return self._simulate(
                discretise(network, dt), stimulus, steps(duration, dt), seed, record, start, tick,
                parallel,
            )  # fmt: skip

    @contextlib.contextmanager
    def _threads(self) -> Iterator[Callable[..., Any]]:
        if self.threads == 1:
            yield map
            return
        with ThreadPoolExecutor(self.threads - 1) as pool:

            def shared(function: Callable[[Any], Any], parts: list[Any]) -> list[Any]:
                others = [pool.submit(function, part) for part in parts[1:]]
                return [function(parts[0]), *(other.result() for other in others)]

            yield shared

    def _clock(
        self, grid: DiscreteNetwork, seed: int, step: int, parallel: Callable[..., Any]
    ) -> Clock:
        steppers = make_steppers(
            grid, seed=seed, window=window_steps(grid), fixed=self.fixed_point,
            dtype=np.float32 if self.precision == "float32" else np.float64,
            threads=self.threads, parallel=parallel, fused=self.precision != "float64",
        )  # fmt: skip
        window = round(self.merge_window / grid.dt)
        return Clock(grid, steppers, seed=seed, merge_window=window, step=step)

    def _simulate(
        self,
        grid: DiscreteNetwork,
        stimulus: Stimuli,
        count: int,
        seed: int,
        record: Records,
        start: State | None,
        tick: Tick | None,
        parallel: Callable[..., Any],
    ) -> Result:
        network, begun = grid.network, time.perf_counter()
        needed = estimate(network, grid, 4 if self.precision == "float32" else 8)
        refuse_memory(needed)
        small, drive = miniature(network, stimulus)
        self._clock(discretise(small, grid.dt), seed, 0, map).compile(drive)
        compiled = time.perf_counter()
        at = 0 if start is None else check_start(start, self, network, grid.dt, seed)
        clock = self._clock(grid, seed, at, parallel)
        if start is not None:
            clock.load(start.arrays)
        spikes, traces = clock.run(stimulus, count, record, tick)
        ended = time.perf_counter()
        counts = count_operations(network, spikes, steps=count, transmissions=clock.transmissions)
        notes: tuple[str, ...] = (f"memory: {needed}",)
        notes += (f"{clock.swallowed} pulses swallowed by mergers",) if self.merge_window else ()
        return Result(
            spikes=spikes,
            traces=traces,
            weights=clock.learnt(),
            counts=counts,
            energy=counted_cpu(counts),
            state=State(
                backend=repr(self),
                network_hash=network.content_hash(),
                seed=seed,
                dt=grid.dt,
                step=clock.step,
                arrays=clock.state(),
            ),
            provenance=Provenance(
                backend=repr(self),
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


def refuse_synapses(network: Network, where: str) -> str | None:
    """Return the reason if a projection brings a synapse with a time course."""
    for projection in network.projections:
        if projection.synapse is not None:
            return (
                f"projection {projection.label}: {projection.synapse!r} is not supported {where}; "
                "the port's own synapse is"
            )
    return refuse_changes(network, where)


def refuse_changes(network: Network, where: str) -> str | None:
    """Return the reason if a projection changes its strength."""
    for projection in network.projections:
        for name in ("short_term", "plasticity"):
            rule = getattr(projection, name)
            if rule is not None:
                return (
                    f"projection {projection.label}: {name} ({type(rule).__name__}) is not "
                    f"supported {where}; backends 'numba' (float64, float32) and 'brian2' have it"
                )
    return None


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
