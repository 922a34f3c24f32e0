"""``pynq``: a core on a PYNQ board, or its simulated RTL behind the same stock pynq."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from neuromorph.backends.fpga import FPGAModel
from neuromorph.backends.frame_core import encoded, frame_program
from neuromorph.backends.frame_emulator import frame_inputs
from neuromorph.cooperative.integer import IntegerMachine
from neuromorph.cooperative.plan import plan
from neuromorph.description import Network, Stimuli
from neuromorph.fpga.bitstream import vivado_command
from neuromorph.fpga.board import board_data
from neuromorph.fpga.deployed import FrameDeployed, Runnable
from neuromorph.fpga.driver import Board
from neuromorph.fpga.fit import check_fit
from neuromorph.fpga.frame_shape import FrameShape
from neuromorph.fpga.rtl import build_hash, missing_tool
from neuromorph.fpga.shape import SpikingShape


@dataclass(frozen=True, slots=True, kw_only=True)
class Pynq(FPGAModel):
    """A board through stock pynq. Untested on hardware.

    Attributes
    ----------
    board : str
        ``"sim"``: the RTL in simulation behind pynq; else the name of the board one is on.
    bitstream : str
        NAME.bit of the board, with NAME.hwh beside it; not used with ``board="sim"``.

    Other fields as in :class:`FPGAModel`; they must be those the bitstream was built with.

    Raises
    ------
    ValueError
        A board there is no data for, or one without a bitstream.
    """

    board: str = "sim"
    bitstream: str = ""

    name: ClassVar[str] = "pynq"

    def __post_init__(self) -> None:
        FPGAModel.__post_init__(self)
        if self.board == "sim":
            return
        _ = board_data(self.board)
        if not self.bitstream:
            raise ValueError(
                f"Pynq.bitstream: none came for board {self.board!r}: build one with "
                f"{vivado_command(self.board)}"
            )

    def refusal(self, network: Network) -> str | None:
        """Return why this backend cannot run a network, or None."""
        if self.board == "sim" and missing_tool() is not None:
            return missing_tool()
        return FPGAModel.refusal(self, network)

    def core(self, need: SpikingShape) -> Any:
        """Return the board, checked to hold a program."""
        return self._board(need)

    def frame_core(self, need: FrameShape) -> Any:
        """Return the board, checked to hold a frame-based program."""
        return self._board(need)

    def deploy(
        self, network: Network, stimulus: Stimuli, *, duration: float | None, dt: float | None,
        seed: int = 0,
    ) -> Runnable:
        """Load a network with one input; what comes back runs it again and again.

        Raises
        ------
        ValueError
            The network does not fit the core, or the core the board.
        """
        need = self.shape(network, dt)
        board = self._board(need)
        if network.kind == "spiking":
            made: Runnable = board.deploy(network, stimulus, duration=duration, dt=dt, seed=seed)
            return made
        laid = plan(network)
        machine = IntegerMachine(laid, self.quantised)
        program = frame_program(
            laid, self.quantised, self.lanes.bit_length() - 1, self.outputs
        )
        inputs, _ = encoded(network, machine, frame_inputs(network, stimulus))
        board.write("OPTIONS", int(self.no_context) | int(self.dense) << 1)
        board.load(program)
        return FrameDeployed(board=board, sequences=tuple(inputs))

    def _board(self, need: SpikingShape | FrameShape) -> Any:
        if self.board == "sim":
            from neuromorph.fpga.simulator import simulated_device, write_design

            with tempfile.TemporaryDirectory() as folder:
                device = simulated_device(need)
                bit = write_design(Path(folder), top=device.core.top)
                return Board(bit, device=device, build=build_hash())
        check_fit(need, self.board)
        board = Board(self.bitstream, build=build_hash(), part=board_data(self.board).part)
        shape: Any = board.shape
        wanted: Any = need
        if type(shape) is not type(wanted):
            board.close()
            raise ValueError(
                f"{self.bitstream} holds a {type(shape).__name__}, the network needs a "
                f"{type(need).__name__}: load the other core's bitstream"
            )
        reason = shape.holds(wanted)
        if reason is not None:
            board.close()
            raise ValueError(f"the network does not fit the core of {self.bitstream}: {reason}")
        return board
