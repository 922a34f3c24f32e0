"""``brian2``: the same network, run by Brian2."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from neuromorph import provenance
from neuromorph.backends.brian_cell import BRIAN_CELLS
from neuromorph.backends.brian_objects import BrianObjects
from neuromorph.backends.emulator import refuse_cells
from neuromorph.counts import count_operations
from neuromorph.description import Network, Records, Stimuli
from neuromorph.description.discrete import discretise, steps
from neuromorph.energy import counted_cpu
from neuromorph.result import Provenance, Result, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Brian2:
    """Brian2 (Stimberg, Brette, Goodman 2019, doi 10.7554/eLife.47314) in runtime mode.

    Attributes
    ----------
    target : "numpy" or "cython"
        Brian2's code generation target. ``numpy`` needs no compiler and starts at once;
        ``cython`` compiles each code object the first time (minutes), then runs faster.

    Raises
    ------
    ValueError
        Another target.
    """

    target: Literal["numpy", "cython"] = "numpy"

    name: ClassVar[str] = "brian2"

    @property
    def arithmetic(self) -> str | None:
        """What two backends must share for their spikes to be identical."""
        return "float64, merge window 0 s"

    def __post_init__(self) -> None:
        if self.target not in ("numpy", "cython"):
            raise ValueError(f"Brian2.target: {self.target!r} came, numpy or cython is allowed")

    def refusal(self, network: Network) -> str | None:
        """Return why this backend cannot run a network, or None."""
        if network.kind == "frames":
            return "frame-based networks are not supported; spiking networks are"
        return refuse_cells(network, tuple(BRIAN_CELLS), "here")

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
        tick: Callable[[int, int], None] | None = None,
    ) -> Result:
        """Run; see :func:`neuromorph.run`.

        Raises
        ------
        ValueError
            ``start`` is given: Brian2 2.9 does not restore spikes under way.
        RunawayError
            A potential is NaN or out of every range at the end.
        """
        if start is not None:
            raise ValueError(
                "brian2: start came, it is not allowed here (Brian2 does not restore spikes under "
                "way): run the whole duration, or use backend 'numba'"
            )
        begun = time.perf_counter()
        count = steps(duration, dt)
        with _preferences(self.target):
            built = BrianObjects(discretise(network, dt), stimulus, count, seed, record)
            built.run(0, None)
            compiled = time.perf_counter()
            built.run(count, tick)
            built.refuse_runaway()
        ended = time.perf_counter()
        spikes = built.spikes()
        counts = count_operations(
            network, spikes, steps=count, transmissions=built.transmissions()
        )
        return Result(
            spikes=spikes,
            traces=built.traces(),
            weights=built.weights(),
            counts=counts,
            energy=counted_cpu(counts),
            provenance=Provenance(
                backend=repr(self),
                seed=seed,
                dt=dt,
                network_hash=network.content_hash(),
                versions=provenance.versions("brian2"),
                git=provenance.git_commit(),
                host=provenance.host(),
                network_seconds=count * dt,
                compile_seconds=compiled - begun,
                host_seconds=ended - compiled,
            ),
        )


@contextlib.contextmanager
def _preferences(target: str) -> Iterator[None]:
    """Set Brian2's target and strict floating point for a while."""
    import brian2

    prefs = brian2.prefs
    names = (
        "codegen.target",
        "codegen.loop_invariant_optimisations",
        "codegen.cpp.extra_compile_args_gcc",
    )
    before = {name: prefs[name] for name in names}
    strict = ["-O3", "-march=native", "-ffp-contract=off", "-fno-fast-math", "-std=c++11"]
    try:
        prefs["codegen.target"] = target
        prefs["codegen.loop_invariant_optimisations"] = False  # it reorders sums
        prefs["codegen.cpp.extra_compile_args_gcc"] = strict
        yield
    finally:
        for name, value in before.items():
            prefs[name] = value
