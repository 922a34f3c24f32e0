"""The description of a network: frozen records in SI units, and the reference semantics."""

from neuromorph.description.cell import LIF, Cell, ContextLIF, Port, Source
from neuromorph.description.frame_cell import FRAME_CELLS, Point, Softmax, TwoPoint
from neuromorph.description.network import Network, Population, Projection, with_weights
from neuromorph.description.noise import Background, OrnsteinUhlenbeck
from neuromorph.description.plasticity import (
    BurstDependent,
    DendriticPrediction,
    Plasticity,
    TsodyksMarkram,
)
from neuromorph.description.pyramidal import (
    AdEx,
    BurstPoisson,
    CaAdEx,
    TwoCompartment,
    UrbanczikSenn,
)
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
from neuromorph.description.synapse import Delta, DoubleExponential, Exponential, Synapse
from neuromorph.description.weights import (
    Weights,
    all_to_all,
    convolution,
    fixed_probability,
    one_to_one,
)

#: Every cell by its name, for files.
CELLS: dict[str, type[Cell]] = {
    cell.__name__: cell
    for cell in (
        Source, LIF, ContextLIF, AdEx, TwoCompartment, BurstPoisson, CaAdEx, UrbanczikSenn,
    )
} | FRAME_CELLS  # fmt: skip

__all__ = [
    "CELLS",
    "LIF",
    "AdEx",
    "Background",
    "BurstDependent",
    "BurstPoisson",
    "CaAdEx",
    "Cell",
    "ContextLIF",
    "Current",
    "Delta",
    "DendriticPrediction",
    "DoubleExponential",
    "Exponential",
    "Frames",
    "Network",
    "OrnsteinUhlenbeck",
    "Plasticity",
    "Point",
    "Poisson",
    "Population",
    "Port",
    "Projection",
    "Record",
    "Records",
    "Regular",
    "Softmax",
    "Source",
    "SpikeTimes",
    "Stimuli",
    "Stimulus",
    "Synapse",
    "TsodyksMarkram",
    "TwoCompartment",
    "TwoPoint",
    "UrbanczikSenn",
    "Weights",
    "all_to_all",
    "convolution",
    "fixed_probability",
    "one_to_one",
    "with_weights",
]
