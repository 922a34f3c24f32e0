"""Which unit reaches which, and how strongly: compressed rows, and the ways to make them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuromorph.description.described import Described, frozen_array
from neuromorph.units import si


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Weights(Described):
    """Synapses from ``n_source`` to ``n_target`` units, row by row (CSR).

    Attributes
    ----------
    shape : (int, int)
        ``(n_source, n_target)``.
    start : int64, shape (n_source + 1,)
        Row i holds synapses ``start[i]:start[i + 1]``.
    target : int32, shape (n_synapse,)
    value : float64, shape (n_synapse,)
    tie : int32, shape (n_synapse,), optional
        Synapses of the same number share one weight (a convolution); training keeps them equal.

    Raises
    ------
    ValueError
        Inconsistent arrays, a target out of range, or a weight that is not finite.
    """

    shape: tuple[int, int]
    start: NDArray[np.integer[Any]]
    target: NDArray[np.integer[Any]]
    value: NDArray[np.float64]
    tie: NDArray[np.integer[Any]] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", (int(self.shape[0]), int(self.shape[1])))
        object.__setattr__(self, "start", frozen_array(self.start, np.int64))
        object.__setattr__(self, "target", frozen_array(self.target, np.int32))
        object.__setattr__(self, "value", frozen_array(self.value, np.float64))
        n_source, n_target = self.shape
        rows = np.diff(self.start)
        if (
            self.start.shape != (n_source + 1,)
            or self.start[0] != 0
            or (rows < 0).any()
            or self.start[-1] != self.target.size
            or self.target.shape != self.value.shape
        ):
            raise ValueError(
                f"Weights: start {self.start.shape}, target {self.target.shape} and value "
                f"{self.value.shape} came, rows of a {n_source} x {n_target} matrix are allowed"
            )
        if self.target.size and not 0 <= self.target.min() <= self.target.max() < n_target:
            raise ValueError(
                f"Weights.target: index {self.target.min()} to {self.target.max()} came, "
                f"0 to {n_target - 1} is allowed"
            )
        if self.tie is not None:
            object.__setattr__(self, "tie", frozen_array(self.tie, np.int32))
            self._check_tie()
        bad = np.flatnonzero(~np.isfinite(self.value))
        if bad.size:
            i, j = int(self.source[bad[0]]), int(self.target[bad[0]])
            raise ValueError(
                f"weights: {self.value[bad[0]]} came for synapse ({i}, {j}), "
                "finite numbers are allowed"
            )

    def _check_tie(self) -> None:
        tie: Any = self.tie
        if tie.shape != self.value.shape or (tie.size and tie.min() < 0):
            raise ValueError(
                f"Weights.tie: shape {tie.shape} came, one number of 0 or more per synapse "
                f"({self.n_synapse}) is allowed"
            )
        first = np.zeros(int(tie.max(initial=-1)) + 1)
        first[tie] = self.value
        if not np.array_equal(first[tie], self.value):
            raise ValueError("Weights.tie: synapses of one number have different values, one "
                             "value per number is allowed")  # fmt: skip

    @property
    def n_synapse(self) -> int:
        """Number of synapses; a stored zero is one."""
        return int(self.target.size)

    @property
    def source(self) -> NDArray[np.int64]:
        """Source unit of each synapse, shape (n_synapse,)."""
        return np.repeat(np.arange(self.shape[0]), np.diff(self.start))

    def toarray(self) -> NDArray[np.float64]:
        """Return the dense matrix, shape (n_source, n_target)."""
        dense = np.zeros(self.shape)
        np.add.at(dense, (self.source, self.target), self.value)
        return dense


def _unit_of(value: Any) -> str:
    """Return the unit of a quantity: A or S if it is one, else V (which is then checked)."""
    import brian2

    units = {brian2.amp.dim: "A", brian2.siemens.dim: "S"}
    return units.get(value.dim, "V")


def as_weights(value: Any) -> Weights:
    """Return ``value`` (Weights, dense array or scipy sparse matrix) as :class:`Weights`.

    In a dense array a zero is no synapse; in a sparse matrix each stored entry is one.

    Raises
    ------
    TypeError
        Not numbers.
    ValueError
        Not a matrix.
    """
    if isinstance(value, Weights):
        return value
    if hasattr(value, "tocsr"):
        rows = value.tocsr()
        rows.sort_indices()
        return Weights(
            shape=rows.shape, start=rows.indptr, target=rows.indices, value=rows.data
        )
    dimension = getattr(value, "dim", None)
    unit = "1" if dimension is None or dimension.is_dimensionless else _unit_of(value)
    dense = np.asarray(si(value, unit, "weights"))
    if dense.ndim != 2:
        raise ValueError(
            f"weights: shape {dense.shape} came, (n_source, n_target) is allowed: "
            "use one_to_one, all_to_all or fixed_probability for a single number"
        )
    source, target = np.nonzero(dense)
    start = np.concatenate(([0], np.cumsum(np.bincount(source, minlength=dense.shape[0]))))
    return Weights(shape=dense.shape, start=start, target=target, value=dense[source, target])


def one_to_one(n: int, weight: float) -> Weights:
    """Unit i reaches unit i with ``weight``."""
    return Weights(
        shape=(n, n), start=np.arange(n + 1), target=np.arange(n), value=np.full(n, weight)
    )


def all_to_all(n_source: int, n_target: int, weight: float) -> Weights:
    """Every unit reaches every unit with ``weight``."""
    return Weights(
        shape=(n_source, n_target),
        start=np.arange(n_source + 1) * n_target,
        target=np.tile(np.arange(n_target), n_source),
        value=np.full(n_source * n_target, weight),
    )


def convolution(
    kernel: Any, size: tuple[int, int], *, stride: int = 1, padding: int = 0
) -> Weights:
    """Two-dimensional convolution (cross-correlation) with shared weights.

    Units are numbered row, column, channel (the last fastest), on both sides.

    Parameters
    ----------
    kernel : (height, width, n_channel_in, n_channel_out)
    size : (int, int)
        Rows and columns of the source.
    stride, padding : int
        Step of the window; zeros around the source.

    Raises
    ------
    ValueError
        The kernel does not fit.
    """
    k = np.asarray(kernel, dtype=np.float64)
    if k.ndim != 4 or stride < 1 or padding < 0:
        raise ValueError(
            f"convolution: kernel of shape {k.shape}, stride {stride} and padding {padding} came, "
            "(height, width, n_in, n_out), 1 or more and 0 or more are allowed"
        )
    out = tuple((size[i] + 2 * padding - k.shape[i]) // stride + 1 for i in (0, 1))
    if min(out) < 1:
        raise ValueError(f"convolution: kernel {k.shape[:2]} came, at most the padded source "
                         f"{size} is allowed")  # fmt: skip
    row, column, i, j, c, d = (
        a.ravel() for a in np.indices((*out, k.shape[0], k.shape[1], k.shape[2], k.shape[3]))
    )
    y, x = row * stride + i - padding, column * stride + j - padding
    inside = (y >= 0) & (y < size[0]) & (x >= 0) & (x < size[1])
    tie = np.ravel_multi_index((i, j, c, d), k.shape)[inside]
    source = ((y * size[1] + x) * k.shape[2] + c)[inside]
    target = ((row * out[1] + column) * k.shape[3] + d)[inside]
    order = np.lexsort((target, source))
    n_source, n_target = size[0] * size[1] * k.shape[2], out[0] * out[1] * k.shape[3]
    rows = np.bincount(source, minlength=n_source)
    return Weights(
        shape=(n_source, n_target),
        start=np.concatenate(([0], np.cumsum(rows))),
        target=target[order],
        value=k.ravel()[tie[order]],
        tie=tie[order],
    )


def fixed_probability(
    n_source: int, n_target: int, probability: float, weight: float, *, seed: int
) -> Weights:
    """Each pair is connected with ``probability``, independently.

    Raises
    ------
    ValueError
        ``probability`` outside [0, 1].
    """
    if not 0.0 <= probability <= 1.0:
        raise ValueError(f"fixed_probability: {probability} came, 0 to 1 is allowed")
    rng = np.random.default_rng(seed)
    rows = [
        np.sort(rng.choice(n_target, rng.binomial(n_target, probability), replace=False))
        for _ in range(n_source)
    ]
    start = np.concatenate(([0], np.cumsum([row.size for row in rows])))
    target = np.concatenate([np.zeros(0, np.int64), *rows])
    return Weights(
        shape=(n_source, n_target), start=start, target=target, value=np.full(target.size, weight)
    )
