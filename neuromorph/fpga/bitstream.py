"""The core that a bitstream is built with, and the exact command that builds it."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

from neuromorph import _res
from neuromorph.fpga.frame_shape import FrameShape
from neuromorph.fpga.shape import SpikingShape

Shape = SpikingShape | FrameShape
#: What may be larger than a network needs: the rest is part of its numbers.
_SIZES = ("sum_bits", "unit_bits", "synapse_bits", "slot_bits", "segment_bits", "row_bits")


def roomy(need: Shape) -> Shape:
    """Return the core of at least the usual size that holds ``need``: one bitstream for many."""
    usual: Any = type(need)()
    sizes = {
        name: max(getattr(usual, name), getattr(need, name))
        for name in _SIZES if hasattr(usual, name)
    }  # fmt: skip
    made: Any = need
    if isinstance(need, SpikingShape):
        sizes["stochastic"] = True
    return replace(made, **sizes)  # type: ignore[no-any-return]


def core_name(shape: Shape) -> str:
    """Return ``"spiking"`` or ``"cooperative"``."""
    return "spiking" if isinstance(shape, SpikingShape) else "cooperative"


def vivado_command(board: str, shape: Shape | None = None) -> str:
    """Return the command, for a machine with Vivado, that builds a core for a board.

    Parameters
    ----------
    board : str
    shape : SpikingShape or FrameShape, optional
        Parameters that differ from the usual ones are part of the command.
    """
    script = _res.root() / "fpga" / "vivado" / f"{board}.tcl"
    here = Path.cwd()
    place = script.relative_to(here) if script.is_relative_to(here) else script
    words = ["vivado", "-mode", "batch", "-source", str(place)]
    if shape is not None:
        usual = type(shape)().parameters
        words += ["-tclargs", core_name(shape)]
        words += [f"{k}={v}" for k, v in shape.parameters.items() if usual.get(k) != v]
    return shlex.join(words)
