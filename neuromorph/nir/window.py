"""NIR's convolutions and poolings as sparse matrices: each is a linear map over a window.

    y[o, p] = bias[o] + sum_{c, k} w[o, c, k] x[g(o) + c, stride p + dilation k - padding]

with p and k over one or two dimensions, channels first, zeros around the input (torch's
``Conv1d``, ``Conv2d``, ``AvgPool2d`` with its default ``count_include_pad``). Units are numbered
channel, row, column, the last fastest, as NIR's arrays lie in memory.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from neuromorph.nir.convention import Array

#: Nodes that are a window over their input, with its number of dimensions.
WINDOWS = {"Conv1d": 1, "Conv2d": 2, "SumPool2d": 2, "AvgPool2d": 2}

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A window operator for an input of known shape.

    Attributes
    ----------
    kernel : (n_out, n_in / groups, *size)
    given, made : tuple of int
        Shapes of input and output, channels first.
    stride, dilation, before : tuple of int
        Per dimension; ``before`` is the padding in front.
    groups : int
    bias : (n_out,)
    """

    kernel: Array
    given: Shape
    made: Shape
    stride: Shape
    dilation: Shape
    before: Shape
    groups: int
    bias: Array

    def matrix(self) -> Any:
        """Return the map as a sparse matrix, shape (inputs, outputs)."""
        size = self.kernel.shape[2:]
        per_group = (self.kernel.shape[0] // self.groups, self.kernel.shape[1])
        d = len(size)
        index = np.indices((*self.made, self.kernel.shape[1], *size)).reshape(2 + 2 * d, -1)
        out, place, channel, offset = index[0], index[1 : 1 + d], index[1 + d], index[2 + d :]
        at = [
            self.stride[k] * place[k] + self.dilation[k] * offset[k] - self.before[k]
            for k in range(d)
        ]
        inside = np.all([(at[k] >= 0) & (at[k] < self.given[1 + k]) for k in range(d)], axis=0)
        source = (out // per_group[0]) * per_group[1] + channel
        rows = np.ravel_multi_index([i[inside] for i in (source, *at)], self.given)
        columns = np.ravel_multi_index([i[inside] for i in (out, *place)], self.made)
        value = self.kernel[tuple(i[inside] for i in (out, channel, *offset))]
        shape = (math.prod(self.given), math.prod(self.made))
        return sparse.csr_matrix((value, (rows, columns)), shape=shape)

    def constant(self) -> Array:
        """Return the bias of every output unit, shape (outputs,)."""
        return np.repeat(self.bias, math.prod(self.made[1:]))


def window(node: Any, incoming: Shape | None) -> Window:
    """Return the window operator of a NIR node for an input of shape ``incoming``.

    Raises
    ------
    ValueError
        The input's shape is unknown or does not fit.
    """
    kind = type(node).__name__
    d = WINDOWS[kind]
    given = _given(node, kind, d, incoming)
    if kind.startswith("Conv"):
        kernel = np.asarray(node.weight, dtype=np.float64)
        bias = np.zeros(kernel.shape[0]) if node.bias is None else np.ravel(node.bias)
        groups, dilation = int(node.groups), _each(node.dilation, d)
    else:
        size = _each(node.kernel_size, d)
        height = 1.0 / math.prod(size) if kind == "AvgPool2d" else 1.0
        kernel = np.full((given[0], 1, *size), height)
        bias, groups, dilation = np.zeros(given[0]), given[0], (1,) * d
    stride = _each(node.stride, d)
    reach = [dilation[k] * (kernel.shape[2 + k] - 1) for k in range(d)]
    before, around = _padding(node.padding, reach)
    places = tuple((given[1 + k] + around[k] - reach[k] - 1) // stride[k] + 1 for k in range(d))
    if min(places) < 1 or kernel.ndim != 2 + d or kernel.shape[1] * groups != given[0]:
        raise ValueError(
            f"{kind}: kernel {kernel.shape} in {groups} groups came for an input of shape {given}: "
            "(n_out, channels / groups, window no larger than the padded input) is allowed"
        )
    return Window(
        kernel=kernel, given=given, made=(kernel.shape[0], *places), stride=stride,
        dilation=dilation, before=before, groups=groups, bias=bias.astype(np.float64),
    )  # fmt: skip


def _given(node: Any, kind: str, d: int, incoming: Shape | None) -> Shape:
    said = getattr(node, "input_shape", None)
    if said is not None:
        channels = int(np.shape(node.weight)[1]) * int(node.groups)
        shape = (channels, *_each(said, d))
        if incoming is not None and math.prod(incoming) != math.prod(shape):
            raise ValueError(f"{kind}: an input of shape {incoming} came, {shape} is allowed")
        return shape
    if incoming is None or len(incoming) != d + 1:
        raise ValueError(
            f"{kind}: an input of {'unknown shape' if incoming is None else f'shape {incoming}'} "
            f"came, (channels, {', '.join(('rows', 'columns')[:d])}) is allowed: give the node "
            "its input_shape, or the Input its shape"
        )
    return incoming


def _each(value: Any, d: int) -> Shape:
    many = np.ravel(np.asarray(value)).astype(int).tolist()
    return tuple(many * d if len(many) == 1 else many[:d])


def _padding(value: Any, reach: Sequence[int]) -> tuple[Shape, Shape]:
    """Return the padding in front and in all; "same" puts the odd one behind, as torch does."""
    text = value.decode() if isinstance(value, bytes) else value
    if isinstance(text, str):
        around = tuple(reach) if text == "same" else (0,) * len(reach)
        return tuple(r // 2 for r in around), around
    before = _each(value, len(reach))
    return before, tuple(2 * b for b in before)
