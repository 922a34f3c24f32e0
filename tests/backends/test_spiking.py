"""Pyramidal cells on numba and Brian2: the same spikes; noise, synapses, threads, resuming."""

import re

import numpy as np
import pytest
from numba import njit

import neuromorph as nm
from neuromorph.backends.drive import NOTHING
from neuromorph.backends.stepper import variables_of
from neuromorph.cells.port import PortDrive, PortInput, port_current
from neuromorph.cells.two_compartment import TWO_COMPARTMENT, two_compartment_step

N = 30
POTENTIALS = ("v", "v_soma", "v_apical", "v_dendrite")
RUSH = 60e-12
CASES = {
    "two-compartment": (nm.TwoCompartment(), ("basal", "apical"), (300e-12, 100e-12), RUSH, 1e-4),
    "moving threshold, unequal": (
        nm.TwoCompartment.moving_threshold(g_s=np.linspace(1200e-12, 1400e-12, N)),
        ("basal", "apical"), (300e-12, 100e-12), RUSH, 1e-4,
    ),
    "adex": (nm.AdEx(), ("basal",), (700e-12,), RUSH, 1e-4),
    "burst-poisson": (nm.BurstPoisson(), ("basal", "apical"), (450e-12, 300e-12), 1e-3, 1e-4),
    "ca-adex": (nm.CaAdEx(), ("basal", "apical"), (400e-12, 200e-12), 30e-12, 5e-5),
    "ca-adex swapped": (
        nm.CaAdEx(gates="swapped"), ("basal", "apical"), (400e-12, 200e-12), 30e-12, 5e-5,
    ),
    "urbanczik-senn": (
        nm.UrbanczikSenn(), ("soma", "dendrite"), (200e-12, 500e-12), RUSH, 1e-4,
    ),
}  # fmt: skip


def recurrent(cell, ports, weight, synapses=(None, None)):
    return nm.Network(
        populations=(nm.Population(name="x", n=N, cell=cell),),
        projections=tuple(
            nm.Projection(
                source="x", target="x", port=port, synapse=synapse,
                weights=nm.fixed_probability(N, N, 0.1, weight, seed=number),
            )
            for number, (port, synapse) in enumerate(zip(ports, synapses, strict=False))
        ),
    )  # fmt: skip


def drive(ports, means, weight):
    return {
        f"x.{port}": (
            nm.Current(value=np.linspace(0.5, 1.5, N)[None] * mean),
            nm.OrnsteinUhlenbeck(sigma=100e-12, tau=2e-3),
            nm.Background(rate=100.0, weight=weight),
        )
        for port, mean in zip(ports, means, strict=True)
    }


def same(a, b):
    a, b = a.spikes["x"], b.spikes["x"]
    return a.time.tobytes() == b.time.tobytes() and a.index.tobytes() == b.index.tobytes()


@pytest.mark.parametrize("case", CASES)
@pytest.mark.slow
def test_spikes_and_potentials_equal_those_of_brian2(case):
    cell, ports, means, weight, dt = CASES[case]
    network, stimulus = recurrent(cell, ports, weight), drive(ports, means, weight)
    potentials = tuple(name for name in variables_of(cell) if name in POTENTIALS)
    record = {"x": nm.Record(variables=potentials, every=3)}
    runs = [
        nm.run(network, stimulus, backend=backend, duration=0.15, dt=dt, seed=7, record=record)
        for backend in ("numba", "brian2")
    ]
    assert runs[0].spikes["x"].time.size > 20
    assert same(*runs)
    for name in potentials:
        ours, theirs = (run.traces["x"][name].values for run in runs)
        assert np.ptp(ours) > 1e-3
        assert ours.tobytes() == theirs.tobytes(), name


