"""The other pyramidal cells against closed forms and published figures."""

import numpy as np
import pytest
from scipy.linalg import expm

import neuromorph as nm


def run(cell, drive, duration=0.3, n=1, record=(), **options):
    network = nm.Network(populations=(nm.Population(name="x", n=n, cell=cell),))
    stimulus = {f"x.{port}": given for port, given in drive.items()}
    kept = {"x": nm.Record(variables=record)} if record else None
    return nm.run(network, stimulus, duration=duration, record=kept, **options)


def test_urbanczik_senn_steady_state():
    """(g_ls e_ls + g_sp V_d + I) / (g_ls + g_sp), as NEST 3.10: -69.523809523809 mV."""
    result = run(
        nm.UrbanczikSenn(phi_max=0.0), {"soma": nm.Current(value=300e-12)}, record=("v_soma",)
    )
    expected = (30e-9 * -70e-3 + 600e-9 * -70e-3 + 300e-12) / 630e-9
    assert result.traces["x"]["v_soma"].values[-1, 0] == pytest.approx(expected, abs=1e-14)


def test_urbanczik_senn_rate():
    """With phi constant and a dead time of d steps the mean interval is d + 1/p - 1 steps."""
    cell = nm.UrbanczikSenn(beta=0.0, k_phi=1.0, phi_max=200.0)
    spikes = run(cell, {}, n=400, duration=1.0, seed=1).spikes["x"]
    interval = 30 * 1e-4 + 1e-4 / (1 - np.exp(-100 * 1e-4)) - 1e-4
    assert spikes.time.size / 400 == pytest.approx(1 / interval, rel=0.02)


@pytest.mark.parametrize("port", ["basal", "apical"])
def test_passive_ca_adex(port):
    """Two coupled leaky compartments: steady state by a 2 x 2 solve, step response by expm."""
    cell = nm.CaAdEx(g_ca=0.0, g_k=0.0, g_w=0.0, d_t=1e-6, e_ld=-69.246e-3)
    current, g_s, g_d, g_c = 50e-12, 5.0e-9, 3.37786e-9, 19.7773e-9
    result = run(
        cell, {port: nm.Current(value=current)}, duration=0.5, dt=1e-5,
        record=("v_soma", "v_apical"),
    )  # fmt: skip
    traces = result.traces["x"]
    matrix = np.array([[g_s + g_c, -g_c], [-g_c, g_d + g_c]])
    injected = np.array([current, 0.0] if port == "basal" else [0.0, current])
    steady = np.linalg.solve(matrix, injected)
    found = np.array([traces[v].values[:, 0] + 69.246e-3 for v in ("v_soma", "v_apical")])
    np.testing.assert_allclose(found[:, -1], steady, rtol=1e-5)
    rate = matrix / np.array([[246.788e-12], [23.6737e-12]])
    for step in (100, 1000, 5000):
        expected = steady - expm(-rate * step * 1e-5) @ steady
        np.testing.assert_allclose(found[:, step], expected, rtol=0.01)


SOMA = np.array([0.0, 100.0, 200.0, 300.0, 400.0, 600.0]) * 1e-12
DENDRITE = np.array([0.0, 100.0, 200.0, 300.0]) * 1e-12
#: Rates [Hz] over DENDRITE (rows) and SOMA (columns) in each reading of the gates: an independent
#: Euler integration (numpy, in mV, ms and pA, library exp and log), steps of 0.01 ms, 2 s.
RATES = {
    "published": [
        [0.0, 0.0, 5.5, 10.5, 16.0, 27.0],
        [0.0, 4.5, 10.0, 15.0, 20.5, 30.0],
        [4.0, 9.0, 14.5, 19.0, 23.5, 33.5],
        [8.5, 13.0, 17.5, 22.0, 26.5, 36.0],
    ],
    "swapped": [
        [0.0, 0.0, 5.5, 10.5, 16.0, 26.5],
        [0.0, 4.5, 10.0, 15.0, 20.5, 31.0],
        [4.0, 9.0, 14.0, 19.5, 24.5, 34.5],
        [8.0, 13.0, 18.5, 23.5, 28.5, 38.5],
    ],
    "time constants": [
        [0.0, 0.0, 5.5, 10.5, 16.0, 31.0],
        [0.0, 4.5, 10.0, 15.0, 47.0, 56.0],
        [4.0, 9.0, 38.5, 43.5, 48.0, 57.0],
        [30.5, 35.0, 39.5, 44.0, 48.5, 57.5],
    ],
}
READINGS = {
    "published": nm.CaAdEx(),
    "swapped": nm.CaAdEx(gates="swapped"),
    "time constants": nm.CaAdEx(tau_m=80e-3, tau_h=15e-3),
}


