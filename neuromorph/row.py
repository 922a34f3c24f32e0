"""One platform's line in a comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from neuromorph.result import Counts, Energy


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One platform. Without runs only ``label`` and ``reason`` are set.

    Attributes
    ----------
    agrees : bool, optional
        All answers right and counts (and spikes, where steps are comparable) as the reference.
    problems : tuple of str
        Why it does not agree.
    accuracy : float
        Share of right answers over inputs and seeds.
    output : dict of float
        Mean value of the read-out by input: spikes, unless the table names another quantity.
    output_ci : dict of (float, float)
        95 % confidence interval of that mean over the seeds, with more than one.
    distance : float, optional
        Largest van Rossum distance (10 ms) to the reference, of frames the largest difference,
        where arithmetic is the same.
    counts : Counts
        Mean per inference.
    compile_seconds, run_seconds : float [s]
        On this host: once, and per inference.
    network_seconds, device_seconds : float [s]
        Network time (None: frames have none), and the time the emulated device takes, per
        inference.
    energy : tuple of Energy
        Per inference; empty means not measured.
    bits : str
        Numbers it computes in.
    host : str
        Machine the run was made on.
    """

    label: str
    reason: str = ""
    agrees: bool | None = None
    problems: tuple[str, ...] = ()
    accuracy: float = 0.0
    output: Mapping[str, float] = field(default_factory=dict)
    output_ci: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    distance: float | None = None
    counts: Counts = field(default_factory=Counts)
    compile_seconds: float = 0.0
    run_seconds: float = 0.0
    network_seconds: float | None = 0.0
    device_seconds: float | None = None
    energy: tuple[Energy, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    bits: str = ""
    host: str = ""
