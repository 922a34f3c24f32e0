"""The text of one finished point: a line of JSON; arrays keep their type and every bit."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np

ARRAY = "ndarray"


def encode(value: Any) -> str:
    """Return one line of JSON.

    Tuples become lists and keys become texts. NaN and infinities are written as Python does.

    Raises
    ------
    TypeError
        A value that is neither plain nor an array of numbers.
    """
    return json.dumps(value, default=_extra, separators=(",", ":"))


def decode(line: str) -> Any:
    """Return what :func:`encode` wrote."""
    return json.loads(line, object_hook=_array)


def _extra(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        data = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode("ascii")
        return {ARRAY: [value.dtype.str, list(value.shape), data]}
    raise TypeError(
        f"value of a point: {type(value).__name__} came; numbers, texts, booleans, None, arrays "
        "of numbers, lists and dicts of them are allowed"
    )


def _array(tree: dict[str, Any]) -> Any:
    if tree.keys() != {ARRAY}:
        return tree
    kind, shape, data = tree[ARRAY]
    return np.frombuffer(base64.b64decode(data), dtype=np.dtype(kind)).reshape(shape).copy()
