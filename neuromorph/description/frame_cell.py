"""The frame-based cells: one real value per unit and frame, no spikes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from neuromorph.description.cell import Cell, Kind, Port
from neuromorph.description.described import Parameter, set_parameter

#: Output gates ``y = gate(T - theta)``; formulas stand in ``neuromorph.cooperative.gate``.
GATES = ("linear", "relu", "relu6", "half_normal", "sign")

#: Transfer functions ``T(R, C)``; formulas and sources in ``neuromorph.cooperative.transfer``.
TRANSFERS = (
    "point", "additive", "kp", "m1", "m1a", "m2", "m3", "m4", "coop", "coop_v", "silu", "pi_coop",
    "glu", "hard_glu", "m2h", "mask",
)  # fmt: skip

#: Transfers whose units can be closed: a closed unit's receptive field need not be computed.
SKIPPING = ("hard_glu", "m2h", "mask")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Point(Cell):
    """Frame-based point unit: ``y = gate(R - theta)``, ``R = sum of basal inputs + bias``.

    Attributes
    ----------
    theta : float or (n,)
        Dead zone: what the drive must exceed before anything is transmitted.
    bias : float or (n,)
    gate : str
        ``"linear"`` (a read-out), ``"relu"``, ``"relu6"``, ``"half_normal"`` or ``"sign"`` (a
        binary unit: 1 where the drive reaches theta, else -1).
    sigma : float or (n,)
        Width of the half-normal gate.

    Raises
    ------
    ValueError
        An unknown gate, or a value out of range.
    """

    theta: Parameter = 0.0
    bias: Parameter = 0.0
    gate: str = "relu"
    sigma: Parameter = 1.0

    kind: ClassVar[Kind] = "frames"
    ports: ClassVar[tuple[Port, ...]] = (Port(name="basal", unit="1", kernel="frame"),)

    def __post_init__(self) -> None:
        _check_output(self)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TwoPoint(Cell):
    """Frame-based two-point unit: context modulates what the receptive field drives.

    ``y = gate(T(R, C) - theta)`` with

    * ``R``: sum of the inputs on ``basal`` plus ``bias`` (receptive field),
    * ``C``: sum of the inputs on ``proximal`` (neighbours of the same stream) and ``distal``
      (another stream), plus the universal context U, plus ``context_bias``,
    * ``U[k] = decay U[k-1] + (1 - decay) (sum of the inputs on universal at frame k)``: a fading
      memory, 0 at the start of a sequence.

    Attributes
    ----------
    transfer : str
        Name of T, one of ``TRANSFERS``.
    gate, theta, bias, sigma
        As in :class:`Point`.
    context_bias : float or (n,)
    k1, k2 : float or (n,)
        Of the transfer ``kp``.
    beta : float or (n,)
        Of ``m3`` and ``silu``.
    w_r, w_c : float or (n,)
        Of ``pi_coop``: precision ``sigma(w_r R + w_c C)``.
    clip : float
        The product R C is held within +-clip inside exp, 2** and tanh.
    decay : float
        Of the universal memory, 0 <= decay < 1.

    Raises
    ------
    ValueError
        An unknown transfer or gate, or a value out of range.

    Notes
    -----
    That context is the sum of proximal, distal and universal parts follows the abstract of arXiv
    2408.11019; how its authors combine them was not at hand, the sum and the exponential memory
    are our choice.
    """

    transfer: str = "m2"
    gate: str = "relu6"
    theta: Parameter = 0.0
    bias: Parameter = 0.0
    context_bias: Parameter = 0.0
    sigma: Parameter = 1.0
    k1: Parameter = 0.5
    k2: Parameter = 1.0
    beta: Parameter = 1.0
    w_r: Parameter = 0.0
    w_c: Parameter = 0.0
    clip: float = 3.0
    decay: float = 0.9

    kind: ClassVar[Kind] = "frames"
    ports: ClassVar[tuple[Port, ...]] = tuple(
        Port(name=name, unit="1", kernel="frame")
        for name in ("basal", "proximal", "distal", "universal")
    )

    def __post_init__(self) -> None:
        _check_output(self)
        if self.transfer not in TRANSFERS:
            raise ValueError(
                f"TwoPoint.transfer: {self.transfer!r} came, one of {', '.join(TRANSFERS)} "
                "is allowed"
            )
        for name in ("context_bias", "k1", "k2", "beta", "w_r", "w_c"):
            set_parameter(self, name, "1")
        for name, low, high in (("clip", 0.0, np.inf), ("decay", -1e-300, 1.0)):
            value = float(getattr(self, name))
            if not low < value < high:
                raise ValueError(
                    f"TwoPoint.{name}: {value} came, {max(low, 0.0):g} to below {high:g} is allowed"
                )
            object.__setattr__(self, name, value)

    @property
    def skipping(self) -> bool:
        """Whether a closed unit's receptive field need not be computed."""
        return self.transfer in SKIPPING


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Softmax(Cell):
    """Units that share what they say: ``y_i = exp(beta R_i) / sum over j of exp(beta R_j)``.

    The sum runs over the population, ``R = sum of basal inputs + bias``. Between a projection of
    patterns and its transpose it makes an attention head, which is one update of a modern Hopfield
    network.

    Attributes
    ----------
    beta : float
        Inverse temperature: how much the largest R stands out.
    bias : float or (n,)

    Raises
    ------
    ValueError
        beta not above 0, or one per unit.

    Notes
    -----
    Source: Ramsauer et al. 2020, arXiv 2008.02217.
    """

    beta: float = 1.0
    bias: Parameter = 0.0

    kind: ClassVar[Kind] = "frames"
    ports: ClassVar[tuple[Port, ...]] = (Port(name="basal", unit="1", kernel="frame"),)

    def __post_init__(self) -> None:
        set_parameter(self, "beta", "1", above=0.0)
        if not isinstance(self.beta, float):
            raise ValueError("Softmax.beta: several values came, one for all units is allowed")
        set_parameter(self, "bias", "1")


def _check_output(cell: Point | TwoPoint) -> None:
    if cell.gate not in GATES:
        raise ValueError(
            f"{type(cell).__name__}.gate: {cell.gate!r} came, one of {', '.join(GATES)} is allowed"
        )
    set_parameter(cell, "theta", "1", at_least=0.0)
    set_parameter(cell, "bias", "1")
    set_parameter(cell, "sigma", "1", above=0.0)


#: The frame-based cells by name, for files.
FRAME_CELLS: dict[str, type[Cell]] = {cell.__name__: cell for cell in (Point, TwoPoint, Softmax)}
