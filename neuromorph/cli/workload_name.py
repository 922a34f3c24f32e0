"""Finding a workload or a study by the name given on the command line."""

from __future__ import annotations

from collections.abc import Callable

from neuromorph import workloads
from neuromorph.workloads import Study, Workload

WORKLOADS: dict[str, Callable[[], Workload]] = {
    "and": workloads.and_,
    "can-bus": workloads.can,
    "cooperative-xor": workloads.cooperative_xor,
    "nand": workloads.nand,
    "or": workloads.or_,
    "xor": workloads.xor,
    "hopfield-binary": workloads.hopfield.binary,
    "hopfield-loop": workloads.hopfield.loop,
    "hopfield-modern": workloads.hopfield.modern,
    "hopfield-quantum": workloads.hopfield.quantum,
    "hopfield-spiking": workloads.hopfield.spiking,
}

#: By name: ``make(quick: bool, seeds: int | None) -> Study``.
STUDIES: dict[str, Callable[..., Study]] = {
    "binary": workloads.binary_study,
    "binary-tuning": workloads.binary_tuning_study,
    "can": workloads.can_study,
    "formats": workloads.formats,
    "hopfield": workloads.hopfield.hopfield_study,
    "pruning": workloads.pruning_study,
    "xor-flux": workloads.xor_study,
}


def workload(name: str) -> Workload:
    """Return the workload of that name.

    Raises
    ------
    ValueError
        There is none; the message lists those there are.
    """
    if name not in WORKLOADS:
        raise ValueError(f"workload: {name!r} came, {', '.join(WORKLOADS)} are there")
    return WORKLOADS[name]()