@pytest.mark.parametrize("reading", RATES)
def test_ca_adex_frequency(reading):
    """All 24 pairs of currents in one population; one spike in 2 s is 0.5 Hz."""
    given = {
        "basal": nm.Current(value=np.tile(SOMA, DENDRITE.size)[None]),
        "apical": nm.Current(value=np.repeat(DENDRITE, SOMA.size)[None]),
    }
    result = run(READINGS[reading], given, n=24, duration=2.0, dt=1e-5)
    found = result.spikes["x"].rate.reshape(DENDRITE.size, SOMA.size)
    np.testing.assert_allclose(found, RATES[reading], rtol=0, atol=0.5)


@pytest.mark.parametrize(("reading", "count"), [("published", 3), ("swapped", 2)])
def test_ca_adex_coincidence_makes_a_burst(reading, count):
    """700 pA for 10 ms at the soma: 1 spike; 300 pA for 20 ms at the dendrite: 0; both: a burst.

    The back-propagated spikes bring on the calcium current; the cell had 0.6 s to settle.
    """
    on, nothing = 0.6, np.zeros(3)
    soma = [nothing, np.array([700e-12, 0.0, 700e-12]), nothing]
    dendrite = [nothing, np.array([0.0, 300e-12, 300e-12]), nothing]
    result = run(
        READINGS[reading],
        {
            "basal": nm.Current(value=soma, time=[0.0, on, on + 10e-3]),
            "apical": nm.Current(value=dendrite, time=[0.0, on, on + 20e-3]),
        },
        n=3, duration=0.7, dt=1e-5, record=("v_apical", "ca"),
    )  # fmt: skip
    spikes, traces = result.spikes["x"], result.traces["x"]
    assert spikes.count.tolist() == [1, 0, count]
    assert np.diff(spikes.time[spikes.index == 2])[0] < 16e-3
    assert result.bursts("x").bursts.tolist() == [0, 0, 1]
    peak = traces["v_apical"].values.max(axis=0)
    assert peak[1] == pytest.approx(-38e-3, abs=0.5e-3)  # no calcium spike
    assert peak[2] > max(peak[:2]) + 5e-3
    calcium = traces["ca"].values.max(axis=0)
    assert calcium[2] - 1e-4 > 2 * (calcium[:2] - 1e-4).max()


def test_adex_rheobase():
    """Without adaptation the rheobase is g_l (v_t - e_l - d_t)."""
    cell = nm.AdEx(a=0.0, b=0.0)
    rheobase = 30e-9 * (-50.4e-3 + 70.6e-3 - 2e-3)
    for factor, fires in ((0.995, False), (1.005, True)):
        spikes = run(cell, {"basal": nm.Current(value=factor * rheobase)}, duration=2.0).spikes
        assert (spikes["x"].time.size > 0) is fires


def test_burst_poisson_probability():
    """One Bernoulli draw per event: the share of bursts is binomial around f(V_d)."""
    current = 300e-12
    result = run(
        nm.BurstPoisson(),
        {"basal": nm.Current(value=600e-12), "apical": nm.Current(value=current)},
        n=200, duration=2.0, seed=2,
    )  # fmt: skip
    found = result.bursts("x")
    v_d = -70e-3 + 41e6 * current
    p = 1 / (1 + np.exp(-(v_d + 57e-3) / 6e-3))
    n = int(found.events.sum())
    assert n > 5000
    assert abs(found.burst_probability - p) < 4 * np.sqrt(p * (1 - p) / n)
    gaps = np.diff(np.sort(result.spikes["x"].time[result.spikes["x"].index == 0]))
    second = gaps[gaps <= 15.01e-3]
    assert second.min() >= 5e-3 - 1e-9


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: nm.TwoCompartment(tau_s=0.0), "TwoCompartment.tau_s: 0 came"),
        (lambda: nm.TwoCompartment(v_reset=-0.04), "less than v_th = -0.05 V is allowed"),
        (lambda: nm.BurstPoisson(refractory=5e-3), "at least burst_delay"),
        (lambda: nm.CaAdEx(gates="other"), "'published' or 'swapped' is allowed"),
        (lambda: nm.DoubleExponential(tau_rise=2.0, tau_decay=1.0), "less than tau_decay"),
    ],
)
def test_bad_input(make, text):
    with pytest.raises(ValueError, match=text.replace(".", r"\.").replace("(", r"\(")):
        make()


def test_urbanczik_senn_refuses_a_long_step():
    with pytest.raises(ValueError, match="lower dt"):
        run(nm.UrbanczikSenn(), {}, dt=1e-3)
