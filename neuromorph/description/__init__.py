"""The description of a network: frozen records in SI units, and the reference semantics."""

from neuromorph.description.cell import (
    CELLS,
    LIF,
    Cell,
    ContextLIF,
    Point,
    Port,
    Source,
)
from neuromorph.description.network import Network, Population, Projection
from neuromorph.description.stimulus import (
    Current,
    Frames,
    Poisson,
    Record,
    Records,
    Regular,
    SpikeTimes,
    Stimuli,
    Stimulus,
)
from neuromorph.description.weights import Weights, all_to_all, fixed_probability, one_to_one

__all__ = [
    "CELLS",
    "LIF",
    "Cell",
    "ContextLIF",
    "Current",
    "Frames",
    "Network",
    "Point",
    "Poisson",
    "Population",
    "Port",
    "Projection",
    "Record",
    "Records",
    "Regular",
    "Source",
    "SpikeTimes",
    "Stimuli",
    "Stimulus",
    "Weights",
    "all_to_all",
    "fixed_probability",
    "one_to_one",
]
