"""A frame-based integer network as records and tables of the cooperative core."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuromorph.fpga import word
from neuromorph.fpga.frame_model import (
    BETA,
    BIAS,
    CLIPPED,
    CONTEXT_BIAS,
    END,
    FINISH,
    FRAME,
    LAYER,
    LINEAR,
    M3,
    POWER,
    PROGRAM,
    SCORE,
    SHARE,
    SHIFT,
    SIGN,
    TANH,
    THETA,
    WEIGHT,
    WIRE,
)
from neuromorph.fpga.frame_shape import FrameShape

Array = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FrameWire:
    """A projection in integers: ``weight`` (n_source, n), ``shift`` (n,) of its sums.

    ``keep``: 1 - decay in 16 bits of the universal port; None on the others.
    """

    source: str
    lag: bool
    context: bool
    weight: Array
    shift: Array
    keep: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FrameLayer:
    """A layer in integers; ``tables`` (4, n): bias, context bias, theta, beta.

    ``highest``: largest entry of the table that the transfer m3 reads; ``scale`` and ``fraction``
    of gate SCORE: beta log2(e) with 16 fraction bits, and the fraction bits of its shares.
    """

    name: str
    code: int
    skips: bool
    gate: int
    shift: int
    top: int
    tables: Array
    wires: tuple[FrameWire, ...]
    highest: int = 1023
    scale: int = 0
    fraction: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FrameProgram:
    """What is loaded, and where each population's outputs stand.

    Attributes
    ----------
    words : uint32
        One packet that loads it all.
    span : dict of slice
        Addresses by population, sources first.
    outputs : tuple of str
        Populations given back, in this order.
    n_input, n_output : int
        Words of a frame in and out.
    need : FrameShape
        Smallest core that holds it.
    """

    words: word.Words
    span: dict[str, slice]
    n_input: int
    n_output: int
    outputs: tuple[str, ...]
    need: FrameShape


def compile_frames(
    sources: dict[str, int], layers: tuple[FrameLayer, ...], *, fraction: int, bits: int,
    lane_bits: int, sum_bits: int = 48, outputs: tuple[str, ...] = (), tanh: Array | None = None,
    power: Array | None = None,
) -> FrameProgram:  # fmt: skip
    """Return the program of a network in integers.

    ``outputs`` names the populations that are given back; none: all but the sources.

    ``power`` (256,): ``2**-(i / 256)`` in 16 bits, needed by a softmax.

    Raises
    ------
    ValueError
        A weight, shift or sum beyond the core's widths, or more units than it can address.
    """
    sizes = {**sources, **{x.name: x.tables.shape[1] for x in layers}}
    wide = {x.name for x in layers if x.gate == LINEAR}
    laid = _Layout(sizes, 1 << lane_bits)
    laid.take(sources, fraction)
    for layer in layers:
        _check_sums(layer, wide, bits, sum_bits)
        _check_universal(layer)
        laid.add(layer)
    chosen = outputs or tuple(x.name for x in layers)
    laid.give(chosen)
    weight = np.concatenate(laid.weights)
    if bits == 1:
        weight = (weight < 0).astype(np.int64)
    every = np.concatenate(laid.tables, axis=1)
    rows = max(laid.table_row, laid.shift_row)
    need = FrameShape(
        bits=bits, sum_bits=sum_bits, lane_bits=lane_bits,
        unit_bits=max(_log2(sum(sizes.values())), 4),
        synapse_bits=max(_log2(weight.size), lane_bits + 2),
        segment_bits=max(_log2(len(laid.records)), 2), row_bits=max(_log2(rows), 2),
        table=any(x.code == M3 for x in layers),
        memory=any(w.keep is not None for x in layers for w in x.wires),
        softmax=any(x.gate == SCORE for x in layers),
    )  # fmt: skip
    words = np.concatenate([
        word.load(PROGRAM, np.array(laid.records).ravel()), word.load(WEIGHT, weight),
        word.load(BIAS, every[0]), word.load(CONTEXT_BIAS, every[1]), word.load(THETA, every[2]),
        word.load(SHIFT, np.concatenate(laid.shifts)),
        *([word.load(BETA, every[3]), word.load(TANH, tanh)] if need.table else []),
        *([word.load(POWER, power)] if need.softmax else []),
    ])  # fmt: skip
    return FrameProgram(words=words, span=laid.span, n_input=sum(sources.values()),
                        outputs=chosen, need=need,
                        n_output=sum(sizes[name] for name in chosen))  # fmt: skip


class _Layout:
    """Records of the program and what they point to, layer by layer."""

    def __init__(self, sizes: dict[str, int], lanes: int) -> None:
        self.lanes = lanes
        ends = np.cumsum([0, *sizes.values()]).tolist()
        self.span = {name: slice(ends[k], ends[k + 1]) for k, name in enumerate(sizes)}
        self.number = {name: k for k, name in enumerate(sizes)}
        self.records: list[tuple[int, int, int, int]] = []
        self.weights: list[Array] = []
        self.tables: list[Array] = []
        self.shifts: list[Array] = []
        self.table_row = self.weight_row = self.shift_row = 0

    def take(self, sources: dict[str, int], fraction: int) -> None:
        """Take the inputs of every source in."""
        for k, (name, n) in enumerate(sources.items()):
            more = int(k + 1 < len(sources)) << 8
            first = self.span[name].start
            self.records.append((FRAME | fraction << 4 | more, n | first << 16, k, 0))

    def add(self, layer: FrameLayer) -> None:
        """Add a layer, its projections and its tables."""
        n, name = layer.tables.shape[1], layer.name
        rows = -(-n // self.lanes)
        head = LAYER | layer.code << 4 | int(layer.skips) << 8
        self.records.append((head, rows | n << 16, self.table_row, 0))
        for wire in layer.wires:
            self._wire(wire, n, rows)
        self.records.append((FINISH | layer.gate << 4 | (layer.shift & 127) << 8,
                             self.span[name].start | self.number[name] << 16, layer.top,
                             layer.highest))  # fmt: skip
        if layer.gate == SCORE:
            self.records.append((SHARE | layer.fraction << 8, self.span[name].start | n << 16,
                                 layer.scale, layer.top))  # fmt: skip
        self.tables.append(np.array([_padded(x, rows * self.lanes) for x in layer.tables]))
        self.table_row += rows

    def _wire(self, wire: FrameWire, n: int, rows: int) -> None:
        n_source = wire.weight.shape[0]
        way = int(wire.context) << 5 if wire.keep is None else 1 << 6 | wire.keep << 15
        self.records.append((
            WIRE | int(wire.lag) << 4 | way, self.span[wire.source].start | n_source << 16,
            self.weight_row, self.shift_row | self.number[wire.source] << 16,
        ))  # fmt: skip
        padded = np.zeros((n_source, rows * self.lanes), np.int64)
        padded[:, :n] = wire.weight
        self.weights.append(padded.reshape(n_source, rows, self.lanes).swapaxes(0, 1).ravel())
        self.shifts.append(_padded(wire.shift, rows * self.lanes))
        self.weight_row += rows * n_source
        self.shift_row += rows

    def give(self, chosen: tuple[str, ...]) -> None:
        """Give the outputs of populations back, those that follow each other as one."""
        runs: list[tuple[int, int]] = []
        for span in (self.span[name] for name in chosen):
            if runs and runs[-1][1] == span.start:
                runs[-1] = (runs[-1][0], span.stop)
            else:
                runs.append((span.start, span.stop))
        for k, (first, stop) in enumerate(runs):
            more = int(k + 1 < len(runs)) << 4
            self.records.append((END | more, first | (stop - first) << 16, 0, 0))


def frame_words(inputs: Array) -> word.Words:
    """Return the packet that clears the frame before and runs frames (n_frame, n_input)."""
    head = np.array([word.CONTROL, word.RUN | inputs.shape[0]], np.uint32)
    return np.concatenate([head, (inputs.ravel() & 0xFFFFFFFF).astype(np.uint32)])


def _log2(count: int) -> int:
    return int(np.ceil(np.log2(max(count, 2))))


def _padded(values: Any, size: int) -> Array:
    out = np.zeros(size, np.int64)
    out[: len(values)] = values
    return out


def _check_universal(layer: FrameLayer) -> None:
    count = sum(wire.keep is not None for wire in layer.wires)
    if count > 1:
        raise ValueError(
            f"population {layer.name!r}: {count} projections on port universal came, one is "
            "allowed: its memory moves once per frame"
        )


def _check_sums(layer: FrameLayer, wide: set[str], bits: int, sum_bits: int) -> None:
    where = f"population {layer.name!r}"
    if layer.gate not in (LINEAR, CLIPPED, SIGN, SCORE):
        raise ValueError(f"{where}: gate {layer.gate} came, linear, clipped, sign or score is "
                         "allowed")  # fmt: skip
    if not (0 <= layer.fraction <= 24 and 0 <= layer.scale < 2**30):
        raise ValueError(f"{where}: shares of {layer.fraction} fraction bits and a scale of "
                         f"{layer.scale} came, 0 to 24 and below 2**30 are allowed")  # fmt: skip
    bound = 2**32
    for wire in layer.wires:
        low, high = int(wire.shift.min()), int(wire.shift.max())
        if not (low >= -16 and high <= 47):
            raise ValueError(
                f"{where}: shifts of {low} to {high} bits from {wire.source!r} came, -16 to 47 are "
                "allowed: scale its weights"
            )
        if bits == 1 and not np.all(np.abs(wire.weight) == 1):
            raise ValueError(
                f"{where}: a weight that is 0 from {wire.source!r} came, weights of 1 bit are -1 "
                "or 1: connect all units or take 2 bits"
            )
        total = int(np.abs(wire.weight).sum(0).max()) << (32 if wire.source in wide else 16)
        bound += total << max(-low, 0)
    if bound >= 2 ** (sum_bits - 1):
        raise ValueError(
            f"{where}: sums of up to {bound.bit_length()} bits came, {sum_bits - 1} are allowed: "
            "fewer inputs or larger weights"
        )
