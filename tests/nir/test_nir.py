import itertools
from pathlib import Path

import numpy as np
import pytest

import neuromorph as nm

nir = pytest.importorskip("nir", reason="the package nir is not installed")

HERE = Path(__file__).resolve().parent
DT = 1e-4


def graph(nodes, edges):
    return nir.NIRGraph(nodes=nodes, edges=edges, type_check=False)


def chain(*middle, n=1):
    """Input of n units, the given nodes in a row, Output."""
    names = ["in", *(f"x{k}" for k in range(len(middle))), "out"]
    ends = (
        nir.Input(input_type={"input": np.array([n])}),
        nir.Output(output_type={"output": np.array([1])}),
    )
    nodes = dict(zip(names, (ends[0], *middle, ends[1]), strict=True))
    return graph(nodes, list(itertools.pairwise(names)))


def lif(n=1, tau=10e-3, r=1.0, leak=0.0, threshold=1.0, reset=0.0):
    one = np.ones(n)
    return nir.LIF(tau=tau * one, r=r * one, v_leak=leak * one, v_threshold=threshold * one,
                   v_reset=reset * one)  # fmt: skip


def run(network, steps, duration, **options):
    stimulus = {"in": nm.SpikeTimes(time=np.asarray(steps) * DT, index=np.zeros(len(steps), int))}
    return nm.run(network, stimulus, duration=duration, dt=DT, **options)


def shifted(spikes, shift, steps):
    out = np.zeros((steps, spikes.n), bool)
    at = np.rint(spikes.time / DT).astype(int) - shift
    inside = (at >= 0) & (at < steps)
    out[at[inside], spikes.index[inside]] = True
    return out


@pytest.mark.parametrize("backend", ["numba", "brian2"])
def test_a_net_trained_in_snntorch_spikes_as_it_does_there(backend):
    """Spike for spike, two steps later per layer; snnTorch 1.0's own trains are the oracle."""
    kept = np.load(HERE / "xor_snntorch.npz")
    rule = nm.nir.Convention(dt=DT, spike="step", scheme="euler", reset="subtract")
    network = nm.nir.read(HERE / "xor_snntorch.nir", convention=rule)
    source, first, second = (p.name for p in network.populations)
    steps, cases = kept["input"].shape[:2]
    chosen = range(cases) if backend == "numba" else range(0, cases, 10)
    right = 0
    for case in chosen:
        at, unit = np.nonzero(kept["input"][:, case])
        result = nm.run(
            network, {source: nm.SpikeTimes(time=at * DT, index=unit)}, backend=backend,
            duration=(steps + 4) * DT, dt=DT,
        )  # fmt: skip
        hidden, out = kept["hidden"][:, case], kept["out"][:, case]
        assert (shifted(result.spikes[first], 2, steps) == hidden).all()
        assert (shifted(result.spikes[second], 4, steps) == out).all()
        right += int(np.argmax(out.sum(0)) == kept["wanted"][case])
    assert right >= 0.9 * len(chosen)
    assert kept["hidden"].sum() > 1000


@pytest.mark.parametrize("backend", ["numba", "brian2"])
def test_a_convolutional_net_spikes_as_it_does_in_snntorch(backend):
    """Convolution, average pooling and a dense layer; snnTorch 1.0's own trains are the oracle."""
    kept = np.load(HERE / "conv_snntorch.npz")
    rule = nm.nir.Convention(dt=DT, reset="subtract")
    network = nm.nir.read(HERE / "conv_snntorch.nir", convention=rule)
    source, first, second, third = network.populations
    assert [p.n for p in network.populations] == [128, 4 * 8 * 8, 6 * 2 * 2, 3]
    steps = kept["input"].shape[0]
    at, unit = np.nonzero(kept["input"].reshape(steps, -1))
    result = nm.run(
        network, {source.name: nm.SpikeTimes(time=at * DT, index=unit)}, backend=backend,
        duration=(steps + 6) * DT, dt=DT,
    )  # fmt: skip
    for place, (population, name) in enumerate(
        zip((first, second, third), ("first", "second", "third"), strict=True), 1
    ):
        wanted = kept[name].reshape(steps, -1)
        assert wanted.sum() > 30, name
        got = shifted(result.spikes[population.name], 2 * place, steps)
        assert (got == wanted).all(), name


