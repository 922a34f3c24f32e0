"""Spikes and samples of a run as they come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuromorph.description import Records
from neuromorph.result import Spikes, Trace

Array = NDArray[Any]


class SpikeLog:
    """Spikes of all populations as they come."""

    def __init__(self, sizes: Mapping[str, int]) -> None:
        self.sizes = sizes
        self._parts: dict[str, list[tuple[Array, Array]]] = {name: [] for name in sizes}

    def add(self, name: str, step: Array, index: Array) -> None:
        """Append spikes of one window."""
        if step.size:
            self._parts[name].append((step.copy(), index.copy()))

    def spikes(self, dt: float, duration: float) -> dict[str, Spikes]:
        """Return all, with time = step * dt [s]."""
        out = {}
        for name, parts in self._parts.items():
            step = np.concatenate([p[0] for p in parts] or [np.zeros(0, np.int64)])
            index = np.concatenate([p[1] for p in parts] or [np.zeros(0, np.int32)])
            if (step[1:] < step[:-1]).any():  # units advance in blocks
                order = np.argsort(step * self.sizes[name] + index, kind="stable")
                step, index = step[order], index[order]
            out[name] = Spikes(
                time=step * dt, index=index.astype(np.int32), n=self.sizes[name], duration=duration
            )
        return out


def check_records(record: Records, variables: Mapping[str, list[str]]) -> None:
    """Check that what is to be recorded is there.

    Raises
    ------
    ValueError
        A record names a population or variable that is not.
    """
    for name, wanted in record.items():
        there = variables.get(name)
        if there is None:
            raise ValueError(
                f"record {name!r}: no computed population of that name, "
                f"{', '.join(map(repr, variables))} are there"
            )
        for variable in wanted.variables:
            if variable not in there:
                raise ValueError(
                    f"record {name!r}: variable {variable!r} came, {', '.join(there)} are there"
                )


class SampleLog:
    """Samples of recorded variables as they come."""

    def __init__(self, record: Records, variables: Mapping[str, list[str]]) -> None:
        check_records(record, variables)
        self.record = record
        self._parts: dict[str, dict[str, list[Array]]] = {
            name: {variable: [] for variable in r.variables} for name, r in record.items()
        }

    def every(self, name: str) -> int:
        """Return the sampling interval in steps, 0 for none."""
        return self.record[name].every if name in self.record else 0

    def add(self, name: str, sampled: Mapping[str, Array]) -> None:
        """Append the samples of one window."""
        if name not in self.record:
            return
        units = self.record[name].units
        for variable, parts in self._parts[name].items():
            block = sampled[variable]
            parts.append(block[:, list(units)] if units is not None else block.copy())

    def traces(self, first: int, last: int, dt: float) -> dict[str, dict[str, Trace]]:
        """Return all recorded variables by population."""
        out: dict[str, dict[str, Trace]] = {}
        for name, variables in self._parts.items():
            every = self.record[name].every
            step = np.arange(-(-first // every) * every, last, every, dtype=np.float64)
            out[name] = {
                variable: Trace(time=step * dt, values=np.concatenate(parts))
                for variable, parts in variables.items()
                if parts
            }
        return out
