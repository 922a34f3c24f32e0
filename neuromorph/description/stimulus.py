"""What drives a network, and what is recorded of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuromorph.description.described import Described, Parameter, frozen_array, set_parameter
from neuromorph.units import si


class Stimulus(Described):
    """What a source emits, or what drives a port."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SpikeTimes(Stimulus):
    """Spikes at given times.

    Attributes
    ----------
    time : (n_spike,) [s]
    index : (n_spike,)
        Which unit of the source emits each.

    Raises
    ------
    ValueError
        Different lengths, or a time or index that is negative or not finite.
    """

    time: Any
    index: Any

    def __post_init__(self) -> None:
        time = np.atleast_1d(np.asarray(si(self.time, "s", "SpikeTimes.time")))
        index = np.atleast_1d(np.asarray(self.index))
        if time.shape != index.shape or time.ndim != 1:
            raise ValueError(
                f"SpikeTimes: time of shape {time.shape} and index of shape {index.shape} came, "
                "one of each per spike is allowed"
            )
        bad = ~(np.isfinite(time) & (time >= 0))
        if bad.any():
            raise ValueError(
                f"SpikeTimes.time: {time[bad][0]:g} s came, 0 s or later is allowed"
            )
        if index.size and (np.any(index < 0) or np.any(index != np.floor(index))):
            bad = (index < 0) | (index != np.floor(index))
            raise ValueError(
                f"SpikeTimes.index: {index[bad][0]} came, a whole number of 0 or more is allowed"
            )
        order = np.lexsort((index, time))
        object.__setattr__(self, "time", frozen_array(time[order], np.float64))
        object.__setattr__(self, "index", frozen_array(index[order], np.int64))

    @classmethod
    def per_unit(cls, trains: Sequence[Any]) -> SpikeTimes:
        """Build from one sequence of times [s] per unit."""
        arrays = [np.atleast_1d(np.asarray(train, dtype=np.float64)) for train in trains]
        index = np.repeat(np.arange(len(arrays)), [array.size for array in arrays])
        return cls(time=np.concatenate(arrays) if arrays else np.zeros(0), index=index)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Regular(Stimulus):
    """Evenly spaced spikes: ``offset + j / rate``.

    Attributes
    ----------
    rate : float or (n,) [Hz]
        0 is silence.
    offset : float or (n,) [s]
        Time of the first spike.
    """

    rate: Parameter
    offset: Parameter = 0.0

    def __post_init__(self) -> None:
        set_parameter(self, "rate", "Hz", at_least=0.0)
        set_parameter(self, "offset", "s", at_least=0.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Poisson(Stimulus):
    """Independent Poisson trains, drawn from the run's seed.

    At each step a unit emits with probability ``1 - exp(-rate dt)``.

    Attributes
    ----------
    rate : float or (n,) [Hz]
    """

    rate: Parameter

    def __post_init__(self) -> None:
        set_parameter(self, "rate", "Hz", at_least=0.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Current(Stimulus):
    """Piecewise-constant current into a port: ``value[i]`` from ``time[i]`` on.

    Attributes
    ----------
    value : (n_change,) or (n_change, n) [A], or one number
    time : (n_change,) [s]
        Increasing, starting at 0.
    gain : float or (n,), optional
        Each unit receives ``gain * value``: a shared signal. ``value`` is then (n_change,).
    """

    value: Any
    time: Any = 0.0
    gain: Any = None

    def __post_init__(self) -> None:
        time = np.atleast_1d(np.asarray(si(self.time, "s", "Current.time")))
        value = np.atleast_1d(np.asarray(si(self.value, "A", "Current.value")))
        if value.ndim > 2 or time.ndim != 1 or value.shape[0] != time.size:
            raise ValueError(
                f"Current: value of shape {value.shape} and time of shape {time.shape} came, "
                "one value (or one row of values) per time is allowed"
            )
        if not np.isfinite(value).all():
            raise ValueError("Current.value: not finite came, finite currents in A are allowed")
        if time[0] != 0 or (np.diff(time) <= 0).any() or not np.isfinite(time).all():
            raise ValueError(
                f"Current.time: {np.array2string(time, threshold=4)} came, increasing times "
                "from 0 s are allowed"
            )
        set_parameter(self, "gain", "1", optional=True)
        if self.gain is not None and value.ndim == 2:
            raise ValueError(
                f"Current.gain: a gain and values of shape {value.shape} came, a gain with one "
                "value per time is allowed"
            )
        object.__setattr__(self, "value", frozen_array(value, np.float64))
        object.__setattr__(self, "time", frozen_array(time, np.float64))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frames(Stimulus):
    """Values frame by frame.

    Attributes
    ----------
    value : (n_sequence, n_frame, n_unit)
        State is cleared at the start of each sequence.
    """

    value: NDArray[np.float64]

    def __post_init__(self) -> None:
        value = frozen_array(self.value, np.float64)
        if value.ndim != 3 or not np.isfinite(value).all():
            raise ValueError(
                f"Frames.value: shape {value.shape} came, finite values of shape "
                "(n_sequence, n_frame, n_unit) are allowed"
            )
        object.__setattr__(self, "value", value)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Record(Described):
    """Which traces of a population are kept.

    Attributes
    ----------
    variables : tuple of str
        Names of state variables, such as ``"v"``.
    units : sequence of int, optional
        All units if left out.
    every : int
        One sample each so many steps, taken at the start of the step.
    """

    variables: tuple[str, ...] = ("v",)
    units: tuple[int, ...] | None = None
    every: int = 1

    def __post_init__(self) -> None:
        names = (self.variables,) if isinstance(self.variables, str) else tuple(self.variables)
        object.__setattr__(self, "variables", names)
        if self.units is not None:
            object.__setattr__(self, "units", tuple(int(unit) for unit in self.units))
        if not isinstance(self.every, (int, np.integer)) or self.every < 1:
            raise ValueError(
                f"Record.every: {self.every!r} came, a whole number of steps, 1 or more, is allowed"
            )


#: By population (sources) or by population.port; several may drive one port.
Stimuli = Mapping[str, Stimulus | tuple[Stimulus, ...]]
Records = Mapping[str, Record]


def stimuli_at(stimulus: Stimuli, key: str) -> tuple[Stimulus, ...]:
    """Return what drives a source or a port, possibly nothing."""
    given = stimulus.get(key, ())
    return given if isinstance(given, tuple) else (given,)
