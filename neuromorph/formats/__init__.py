"""Number formats of eight bits and fewer: bit-exact codes, rounding, and expected error."""

from neuromorph.formats.expected_error import best_scale, expected_error, signal_to_noise
from neuromorph.formats.number_format import (
    E3M4,
    E4M3,
    E5M2,
    FORMATS,
    INT4,
    INT8,
    FloatFormat,
    IntegerFormat,
    NumberFormat,
)
from neuromorph.formats.quantiser import Quantiser, fitted

__all__ = [
    "E3M4",
    "E4M3",
    "E5M2",
    "FORMATS",
    "INT4",
    "INT8",
    "FloatFormat",
    "IntegerFormat",
    "NumberFormat",
    "Quantiser",
    "best_scale",
    "expected_error",
    "fitted",
    "signal_to_noise",
]
