"""``fpga-model``: the bit-exact integer model of the spiking core, with its cycle count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from neuromorph.backends.emulator import Numba, check_start, refuse_cells, refuse_synapses
from neuromorph.counts import count_operations
from neuromorph.description import LIF, Network, Records, Source, Stimuli
from neuromorph.description.discrete import steps
from neuromorph.energy import FPGA_SYNAPTIC
from neuromorph.fpga.fixed import FixedPoint
from neuromorph.fpga.model import ArrayLayout
from neuromorph.result import Result, State


@dataclass(frozen=True, slots=True, kw_only=True)
class FPGAModel:
    """Integer model of the spiking core on a programmable gate array.

    Attributes
    ----------
    bits : int
        Width of weights and thresholds; the membrane has ``guard`` more.
    guard, decay_bits : int
        See :class:`neuromorph.FixedPoint`.
    layout : ArrayLayout
        Lanes and overhead, from which the cycles follow.
    clock : float [Hz]
        Clock of the core, from which the device's seconds follow.

    Raises
    ------
    ValueError
        A field out of range.
    """

    bits: int = 16
    guard: int = 8
    decay_bits: int = 16
    layout: ArrayLayout = field(default_factory=ArrayLayout)
    clock: float = 200e6

    name: ClassVar[str] = "fpga-model"

    def __post_init__(self) -> None:
        _ = self.fixed_point
        if not self.clock > 0:
            raise ValueError(f"FPGAModel.clock: {self.clock} Hz came, above 0 is allowed")

    @property
    def fixed_point(self) -> FixedPoint:
        """The numbers of the hardware."""
        return FixedPoint(bits=self.bits, guard=self.guard, decay_bits=self.decay_bits)

    @property
    def arithmetic(self) -> str | None:
        """What two backends must share for their spikes to be identical."""
        return Numba(fixed_point=self.fixed_point).arithmetic

    def refusal(self, network: Network) -> str | None:
        """Return why this backend cannot run a network, or None."""
        if network.kind == "frames":
            return "frame-based networks are not supported; spiking networks are"
        return refuse_cells(network, (LIF,), "here") or refuse_synapses(network, "here")

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
        """Run; see :func:`neuromorph.run`."""
        emulator = Numba(fixed_point=self.fixed_point)
        if start is not None:
            check_start(start, self, network, dt, seed)
        result = emulator.simulate(
            network, stimulus, duration=duration, dt=dt, seed=seed, record=record, tick=tick,
            start=None if start is None else replace(start, backend=repr(emulator)),
        )  # fmt: skip
        count = steps(duration, dt)
        cycles = self._cycles(network, result, count)
        counts = count_operations(
            network,
            result.spikes,
            steps=count,
            transmissions=result.counts.transmissions,
            weight_bytes=self.bits / 8,
            state_bytes=self.fixed_point.state_bits / 8,
            cycles=cycles,
            stall_cycles=0,
        )
        state = result.state
        return replace(
            result,
            counts=counts,
            energy=(FPGA_SYNAPTIC.energy(counts),),
            state=None if state is None else replace(state, backend=repr(self)),
            provenance=replace(
                result.provenance,
                backend=repr(self),
                device_seconds=cycles / self.clock,
            ),
        )

    def _cycles(self, network: Network, result: Result, count: int) -> int:
        projections = network.projections
        return self.layout.cycles(
            steps=count,
            sizes=[p.n for p in network.populations if not isinstance(p.cell, Source)],
            spikes=[result.spikes[p.source].count for p in projections],
            fan_out=[np.diff(p.weights.start) for p in projections],
        )
