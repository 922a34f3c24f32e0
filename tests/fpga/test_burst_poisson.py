"""Integer burst-Poisson cells: core model = numba's profile; the table against the float cell."""

import numpy as np
import pytest

import neuromorph as nm
from neuromorph.fpga.burst_poisson import encode_burst_poisson, gate_table

N = 13


@pytest.fixture(scope="module")
def network():
    rng = np.random.default_rng(1)

    def projection(source, target, shape, most, **changes):
        weights = rng.uniform(0, most, shape)
        return nm.Projection(source=source, target=target, weights=weights, **changes)

    return nm.Network(
        populations=(
            nm.Population(name="a", n=5, cell=nm.LIF(tau_m=5e-3, v_th=1.0, v_reset=0.0)),
            nm.Population(name="in", n=20, cell=nm.Source()),
            nm.Population(name="x", n=N, cell=nm.BurstPoisson()),
        ),
        projections=(
            projection("in", "x", (20, N), 8e-3),
            projection("in", "x", (20, N), 4e-3, port="apical", probability=0.5),
            projection("x", "a", (N, 5), 1.0),
            projection("a", "x", (5, N), 5e-3, port="apical", delay=2e-3),
        ),
    )


STIMULUS = {
    "in": nm.Poisson(rate=100.0),
    "x.basal": nm.Current(value=[0, 1e-10], time=[0, 0.1]),
    "x.apical": nm.Current(value=np.linspace(0, 2e-10, N)[None]),
}


@pytest.mark.parametrize("bits", [16, 10])
def test_core_model_equals_the_profile(network, bits):
    record = {"x": nm.Record(variables=("v_soma", "v_apical"), every=7)}
    model, profile = (
        nm.run(network, STIMULUS, backend=backend, duration=0.2, seed=3, record=record)
        for backend in (nm.FPGAModel(bits=bits), nm.Numba(fixed_point=nm.FixedPoint(bits=bits)))
    )
    assert model.spikes["x"].time.size > 100
    for name in ("x", "a"):
        assert model.spikes[name].time.tobytes() == profile.spikes[name].time.tobytes()
        assert model.spikes[name].index.tobytes() == profile.spikes[name].index.tobytes()
    for name in ("v_soma", "v_apical"):
        np.testing.assert_array_equal(
            model.traces["x"][name].values, profile.traces["x"][name].values
        )


def test_near_the_float_cell(network):
    exact, integer = (
        nm.run(network, STIMULUS, backend=backend, duration=0.5, seed=3)
        for backend in ("numba", "fpga-model")
    )
    a, b = (nm.bursts(r.spikes["x"]) for r in (exact, integer))
    assert b.burst_probability == pytest.approx(a.burst_probability, abs=0.05)
    assert integer.spikes["x"].time.size == pytest.approx(exact.spikes["x"].time.size, rel=0.05)


def test_two_halves_are_the_whole(network):
    whole, half = (
        nm.run(network, STIMULUS, backend="fpga-model", duration=t, seed=3) for t in (0.1, 0.0437)
    )
    rest = nm.run(
        network, STIMULUS, backend="fpga-model", duration=0.0563, seed=3, start=half.state
    )
    assert rest.spikes["x"].time.size > 20
    joined = np.concatenate([part.spikes["x"].time for part in (half, rest)])
    assert joined.tobytes() == whole.spikes["x"].time.tobytes()
    for key, array in whole.state.arrays.items():
        assert array.tobytes() == rest.state.arrays[key].tobytes(), key


def test_chance_is_that_of_the_float_cell_to_three_in_a_thousand():
    cell, fixed = nm.BurstPoisson(), nm.FixedPoint()
    encoded = encode_burst_poisson(cell, 1, 1e-4, fixed, 0.0)
    v = np.linspace(-0.12, 0.0, 4001)
    raw = np.rint(v * encoded.scale).astype(np.int64)
    half = 1 << (fixed.state_bits - 1)
    place = 512 + (((raw - encoded.e_d) * encoded.slope + half) >> fixed.state_bits)
    chance = gate_table()[np.clip(place, 0, 1023)] / 2**32
    exact = 1 / (1 + np.exp(-(v - cell.e_d) / cell.d_d))
    assert np.abs(chance - exact).max() < 3e-3  # half an entry 2.0e-3, e_d in 16 bits 0.6e-3


def test_integer_lif_takes_a_constant_current_too():
    cell = nm.LIF(tau_m=20e-3, v_th=1.0, v_reset=0.0)
    network = nm.Network(populations=(nm.Population(name="x", n=1, cell=cell),))
    counts = [
        nm.run(network, {"x.basal": nm.Current(value=2.0)}, backend=backend, duration=0.1)
        .spikes["x"].time.size
        for backend in (nm.Numba(fixed_point=nm.FixedPoint()), "fpga-model", "numba")
    ]  # fmt: skip
    # period tau ln(2 / (2 - 1)) = 13.86 ms
    assert counts == [7, 7, 7]


def test_times_beyond_the_registers_are_refused():
    network = nm.Network(populations=(nm.Population(name="x", n=1, cell=nm.BurstPoisson()),))
    with pytest.raises(ValueError, match="burst_jitter 100000 steps came, 0 to 65535 fits"):
        nm.run(network, {}, backend="fpga-model", duration=1e-6, dt=1e-7)
    steep = nm.Network(populations=(nm.Population(name="x", n=1, cell=nm.BurstPoisson(d_d=1e-7)),))
    with pytest.raises(ValueError, match="d_d is too small against the potentials: its slope is"):
        nm.run(steep, {}, backend="fpga-model", duration=1e-3)
