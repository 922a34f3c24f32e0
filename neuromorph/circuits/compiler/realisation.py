"""From a cell's description to currents, resistors and inductors, or a refusal that says what
is possible.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuromorph.circuits.cell.calibration import Calibration, GateLaw, NeuronLaw
from neuromorph.circuits.compiler.dendrite import APICAL, BASAL, Dendrites
from neuromorph.description import LIF, ContextLIF, Network, Population, Source

#: Probabilities between 0 and 1 that a weight current can set with sense.
LOWEST, HIGHEST = 0.002, 0.998


@dataclass(frozen=True, slots=True, kw_only=True)
class GateSetting:
    """What the gate of a two-point neuron is set to.

    Attributes
    ----------
    leak : float [ohm]
        Of both context loops.
    agreeing, opposing : float
        Coupling of the loops that open and that close it; 0: no such dendrite.
    current : float [A]
        Weight current: the passing probability without context.
    """

    leak: float
    agreeing: float
    opposing: float
    current: float

    @property
    def variant(self) -> str:
        """Return the name of the gate's subcircuit with these values."""
        k = (round(x * 1e6) for x in (self.leak, self.agreeing, self.opposing))
        return "signed_gate_{}u_{}_{}".format(*k)


@dataclass(frozen=True, slots=True, kw_only=True)
class NeuronSetting:
    """What one neuron's circuit is set to.

    Attributes
    ----------
    leak : float [ohm]
        Of all its branches in parallel.
    bias : float [A]
        Threshold bias.
    weights : tuple of float
        What a pulse adds in each storing branch, in quanta; below 0 by an antifluxon.
    gate : GateSetting, optional
        The gate before the neuron, of a ContextLIF.
    """

    leak: float
    bias: float
    weights: tuple[float, ...] = (1.0,)
    gate: GateSetting | None = None

    @property
    def variant(self) -> str:
        """Return the name of the neuron subcircuit with these branches."""
        name = f"neuron_{self.leak * 1e6:.0f}u"
        if self.weights == (1.0,):
            return name
        return "_".join([name, *(f"{w * 1e6:.0f}".replace("-", "n") for w in self.weights)])


def settings(
    network: Network, found: Dendrites, acceleration: float, calibration: Calibration
) -> list[NeuronSetting | None]:
    """Solve every unit of a network, sources None.

    Raises
    ------
    ValueError
        Something that the circuits cannot be; the message gives the reachable range.
    """
    out: list[NeuronSetting | None] = []
    for population in network.populations:
        if isinstance(population.cell, Source):
            out += [None] * population.n
        else:
            out += neuron_settings(population, found, acceleration, calibration)
    return out


def neuron_settings(
    population: Population, found: Dendrites, acceleration: float, calibration: Calibration
) -> list[NeuronSetting]:
    """Solve every unit of a population: ``R = l_s acceleration / tau_m``, I_b from v_th.

    Raises
    ------
    ValueError
        A cell, time constant, threshold, context or option that the circuit cannot be.
    """
    cell, law = population.cell, calibration.neuron
    if not isinstance(cell, (LIF, ContextLIF)):
        raise ValueError(
            f"Population {population.name!r}: {type(cell).__name__} came, LIF, ContextLIF and "
            "Source are compiled to superconducting cells"
        )
    _refuse_options(population.name, cell)
    tau, height, quantum = (
        np.broadcast_to(np.asarray(value, dtype=np.float64), (population.n,))
        for value in (cell.tau_m, np.asarray(cell.v_th) - np.asarray(cell.v_leak), cell.v_subtract)
    )
    leak = law.l_s * acceleration / tau
    start = found.first[population.name]
    ranges = [found.of_unit(start + k) for k in range(population.n)]
    weights = [
        tuple(float(found.weight[d]) for d in one if found.port[d] == BASAL) or (1.0,)
        for one in ranges
    ]
    theta = height / quantum + law.partial * (1.0 - np.array([_mean(w) for w in weights]))
    bias = law.i_zero + law.i_leak * leak - theta * law.i_quantum
    label = f"Population {population.name!r}: {type(cell).__name__}"
    _check_leak(label, leak, acceleration, law)
    _check_bias(label, bias, leak, quantum, law)
    gates: list[GateSetting | None] = [None] * population.n
    if isinstance(cell, ContextLIF):
        gates = list(gate_settings(population, found, ranges, acceleration, calibration.gate))
    rows = zip(leak, bias, weights, gates, strict=True)
    return [
        NeuronSetting(leak=float(r), bias=float(b), weights=_exact(w), gate=g)
        for r, b, w, g in rows
    ]


