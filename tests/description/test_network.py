import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st

import neuromorph as nm

LIF = {"tau_m": 20e-3, "v_th": 1.0, "v_subtract": 1.0}


def pair(**projection):
    return nm.Network(
        populations=(
            nm.Population(name="in", n=2, cell=nm.Source()),
            nm.Population(name="a", n=2, cell=nm.LIF(**LIF)),
        ),
        projections=(
            nm.Projection(**{"source": "in", "target": "a", "weights": np.eye(2), **projection}),
        ),
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nm.LIF(**{**LIF, "tau_m": 0.0}), r"LIF.tau_m: 0 came, finite numbers > 0 in s"),
        (lambda: nm.LIF(**{**LIF, "tau_m": [0.1, np.nan]}), r"LIF.tau_m: nan came"),
        (lambda: nm.LIF(**{**LIF, "v_reset": 0.0}), "both of v_subtract and v_reset came"),
        (lambda: nm.LIF(tau_m=1.0, v_th=1.0), "neither of v_subtract and v_reset came"),
        (lambda: nm.LIF(tau_m=1.0, v_th=1.0, v_reset=2.0), "at most v_th = 1. is allowed"),
        (lambda: nm.LIF(**{**LIF, "refractory": -1e-3}), "LIF.refractory: -0.001 came"),
        (lambda: nm.ContextLIF(**LIF, tau_c=1.0, v_floor=-1.0), "context alone must stay silent"),
        (lambda: nm.ContextLIF(**LIF, tau_c=1.0, modulation="gain"), "'gain' came, 'threshold' or"),
        (lambda: nm.Population(name="a.b", n=1, cell=nm.Source()), "'a.b' came, letters, digits"),
        (lambda: nm.Population(name="a", n=0, cell=nm.Source()), "n = 0 came, a whole number"),
        (
            lambda: nm.Population(name="a", n=3, cell=nm.LIF(**{**LIF, "v_th": [1.0, 2.0]})),
            r"LIF.v_th of shape \(2,\) came, a number or shape \(3,\)",
        ),
        (lambda: pair(weights=[[1.0, np.nan], [0, 1]]), r"weights: nan came for synapse \(0, 1\)"),
        (lambda: pair(weights=np.ones((2, 3))), r"weights of shape \(2, 3\) came, \(2, 2\) is"),
        (lambda: pair(weights=1.0), r"shape \(\) came, \(n_source, n_target\) is allowed"),
        (lambda: pair(delay=-1e-3), "delay: -0.001 came, 0 or more"),
        (lambda: pair(probability=1.5), "probability: 1.5 came, 0 to 1"),
        (lambda: pair(probability=[0.5]), r"probability of shape \(1,\) came, .* \(2\) is allowed"),
        (lambda: pair(port="apical"), "port 'apical' came, LIF has 'basal'"),
        (lambda: pair(target="b"), "population 'b' came, 'in', 'a' are there"),
        (lambda: pair(source="a", target="in", weights=np.eye(2)), "Source has none"),
        (
            lambda: nm.Network(
                populations=[nm.Population(name="a", n=1, cell=nm.Source()) for _ in "ab"]
            ),
            "population 'a' came twice",
        ),
        (
            lambda: nm.Network(
                populations=(
                    nm.Population(name="s", n=1, cell=nm.LIF(**LIF)),
                    nm.Population(name="f", n=1, cell=nm.Point()),
                )
            ),
            "only spiking or only frame-based cells are allowed",
        ),
    ],
)
def test_bad_descriptions(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("stimulus", "error", "message"),
    [
        ({"x": nm.Regular(rate=1.0)}, ValueError, "population 'x' came, 'in', 'a' are there"),
        ({"a": nm.Regular(rate=1.0)}, ValueError, r"allowed on the sources \['in'\]"),
        ({"in": nm.SpikeTimes(time=[0.0], index=[2])}, ValueError, "unit 2 came, 0 to 1"),
        ({"in": nm.Regular(rate=[1.0, 2, 3])}, ValueError, r"rate of shape \(3,\) came"),
        ({"in.basal": nm.Current(value=1.0)}, ValueError, "allowed on no port here"),
        ({"a": nm.Current(value=1.0)}, ValueError, "allowed on a.basal"),
        ({"in": 5.0}, TypeError, "float came, a stimulus is allowed"),
        ({"in": nm.SpikeTimes(time=[0.0, 1e-5], index=[1, 1])}, ValueError, "unit 1 emits twice"),
    ],
)
def test_bad_stimuli(stimulus, error, message):
    with pytest.raises(error, match=message):
        nm.run(pair(), stimulus, duration=0.01)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nm.SpikeTimes(time=[-1.0], index=[0]), "-1 s came, 0 s or later is allowed"),
        (lambda: nm.SpikeTimes(time=[0.0], index=[0, 1]), "one of each per spike"),
        (lambda: nm.Regular(rate=-1.0), "Regular.rate: -1 came"),
        (lambda: nm.Current(value=[1.0, 2.0], time=[0.0, 0.0]), "increasing times from 0 s"),
        (lambda: nm.Frames(value=np.ones(3)), r"shape \(3,\) came"),
        (lambda: nm.Record(every=0), "Record.every: 0 came"),
    ],
)
def test_bad_stimulus_values(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_delay_below_one_step():
    with pytest.raises(ValueError, match=r"delay 5e-05 s came, at least one step of 0\.0001 s"):
        nm.run(pair(delay=5e-5), {}, duration=0.01)


@pytest.mark.parametrize(("duration", "dt"), [(-1.0, 1e-4), (1.0, 0.0), (1.0, np.nan)])
def test_bad_times(duration, dt):
    with pytest.raises(ValueError, match="s came, "):
        nm.run(pair(), {}, duration=duration, dt=dt)


@pytest.mark.parametrize("unit", [2, -1])
def test_a_recorded_unit_that_is_not_there(unit):
    for name in ("numba", "brian2"):
        with pytest.raises(ValueError, match=f"record 'a': unit {unit} came, 0 to 1 are there"):
            nm.run(pair(), {}, backend=name, duration=0.01, record={"a": nm.Record(units=(unit,))})


def test_things_of_another_kind():
    with pytest.raises(TypeError, match="stimulus: int came, a dict of stimuli"):
        nm.run(pair(), 5, duration=0.01)
    with pytest.raises(TypeError, match="backend: 5 came, a backend object such as"):
        nm.run(pair(), {}, duration=0.01, backend=5)
    with pytest.raises(TypeError, match="weights: 'x' came, a number or an array of numbers"):
        pair(weights="x")


def test_unknown_record():
    with pytest.raises(ValueError, match="variable 'u' came, v are there"):
        nm.run(pair(), {}, duration=0.01, record={"a": nm.Record(variables=("u",))})


@given(st.integers(0, 10**6))
def test_dense_and_sparse_weights_are_one(seed):
    rng = np.random.default_rng(seed)
    dense = rng.normal(size=(5, 7)) * (rng.random((5, 7)) < 0.4)
    mine = pair_of(dense).projections[0].weights
    assert mine == pair_of(scipy.sparse.coo_array(dense)).projections[0].weights
    np.testing.assert_array_equal(mine.toarray(), dense)


def pair_of(weights):
    return nm.Network(
        populations=(
            nm.Population(name="in", n=5, cell=nm.Source()),
            nm.Population(name="a", n=7, cell=nm.LIF(**LIF)),
        ),
        projections=(nm.Projection(source="in", target="a", weights=weights),),
    )


def test_a_stored_zero_is_a_synapse():
    stored = scipy.sparse.csr_array((np.zeros(1), [1], [0, 1, 1]), shape=(2, 2))
    assert pair(weights=stored).projections[0].weights.n_synapse == 1
    assert pair(weights=np.zeros((2, 2))).projections[0].weights.n_synapse == 0


def test_equality_is_by_content():
    assert pair() == pair()
    assert pair() != pair(delay=2e-3)
    assert hash(pair()) == hash(pair())
    assert nm.LIF(**LIF) != nm.ContextLIF(**LIF, tau_c=1.0)


def test_arrays_cannot_change():
    cell = nm.LIF(**{**LIF, "v_th": np.array([1.0, 2.0])})
    with pytest.raises(ValueError, match="read-only"):
        cell.v_th[0] = 5.0


def test_builders():
    assert nm.one_to_one(3, 2.0).toarray().tolist() == (2 * np.eye(3)).tolist()
    assert nm.all_to_all(2, 3, 0.5).toarray().tolist() == [[0.5] * 3] * 2
    drawn = nm.fixed_probability(200, 300, 0.1, 1.0, seed=4)
    assert abs(drawn.n_synapse - 6000) < 4 * np.sqrt(60000 * 0.1 * 0.9)
    assert drawn == nm.fixed_probability(200, 300, 0.1, 1.0, seed=4)


def test_frames_do_not_drive_a_spiking_network():
    with pytest.raises(ValueError, match=r"stimulus 'in': Frames came, SpikeTimes, Regular or"):
        nm.run(pair(), {"in": nm.Frames(value=np.zeros((1, 1, 2)))}, duration=0.01)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"duration": "a"}, "duration: 'a' came, a number"),
        ({"duration": [0.1, 0.2]}, "one time in s is allowed"),
        ({"dt": None}, "dt: None came, a number"),
        ({"seed": 1.5}, "seed: 1.5 came, a whole number is allowed"),
        ({"start": "x"}, "start: str came, the state of a result is allowed"),
        ({"backend": nm.Numba}, "Numba'> came, a backend object such as Numba()"),
        ({"record": {"a": "v"}}, r"record 'a': 'v' came, Record\(...\) is allowed"),
    ],
)
def test_arguments_of_another_kind(arguments, message):
    with pytest.raises(TypeError, match=message):
        nm.run(pair(), {}, **{"duration": 0.01, **arguments})


