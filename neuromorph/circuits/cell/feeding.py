"""What it takes to feed the bias currents of a circuit, counted by two conventions."""

from __future__ import annotations

from neuromorph.units import PHI0

BUS_VOLTAGE = 2.6e-3  #: of a resistive RSFQ bias bus [V]; customary, no source in hand


def bus_energy(bias: float, seconds: float) -> float:
    """Return what a resistive bus gives [J]: its voltage times all bias current [A] times time."""
    return BUS_VOLTAGE * bias * seconds


def ersfq_energy(bias: float, turns: int) -> float:
    """Return what junctions that feed the biases take [J]: ``Phi0 bias turns``.

    They turn at the rate of the fastest junction of the circuit, ``turns`` of it; the circuit's own
    part is included.

    Source
    ------
    Mukhanov 2011, doi 10.1109/TASC.2010.2096792.
    """
    return PHI0 * bias * turns
