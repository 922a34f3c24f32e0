"""The memory estimate, the memory taken, and the refusal."""

import resource
import subprocess
import sys

import numpy as np
import pytest

import neuromorph as nm
from neuromorph.backends import memory


def network(n=1000, fan_out=50):
    rng = np.random.default_rng(0)
    weights = nm.Weights(
        shape=(n, n), start=np.arange(n + 1) * fan_out,
        target=rng.integers(0, n, n * fan_out, dtype=np.int32),
        value=rng.random(n * fan_out) * 1e-12,
    )  # fmt: skip
    return nm.Network(
        populations=(nm.Population(name="x", n=n, cell=nm.TwoCompartment()),),
        projections=(nm.Projection(source="x", target="x", weights=weights),),
    )


def test_estimate_by_hand():
    found = nm.memory_estimate(network())
    # per synapse: target 4, weight 8, weight on the grid 8; per cell: 8 variables of 8 bytes,
    # 2 ports of 20 steps of 8 bytes (1 ms of delay and a window of 1 ms), 10 steps of 12 bytes
    assert found.per_synapse == 20 <= 24
    assert found.total == 50_000 * 20 + 1000 * (64 + 320 + 120) + 8 * 1001
    assert "1,000 neurons, 50,000 synapses: about 1.4 MiB (20 bytes per synapse)" in str(found)
    assert nm.memory_estimate(network(), precision="float32").per_synapse == 24


def test_a_run_says_what_it_took():
    notes = nm.run(network(), {}, duration=1e-3).provenance.notes
    assert notes[0].startswith("memory: 1,000 neurons, 50,000 synapses: about 1.4 MiB")


def test_a_machine_without_room_refuses_with_the_estimate(monkeypatch):
    monkeypatch.setattr(memory, "available_memory", lambda: 1_500_000)
    with pytest.raises(MemoryError, match=r"50,000 synapses: about 1\.4 MiB .* 2\.0 MiB are there"):
        nm.run(network(), {}, duration=1e-3)
    monkeypatch.setattr(memory, "available_memory", lambda: 1_700_000)
    nm.run(network(), {}, duration=1e-3)


GROWTH = """
import resource, sys
sys.path.insert(0, {folder!r})
from test_memory import network
import neuromorph as nm
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
nm.run(network(100, 10), {{}}, duration=2e-3)
net = network(20_000, 200)
before = peak()
nm.run(net, {{}}, duration=2e-3)
print(peak() - before, nm.memory_estimate(net).total - nm.memory_estimate(net).described)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in kB on Linux only")
def test_a_run_takes_about_what_is_estimated(tmp_path):
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > 0
    folder = str(memory.Path(__file__).parent)
    told = subprocess.run([sys.executable, "-c", GROWTH.format(folder=folder)],
                          capture_output=True, text=True, check=True, timeout=300)  # fmt: skip
    taken, estimated = map(int, told.stdout.split())
    # 4 million synapses: at most 24 bytes each in all, 12 of them the description's
    assert taken < 1.5 * estimated
