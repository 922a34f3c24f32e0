"""Thermal noise of a stated bandwidth: sources whose draws stand 1/bandwidth apart.

White noise up to the step is made by the kernels themselves. A bandwidth below that (``.neb`` or
``neb=``) is JoSIM's model: beside each resistor a current source of spectral amplitude
sqrt(4kT/R), drawn every 1/bandwidth and joined by straight lines.
"""

from __future__ import annotations

import math
from dataclasses import replace

from neuromorph.circuits.circuit import Analysis, Circuit
from neuromorph.circuits.element import CurrentSource, Element, Junction, Resistor
from neuromorph.circuits.sampled_waveform import NoiseSource
from neuromorph.units import BOLTZMANN


def banded(circuit: Circuit, plan: Analysis, seed: int,
           temperature: float | None) -> tuple[Circuit, float | None]:
    """Return the circuit with a source in place of every noise whose band ends below 1/step.

    The temperature comes back as None if it now stands in the elements themselves.
    """
    if circuit.bandwidth is None and not any(
            isinstance(e, Resistor | Junction) and e.bandwidth for e in circuit.elements):
        return circuit, temperature
    elements: list[Element] = []
    more: list[Element] = []
    for element in circuit.elements:
        if isinstance(element, Resistor | Junction):
            kelvin, band = _noise(element, circuit, temperature)
            if kelvin and band and band * plan.step < 1 - 1e-6:
                more.append(_source(element, kelvin, band, seed, plan.duration))
                kelvin = 0.0
            if temperature is not None or band:
                element = replace(element, temperature=kelvin)
        elements.append(element)
    if not more:
        return circuit, temperature
    return replace(circuit, elements=(*elements, *more)), None


def _noise(element: Resistor | Junction, circuit: Circuit,
           temperature: float | None) -> tuple[float, float]:
    kelvin = element.temperature if temperature is None else temperature
    if kelvin is None:
        kelvin = circuit.temperature
    band = element.bandwidth if element.bandwidth is not None else circuit.bandwidth
    return kelvin or 0.0, band or 0.0


def _source(element: Resistor | Junction, kelvin: float, band: float, seed: int,
            duration: float) -> CurrentSource:
    ohm = element.r_0 if isinstance(element, Junction) else element.value
    name = f"NOISE.{element.name}"
    wave = NoiseSource(amplitude=math.sqrt(4 * BOLTZMANN * kelvin / ohm), interval=1 / band)
    return CurrentSource(name=name, nodes=element.nodes[:2],
                         waveform=wave.drawn(seed, name, duration))
