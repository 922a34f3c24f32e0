"""One public door to everything that is measured of a cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from neuromorph.circuits.cell import timing
from neuromorph.circuits.cell.bench import Bench, line
from neuromorph.circuits.cell.bias_curve import FACTORS, bias_curve
from neuromorph.circuits.cell.calibration import Calibration, Setting
from neuromorph.circuits.cell.calibration import load as load_calibration
from neuromorph.circuits.cell.characterisation import merger_window
from neuromorph.circuits.cell.record import (
    Characterisation,
    Loop,
    RateCurve,
    digest,
)
from neuromorph.circuits.cell.transfer_surface import transfer_surfaces
from neuromorph.circuits.cell.weight_curve import weight_curves
from neuromorph.circuits.deck.netlist import read
from neuromorph.circuits.solver.batch import simulate_batch
from neuromorph.circuits.solver.transient import simulate

TWO_POINT = ("two_point_neuron", "stochastic_two_point_neuron")
BIASES = (0.0, 100e-6, 160e-6, 200e-6, 240e-6)  #: of the neuron's rate curves [A]
RATES = (5e9, 10e9, 15e9, 20e9, 25e9, 30e9, 35e9, 40e9)  #: into it [Hz]
LENGTH = 4e-9  #: of a train into it [s]
SETTLED = 2e-9  #: what the ramps of the biases left in a loop has leaked away [s]


def characterise(
    cell: str, *, bench: Bench | None = None, factors: Sequence[float] = FACTORS
) -> Characterisation:
    """Run the benches of a cell and fit what it does.

    Of every cell: delay, jitter, turns and work of each transition, setup, hold and smallest
    distances, delay and jitter against the bias currents. Of a merger its coincidence window; of a
    synapse its passing probability against the weight current at several temperatures; of a neuron
    quantum and tau of its loop, its law and rate curves; of a two-point neuron its transfer
    surface over seeds, temperatures and global bias.

    Parameters
    ----------
    cell : str
        A cell of the library that passes pulses.
    bench : Bench, optional
        Step, temperature, seeds and pulses.
    factors : sequence of float
        On all bias currents.

    Returns
    -------
    Characterisation
        ``save()`` writes it beside the netlist; :func:`neuromorph.circuits.load_record` reads it.

    Raises
    ------
    ValueError
        A cell for which no bench is known, or a calibration record that is stale.
    """
    bench = bench or Bench()
    known = (*timing.LOGIC, *TWO_POINT)
    if cell not in known:
        raise ValueError(f"characterise: cell {cell!r} came, {', '.join(known)} are allowed")
    setting = Setting(step=bench.step, temperature=bench.temperature, seeds=bench.seeds,
                      pulses=bench.pulses)  # fmt: skip
    found = Characterisation(cell=cell, digest=digest(cell), setting=setting)
    if cell in TWO_POINT:
        return replace(found, surfaces=transfer_surfaces(bench, cell=cell))
    calibration = load_calibration()
    rig = timing.Rig(cell=cell, bench=bench, calibration=calibration)
    found = replace(found, machine=timing.machine(cell, calibration, bench))
    if cell == "neuron":
        return _neuron(found, bench, calibration)
    found = replace(found, bias=bias_curve(rig, factors=factors))
    if cell == "merger":
        return replace(found, window=merger_window(bench))
    return replace(found, weights=weight_curves(bench)) if cell == "synapse" else found


def _neuron(found: Characterisation, bench: Bench, calibration: Calibration) -> Characterisation:
    return replace(found, neuron=calibration.neuron, loop=loop(bench), rates=rate_curves(bench))


def loop(bench: Bench) -> Loop:
    """Return quantum and tau of a neuron's loop, from its current after a single pulse.

    The threshold is out of reach; the decay is fitted from 20 ps after the pulse on, when the
    ringing is over, and drawn back to the pulse.
    """
    body = line("dcsfq", "jtl", "jtl", "neuron:i", "jtl", "jtl") + "IT 0 i pwl(0 0 5p 0)\n"
    text = bench.deck(body, {"d": [SETTLED]}, duration=SETTLED + 600e-12)
    run = simulate(read(text), record=("I(LS.X4)",), pulses=("B2.X3",), temperature=0.0)
    (current,) = run.currents.values()
    (pulse,) = run.pulses["B2.X3"]
    rest = float(np.mean(current[(run.time > pulse - 20e-12) & (run.time < pulse - 5e-12)]))
    kept = (run.time > pulse + 20e-12) & (run.time < pulse + 420e-12)
    slope, height = np.polyfit(run.time[kept] - pulse, np.log(current[kept] - rest), 1)
    return Loop(quantum=float(np.exp(height)), tau=float(-1.0 / slope))


def rate_curves(bench: Bench) -> tuple[RateCurve, ...]:
    """Return rates out of a neuron against rates in, one curve per bias, at the bench's heat."""
    out = np.zeros((len(RATES), len(BIASES)))
    for row, rate in enumerate(RATES):
        train = 60e-12 + np.arange(int(LENGTH * rate)) / rate
        body = line("dcsfq", "jtl", "jtl", "neuron:i", "jtl", "jtl")
        text = bench.deck(body + "IT 0 i pwl(0 0 5p 100u)\n", {"d": train},
                          duration=60e-12 + LENGTH)  # fmt: skip
        batch = simulate_batch(
            read(text), {"IT": np.array(BIASES) / 100e-6}, seeds=np.full(len(BIASES), 1),
            temperature=bench.temperature, pulses=("BT.X4",),
        )  # fmt: skip
        late = [np.count_nonzero(t > 60e-12 + LENGTH / 4) for t in batch.pulses["BT.X4"]]
        out[row] = np.array(late) / (0.75 * LENGTH)
    return tuple(
        RateCurve(bias=float(b), into=RATES, out=tuple(map(float, out[:, k])))
        for k, b in enumerate(BIASES)
    )
