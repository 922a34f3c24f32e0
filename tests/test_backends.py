"""One conformance suite over every backend; what one lacks stands here with its reason."""

import numpy as np
import pytest

import neuromorph as nm
from neuromorph.runner import BACKENDS, backend

DT = 1e-4
FLOAT = ["numba", "brian2"]
CLOCKED = ["numba", "brian2", "fpga-model"]

#: (backend, case): why it is not there.
UNSUPPORTED = {
    ("brian2", "start"): "Brian2 does not restore spikes under way",
    ("sfq-circuit", "ContextLIF"): "ContextLIF.modulation 'threshold' came",
    ("sfq-pulse", "ContextLIF"): "ContextLIF.modulation 'threshold' came",
}


def lif(**changes):
    return nm.LIF(**{"tau_m": 20e-3, "v_th": 1.25, "v_subtract": 1.0, **changes})


def chain(cell, **projection):
    return nm.Network(
        populations=(
            nm.Population(name="in", n=2, cell=nm.Source()),
            nm.Population(name="a", n=1, cell=cell),
        ),
        projections=(
            nm.Projection(**{"source": "in", "target": "a", "weights": np.ones((2, 1)),
                             "delay": 2e-3, **projection}),
        ),
    )  # fmt: skip


INPUT = {"in": nm.Regular(rate=[200.0, 150.0], offset=[0.0, 1.3e-3])}


@pytest.mark.parametrize("name", CLOCKED)
def test_result_is_complete(name):
    result = nm.run(chain(lif()), INPUT, backend=name, duration=0.1, seed=4,
                    record={"a": nm.Record(every=3)})  # fmt: skip
    assert set(result.spikes) == {"in", "a"}
    assert result.spikes["in"].count.tolist() == [20, 15]
    assert 0 < result.spikes["a"].rate[0] < 350
    assert np.all(np.diff(result.spikes["a"].time) >= 0)
    trace = result.traces["a"]["v"]
    assert trace.values.shape == (334, 1)
    np.testing.assert_allclose(trace.time, np.arange(334) * 3e-4, rtol=1e-12)
    assert result.counts.effective_acs == 35
    assert result.counts.membrane_updates == 1000
    assert result.counts.dense == 2000
    assert result.provenance.network_seconds == pytest.approx(0.1)
    assert result.provenance.seed == 4
    assert {"python", "numpy", "neuromorph"} <= set(result.provenance.versions)
    assert all(energy.source for energy in result.energy)


@pytest.mark.parametrize("name", CLOCKED)
def test_silence_without_input(name):
    result = nm.run(chain(lif()), {}, backend=name, duration=0.05)
    assert result.spikes["a"].time.size == 0


