"""Where a training stands, on disk: whole or absent, and only for the training it belongs to."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from neuromorph import files
from neuromorph.cooperative.frame_data import FrameData
from neuromorph.description import Network

_PORTION = 1024  # sequences hashed at once
_ARRAYS = ("vector", "best", "first", "second")


def identity(
    network: Network, data: FrameData, validation: FrameData | None, options: Any
) -> str:
    """Return the hash of what a training is: network, both data sets and options."""
    digest = hashlib.sha256(f"{network.content_hash()}{options!r}".encode())
    for number, part in enumerate((data, validation)):
        if part is not None:
            digest.update(f"set {number}".encode())
            _add(digest, part)
    return digest.hexdigest()


def _add(digest: Any, data: FrameData) -> None:
    for group in (data.inputs, data.targets):
        for name in sorted(group):
            array = np.asarray(group[name])
            digest.update(f"{name}{array.shape}{array.dtype}".encode())
            for first in range(0, len(array), _PORTION):  # memory stays bounded
                digest.update(np.ascontiguousarray(array[first : first + _PORTION]).data)
    digest.update(np.asarray(data.labelled).tobytes())


def write(path: str | Path, belongs: str, state: Any) -> Path:
    """Write a training's progress in one move."""
    header = json.dumps(
        {
            "identity": belongs,
            "epoch": state.epoch,
            "count": state.moments.count,
            "best_loss": state.best_loss,
            "history": [list(line) for line in state.history],
        }
    )
    arrays = {
        "vector": state.vector, "best": state.best, "first": state.moments.first,
        "second": state.moments.second,
    }  # fmt: skip
    text = np.frombuffer(header.encode("utf-8"), dtype=np.uint8)
    return files.write(path, lambda file: np.savez(file, header=text, **arrays))


def read(path: str | Path, belongs: str, state: Any, line: Any) -> bool:
    """Put a checkpoint's content into ``state``, in place; return whether there was one.

    Raises
    ------
    ValueError
        It belongs to another training, or is not whole.
    """
    if not Path(path).exists():
        return False
    header, arrays = _open(path)
    if header["identity"] != belongs:
        raise ValueError(
            f"checkpoint {str(path)!r}: it is of another network, data, validation set, precision "
            "or options: name another file, or remove it"
        )
    state.vector[:] = arrays["vector"]
    state.best[:] = arrays["best"]
    state.moments.first[:] = arrays["first"]
    state.moments.second[:] = arrays["second"]
    state.moments.count = header["count"]
    state.epoch, state.best_loss = header["epoch"], header["best_loss"]
    state.history[:] = [line(*values) for values in header["history"]]
    return True


def _open(path: str | Path) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        with Path(path).open("rb") as file, np.load(file, allow_pickle=False) as archive:
            header = json.loads(bytes(archive["header"]).decode("utf-8"))
            return header, {name: archive[name] for name in _ARRAYS}
    except (zipfile.BadZipFile, EOFError, KeyError, IndexError, ValueError) as error:
        raise ValueError(
            f"checkpoint {str(path)!r}: not a whole checkpoint ({error}): remove it, and training "
            "begins anew"
        ) from None
