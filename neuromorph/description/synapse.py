"""The time course of a synapse: what one spike of weight w does to its port."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuromorph.description.described import Described, set_parameter


class Synapse(Described):
    """A time course; it acts as a current [A], or with a reversal as a conductance [S]."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Delta(Synapse):
    """A spike of weight w adds w to the cell's variable at once."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Exponential(Synapse):
    """``ds/dt = -s/tau``; a spike of weight w adds w to s.

    Without ``reversal`` the port receives the current s (w in A, charge ``w tau``); with it,
    the current ``s (reversal - v)`` (w in S).

    Attributes
    ----------
    tau : float [s]
    reversal : float [V], optional

    Raises
    ------
    ValueError
        ``tau`` not positive, or a number per unit.
    """

    tau: float
    reversal: float | None = None

    def __post_init__(self) -> None:
        _set_scalar(self, "tau", "s", above=0.0)
        _set_scalar(self, "reversal", "V", optional=True)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DoubleExponential(Synapse):
    """Difference of two decays, scaled so that a spike of weight w peaks at w.

    ``s(t) = w k (exp(-t/tau_decay) - exp(-t/tau_rise))``, peak at
    ``t* = ln(tau_decay/tau_rise) tau_rise tau_decay / (tau_decay - tau_rise)``, ``k = 1 /
    (exp(-t*/tau_decay) - exp(-t*/tau_rise))``. ``reversal`` as in :class:`Exponential`.

    Attributes
    ----------
    tau_rise, tau_decay : float [s]
        ``tau_rise < tau_decay``.
    reversal : float [V], optional

    Raises
    ------
    ValueError
        A time not positive, or ``tau_rise >= tau_decay``.
    """

    tau_rise: float
    tau_decay: float
    reversal: float | None = None

    def __post_init__(self) -> None:
        _set_scalar(self, "tau_rise", "s", above=0.0)
        _set_scalar(self, "tau_decay", "s", above=0.0)
        _set_scalar(self, "reversal", "V", optional=True)
        if self.tau_rise >= self.tau_decay:
            raise ValueError(
                f"DoubleExponential.tau_rise: {self.tau_rise:g} s came, less than tau_decay = "
                f"{self.tau_decay:g} s is allowed"
            )

    @property
    def peak_time(self) -> float:
        """Time from spike to peak [s]."""
        rise, decay = self.tau_rise, self.tau_decay
        return float(np.log(decay / rise) * rise * decay / (decay - rise))

    @property
    def scale(self) -> float:
        """The factor k."""
        at = self.peak_time
        return float(1.0 / (np.exp(-at / self.tau_decay) - np.exp(-at / self.tau_rise)))


def _set_scalar(
    owner: Synapse, name: str, unit: str, *, above: float = -np.inf, optional: bool = False
) -> None:
    set_parameter(owner, name, unit, above=above, optional=optional)
    value = getattr(owner, name)
    if isinstance(value, np.ndarray):
        raise ValueError(
            f"{type(owner).__name__}.{name}: shape {value.shape} came, one number is allowed: "
            "use a projection per time constant"
        )
