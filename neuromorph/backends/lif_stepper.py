"""LIF cells on the clock-driven emulator: state, constants and one window of steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuromorph.backends.drive import Drive, sample_count
from neuromorph.cells.context import context_gate, context_threshold, context_trace
from neuromorph.cells.lif import LIFConstants, lif_advance
from neuromorph.description import LIF, ContextLIF
from neuromorph.description.discrete import full, initial_v, propagator
from neuromorph.fpga.context_lif import context_lif_fixed_advance, encode_context_lif
from neuromorph.fpga.encoding import encode_lif
from neuromorph.fpga.fixed import FixedPoint
from neuromorph.fpga.lif import FixedConstants, lif_fixed_advance

Array = NDArray[Any]


def refractory_steps(cell: LIF | ContextLIF, n: int, dt: float) -> NDArray[np.int32]:
    """Return the refractory time in whole steps, shape (n,)."""
    return np.rint(full(cell.refractory, n) / dt).astype(np.int32)


def lif_constants(cell: LIF | ContextLIF, n: int, dt: float) -> LIFConstants:
    """Return what the LIF kernel needs of a cell."""
    decay = full(propagator(cell.tau_m, dt), n)
    subtract = cell.v_subtract is not None
    return LIFConstants(
        decay=decay,
        v_leak=full(cell.v_leak, n),
        gain=(1.0 - decay) * full(cell.r_m, n),
        amount=full(cell.v_subtract if subtract else cell.v_reset, n),
        subtract=subtract,
        refractory=refractory_steps(cell, n, dt),
    )


def _samples(steps: int, first: int, every: int, n: int) -> Array:
    return np.empty((sample_count(steps, first, every), n))


class LIFStepper:
    """LIF cells in float64."""

    dtype: type = np.float64
    variables: tuple[str, ...] = ("v",)
    gated = False
    tiled = False
    kernel: Any = staticmethod(lif_advance)
    constants: Any
    v: Array
    v_th: Array
    left: Array

    def __init__(self, cell: LIF | ContextLIF, n: int, dt: float) -> None:
        self.constants = lif_constants(cell, n, dt)
        self.v = initial_v(cell, n)
        self.left = np.zeros(n, np.int32)
        self.v_th = full(cell.v_th, n)[None, :]

    def encode(self, weight: Array, port: str = "basal") -> Array:
        return weight

    def state(self) -> dict[str, Array]:
        return {"v": self.v, "left": self.left}

    def load(self, arrays: Mapping[str, Array]) -> None:
        for name, mine in self.state().items():
            mine[...] = arrays[name]

    def prepare(self, rows: Mapping[str, Array], first: int) -> Array:
        return np.empty((0, 0))

    def advance(
        self,
        rows: Mapping[str, Array],
        drives: Mapping[str, Drive],
        extra: Mapping[str, Mapping[int, Array]],
        first: int,
        steps: int,
        every: int,
    ) -> tuple[Array, Array, dict[str, Array]]:
        arrived = rows["basal"]
        row, value = drives["basal"].merged(arrived, extra["basal"], first)
        step, index = np.empty(arrived.size, np.int64), np.empty(arrived.size, np.int32)
        sampled = _samples(arrived.shape[0], first, every, arrived.shape[1])
        count = self.kernel(
            self.v, self.left, arrived, self.drive(value), row, self.v_th, self.constants,
            step, index, sampled, every, first,
        )  # fmt: skip
        return step[:count], index[:count], {"v": self.volts(sampled)}

    def drive(self, current: Array) -> Array:
        """Return a current [A] in the kernel's numbers."""
        return current

    def volts(self, v: Array) -> Array:
        """Return the kernel's v in V."""
        return v


