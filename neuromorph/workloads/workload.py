"""A workload: a network, its inputs, the right answers, and how closely platforms must agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from neuromorph.cooperative.quantisation import Quantised
from neuromorph.description import Network, Stimuli
from neuromorph.description.described import Described
from neuromorph.result import Result

_NUMBERS = Quantised()
STEP = 1e-4  #: of a spiking workload that names none [s]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Agreement(Described):
    """How closely a run must match the reference of the comparison.

    Attributes
    ----------
    rate : float
        Largest relative difference of the mean rate of the read-out.
    count : float
        Difference of the read-out's value (its spikes) that is always accepted, whatever the rate.
    distance : float
        Largest van Rossum distance (10 ms) of a population between step-exact backends; of a
        frame-based network, largest difference of an output.
    """

    rate: float = 0.1
    count: float = 2
    distance: float = 0.0


class Reader(Protocol):
    """How an answer is read off a result; :class:`Readout` counts spikes.

    ``value`` is the number the answer rests on, named by ``quantity``: what platforms must agree
    on. ``threshold`` is where it decides, or None if the answer is no threshold.
    """

    quantity: ClassVar[str]

    @property
    def population(self) -> str:
        """Population that is read."""

    @property
    def threshold(self) -> float | None:
        """Value above which the answer is 1, if it is read so."""

    def answer(self, result: Result) -> int:
        """Return the answer."""

    def value(self, result: Result) -> float:
        """Return the number it rests on."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Readout(Described):
    """How an answer is read: unit ``unit`` of ``population`` says 1 above ``threshold`` spikes."""

    population: str
    unit: int = 0
    threshold: float = 1.0

    quantity: ClassVar[str] = "spikes"

    def answer(self, result: Result) -> int:
        """Return 1 if the unit spiked more than ``threshold`` times, else 0."""
        return int(self.count(result) > self.threshold)

    def count(self, result: Result) -> int:
        """Return the spikes of the read-out unit."""
        return int(result.spikes[self.population].count[self.unit])

    def value(self, result: Result) -> float:
        """Return the spikes of the read-out unit."""
        return float(self.count(result))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Loudest(Described):
    """How a class is read: the unit of ``population`` that spikes most; the first of equals.

    The number platforms must agree on is that unit's spikes.
    """

    population: str

    quantity: ClassVar[str] = "spikes"

    @property
    def threshold(self) -> float | None:
        """None: nothing is held against a threshold."""
        return None

    def answer(self, result: Result) -> int:
        """Return the unit with the most spikes."""
        return int(np.argmax(result.spikes[self.population].count))

    def value(self, result: Result) -> float:
        """Return the spikes of the unit with the most."""
        return float(np.max(result.spikes[self.population].count))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LastOutput(Described):
    """Reads the last frame: unit ``unit`` of ``population`` says 1 above ``threshold``."""

    population: str
    unit: int = 0
    threshold: float = 0.5

    quantity: ClassVar[str] = "output"

    def answer(self, result: Result) -> int:
        """Return 1 if the output is above the threshold, else 0."""
        return int(self.value(result) > self.threshold)

    def value(self, result: Result) -> float:
        """Return the output."""
        return float(result.frames[self.population][-1, -1, self.unit])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LargestOutput(Described):
    """Reads the last frame: the answer is the number of the largest output of ``population``."""

    population: str

    quantity: ClassVar[str] = "largest output"

    @property
    def threshold(self) -> float | None:
        """None: the answer is the largest of several."""
        return None

    def answer(self, result: Result) -> int:
        """Return the number of the unit."""
        return int(np.argmax(result.frames[self.population][-1, -1]))

    def value(self, result: Result) -> float:
        """Return its output."""
        return float(np.max(result.frames[self.population][-1, -1]))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Workload:
    """What is compared across platforms.

    Attributes
    ----------
    name, title : str
    network : Network
    stimuli : dict of stimuli by name
    targets : dict of int by the same names
    readout : Reader
    duration, dt : float [s]
        None, both, for a frame-based network: it has no time.
    agreement : Agreement
    quantised : Quantised
        Numbers that a frame-based network was trained for, what a core of integers is given.
    backends : tuple of names
        What a comparison that names none runs; empty: every one of the core that can.

    Raises
    ------
    ValueError
        A spiking network without a duration, or a frame-based one with a time.
    """

    name: str
    title: str
    network: Network
    stimuli: Mapping[str, Stimuli]
    targets: Mapping[str, int]
    readout: Reader
    duration: float | None = None
    dt: float | None = None
    agreement: Agreement = Agreement()
    quantised: Quantised = _NUMBERS
    backends: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        where = f"Workload {self.name!r}"
        if self.network.kind == "frames":
            if self.duration is not None or self.dt is not None:
                raise ValueError(f"{where}: a duration or dt came, a frame-based network has no "
                                 "time: leave both out")  # fmt: skip
            return
        if self.duration is None:
            raise ValueError(f"{where}: no duration came, a spiking network needs one")
        if self.dt is None:
            object.__setattr__(self, "dt", STEP)
