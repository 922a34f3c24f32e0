"""Which numbers a platform computes in, as text."""

from __future__ import annotations

from typing import Any


def precision(backend: Any, *, frames: bool = False) -> str:
    """Return a backend's bit widths: ``"16 bit, state 24"``, ``"float64"`` or ``""``.

    ``frames``: for a frame-based network, which some backends compute in other widths.
    """
    fixed = getattr(backend, "fixed_point", None)
    if fixed is not None and not frames:
        return f"{fixed.bits} bit, state {fixed.state_bits}"
    whole = getattr(backend, "quantised", None)
    if whole is not None:
        return f"{whole.weight_bits} bit weights, {whole.fraction} bit fractions"
    arithmetic = getattr(backend, "arithmetic", None) or ""
    return "float64" if arithmetic.startswith("float64") else ""