def gate_settings(
    population: Population, found: Dendrites, ranges: list[range], acceleration: float,
    law: GateLaw,
) -> list[GateSetting]:  # fmt: skip
    """Solve the gates of a ContextLIF population.

    ``R_c = l_c acceleration / tau_c``; the coupling makes one context pulse move the gate by its
    weight over ``c_grey`` grey zones, the weight current closes it by ``c_half / c_grey`` of them.

    Raises
    ------
    ValueError
        A time constant, weight or half point that no loop or current can be.
    """
    cell, name = population.cell, population.name
    if not isinstance(cell, ContextLIF) or cell.modulation != "probability":
        raise ValueError(
            f"Population {name!r}: ContextLIF.modulation 'threshold' came, 'probability' is "
            "allowed in superconducting cells: their context moves a gate"
        )
    tau, half = (
        np.broadcast_to(np.asarray(x, dtype=float), (population.n,))
        for x in (cell.tau_c, np.asarray(cell.c_half) / np.asarray(cell.c_grey))
    )
    leak = law.l_c * acceleration / tau
    bad = (leak < law.r_low * (1 - 1e-9)) | (leak > law.r_high * (1 + 1e-9))
    if bad.any():
        low, high = (law.l_c * acceleration / r for r in (law.r_high, law.r_low))
        raise ValueError(
            f"Population {name!r}: ContextLIF.tau_c {tau[bad][0]:.4g} s came, {low:.4g} to "
            f"{high:.4g} s is allowed at acceleration {acceleration:g}: change it or the "
            "acceleration"
        )
    bad = np.abs(half) > law.reach
    if bad.any():
        raise ValueError(
            f"Population {name!r}: ContextLIF.c_half / c_grey {half[bad][0]:.4g} came, "
            f"{-law.reach:g} to {law.reach:g} is allowed: beyond, the gate is open or shut"
        )
    return [
        GateSetting(
            leak=float(r), agreeing=_coupling(name, found, one, 1, law),
            opposing=_coupling(name, found, one, -1, law),
            current=float(law.half - law.grey * h),
        )
        for r, h, one in zip(leak, half, ranges, strict=True)
    ]  # fmt: skip


def _coupling(name: str, found: Dendrites, own: range, sign: int, law: GateLaw) -> float:
    """Return the coupling of the context loop of one sign of a unit."""
    weights = [
        float(found.weight[d])
        for d in own
        if found.port[d] == APICAL and found.weight[d] * sign > 0
    ]
    if not weights:
        return 0.0
    low, high = (law.shift(k) / law.grey for k in (law.k_low, law.k_high))
    if len(weights) > 1 or not low * (1 - 1e-6) <= abs(weights[0]) <= high * (1 + 1e-6):
        came = ", ".join(f"{w:.4g}" for w in weights)
        raise ValueError(
            f"Population {name!r}: apical weights of {came} c_grey came into one unit, one "
            f"magnitude per sign from {low:.3g} to {high:.3g} c_grey is allowed: use one context "
            "weight, or change ContextLIF.c_grey"
        )
    return law.coupling(abs(weights[0]) * law.grey)


def synapse_current(probability: float, label: str, calibration: Calibration) -> float | None:
    """Return the weight current [A], or None for probability 1, which needs no synapse.

    Raises
    ------
    ValueError
        A probability so near 0 or 1 that no weight current stands for it.
    """
    if probability == 1.0:
        return None
    if not LOWEST <= probability <= HIGHEST:
        raise ValueError(
            f"Projection {label}: probability {probability:g} came, {LOWEST:g} to {HIGHEST:g} or "
            "exactly 1 (no synapse) is allowed: leave out a synapse that never passes"
        )
    return calibration.synapse.current(probability)


def _mean(weights: tuple[float, ...]) -> float:
    """Return the mean of the positive weights: those whose pulses make a cell fire."""
    return float(np.mean([w for w in weights if w > 0] or [1.0]))


def _exact(weights: tuple[float, ...]) -> tuple[float, ...]:
    """Return weights with a lone quantum as exactly one."""
    return (1.0,) if len(weights) == 1 and abs(weights[0] - 1.0) < 1e-6 else weights


def _refuse_options(name: str, cell: LIF | ContextLIF) -> None:
    kind = type(cell).__name__
    if cell.v_subtract is None:
        raise ValueError(
            f"Population {name!r}: {kind}.v_reset came, v_subtract is allowed: a junction takes "
            "one flux quantum away and cannot reset"
        )
    refractory = np.asarray(cell.refractory)
    if np.any(refractory != 0):
        raise ValueError(
            f"Population {name!r}: {kind}.refractory {refractory.max():g} came, 0 is allowed in "
            "superconducting cells"
        )


def _check_leak(
    name: str, leak: NDArray[np.float64], acceleration: float, law: NeuronLaw
) -> None:
    bad = (leak < law.r_low * (1 - 1e-9)) | (leak > law.r_high * (1 + 1e-9))
    if bad.any():
        tau = law.l_s * acceleration / leak[bad][0]
        low, high = (law.l_s * acceleration / r for r in (law.r_high, law.r_low))
        raise ValueError(
            f"{name}.tau_m {tau:.4g} s came, {low:.4g} to {high:.4g} s is "
            f"allowed at acceleration {acceleration:g}: change it or the acceleration"
        )


def _check_bias(
    name: str,
    bias: NDArray[np.float64],
    leak: NDArray[np.float64],
    quantum: NDArray[np.float64],
    law: NeuronLaw,
) -> None:
    bad = (bias < law.b_low - 1e-9) | (bias > law.b_high + 1e-9)
    if bad.any():
        unit, ohm = float(quantum[bad][0]), float(leak[bad][0])
        low, high = (law.threshold(b, ohm) * unit for b in (law.b_high, law.b_low))
        came = law.threshold(float(bias[bad][0]), ohm) * unit
        raise ValueError(
            f"{name}.v_th {came:.4g} V came, {low:.4g} to {high:.4g} V is allowed "
            f"above v_leak with v_subtract {unit:.4g} V (threshold bias {law.b_high * 1e6:.0f} to "
            f"{law.b_low * 1e6:.0f} uA)"
        )
