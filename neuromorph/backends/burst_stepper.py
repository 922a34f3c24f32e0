"""Burst-Poisson cells in the integers of the hardware, on the clock-driven emulator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuromorph.backends.drive import Drive, sample_count
from neuromorph.description import BurstPoisson
from neuromorph.fpga.burst_poisson import burst_poisson_fixed_advance, encode_burst_poisson
from neuromorph.fpga.fixed import FixedPoint

Array = NDArray[Any]


class FixedBurstStepper:
    """A population of integer burst-Poisson cells; see :mod:`neuromorph.fpga.burst_poisson`."""

    dtype: type = np.int64
    variables: tuple[str, ...] = ("v_soma", "v_apical")
    gated = False
    tiled = False

    def __init__(
        self, cell: BurstPoisson, n: int, dt: float, fixed: FixedPoint, largest: float, key: int
    ) -> None:
        self.encoded = encode_burst_poisson(cell, n, dt, fixed, largest)
        self.constants = self.encoded.constants(key)
        self.x = np.zeros((4, n), np.int64)
        self.x[:2] = self.encoded.v_leak

    def encode(self, weight: Array, port: str = "basal") -> Array:
        return self.encoded.weight(weight, port)

    def state(self) -> dict[str, Array]:
        return dict(zip((*self.variables, "left", "wait"), self.x, strict=True))

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
        row_s, soma = drives["basal"].merged(rows["basal"], extra["basal"], first)
        row_d, dendrite = drives["apical"].merged(rows["apical"], extra["apical"], first)
        basal, apical = rows["basal"], rows["apical"]
        step, index = np.empty(basal.size, np.int64), np.empty(basal.size, np.int32)
        count = sample_count(basal.shape[0], first, every)
        sampled = np.empty((count, 2, basal.shape[1]), np.int64)
        found = burst_poisson_fixed_advance(
            self.x, basal, apical, self.encoded.drive(soma, "basal"), row_s,
            self.encoded.drive(dendrite, "apical"), row_d, self.constants, step, index, sampled,
            every, first,
        )  # fmt: skip
        volts = sampled.swapaxes(0, 1) / self.encoded.scale
        return step[:found], index[:found], dict(zip(self.variables, volts, strict=True))
