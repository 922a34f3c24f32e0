"""The memories against attention, against brute force, and against each other."""

import numpy as np
import pytest
from scipy.special import softmax

import neuromorph as nm
from neuromorph.cooperative import FrameData, Objective
from neuromorph.cooperative.integer import Quantised
from neuromorph.cooperative.learning import train
from neuromorph.cooperative.plan import plan
from neuromorph.cooperative.propagation import backward, forward
from neuromorph.workloads import hopfield as hf
from neuromorph.workloads.hopfield import law
from neuromorph.workloads.hopfield.fixed_point import updates
from neuromorph.workloads.hopfield.retrieval import cue_frames, cue_rails, cue_spikes, spike_states


@pytest.mark.parametrize("zero_skip", [False, True])
@pytest.mark.parametrize("beta", [0.125, 1.0, 7.3])
def test_one_update_is_attention(beta, zero_skip):
    """softmax(beta Q K^T) V by SciPy, to 1e-12."""
    rng = np.random.default_rng(5)
    keys, query = rng.normal(size=(40, 16)), rng.normal(size=(9, 16))
    net = hf.modern_net(keys, beta=beta, recurrent=False)
    got = nm.run(net, {"cue": nm.Frames(value=query[None])}, backend=nm.Numba(zero_skip=zero_skip))
    want = softmax(beta * query @ keys.T, axis=1) @ keys
    np.testing.assert_allclose(got.frames["out"][0], want, rtol=0, atol=1e-12)
    np.testing.assert_allclose(got.frames["match"][0].sum(axis=1), 1.0, rtol=1e-13)


def test_frames_are_updates():
    x = np.random.default_rng(1).normal(size=(12, 8))
    xi = x[3] + 0.4
    got = nm.run(hf.modern_net(x, beta=0.6), {"cue": cue_frames(xi, 4)}).frames["out"][0]
    for frame in range(5):
        xi = softmax(0.6 * x @ xi) @ x
        np.testing.assert_allclose(got[frame], xi, rtol=0, atol=1e-12)


def test_the_energy_never_rises_and_keeps_its_bounds():
    rng = np.random.default_rng(2)
    for beta in (0.3, 2.0, 20.0):
        x = rng.normal(size=(10, 6))
        path = updates(hf.modern_net(x, beta=beta), rng.normal(size=(5, 6)), 40)["out"]
        e = law.energy(x, path, beta)
        longest = (x * x).sum(axis=1).max()
        assert np.all(np.diff(e, axis=0) <= 1e-9)
        assert e.min() >= -1e-9
        assert e.max() <= 2 * longest + 1e-9


def test_a_cold_net_says_the_nearest_pattern():
    x = hf.random_patterns(60, 24, seed=4)
    cues = hf.flipped(x, 3, seed=1)
    out = updates(hf.modern_net(x, beta=30.0), cues, 1)["out"][0]
    distance = (cues[:, None] != x[None]).sum(axis=2)  # Hamming, by counting
    alone = (distance == distance.min(axis=1, keepdims=True)).sum(axis=1) == 1
    assert alone.sum() > 50
    np.testing.assert_allclose(out[alone], x[distance.argmin(axis=1)][alone], atol=1e-9)


@pytest.mark.parametrize("backend", [nm.Numba(), nm.Numba(zero_skip=True),
                                     nm.Numba(quantised=Quantised()),
                                     nm.FPGAModel(quantised=Quantised())])  # fmt: skip
def test_binary_net_is_sign_of_w_s(backend):
    x = hf.random_patterns(8, 32, seed=3)  # 8 bits hold the weights: k / 32, |k| <= 8
    cue = hf.flipped(x[:1], 6, seed=3)[0]
    got = nm.run(hf.binary_net(x), {"cue": cue_frames(cue, 5)}, backend=backend).frames["out"][0]
    w = x.T @ x
    np.fill_diagonal(w, 0.0)
    s = cue
    for frame in range(6):
        assert np.array_equal(got[frame], s)
        s = np.where(w @ s >= 0, 1.0, -1.0)