@pytest.mark.parametrize("seed", [-1, 2**64])
@pytest.mark.parametrize("backend", ["numba", "sfq-circuit"])
def test_seed_out_of_range(backend, seed):
    work = nm.workloads.xor()
    with pytest.raises(ValueError, match=rf"seed: {seed} came, 0 <= seed < 2\*\*64 is allowed"):
        nm.run(work.network, {}, duration=0.01, seed=seed, backend=backend)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nm.Population(name="a", n="x", cell=nm.LIF(**LIF)), "n = 'x' came, a whole"),
        (lambda: nm.Population(name=3, n=1, cell=nm.LIF(**LIF)), "Population.name: 3 came"),
        (lambda: nm.Network(populations=("a",)), r"populations: 'a' came, Population\(...\)"),
        (lambda: nm.LIF(**{**LIF, "tau_m": "5"}), "LIF.tau_m: '5' came, a number"),
        (lambda: nm.SpikeTimes(time=[0, 1], index=[0, 0.5]), "index: 0.5 came, a whole number"),
        (lambda: nm.Record(every=2.5), "Record.every: 2.5 came, a whole number of steps"),
    ],
)
def test_fields_of_another_kind(make, message):
    with pytest.raises((ValueError, TypeError), match=message):
        make()


def test_a_single_variable_is_recorded_by_its_name():
    assert nm.Record(variables="context").variables == ("context",)


