"""Background noise on a port, drawn from the run's seed step by step."""

from __future__ import annotations

from dataclasses import dataclass

from neuromorph.description.described import Parameter, set_parameter
from neuromorph.description.stimulus import Stimulus


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OrnsteinUhlenbeck(Stimulus):
    """Fluctuating current, independent for each unit.

    ``I = mean + x``, ``x <- x exp(-dt/tau) + sigma sqrt(1 - exp(-2 dt/tau)) xi``, xi standard
    normal: exact at any step, standard deviation ``sigma``, autocorrelation ``exp(-|t|/tau)``,
    stationary from the first step.

    Attributes
    ----------
    sigma : float or (n,) [A]
    tau : float or (n,) [s]
    mean : float or (n,) [A]

    Notes
    -----
    Source: Gillespie 1996, doi 10.1103/PhysRevE.54.2084.
    """

    sigma: Parameter
    tau: Parameter
    mean: Parameter = 0.0

    def __post_init__(self) -> None:
        set_parameter(self, "sigma", "A", at_least=0.0)
        set_parameter(self, "tau", "s", above=0.0)
        set_parameter(self, "mean", "A")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Background(Stimulus):
    """Poisson spikes of many unseen sources, one train per unit, into the port's own synapse.

    At each step a unit receives a spike of ``weight`` with probability ``1 - exp(-rate dt)``.

    Attributes
    ----------
    rate : float or (n,) [Hz]
    weight : float or (n,)
        In the unit of the port.
    """

    rate: Parameter
    weight: Parameter

    def __post_init__(self) -> None:
        set_parameter(self, "rate", "Hz", at_least=0.0)
        set_parameter(self, "weight", "1")
