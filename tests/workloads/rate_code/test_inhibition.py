"""A net with converters: trained, then run on every level."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

import neuromorph as nm
from neuromorph.workloads.rate_code.net import quanta


@cache
def trained():
    work = nm.workloads.inhibited_xor()
    return nm.train_rate(work, schedule=nm.RateSchedule(steps=1500, rate=0.1, loss=0.3), seed=1)


def counts(network, backend, seeds=(0,)):
    """Spikes of the output, by input: mean over the seeds."""
    work = nm.workloads.inhibited_xor(network=network)
    return {
        key: np.mean([nm.run(network, stimuli, backend=backend, duration=work.duration,
                             seed=seed).spikes["out"].count[0] for seed in seeds])
        for key, stimuli in work.stimuli.items()
    }  # fmt: skip


def test_weights_come_in_quanta_with_their_sign():
    work = nm.workloads.inhibited_xor(2)
    cell = replace(work.network.population("hidden").cell, v_subtract=2.0)
    np.testing.assert_allclose(quanta(work.network.projections[1], cell), -0.25)
    with pytest.raises(ValueError, match=r"weight 1.25 v_subtract came, up to 1 of either sign"):
        quanta(work.network.projections[2], replace(cell, v_subtract=0.8))


@pytest.mark.slow
@pytest.mark.parametrize(
    "backend", [nm.Numba(), nm.SFQPulse(), nm.SFQCircuit()], ids=lambda b: b.name
)
def test_trained_inhibition_answers_on_every_level(backend):
    found = trained()
    assert found.accuracy == 1.0
    work = nm.workloads.inhibited_xor(network=found.network)
    reference = counts(found.network, nm.Numba(), range(20))
    mine = counts(found.network, backend, range(3))
    for key, target in work.targets.items():
        assert (mine[key] > work.readout.threshold) == target, (key, mine)
        assert mine[key] == pytest.approx(reference[key], rel=0.15, abs=3), (key, mine, reference)


@pytest.mark.slow
def test_without_its_inhibition_the_trained_net_says_or():
    net = trained().network
    kept = tuple(p for p in net.projections if not (np.asarray(p.weights.value) < 0).any())
    assert len(kept) == 2
    found = counts(replace(net, projections=kept), nm.Numba())
    assert found["00"] == 0
    assert min(found[key] for key in ("01", "10", "11")) > 6.0
    cells = nm.SFQCircuit().compiled(net).report.cells
    assert cells["antifluxon"] == net.population("hidden").n
