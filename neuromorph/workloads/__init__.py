"""Ready networks with inputs and targets: what ``compare`` runs."""

from neuromorph.workloads import hopfield
from neuromorph.workloads.binary import binary_study, binary_tuning_study
from neuromorph.workloads.can_bus.detection import can_bus as can
from neuromorph.workloads.can_bus.study import can_study
from neuromorph.workloads.context_gate import cooperative_xor
from neuromorph.workloads.logic_gate import and_, nand, or_, single_rail_xor, xor
from neuromorph.workloads.number_format import formats
from neuromorph.workloads.pruning import pruning_study
from neuromorph.workloads.rate_code.digit import rate_digits
from neuromorph.workloads.rate_code.inhibition import inhibited_xor
from neuromorph.workloads.study import Sheet, Study
from neuromorph.workloads.workload import (
    Agreement,
    LargestOutput,
    LastOutput,
    Loudest,
    Reader,
    Readout,
    Workload,
)
from neuromorph.workloads.xor_study import xor_study

__all__ = [
    "Agreement",
    "LargestOutput",
    "LastOutput",
    "Loudest",
    "Reader",
    "Readout",
    "Sheet",
    "Study",
    "Workload",
    "and_",
    "binary_study",
    "binary_tuning_study",
    "can",
    "can_study",
    "cooperative_xor",
    "formats",
    "hopfield",
    "inhibited_xor",
    "nand",
    "or_",
    "pruning_study",
    "rate_digits",
    "single_rail_xor",
    "xor",
    "xor_study",
]
