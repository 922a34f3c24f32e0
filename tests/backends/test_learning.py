"""Short-term plasticity and learning: closed forms, plain loops, Brian2, tasks that are learnt."""

import importlib.util
import math
from pathlib import Path

import numpy as np
import pytest

import neuromorph as nm

DT = 1e-4
STP = nm.TsodyksMarkram(u_rest=0.3, f=0.2, tau_d=50e-3, tau_f=100e-3)


def counter(n=1):
    """A cell that adds up what arrives and never spikes."""
    return nm.Population(name="x", n=n, cell=nm.LIF(tau_m=1e9, v_th=1e9, v_reset=0.0))


def test_short_term_plasticity_follows_its_recursion():
    times = np.cumsum([0.01, 0.005, 0.02, 0.1, 0.0033, 0.5])
    network = nm.Network(
        populations=(nm.Population(name="in", n=1, cell=nm.Source()), counter()),
        projections=(nm.Projection(source="in", target="x", weights=[[1.0]], short_term=STP),),
    )
    result = nm.run(network, {"in": nm.SpikeTimes(time=times, index=np.zeros(6, int))},
                    duration=0.7, record={"x": nm.Record()})  # fmt: skip
    v = result.traces["x"]["v"].values[:, 0]
    got = np.diff(v)[np.flatnonzero(np.diff(v) > 0.01)]
    u, r, before, expected = 0.3, 1.0, None, []
    for now in np.rint(times / DT):
        if before is not None:
            gap = (now - before) * DT
            u = 0.3 + (u - 0.3) * math.exp(-gap / 100e-3)
            r = 1.0 + (r - 1.0) * math.exp(-gap / 50e-3)
        expected.append(u * r)
        u, r, before = u + 0.2 * (1 - u), r * (1 - u), now
    np.testing.assert_allclose(got, expected, rtol=1e-8)  # the grid of weights: 2**-30


@pytest.mark.parametrize("rate", [10.0, 40.0, 125.0])
def test_short_term_plasticity_settles_at_its_fixed_point(rate):
    network = nm.Network(
        populations=(nm.Population(name="in", n=1, cell=nm.Source()), counter()),
        projections=(nm.Projection(source="in", target="x", weights=[[1.0]], short_term=STP),),
    )
    result = nm.run(network, {"in": nm.Regular(rate=rate)}, duration=3.0,
                    record={"x": nm.Record()})  # fmt: skip
    got = np.diff(result.traces["x"]["v"].values[28000:, 0]).max()
    fade_f, fade_d = (math.exp(-1 / rate / tau) for tau in (100e-3, 50e-3))
    u = (0.3 * (1 - fade_f) + 0.2 * fade_f) / (1 - 0.8 * fade_f)
    r = (1 - fade_d) / (1 - (1 - u) * fade_d)
    assert got == pytest.approx(u * r, rel=1e-7)


def plastic(rule, n=10, cell=None, port="basal", **changes):
    rng = np.random.default_rng(0)
    return nm.Network(
        populations=(
            nm.Population(name="in", n=20, cell=nm.Source()),
            nm.Population(name="x", n=n, cell=cell or nm.TwoCompartment()),
        ),
        projections=(
            nm.Projection(source="in", target="x", port=port, plasticity=rule, delay=1.5e-3,
                          weights=rng.uniform(0, 200e-12, (20, n)), **changes),
            nm.Projection(source="x", target="x", port=port, short_term=STP,
                          weights=nm.fixed_probability(n, n, 0.3, 20e-12, seed=1)),
        ),
    )  # fmt: skip


BURST = nm.BurstDependent(eta=2e-12, w_max=200e-12)
CASES = {
    "burst-dependent": (plastic(BURST, short_term=STP), "basal", "apical"),
    "dendritic prediction": (
        plastic(nm.DendriticPrediction(eta=2e-12, w_max=200e-12), cell=nm.UrbanczikSenn(),
                port="dendrite", synapse=nm.Exponential(tau=5e-3)),
        "dendrite", "soma",
    ),
    "short-term, random release": (
        plastic(None, short_term=STP, probability=0.6), "basal", "apical",
    ),
}  # fmt: skip


def stimulus(port, other):
    return {
        "in": nm.Poisson(rate=60.0),
        f"x.{port}": nm.Current(value=350e-12),
        f"x.{other}": nm.OrnsteinUhlenbeck(sigma=300e-12, tau=2e-3),
    }


