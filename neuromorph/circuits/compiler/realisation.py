"""From a cell's description to currents and resistors, or a refusal that says what is possible."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuromorph.circuits.cell.calibration import Calibration, NeuronLaw
from neuromorph.description import LIF, Population, Projection, Source

#: Probabilities between 0 and 1 that a weight current can set with sense.
LOWEST, HIGHEST = 0.002, 0.998


@dataclass(frozen=True, slots=True, kw_only=True)
class NeuronSetting:
    """What one neuron's circuit is set to: leak [ohm] and threshold bias [A]."""

    leak: float
    bias: float

    @property
    def variant(self) -> str:
        """Return the name of the neuron subcircuit with this leak resistor."""
        return f"neuron_{self.leak * 1e6:.0f}u"


def neuron_settings(
    population: Population, acceleration: float, law: NeuronLaw
) -> tuple[NeuronSetting, ...]:
    """Solve every unit of a LIF population: ``R = l_s acceleration / tau_m``, I_b from v_th.

    Raises
    ------
    ValueError
        A cell, time constant, threshold or option that the circuit cannot be.
    """
    cell = population.cell
    if not isinstance(cell, LIF):
        raise ValueError(
            f"Population {population.name!r}: {type(cell).__name__} came, LIF and Source are "
            "compiled to superconducting cells"
        )
    _refuse_options(population.name, cell)
    tau, v_th, quantum = (
        np.broadcast_to(np.asarray(value, dtype=np.float64), (population.n,))
        for value in (cell.tau_m, cell.v_th, cell.v_subtract)
    )
    leak = law.l_s * acceleration / tau
    bias = law.i_zero + law.i_leak * leak - v_th / quantum * law.i_quantum
    _check_leak(population.name, leak, acceleration, law)
    _check_bias(population.name, bias, leak, quantum, law)
    pairs = zip(leak, bias, strict=True)
    return tuple(NeuronSetting(leak=float(r), bias=float(b)) for r, b in pairs)


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


def check_weights(projection: Projection, target: Population) -> None:
    """Hold every weight to one quantum, the target's ``v_subtract``.

    Raises
    ------
    ValueError
        Another weight.
    """
    cell = target.cell
    if isinstance(cell, Source):
        raise ValueError(
            f"Projection {projection.label}: a Source came as target, LIF is allowed"
        )
    quantum = np.broadcast_to(np.asarray(cell.v_subtract), (target.n,))  # type: ignore[attr-defined]
    weights = projection.weights
    wanted = quantum[weights.target]
    bad = np.flatnonzero(~np.isclose(weights.value, wanted, rtol=1e-6, atol=0.0))
    if bad.size:
        k = int(bad[0])
        raise ValueError(
            f"Projection {projection.label}: weight {weights.value[k]:g} V came for synapse "
            f"({int(weights.source[k])}, {int(weights.target[k])}), one quantum = v_subtract = "
            f"{wanted[k]:g} V is allowed: set the strength by the probability"
        )


def _refuse_options(name: str, cell: LIF) -> None:
    if cell.v_subtract is None:
        raise ValueError(
            f"Population {name!r}: LIF.v_reset came, v_subtract is allowed: a junction takes one "
            "flux quantum away and cannot reset"
        )
    for field in ("v_leak", "refractory"):
        value = np.asarray(getattr(cell, field))
        if np.any(value != 0):
            raise ValueError(
                f"Population {name!r}: LIF.{field} {value.max():g} came, 0 is allowed in "
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
            f"Population {name!r}: LIF.tau_m {tau:.4g} s came, {low:.4g} to {high:.4g} s is "
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
            f"Population {name!r}: LIF.v_th {came:.4g} V came, {low:.4g} to {high:.4g} V is "
            f"allowed with v_subtract {unit:.4g} V (threshold bias {law.b_high * 1e6:.0f} to "
            f"{law.b_low * 1e6:.0f} uA)"
        )