@pytest.mark.parametrize("modulation", ["threshold", "probability"])
@pytest.mark.slow
def test_context_cells_equal_those_of_brian2(modulation):
    cell = nm.ContextLIF(
        tau_m=20e-3, v_th=2.5, v_subtract=1.0, tau_c=20e-3, modulation=modulation, gain=0.3,
        c_half=1.0,
    )  # fmt: skip
    rng = np.random.default_rng(0)
    network = nm.Network(
        populations=(
            nm.Population(name="in", n=N, cell=nm.Source()),
            nm.Population(name="x", n=N, cell=cell),
        ),
        projections=tuple(
            nm.Projection(source="in", target="x", port=port, weights=rng.random((N, N)) * 0.3)
            for port in ("basal", "apical")
        ),
    )
    runs = [
        nm.run(network, {"in": nm.Poisson(rate=40.0)}, backend=chosen, duration=0.2, seed=7)
        for chosen in ("numba", "brian2")
    ]
    assert runs[0].spikes["x"].time.size > 20
    assert same(*runs)


SYNAPSES = {
    "current": nm.Exponential(tau=9e-3),
    "double": nm.DoubleExponential(tau_rise=1e-3, tau_decay=6e-3),
    "conductance": nm.Exponential(tau=9e-3, reversal=0.0),
    "double conductance": nm.DoubleExponential(tau_rise=1e-3, tau_decay=6e-3, reversal=-80e-3),
}


@pytest.mark.parametrize("kind", SYNAPSES)
@pytest.mark.slow
def test_brought_synapses_equal_brian2_bit_for_bit(kind):
    synapse = SYNAPSES[kind]
    weight = RUSH if synapse.reversal is None else 2e-9
    network = recurrent(nm.TwoCompartment(), ("basal", "apical"), weight, (synapse, synapse))
    stimulus = drive(("basal", "apical"), (300e-12, 100e-12), RUSH)
    stimulus["x.apical"] += (
        nm.Current(value=[0, 200e-12, 0], time=[0, 0.05, 0.1], gain=np.linspace(0, 1, N)),
    )
    record = {"x": nm.Record(variables=("v_soma", "v_apical"), every=5)}
    a, b = (
        nm.run(network, stimulus, backend=chosen, duration=0.15, seed=7, record=record)
        for chosen in ("numba", "brian2")
    )
    assert same(a, b)
    for name in ("v_soma", "v_apical"):
        assert a.traces["x"][name].values.tobytes() == b.traces["x"][name].values.tobytes()


def test_threads_change_nothing():
    network = recurrent(nm.TwoCompartment(), ("basal", "apical"), RUSH)
    stimulus = drive(("basal", "apical"), (300e-12, 100e-12), RUSH)
    one, three = (
        nm.run(network, stimulus, backend=nm.Numba(threads=k), duration=0.2, seed=1) for k in (1, 3)
    )
    assert one.spikes["x"].time.size > 20
    assert same(one, three)
    for key, array in one.state.arrays.items():
        assert array.tobytes() == three.state.arrays[key].tobytes(), key


@pytest.mark.parametrize("case", ["two-compartment", "burst-poisson", "urbanczik-senn"])
def test_a_run_in_two_parts_is_the_run(case):
    cell, ports, means, weight, dt = CASES[case]
    network, stimulus = recurrent(cell, ports, weight), drive(ports, means, weight)
    whole = nm.run(network, stimulus, duration=0.1, seed=1, dt=dt)
    half = nm.run(network, stimulus, duration=0.0437, seed=1, dt=dt)
    rest = nm.run(network, stimulus, duration=0.0563, seed=1, dt=dt, start=half.state)
    joined = np.concatenate([part.spikes["x"].time for part in (half, rest)])
    assert joined.tobytes() == whole.spikes["x"].time.tobytes()
    for key, array in whole.state.arrays.items():
        assert array.tobytes() == rest.state.arrays[key].tobytes(), key


def test_order_of_storage_does_not_matter():
    network = recurrent(nm.TwoCompartment(), ("basal", "apical"), RUSH * 1.2345)
    turned = nm.Network(populations=network.populations, projections=network.projections[::-1])
    stimulus = drive(("basal", "apical"), (300e-12, 100e-12), RUSH)
    assert same(
        *(nm.run(net, stimulus, duration=0.2, seed=1) for net in (network, turned))
    )