def test_a_jump_by_each_convention():
    tau, r, w, dt = 5e-3, 2.0, 0.3, DT
    expected = {
        ("step", "euler"): w * r * dt / tau,
        ("step", "exact"): w * r * (1 - np.exp(-dt / tau)),
        ("dirac", "euler"): w * r / tau,
        ("dirac", "exact"): w * r / tau,
    }
    made = chain(nir.Linear(weight=np.array([[w]])), lif(tau=tau, r=r))
    for (spike, scheme), jump in expected.items():
        rule = nm.nir.Convention(dt=dt, spike=spike, scheme=scheme)
        network = nm.nir.from_graph(made, convention=rule)
        assert network.projections[0].weights.value[0] == pytest.approx(jump)
    exact = nm.nir.from_graph(made, convention=nm.nir.Convention(scheme="exact"))
    assert exact.populations[1].cell.tau_m == pytest.approx(tau)


def test_bias_is_a_constant_current():
    """tau dv/dt = -v + r b from 0 crosses theta at tau ln(r b / (r b - theta)).

    The grid adds up to one step, and the reset comes one step after the crossing.
    """
    tau, b = 10e-3, 2.0
    made = chain(nir.Affine(weight=np.array([[0.0]]), bias=np.array([b])), lif(tau=tau))
    network = nm.nir.from_graph(made, convention=nm.nir.Convention(scheme="exact"))
    result = run(network, [], 0.1)
    period = np.diff(result.spikes["x1"].time)
    assert period.mean() == pytest.approx(tau * np.log(b / (b - 1)), abs=2 * DT)


def test_leaky_readout_against_its_closed_form():
    tau = 5e-3
    li = nir.LI(tau=np.array([tau]), r=np.array([1.0]), v_leak=np.array([0.0]))
    network = nm.nir.from_graph(
        chain(nir.Linear(weight=np.array([[0.7]])), li),
        convention=nm.nir.Convention(spike="dirac", scheme="exact"),
    )
    result = run(network, [10, 60], 0.02, record={"x1": nm.Record(variables=("v",))})
    v = result.traces["x1"]["v"]
    arrived = np.array([11, 61]) * DT  # one step of delay; traces show the start of a step
    late = v.time[:, None] - DT - arrived
    expected = (0.7 / tau * np.exp(-late / tau) * (late >= -DT / 2)).sum(1)
    np.testing.assert_allclose(v.values[:, 0], expected, rtol=1e-6, atol=1e-9)
    assert result.spikes["x1"].time.size == 0


@pytest.mark.parametrize("backend", ["numba", "brian2"])
def test_current_based_cell_against_its_closed_form(backend):
    """v(t) = r w w_in (exp(-t/tau_m) - exp(-t/tau_s)) / (tau_m - tau_s) after a Dirac of area w."""
    tau_s, tau_m, r, w, w_in = 4e-3, 10e-3, 2.0, 3e-3, 1.5
    one = np.ones(1)
    node = nir.CubaLIF(tau_s * one, tau_m * one, r * one, 0 * one, 1.0 * one, 0 * one, w_in * one)
    made = chain(nir.Linear(weight=np.array([[w]])), node)
    rule = nm.nir.Convention(dt=1e-5, spike="dirac", scheme="exact")
    network = nm.nir.from_graph(made, convention=rule)
    result = nm.run(
        network, {"in": nm.SpikeTimes(time=[1e-3], index=[0])}, duration=0.04, dt=1e-5,
        record={"x1": nm.Record(variables=("v",))}, backend=backend,
    )  # fmt: skip
    v = result.traces["x1"]["v"]
    t = v.time - 1e-3 - 1e-5
    psp = r * w * w_in * (np.exp(-t / tau_m) - np.exp(-t / tau_s)) / (tau_m - tau_s)
    expected = np.where(t > 0, psp, 0.0)
    assert expected.max() > 0.3
    np.testing.assert_allclose(v.values[:, 0], expected, atol=0.005 * expected.max())


def test_integrator_counts_exactly():
    node = nir.IF(r=np.array([1.0]), v_threshold=np.array([2.5]), v_reset=np.array([0.0]))
    made = chain(nir.Linear(weight=np.array([[1.0]])), node)
    rule = nm.nir.Convention(spike="dirac")
    result = run(nm.nir.from_graph(made, convention=rule), range(0, 90, 3), 0.02)
    assert result.spikes["x1"].time.size == 30 // 3  # every third spike exceeds 2.5


