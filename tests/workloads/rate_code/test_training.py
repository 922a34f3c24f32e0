from dataclasses import replace

import numpy as np
import pytest

import neuromorph as nm
from neuromorph.circuits.cell.calibration import load
from neuromorph.circuits.compiler.network_compiler import compile_network
from neuromorph.workloads.rate_code import RateSchedule, rate_digits, tightened, train_rate
from neuromorph.workloads.rate_code import training as module
from neuromorph.workloads.rate_code.law import rate_law


def law(x, theta):
    return float(rate_law().rate(np.array([x]), np.array([theta]))[0][0])


def test_law_is_that_of_pairs_where_pulses_are_rare():
    # theta 1.5: the second of two pulses fires if the first has not decayed to 1/2:
    # f_out = f_in (1 - exp(-f_in tau ln 2)), third pulses left out
    for x in (0.25, 0.5):
        assert law(x, 1.5) == pytest.approx(x * (1 - np.exp(-x * np.log(2))), rel=0.2)


def test_law_rectifies_far_above_threshold():
    # charge balance: what does not come out leaks, and v is theta - 1/2 on average, a little less
    for theta in (2.0, 4.0):
        assert law(20.0, theta) == pytest.approx(20.0 - (theta - 0.5), abs=0.25)
    assert law(1.0, 6.0) == pytest.approx(0.0, abs=0.01)


class Quiet:
    def normal(self, size):
        return np.zeros(size)


@pytest.mark.parametrize(
    "work", [rate_digits(30, hidden=(8, 6), seed=1), nm.workloads.inhibited_xor()],
    ids=lambda w: w.name,
)  # fmt: skip
def test_slopes_are_those_of_differences(work):
    net = module.rate_net(work.network, 1e8, np.random.default_rng(0))
    inputs, targets = module.mean_rates(work), np.array(list(work.targets.values()))
    net.balance(inputs, 0.03)

    def slopes():
        return module._slopes(net, work, inputs, targets, 1e9, Quiet())

    _, found = slopes()
    values = [f.z for layer in net.layers for f in layer.feeds] + [y.u for y in net.layers]
    for value, slope in zip(values, found, strict=True):
        at = np.unravel_index(np.argmax(np.abs(slope)), slope.shape)
        kept, around = value[at], []
        for shift in (1e-5, -1e-5):
            value[at] = kept + shift
            around.append(slopes()[0])
        value[at] = kept
        assert (around[0] - around[1]) / 2e-5 == pytest.approx(slope[at], rel=0.02)


def fully_connected_xor():
    """The XOR with every rail reaching every hidden cell: nothing is told of its solution.

    The delays keep apart what hidden cells that fire together send into one tree of mergers.
    """
    work = nm.workloads.xor()
    net = work.network
    return replace(work, network=nm.Network(
        populations=(net.population("in"), replace(net.population("hidden"), n=6),
                     net.population("out")),
        projections=(
            nm.Projection(source="in", target="hidden", weights=nm.all_to_all(4, 6, 1.0),
                          delay=10e-3),
            nm.Projection(source="hidden", target="out", weights=nm.all_to_all(6, 1, 1.0),
                          delay=10e-3 + 0.8e-3 * np.arange(6)),
        ),
    ))  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["numba", "sfq-pulse"])
def test_training_finds_the_exclusive_or(backend):
    work = fully_connected_xor()
    found = train_rate(work, schedule=RateSchedule(steps=1500, rate=0.1, loss=0.3), seed=3)
    assert found.accuracy == 1.0
    assert found.loss[-1] < found.loss[0]
    for seed in range(3):
        for key, stimuli in work.stimuli.items():
            result = nm.run(
                found.network, stimuli, backend=backend, duration=work.duration, seed=seed
            )
            assert work.readout.answer(result) == work.targets[key], (key, seed)


@pytest.mark.slow
def test_digits_are_learnt_pruned_and_laid_without_padding():
    work = rate_digits(1500, seed=3, hidden=(24, 16))
    found = train_rate(work, schedule=RateSchedule(steps=900, fan_in=12))
    assert found.accuracy > 0.8  # chance is 0.1
    assert found.crowding < 0.04
    for projection in found.network.projections:
        weights = projection.weights
        assert np.bincount(weights.target, minlength=weights.shape[1]).max() <= 12
        assert 0.0 < projection.probability.min() < projection.probability.max() < 1.0
    tight = tightened(found.network)
    before, after = (
        compile_network(n, acceleration=1e8, calibration=load()) for n in (found.network, tight)
    )
    assert after.report.junctions < 0.5 * before.report.junctions
    assert after.report.delay_error < 2e-12
    held = rate_digits(20, seed=4, network=tight)
    right = [
        held.readout.answer(nm.run(tight, stimuli, duration=1.0, seed=k)) == held.targets[key]
        for k, (key, stimuli) in enumerate(held.stimuli.items())
    ]
    assert np.mean(right) > 0.7


def test_a_source_that_a_stimulus_leaves_out_is_silent_in_it():
    net = nm.Network(
        populations=(nm.Population(name="a", n=2, cell=nm.Source()),
                     nm.Population(name="b", n=1, cell=nm.Source()),
                     nm.Population(name="out", n=2, cell=nm.LIF(tau_m=40e-3, v_th=1.5,
                                                                v_subtract=1.0))),
        projections=tuple(nm.Projection(source=s, target="out", weights=nm.all_to_all(n, 2, 1.0),
                                        delay=15e-3) for s, n in (("a", 2), ("b", 1))),
    )  # fmt: skip
    work = nm.workloads.Workload(
        name="w", title="w", network=net, targets={"0": 0, "1": 1}, duration=1.0,
        stimuli={"0": {"b": nm.Regular(rate=7.0)}, "1": {"a": nm.Poisson(rate=[3.0, 4.0])}},
        readout=nm.workloads.Loudest(population="out"),
    )  # fmt: skip
    found = module.mean_rates(work)
    np.testing.assert_array_equal(found["a"], [[0.0, 0.0], [3.0, 4.0]])
    np.testing.assert_array_equal(found["b"], [[7.0], [0.0]])


def test_what_cannot_be_trained_is_refused():
    work = rate_digits(10, hidden=(4,))
    loop = replace(work, network=nm.Network(
        populations=work.network.populations,
        projections=(*work.network.projections, nm.Projection(
            source="digit", target="hidden1", weights=nm.all_to_all(10, 4, 1.0), delay=15e-3)),
    ))  # fmt: skip
    with pytest.raises(ValueError, match="hidden1, digit feed each other, a feed-forward"):
        train_rate(loop)
    timed = replace(work, stimuli={"00000": {"pixels": nm.SpikeTimes(time=[0.1], index=[0])}})
    with pytest.raises(ValueError, match="'00000': SpikeTimes came for 'pixels', Regular or"):
        train_rate(timed)
    hidden = replace(work.network.population("hidden1"), cell=nm.AdEx())
    other = replace(work, network=nm.Network(
        populations=(work.network.populations[0], hidden, work.network.populations[2]),
        projections=work.network.projections))  # fmt: skip
    with pytest.raises(ValueError, match="AdEx came, LIF with v_subtract is allowed"):
        train_rate(other)
    with pytest.raises(ValueError, match=r"RateSchedule.steps: 0 came"):
        RateSchedule(steps=0)
