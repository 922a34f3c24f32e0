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
