"""Transient simulation: a circuit, a step and a seed in, pulses and printed traces out."""

from __future__ import annotations

import time as clock
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from neuromorph.circuits.circuit import Analysis, Circuit, Output, canonical
from neuromorph.circuits.deck.control import request
from neuromorph.circuits.element import (
    CurrentSource,
    Element,
    Junction,
    PhaseSource,
    VoltageSource,
)
from neuromorph.circuits.sampled_waveform import NoiseSource
from neuromorph.circuits.solver.balance import Balance
from neuromorph.circuits.solver.band import banded
from neuromorph.circuits.solver.integrator import Integrator, StepError, prepared
from neuromorph.circuits.solver.probe import Probe, evaluate, probe
from neuromorph.circuits.solver.reduction import CircuitError
from neuromorph.circuits.solver.stability import Stability
from neuromorph.circuits.waveform import Waveform

Array = NDArray[np.float64]

#: How far a run may refine its step before it gives up.
_MOST_REFINED = 1024

__all__ = ["CircuitError", "StepError", "Transient", "simulate"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Transient:
    """The result of a simulation, in SI units.

    Parameters
    ----------
    time : array, shape (n_time,) [s]
        Times of the printed traces.
    phases, voltages, currents : mapping of array, shape (n_time,) [rad], [V], [A]
        What was printed, by target: ``phases["B1.XDUT"]``, ``voltages["3"]``, ``voltages["3,4"]``.
    pulses : mapping of array [s]
        Times at which the phase of a junction passed pi + 2 pi k upwards.
    antipulses : mapping of array [s]
        The same downwards.
    counts : mapping of int
        Pulses less antipulses.
    energy : Balance
        Source work, heat, stored energy and the counted conventions.
    step : float [s]
        The step used; ``asked_step`` unless ``on_large_step="refine"`` had to halve it.
    scheme : str
        The scheme the run began with; ``stability.until`` says when am4 took over from cowell.
    stability : Stability
        The fastest mode, the largest step it allows, rows of lower order, and why this scheme.
    seconds : mapping of float [s]
        CPU seconds of ``setup``, ``compile``, ``run``, ``post``; ``kernel`` is the part of ``run``
        spent in the compiled steps.
    """

    circuit: Circuit
    time: Array
    phases: Mapping[str, Array]
    voltages: Mapping[str, Array]
    currents: Mapping[str, Array]
    outputs: tuple[Output, ...]
    pulses: Mapping[str, Array]
    antipulses: Mapping[str, Array]
    counts: Mapping[str, int]
    energy: Balance
    step: float
    asked_step: float
    startup: bool
    duration: float
    scheme: str
    stability: Stability
    seed: int | None
    temperature: float | None
    seconds: Mapping[str, float]

    def __repr__(self) -> str:
        pulses = sum(times.size for times in self.pulses.values())
        scheme = self.scheme + (" and am4" if self.stability.until < self.duration else "")
        return (f"Transient({self.circuit.title!r}: {self.duration * 1e9:g} ns at "
                f"{self.step * 1e12:g} ps by {scheme}, {pulses} pulses)")

    def trace(self, output: Output) -> Array:
        """Return the values of a printed output."""
        table = {"P": self.phases, "V": self.voltages, "I": self.currents}[output.kind]
        return table[",".join(output.targets)]


def simulate(
    circuit: Circuit,
    *,
    step: float | None = None,
    duration: float | None = None,
    seed: int | None = None,
    temperature: float | None = None,
    scheme: str = "auto",
    record: Sequence[str] | None = None,
    pulses: Sequence[str] | None = None,
    startup: bool | None = None,
    on_large_step: str = "error",
) -> Transient:
    """Integrate a circuit over time.

    Parameters
    ----------
    step, duration : float [s], optional
        The deck's ``.tran`` unless given.
    seed : int, optional
        Seed of the thermal noise; the deck's ``.option seed`` or 0 unless given.
    temperature : float [K], optional
        For every resistor and junction, over all the deck says; 0 switches noise off.
    scheme : str
        ``"cowell"`` (up to seven points), ``"am4"`` (fourth order), ``"leapfrog"`` (second order,
        half the cost) or ``"bdf2"`` (second order, reproduces JoSIM's errors). ``"auto"`` is
        cowell where it holds (no noise, line, relation of its own, gap or stiff spot), else am4;
        bdf2 with dependent sources and for steps above their limit on the fastest mode of the
        circuit. ``stability`` of the result says which and why.
    record : sequence of str, optional
        Outputs such as ``"P(B1.XDUT)"``, ``"V(3)"``, ``"I(L1)"`` in place of the deck's.
    pulses : sequence of str, optional
        Junctions whose pulses are wanted; all unless given.
    startup : bool, optional
        Settle constant sources before t = 0; the deck's ``.tran`` (yes without DST) unless given.
    on_large_step : str
        ``"error"`` or ``"refine"`` (halve the step and start again until it does, at most ten
        times).

    Raises
    ------
    CircuitError
        The circuit has no unique solution, or something asked for does not exist.
    StepError
        A phase moved too far in one step.
    ValueError
        A temperature below 0 K, or another ``on_large_step``.
    """
    if on_large_step not in ("error", "refine"):
        raise ValueError(f"on_large_step: {on_large_step!r} came, 'error' or 'refine' is allowed")
    if temperature is not None and not 0 <= temperature < np.inf:
        raise ValueError(f"simulate, temperature: {temperature} K came, 0 K or more is allowed")
    plan = _plan(circuit, step, duration, startup)
    outputs = circuit.outputs if record is None else tuple(request(word) for word in record)
    seed = seed if seed is not None else circuit.seed
    circuit, kelvin = _drawn(circuit, plan, seed or 0, temperature)
    watched = _watched(circuit, pulses)
    asked = plan.step
    while True:
        try:
            result = _run(circuit, plan, outputs, watched, seed, kelvin, scheme)
            return replace(result, asked_step=asked, temperature=temperature)
        except StepError:
            if on_large_step == "error" or plan.step <= asked / _MOST_REFINED:
                raise
            plan = replace(plan, step=plan.step / 2,
                           print_step=plan.print_step or plan.step)


def _plan(circuit: Circuit, step: float | None, duration: float | None,
          startup: bool | None) -> Analysis:
    deck = circuit.analysis
    if deck is None and (step is None or duration is None):
        raise ValueError(f"{circuit.title}: no .tran; give step and duration")
    if deck is None:
        deck = Analysis(step=step or 0.0, duration=duration or 0.0)
    changed = step is not None and step != deck.step
    print_step = None if changed else deck.print_step
    return Analysis(step=step if step is not None else deck.step,
                    duration=duration if duration is not None else deck.duration,
                    start=deck.start if duration is None else 0.0, print_step=print_step,
                    window=deck.window,
                    startup=deck.startup if startup is None else startup)


def _drawn(circuit: Circuit, plan: Analysis, seed: int,
           temperature: float | None) -> tuple[Circuit, float | None]:
    """Replace noise sources and band-limited thermal noise by what the seed draws for them."""
    changes: dict[str, float | Waveform] = {
        e.name: e.waveform.drawn(seed, e.name, plan.duration) for e in circuit.elements
        if isinstance(e, CurrentSource | VoltageSource | PhaseSource)
        and isinstance(e.waveform, NoiseSource)}
    circuit = circuit.with_values(changes) if changes else circuit
    return banded(circuit, plan, seed, temperature)


def _watched(circuit: Circuit, names: Sequence[str] | None) -> list[Junction]:
    if names is None:
        return list(circuit.junctions)
    found: list[Junction] = []
    for name in names:
        element = circuit.element(name)
        if not isinstance(element, Junction):
            raise ValueError(f"pulses of {canonical(name)}: it is no junction")
        found.append(element)
    return found


def _run(circuit: Circuit, plan: Analysis, outputs: tuple[Output, ...], watched: list[Junction],
         seed: int | None, temperature: float | None, scheme: str) -> Transient:
    begin = clock.process_time()
    integrator = prepared(circuit, plan.step * 1e12, scheme, temperature, seed)
    reduced = integrator.reduced
    elements: dict[str, Element] = {e.name: e for e in circuit.elements}
    probes = [probe(output, reduced, elements) for output in outputs]
    steps = max(1, round(plan.duration / plan.step))
    setup = clock.process_time()
    phases = integrator.run(steps, [f for p in probes for f in p.functionals], plan.startup)
    ran = clock.process_time()
    times, traces = _printed(plan, probes, phases, steps)
    forward, backward = _events(watched, integrator)
    seconds = {"setup": setup - begin, "compile": integrator.compile_seconds,
               "kernel": integrator.kernel_seconds,
               "run": ran - setup - integrator.compile_seconds,
               "post": clock.process_time() - ran}
    return Transient(
        circuit=circuit, time=times, outputs=outputs, **traces,
        pulses=MappingProxyType(forward), antipulses=MappingProxyType(backward),
        counts=MappingProxyType({k: forward[k].size - backward[k].size for k in forward}),
        energy=integrator.energy, step=plan.step, asked_step=plan.step,
        startup=plan.startup, duration=steps * plan.step,
        scheme=integrator.stability.scheme,
        stability=integrator.stability, seed=seed, temperature=temperature,
        seconds=MappingProxyType(seconds))


def _printed(plan: Analysis, probes: list[Probe], phases: Array,
             steps: int) -> tuple[Array, dict[str, Mapping[str, Array]]]:
    every = max(1, round(plan.print_step / plan.step)) if plan.print_step else 1
    first = min(round(plan.start / plan.step), steps)
    chosen = slice(first, None, every)
    times = np.arange(steps + 1, dtype=np.float64)[chosen] * plan.step
    tables: dict[str, dict[str, Array]] = {"P": {}, "V": {}, "I": {}}
    for item, value in zip(probes, evaluate(probes, phases, plan.step * 1e12), strict=True):
        scale = 1.0 if item.output.kind == "P" else 1e-3
        value = _smoothed(value, plan.window, plan.step)
        tables[item.output.kind][",".join(item.output.targets)] = value[chosen] * scale
    return times, {"phases": MappingProxyType(tables["P"]),
                   "voltages": MappingProxyType(tables["V"]),
                   "currents": MappingProxyType(tables["I"])}


def _smoothed(value: Array, window: float, step: float) -> Array:
    """Return a trace filtered by a Hann window [s], the first and last value held outside."""
    half = int(0.5 * window / step)
    if not half:
        return value
    size = 2 * half + 1
    weight = 1 - np.cos((np.arange(size) + 0.5) * (2 * np.pi / size))
    held = np.concatenate((np.full(half, value[0]), value, np.full(half, value[-1])))
    from scipy.signal import fftconvolve

    result: Array = fftconvolve(held, weight / weight.sum(), mode="valid")
    return result


def _events(watched: list[Junction],
            integrator: Integrator) -> tuple[dict[str, Array], dict[str, Array]]:
    forward, backward = {}, {}
    for junction in watched:
        up, down = integrator.crossings(junction.name)
        forward[junction.name], backward[junction.name] = up * 1e-12, down * 1e-12
    return forward, backward

