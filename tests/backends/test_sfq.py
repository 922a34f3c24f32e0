from dataclasses import replace

import numpy as np
import pytest

from neuromorph.backends.emulator import Numba
from neuromorph.backends.sfq import SFQCircuit
from neuromorph.circuits.deck.netlist import read
from neuromorph.description import LIF, ContextLIF, Current, Record, SpikeTimes
from neuromorph.workloads import and_, nand, or_, xor
from neuromorph.workloads.logic_gate import dual_rail, gate_network

HIDDEN = LIF(tau_m=10e-3, v_th=3.3, v_subtract=1.0)
OUTPUT = LIF(tau_m=20e-3, v_th=1.5, v_subtract=1.0)
PAIRS = ((0, 3), (1, 2))


def run(network, stimulus, *, backend=None, seed=0, duration=0.15):
    backend = backend or SFQCircuit()
    return backend.simulate(
        network, stimulus, duration=duration, dt=1e-4, seed=seed, record={}
    )


def counts(network, stimulus, *, seeds, backend=None, duration=0.15):
    """Spikes of the hidden and the output units, one row per seed."""
    results = [
        run(network, stimulus, backend=backend, seed=seed, duration=duration)
        for seed in range(seeds)
    ]
    return np.array(
        [np.concatenate([r.spikes["hidden"].count, r.spikes["out"].count]) for r in results]
    )


def assert_agree(network, stimulus, *, seeds=10, duration=0.15):
    """Mean counts are the emulator's, within 10 % or 2 pulses; return them and all of them."""
    found = counts(network, stimulus, seeds=seeds, duration=duration)
    circuit = found.mean(axis=0)
    emulator = Numba(merge_window=SFQCircuit().merge_window)
    expected = counts(network, stimulus, seeds=40, backend=emulator, duration=duration).mean(axis=0)
    assert (np.abs(circuit - expected) <= np.maximum(2.0, 0.1 * expected)).all(), (
        circuit, expected,
    )  # fmt: skip
    return circuit, found


@pytest.mark.parametrize("key", ["00", "01", "10", "11"])
def test_xor_is_right_at_4_kelvin(key):
    work = xor()
    result = run(work.network, work.stimuli[key])
    assert work.readout.answer(result) == work.targets[key]
    assert (result.spikes["out"].count[0] == 0) == (work.targets[key] == 0)


def test_noiseless_xor_counts_equal_josim():
    # JoSIM 2.7 on SFQCircuit(temperature=0).deck(...) of this input, counts of all seven units
    work = xor()
    result = run(work.network, work.stimuli["10"], backend=SFQCircuit(temperature=0.0), seed=1)
    found = [int(n) for name in ("in", "hidden", "out") for n in result.spikes[name].count]
    assert found == [30, 0, 0, 30, 19, 0, 12]


@pytest.mark.slow
@pytest.mark.parametrize("work", [xor(), and_(), or_(), nand()], ids=lambda w: w.name)
def test_truth_tables_are_right_at_4_kelvin(work):
    for key, stimulus in work.stimuli.items():
        found = counts(work.network, stimulus, seeds=3)[:, -1]
        assert ((found > work.readout.threshold) == work.targets[key]).all(), key


@pytest.mark.slow
@pytest.mark.parametrize("work", [xor(), and_(), or_(), nand()], ids=lambda w: w.name)
def test_gates_count_as_the_emulator(work):
    for key, stimulus in work.stimuli.items():
        if work.targets[key]:
            assert_agree(work.network, stimulus)


@pytest.mark.slow
def test_moving_a_probability_moves_the_counts_as_predicted():
    found = [
        assert_agree(gate_network("xor", PAIRS, probability=p), dual_rail(1, 0), duration=0.3)[0][0]
        for p in (0.98, 0.9, 0.8)
    ]
    assert found[0] > found[1] + 3 > found[2] + 6


@pytest.mark.slow
def test_moving_a_threshold_moves_the_counts_as_predicted():
    found = [
        assert_agree(
            gate_network("xor", PAIRS, hidden=replace(HIDDEN, v_th=v_th)), dual_rail(1, 0),
            duration=0.3,
        )[0][0]
        for v_th in (2.8, 3.3, 3.8)
    ]  # fmt: skip
    assert found[0] > found[1] + 3 > found[2] + 6


@pytest.mark.slow
def test_moving_a_rate_moves_the_counts_as_predicted():
    network = gate_network("xor", PAIRS)
    found = [
        assert_agree(network, dual_rail(1, 0, rate=rate), duration=0.3)[0][0]
        for rate in (180.0, 200.0, 220.0)
    ]
    assert found[0] + 3 < found[1] < found[2] - 3