def test_threshold_has_no_memory():
    made = chain(nir.Linear(weight=np.array([[1.0, 1.0]])), nir.Threshold(np.array([1.5])), n=2)
    network = nm.nir.from_graph(made)
    times, units = np.array([5, 9, 9, 10, 20, 20]), np.array([0, 0, 1, 0, 0, 1])
    result = nm.run(
        network, {"in": nm.SpikeTimes(time=times * DT, index=units)}, duration=0.01, dt=DT
    )
    np.testing.assert_allclose(result.spikes["x1"].time, np.array([11, 22]) * DT)


def test_delay_scale_flatten_and_a_graph_inside():
    inside = chain(lif(), n=1)
    made = chain(
        nir.Flatten(input_type={"input": np.array([1])}, start_dim=0), nir.Delay(np.array([3e-3])),
        nir.Scale(np.array([100.0])), nir.Linear(weight=np.array([[2.0]])), inside,
    )  # fmt: skip
    network = nm.nir.from_graph(made)
    (projection,) = network.projections
    assert projection.delay == pytest.approx(3.1e-3)
    assert projection.weights.value[0] == pytest.approx(200 * DT / 10e-3)
    assert [p.name for p in network.populations] == ["in", "x4_x0"]
    result = run(network, [0], 0.01)
    np.testing.assert_allclose(result.spikes["x4_x0"].time, [32 * DT])


def test_delays_by_source():
    made = chain(nir.Delay(np.array([1e-3, 2e-3])), nir.Linear(weight=np.array([[1.0, 1.0]])),
                 lif(), n=2)  # fmt: skip
    (projection,) = nm.nir.from_graph(made).projections
    np.testing.assert_allclose(projection.delay, [1.1e-3, 2.1e-3])


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        (
            [nir.CubaLI(*(np.ones(1) for _ in range(4))), lif()],
            "NIR node 'x0': CubaLI came, Input, CubaLIF, IF, LI, LIF, Threshold",
        ),
        (
            [nir.Linear(weight=np.ones((2, 1))),
             nir.CubaLIF(np.array([1e-3, 2e-3]), *(np.ones(2) for _ in range(4)))],
            "NIR node 'x1': tau_syn from 0.001 to 0.002 s came, one for all units",
        ),
        (
            [nir.Conv1d(8, np.ones((1, 1, 3)), 1, 0, 1, 1, np.zeros(1)), lif()],
            r"NIR node 'x0': Conv1d: an input of shape \(1,\) came, \(1, 8\) is allowed",
        ),
        (
            [nir.Affine(weight=np.ones((1, 1)), bias=np.ones(1)),
             nir.IF(r=np.ones(1), v_threshold=np.ones(1), v_reset=np.zeros(1))],
            "NIR node 'x1': a bias into IF came, none is allowed",
        ),
        (
            [nir.Linear(weight=np.ones((2, 3))), lif(2)],
            "NIR node 'x0': 1 inputs came from 'in', 3 are allowed",
        ),
        ([nir.Linear(weight=np.ones((1, 1))), lif(tau=0.5e-4)], "NIR node 'x1': tau 5e-05 s at dt"),
    ],
)  # fmt: skip
def test_refused_by_name(nodes, message):
    with pytest.raises(nm.nir.NIRError, match=message):
        nm.nir.from_graph(chain(*nodes))


def test_a_pool_needs_the_shape_of_its_input():
    pool = nir.SumPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0]))
    with pytest.raises(nm.nir.NIRError, match=r"'x0': SumPool2d: an input of shape \(16,\) came"):
        nm.nir.from_graph(chain(pool, lif(), n=16))


def test_a_loop_without_a_neuron():
    made = graph(
        {"a": nir.Linear(weight=np.ones((1, 1))), "b": nir.Linear(weight=np.ones((1, 1))),
         "c": lif()},
        [("a", "b"), ("b", "a"), ("b", "c")],
    )  # fmt: skip
    with pytest.raises(nm.nir.NIRError, match="a loop without a neuron"):
        nm.nir.from_graph(made)


