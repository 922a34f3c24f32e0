"""Comparing platforms on one workload: agreement first, then counts, seconds and energy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neuromorph import progress as progress_bars
from neuromorph.comparison.attempt import attempted, measured
from neuromorph.comparison.verdict import expectations, row
from neuromorph.energy import CostTable, Meter, device
from neuromorph.run_store import RunStore
from neuromorph.runner import Backend, standard
from neuromorph.table import Table
from neuromorph.workloads import Workload


def compare(
    workload: Workload,
    backends: str | Sequence[str | Backend] | None = None,
    *,
    seeds: int | Sequence[int] = 1,
    devices: Sequence[str | CostTable] = (),
    measure: bool | Meter = False,
    store: RunStore | None = None,
    progress: progress_bars.Phase | None = None,
) -> Table:
    """Run a workload on several platforms and compare what comes back.

    The first backend that runs is the reference of the agreement: every answer right, read-out
    counts within the workload's tolerance, and no spike distance between backends of the same
    arithmetic. A backend with random draws of its own (a noisy circuit) is held to the mean of the
    reference over 24 further seeds, and may differ by two standard errors more. A backend that
    cannot run is a row with the reason.

    Parameters
    ----------
    workload : Workload
    backends : sequence of names or backend objects
        The same backend may come twice with other options. Left out: those of the core
        installation, and of a frame-based network the emulator's three ways to compute it.
    seeds : int or sequence of int
        How many seeds (0, 1, ...), or which.
    devices : sequence of names or CostTable
        Published devices (``nm.energy.DEVICES``) or your own: what their constants make of the
        reference's counts, as figures of method ``counted``.
    measure : bool or Meter
        Also measure what each run costs this machine's processor (RAPL, Linux); where that
        cannot be read, a note says so.
    store : RunStore, optional
        Folder where finished runs are kept and found again.
    progress : callable, optional
        Called with (phase, share done); a bar on a terminal if left out.

    Returns
    -------
    Table

    Raises
    ------
    ValueError
        An unknown backend name, no backend, or no seed.
    TypeError
        No workload, or no backend.
    """
    if not isinstance(workload, Workload):
        raise TypeError(f"compare: {type(workload).__name__} came, a Workload is allowed")
    if backends is None:
        backends = workload.backends or standard(workload.network)
    elif isinstance(backends, str):
        backends = (backends,)
    chosen = list(range(seeds)) if isinstance(seeds, (int, np.integer)) else list(seeds)
    if not chosen or not backends:
        raise ValueError(f"compare: {len(backends)} backends and {len(chosen)} seeds came, at "
                         "least one of each is allowed")  # fmt: skip
    tables = [device(name) for name in devices]
    if progress is None:
        with progress_bars.shown() as phase:
            attempts = [attempted(workload, b, chosen, phase, store) for b in backends]
    else:
        attempts = [attempted(workload, b, chosen, progress, store) for b in backends]
    if measure is not False:
        meter = Meter() if measure is True else measure
        attempts = [
            measured(workload, b, a, chosen[0], meter) if a.runs else a
            for a, b in zip(attempts, backends, strict=True)
        ]
    reference = next((a for a in attempts if a.runs), None)
    expected = expectations(workload, attempts, reference, len(chosen))
    rows = tuple(row(workload, attempt, reference, expected) for attempt in attempts)
    return Table(
        workload=workload.name,
        title=workload.title,
        reference=reference.label if reference else "",
        seeds=tuple(chosen),
        targets=dict(workload.targets),
        threshold=workload.readout.threshold,
        quantity=workload.readout.quantity,
        readout=workload.readout.population,
        rows=rows,
        first_runs={a.label: {k: v[0] for k, v in a.runs.items()} for a in attempts if a.runs},
    ).on(tables)