@pytest.mark.slow
def test_moving_a_time_constant_moves_the_counts_as_predicted():
    found = [
        assert_agree(
            gate_network("xor", PAIRS, hidden=replace(HIDDEN, tau_m=tau)), dual_rail(1, 0),
            duration=0.3,
        )[0][0]
        for tau in (8e-3, 10e-3, 15e-3)
    ]  # fmt: skip
    assert found[0] + 3 < found[1] < found[2] - 3


def test_without_noise_certain_pulses_are_delivered_one_by_one_at_the_delay():
    network = gate_network("relay", ((0, 2),), probability=1.0)
    result = run(network, dual_rail(1, 0), backend=SFQCircuit(temperature=0.0))
    assert result.spikes["in"].count.tolist() == [30, 0, 0, 30]
    np.testing.assert_allclose(
        result.spikes["in"].time[::2], np.arange(30) * 5e-3, atol=2e-5
    )
    # rails a and not_b reach no common cell here: one of them arrives, 30 pulses
    assert result.counts.transmissions == 30 + result.spikes["hidden"].count[0]


def test_mergers_lose_what_the_window_says():
    # two rails in phase: half of the pulses are lost, and the run is refused unless allowed
    network = gate_network("merge", ((0, 2),), probability=1.0)
    train = np.arange(30) * 5e-3
    stimulus = {"in": SpikeTimes.per_unit([train, [], train + 0.3e-3, []])}
    with pytest.raises(ValueError, match=r"unit 0 is predicted to lose 50.0% of its pulses"):
        run(network, stimulus)
    lossy = SFQCircuit(temperature=0.0, loss_tolerance=1.0)
    result = run(network, stimulus, backend=lossy)
    expected = run(network, stimulus, backend=Numba(merge_window=lossy.merge_window))
    assert abs(result.spikes["hidden"].count[0] - expected.spikes["hidden"].count[0]) <= 2
    apart = {"in": SpikeTimes.per_unit([train, [], train + 1.2e-3, []])}
    assert run(network, apart).spikes["hidden"].count[0] > 5


@pytest.mark.parametrize(("temperature", "gap"), [(0.0, 1e-4), (4.2, 3e-3)])
def test_energy_balances_and_the_two_conventions_bracket_it(temperature, gap):
    work = xor()
    result = run(work.network, work.stimuli["10"], backend=SFQCircuit(temperature=temperature))
    simulated, bias, critical, bus, *_ = result.energy
    assert simulated.method == "simulated"
    assert float(simulated.source.split(" stored, to ")[1].split()[0]) < gap
    # every bias is 0.7 of the critical current it feeds, so I_b Phi0 < I_c Phi0 per slip, and
    # the drives of the sources do work of their own
    assert bias.joules < simulated.joules < critical.joules
    assert simulated.joules == pytest.approx(bias.joules, rel=0.15)
    assert bus.joules > 50 * simulated.joules
    assert {e.boundary for e in result.energy} == {"device"}
    assert {e.subject for e in result.energy} == {"device"}


def test_seeds_make_the_noise_and_nothing_else_does():
    network, stimulus = gate_network("xor", PAIRS, probability=0.7), dual_rail(1, 0)
    first, again, other = (run(network, stimulus, seed=s) for s in (1, 1, 2))
    assert first.spikes["hidden"].time.tolist() == again.spikes["hidden"].time.tolist()
    assert first.counts == again.counts
    assert first.counts.transmissions != other.counts.transmissions


def test_deck_is_one_that_reads_back():
    work = xor()
    deck = SFQCircuit().deck(work.network, work.stimuli["10"], duration=0.05, dt=1e-4, seed=3)
    circuit = read(deck)
    assert circuit.temperature == 4.2
    assert circuit.seed == 3
    assert len(circuit.outputs) == 7


def test_refusals_name_what_came():
    work = xor()
    backend = SFQCircuit()
    simulate = {"duration": 0.01, "dt": 1e-4, "seed": 0}
    with pytest.raises(ValueError, match="record: out came, spikes only"):
        backend.simulate(work.network, {}, record={"out": Record()}, **simulate)
    with pytest.raises(ValueError, match=r"stimulus 'out.basal': a Current came"):
        backend.simulate(work.network, {"out.basal": Current(value=1.0)}, record={}, **simulate)
    context = gate_network(
        "c", PAIRS, hidden=ContextLIF(tau_m=10e-3, v_th=3.3, v_subtract=1.0, tau_c=1e-2)
    )
    assert "'threshold' came, 'probability' is allowed in super" in backend.refusal(context)
    assert "v_th 0.8 V came" in backend.refusal(
        gate_network("t", PAIRS, output=replace(OUTPUT, v_th=0.8))
    )
    assert backend.refusal(work.network) is None
    with pytest.raises(ValueError, match=r"SFQCircuit.step: -1.0 came, a positive number"):
        SFQCircuit(step=-1.0)