@pytest.mark.parametrize(
    "backend", ["numba", "fpga-model", pytest.param("brian2", marks=pytest.mark.slow)]
)
def test_spikes_take_the_states_of_the_frames(backend):
    for seed in range(3 if backend != "brian2" else 1):
        x = hf.random_patterns(9, 48, seed=seed)  # crowded: the states wander
        cue = hf.flipped(x[:1], 12, seed=seed)[0]
        frames = nm.run(hf.binary_net(x), {"cue": cue_frames(cue, 6)}).frames["out"][0]
        spikes = nm.run(
            hf.spiking_net(x), cue_spikes(cue, 6), backend=backend, duration=7 * 20e-3, dt=1e-4
        )
        assert np.array_equal(spike_states(spikes), frames)
        assert not np.array_equal(frames[0], frames[-1])


@pytest.mark.parametrize("backend", ["numba", "fpga-model"])
def test_two_rails_take_the_states_of_the_frames(backend):
    for seed in range(3):
        x = hf.random_patterns(7, 48, seed=seed)
        cue = hf.flipped(x[:1], 12, seed=seed)[0]
        net = hf.dual_rail_net(x)
        assert all(p.weights.value.min() >= 0.0 for p in net.projections)
        frames = nm.run(hf.binary_net(x), {"cue": cue_frames(cue, 6)}).frames["out"][0]
        spikes = nm.run(net, cue_rails(cue), backend=backend, duration=7 * 20e-3, dt=1e-4)
        rails = spike_states(spikes)
        assert np.array_equal(rails[:, :48], frames)
        assert np.array_equal(rails[:, 48:], -frames)
        assert spikes.spikes["out"].time.size == 7 * 48  # one rail of each unit, once a period


@pytest.mark.parametrize(
    ("backend", "step"),
    [("numba", 1), ("fpga-model", 1), ("sfq-pulse", 21),
     pytest.param("sfq-pulse", 1, marks=pytest.mark.slow)],
)  # fmt: skip
def test_a_net_of_quanta_takes_the_majority(backend, step):
    """The 64 cues of 6 units, or some: the rails that fire are the sign of W s."""
    x = np.array([[1.0, -1.0, 1.0, 1.0, -1.0, 1.0]])
    net = hf.quantum_net(x)
    w = x.T @ x
    np.fill_diagonal(w, 0.0)
    for code in range(0, 64, step):
        cue = np.where(code >> np.arange(6) & 1, 1.0, -1.0)
        result = nm.run(net, cue_rails(cue, start=5e-3, gap=2e-3), backend=backend, duration=42e-3)
        fired = result.spikes["out"].count > 0
        assert np.array_equal(fired, np.concatenate([w @ cue > 0, w @ cue < 0]))


@pytest.mark.slow
def test_a_circuit_of_junctions_retrieves():
    """Two cues with two of six units turned, at 4.2 K; the truth is the stored pattern."""
    work = hf.quantum()
    for name in ("cue 0", "cue 1"):
        result = nm.run(work.network, work.stimuli[name], backend="sfq-circuit",
                        duration=work.duration, dt=work.dt, seed=1)  # fmt: skip
        assert work.readout.answer(result) == work.targets[name]
        assert work.readout.value(result) == 1.0


def test_ready_workloads_agree():
    for name in ("modern", "binary"):
        table = nm.compare(getattr(hf, name)())
        assert table.agrees, str(table)
        assert {row.accuracy for row in table.rows} == {1.0}
    assert nm.compare(hf.spiking(), ["numba", "fpga-model"]).agrees
    assert nm.compare(hf.binary(), ["numba", "fpga-model"]).agrees
    table = nm.compare(hf.quantum(), ["numba", "fpga-model", "sfq-pulse"])
    assert {row.accuracy for row in table.rows} == {1.0}, str(table)


@pytest.mark.parametrize(
    ("net", "why"), [(hf.spiking_net, "v_reset"), (hf.dual_rail_net, "weight")]
)
def test_recurrent_nets_are_no_circuit(net, why):
    assert why in str(nm.SFQPulse().refusal(net(hf.random_patterns(2, 6))))