@pytest.mark.slow
@pytest.mark.parametrize("target", ["numpy", "cython"])
@pytest.mark.parametrize("case", CASES)
def test_spikes_and_weights_equal_those_of_brian2(case, target):
    network, *ports = CASES[case]
    a, b = (
        nm.run(network, stimulus(*ports), backend=chosen, duration=0.3, seed=3)
        for chosen in ("numba", nm.Brian2(target=target))
    )
    assert a.spikes["x"].time.size > 15
    assert a.spikes["x"].time.tobytes() == b.spikes["x"].time.tobytes()
    assert a.spikes["x"].index.tobytes() == b.spikes["x"].index.tobytes()
    assert a.weights.keys() == b.weights.keys()
    for label, weights in a.weights.items():
        assert np.abs(weights - network.projections[0].weights.value).max() > 1e-13
        assert weights.tobytes() == b.weights[label].tobytes()


@pytest.mark.parametrize("case", CASES)
def test_learning_in_two_parts_is_learning(case):
    network, *ports = CASES[case]
    given = stimulus(*ports)
    whole = nm.run(network, given, duration=0.2, seed=3)
    half = nm.run(network, given, duration=0.0837, seed=3)
    rest = nm.run(network, given, duration=0.1163, seed=3, start=half.state)
    for key, array in whole.state.arrays.items():
        assert array.tobytes() == rest.state.arrays[key].tobytes(), key


def by_hand(network, result, rule, delay, duration):
    """Burst-dependent changes spike by spike, in plain floats."""
    change = np.zeros((20, 10))
    arrivals = [
        (round(t / DT) + delay, 0, int(j))
        for t, j in zip(result.spikes["in"].time, result.spikes["in"].index, strict=True)
    ]
    spikes = [
        (round(t / DT), 1, int(i))
        for t, i in zip(result.spikes["x"].time, result.spikes["x"].index, strict=True)
    ]
    trace, seen = np.zeros(20), np.full(20, -1e9)
    fired, second = np.full(10, -1e9), np.zeros(10, bool)
    events = np.full(10, rule.event_rate * rule.tau_mean)
    bursts = events * rule.burst_probability
    for now, kind, k in sorted(arrivals + spikes):
        if now >= round(duration / DT):
            continue
        if kind == 0:
            trace[k] *= math.exp(-(now - seen[k]) * DT / rule.tau_pre)
            trace[k] += now - seen[k] > 160
            seen[k] = now
            continue
        x = trace * np.exp(-(now - seen) * DT / rule.tau_pre)
        fade = math.exp(max(-(now - fired[k]) * DT / rule.tau_mean, -700))
        events[k], bursts[k] = events[k] * fade, bursts[k] * fade
        if now - fired[k] > 160:
            change[:, k] -= rule.eta * bursts[k] / events[k] * x
            events[k] += 1
            second[k] = False
        elif not second[k]:
            change[:, k] += rule.eta * x
            bursts[k] += 1
            second[k] = True
        fired[k] = now
    return change


def test_burst_dependent_changes_are_those_of_a_plain_loop():
    wide = nm.BurstDependent(eta=2e-12, w_min=-1e-9, w_max=1e-9, tau_mean=0.5)
    network = plastic(wide)
    result = nm.run(network, stimulus("basal", "apical"), duration=0.5, seed=3)
    (label,) = result.weights
    got = (result.weights[label] - network.projections[0].weights.value).reshape(20, 10)
    expected = by_hand(network, result, wide, 15, 0.5)
    assert np.abs(expected).max() > 2e-12
    np.testing.assert_allclose(got, expected, atol=1e-21)


def test_weights_stay_within_their_bounds_and_are_put_back():
    rule = nm.BurstDependent(eta=100e-12, w_min=20e-12, w_max=90e-12)
    network = plastic(rule)
    result = nm.run(network, stimulus("basal", "apical"), duration=0.3, seed=3)
    (weights,) = result.weights.values()
    assert weights.min() == 20e-12
    assert weights.max() == 90e-12
    again = nm.with_weights(network, result.weights)
    np.testing.assert_array_equal(again.projections[0].weights.value, weights)
    assert again.projections[1] == network.projections[1]
    with pytest.raises(ValueError, match=r"with_weights: 'a->b' came, 'in->x\.basal', 'x->x"):
        nm.with_weights(network, {"a->b": weights})


@pytest.mark.slow
def test_an_ensemble_learns_what_its_dendrites_are_taught():
    path = Path(__file__).parents[2] / "examples" / "burst_learning.py"
    spec = importlib.util.spec_from_file_location("burst_learning", path)
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    _, before, after = example.learn(turns=40, parts=2)
    assert before[0] == pytest.approx(before[1], rel=0.1)
    assert after[0] > 1.5 * before[0]  # A: more events than before, B: fewer
    assert after[1] < 0.5 * before[1]
    _, _, after = example.learn(turns=40, parts=1, teacher=0.0)
    assert after[0] == pytest.approx(after[1], rel=0.25)  # no teacher, no preference


