"""Events and bursts counted by hand, by the function and by the method of a result."""

import numpy as np
import pytest

import neuromorph as nm
from neuromorph.result import Spikes


def test_bursts_of_a_train_made_by_hand():
    time = np.array([0, 5, 10, 100, 150, 160]) * 1e-3
    spikes = Spikes(time=time, index=np.zeros(6, np.int32), n=1, duration=0.2)
    found = nm.bursts(spikes)
    assert (found.events[0], found.bursts[0]) == (3, 2)
    assert found.burst_probability == pytest.approx(2 / 3)
    assert found.burst_fraction == pytest.approx(5 / 6)
    assert found.event_rate == pytest.approx(15.0)


def test_units_do_not_share_a_burst():
    spikes = Spikes(time=np.array([0.0, 1e-3]), index=np.array([0, 1], np.int32), n=2, duration=1.0)
    assert nm.bursts(spikes).bursts.sum() == 0
    with pytest.raises(ValueError, match="above 0"):
        nm.bursts(spikes, isi=0.0)


def test_the_rule_includes_the_longest_interval():
    """16 ms apart is one event, 16.1 ms two; units in any order."""
    time, unit = np.array([0.0, 0.0, 16e-3, 16.1e-3]), np.array([1, 0, 0, 1], np.int32)
    found = nm.bursts(Spikes(time=time, index=unit, n=3, duration=0.5))
    assert found.events.tolist() == [1, 2, 0]
    assert found.bursts.tolist() == [1, 0, 0]
    assert found.event_rate == pytest.approx(3 / 3 / 0.5)
    assert nm.bursts(Spikes(time=time, index=unit, n=3, duration=0.5), isi=15e-3).bursts.sum() == 0


def test_a_result_counts_the_bursts_of_a_population():
    """Two pairs 4 ms apart and a lone spike, given as a source: 3 events, 2 bursts."""
    network = nm.Network(populations=(nm.Population(name="in", n=2, cell=nm.Source()),))
    time = np.array([1e-3, 5e-3, 40e-3, 44e-3, 80e-3])
    given = {"in": nm.SpikeTimes(time=time, index=np.array([0, 0, 1, 1, 0]))}
    result = nm.run(network, given, duration=0.1)
    found = result.bursts("in")
    assert (found.events.tolist(), found.bursts.tolist()) == ([2, 1], [1, 1])
    assert found.burst_probability == pytest.approx(2 / 3)
    assert found.burst_fraction == pytest.approx(4 / 5)
    assert result.bursts("in", isi=3e-3).bursts.sum() == 0
    with pytest.raises(ValueError, match=r"Result\.bursts: population 'l5' came, 'in' is allowed"):
        result.bursts("l5")
    with pytest.raises(ValueError, match="isi = -1"):
        result.bursts("in", isi=-1)