@pytest.mark.parametrize("name", CLOCKED)
def test_same_seed_same_spikes(name):
    network = chain(lif(), probability=0.5)
    drive = {"in": nm.Poisson(rate=300.0)}
    a, b, c = (
        nm.run(network, drive, backend=name, duration=0.2, seed=seed) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(a.spikes["a"].time, b.spikes["a"].time)
    assert a.spikes["a"].time.tolist() != c.spikes["a"].time.tolist()


@pytest.mark.parametrize("name", ["numba", "fpga-model"])
def test_two_halves_are_the_whole(name, random_network):
    drive = {"in": nm.Poisson(rate=80.0)}
    whole = nm.run(random_network, drive, backend=name, duration=0.1, seed=9)
    first = nm.run(random_network, drive, backend=name, duration=0.05, seed=9)
    second = nm.run(random_network, drive, backend=name, duration=0.05, seed=9, start=first.state)
    for part in ("time", "index"):
        joined = np.concatenate([getattr(r.spikes["a"], part) for r in (first, second)])
        assert joined.tobytes() == getattr(whole.spikes["a"], part).tobytes()
    assert whole.state.arrays.keys() == second.state.arrays.keys()
    for key, array in whole.state.arrays.items():
        assert array.tobytes() == second.state.arrays[key].tobytes(), key
    assert whole.counts.transmissions == first.counts.transmissions + second.counts.transmissions


def test_brian2_refuses_to_go_on():
    first = nm.run(chain(lif()), INPUT, duration=0.01)
    with pytest.raises(ValueError, match=UNSUPPORTED["brian2", "start"]):
        nm.run(chain(lif()), INPUT, backend="brian2", duration=0.01, start=first.state)


@pytest.mark.parametrize("changes", [{"seed": 1}, {"dt": 2e-4}, {"backend": "fpga-model"}])
def test_a_state_of_another_run_is_refused(changes):
    first = nm.run(chain(lif()), INPUT, duration=0.01)
    with pytest.raises(ValueError, match=r"start\.(seed|dt|backend): .* of this run is allowed"):
        nm.run(chain(lif()), INPUT, duration=0.01, start=first.state, **changes)


@pytest.mark.parametrize("name", list(BACKENDS))
def test_context_cell_is_run_or_refused_by_name(name):
    for package in BACKENDS[name].needs:
        pytest.importorskip(package)
    cell = nm.ContextLIF(tau_m=20e-3, v_th=1.25, v_subtract=1.0, tau_c=20e-3)
    said = backend(name).refusal(chain(cell))
    if (name, "ContextLIF") in UNSUPPORTED:
        assert UNSUPPORTED[name, "ContextLIF"] in said
        with pytest.raises(ValueError, match="ContextLIF"):
            nm.run(chain(cell), INPUT, backend=name, duration=0.01)
    else:
        assert said is None


@pytest.mark.parametrize("name", list(BACKENDS))
def test_frames_are_refused_by_name(name):
    for package in BACKENDS[name].needs:
        pytest.importorskip(package)
    network = nm.Network(
        name="frames",
        populations=(
            nm.Population(name="in", n=1, cell=nm.Source()),
            nm.Population(name="f", n=1, cell=nm.Point()),
        ),
    )
    said = backend(name).refusal(network)
    assert said is None or "frame" in said
    assert set(nm.supports(network)) == set(BACKENDS)


def test_unknown_backend():
    with pytest.raises(ValueError, match="backend: 'nest' came, numba, brian2, sfq-pulse, sfq-"):
        nm.run(chain(lif()), INPUT, backend="nest", duration=0.1)


def test_missing_package_is_named(monkeypatch):
    import importlib.util

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(nm.UnavailableError, match="package 'brian2' is not installed: pip install"):
        backend("brian2")


# Brian2 against numba: the same spikes, unit and step --------------------------------------


def identical(a, b):
    for name in a.spikes:
        np.testing.assert_array_equal(a.spikes[name].time, b.spikes[name].time)
        np.testing.assert_array_equal(a.spikes[name].index, b.spikes[name].index)


@pytest.mark.parametrize("key", ["00", "01", "10", "11"])
def test_brian2_equals_numba_on_the_stochastic_xor(key):
    work = nm.workloads.xor(probability=0.8)
    runs = [
        nm.run(work.network, work.stimuli[key], backend=name, duration=work.duration, seed=5)
        for name in FLOAT
    ]
    identical(*runs)
    assert runs[0].counts == runs[1].counts


@pytest.mark.parametrize("seed", [0, 1])
def test_brian2_equals_numba_on_a_random_network_short(random_network, seed):
    record = {"a": nm.Record(units=(0, 10, 999), every=5)}
    drive = {"in": nm.Poisson(rate=60.0), "a.basal": nm.Current(value=[0.2, -0.1], time=[0, 0.03])}
    a, b = (
        nm.run(random_network, drive, backend=name, duration=0.06, seed=seed, record=record)
        for name in FLOAT
    )
    assert a.spikes["a"].time.size > 500
    identical(a, b)
    np.testing.assert_array_equal(a.traces["a"]["v"].values, b.traces["a"]["v"].values)
    np.testing.assert_array_equal(a.traces["a"]["v"].time, b.traces["a"]["v"].time)


@pytest.mark.slow
def test_brian2_equals_numba_on_a_random_network_one_second(random_network):
    drive = {"in": nm.Poisson(rate=60.0)}
    a, b = (
        nm.run(random_network, drive, backend=name, duration=1.0, seed=3) for name in FLOAT
    )
    assert a.spikes["a"].time.size > 10_000
    identical(a, b)
    assert a.counts == b.counts


@pytest.mark.slow
def test_brian2_cython_equals_numba():
    work = nm.workloads.xor(probability=0.8)
    a, b = (
        nm.run(work.network, work.stimuli["10"], backend=chosen, duration=work.duration, seed=5)
        for chosen in ("numba", nm.Brian2(target="cython"))
    )
    identical(a, b)


def test_brian2_preferences_are_put_back():
    import brian2

    before = brian2.prefs.codegen.target
    nm.run(chain(lif()), INPUT, backend="brian2", duration=0.001)
    assert brian2.prefs.codegen.target == before


# fpga-model against numba's fixed-point profile --------------------------------------------


def test_fpga_model_equals_the_fixed_point_profile(random_network):
    drive = {"in": nm.Poisson(rate=60.0)}
    a = nm.run(random_network, drive, backend=nm.FPGAModel(bits=12), duration=0.1, seed=3)
    profile = nm.Numba(fixed_point=nm.FixedPoint(bits=12))
    b = nm.run(random_network, drive, backend=profile, duration=0.1, seed=3)
    identical(a, b)
    assert a.counts.cycles > 0
    assert b.counts.cycles is None
