"""Cells whose synapses are currents, on the clock-driven emulator: blocks of units."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuromorph.backends.drive import Drive, sample_count
from neuromorph.cells.delivery import TILE
from neuromorph.cells.kernel import Direct
from neuromorph.cells.model import Model
from neuromorph.cells.window import Draw, Room
from neuromorph.description.discrete import full

Array = NDArray[Any]
ALIGNMENT = 64  #: bytes of the widest vectors


class RunawayError(RuntimeError):
    """A potential is NaN or has left every sensible range."""


class Block:
    """Units a ... b of a population: state, constants, room for spikes."""

    def __init__(self, a: int, b: int, x: Array, constants: Any, ports: int, window: int) -> None:
        self.a, self.b = a, b
        self.x = np.ascontiguousarray(x[:, a:b])
        self.constants = type(constants)(
            *(c[a:b] if isinstance(c, np.ndarray) else c for c in constants)
        )
        self.room = make_room(b - a, window, ports, self.x)


def make_room(n: int, window: int, ports: int, x: Array) -> Room:
    """Return what a window of ``n`` units needs to work in."""
    fired = aligned((TILE,), np.bool_)
    return Room(
        step=np.empty(n * window, np.int64),
        index=np.empty(n * window, np.int32),
        fired=fired,
        words=fired.view(np.uint64),
        scratch=aligned((ports, TILE), x.dtype),
        tile=aligned((x.shape[0], TILE), x.dtype),
        rest=aligned((x.shape[0], n % TILE), x.dtype),
        arrived=aligned((ports, TILE), x.dtype),
    )


def aligned(shape: tuple[int, ...], dtype: Any) -> Array:
    """Return zeros that start where a vector may."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    raw = np.zeros(size + ALIGNMENT, np.uint8)
    first = -raw.ctypes.data % ALIGNMENT
    return np.asarray(raw[first : first + size].view(dtype).reshape(shape))


class CellStepper:
    """A population of one model, block by block, on one thread or several.

    Its kernels clear what arrived as they take it in, and take events sorted by tile.
    """

    gated = False
    tiled = True

    def __init__(
        self,
        cell: Any,
        n: int,
        dt: float,
        model: Model,
        *,
        key: int,
        window: int,
        dtype: type = np.float64,
        threads: int = 1,
        parallel: Callable[..., Any] = map,
        fused: bool = False,
        name: str = "",
    ) -> None:
        self.name = f"population {name!r} ({type(cell).__name__})"
        self.dtype, self.n, self.dt = dtype, n, dt
        self._kernel = model.fused if fused and model.fused is not None else model.window
        self._direct: dict[tuple[bool, ...], Direct] = {}
        self.variables = model.variables
        self.ports = tuple(port.name for port in cell.ports)
        self.key, self.parallel = np.uint64(key), parallel
        constants = model.constants(cell, dt)
        constants = type(constants)(*(_cast(c, dtype) for c in constants))
        x: Array = np.zeros((len(model.variables), n), dtype)
        for name, value in model.initial(cell).items():
            x[model.variables.index(name)] = full(value, n)
        size = -(-n // threads)
        size = -(-size // TILE) * TILE if threads > 1 else n
        self.blocks = [
            Block(a, min(a + size, n), x, constants, len(self.ports), window)
            for a in range(0, n, size)
        ]

    def encode(self, weight: Array, port: str = "basal") -> Array:
        return weight.astype(self.dtype, copy=False)

    def state(self) -> dict[str, Array]:
        x = np.concatenate([block.x for block in self.blocks], axis=1)
        return dict(zip(self.variables, x, strict=True))

    def load(self, arrays: Mapping[str, Array]) -> None:
        for k, name in enumerate(self.variables):
            for block in self.blocks:
                block.x[k] = arrays[name][block.a : block.b]

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
        inputs = tuple(drives[p].window(rows[p], extra[p], first, steps) for p in self.ports)
        count = sample_count(steps, first, every)
        sampled: Array = np.empty((count, len(self.variables), self.n), self.dtype)
        kernel = self._direct_for(tuple(port.conductance is None for port in inputs))

        def advance(block: Block) -> tuple[int, int, int]:
            found: tuple[int, int, int] = kernel(
                block.x, inputs, block.constants, Draw(block.a, first, self.key), block.a,
                first, block.room, every, sampled,
            )  # fmt: skip
            return found

        found = list(self.parallel(advance, self.blocks))
        for block, (_, bad, at) in zip(self.blocks, found, strict=True):
            if bad >= 0:
                self._refuse(block, bad, at)
        pairs = [
            (block.room.step[:count], block.room.index[:count])
            for block, (count, _, _) in zip(self.blocks, found, strict=True)
        ]
        step, index = map(np.concatenate, zip(*pairs, strict=True))
        return step, index, dict(zip(self.variables, sampled.swapaxes(0, 1), strict=True))

    def _direct_for(self, plain: tuple[bool, ...]) -> Direct:
        """Return the kernel for ports with and without conductances: other types of arguments."""
        if plain not in self._direct:
            self._direct[plain] = Direct(self._kernel)
        return self._direct[plain]

    def _refuse(self, block: Block, unit: int, step: int) -> None:
        values = ", ".join(
            f"{name} = {value:g}"
            for name, value in zip(self.variables, block.x[:, unit], strict=True)
        )
        raise RunawayError(
            f"{self.name}, unit {block.a + unit}: potential out of range at the end of step {step} "
            f"(t = {step * self.dt:.10g} s: {values}): "
            "lower dt, or look for a current or weight that is too large (weights are in A)"
        )


def _cast(value: Any, dtype: type) -> Any:
    return value.astype(dtype) if isinstance(value, np.ndarray) else dtype(value)
