"""A random feed-forward net of 20 neurons with stochastic synapses, on four backends."""

import numpy as np
import pytest

import neuromorph as nm

SEEDS, DURATION, RATE = 20, 0.2, 50.0


def network(seed=3):
    """8 sources, 12 hidden neurons, 8 outputs; each takes two inputs at P = 0.9."""
    rng = np.random.default_rng(seed)

    def matrix(a, b):
        w = np.zeros((a, b))
        for j in range(b):
            w[rng.choice(a, 2, replace=False), j] = 1.0
        return w

    def spread(count):
        return rng.uniform(12e-3, 15e-3, count)

    return nm.Network(
        name="random20",
        populations=(
            nm.Population(name="in", n=8, cell=nm.Source()),
            nm.Population(name="hidden", n=12, cell=nm.LIF(tau_m=20e-3, v_th=1.45, v_subtract=1.0)),
            nm.Population(name="out", n=8, cell=nm.LIF(tau_m=20e-3, v_th=1.35, v_subtract=1.0)),
        ),
        projections=(
            nm.Projection(source="in", target="hidden", weights=matrix(8, 12), delay=spread(24),
                          probability=0.9),
            nm.Projection(source="hidden", target="out", weights=matrix(12, 8), delay=spread(16),
                          probability=0.9),
        ),
    )  # fmt: skip


def drive():
    rates = np.linspace(0.8, 1.2, 8) * RATE  # unequal, so that no pair of trains stays in step
    return {"in": nm.Regular(rate=rates, offset=np.arange(8) / 8 / RATE)}


def counts(backend, seeds, dt=1e-4):
    """Spikes of both layers, shape (n_seed, 2), and of every unit, summed over the seeds."""
    net, rows = network(), []
    for seed in range(seeds):
        result = nm.run(net, drive(), backend=backend, duration=DURATION, seed=seed, dt=dt)
        rows.append(np.concatenate([result.spikes[p].count for p in ("hidden", "out")]))
    return np.array(rows)


def assert_agree(found, reference):
    for layer in (slice(0, 12), slice(12, 20)):
        a, b = found[:, layer].sum(axis=1), reference[:, layer].sum(axis=1)
        interval = 2 * np.sqrt(a.var(ddof=1) / a.size + b.var(ddof=1) / b.size)
        assert b.mean() > 20
        assert abs(a.mean() - b.mean()) <= max(0.1 * b.mean(), interval), (a, b)


def test_random_net_counts_on_the_pulse_level_as_on_the_emulator():
    pulse = nm.SFQPulse(level="paths")
    reference = counts(nm.Numba(merge_window=pulse.merge_window), SEEDS)
    assert_agree(counts(pulse, SEEDS), reference)


@pytest.mark.slow
def test_random_net_counts_in_the_circuit_as_on_the_emulator():
    circuit = nm.SFQCircuit(loss_tolerance=0.2)  # the emulator loses the same pulses
    reference = counts(nm.Numba(merge_window=circuit.merge_window), SEEDS)
    assert_agree(counts(circuit, SEEDS), reference)


@pytest.mark.slow
def test_random_net_counts_in_brian2_as_on_the_emulator():
    assert_agree(counts(nm.Brian2(), SEEDS), counts(nm.Numba(), SEEDS))
