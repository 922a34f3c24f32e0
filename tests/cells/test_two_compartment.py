"""Signatures of the Naud-Sprekeler cell: coincidence, critical frequency, multiplexing."""

import numpy as np
import pytest

import neuromorph as nm

FORMS = {"fixed": nm.TwoCompartment(), "moving": nm.TwoCompartment.moving_threshold()}


def pulses(onsets, width, amplitude):
    """Return a Current of equal pulses."""
    edges = np.array([edge for onset in onsets for edge in (onset, onset + width)])
    return nm.Current(value=[0.0, *[amplitude, 0.0] * len(onsets)], time=[0.0, *edges])


def run(cell, basal, apical, duration=0.3, n=1, **options):
    network = nm.Network(populations=(nm.Population(name="l5", n=n, cell=cell),))
    record = {"l5": nm.Record(variables=("v_soma", "v_apical"))} if n == 1 else None
    return nm.run(
        network, {"l5.basal": basal, "l5.apical": apical}, duration=duration, record=record,
        **options,
    )  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_coincidence_makes_a_burst(form):
    soma, dendrite = pulses([0.05], 5e-3, 2000e-12), pulses([0.05], 20e-3, 400e-12)
    nothing = nm.Current(value=0.0)
    alone = run(FORMS[form], soma, nothing).spikes["l5"].time
    below = run(FORMS[form], nothing, dendrite).spikes["l5"].time
    both = run(FORMS[form], soma, dendrite).spikes["l5"].time
    assert (alone.size, below.size) == (1, 0)
    assert 2 <= both.size <= 4
    assert np.diff(both).max() < 16e-3


def peak(cell, frequency, bias=0.0):
    train = pulses(0.1 + np.arange(5) / frequency, 2e-3, 5000e-12)
    result = run(cell, train, nm.Current(value=bias))
    return result.traces["l5"]["v_apical"].values[1000:].max()


@pytest.mark.parametrize("form", FORMS)
def test_critical_frequency_falls_with_apical_bias(form):
    def critical(bias):
        high = (f for f in range(20, 140, 10) if peak(FORMS[form], f, bias) > -20e-3)
        return next(high)

    found = [critical(bias) for bias in (0.0, 100e-12, 200e-12)]
    assert 60 <= found[0] <= 130
    assert found[0] > found[1] > found[2]


def noisy(basal, apical, n=40, duration=1.0):
    noise = nm.OrnsteinUhlenbeck(sigma=450e-12, tau=2e-3)
    result = run(
        FORMS["fixed"], (nm.Current(value=basal), noise), (nm.Current(value=apical), noise),
        duration=duration, n=n, seed=5,
    )  # fmt: skip
    return result.bursts("l5")


def test_burst_probability_follows_the_dendrite():
    found = [noisy(400e-12, apical) for apical in (-200e-12, 0.0, 200e-12, 400e-12)]
    chance = [b.burst_probability for b in found]
    assert chance == sorted(chance)
    assert chance[0] < 0.2
    assert chance[-1] > 0.55
    rate = [b.event_rate for b in found]
    assert max(rate) / min(rate) < 1.6


def test_event_rate_follows_the_soma():
    found = [noisy(basal, 0.0) for basal in (100e-12, 500e-12, 900e-12)]
    rate = [b.event_rate for b in found]
    assert rate[2] > 5 * rate[0]
    chance = [b.burst_probability for b in found]
    assert max(chance) < 1.6 * min(chance)


def test_rheobase_with_a_resting_dendrite():
    """c_s/tau_s 20 mV - g_s f(v_leak): 456.3 pA (dendrite at rest but for its own f)."""
    calm = nm.TwoCompartment(g_d=0.0, bap=0.0, b_ws=0.0)
    f = 1 / (1 + np.exp(32 / 6))
    rheobase = 370e-12 / 16e-3 * 20e-3 - 1300e-12 * f
    for factor, fires in ((0.999, False), (1.001, True)):
        result = run(calm, nm.Current(value=factor * rheobase), nm.Current(value=0.0), duration=0.5)
        assert (result.spikes["l5"].time.size > 0) is fires


def test_euler_converges_with_first_order():
    """Halving dt halves the distance of a subthreshold trace to that of a tiny dt."""
    calm = nm.TwoCompartment(v_th=1.0)

    def at(dt):
        out = run(calm, nm.Current(value=300e-12), nm.Current(value=250e-12), 0.02 + dt, dt=dt)
        return out.traces["l5"]["v_apical"].values[round(0.02 / dt), 0]

    exact = at(1e-6)
    errors = [abs(at(dt) - exact) for dt in (2e-4, 1e-4)]
    assert errors[0] / errors[1] == pytest.approx(2.0, abs=0.15)


def test_copies_are_equal():
    noise = nm.Current(value=500e-12)
    one = run(FORMS["fixed"], noise, nm.Current(value=200e-12), n=1)
    many = run(FORMS["fixed"], noise, nm.Current(value=200e-12), n=13)
    for unit in range(13):
        mine = many.spikes["l5"].time[many.spikes["l5"].index == unit]
        assert mine.tobytes() == one.spikes["l5"].time.tobytes()


def test_runaway_stops_with_unit_and_time():
    from neuromorph.backends.cell_stepper import RunawayError

    with pytest.raises(RunawayError, match="unit 0: potential out of range at the end of step 0"):
        run(FORMS["fixed"], nm.Current(value=0.0), nm.Current(value=1e-3))
