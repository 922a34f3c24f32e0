"""Long runs in parts: progress, recording to disk, checkpoints, and going on where one stopped.

Each part is one ``.npz`` file that is written whole and moved into place, so that a run that dies
leaves whole parts behind. numpy's own format serves: a growing HDF5 or zarr store would bring a
dependency and may be torn by a crash, a memory map cannot grow with the number of spikes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from neuromorph import files
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
    """

    folder: Path

    @property
    def parts(self) -> list[Path]:
        """The files of the parts that are done, in order of time."""
        return sorted(self.folder.glob("part-*.npz"))

    @property
    def seconds(self) -> float:
        """Network time that is done [s]."""
        path = self.folder / _STATE
        if not path.exists():
            return 0.0
        state: State = load(path)
        return state.step * state.dt

    def __iter__(self) -> Iterator[Result]:
        """Yield the result of one part after the other."""
        for path in self.parts:
            part: Result = load(path)
            yield part

    def spikes(self, population: str) -> Spikes:
        """Return the spikes of one population over all parts."""
        found = [part.spikes[population] for part in self]
        return Spikes(
            time=np.concatenate([s.time for s in found]),
            index=np.concatenate([s.index for s in found]),
            n=found[0].n,
            duration=float(sum(s.duration for s in found)),
        )

    def trace(self, population: str, variable: str) -> Trace:
        """Return one recorded variable over all parts."""
        found = [part.traces[population][variable] for part in self]
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
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(mine, indent=1)
        files.write(path, lambda file: file.write(text.encode("utf-8")))
        return
    held = json.loads(path.read_text(encoding="utf-8"))
    for name, value in mine.items():
        if held.get(name) != value:
            raise ValueError(
                f"run_in_parts: folder {str(folder)!r} holds a run of another {name}: take "
                "another folder"
            )
