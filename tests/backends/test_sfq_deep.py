"""A three-layer net of weak stochastic synapses behind trees: every layer counts on both levels."""

from itertools import pairwise

import numpy as np
import pytest

import neuromorph as nm
from neuromorph.workloads.rate_code import tightened

SIZES, FAN_IN, DURATION = (12, 10, 8, 6), 6, 0.45
THRESHOLDS = (2.5, 1.6, 1.4)


def network(seed=5):
    """Return 12 sources and 10, 8, 6 cells of six inputs each, P from 0.05 to 0.6."""
    rng = np.random.default_rng(seed)
    populations = [nm.Population(name="in", n=SIZES[0], cell=nm.Source())]
    projections = []
    for k, (a, b) in enumerate(pairwise(SIZES)):
        cell = nm.LIF(tau_m=40e-3, v_th=THRESHOLDS[k], v_subtract=1.0)
        weights = np.zeros((a, b))
        for j in range(b):
            weights[rng.choice(a, FAN_IN, replace=False), j] = 1.0
        populations.append(nm.Population(name=f"layer{k}", n=b, cell=cell))
        projections.append(
            nm.Projection(source=populations[-2].name, target=f"layer{k}", weights=weights,
                          delay=15e-3, probability=np.exp(rng.uniform(-3.0, -0.5, FAN_IN * b)))
        )  # fmt: skip
    net = nm.Network(name="deep", populations=tuple(populations), projections=tuple(projections))
    return tightened(net)


def counts(net, backend, seeds):
    """Return spikes of each layer and pulses passed, shape (n_seed, n_layer + 1)."""
    offset = np.arange(SIZES[0]) * 0.618 % 1.0 / 60.0
    rows = []
    for seed in range(seeds):
        result = nm.run(net, {"in": nm.Regular(rate=60.0, offset=offset)}, backend=backend,
                        duration=DURATION, seed=seed)  # fmt: skip
        layers = [result.spikes[f"layer{k}"].count.sum() for k in range(len(SIZES) - 1)]
        rows.append([*layers, result.counts.transmissions])
    return np.array(rows)


@pytest.mark.slow
def test_deep_layers_fire_in_the_circuit_as_pulse_by_pulse():
    net = network()
    pulse = counts(net, nm.SFQPulse(level="paths"), 60)
    circuit = counts(net, nm.SFQCircuit(loss_tolerance=0.3), 4)
    assert (pulse.mean(axis=0) > 20).all()
    error = np.sqrt(circuit.var(axis=0, ddof=1) / 4 + pulse.var(axis=0, ddof=1) / 60)
    gap = np.abs(circuit.mean(axis=0) - pulse.mean(axis=0))
    assert (gap <= np.maximum(0.1 * pulse.mean(axis=0), 2 * error)).all(), (circuit, pulse)
