"""What all descriptions share: equality by content, checked fields, arrays that cannot change."""

from __future__ import annotations

import hashlib
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuromorph.units import si

Parameter = float | NDArray[np.float64]  #: one value for all units, or shape (n,)


class Described:
    """A frozen record that equals another if type and content are equal, arrays included."""

    __slots__ = ()

    def content_hash(self) -> str:
        """Return the SHA-256 of type and content as 64 hexadecimal digits."""
        digest = hashlib.sha256()
        _feed(digest, self)
        return digest.hexdigest()

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.content_hash() == other.content_hash()

    def __hash__(self) -> int:
        return int(self.content_hash()[:15], 16)


def _feed(digest: Any, value: Any) -> None:
    if is_dataclass(value):
        digest.update(type(value).__name__.encode())
        for field in fields(value):
            digest.update(f".{field.name}=".encode())
            _feed(digest, getattr(value, field.name))
    elif isinstance(value, np.ndarray):
        digest.update(f"{value.dtype.str}{value.shape}".encode())
        flat = np.ascontiguousarray(value).reshape(-1)
        digest.update(flat.view(np.uint8) if flat.size else b"")  # no copy: weights may be large
    elif isinstance(value, (tuple, list)):
        digest.update(f"({len(value)}".encode())
        for item in value:
            _feed(digest, item)
    elif isinstance(value, dict):
        digest.update(f"{{{len(value)}".encode())
        for key in sorted(value):
            _feed(digest, (key, value[key]))
    else:
        digest.update(f"{type(value).__name__}:{value!r};".encode())


def frozen_array(value: Any, dtype: Any) -> NDArray[Any]:
    """Return a read-only, contiguous copy."""
    array = np.array(value, dtype=dtype, order="C")
    array.setflags(write=False)
    return array


def set_parameter(
    owner: Any,
    name: str,
    unit: str,
    *,
    above: float = -np.inf,
    at_least: float = -np.inf,
    optional: bool = False,
) -> None:
    """Check and normalise one field of a frozen record to a float or a read-only array.

    Raises
    ------
    TypeError
        Not a number, or a quantity of another dimension.
    ValueError
        NaN, infinite, more than one axis, or outside the allowed range.
    """
    value = getattr(owner, name)
    if value is None and optional:
        return
    where = f"{type(owner).__name__}.{name}"
    number = si(value, unit, where)
    array = np.atleast_1d(np.asarray(number))
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"{where}: shape {array.shape} came, a number or shape (n,) is allowed")
    bad = ~np.isfinite(array) | (array <= above) | (array < at_least)
    if bad.any():
        bound = f"> {above:g}" if above > -np.inf else f">= {at_least:g}"
        limit = "finite numbers" if max(above, at_least) == -np.inf else f"finite numbers {bound}"
        raise ValueError(f"{where}: {array[bad][0]:g} came, {limit} in {unit} are allowed")
    frozen = frozen_array(number, np.float64) if isinstance(number, np.ndarray) else number
    object.__setattr__(owner, name, frozen)