def both():
    """Two kinds of cells, both ports, stochastic synapses, a loop, arrays as parameters."""
    rng = np.random.default_rng(2)
    cell = nm.LIF(tau_m=rng.uniform(5e-3, 20e-3, 6), v_th=1.0, v_reset=0.0, refractory=1e-3)
    two = nm.ContextLIF(tau_m=20e-3, v_th=1.5, v_subtract=1.0, tau_c=30e-3, gain=0.2)
    weights = rng.normal(0.5, 0.3, (4, 6))
    return nm.Network(
        name="both",
        populations=(
            nm.Population(name="in", n=4, cell=nm.Source()),
            nm.Population(name="a", n=6, cell=cell),
            nm.Population(name="b", n=3, cell=two),
        ),
        projections=(
            nm.Projection(source="in", target="a", weights=weights, probability=0.8),
            nm.Projection(source="a", target="b", weights=np.ones((6, 3)), delay=2e-3),
            nm.Projection(source="a", target="b", port="apical", weights=np.ones((6, 3))),
            nm.Projection(source="a", target="a", weights=nm.one_to_one(6, -0.1)),
        ),
    )


def test_round_trip_by_metadata_is_exact(tmp_path):
    network = both()
    path = nm.nir.write(network, tmp_path / "both.nir")
    assert nm.nir.read(path) == network
    graph = nir.read(str(path))  # nir's own reader, types checked
    assert {type(node).__name__ for node in graph.nodes.values()} == {
        "Input", "Output", "LIF", "Linear", "Delay",
    }  # fmt: skip


def test_the_plain_fall_back_of_deterministic_cells_spikes_the_same(tmp_path):
    rng = np.random.default_rng(8)
    cell = nm.LIF(tau_m=10e-3, v_th=1.0, v_reset=0.0)
    network = nm.Network(
        name="plain",
        populations=(
            nm.Population(name="in", n=10, cell=nm.Source()),
            nm.Population(name="a", n=8, cell=cell),
            nm.Population(name="b", n=3, cell=cell),
        ),
        projections=(
            nm.Projection(source="in", target="a", weights=rng.uniform(0, 0.6, (10, 8))),
            nm.Projection(source="a", target="b", weights=rng.uniform(0, 0.8, (8, 3)), delay=5e-3),
        ),
    )
    stimulus = {"in": nm.Poisson(rate=60.0)}
    first = nm.run(network, stimulus, duration=0.5, seed=3)
    for rule in (
        nm.nir.Convention(),
        nm.nir.Convention(spike="dirac"),
        nm.nir.Convention(scheme="exact"),
    ):
        path = nm.nir.write(network, tmp_path / "plain.nir", convention=rule)
        plain = nm.nir.read(path, convention=rule, metadata=False)
        again = nm.run(plain, stimulus, duration=0.5, seed=3)
        for name in ("a", "b"):
            assert first.spikes[name].time.size > 20
            np.testing.assert_allclose(again.spikes[name].time, first.spikes[name].time)
            assert (again.spikes[name].index == first.spikes[name].index).all()


def test_what_nir_cannot_hold(tmp_path):
    network = both()
    import dataclasses

    mixed = dataclasses.replace(network.projections[0], delay=np.linspace(1e-3, 2e-3, 24))
    with pytest.raises(nm.nir.NIRError, match=r"Projection in->a.basal: delays of 11 different"):
        nm.nir.write(dataclasses.replace(network, projections=(mixed,)), tmp_path / "x.nir")
    frames = nm.Network(populations=(nm.Population(name="p", n=1, cell=nm.Point()),))
    with pytest.raises(nm.nir.NIRError, match="Population 'p': Point came"):
        nm.nir.write(frames, tmp_path / "x.nir")


def test_not_a_nir_file(tmp_path):
    (tmp_path / "x.nir").write_text("hello")
    with pytest.raises(nm.nir.NIRError, match=r"x.nir': not a NIR file"):
        nm.nir.read(tmp_path / "x.nir")
    with pytest.raises(FileNotFoundError):
        nm.nir.read(tmp_path / "y.nir")


def test_bad_conventions():
    with pytest.raises(ValueError, match=r"Convention.spike: 'delta' came, step or dirac"):
        nm.nir.Convention(spike="delta")
    with pytest.raises(ValueError, match=r"Convention.dt: 0 s came"):
        nm.nir.Convention(dt=0)
