"""The LIF cell against closed forms."""

import math

import numpy as np
import plain
import pytest
from hypothesis import given
from hypothesis import strategies as st

import neuromorph as nm

DT = 1e-4


def one(cell, *, probability=1.0, weight=1.0, n_in=1, delay=1e-3):
    return nm.Network(
        populations=(
            nm.Population(name="in", n=n_in, cell=nm.Source()),
            nm.Population(name="a", n=1, cell=cell),
        ),
        projections=(
            nm.Projection(
                source="in", target="a", weights=np.full((n_in, 1), weight), delay=delay,
                probability=probability,
            ),
        ),
    )  # fmt: skip


def steps_of(result, name="a"):
    return np.rint(result.spikes[name].time / DT).astype(int).tolist()


@pytest.mark.parametrize(("v_inf", "tau"), [(1.2, 10e-3), (1.05, 20e-3), (3.0, 5e-3)])
def test_firing_period_to_the_exact_step(v_inf, tau):
    # the first n with v_inf (1 - exp(-n dt/tau)) > v_th
    period = math.ceil(-tau / DT * math.log(1 - 1 / v_inf))
    cell = nm.LIF(tau_m=tau, v_th=1.0, v_reset=0.0, v_leak=v_inf)
    result = nm.run(
        nm.Network(populations=(nm.Population(name="a", n=1, cell=cell),)), {}, duration=0.2
    )
    assert steps_of(result) == list(range(period - 1, 2000, period))


def test_firing_rate_with_refractory_time():
    # 180 steps to threshold (tau 10 ms, v_inf 1.2); the refractory time adds its own
    # 20 steps less the one in which the cell still counts as having reset
    cell = nm.LIF(tau_m=10e-3, v_th=1.0, v_reset=0.0, v_leak=1.2, refractory=2e-3)
    net = nm.Network(populations=(nm.Population(name="a", n=1, cell=cell),))
    assert set(np.diff(steps_of(nm.run(net, {}, duration=0.2)))) == {180 + 19}


def test_current_drives_through_the_resistance():
    cell = nm.LIF(tau_m=10e-3, v_th=1.0, v_reset=0.0, r_m=1e6)
    net = nm.Network(populations=(nm.Population(name="a", n=1, cell=cell),))
    result = nm.run(net, {"a.basal": nm.Current(value=1.2e-6)}, duration=0.2)
    assert set(np.diff(steps_of(result))) == {180}
    below = nm.run(net, {"a.basal": nm.Current(value=0.99e-6)}, duration=0.5)
    assert below.spikes["a"].time.size == 0


def test_decay_between_spikes_is_exact():
    cell = nm.LIF(tau_m=20e-3, v_th=10.0, v_subtract=1.0)
    result = nm.run(
        one(cell), {"in": nm.SpikeTimes(time=[0.0], index=[0])}, duration=0.1,
        record={"a": nm.Record()},
    )  # fmt: skip
    trace = result.traces["a"]["v"]
    # spike of step 0, delay 10 steps: arrives in step 10, seen at the start of step 11
    expected = np.where(trace.time > 10.5 * DT, np.exp(-(trace.time - 11 * DT) / 20e-3), 0.0)
    np.testing.assert_allclose(trace.values[:, 0], expected, rtol=1e-12)


@pytest.mark.parametrize("delay", [1, 2, 7, 64, 65, 300])
def test_delay_in_whole_steps(delay):
    cell = nm.LIF(tau_m=1e3, v_th=0.5, v_subtract=1.0)
    net = one(cell, delay=delay * DT)
    result = nm.run(net, {"in": nm.SpikeTimes(time=[5 * DT], index=[0])}, duration=0.05)
    # sent at step 5, added in step 5 + d after the test, so it fires at 5 + d + 1
    assert steps_of(result) == [5 + delay + 1]


def test_refractory_drops_inputs_the_spiking_step_included():
    cell = nm.LIF(tau_m=1e3, v_th=0.5, v_reset=0.0, refractory=3 * DT)
    # spikes arriving at steps 10, 11 (fires), 12, 13 (dropped), 14 (counts)
    times = np.array([0, 1, 2, 3, 4]) * DT
    result = nm.run(
        one(cell), {"in": nm.SpikeTimes(time=times, index=np.zeros(5, int))}, duration=0.01
    )
    assert steps_of(result) == [11, 15]


