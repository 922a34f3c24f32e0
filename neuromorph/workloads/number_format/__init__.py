"""FP8 against INT8: the error on densities, and the quality of trained nets."""

from neuromorph.workloads.number_format.study import formats

__all__ = ["formats"]
