"""Current pulses into DC/SFQ converters: one rising edge makes one flux quantum."""

from __future__ import annotations

from collections.abc import Iterable

AMPLITUDE = 600e-6  #: [A]
RISE, HOLD, FALL = 2e-12, 3e-12, 3e-12  #: [s]
LENGTH = RISE + HOLD + FALL  #: shortest time between two pulses of one drive [s]


def drive(name: str, node: str, times: Iterable[float]) -> str:
    """Return the line of a current source with one pulse starting at each time [s].

    Without any pulse the source stands at 0 A.

    Raises
    ------
    ValueError
        Two pulses overlap, or one starts before 0.
    """
    points, end = ["0 0"], 0.0
    for start in times:
        if start <= end:
            raise ValueError(
                f"drive {name}: a pulse at {start * 1e12:.3f} ps came, {LENGTH * 1e12:g} ps "
                "between pulses are allowed: lower the rate or the acceleration"
            )
        corners = (
            (start, 0.0), (start + RISE, AMPLITUDE), (start + RISE + HOLD, AMPLITUDE),
            (start + LENGTH, 0.0),
        )  # fmt: skip
        points += [f"{t * 1e12:.6g}p {a * 1e6:g}u" for t, a in corners]
        end = start + LENGTH
    if len(points) == 1:
        points.append("1p 0")
    return f"I{name} 0 {node} pwl({' '.join(points)})"