FRAME, REPEATS = 0.2, 60


def prediction_task(eta, weights=None):
    """A soma that a teacher's conductances hold high, then low, while inputs tell the time."""
    w = np.full((40, 1), 200e-12) if weights is None else weights.reshape(40, 1)
    rule = nm.DendriticPrediction(eta=eta, w_min=-2e-9, w_max=4e-9) if eta else None

    def teacher(name, reversal):
        return nm.Projection(source=name, target="x", port="soma", weights=[[80e-9]],
                             synapse=nm.Exponential(tau=3e-3, reversal=reversal))  # fmt: skip

    return nm.Network(
        populations=(
            nm.Population(name="in", n=40, cell=nm.Source()),
            nm.Population(name="exc", n=1, cell=nm.Source()),
            nm.Population(name="inh", n=1, cell=nm.Source()),
            nm.Population(name="x", n=1, cell=nm.UrbanczikSenn()),
        ),
        projections=(
            nm.Projection(source="in", target="x", port="dendrite", weights=w, plasticity=rule),
            teacher("exc", 0.0), teacher("inh", -75e-3),
        ),
    )  # fmt: skip


def prediction_stimulus(frames, teach):
    start = np.arange(frames) * FRAME
    given = {
        "in": nm.SpikeTimes(time=(start[:, None] + np.arange(40) * 5e-3).ravel(),
                            index=np.tile(np.arange(40), frames)),
    }  # fmt: skip
    if teach:
        half, whole = np.arange(0, FRAME / 2, 3e-3), np.arange(0, FRAME, 1e-3)
        for name, times in (("exc", half), ("inh", whole)):
            every = (start[:, None] + times).ravel()
            given[name] = nm.SpikeTimes(time=every, index=np.zeros(every.size, int))
    return given


def somatic(network, frames=10):
    """Mean potential of the soma by phase of the frame, without a teacher [V]."""
    result = nm.run(network, prediction_stimulus(frames, False), duration=frames * FRAME, seed=5,
                    record={"x": nm.Record(variables=("v_soma",), every=10)})  # fmt: skip
    return result.traces["x"]["v_soma"].values[:, 0].reshape(frames, -1)[1:].mean(axis=0)


@pytest.mark.slow
def test_a_dendrite_learns_to_predict_its_soma():
    network = prediction_task(150e-12)
    taught = nm.run(network, prediction_stimulus(REPEATS, True), duration=REPEATS * FRAME, seed=4)
    (weights,) = taught.weights.values()
    before, after = (somatic(prediction_task(0.0, w)) for w in (None, weights))
    g = np.array([80.0, 240.0])  # time averages of the conductances, exc and inh [nS]
    high, low = (g @ [0.0, -75e-3]) / g.sum(), -75e-3  # what the teacher holds the soma at
    target = np.where(np.arange(200) < 100, high, low)
    error = [float(np.sqrt(np.mean((v - target) ** 2))) for v in (before, after)]
    print(error, before[::20], after[::20], target[::20])
    assert after[:100].mean() - after[100:].mean() > 8e-3
    assert error[1] < 0.6 * error[0]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: nm.BurstDependent(eta=1.0, w_max=-1.0), "w_min: 0 came, less than w_max = -1"),
        (lambda: nm.TsodyksMarkram(u_rest=1.5, tau_d=1, tau_f=1), "u_rest: 1.5 came, at most 1"),
        (lambda: plastic(BURST, probability=0.5), "plasticity came together with delays per syn"),
        (lambda: plastic(nm.DendriticPrediction(eta=1.0, w_max=1.0)), "DendriticPrediction came"),
    ],
)  # fmt: skip
def test_bad_rules_are_refused(make, said):
    with pytest.raises(ValueError, match=said):
        make()


@pytest.mark.parametrize(
    "backend", ["fpga-model", "sfq-circuit", nm.Numba(fixed_point=nm.FixedPoint())]
)
def test_substrates_without_changing_synapses_refuse_by_name(backend):
    lif = nm.LIF(tau_m=20e-3, v_th=1.25, v_subtract=1.0)
    network = nm.Network(
        populations=(nm.Population(name="x", n=1, cell=lif),),
        projections=(nm.Projection(source="x", target="x", weights=[[1.0]], short_term=STP),),
    )
    with pytest.raises(ValueError, match=r"short_term \(TsodyksMarkram\) is not supported"):
        nm.run(network, {}, backend=backend, duration=0.01)


def test_rules_are_saved_and_loaded(tmp_path):
    network = CASES["burst-dependent"][0]
    assert nm.load(nm.save(network, tmp_path / "n.npz")) == network
