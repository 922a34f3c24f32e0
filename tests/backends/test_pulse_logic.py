"""Three-input logic on the emulator and on the superconducting cells: same table, same counts."""

import itertools

import numpy as np
import pytest

import neuromorph as nm

RATE, DURATION = 200.0, 0.2  #: of an active rail [Hz]; [s]
ODD = [bits for bits in itertools.product((0, 1), repeat=3) if sum(bits) % 2]
MANY = [(0, 1), (0, 2), (1, 2)]


def network(groups, v_th):
    """Rails a, b, c, not a, not b, not c; one hidden cell per group of rails; their union."""
    into = np.zeros((6, len(groups)))
    for cell, group in enumerate(groups):
        into[list(group), cell] = 1.0
    return nm.Network(
        populations=(
            nm.Population(name="in", n=6, cell=nm.Source()),
            nm.Population(name="hidden", n=len(groups),
                          cell=nm.LIF(tau_m=10e-3, v_th=v_th, v_subtract=1.0)),
            nm.Population(name="out", n=1, cell=nm.LIF(tau_m=20e-3, v_th=1.5, v_subtract=1.0)),
        ),
        projections=(
            nm.Projection(source="in", target="hidden", weights=into, delay=8e-3,
                          probability=0.95),
            nm.Projection(source="hidden", target="out", weights=np.ones((len(groups), 1)),
                          delay=8e-3, probability=0.95),
        ),
    )  # fmt: skip


def rails(bits):
    active = np.array([*bits, *(1 - b for b in bits)], dtype=float)
    return {"in": nm.Regular(rate=RATE * active, offset=np.tile(np.arange(3) / 3 / RATE, 2))}


PARITY = network([[k if bit else k + 3 for k, bit in enumerate(bits)] for bits in ODD], 5.2)
MAJORITY = network(MANY, 3.3)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("net", "law"),
    [(PARITY, lambda bits: sum(bits) % 2), (MAJORITY, lambda bits: int(sum(bits) > 1))],
    ids=["parity", "majority"],
)
def test_three_input_logic_agrees_with_the_emulator(net, law):
    pulse = nm.SFQPulse(level="paths")
    for bits in itertools.product((0, 1), repeat=3):
        counts = np.array([
            [nm.run(net, rails(bits), backend=b, duration=DURATION, seed=seed,
                    dt=1e-5).spikes["out"].count[0] for seed in range(20)]
            for b in (pulse, nm.Numba(merge_window=pulse.merge_window))
        ])  # fmt: skip
        assert ((counts > 3).astype(int) == law(bits)).all(), (bits, counts)
        a, b = counts.mean(axis=1)
        interval = 2 * np.sqrt(counts.var(axis=1, ddof=1).sum() / 20)
        assert abs(a - b) <= max(0.1 * b, interval), (bits, a, b)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("net", "bits", "answer"),
    [(PARITY, (1, 0, 0), 1), (PARITY, (1, 1, 0), 0), (MAJORITY, (1, 1, 0), 1),
     (MAJORITY, (1, 0, 0), 0)],
)  # fmt: skip
def test_three_input_logic_on_the_circuit_counts_as_its_pulses(net, bits, answer):
    circuit, pulse = (
        nm.run(net, rails(bits), backend=b, duration=DURATION, seed=2).spikes["out"].count[0]
        for b in (nm.SFQCircuit(), nm.SFQPulse())
    )
    assert (circuit > 3) == (pulse > 3) == bool(answer)
    assert abs(circuit - pulse) <= 4  # two noisy runs of some 20 pulses, thinned to 0.9
