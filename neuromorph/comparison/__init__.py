"""Platforms side by side on one workload."""

from neuromorph.comparison.comparing import compare

__all__ = ["compare"]
