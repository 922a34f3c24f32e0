"""Integer context-LIF cells: core model = numba's profile; the threshold in closed form."""

import numpy as np
import pytest

import neuromorph as nm
from neuromorph.fpga import rtl

REASON = rtl.missing_tool()
N = 11


@pytest.fixture(scope="module")
def network():
    rng = np.random.default_rng(2)

    def projection(source, target, shape, most, **changes):
        weights = rng.uniform(0, most, shape)
        return nm.Projection(source=source, target=target, weights=weights, **changes)

    cell = nm.ContextLIF(tau_m=10e-3, v_th=1.0, v_subtract=1.0, tau_c=20e-3, refractory=1e-3,
                         gain=rng.uniform(-0.02, 0.2, N), v_floor=0.3)  # fmt: skip
    return nm.Network(
        populations=(
            nm.Population(name="x", n=N, cell=cell),
            nm.Population(name="in", n=20, cell=nm.Source()),
            nm.Population(name="a", n=5, cell=nm.LIF(tau_m=5e-3, v_th=1.0, v_reset=0.0)),
        ),
        projections=(
            projection("in", "x", (20, N), 0.15),
            projection("in", "x", (20, N), 0.6, port="apical", probability=0.5),
            projection("x", "a", (N, 5), 1.0),
            projection("a", "x", (5, N), 0.5, port="apical", delay=2e-3),
        ),
    )


STIMULUS = {"in": nm.Poisson(rate=100.0), "x.basal": nm.Current(value=[0, 0.3], time=[0, 0.1])}


@pytest.mark.parametrize("bits", [16, 10])
def test_core_model_equals_the_profile(network, bits):
    record = {"x": nm.Record(variables=("v", "context"), every=7)}
    model, profile = (
        nm.run(network, STIMULUS, backend=backend, duration=0.2, seed=3, record=record)
        for backend in (nm.FPGAModel(bits=bits), nm.Numba(fixed_point=nm.FixedPoint(bits=bits)))
    )
    assert model.spikes["x"].time.size > 100
    for name in ("x", "a"):
        assert model.spikes[name].time.tobytes() == profile.spikes[name].time.tobytes()
        assert model.spikes[name].index.tobytes() == profile.spikes[name].index.tobytes()
    for name in ("v", "context"):
        np.testing.assert_array_equal(
            model.traces["x"][name].values, profile.traces["x"][name].values
        )


def test_near_the_float_cell(network):
    record = {"x": nm.Record(variables=("context",), every=10)}
    exact, integer = (
        nm.run(network, STIMULUS, backend=backend, duration=0.5, seed=3, record=record)
        for backend in ("numba", "fpga-model")
    )
    assert integer.spikes["x"].time.size == pytest.approx(exact.spikes["x"].time.size, rel=0.02)
    a, b = (r.traces["x"]["context"].values for r in (exact, integer))
    assert np.abs(a - b).mean() < 0.01 * a.mean()


@pytest.mark.parametrize("backend", [nm.Numba(fixed_point=nm.FixedPoint()), "fpga-model"])
@pytest.mark.parametrize(("gain", "level"), [(0.0, 1.0), (0.5, 0.5), (-0.5, 1.5), (5.0, 0.2)])
def test_threshold_under_a_steady_context(backend, gain, level):
    """Period tau ln(I / (I - level)), level = max(floor, v_th - gain c), c = 1 throughout."""
    cell = nm.ContextLIF(tau_m=20e-3, v_th=1.0, v_reset=0.0, v_floor=0.2, tau_c=1e4, gain=gain)
    network = nm.Network(
        populations=(nm.Population(name="in", n=1, cell=nm.Source()),
                     nm.Population(name="x", n=1, cell=cell)),
        projections=(nm.Projection(source="in", target="x", port="apical", weights=[[1.0]]),),
    )  # fmt: skip
    stimulus = {"in": nm.SpikeTimes(time=[0.0], index=[0]), "x.basal": nm.Current(value=2.0)}
    times = nm.run(network, stimulus, backend=backend, duration=0.3).spikes["x"].time
    period = 20e-3 * np.log(2.0 / (2.0 - level))
    assert np.diff(times).mean() == pytest.approx(period, abs=1e-4)  # one step


def test_context_alone_is_silent(network):
    quiet = nm.Network(populations=network.populations, projections=network.projections[1:2])
    result = nm.run(quiet, {"in": nm.Poisson(rate=500.0)}, backend="fpga-model", duration=0.2)
    assert result.spikes["in"].time.size > 1000
    assert result.spikes["x"].time.size == 0


def test_two_halves_are_the_whole(network):
    whole, half = (
        nm.run(network, STIMULUS, backend="fpga-model", duration=t, seed=3) for t in (0.1, 0.0437)
    )
    rest = nm.run(
        network, STIMULUS, backend="fpga-model", duration=0.0563, seed=3, start=half.state
    )
    joined = np.concatenate([part.spikes["x"].time for part in (half, rest)])
    assert joined.tobytes() == whole.spikes["x"].time.tobytes()
    for key, array in whole.state.arrays.items():
        assert array.tobytes() == rest.state.arrays[key].tobytes(), key


@pytest.mark.skipif(REASON is not None, reason=str(REASON))
@pytest.mark.slow
def test_the_verilog_runs_both_cells_of_two_units(network):
    burst = nm.Population(name="p", n=4, cell=nm.BurstPoisson())
    both = nm.Network(
        populations=(*network.populations, burst),
        projections=(
            *network.projections,
            nm.Projection(source="in", target="p", weights=np.full((20, 4), 6e-3)),
            nm.Projection(source="in", target="p", weights=np.full((20, 4), 4e-3), port="apical"),
            nm.Projection(source="p", target="x", weights=np.full((4, N), 0.3), port="apical"),
        ),
    )
    a, b = (
        nm.run(both, STIMULUS, backend=backend, duration=0.1, seed=3)
        for backend in ("fpga-model", "fpga-rtl")
    )
    assert a.spikes["p"].time.size > 10
    for name, spikes in a.spikes.items():
        np.testing.assert_array_equal(b.spikes[name].time, spikes.time)
        np.testing.assert_array_equal(b.spikes[name].index, spikes.index)
    assert a.counts.cycles == b.counts.cycles


def test_what_does_not_fit_is_refused():
    def of(**changes):
        cell = nm.ContextLIF(tau_m=1e-2, v_th=1.0, v_reset=0.0, tau_c=1e-2, **changes)
        return nm.Network(
            populations=(nm.Population(name="in", n=1, cell=nm.Source()),
                         nm.Population(name="x", n=1, cell=cell)),
            projections=(nm.Projection(source="in", target="x", port="apical", weights=[[1.0]]),),
        )  # fmt: skip

    said = nm.FPGAModel().refusal(of(modulation="probability"))
    assert said == ("population 'x': modulation 'probability' is not there in fixed point; "
                    "'threshold' is")  # fmt: skip
    with pytest.raises(ValueError, match=r"ContextLIF.gain: \d+ came in the integers of the hardw"):
        nm.run(of(gain=1e6), {}, backend="fpga-model", duration=1e-3)