class ContextLIFStepper(LIFStepper):
    """Two-point LIF cells: the context sets threshold or passage, window by window."""

    variables: tuple[str, ...] = ("v", "context")

    def __init__(self, cell: ContextLIF, n: int, dt: float) -> None:
        super().__init__(cell, n, dt)
        self.gated = cell.modulation == "probability"
        self.context = np.zeros(n)
        self._decay = full(propagator(cell.tau_c, dt), n)
        self._rest = self.v_th[0].copy()
        self._gain, self._floor = full(cell.gain, n), full(cell.v_floor, n)
        self._half, self._grey = full(cell.c_half, n), full(cell.c_grey, n)
        self._before = np.empty((0, n))

    def state(self) -> dict[str, Array]:
        return {**super().state(), "context": self.context}

    def prepare(self, rows: Mapping[str, Array], first: int) -> Array:
        apical = rows["apical"]
        self._before, trace = np.empty_like(apical), np.empty_like(apical)
        context_trace(self.context, apical, self._decay, self._before, trace)
        if self.gated:
            context_gate(trace, self._half, self._grey, trace)
            return trace
        self.v_th = np.empty_like(trace)
        context_threshold(trace, self._rest, self._gain, self._floor, self.v_th)
        return np.empty((0, 0))

    def advance(
        self,
        rows: Mapping[str, Array],
        drives: Mapping[str, Drive],
        extra: Mapping[str, Mapping[int, Array]],
        first: int,
        steps: int,
        every: int,
    ) -> tuple[Array, Array, dict[str, Array]]:
        step, index, samples = super().advance(rows, drives, extra, first, steps, every)
        chosen = (first + np.arange(self._before.shape[0])) % max(every, 1) == 0
        samples["context"] = self._before[chosen] if every else self._before[:0]
        return step, index, samples


class FixedLIFStepper(LIFStepper):
    """LIF cells in the integers of the hardware."""

    dtype: type = np.int64
    kernel: Any = staticmethod(lif_fixed_advance)

    def __init__(self, cell: LIF, n: int, dt: float, fixed: FixedPoint, largest: float) -> None:
        self.encoded = c = encode_lif(cell, n, dt, fixed, largest)
        self.constants = FixedConstants(
            decay=c.decay,
            v_leak=c.v_leak,
            amount=c.amount,
            subtract=c.subtract,
            refractory=c.refractory,
            decay_bits=fixed.decay_bits,
            low=fixed.low,
            high=fixed.high,
        )
        self.v_th = c.v_th
        self.v, self.left = c.initial.copy(), np.zeros(n, np.int64)

    def encode(self, weight: Array, port: str = "basal") -> Array:
        return self.encoded.weight(weight, port)

    def drive(self, current: Array) -> Array:
        return self.encoded.drive(current)

    def volts(self, v: Array) -> Array:
        return np.asarray(v / self.encoded.scale)


class FixedContextLIFStepper(FixedLIFStepper):
    """Two-point LIF cells in the integers of the hardware."""

    variables: tuple[str, ...] = ("v", "context")

    def __init__(
        self, cell: ContextLIF, n: int, dt: float, fixed: FixedPoint, largest: float,
        context: float,
    ) -> None:  # fmt: skip
        self.encoded = encode_context_lif(cell, n, dt, fixed, largest, context)
        self.constants = self.encoded.constants()
        self.x = np.zeros((3, n), np.int64)
        self.x[0] = self.encoded.initial

    def state(self) -> dict[str, Array]:
        return dict(zip((*self.variables, "left"), self.x, strict=True))

    def advance(
        self,
        rows: Mapping[str, Array],
        drives: Mapping[str, Drive],
        extra: Mapping[str, Mapping[int, Array]],
        first: int,
        steps: int,
        every: int,
    ) -> tuple[Array, Array, dict[str, Array]]:
        basal, apical = rows["basal"], rows["apical"]
        row, value = drives["basal"].merged(basal, extra["basal"], first)
        step, index = np.empty(basal.size, np.int64), np.empty(basal.size, np.int32)
        count = sample_count(basal.shape[0], first, every)
        sampled = np.empty((count, 2, basal.shape[1]), np.int64)
        found = context_lif_fixed_advance(
            self.x, basal, apical, self.drive(value), row, self.constants, step, index, sampled,
            every, first,
        )  # fmt: skip
        c = self.encoded
        samples = {"v": sampled[:, 0] / c.scale, "context": sampled[:, 1] / c.port_scale("apical")}
        return step[:found], index[:found], samples
