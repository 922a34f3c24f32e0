"""What the cells do, as measured by our own simulator: one frozen record beside the netlists.

The record is the only source of numbers for the compiler. It carries the hash of every netlist
it was measured on and is refused when a netlist has changed since.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scipy.special import erf, erfinv

from neuromorph.circuits.cell import library
from neuromorph.files import write_text
from neuromorph.units import PHI0

FILE = "calibration.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How a record was measured: solver step [s], temperature [K], seeds, pulses per run."""

    step: float
    temperature: float
    seeds: int
    pulses: int


def passing(current: Any, half: float, grey: float) -> Any:
    """Return ``(1 + erf(sqrt(pi) (current - half) / grey)) / 2``: the share of pulses that pass."""
    return 0.5 * (1.0 + erf(math.sqrt(math.pi) * (current - half) / grey))


@dataclass(frozen=True, slots=True, kw_only=True)
class SynapseLaw:
    """Passing probability against weight current.

    ``P(I_w) = (1 + erf(sqrt(pi) (I_w - half) / grey)) / 2``, currents in A.

    Attributes
    ----------
    half : float [A]
        Weight current at which half the pulses pass.
    grey : float [A]
        Width of the grey zone at the temperature of the record; it goes with sqrt(T).
    residual : float
        Root mean square of measured minus fitted P.
    """

    half: float
    grey: float
    residual: float

    def probability(self, current: float) -> float:
        """Return P at a weight current [A]."""
        return float(passing(current, self.half, self.grey))

    def current(self, probability: float) -> float:
        """Return the weight current [A] for 0 < P < 1."""
        return float(self.half + self.grey * erfinv(2.0 * probability - 1.0) / math.sqrt(math.pi))


@dataclass(frozen=True, slots=True, kw_only=True)
class NeuronLaw:
    """The leaky integrate-and-fire cell that the neuron's circuit is.

    In units of the quantum ``q = Phi0 / l_s``: an input adds 1, a spike takes 1 away,
    ``tau = l_s / R``, and the threshold is ``theta = (i_zero + i_leak R - I_b) / i_quantum``.

    Attributes
    ----------
    l_s : float [H]
        Storage inductance in the netlist.
    i_critical : float [A]
        Critical current of the threshold junction.
    i_zero, i_quantum : float [A]
    i_leak : float [A/ohm]
        Fitted near the rates where the cell begins to fire. ``i_quantum`` is close to Phi0 / l_s;
        ``(i_zero - i_critical) / i_quantum`` is the offset: how many quanta more than the bare
        critical current a spike needs.
    r_low, r_high : float [ohm]
        Leak resistors the law was fitted on.
    b_low, b_high : float [A]
        Bias currents the law was fitted on; above b_high thermal noise fires the cell.
    residual : float
        Sum of |measured - predicted| spikes over the sum of measured ones.
    partial, partial_residual : float
        A pulse that adds 0 < w < 1 quanta fires the cell ``partial (1 - w)`` quanta sooner;
        measured apart, with its own residual. One that takes away never fires it.
    """

    l_s: float
    i_critical: float
    i_zero: float
    i_leak: float
    i_quantum: float
    r_low: float
    r_high: float
    b_low: float
    b_high: float
    residual: float
    partial: float = 0.0
    partial_residual: float = 0.0

    @property
    def quantum(self) -> float:
        """Return Phi0 / l_s [A]."""
        return PHI0 / self.l_s

    @property
    def offset(self) -> float:
        """Return how many quanta above ``(I_c - I_b) / i_quantum`` the threshold lies."""
        return (self.i_zero - self.i_critical) / self.i_quantum

    def threshold(self, bias: float, leak: float) -> float:
        """Return theta [quanta] at a bias current [A] and a leak resistor [ohm]."""
        return (self.i_zero + self.i_leak * leak - bias) / self.i_quantum

    def bias(self, threshold: float, leak: float) -> float:
        """Return the bias current [A] for a threshold [quanta] and a leak resistor [ohm]."""
        return self.i_zero + self.i_leak * leak - threshold * self.i_quantum


