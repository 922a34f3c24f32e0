"""The case study of two exclusive ors in flux quanta: margins, temperature, rate, energy."""

from neuromorph.workloads.xor_study.design import DESIGNS, INPUTS, THRESHOLD
from neuromorph.workloads.xor_study.study import xor_study

__all__ = ["DESIGNS", "INPUTS", "THRESHOLD", "xor_study"]
