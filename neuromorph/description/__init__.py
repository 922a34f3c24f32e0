"""The description of a network: frozen records in SI units, and the reference semantics."""

from neuromorph.description.cell import CELLS as _SPIKING_CELLS
from neuromorph.description.cell import LIF, Cell, ContextLIF, Port, Source
from neuromorph.description.frame_cell import FRAME_CELLS, Point, TwoPoint
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
from neuromorph.description.weights import (
    Weights,
    all_to_all,
    convolution,
    fixed_probability,
    one_to_one,
)

#: Every cell by its name, for files.
CELLS: dict[str, type[Cell]] = {**_SPIKING_CELLS, **FRAME_CELLS}

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
    "TwoPoint",
    "Weights",
    "all_to_all",
    "convolution",
    "fixed_probability",
    "one_to_one",
]
