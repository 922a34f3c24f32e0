"""Associative memories: the classical binary Hopfield net, and the modern one."""

from neuromorph.workloads.hopfield.majority import majority_net
from neuromorph.workloads.hopfield.memory import (
    binary_net,
    dual_rail_net,
    modern_net,
    quantum_net,
    spiking_net,
)
from neuromorph.workloads.hopfield.pattern import (
    clusters,
    flipped,
    random_patterns,
    real_patterns,
    shapes,
)
from neuromorph.workloads.hopfield.retrieval import binary, loop, modern, quantum, spiking
from neuromorph.workloads.hopfield.study import hopfield_study

__all__ = [
    "binary",
    "binary_net",
    "clusters",
    "dual_rail_net",
    "flipped",
    "hopfield_study",
    "loop",
    "majority_net",
    "modern",
    "modern_net",
    "quantum",
    "quantum_net",
    "random_patterns",
    "real_patterns",
    "shapes",
    "spiking",
    "spiking_net",
]
