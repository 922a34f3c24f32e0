"""Counts against the neurobench package, where it is installed."""

import numpy as np
import pytest

import neuromorph as nm


@pytest.fixture(scope="module")
def run():
    rng = np.random.default_rng(5)
    first = rng.normal(size=(12, 20)) * (rng.random((12, 20)) < 0.6)
    second = rng.normal(size=(20, 5)) * (rng.random((20, 5)) < 0.5)
    cell = nm.LIF(tau_m=20e-3, v_th=1.0, v_subtract=1.0)
    network = nm.Network(
        populations=(
            nm.Population(name="in", n=12, cell=nm.Source()),
            nm.Population(name="a", n=20, cell=cell),
            nm.Population(name="b", n=5, cell=cell),
        ),
        projections=(
            nm.Projection(source="in", target="a", weights=first),
            nm.Projection(source="a", target="b", weights=second),
        ),
    )
    result = nm.run(network, {"in": nm.Poisson(rate=80.0)}, duration=0.2, dt=1e-3, seed=4)
    return network, result, (first, second)


def gridded(spikes, steps):
    out = np.zeros((steps, spikes.n))
    out[np.rint(spikes.time / 1e-3).astype(int), spikes.index] = 1
    return out


def test_against_plain_matrices(run):
    _, result, (first, second) = run
    counts = result.counts
    effective = sum(
        (gridded(result.spikes[name], 200) @ (w != 0)).sum()
        for name, w in (("in", first), ("a", second))
    )
    assert counts.effective_acs == effective > 0
    assert counts.dense == 200 * (first.size + second.size)
    assert counts.membrane_updates == 200 * 25
    zeros = (first == 0).sum() + (second == 0).sum()
    assert counts.connection_sparsity == pytest.approx(zeros / (first.size + second.size))


def test_against_neurobench(run):
    """Synaptic operations and connection sparsity of NeuroBench 2.3 on the same spikes."""
    torch = pytest.importorskip("torch", reason="torch is not installed")
    pytest.importorskip("neurobench", reason="neurobench is not installed")
    from neurobench.hooks.layer import LayerHook
    from neurobench.metrics.static import ConnectionSparsity
    from neurobench.metrics.workload import SynapticOperations
    from neurobench.models import TorchModel

    _, result, weights = run
    layers = []
    for matrix in weights:
        layer = torch.nn.Linear(*matrix.shape, bias=False)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(matrix.T.copy()).float())
        layers.append(layer)

    class Replay(torch.nn.Module):
        """Feeds each layer the spikes that our run sent into it."""

        def __init__(self):
            super().__init__()
            self.first, self.second = layers

        def forward(self, given):
            self.first(given[:, :12])
            return self.second(given[:, 12:])

    model = TorchModel(Replay())
    given = torch.from_numpy(
        np.hstack([gridded(result.spikes[name], 200) for name in ("in", "a")])
    ).float()
    meter = SynapticOperations()
    model.connection_hooks = [LayerHook(layer) for layer in layers]
    predicted = model(given)
    meter(model, predicted, (given, torch.zeros(200)))
    found = meter.compute()
    assert found["Effective_ACs"] * 200 == pytest.approx(result.counts.effective_acs)
    assert found["Effective_MACs"] == 0
    assert found["Dense"] * 200 == pytest.approx(result.counts.dense)
    ours = result.counts.connection_sparsity
    assert ConnectionSparsity()(model) == pytest.approx(ours, abs=1e-4)