@dataclass(frozen=True, slots=True, kw_only=True)
class GateLaw:
    """The gate of the two-point neuron: a synapse whose weight current its context moves.

    ``P = (1 + erf(sqrt(pi) (I_w + gain (k_c I_c - k_d I_d) - half) / grey)) / 2``; a pulse adds
    Phi0 / l_c to the current of its context loop, which leaks with ``tau_c = l_c / R_c``.

    Attributes
    ----------
    l_c : float [H]
        Inductance of a context loop in the netlist.
    half, grey : float [A]
        As of the synapse, without context.
    gain : float
        Weight current that one ampere in a loop of coupling 1 stands for.
    residual : float
        Root mean square of measured minus fitted P, over currents and contexts.
    k_low, k_high : float
        Couplings it was measured with.
    r_low, r_high : float [ohm]
        Resistors of the loops.
    reach : float
        Largest distance of the half point from rest, in grey zones.
    limit : float [A]
        Largest shift by context that the junction behind the gate bears.
    """

    l_c: float
    half: float
    grey: float
    gain: float
    residual: float
    k_low: float
    k_high: float
    r_low: float
    r_high: float
    reach: float
    limit: float

    def shift(self, coupling: float) -> float:
        """Return by how much weight current [A] one pulse moves a gate of some coupling."""
        return self.gain * coupling * PHI0 / self.l_c

    def coupling(self, shift: float) -> float:
        """Return the coupling for a shift per pulse [A]."""
        return shift * self.l_c / (self.gain * PHI0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Everything the compiler knows about the cells.

    Attributes
    ----------
    setting : Setting
    digests : dict
        Hash of each netlist measured, by cell.
    delay : dict
        Insertion delay in a line of JTLs [s], by cell; ``"neuron"`` is from the junction that
        drives the loop to the threshold junction, mean over firing conditions.
    window : float [s]
        Two pulses into a merger closer than this come out as one.
    separation : dict
        Shortest time between two pulses on one input that both come out [s], by cell.
    synapse : SynapseLaw
    neuron : NeuronLaw
    gate : GateLaw
    """

    setting: Setting
    digests: Mapping[str, str]
    delay: Mapping[str, float]
    window: float
    separation: Mapping[str, float]
    synapse: SynapseLaw
    neuron: NeuronLaw
    gate: GateLaw

    def stale(self) -> tuple[str, ...]:
        """Return the cells whose netlist differs from the one measured."""
        return tuple(
            name for name, digest in self.digests.items() if library.digest(name) != digest
        )

    def save(self) -> Path:
        """Write the record beside the netlists and return where."""
        write_text(path(), json.dumps(asdict(self), indent=1) + "\n")
        return path()


def path() -> Path:
    """Return where the record lies: beside the netlists."""
    return library.folder() / FILE


def load() -> Calibration:
    """Read the record and hold it against the netlists.

    Raises
    ------
    ValueError
        A netlist has changed since it was measured, or the file is no such record.
    """
    try:
        record = from_json(json.loads(path().read_text(encoding="utf-8")))
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path()}: {error} came, a calibration record is expected") from error
    stale = record.stale()
    if stale:
        raise ValueError(
            f"{path()}: measured on other netlists of {', '.join(stale)}: "
            "measure again with neuromorph.circuits.cell.characterisation.measure().save()"
        )
    return record


def from_json(data: Mapping[str, Any]) -> Calibration:
    """Build the record from parsed JSON."""
    rest = {key: data[key] for key in ("digests", "delay", "window", "separation")}
    return Calibration(
        setting=Setting(**data["setting"]),
        synapse=SynapseLaw(**data["synapse"]),
        neuron=NeuronLaw(**data["neuron"]),
        gate=GateLaw(**data["gate"]),
        **rest,
    )
