"""The cells: what one unit is, without saying how or where it is computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from neuromorph.description.described import Described, Parameter, set_parameter
from neuromorph.description.synapse import Delta, Exponential, Synapse

Kind = Literal["spiking", "frames", "source"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """Where input enters a cell.

    Attributes
    ----------
    name : str
    unit : str
        Unit of a weight on this port.
    kernel : str
        ``"delta"``: a spike of weight w adds w at once. ``"exponential"``: see
        :class:`neuromorph.Exponential`. A projection may bring another synapse where
        ``current`` is true.
    current : bool
        Whether a current (a stimulus, noise, or a synapse of its own) may drive this port.
    tau : float [s]
        Decay of the exponential kernel.
    conductance : bool
        Whether synapses with a reversal may reach this port.
    """

    name: str
    unit: str
    kernel: str = "delta"
    current: bool = False
    tau: float = 5e-3
    conductance: bool = False

    @property
    def synapse(self) -> Synapse:
        """The synapse of projections that bring none."""
        return Exponential(tau=self.tau) if self.kernel == "exponential" else Delta()


class Cell(Described):
    """A kind of unit: its ports and whether it spikes or computes frame by frame."""

    __slots__ = ()
    kind: ClassVar[Kind]
    ports: ClassVar[tuple[Port, ...]] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Source(Cell):
    """A unit that only emits: its spikes (or frames) are the stimulus."""

    kind: ClassVar[Kind] = "source"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LIF(Cell):
    """Leaky integrate-and-fire cell.

    ``tau_m dv/dt = v_leak - v + r_m I(t)``; a spike of weight w adds w to v; the cell fires
    when ``v > v_th`` and then either subtracts ``v_subtract`` or goes to ``v_reset``. It starts
    at ``v_reset``, or without one at ``v_leak`` (one spike below v_th if v_leak is above it).

    Attributes
    ----------
    tau_m : float or (n,) [s]
    v_th : float or (n,) [V]
    v_subtract : float or (n,) [V], optional
        What one spike takes away (v_th for the usual subtractive cell, one flux quantum for the
        superconducting neuron). Exactly one of ``v_subtract`` and ``v_reset`` is given.
    v_reset : float or (n,) [V], optional
    v_leak : float or (n,) [V]
        Where v goes without input; above v_th the cell fires by itself.
    r_m : float or (n,) [ohm]
    refractory : float or (n,) [s]
        While it lasts the cell is frozen and drops its inputs, those of the spiking step included.

    Raises
    ------
    ValueError
        A value out of range, or both or neither of ``v_subtract`` and ``v_reset``.

    Notes
    -----
    Source: Gerstner et al., Neuronal Dynamics (2014), eq. 1.5 and section 1.3.
    """

    tau_m: Parameter
    v_th: Parameter
    v_subtract: Parameter | None = None
    v_reset: Parameter | None = None
    v_leak: Parameter = 0.0
    r_m: Parameter = 1.0
    refractory: Parameter = 0.0

    kind: ClassVar[Kind] = "spiking"
    ports: ClassVar[tuple[Port, ...]] = (Port(name="basal", unit="V", current=True),)

    def __post_init__(self) -> None:
        _check_lif(self)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ContextLIF(Cell):
    """Two-point spiking cell: context modulates what the receptive field drives.

    The basal port drives a LIF soma. The apical port feeds a leaky context trace
    ``tau_c dc/dt = -c`` (a spike of weight w adds w). Context never reaches the soma, so alone
    it is silent, whatever its rate.

    * ``modulation="threshold"``: fires when ``v > max(v_floor, v_th - gain c)``.
    * ``modulation="probability"``: each basal pulse passes with
      ``P(c) = (1 + erf(sqrt(pi) (c - c_half) / c_grey)) / 2`` (the gate of the superconducting
      two-point neuron; ``c_grey`` is its grey zone).

    Attributes
    ----------
    tau_m, v_th, v_subtract, v_reset, v_leak, r_m, refractory
        As in :class:`LIF`.
    tau_c : float or (n,) [s]
    gain : float or (n,) [V per unit of context]
        Threshold mode: how far one unit of context lowers the threshold.
    v_floor : float or (n,) [V]
        Threshold mode: the threshold never falls below this; above ``v_leak``, so that context
        alone stays silent.
    c_half, c_grey : float or (n,)
        Probability mode: context at which half the pulses pass, and the width of the grey zone.

    Raises
    ------
    ValueError
        As :class:`LIF`; also ``v_floor`` not between ``v_leak`` and ``v_th``.
    """

    tau_m: Parameter
    v_th: Parameter
    v_subtract: Parameter | None = None
    v_reset: Parameter | None = None
    v_leak: Parameter = 0.0
    r_m: Parameter = 1.0
    refractory: Parameter = 0.0
    tau_c: Parameter
    modulation: Literal["threshold", "probability"] = "threshold"
    gain: Parameter = 1.0
    v_floor: Parameter | None = None
    c_half: Parameter = 1.0
    c_grey: Parameter = 1.0

    kind: ClassVar[Kind] = "spiking"
    ports: ClassVar[tuple[Port, ...]] = (
        Port(name="basal", unit="V", current=True),
        Port(name="apical", unit="1"),
    )

    def __post_init__(self) -> None:
        _check_lif(self)
        set_parameter(self, "tau_c", "s", above=0.0)
        set_parameter(self, "gain", "V")
        set_parameter(self, "c_half", "1")
        set_parameter(self, "c_grey", "1", above=0.0)
        if self.modulation not in ("threshold", "probability"):
            raise ValueError(
                f"ContextLIF.modulation: {self.modulation!r} came, 'threshold' or 'probability' "
                "is allowed"
            )
        if self.v_floor is None:
            middle = (np.asarray(self.v_th) + 9 * np.asarray(self.v_leak)) / 10
            object.__setattr__(self, "v_floor", middle)
        set_parameter(self, "v_floor", "V")
        floor, leak = np.asarray(self.v_floor), np.asarray(self.v_leak)
        if (floor <= leak).any() or (floor > np.asarray(self.v_th)).any():
            raise ValueError(
                f"ContextLIF.v_floor: {_short(floor)} came, v_leak < v_floor <= v_th is allowed: "
                "context alone must stay silent"
            )


def _check_lif(cell: LIF | ContextLIF) -> None:
    name = type(cell).__name__
    set_parameter(cell, "tau_m", "s", above=0.0)
    set_parameter(cell, "v_th", "V")
    set_parameter(cell, "v_subtract", "V", above=0.0, optional=True)
    set_parameter(cell, "v_reset", "V", optional=True)
    set_parameter(cell, "v_leak", "V")
    set_parameter(cell, "r_m", "ohm", above=0.0)
    set_parameter(cell, "refractory", "s", at_least=0.0)
    if (cell.v_subtract is None) == (cell.v_reset is None):
        came = "neither" if cell.v_subtract is None else "both"
        raise ValueError(f"{name}: {came} of v_subtract and v_reset came, exactly one is allowed")
    if cell.v_reset is not None and (np.asarray(cell.v_reset) > np.asarray(cell.v_th)).any():
        raise ValueError(
            f"{name}.v_reset: {_short(cell.v_reset)} came, at most v_th = {_short(cell.v_th)} "
            "is allowed"
        )


def _short(value: object) -> str:
    return np.array2string(np.asarray(value), precision=4, threshold=4)