@pytest.mark.slow
def test_float32_is_near():
    network = recurrent(nm.TwoCompartment(), ("basal", "apical"), RUSH)
    stimulus = drive(("basal", "apical"), (300e-12, 100e-12), RUSH)
    record = {"x": nm.Record(variables=("v_soma",))}
    a, b = (
        nm.run(network, stimulus, backend=nm.Numba(precision=p), duration=0.01, record=record)
        for p in ("float64", "float32")
    )
    assert b.traces["x"]["v_soma"].values.dtype == np.float32
    np.testing.assert_allclose(
        a.traces["x"]["v_soma"].values, b.traces["x"]["v_soma"].values, atol=2e-7
    )


@pytest.mark.parametrize("name", ["fpga-model", "sfq-circuit"])
def test_substrates_of_pulses_refuse_time_courses(name):
    cell = nm.LIF(tau_m=20e-3, v_th=1.0, v_subtract=1.0)
    network = nm.Network(
        populations=(nm.Population(name="x", n=1, cell=cell),),
        projections=(
            nm.Projection(source="x", target="x", weights=[[1e-9]], synapse=nm.Exponential(tau=1)),
        ),
    )
    said = r"the port's own synapse is|Exponential synapses are not supported here; Delta are"
    with pytest.raises(ValueError, match=said):
        nm.run(network, {}, backend=name, duration=0.01)
    assert nm.run(network, {}, duration=0.01).spikes["x"].time.size == 0


def passive(given, variable="i_basal", n=2000, duration=0.2, every=20):
    cell = nm.TwoCompartment(v_th=5.0, g_s=0.0, g_d=0.0)
    network = nm.Network(populations=(nm.Population(name="x", n=n, cell=cell),))
    result = nm.run(
        network, {"x.basal": given}, duration=duration, seed=3,
        record={"x": nm.Record(variables=(variable,), every=every)},
    )  # fmt: skip
    return result.traces["x"][variable].values


def test_background_obeys_campbell():
    """Mean r w tau and variance r w^2 tau/2; on a grid tau -> dt/(1 - e) with the sum of e^k."""
    rate, w, e = 500.0, 10e-12, np.exp(-1e-4 / 5e-3)
    p = 1 - np.exp(-rate * 1e-4)
    found = passive(nm.Background(rate=rate, weight=w))[50:]
    assert found.mean() == pytest.approx(p * w / (1 - e), rel=0.005)
    assert found.var() == pytest.approx(p * (1 - p) * w * w / (1 - e * e), rel=0.03)


def test_ornstein_uhlenbeck_in_a_leaky_membrane():
    """Var V = sigma^2 R^2 tau_n / (tau_n + tau_m) for a passive membrane of tau_m = 16 ms."""
    sigma, tau = 100e-12, 20e-3
    found = passive(nm.OrnsteinUhlenbeck(sigma=sigma, tau=tau), "v_soma")[60:]
    expected = (sigma * 16e-3 / 370e-12) ** 2 * tau / (tau + 16e-3)
    assert found.var() == pytest.approx(expected, rel=0.04)


@pytest.mark.parametrize("kernel", [port_current, two_compartment_step])
def test_the_loops_are_vectorised(kernel):
    """Packed multiplications on this machine: without them the step is some ten times slower."""
    fresh = kernel.py_func
    made = njit(error_model="numpy")(fresh)
    n, x = 64, np.zeros((8, 64))
    if kernel is port_current:
        row = np.zeros((1, n))
        made(
            PortInput(row, NOTHING, np.zeros(1, int), row, row[0], row[0], 0.9, None), 0, 0, *x[:3]
        )
    else:
        ports = (PortDrive(np.zeros(n), None), PortDrive(np.zeros(n), None))
        c = TWO_COMPARTMENT.constants(nm.TwoCompartment(), 1e-4)
        made(x, ports, np.zeros(n, np.bool_), c, None)
    text = next(iter(made.inspect_asm().values()))
    assert len(re.findall(r"mulpd|fmul\s+v", text)) >= (2 if kernel is port_current else 15)


