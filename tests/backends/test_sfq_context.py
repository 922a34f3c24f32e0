"""Two-point cells on both superconducting levels: the gate of ContextLIF, signed context."""

import numpy as np
import pytest

import neuromorph as nm

DURATION = 0.2
CELL = nm.ContextLIF(
    tau_m=20e-3, v_th=1.7, v_subtract=1.0, tau_c=20e-3, modulation="probability", c_half=1.0,
    c_grey=4.0,
)  # fmt: skip


def network(cell=CELL, *, probability=1.0):
    return nm.Network(
        name="two_point",
        populations=(
            nm.Population(name="field", n=1, cell=nm.Source()),
            nm.Population(name="context", n=2, cell=nm.Source()),
            nm.Population(name="cell", n=1, cell=cell),
            nm.Population(name="next", n=1, cell=nm.LIF(tau_m=20e-3, v_th=1.4, v_subtract=1.0)),
        ),
        projections=(
            nm.Projection(source="field", target="cell", weights=[[1.0]], delay=8e-3,
                          probability=probability),
            nm.Projection(source="context", target="cell", port="apical", delay=8e-3,
                          weights=[[1.0], [-1.0]]),
            nm.Projection(source="cell", target="next", weights=[[1.0]], delay=8e-3),
        ),
    )  # fmt: skip


def drive(field, opening, closing):
    return {
        "field": nm.Regular(rate=field),
        "context": nm.Regular(rate=[opening, closing], offset=[1e-3, 3.3e-3]),
    }


def counts(backend, rates, seeds=1, net=None, dt=1e-4, duration=DURATION):
    found = [
        nm.run(net or network(), drive(*rates), backend=backend, duration=duration, seed=seed,
               dt=dt).spikes["cell"].count[0]
        for seed in range(seeds)
    ]  # fmt: skip
    return np.array(found)


LEVELS = {
    "circuit": nm.SFQCircuit(), "cells": nm.SFQPulse(), "paths": nm.SFQPulse(level="paths"),
}  # fmt: skip


@pytest.mark.parametrize("level", list(LEVELS))
def test_context_alone_is_silent_and_moves_the_gate_either_way(level):
    assert counts(LEVELS[level], (0.0, 200.0, 0.0))[0] == 0
    opened, closed = (
        counts(LEVELS[level], rates)[0] for rates in ((200.0, 200.0, 0.0), (200.0, 0.0, 200.0))
    )
    assert opened > 18  # of 40 pulses with all of them passing: a spike for each but the leak
    assert closed <= 1


@pytest.mark.parametrize("rates", [(60.0, 200.0, 0.0), (60.0, 0.0, 200.0)])
def test_without_noise_both_superconducting_levels_count_equal(rates):
    # sums that occur: 1.43 to 1.53 make a spike, 1.19 to 1.22 do not
    cell = nm.ContextLIF(tau_m=20e-3, v_th=1.35, v_subtract=1.0, tau_c=20e-3,
                         modulation="probability", c_half=1.6, c_grey=4.0)  # fmt: skip
    cold = [nm.SFQCircuit(temperature=0.0), nm.SFQPulse(temperature=0.0),
            nm.SFQPulse(temperature=0.0, level="paths")]  # fmt: skip
    found = [counts(b, rates, net=network(cell))[0] for b in cold]
    assert len(set(found)) == 1, found
    assert found[0] == (0 if rates[2] > 0 else 5), found


@pytest.mark.parametrize("seed", range(2))
def test_collapsed_trees_draw_at_the_gates_as_the_cells_do(seed, monkeypatch):
    from neuromorph.circuits.pulse import emulation

    monkeypatch.setattr(emulation, "JITTER_TEMPERATURE", np.inf)
    net = network(probability=0.9)
    stimulus = {
        "field": nm.SpikeTimes.per_unit([1e-3 + 5.5e-3 * np.arange(24)]),
        "context": nm.SpikeTimes.per_unit([2e-3 + 9e-3 * np.arange(14), [12e-3, 50e-3, 90e-3]]),
    }
    cells, paths = (
        nm.run(net, stimulus, backend=nm.SFQPulse(level=level), duration=DURATION, seed=seed)
        for level in ("cells", "paths")
    )
    for name in ("cell", "next"):
        a, b = cells.spikes[name], paths.spikes[name]
        np.testing.assert_array_equal(a.count, b.count)
        np.testing.assert_allclose(a.time, b.time, rtol=0, atol=1e-12)
    assert cells.spikes["cell"].count[0] > 3
    assert cells.counts.junction_switchings == paths.counts.junction_switchings
    assert cells.energy[0].joules == pytest.approx(paths.energy[0].joules, rel=1e-9)
    assert cells.provenance.notes[1] == paths.provenance.notes[0]


def test_context_beyond_the_gate_s_reach_is_refused_before_the_run():
    cell = nm.ContextLIF(tau_m=20e-3, v_th=1.7, v_subtract=1.0, tau_c=50e-3,
                         modulation="probability", c_half=1.0, c_grey=1.5)  # fmt: skip
    with pytest.raises(ValueError, match=r"context of unit 0 is predicted to reach .* is allowed"):
        counts(nm.SFQCircuit(), (100.0, 250.0, 0.0), net=network(cell))


@pytest.mark.parametrize("level", list(LEVELS))
def test_single_rail_xor_needs_no_complements(level):
    work = nm.workloads.single_rail_xor()
    for key, stimulus in work.stimuli.items():
        result = nm.run(work.network, stimulus, backend=LEVELS[level], duration=work.duration)
        assert work.readout.answer(result) == work.targets[key], key


def test_single_rail_xor_counts_as_the_emulator():
    work = nm.workloads.single_rail_xor()
    for key in ("01", "10"):
        circuit, emulator = (
            nm.run(work.network, work.stimuli[key], backend=b, duration=work.duration, seed=1)
            for b in (nm.SFQCircuit(), nm.Numba())
        )
        for name in ("hidden", "out"):
            a, b = (r.spikes[name].count.sum() for r in (circuit, emulator))
            assert a == pytest.approx(b, rel=0.1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rates", "brian", "duration"),
    [((200.0, 200.0, 0.0), True, DURATION), ((200.0, 100.0, 0.0), False, 0.6)],
)
def test_two_point_cells_agree_on_all_backends_at_4_kelvin(rates, brian, duration):
    found = {
        "numba": counts(nm.Numba(), rates, 40, duration=duration),
        "circuit": counts(LEVELS["circuit"], rates, 20, duration=duration),
        "paths": counts(LEVELS["paths"], rates, 40, duration=duration),
    }
    if brian:
        found["brian2"] = counts(nm.Brian2(), rates, 20)
    reference = found["numba"]
    for name, mine in found.items():
        interval = 2 * np.sqrt(
            mine.var(ddof=1) / mine.size + reference.var(ddof=1) / reference.size
        )
        gap = abs(mine.mean() - reference.mean())
        assert gap <= max(0.1 * reference.mean(), interval), (name, mine, reference)
