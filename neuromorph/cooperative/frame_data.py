"""What a frame-based network learns from: inputs and targets, sequence by sequence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuromorph.cooperative.plan import Array
from neuromorph.description import Network, Source


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FrameData:
    """Sequences of frames with targets.

    Attributes
    ----------
    inputs : dict of (n_sequence, n_frame, n) by source
    targets : dict of (n_sequence, n_frame, n) by population
    labelled : bool (n_sequence,), optional
        Which sequences an objective with ``labelled_only`` may see; all if left out.
    snr : (n_sequence,), optional [dB]
        Signal-to-noise ratio of each sequence, for measures by ratio.

    Raises
    ------
    ValueError
        Arrays of different numbers of sequences or frames.
    """

    inputs: Mapping[str, Array]
    targets: Mapping[str, Array]
    labelled: NDArray[np.bool_] | None = None
    snr: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        every = {**self.inputs, **{f"target {k}": v for k, v in self.targets.items()}}
        shapes = {np.shape(value)[:2] for value in every.values() if np.ndim(value) == 3}
        if len(shapes) != 1 or any(np.ndim(value) != 3 for value in every.values()):
            came = ", ".join(f"{name} {np.shape(value)}" for name, value in every.items())
            raise ValueError(
                f"FrameData: {came} came, arrays (n_sequence, n_frame, n) of equal n_sequence "
                "and n_frame are allowed"
            )
        if self.labelled is None:
            object.__setattr__(self, "labelled", np.ones(len(self), dtype=bool))
        elif np.shape(self.labelled) != (len(self),):
            raise ValueError(f"FrameData.labelled: shape {np.shape(self.labelled)} came, "
                             f"({len(self)},) is allowed")  # fmt: skip
        if self.snr is not None and np.shape(self.snr) != (len(self),):
            raise ValueError(f"FrameData.snr: shape {np.shape(self.snr)} came, "
                             f"({len(self)},) is allowed")  # fmt: skip

    def __len__(self) -> int:
        return int(np.shape(next(iter(self.inputs.values())))[0])

    @property
    def n_frame(self) -> int:
        """Frames per sequence."""
        return int(np.shape(next(iter(self.inputs.values())))[1])

    def few_labels(self, n: int, seed: int = 0) -> FrameData:
        """Return the same with only n sequences labelled.

        Raises
        ------
        ValueError
            More than there are, or fewer than 0.
        """
        if not 0 <= n <= len(self):
            raise ValueError(f"FrameData.few_labels: {n} came, 0 to {len(self)} are allowed")
        labelled = np.zeros(len(self), dtype=bool)
        labelled[np.random.default_rng(seed).permutation(len(self))[:n]] = True
        return replace(self, labelled=labelled)

    def check(self, network: Network, targets: list[str]) -> None:
        """Check that inputs and targets fit a network.

        Raises
        ------
        ValueError
            A source without input, an unknown name, or another width.
        """
        sources = {p.name for p in network.populations if isinstance(p.cell, Source)}
        missing = sources - set(self.inputs)
        if missing:
            raise ValueError(f"FrameData.inputs: none came for source {min(missing)!r} of network "
                             f"{network.name!r}, each source needs one")  # fmt: skip
        absent = set(targets) - set(self.targets)
        if absent:
            raise ValueError(f"FrameData.targets: none came for {min(absent)!r}, each objective "
                             "needs one")  # fmt: skip
        for name, value in (*self.inputs.items(), *self.targets.items()):
            n = network.population(name).n
            if np.shape(value)[2] != n:
                raise ValueError(
                    f"FrameData, {name!r}: {np.shape(value)[2]} values per frame came, {n} are "
                    "allowed"
                )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Batch:
    """A minibatch: arrays (n_frame, batch, n)."""

    inputs: dict[str, Array]
    targets: dict[str, Array]
    labelled: Array  # (batch,)


def cut(data: FrameData, window: int) -> FrameData:
    """Cut sequences into windows; a rest shorter than a window is left out.

    State starts at 0 in each window. A window of 1 makes every frame a sequence.
    """
    pieces = data.n_frame // window

    def split(value: Any) -> Array:
        array = np.asarray(value)[:, : pieces * window]
        return array.reshape(-1, window, array.shape[2])

    return FrameData(
        inputs={name: split(value) for name, value in data.inputs.items()},
        targets={name: split(value) for name, value in data.targets.items()},
        labelled=np.repeat(np.asarray(data.labelled), pieces),
        snr=None if data.snr is None else np.repeat(data.snr, pieces),
    )


def batches(
    data: FrameData, size: int, dtype: Any, order: NDArray[np.integer[Any]] | None = None
) -> Iterator[Batch]:
    """Yield minibatches of ``size`` sequences, in the given order; the last may be smaller."""
    order = np.arange(len(data)) if order is None else order
    for first in range(0, order.size, size):
        chosen = order[first : first + size]

        def take(value: Any, chosen: Array = chosen) -> Array:
            rows = np.asarray(value[chosen], dtype=dtype)
            return np.ascontiguousarray(rows.swapaxes(0, 1))

        yield Batch(
            inputs={name: take(value) for name, value in data.inputs.items()},
            targets={name: take(value) for name, value in data.targets.items()},
            labelled=np.asarray(data.labelled)[chosen],
        )