def test_brian2_times_and_weights_at_the_edge():
    brian2 = pytest.importorskip("brian2")
    result = nm.run(pair(), {}, duration=10 * brian2.ms, dt=0.2 * brian2.ms)
    assert result.provenance.network_seconds == pytest.approx(0.01)
    assert result.provenance.dt == pytest.approx(2e-4)
    assert nm.Numba(merge_window=2 * brian2.ms).merge_window == 2e-3
    with pytest.raises(TypeError, match="duration: a quantity in"):
        nm.run(pair(), {}, duration=10 * brian2.mV)
    volts = pair(weights=2 * np.eye(2) * brian2.mV).projections[0].weights.value
    assert volts.tolist() == [2e-3, 2e-3]
    with pytest.raises(TypeError, match="weights: a quantity in"):
        pair(weights=np.eye(2) * brian2.ms)
    with pytest.raises(TypeError, match=r"LIF\.tau_m: a quantity in"):
        nm.LIF(**{**LIF, "tau_m": [20 * brian2.mV, 10 * brian2.mV]})


def test_brian2_quantities_at_the_edge():
    brian2 = pytest.importorskip("brian2")
    cell = nm.LIF(tau_m=20 * brian2.ms, v_th=1 * brian2.volt, v_reset=0.0)
    assert cell.tau_m == 20e-3
    with pytest.raises(TypeError, match=r"LIF\.tau_m: a quantity in V came, s is allowed"):
        nm.LIF(tau_m=20 * brian2.volt, v_th=1.0, v_reset=0.0)
