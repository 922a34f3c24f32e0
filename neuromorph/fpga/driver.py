"""The driver of a core on a PYNQ board; ``device=`` puts the simulated RTL in the board's place.

Needs numpy and pynq alone. Untested on hardware: no board has run it yet.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuromorph.fpga.deployed import Deployed
from neuromorph.fpga.frame_shape import FrameShape, frame_shape_of
from neuromorph.fpga.register import FIELDS, REGISTERS, VERSION
from neuromorph.fpga.shape import COOPERATIVE_ID, SPIKING_ID, SpikingShape, shape_of

CORE_TYPES = ("neuromorph_spiking", "neuromorph_cooperative")
DMA_TYPE = "xilinx.com:ip:axi_dma"
RESET, CLEAR, HOLD = 1, 2, 4
#: CRL_APB and its register PL0_REF_CTRL, whose bit CLKACT lets the clock of the logic run (UG1087).
CLOCKS, PL0, CLKACT = 0xFF5E0000, 0xC0, 1 << 24
Words = NDArray[np.uint32]


class BoardError(RuntimeError):
    """The board, its bitstream or a transfer is not as it should be; the text says what to do."""


def fit_numpy() -> None:
    """Let pynq's buffers work with numpy 2 as with numpy 1.

    An array of numpy 2 has an attribute ``device`` that cannot be set, and pynq's buffers, which
    are arrays, set theirs. They are given a property of that name instead; numpy 1 needs nothing.
    """
    if int(np.__version__.split(".")[0]) < 2:
        return
    places = ("pynq.buffer", "PynqBuffer"), ("pynq.pl_server.remote_device", "RemoteBuffer")
    for module, name in places:
        kind = getattr(sys.modules.get(module), name, None)
        if kind is not None and "device" not in vars(kind):
            kind.device = property(_device_of, _set_device)


def _device_of(buffer: Any) -> Any:
    return vars(buffer).get("_device")


def _set_device(buffer: Any, device: Any) -> None:
    vars(buffer)["_device"] = device


class Board:
    """A core on a board, from the loading of the bitstream to the freeing of the buffers.

    Parameters
    ----------
    bitstream : path
        NAME.bit with NAME.hwh beside it.
    device : pynq.Device, optional
        The board pynq finds, if left out.
    build : int, optional
        Value that the register BUILD must have (``rtl.build_hash()`` of the sources).
    part : str, optional
        Part the bitstream must be for, such as ``"xczu7ev-ffvc1156-2-e"``; the device's own if
        it tells.
    room : int
        Words of the receive buffer.
    timeout : float [s]
        Of one transfer.

    Raises
    ------
    BoardError
        Missing file, wrong part, no such core in the design, wrong ID, version or
        build.
    """

    def __init__(
        self,
        bitstream: str | Path,
        *,
        device: Any = None,
        build: int | None = None,
        part: str | None = None,
        room: int = 1 << 20,
        timeout: float = 10.0,
    ) -> None:
        import pynq

        fit_numpy()

        self._buffers: list[Any] = []
        self._stopped = False
        self.timeout, self.room = timeout, room
        self.path = Path(bitstream)
        self._check_files(part or getattr(device, "part", None))
        _forget_stale_state(getattr(device, "tag", ""))
        self.overlay = pynq.Overlay(str(self.path), device=device)
        self.device = device if device is not None else self.overlay.device
        self.core = self._find_core()
        self._identify(build)
        self.dma = self._find_dma()
        self._allocate = pynq.allocate
        read_shape = frame_shape_of if self.read("ID") == COOPERATIVE_ID else shape_of
        self.shape: Any = read_shape(self.read("SHAPE"), self.read("WIDTHS"))
        self._program: Any = None
        self.reset()

    def __enter__(self) -> Board:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the clock run and free the buffers."""
        if self._stopped:
            self.clock(True)
        while self._buffers:
            buffer = self._buffers.pop()
            if buffer is not None:
                buffer.freebuffer()

    @property
    def simulated(self) -> bool:
        """Whether this is the simulated RTL and not a board."""
        return bool(getattr(self.device, "simulated", False))

    # looking before leaping -------------------------------------------------------------------

    def _check_files(self, part: str | None) -> None:
        for path in (self.path, self.path.with_suffix(".hwh")):
            if not path.exists():
                raise BoardError(
                    f"bitstream: {str(path)!r} is not there: name NAME.bit with NAME.hwh beside "
                    "it, as vivado -mode batch -source fpga/vivado/BOARD.tcl makes them"
                )
        if part is None:
            return
        from pynq.pl_server.embedded_device import parse_bit_header

        found = parse_bit_header(self.path.read_bytes())["part"]
        if found.lower().split("-")[0] != part.lower().split("-")[0]:
            raise BoardError(
                f"bitstream {str(self.path)!r}: it is for part {found}, the board has {part}: "
                "build it for this board"
            )

    def _entry(self, *kinds: str) -> str:
        for name, entry in self.overlay.ip_dict.items():
            if any(kind in entry["type"] for kind in kinds):
                if entry["addr_range"] < max(o + 4 * n for o, n in REGISTERS.values()):
                    raise BoardError(
                        f"design: {name} has {entry['addr_range']} bytes of registers, more are "
                        "needed: the .hwh does not belong to this bitstream"
                    )
                return str(name)
        found = ", ".join(self.overlay.ip_dict) or "nothing"
        raise BoardError(
            f"design: no IP of type {' or '.join(kinds)} in {found}: "
            "load a bitstream of fpga/vivado"
        )

    def _find_core(self) -> Any:
        return getattr(self.overlay, self._entry(*CORE_TYPES))

    def _find_dma(self) -> Any:
        return getattr(self.overlay, self._entry(DMA_TYPE))

    def _identify(self, build: int | None) -> None:
        found = self.read("ID")
        if found not in (SPIKING_ID, COOPERATIVE_ID):
            raise BoardError(
                f"core: ID 0x{found:08X} came, 0x{SPIKING_ID:08X} or 0x{COOPERATIVE_ID:08X} is "
                "allowed: .bit and .hwh do not belong together, or a stale bitstream "
                "is loaded: power the board off and on"
            )
        version = self.read("VERSION")
        major, minor = version >> 16, version & 0xFFFF
        if major != VERSION[0] or minor < VERSION[1]:
            raise BoardError(
                f"core: interface version {major}.{minor} came, {VERSION[0]}.{VERSION[1]} or a "
                "later minor one is allowed: build the bitstream from these sources"
            )
        if build is not None and self.read("BUILD") != build:
            raise BoardError(
                f"core: build 0x{self.read('BUILD'):08X} came, 0x{build:08X} is allowed: the "
                "bitstream was built from other RTL sources: build it again"
            )

    # registers --------------------------------------------------------------------------------

    def read(self, name: str) -> int:
        """Return a register, both words of it where it has two."""
        self._check_clock()
        offset, words = REGISTERS[name]
        return sum(int(self.core.read(offset + 4 * k)) << (32 * k) for k in range(words))

    def write(self, name: str, value: int) -> None:
        """Write a register."""
        self._check_clock()
        self.core.write(REGISTERS[name][0], int(value))

    def status(self) -> dict[str, int]:
        """Return the fields of the register STATUS."""
        value = self.read("STATUS")
        return {
            name.split(".")[1]: (value >> low) & mask
            for name, (low, mask) in FIELDS.items()
            if name.startswith("STATUS.")
        }

    def hold(self, on: bool) -> None:
        """Keep the core from taking words, as in the idle state of a power measurement."""
        self.write("CONTROL", HOLD if on else 0)

    def clock(self, on: bool) -> None:
        """Let the clock of the programmable logic run or stand still; memories stay.

        While it stands, core and DMA cannot be reached: the bus has no time-out, an access would
        hang the board, and this driver refuses it.
        """
        import pynq

        register = pynq.MMIO(CLOCKS, 0x100, device=self.device)
        value = int(register.read(PL0))
        register.write(PL0, value | CLKACT if on else value & ~CLKACT)
        self._stopped = not on

    def _check_clock(self) -> None:
        if self._stopped:
            raise BoardError("board: the clock of the logic stands still: clock(True) first")

    def reset(self) -> None:
        """Reset core and DMA; memories stay."""
        self.write("CONTROL", RESET | CLEAR)
        send = self.dma.sendchannel  # a reset by one channel resets both
        send._mmio.write(send._offset, 4)
        self._until(lambda: not send._mmio.read(send._offset) & 4, "reset of the DMA")
        for channel in (send, self.dma.recvchannel):
            channel._mmio.write(channel._offset, 1)
            self._until(lambda c=channel: c.running, "start of the DMA")
            channel._first_transfer = True

    # packets ----------------------------------------------------------------------------------

    def _buffer(self, index: int, count: int) -> Any:
        """Return the buffer to send from (0) or to receive in (1), of at least ``count`` words."""
        while len(self._buffers) <= index:
            self._buffers.append(None)
        held = self._buffers[index]
        if held is None or held.size < count:
            if held is not None:
                held.freebuffer()
            self._buffers[index] = self._allocate((count,), np.uint32, target=self.device)
        return self._buffers[index]

    @property
    def most(self) -> int:
        """Words of a packet at most: what the DMA moves at once."""
        return int(self.dma.sendchannel._max_size) // 4

    def transfer(self, words: Words) -> Words:
        """Send a packet, TLAST on its last word, and return what comes back.

        More than the DMA moves at once goes as several packets, cut between words (and within a
        load); what comes back is joined. A run of frames is not cut here, :meth:`predict` does.

        Raises
        ------
        BoardError
            The packet is empty or frames too many for the DMA, or the transfer fails or takes too
            long: then core and DMA have been reset, the text holds their state from before.
        """
        from neuromorph.fpga import word

        if 0 < words.size <= self.most:
            return self._transfer(words)
        frames = isinstance(self.shape, FrameShape) and (words[:2] >> 30 == 1).any()
        if frames or not words.size:
            raise BoardError(
                f"transfer: {4 * words.size} bytes came, 4 to {4 * self.most} are allowed by the "
                "DMA: send fewer frames at once"
            )
        return np.concatenate([self._transfer(x) for x in word.packets(words, self.most)])

    def _transfer(self, words: Words) -> Words:
        self._check_clock()
        back = self._buffer(1, min(self.room, self.most))
        out = self._buffer(0, min(self.most, max(1 << 12, 1 << int(words.size - 1).bit_length())))
        out[: words.size] = words
        self.dma.recvchannel.transfer(back)
        self.dma.sendchannel.transfer(out, nbytes=4 * words.size)
        for name, channel in (("send", self.dma.sendchannel), ("receive", self.dma.recvchannel)):
            self._until(lambda c=channel: c.idle or c.error, f"{name} of {words.size} words")
            if channel.error:
                self._fail(f"{name} of {words.size} words: the DMA tells of an error")
        self.dma.sendchannel.wait()
        self.dma.recvchannel.wait()
        count = int(self.dma.recvchannel.transferred) // 4
        return np.array(back[:count].tolist(), dtype=np.uint32)

    def _until(self, done: Any, what: str) -> None:
        end = time.monotonic() + self.timeout
        while not done():
            if time.monotonic() > end:
                self._fail(f"{what}: not done in {self.timeout:g} s")

    def _fail(self, what: str) -> None:
        core = self.status()
        dma = {
            name: f"0x{channel._mmio.read(channel._offset + 4):X}"
            for name, channel in (("MM2S_SR", self.dma.sendchannel),
                                  ("S2MM_SR", self.dma.recvchannel))
        }  # fmt: skip
        if "reset" not in what:
            self.reset()
        raise BoardError(
            f"{what}; core {core}, DMA {dma}; both were reset: a packet needs TLAST and a receive "
            "buffer that holds its answer: load the network again"
        )

    # work -------------------------------------------------------------------------------------

    def deploy(
        self, network: Any, stimulus: Any, *, duration: float, dt: float = 1e-4, seed: int = 0
    ) -> Deployed:
        """Load a spiking network and return what runs it (needs numba too).

        Raises
        ------
        ValueError
            The network does not fit this core.
        """
        from neuromorph.description.discrete import discretise, steps
        from neuromorph.fpga.fixed import FixedPoint
        from neuromorph.fpga.packet import Run
        from neuromorph.fpga.program import compile_spiking

        s = self._shape(SpikingShape)
        fixed = FixedPoint(bits=s.bits, guard=s.guard, decay_bits=s.decay_bits)
        program = compile_spiking(discretise(network, dt), fixed, s.lane_bits)
        reason = s.holds(program.need)
        if reason is not None:
            raise ValueError(f"network {network.name!r} does not fit the core: {reason}")
        run = Run(program=program, stimulus=stimulus, first=0, last=steps(duration, dt),
                  seed=seed, record={})  # fmt: skip
        self.write("ROWS", program.rows)
        self.write("SLOTS", program.slots)
        self.transfer(program.load_words(seed))
        room = min(self.room, self.most)
        return Deployed(board=self, run=run, packets=[w for _, w in run.packets(room)])

    def run(
        self, network: Any, stimulus: Any, *, duration: float, dt: float = 1e-4, seed: int = 0
    ) -> Any:
        """Run a spiking network and return ``{population: Spikes}``; as :meth:`deploy`."""
        deployed = self.deploy(network, stimulus, duration=duration, dt=dt, seed=seed)
        self.write("CONTROL", CLEAR)
        return deployed.run.spikes(deployed.once(clear=False))

    def _shape(self, kind: Any) -> Any:
        if not isinstance(self.shape, kind):
            raise ValueError(
                f"board: its core is a {type(self.shape).__name__}, a {kind.__name__} is needed: "
                "load the other core's bitstream"
            )
        return self.shape

    def load(self, program: Any) -> None:
        """Load a frame-based network, a :class:`~neuromorph.fpga.frame_program.FrameProgram`.

        Raises
        ------
        ValueError
            It does not fit this core.
        """
        reason = self._shape(FrameShape).holds(program.need)
        if reason is not None:
            raise ValueError(f"the network does not fit the core: {reason}")
        self.transfer(program.words)
        self._program = program

    def predict(self, frames: Any) -> Any:
        """Run one sequence of integer inputs (n_frame, n_input) from cleared state.

        Returns
        -------
        int64 (n_frame, n_output)
            Outputs of all layers; ``program.span`` says which, after ``n_input``.

        Raises
        ------
        ValueError
            Nothing was loaded, or inputs of another width.
        """
        from neuromorph.fpga import word

        program, values = self._program, np.asarray(frames)
        if program is None or values.ndim != 2 or values.shape[1] != program.n_input:
            allowed = "load a program first" if program is None else f"(n, {program.n_input})"
            raise ValueError(f"predict: frames of shape {values.shape} came, allowed: {allowed}")
        room = min(self.room, self.most, 1 << 20)
        size = max(1, min(room // (program.n_output + 1), (room - 2) // program.n_input))
        parts = []
        for first in range(0, values.shape[0], size):
            part = values[first : first + size]
            head = [word.CONTROL, word.RUN | len(part)] if first == 0 else [word.RUN | len(part)]
            data = (part.astype(np.int64).ravel() & 0xFFFFFFFF).astype(np.uint32)
            answer = self.transfer(np.concatenate([np.array(head, np.uint32), data]))
            parts.append(answer[:-1].view(np.int32).astype(np.int64))
        return np.concatenate(parts).reshape(values.shape[0], program.n_output)

    def throughput_test(self, *, steps: int = 1000, repeats: int = 10) -> dict[str, float]:
        """Time runs of ``steps`` empty steps, or of as many frames of zeros of what is loaded.

        Returns
        -------
        dict
            Seconds and cycles of a run, and the rates they imply; bus and DMA are in the seconds.

        Raises
        ------
        ValueError
            A cooperative core without a program.
        """
        from neuromorph.fpga import word

        frames = np.zeros((steps, getattr(self._program, "n_input", 0)), np.int64)
        packet = np.array([word.RUN | steps], dtype=np.uint32)
        framed = isinstance(self.shape, FrameShape)
        self.write("CONTROL", CLEAR)
        begun = time.perf_counter()
        for _ in range(repeats):
            if framed:
                self.predict(frames)
            else:
                self.transfer(packet)
        seconds = (time.perf_counter() - begun) / repeats
        cycles = self.read("CYCLES") / repeats
        return {
            "seconds": seconds,
            "cycles": cycles,
            "steps_per_second": steps / seconds,
            "cycles_per_second": cycles / seconds,
        }


def _forget_stale_state(tag: str) -> None:
    """Clear what pynq remembers of an earlier design (it may hand out addresses of gone IP)."""
    from pynq.pl_server import global_state

    global_state.clear_global_state(tag)
