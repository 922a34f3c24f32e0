"""Brian2 objects handed out, and scripts that run without this package."""

import subprocess
import sys

import numpy as np
import pytest

import neuromorph as nm
from neuromorph import philox
from neuromorph.backends import brian_function, brian_plain
from neuromorph.cells.exponential import POWERS, TAYLOR

SEALED = """
import runpy, sys
class Wall:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("neuromorph", "numba"):
            raise ImportError(f"{name} is walled off")
sys.meta_path.insert(0, Wall())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def network():
    rng = np.random.default_rng(0)
    n = 8
    return nm.Network(
        populations=(
            nm.Population(name="in", n=10, cell=nm.Source()),
            nm.Population(name="x", n=n, cell=nm.TwoCompartment()),
        ),
        projections=(
            nm.Projection(source="in", target="x", weights=rng.uniform(0, 300e-12, (10, n)),
                          short_term=nm.TsodyksMarkram(u_rest=0.5, tau_d=50e-3, tau_f=0.1)),
            nm.Projection(source="x", target="x", port="apical", probability=0.5,
                          weights=rng.uniform(0, 50e-12, (n, n)),
                          synapse=nm.DoubleExponential(tau_rise=1e-3, tau_decay=5e-3)),
            nm.Projection(source="in", target="x", port="apical",
                          weights=rng.uniform(0, 100e-12, (10, n)),
                          plasticity=nm.BurstDependent(eta=1e-12, w_max=200e-12)),
        ),
    )  # fmt: skip


STIMULUS = {
    "in": nm.Poisson(rate=60.0),
    "x.basal": (nm.Current(value=[350e-12, 450e-12], time=[0, 0.03]),
                nm.OrnsteinUhlenbeck(sigma=200e-12, tau=2e-3)),
}  # fmt: skip


@pytest.mark.slow
def test_objects_are_brian2s_own_and_run_on():
    import brian2

    from neuromorph.backends.brian import _preferences

    made = nm.to_brian2(network(), STIMULUS, duration=0.1, seed=4)
    assert type(made.network) is brian2.Network
    assert type(made.groups["x"]) is brian2.NeuronGroup
    assert list(made.synapses) == ["in->x.basal", "x->x.apical", "in->x.apical"]
    own = brian2.PopulationRateMonitor(made.groups["x"])
    made.network.add(own)
    with _preferences("numpy"):
        made.network.run(0.06 * brian2.second, namespace={})
        made.network.run(0.04 * brian2.second, namespace={})
    ours = nm.run(network(), STIMULUS, duration=0.1, seed=4).spikes["x"]
    assert ours.time.size > 5
    assert made.spikes["x"].num_spikes == ours.time.size
    assert len(own.rate) == 1000


@pytest.mark.slow
def test_a_written_script_runs_without_us_and_gives_the_same_spikes(tmp_path):
    path = nm.to_brian2_script(network(), STIMULUS, tmp_path / "net.py", duration=0.1, seed=4)
    told = subprocess.run(
        [sys.executable, "-c", SEALED, str(path), "--out", str(tmp_path / "spikes.npz")],
        capture_output=True, text=True, cwd=tmp_path, timeout=300, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr[-2000:]
    assert "x: " in told.stdout
    with np.load(tmp_path / "spikes.npz") as got:
        step, index = np.rint(got["x.time"] / 1e-4).astype(int), got["x.index"]
    ours = nm.run(network(), STIMULUS, duration=0.1, seed=4).spikes["x"]
    order = np.lexsort((index, step))
    assert step[order].tolist() == np.rint(ours.time / 1e-4).astype(int).tolist()
    assert index[order].tolist() == ours.index.tolist()


def test_carried_functions_have_the_bits_of_the_compiled_ones(monkeypatch):
    monkeypatch.setattr(brian_plain, "TAYLOR", TAYLOR)
    monkeypatch.setattr(brian_plain, "POWERS", POWERS)
    monkeypatch.setattr(brian_plain, "NORMAL", philox.NORMAL)
    rng = np.random.default_rng(0)
    x = np.concatenate((rng.uniform(-30, 30, 20000), [0.0, -710.0, 800.0]))
    whole = [rng.integers(0, 2**32, 20000).astype(float) for _ in range(3)]
    for name, made in brian_function.functions().items():
        compiled = made.implementations._implementations["numpy"]._code
        given = whole if name.startswith("philox") else [np.abs(x) + 1e-3 if "log" in name else x]
        carried = getattr(brian_plain, name)
        assert np.asarray(carried(*given)).tobytes() == np.asarray(compiled(*given)).tobytes(), name


def test_what_brian2_does_not_run_is_refused(tmp_path):
    frames = nm.Network(populations=(nm.Population(name="f", n=1, cell=nm.Point()),))
    with pytest.raises(ValueError, match="to_brian2, network 'network': frame-based"):
        nm.to_brian2(frames)
    with pytest.raises(ValueError, match=r"a name ending with \.py is allowed"):
        nm.to_brian2_script(network(), STIMULUS, tmp_path / "net.txt", duration=0.1)
