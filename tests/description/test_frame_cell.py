"""Frame-based cells and projections: what they refuse, and which frame a projection reads."""

import numpy as np
import pytest
from scipy.signal import correlate2d

import neuromorph as nm
from neuromorph.cooperative import context_net


def pair(**projection):
    return nm.Network(
        populations=(
            nm.Population(name="in", n=1, cell=nm.Source()),
            nm.Population(name="a", n=1, cell=nm.TwoPoint()),
        ),
        projections=(nm.Projection(**{"source": "in", "target": "a", "weights": [[1.0]],
                                      **projection}),),
    )  # fmt: skip


@pytest.mark.parametrize(("cell", "text"), [
    (lambda: nm.TwoPoint(transfer="m5"), r"TwoPoint.transfer: 'm5' came, one of point, additive"),
    (lambda: nm.Point(gate="tanh"), r"Point.gate: 'tanh' came, one of linear, relu"),
    (lambda: nm.TwoPoint(decay=1.0), r"TwoPoint.decay: 1.0 came, 0 to below 1 is allowed"),
    (lambda: nm.TwoPoint(clip=0.0), r"TwoPoint.clip: 0.0 came"),
    (lambda: nm.Point(theta=-0.1), r"Point.theta: -0.1 came, finite numbers >= 0"),
])  # fmt: skip
def test_cells_refuse(cell, text):
    with pytest.raises(ValueError, match=text):
        cell()


def test_which_frame_is_read():
    network = context_net("m2", hidden=(3,), n_audio=2, n_video=2, n_out=2, memory=2)
    lags = {(p.source, p.target, p.port): network.lag(p) for p in network.projections}
    assert lags["lines", "hidden1", "distal"] == 0
    assert lags["shared", "hidden1", "universal"] == 1
    assert lags["hidden1", "shared", "basal"] == 0
    assert pair(port="universal").lag(pair(port="universal").projections[0]) == 1
    assert pair(port="distal", lag=1).projections[0].lag == 1


def test_projections_refuse():
    with pytest.raises(ValueError, match="a delay or probability came, they belong to spiking"):
        pair(delay=2e-3)
    with pytest.raises(ValueError, match="lag 0 came, 1 is allowed"):
        pair(port="universal", lag=0)
    with pytest.raises(ValueError, match="lag 2 came, 0 or 1 is allowed"):
        pair(lag=2)
    lif = nm.LIF(tau_m=1e-2, v_th=1, v_reset=0)
    with pytest.raises(ValueError, match="it belongs to frame-based networks"):
        nm.Network(
            populations=(
                nm.Population(name="in", n=1, cell=nm.Source()),
                nm.Population(name="a", n=1, cell=lif),
            ),
            projections=(nm.Projection(source="in", target="a", weights=[[1.0]], lag=1),),
        )


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 1)])
def test_convolution_is_scipys(stride, padding):
    rng = np.random.default_rng(0)
    kernel, picture = rng.normal(size=(3, 2, 2, 3)), rng.normal(size=(6, 5, 2))
    weights = nm.convolution(kernel, (6, 5), stride=stride, padding=padding)
    padded = np.pad(picture, ((padding, padding), (padding, padding), (0, 0)))
    expected = np.stack([
        sum(correlate2d(padded[..., c], kernel[..., c, d], "valid") for c in range(2))
        for d in range(3)
    ], axis=-1)[::stride, ::stride]  # fmt: skip
    got = picture.ravel() @ weights.toarray()
    np.testing.assert_allclose(got, expected.ravel(), rtol=1e-10, atol=1e-12)
    assert weights.tie.max() < kernel.size


def test_tied_weights_must_be_equal():
    with pytest.raises(ValueError, match=r"synapses of one number have different values"):
        nm.Weights(shape=(2, 1), start=[0, 1, 2], target=[0, 0], value=[1.0, 2.0], tie=[0, 0])