def test_fused_arithmetic_is_near_and_is_another_one():
    network = recurrent(nm.TwoCompartment(), ("basal", "apical"), RUSH)
    stimulus = drive(("basal", "apical"), (300e-12, 100e-12), RUSH)
    record = {"x": nm.Record(variables=("v_soma",))}
    a, b = (
        nm.run(network, stimulus, backend=nm.Numba(precision=p), duration=0.02, record=record)
        for p in ("float64", "fast")
    )
    v, w = (result.traces["x"]["v_soma"].values for result in (a, b))
    np.testing.assert_allclose(v, w, rtol=0, atol=1e-12)
    assert nm.Numba(precision="fast").arithmetic != nm.Numba().arithmetic


@pytest.mark.slow
def test_ten_thousand_noisy_cells_for_a_second_equal_brian2():
    n = 10_000
    weights = nm.fixed_probability(n, n, 0.002, 20e-12, seed=1)
    network = nm.Network(
        populations=(nm.Population(name="x", n=n, cell=nm.TwoCompartment()),),
        projections=tuple(
            nm.Projection(source="x", target="x", port=port, weights=weights)
            for port in ("basal", "apical")
        ),
    )
    noise = nm.OrnsteinUhlenbeck(sigma=350e-12, tau=2e-3)
    stimulus = {"x.basal": (nm.Current(value=350e-12), noise), "x.apical": noise}
    a, b = (
        nm.run(network, stimulus, backend=chosen, duration=1.0, seed=7)
        for chosen in ("numba", "brian2")
    )
    assert a.spikes["x"].time.size > 20_000
    assert same(a, b)


@pytest.mark.slow
def test_two_compartments_converge_to_an_independent_integration():
    """The same pulses in scipy's adaptive Runge-Kutta, spike by spike."""
    from scipy.integrate import solve_ivp

    c = nm.TwoCompartment(refractory=0.0, bap_delay=0.0)

    def f(v):
        return 1 / (1 + np.exp(-(v - c.e_d) / c.d_d))

    def slope(t, y, last):
        v_s, w_s, v_d, w_d = y
        box = c.bap if t - last < c.bap_width else 0.0
        i_s, i_d = 2e-9 * (t < 5e-3), 400e-12 * (t < 20e-3)
        return [
            -(v_s - c.v_leak) / c.tau_s + (c.g_s * f(v_d) + w_s + i_s) / c.c_s,
            -w_s / c.tau_ws,
            -(v_d - c.v_leak) / c.tau_d + (c.g_d * f(v_d) + box + w_d + i_d) / c.c_d,
            (c.a_wd * (v_d - c.v_leak) - w_d) / c.tau_wd,
        ]

    def crossing(t, y, last):
        return y[0] - c.v_th

    crossing.terminal, crossing.direction = True, 1
    t, y, last, expected = 0.0, [c.v_leak, 0.0, c.v_leak, 0.0], -1.0, []
    stops = [5e-3, 20e-3, 80e-3]
    while t < 80e-3:
        to = min(s for s in [*stops, last + c.bap_width if last >= 0 else 1.0] if s > t + 1e-12)
        out = solve_ivp(slope, (t, to), y, args=(last,), events=crossing, rtol=1e-10, atol=1e-14)
        t, y = float(out.t[-1]), out.y[:, -1]
        if out.status == 1:
            expected.append(t)
            last, y[0] = t, c.v_reset
            y[1] += c.b_ws
    assert len(expected) >= 2
    network = nm.Network(populations=(nm.Population(name="x", n=1, cell=c),))
    given = {
        "x.basal": nm.Current(value=[2e-9, 0.0], time=[0.0, 5e-3]),
        "x.apical": nm.Current(value=[400e-12, 0.0], time=[0.0, 20e-3]),
    }
    errors = []
    for dt in (1e-5, 5e-6, 2.5e-6):
        got = nm.run(network, given, duration=80e-3, dt=dt).spikes["x"].time
        assert got.size == len(expected)
        errors.append(np.abs(got - expected).max())
    assert errors[0] < 1e-4
    assert errors[2] < 0.45 * errors[0]  # first order: a quarter, and the grid of spike times
