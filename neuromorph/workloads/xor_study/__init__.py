"""The case study of two exclusive ors in flux quanta: margins, temperature, rate, energy."""

from neuromorph.workloads.xor_study.study import xor_study

__all__ = ["xor_study"]
