"""A workload: a network, its inputs, the right answers, and how closely platforms must agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from neuromorph.description import Network, Stimuli
from neuromorph.description.described import Described
from neuromorph.result import Result


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Agreement(Described):
    """How closely a run must match the reference of the comparison.

    Attributes
    ----------
    rate : float
        Largest relative difference of the mean rate of the read-out.
    count : int
        Difference in read-out spikes that is always accepted, whatever the rate.
    distance : float
        Largest van Rossum distance (10 ms) of a population between step-exact backends.
    """

    rate: float = 0.1
    count: int = 2
    distance: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Readout(Described):
    """How an answer is read: unit ``unit`` of ``population`` says 1 above ``threshold`` spikes."""

    population: str
    unit: int = 0
    threshold: float = 1.0

    def answer(self, result: Result) -> int:
        """Return 1 if the unit spiked more than ``threshold`` times, else 0."""
        return int(self.count(result) > self.threshold)

    def count(self, result: Result) -> int:
        """Return the spikes of the read-out unit."""
        return int(result.spikes[self.population].count[self.unit])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Workload:
    """What is compared across platforms.

    Attributes
    ----------
    name, title : str
    network : Network
    stimuli : dict of stimuli by name
    targets : dict of int by the same names
    readout : Readout
    duration, dt : float [s]
    agreement : Agreement
    """

    name: str
    title: str
    network: Network
    stimuli: Mapping[str, Stimuli]
    targets: Mapping[str, int]
    readout: Readout
    duration: float
    dt: float = 1e-4
    agreement: Agreement = Agreement()