@given(
    st.lists(st.integers(0, 400), min_size=1, max_size=60, unique=True),
    st.sampled_from([0.5, 1.0, 1.5, 2.0]),
    st.floats(0.6, 4.0),
)
def test_charge_balance_of_the_subtractive_cell(spike_steps, weight, v_th):
    """w n_in - v_subtract n_out = leaked + stored, whatever the input."""
    tau, n_steps = 5e-3, 450
    cell = nm.LIF(tau_m=tau, v_th=v_th, v_subtract=1.0)
    times = nm.SpikeTimes(time=np.array(spike_steps) * DT, index=np.zeros(len(spike_steps), int))
    result = nm.run(
        one(cell, weight=weight, delay=DT), {"in": times}, duration=n_steps * DT,
        record={"a": nm.Record()},
    )  # fmt: skip
    before = result.traces["a"]["v"].values[:, 0]
    leaked = float(np.sum(before * (1 - math.exp(-DT / tau))))
    stored = float(result.state.arrays["a.v"][0])
    n_in, n_out = len(spike_steps), result.spikes["a"].time.size
    assert weight * n_in - n_out == pytest.approx(leaked + stored, abs=1e-12 * max(1, n_in))


def test_rate_law_of_the_subtractive_cell():
    """f_out = max(0, f_in - f_th) for w = v_subtract, with one f_th fitted over all rates."""
    cell = nm.LIF(tau_m=20e-3, v_th=4.2, v_subtract=1.0)
    rates = np.array([100.0, 150, 200, 250, 300, 350, 400, 450])
    out = np.array(
        [
            nm.run(one(cell), {"in": nm.Regular(rate=rate)}, duration=4.0).spikes["a"].rate[0]
            for rate in rates
        ]
    )
    f_th = (rates - out)[out > 0].mean()
    # mean v at threshold lies between v_th - 1 and v_th: 160 to 210 Hz leak away
    assert 160 <= f_th <= 210
    assert np.all(np.abs(out - np.maximum(0.0, rates - f_th)) < 0.025 * rates.max())


@given(st.integers(0, 2**32 - 1), st.booleans())
def test_equals_plain_python(seed, subtract):
    """A random recurrent stochastic network, spike for spike, against tests/reference/plain.py."""
    rng = np.random.default_rng(seed)
    n, n_in, n_steps = 6, 4, 150
    kind = "v_subtract" if subtract else "v_reset"
    amount = rng.integers(0, 9, n) / 16 + (0.5 if subtract else 0.0)
    tau, refractory = rng.uniform(2e-3, 30e-3, n), rng.integers(0, 12, n)
    v_th = 1.0 + rng.integers(0, 8, n) / 8
    cell = nm.LIF(tau_m=tau, v_th=v_th, refractory=refractory * DT, **{kind: amount})
    into, back = rng.integers(-2, 9, (n_in, n)) / 8, rng.integers(-4, 5, (n, n)) / 8
    p = rng.integers(0, 9, (n, n)) / 8
    d_in, d_back = rng.integers(1, 9, (n_in, n)), rng.integers(1, 30, (n, n))
    network = nm.Network(
        populations=(
            nm.Population(name="in", n=n_in, cell=nm.Source()),
            nm.Population(name="a", n=n, cell=cell),
        ),
        projections=(
            nm.Projection(source="in", target="a", weights=into, delay=d_in * DT),
            nm.Projection(
                source="a", target="a", weights=back, delay=d_back * DT, probability=p
            ),
        ),
    )
    steps, units = np.nonzero(rng.random((n_steps, n_in)) < 0.15)
    result = nm.run(
        network, {"in": nm.SpikeTimes(time=steps * DT, index=units)}, duration=n_steps * DT,
        seed=seed,
    )  # fmt: skip
    synapses = []
    for stream, (weights, delay, chance, name) in enumerate(
        [(into, d_in, np.ones_like(into), "in"), (back, d_back, p, "a")]
    ):
        for number, (i, j) in enumerate(zip(*np.nonzero(weights), strict=True)):
            synapses.append(
                {
                    "source": (name, i), "target": j, "weight": weights[i, j],
                    "delay": delay[i, j], "p": chance[i, j], "number": number,
                    "stream": (1 << 28) + stream,
                }
            )  # fmt: skip
    cells = [
        {"tau_m": tau[i], "v_th": v_th[i], "v_leak": 0.0, kind: amount[i],
         "refractory": int(refractory[i]), "v": 0.0 if subtract else amount[i]}
        for i in range(n)
    ]  # fmt: skip
    spikes, v = plain.simulate(
        n_steps, DT, cells, synapses, set(zip(steps, units, strict=True)), seed
    )
    mine = list(zip(steps_of(result), result.spikes["a"].index.tolist(), strict=True))
    assert mine == [(int(k), int(i)) for k, i in spikes]
    # numpy.exp and math.exp may differ in the last bit
    np.testing.assert_allclose(result.state.arrays["a.v"], v, rtol=1e-13)
