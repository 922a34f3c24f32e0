"""Ready networks with inputs and targets: what ``compare`` runs."""

from neuromorph.workloads.logic_gate import and_, nand, or_, xor
from neuromorph.workloads.workload import Agreement, Readout, Workload

__all__ = ["Agreement", "Readout", "Workload", "and_", "nand", "or_", "xor"]
