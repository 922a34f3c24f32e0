"""Delay and jitter of a cell against a factor on all bias currents, all factors in one batch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neuromorph.circuits.cell.record import BiasCurve
from neuromorph.circuits.cell.timing import CYCLE, CYCLES, Rig
from neuromorph.circuits.circuit import Circuit
from neuromorph.circuits.element import CurrentSource
from neuromorph.circuits.solver.batch import simulate_batch
from neuromorph.circuits.tolerance.knob import is_bias

FACTORS = tuple(np.round(np.arange(0.7, 1.301, 0.05), 2).tolist())

Array = NDArray[np.float64]


def bias_curve(rig: Rig, *, factors: Sequence[float] = FACTORS, seed: int = 1) -> BiasCurve:
    """Measure a cell between heads and tails whose biases change with its own.

    A pulse's delay is that without noise; jitter is the standard deviation of the difference that
    noise makes, pulse by pulse. A bare line at the same bias is taken off both.
    """
    ports = CYCLE.get(rig.cell, ("a",)) * CYCLES
    whole = _waits(rig, ports, factors, seed, bare=False)
    line = _waits(rig, ("a",) * CYCLES, factors, seed, bare=True)
    delay: list[float | None] = []
    jitter: list[float | None] = []
    for (cold, hot), (cold_line, hot_line) in zip(whole, line, strict=True):
        complete = all(x is not None for x in (cold, hot, cold_line, hot_line))
        if not complete:
            delay.append(None)
            jitter.append(None)
            continue
        delay.append(float(np.mean(cold) - np.mean(cold_line)))  # type: ignore[arg-type]
        spread = np.var(hot - cold) - np.var(hot_line - cold_line)  # type: ignore[operator]
        jitter.append(float(np.sqrt(max(spread, 0.0))))
    return BiasCurve(factor=tuple(factors), delay=tuple(delay), jitter=tuple(jitter),
                     temperature=rig.bench.temperature)  # fmt: skip


def biases(circuit: Circuit) -> list[str]:
    """Return the names of all bias currents of a bench; drives are none."""
    return [e.name for e in circuit.elements if isinstance(e, CurrentSource) and is_bias(e)]


def _waits(
    rig: Rig, ports: Sequence[str], factors: Sequence[float], seed: int, *, bare: bool
) -> list[tuple[Array | None, Array | None]]:
    """Return per factor the times from input to output, without and with noise."""
    circuit = rig.circuit(ports, bare=bare)
    out = "q" if bare else rig.outputs[0]
    junctions = (f"B2.XH{ports[-1].upper()}3", f"B1.XT{out.upper()}1")
    twice = np.repeat(factors, 2)
    batch = simulate_batch(
        circuit, dict.fromkeys(biases(circuit), twice), seeds=np.full(twice.size, seed),
        temperature=np.tile([0.0, rig.bench.temperature], len(factors)), pulses=junctions,
        on_large_step="mark",
    )  # fmt: skip
    expected = ports.count(ports[-1])
    came = batch.antipulses if rig.reverses and not bare else batch.pulses
    pairs = [(batch.pulses[junctions[0]][k], came[junctions[1]][k]) for k in range(twice.size)]
    found = [
        None if batch.failed[k] or a.size != expected or b.size != expected else np.asarray(b - a)
        for k, (a, b) in enumerate(pairs)
    ]
    return list(zip(found[::2], found[1::2], strict=True))
