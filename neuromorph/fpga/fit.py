"""Which boards a core fits, and what to do where it does not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from neuromorph.fpga.board import BoardData, board_data
from neuromorph.fpga.resource import KINDS, Resources, Shape, estimate, is_counted, table

_ADVICE = {
    "lut": "fewer lanes or copies",
    "ff": "fewer lanes or copies",
    "dsp": "fewer lanes or copies, or no stochastic synapses",
    "bram36": "fewer synapses or units, weights of fewer bits, or shorter delays",
}
_NAMES = {"lut": "LUTs", "ff": "flip-flops", "dsp": "multipliers", "bram36": "block memories"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A core on a board.

    Attributes
    ----------
    board : str
    need : Resources
        Of the core with all copies, DMA and interconnect.
    allowed : Resources
        Of the part, less what place and route wants free.
    part : Resources
    copies : int
        Copies of the core that would fit.
    reason : str, optional
        Why it does not fit; None if it does.
    """

    board: str
    need: Resources
    allowed: Resources
    part: Resources
    copies: int
    reason: str | None


def fit(shape: Shape, board: str | BoardData) -> Fit:
    """Return whether a core fits a board.

    Raises
    ------
    ValueError
        There is no such board.
    """
    data = board_data(board) if isinstance(board, str) else board
    part = Resources(**{k: float(data.resources[k]) for k in KINDS})
    allowed = part.times(table()["limits"])
    around = Resources(**table()["around"])
    need = estimate(shape) + around
    over = [k for k in KINDS if getattr(need, k) > getattr(allowed, k)]
    reason = None
    if over:
        worst = max(over, key=lambda k: getattr(need, k) / getattr(allowed, k))
        reason = (
            f"{_NAMES[worst]}: about {getattr(need, worst):,.0f} are needed, "
            f"{getattr(allowed, worst):,.0f} of the {getattr(part, worst):,.0f} of {data.part} may "
            f"be used: {_ADVICE[worst]}, or a larger board"
        )
    return Fit(board=data.name, need=need, allowed=allowed, part=part, reason=reason,
               copies=_copies(shape, allowed, around))  # fmt: skip


def _copies(shape: Any, allowed: Resources, around: Resources) -> int:
    """Return how many copies fit, of the 64 that the core can be built with."""
    count = 0
    while count < 64:
        need = estimate(replace(shape, replicas=count + 1)) + around
        if any(getattr(need, k) > getattr(allowed, k) for k in KINDS):
            break
        count += 1
    return count


def check_fit(shape: Shape, board: str) -> None:
    """Check that a core fits a board; one with a module that was never counted passes.

    Raises
    ------
    ValueError
        It does not; the text says what is too much and what to do.
    """
    if not is_counted(shape):
        return
    found = fit(shape, board)
    if found.reason is not None:
        raise ValueError(f"board {board!r}: the core does not fit (estimate before place and "
                         f"route): {found.reason}")  # fmt: skip
