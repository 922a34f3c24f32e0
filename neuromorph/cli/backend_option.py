"""Filling a backend's options from a file's plain values, each held to the kind of its default."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any


def known(keys: Iterable[str], allowed: Iterable[str], where: str) -> None:
    """Refuse keys that are not allowed.

    Raises
    ------
    ValueError
        There is one.
    """
    names = list(allowed)
    for key in keys:
        if key not in names:
            raise ValueError(f"{where}: key {key!r} came, {', '.join(names)} are allowed")


def filled(default: Any, options: Mapping[str, Any], where: str) -> Any:
    """Return a record with some fields replaced; a table fills a record inside it.

    Raises
    ------
    ValueError
        A field that is not there, or a value of another kind or out of range.
    """
    names = [field.name for field in fields(default) if field.init]
    known(options, ("name", *names) if hasattr(default, "refusal") else names, where)
    values = {}
    for key, value in options.items():
        before = getattr(default, key)
        if is_dataclass(before) and isinstance(value, dict):
            values[key] = filled(before, value, f"{where}.{key}")
            continue
        kinds = _kinds(before)
        if kinds and (not isinstance(value, kinds) or isinstance(value, bool) != (bool in kinds)):
            wanted = " or ".join(kind.__name__ for kind in kinds)
            raise ValueError(f"{where}: {key} = {value!r} came, {wanted} is allowed")
        if not kinds:
            raise ValueError(f"{where}: {key} = {value!r} came, it can be set from Python only")
        values[key] = float(value) if isinstance(before, float) else value
    try:
        return replace(default, **values)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{where}: {error}") from None


def _kinds(before: Any) -> tuple[type, ...]:
    if isinstance(before, bool):
        return (bool,)
    if isinstance(before, float):
        return (int, float)
    return (type(before),) if isinstance(before, (int, str)) else ()