def test_the_modern_net_on_the_core_is_the_integer_emulator():
    """Softmax, states that come back, and all populations, number for number."""
    work = hf.modern(patterns=40, units=32, flips=5)
    widths = Quantised(weight_bits=2)
    for stimulus in work.stimuli.values():
        core = nm.run(work.network, stimulus, backend=nm.FPGAModel(quantised=widths))
        ours = nm.run(work.network, stimulus, backend=nm.Numba(quantised=widths))
        for name, frames in ours.frames.items():
            np.testing.assert_array_equal(core.frames[name], frames)
        assert core.counts.transmissions == ours.counts.transmissions
        assert core.counts.cycles > 0


def test_gradient_through_softmax_and_time():
    """dL/dweights by central differences, of a loss on the output."""
    rng = np.random.default_rng(8)
    net = hf.modern_net(rng.normal(size=(5, 4)), beta=0.9)
    laid = plan(net)
    inputs = {"cue": rng.normal(size=(3, 2, 4))}
    pull = rng.normal(size=(3, 2, 4))

    def loss():
        tape = forward(laid, inputs)
        return sum(float((tape.y[k][2] * pull[k]).sum()) for k in range(3)), tape

    slopes = laid.like(np.empty_like(laid.vector))
    _, tape = loss()
    backward(laid, tape, [{2: pull[k].copy()} for k in range(3)], slopes)
    for place in rng.permutation(np.flatnonzero(laid.trainable))[:25]:
        old, step = laid.vector[place], 1e-6
        laid.vector[place] = old + step
        up = loss()[0]
        laid.vector[place] = old - step
        down = loss()[0]
        laid.vector[place] = old
        assert slopes.vector[place] == pytest.approx((up - down) / (2 * step), rel=1e-5, abs=1e-8)


def test_an_attention_head_learns():
    rng = np.random.default_rng(0)
    net = hf.modern_net(rng.normal(size=(6, 4)), beta=1.0, recurrent=False)
    cue = rng.normal(size=(64, 1, 4))
    data = FrameData(inputs={"cue": cue}, targets={"out": np.roll(cue, 1, axis=2)})
    done = train(net, data, objectives=[Objective(population="out", loss="mse")],
                 schedule=nm.cooperative.Schedule(epochs=10, batch=16))  # fmt: skip
    assert done.history[-1].loss < 0.8 * done.history[0].loss
    assert done.network.population("match").cell.beta == 1.0


def test_refusals():
    with pytest.raises(ValueError, match=r"patterns: shape \(3,\) came"):
        hf.modern_net([1.0, 2.0, 3.0], beta=1.0)
    with pytest.raises(ValueError, match=r"Softmax.beta: 0 came"):
        nm.Softmax(beta=0.0)
    with pytest.raises(ValueError, match=r"Softmax.beta: several values came"):
        nm.Softmax(beta=np.ones(3))
    with pytest.raises(ValueError, match="beta 20000 is too large for integers"):
        nm.run(hf.modern_net(np.eye(2), beta=2e4), {"cue": cue_frames([1.0, 0.0], 1)},
               backend=nm.Numba(quantised=Quantised()))  # fmt: skip
    with pytest.raises(ValueError, match="quantum_net: weights of 2 sizes came, one is allowed"):
        hf.quantum_net(np.array([[1.0, 1, 1, 1], [1, 1, -1, 1], [1, -1, 1, 1]]))
    with pytest.raises(ValueError, match="flipped: count 9 came, 0 to 8"):
        hf.flipped(np.ones((1, 8)), 9)
    with pytest.raises(ValueError, match=r"clusters: within 0\.5, between 0\.9"):
        hf.clusters(3, 2, 0.5, 0.9)


def test_save_and_load(tmp_path):
    net = hf.modern_net(hf.random_patterns(3, 4), beta=2.0)
    assert nm.load(nm.save(net, tmp_path / "net.npz")) == net
