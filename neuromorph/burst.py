"""Events and bursts in spike trains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

ISI = 16e-3  #: spikes at most this far apart belong to one event [s]


class Train(Protocol):
    """What is counted, such as :class:`neuromorph.result.Spikes`: (n_spike,) [s], and whose."""

    @property
    def time(self) -> NDArray[np.float64]: ...

    @property
    def index(self) -> NDArray[Any]: ...

    @property
    def n(self) -> int: ...

    @property
    def duration(self) -> float: ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bursts:
    """Events of one population; an event of two spikes or more is a burst.

    ``burst_probability`` is bursts per event (what Payeur et al. 2021 also call burst fraction),
    ``burst_fraction`` the share of spikes that belong to bursts.

    Attributes
    ----------
    events, bursts, spikes, spikes_in_bursts : (n,)
        Counts per unit.
    duration : float [s]
    """

    events: NDArray[np.int64]
    bursts: NDArray[np.int64]
    spikes: NDArray[np.int64]
    spikes_in_bursts: NDArray[np.int64]
    duration: float

    @property
    def event_rate(self) -> float:
        """Events per second, mean over units [Hz]."""
        return float(self.events.mean() / self.duration) if self.duration else 0.0

    @property
    def burst_rate(self) -> float:
        """Bursts per second, mean over units [Hz]."""
        return float(self.bursts.mean() / self.duration) if self.duration else 0.0

    @property
    def burst_probability(self) -> float:
        """Share of events that are bursts, over all units (0 without events)."""
        return float(self.bursts.sum() / max(int(self.events.sum()), 1))

    @property
    def burst_fraction(self) -> float:
        """Share of spikes that belong to bursts, over all units (0 without spikes)."""
        return float(self.spikes_in_bursts.sum() / max(int(self.spikes.sum()), 1))

    def __repr__(self) -> str:
        return (
            f"<Bursts {int(self.events.sum())} events ({self.event_rate:.4g} Hz), "
            f"burst probability {self.burst_probability:.3g}, fraction {self.burst_fraction:.3g}>"
        )


def bursts(spikes: Train, *, isi: float = ISI) -> Bursts:
    """Count events and bursts: successive spikes of a unit at most ``isi`` apart are one event.

    Parameters
    ----------
    spikes : Spikes
    isi : float [s]
        The longest interval within an event, itself included; 16 ms as in Payeur et al. 2021,
        doi 10.1038/s41593-021-00857-x.

    Raises
    ------
    ValueError
        ``isi`` not positive.
    """
    if not isi > 0:
        raise ValueError(f"bursts: isi = {isi} s came, above 0 is allowed")
    order = np.lexsort((spikes.time, spikes.index))
    time, unit = spikes.time[order], spikes.index[order]
    fresh = np.ones(time.size, np.bool_)
    fresh[1:] = (np.diff(time) > isi * (1 + 1e-9)) | (np.diff(unit) != 0)
    begin = np.flatnonzero(fresh)
    size = np.diff(np.append(begin, time.size))
    long, owner = size > 1, unit[begin]
    return Bursts(
        events=np.bincount(owner, minlength=spikes.n),
        bursts=np.bincount(owner[long], minlength=spikes.n),
        spikes=np.bincount(unit, minlength=spikes.n),
        spikes_in_bursts=np.bincount(owner[long], weights=size[long], minlength=spikes.n).astype(
            np.int64
        ),
        duration=spikes.duration,
    )
