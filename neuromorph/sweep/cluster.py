"""Sweeps on a dask cluster: the extra ``cluster`` (``pip install neuromorph[cluster]``)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import Executor


@contextlib.contextmanager
def connected(address: str) -> Iterator[tuple[Executor, int]]:
    """Connect to a dask scheduler; give its executor and its number of threads.

    The cluster's workers need this package in the same version, and the function's module. Set
    dask's ``distributed.scheduler.allowed-failures`` to 0 where the scheduler starts: the sweep
    has its own, more exact, way with a point that kills its worker.

    Raises
    ------
    RuntimeError
        dask is not installed, nothing answers, or the cluster has no workers.
    """
    try:
        from distributed import Client
    except ImportError:
        raise RuntimeError(
            "cluster: package 'distributed' is not installed: pip install 'neuromorph[cluster]'"
        ) from None
    try:
        client = Client(address, timeout="10s")
    except (OSError, ValueError) as error:
        raise RuntimeError(f"cluster {address!r}: {error or type(error).__name__}") from None
    with client:
        workers = sum(client.ncores().values())
        if workers == 0:
            raise RuntimeError(f"cluster {address!r}: it has no workers: start some")
        yield client.get_executor(), workers
