"""``pynq``: the spiking core on a PYNQ board, or its simulated RTL behind the same stock pynq."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from neuromorph.backends.fpga import Core, FPGAModel, refuse_model_only
from neuromorph.description import Network
from neuromorph.fpga.driver import Board
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
        A board without a bitstream.
    """

    board: str = "sim"
    bitstream: str = ""

    name: ClassVar[str] = "pynq"

    def __post_init__(self) -> None:
        FPGAModel.__post_init__(self)
        if self.board != "sim" and not self.bitstream:
            raise ValueError(
                f"Pynq.bitstream: none came for board {self.board!r}: build one with "
                f"vivado -mode batch -source fpga/vivado/build.tcl -tclargs {self.board}"
            )

    def refusal(self, network: Network) -> str | None:
        """Return why this backend cannot run a network, or None."""
        if self.board == "sim" and missing_tool() is not None:
            return missing_tool()
        return refuse_model_only(network) or FPGAModel.refusal(self, network)

    def core(self, need: SpikingShape) -> Core:
        """Return the board, checked to hold a program."""
        if self.board == "sim":
            from neuromorph.fpga.simulator import simulated_device, write_design

            with tempfile.TemporaryDirectory() as folder:
                return Board(
                    write_design(Path(folder)), device=simulated_device(need), build=build_hash()
                )
        board = Board(self.bitstream, build=build_hash())
        reason = board.shape.holds(need)
        if reason is not None:
            board.close()
            raise ValueError(f"the network does not fit the core of {self.bitstream}: {reason}")
        return board
