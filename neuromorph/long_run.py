"""Long runs in parts: progress, recording to disk, checkpoints, and going on where one stopped.

Each part is one ``.npz`` file that is written whole and moved into place, so that a run that dies
leaves whole parts behind. The library is numpy, whose format serves: a growing HDF5 or zarr store
would bring a dependency and may be torn by a crash, a memory map cannot grow with the spikes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from neuromorph import files, provenance
from neuromorph.description import Network, Records, Stimuli
from neuromorph.description.discrete import steps
from neuromorph.description.stimulus import stimuli_at
from neuromorph.progress import shown
from neuromorph.result import Result, Spikes, State, Trace
from neuromorph.runner import Backend, backend, run
from neuromorph.storage import load, save

_RUN, _STATE = "run.json", "state.npz"


@dataclass(frozen=True, slots=True, kw_only=True)
class LongRun:
    """What a run in parts left in its folder; nothing is read before it is asked for.

    Attributes
    ----------
    folder : Path

    Raises
    ------
    ValueError
        From all that reads: the folder holds no run, no whole part yet, or no such recording.
    """

    folder: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "folder", Path(self.folder))

    @property
    def parts(self) -> list[Path]:
        """The files of the parts that are done, in order of time."""
        return sorted(self.folder.glob("part-*.npz"))

    @property
    def version(self) -> str:
        """The version of this package that made the run."""
        return str(_held(self.folder / _RUN).get("version"))

    @property
    def seconds(self) -> float:
        """Network time that is done [s]."""
        _held(self.folder / _RUN)
        path = self.folder / _STATE
        if not path.exists():
            return 0.0
        state: State = load(path)
        return state.step * state.dt

    def __iter__(self) -> Iterator[Result]:
        """Yield the result of one part after the other."""
        _held(self.folder / _RUN)
        if not self.parts:
            raise ValueError(
                f"LongRun: folder {str(self.folder)!r} holds a run without a whole part yet: call "
                "run_in_parts again, it goes on"
            )
        for path in self.parts:
            part: Result = load(path)
            yield part

    def spikes(self, population: str) -> Spikes:
        """Return the spikes of one population over all parts."""
        found = [_named(part.spikes, population, "population") for part in self]
        return Spikes(
            time=np.concatenate([s.time for s in found]),
            index=np.concatenate([s.index for s in found]),
            n=found[0].n,
            duration=float(sum(s.duration for s in found)),
        )

    def trace(self, population: str, variable: str) -> Trace:
        """Return one recorded variable over all parts."""
        recorded = [_named(part.traces, population, "recorded population") for part in self]
        found = [_named(traces, variable, "recorded variable") for traces in recorded]
        return Trace(
            time=np.concatenate([t.time for t in found]),
            values=np.concatenate([t.values for t in found]),
        )


def run_in_parts(
    network: Network,
    stimulus: Stimuli,
    folder: str | Path,
    *,
    backend: str | Backend = "numba",
    duration: float,
    part: float = 1.0,
    dt: float = 1e-4,
    seed: int = 0,
    record: Records | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> LongRun:
    """Run a network part by part into a folder; called again, go on where it stopped.

    Spikes and traces are those of one run without parts, whenever it was interrupted. Called
    with a longer ``duration``, a run that is done goes on too.

    Parameters
    ----------
    network, stimulus, backend, duration, dt, seed, record
        As for :func:`neuromorph.run`; the backend must be able to go on (``numba``,
        ``fpga-model``, ``fpga-rtl``).
    folder : str or Path
        Of this run alone.
    part : float [s]
        Network time between two checkpoints: what a crash costs, and what memory holds.
    progress : callable, optional
        Called with (steps done, steps in all); a bar on a terminal if left out.

    Raises
    ------
    ValueError
        The folder holds another run, or an argument does not fit.
    """
    out = LongRun(folder=Path(folder))
    chosen, last, chunk = _resolve(backend), steps(duration, dt), max(1, steps(part, dt))
    _claim(out.folder, network, stimulus, chosen, dt, seed, record or {})
    path = out.folder / _STATE
    state: State | None = load(path) if path.exists() else None
    with shown() as phase:

        def tick(first: int) -> Callable[[int, int], None]:
            def told(done: int, whole: int) -> None:
                if progress is not None:
                    progress(first + done, last)
                else:
                    phase(network.name, (first + done) / last)

            return told

        while (first := 0 if state is None else state.step) < last:
            count = min(chunk, last - first)
            result = run(
                network, stimulus, backend=chosen, duration=count * dt, dt=dt, seed=seed,
                record=record, start=state, progress=tick(first),
            )  # fmt: skip
            state = result.state
            if state is None:
                raise ValueError(
                    f"run_in_parts: backend {chosen.name!r} does not give a state to go on from: "
                    "take 'numba'"
                )
            save(replace(result, state=None), out.folder / f"part-{first:012d}.npz")
            save(state, path)
    return out


_resolve = backend


def _named(held: Mapping[str, Any], name: str, what: str) -> Any:
    """Return one of what a part holds."""
    if name not in held:
        raise ValueError(
            f"LongRun: {what} {name!r} came, {', '.join(map(repr, held)) or 'none'} is there"
        )
    return held[name]


def _held(path: Path) -> dict[str, Any]:
    """Return what is written about the run of a folder."""
    try:
        text = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise ValueError(
            f"LongRun: folder {str(path.parent)!r} holds no run ({_RUN} is missing): give the "
            "folder that run_in_parts was given"
        ) from None
    try:
        held = json.loads(text)
    except ValueError:
        held = None
    if not isinstance(held, dict):
        raise ValueError(f"LongRun: file {str(path)!r} is not whole: take another folder")
    return held


def _claim(
    folder: Path,
    network: Network,
    stimulus: Stimuli,
    chosen: Any,
    dt: float,
    seed: int,
    record: Records,
) -> None:
    """Write down which run a folder belongs to, or check it."""
    mine = {
        "version": provenance.versions()["neuromorph"],
        "network": network.content_hash(),
        "stimulus": {
            name: [given.content_hash() for given in stimuli_at(stimulus, name)]
            for name in sorted(stimulus)
        },
        "backend": repr(chosen),
        "dt": dt,
        "seed": seed,
        "record": {name: repr(wanted) for name, wanted in sorted(record.items())},
    }
    path = folder / _RUN
    if not path.exists():
        if any(folder.glob("part-*.npz")) or (folder / _STATE).exists():
            raise ValueError(
                f"run_in_parts: folder {str(folder)!r} holds parts of a run but no {_RUN} that "
                "says which: take another folder"
            )
        files.write_text(path, json.dumps(mine, indent=1))
        return
    held = _held(path)
    for name, value in mine.items():
        if held.get(name) != value:
            told = f" ({held.get(name)}, not {value})" if name in ("version", "dt", "seed") else ""
            raise ValueError(
                f"run_in_parts: folder {str(folder)!r} holds a run of another {name}{told}: take "
                "another folder"
            )
