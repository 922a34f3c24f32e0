"""A pynq device without a board: our RTL in simulation behind stock pynq, in this process.

Overlay, register map, DMA driver and buffers are pynq's own; the registers of the AXI DMA and of
the core are answered here. Tests packing, sequence, time-outs and errors; not timing closure,
caches, clocks or power.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from pynq.buffer import PynqBuffer
from pynq.pl_server.device import Device
from pynqmetadata.frontends import Metadata
from pynqmetadata.views.runtime import RuntimeMetadataParser

from neuromorph.fpga import register_map
from neuromorph.fpga.driver import fit_numpy
from neuromorph.fpga.frame_shape import FrameShape
from neuromorph.fpga.handoff import CORE_BASE, DMA_BASE, handoff
from neuromorph.fpga.rtl import FrameRTLCore, RTLCore
from neuromorph.fpga.shape import SpikingShape

PART = "xczu7ev-ffvc1156-2-e"
#: DMA registers: control, status, address, length; S2MM stands 0x30 higher.
CONTROL, STATUS, ADDRESS, HIGH, LENGTH, S2MM = 0x00, 0x04, 0x18, 0x1C, 0x28, 0x30
#: Clock registers of the processing system (CRF_APB, CRL_APB): held, without effect.
CLOCKS = (0xFD1A0000, 0xFF5E0000)
PL0_CLOCK, CLKACT = 0xFF5E00C0, 1 << 24
HALTED, IDLE, INTERNAL_ERROR, DONE = 1, 2, 0x10, 0x1000


class SimulatedDevice(Device):  # type: ignore[misc]
    """A board of simulated RTL.

    Parameters
    ----------
    core : RTLCore
    drop_last : bool
        Swallow TLAST on the way in, a fault to test time-outs with.
    """

    _probe_priority_: ClassVar[int] = 7411
    simulated: ClassVar[bool] = True
    _made: ClassVar[int] = 0

    @classmethod
    def _probe_(cls) -> list[Any]:
        return []

    def __init__(self, core: RTLCore, *, drop_last: bool = False) -> None:
        fit_numpy()
        SimulatedDevice._made += 1
        super().__init__(f"neuromorph-sim-{SimulatedDevice._made}")
        self.core, self.drop_last = core, drop_last
        self.capabilities = {"REGISTER_RW": True}
        self.part = PART
        self.arch = "aarch64"
        self._clocks: dict[int, int] = {PL0_CLOCK: CLKACT}
        self.buffers: dict[int, PynqBuffer] = {}
        self._next = 0x10000000
        self._dma = {CONTROL: 0, STATUS: HALTED, CONTROL + S2MM: 0, STATUS + S2MM: HALTED}
        self._waiting: tuple[int, int] | None = None
        self.name = "neuromorph-sim"

    # what pynq asks of a device ---------------------------------------------------------------

    def get_bitfile_metadata(self, bitfile_name: str, partial: bool = False) -> Any:
        """Return the parsed hand-off beside the bitstream."""
        parser = RuntimeMetadataParser(Metadata(input=str(Path(bitfile_name).with_suffix(".hwh"))))
        parser.refresh_hierarchy_dict()
        return parser

    def download(self, bitstream: Any, parser: Any = None) -> None:
        """Reset the core, as a new configuration would."""
        self.core.reset()
        self.post_download(bitstream, parser, self.name)

    def allocate(self, shape: Any, dtype: Any, **_: Any) -> PynqBuffer:
        """Return a buffer with a made-up bus address."""
        count = int(np.prod(shape)) * np.dtype(dtype).itemsize
        buffer = PynqBuffer(shape, dtype, buffer=bytearray(count), device=self,
                            device_address=self._next, bo=self._next)  # fmt: skip
        buffer.memory, buffer.pointer, buffer.return_to = self, self._next, self
        self.buffers[self._next] = buffer
        self._next += (count + 0xFFF) // 0x1000 * 0x1000
        return buffer

    def return_pointer(self, pointer: int) -> None:
        """Take back a buffer that pynq frees, once."""
        self.buffers.pop(pointer).freed = True

    def flush(self, bo: int, offset: int, vaddr: int, nbytes: int) -> None:
        """Nothing to do: one memory."""

    def invalidate(self, bo: int, offset: int, vaddr: int, nbytes: int) -> None:
        """Nothing to do: one memory."""

    def read_registers(self, address: int, length: int) -> bytes:
        """Answer a read on the bus."""
        words = [self._read(address + 4 * k) for k in range(-(-length // 4))]
        return struct.pack(f"<{len(words)}I", *words)[:length]

    def write_registers(self, address: int, data: bytes) -> None:
        """Answer a write on the bus."""
        for k, value in enumerate(struct.unpack(f"<{len(data) // 4}I", bytes(data))):
            self._write(address + 4 * k, value)

    # the bus ----------------------------------------------------------------------------------

    def _read(self, address: int) -> int:
        self._check_clock(address)
        if CORE_BASE <= address < CORE_BASE + 0x10000:
            return self.core.read_word(address - CORE_BASE)
        if DMA_BASE <= address < DMA_BASE + 0x10000:
            return self._dma.get(address - DMA_BASE, 0)
        if address & ~0xFFF in CLOCKS:
            return self._clocks.get(address, 0)
        raise RuntimeError(f"simulated device: nothing answers at 0x{address:X}")

    def _check_clock(self, address: int) -> None:
        stopped = not self._clocks[PL0_CLOCK] & CLKACT
        if stopped and address & ~0xFFF not in CLOCKS:
            raise RuntimeError(f"simulated device: the clock stands still, an access to 0x"
                               f"{address:X} would hang a board")  # fmt: skip

    def _write(self, address: int, value: int) -> None:
        self._check_clock(address)
        if CORE_BASE <= address < CORE_BASE + 0x10000:
            self.core.write_word(address - CORE_BASE, value)
            return
        if address & ~0xFFF in CLOCKS:
            self._clocks[address] = value
            return
        offset = address - DMA_BASE
        channel = S2MM if offset >= S2MM else 0
        if offset - channel == CONTROL:
            if value & 4:
                self._waiting = None
                for base in (0, S2MM):
                    self._dma.update({CONTROL + base: 0, STATUS + base: HALTED})
                return
            self._dma[offset] = value
            if value & 1:
                self._dma[STATUS + channel] &= ~HALTED
            else:
                self._dma[STATUS + channel] |= HALTED
        elif offset - channel == STATUS:
            self._dma[offset] &= ~(value & 0x7000)
        else:
            self._dma[offset] = value
            if offset - channel == LENGTH:
                self._start(channel)

    def _start(self, channel: int) -> None:
        self._dma[STATUS + channel] &= ~(IDLE | DONE)
        address = self._dma[ADDRESS + channel] | self._dma.get(HIGH + channel, 0) << 32
        place = (address, self._dma[LENGTH + channel])
        if channel == S2MM:
            self._waiting = place
        elif self._waiting is not None:
            self._move(place, self._waiting)

    def _words(self, address: int, length: int) -> Any:
        base = max(a for a in self.buffers if a <= address)
        flat = np.ndarray.view(self.buffers[base], np.ndarray).reshape(-1).view(np.uint32)
        begin = (address - base) // 4
        return flat[begin : begin + length // 4]

    def _move(self, source: tuple[int, int], sink: tuple[int, int]) -> None:
        words = np.array(self._words(*source), dtype=np.uint32)
        out, ended = self.core.stream(words, last=not self.drop_last, limit=self.core.limit)
        self._dma[STATUS] |= IDLE | DONE
        if not ended:
            return
        self._waiting = None
        room = self._words(*sink)
        if out.size > room.size:
            self._dma[STATUS + S2MM] |= INTERNAL_ERROR | HALTED
            return
        room[: out.size] = out
        self._dma[LENGTH + S2MM] = 4 * out.size
        self._dma[STATUS + S2MM] |= IDLE | DONE


def bit_header(design: str, part: str) -> bytes:
    """Return the header of a .bit file without configuration data behind it."""
    out = bytes.fromhex("00090ff00ff00ff00ff0000001")
    fields = (b"a", f"{design};Version=sim"), (b"b", part), (b"c", "2000/01/01"), (b"d", "00:00:00")
    for key, text in fields:
        data = text.encode() + b"\0"
        out += key + struct.pack(">H", len(data)) + data
    return out + b"e" + struct.pack(">I", 0)


def write_design(
    folder: Path, *, top: str = "neuromorph_spiking", part: str = PART, length_bits: int = 23
) -> Path:
    """Write NAME.bit (a header only) and NAME.hwh to ``folder``; return the .bit."""
    folder.mkdir(parents=True, exist_ok=True)
    bit = folder / f"{top}.bit"
    bit.write_bytes(bit_header(top, part))
    text = handoff(register_map.read(), top=top, length_bits=length_bits)
    bit.with_suffix(".hwh").write_text(text, encoding="utf-8")
    return bit


def simulated_device(shape: SpikingShape | FrameShape, **options: Any) -> SimulatedDevice:
    """Build the RTL of a shape and return a device that holds it."""
    limit = options.pop("limit", 1 << 40)
    kind = FrameRTLCore if isinstance(shape, FrameShape) else RTLCore
    return SimulatedDevice(kind(shape, limit=limit), **options)
