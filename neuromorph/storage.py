"""Saving and loading: one ``.npz`` file per object, JSON inside, never pickle.

The file holds the member ``header.json`` (UTF-8 text as a byte array: format, version and the
record as a tree of plain values) and one member ``a0``, ``a1``, ... per array. Any tool that
reads npz can open it.
"""

from __future__ import annotations

import json
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuromorph import description, files, result

FORMAT, VERSION = "neuromorph", 1

#: What reading a damaged archive may raise below us.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    EOFError,
    OSError,
    RuntimeError,
    SyntaxError,
    MemoryError,
    struct.error,
)

_RECORDS: dict[str, type] = {
    cls.__name__: cls
    for cls in (
        *description.CELLS.values(),
        description.Network,
        description.Population,
        description.Projection,
        description.Weights,
        description.SpikeTimes,
        description.Regular,
        description.Poisson,
        description.Current,
        description.Delta,
        description.Exponential,
        description.DoubleExponential,
        description.TsodyksMarkram,
        description.BurstDependent,
        description.DendriticPrediction,
        description.OrnsteinUhlenbeck,
        description.Background,
        description.Frames,
        description.Record,
        result.Result,
        result.Spikes,
        result.Trace,
        result.Counts,
        result.Energy,
        result.Provenance,
        result.State,
    )
}


class StorageError(ValueError):
    """A file is not what it says, or not whole."""


def save(thing: Any, path: str | Path) -> Path:
    """Write a description or a result to ``path`` in one move.

    Raises
    ------
    TypeError
        Not a record this package defines.
    """
    if type(thing).__name__ not in _RECORDS:
        raise TypeError(f"save: {type(thing).__name__} came, a description or a result is allowed")
    arrays: list[NDArray[Any]] = []
    tree = _encode(thing, arrays)
    text = json.dumps({"format": FORMAT, "version": VERSION, "record": tree})
    members = {f"a{number}": array for number, array in enumerate(arrays)}
    header = np.frombuffer(text.encode("utf-8"), dtype=np.uint8)
    return files.write(
        path,
        lambda file: np.savez_compressed(file, **{"header.json": header, **members}),  # type: ignore[arg-type]
    )


def load(path: str | Path) -> Any:
    """Read what :func:`save` wrote.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    StorageError
        The file is cut off, of another format, of a later version, or holds values that the
        record refuses.
    """
    where = f"file {str(path)!r}"
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            header = json.loads(bytes(archive["header.json"]).decode("utf-8"))
            arrays = [archive[f"a{number}"] for number in range(len(archive.files) - 1)]
        if header["format"] != FORMAT:
            raise StorageError(f"{where}: format {header['format']!r} came, {FORMAT!r} is allowed")
        if header["version"] > VERSION:
            raise StorageError(
                f"{where}: version {header['version']} came, up to {VERSION} is allowed: "
                "install a newer neuromorph"
            )
        return _decode(header["record"], arrays)
    except FileNotFoundError:
        raise
    except _BROKEN as error:
        raise StorageError(
            f"{where}: not a whole {FORMAT} file ({type(error).__name__}: {error})"
        ) from None
    except ValueError as error:
        if isinstance(error, StorageError):
            raise
        raise StorageError(f"{where}: {error}") from None


def _encode(value: Any, arrays: list[NDArray[Any]]) -> Any:
    if is_dataclass(value) and type(value).__name__ in _RECORDS:
        body = {f.name: _encode(getattr(value, f.name), arrays) for f in fields(value)}
        return {"record": type(value).__name__, "fields": body}
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return {"array": len(arrays) - 1}
    if isinstance(value, Mapping):
        return {"map": {str(key): _encode(item, arrays) for key, item in value.items()}}
    if isinstance(value, (tuple, list)):
        return [_encode(item, arrays) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"save: {type(value).__name__} came, a description or a result is allowed")


def _decode(tree: Any, arrays: list[NDArray[Any]]) -> Any:
    if isinstance(tree, list):
        return tuple(_decode(item, arrays) for item in tree)
    if not isinstance(tree, dict):
        return tree
    if "array" in tree:
        return arrays[tree["array"]]
    if "map" in tree:
        return {key: _decode(item, arrays) for key, item in tree["map"].items()}
    name = tree["record"]
    if name not in _RECORDS:
        raise StorageError(f"record {name!r} came, {', '.join(sorted(_RECORDS))} are allowed")
    return _RECORDS[name](
        **{key: _decode(item, arrays) for key, item in tree["fields"].items()}
    )
