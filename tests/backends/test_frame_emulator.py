"""Frame-based networks through the door: ``run``, its counts, state and refusals."""

import numpy as np
import pytest

import neuromorph as nm
from neuromorph.cooperative import context_net, towers

NET = context_net("m2h", hidden=(9, 7), n_audio=5, n_video=4, n_out=3, memory=2, seed=4)


def stimulus(n_sequence=3, n_frame=6, seed=0):
    rng = np.random.default_rng(seed)
    return {
        "audio": nm.Frames(value=rng.normal(size=(n_sequence, n_frame, 5))),
        "video": nm.Frames(value=rng.normal(size=(n_sequence, n_frame, 4))),
    }


def by_hand():
    """One point layer small enough to count on fingers."""
    return nm.Network(
        populations=(
            nm.Population(name="in", n=2, cell=nm.Source()),
            nm.Population(name="out", n=2, cell=nm.Point(theta=0.5, gate="relu6")),
        ),
        projections=(
            nm.Projection(source="in", target="out", weights=[[1.0, -1.0], [0.0, 4.0]]),
        ),
    )


def test_outputs_and_counts_by_hand():
    value = np.array([[[1.0, 0.0], [2.0, 2.0], [0.0, 0.0]]])
    result = nm.run(by_hand(), {"in": nm.Frames(value=value)})
    expected = [[[0.5, 0.0], [1.5, 5.5], [0.0, 0.0]]]
    np.testing.assert_array_equal(result.frames["out"], expected)
    c = result.counts
    assert (c.effective_macs, c.transmissions, c.dense) == (2 + 3, 5, 12)
    assert c.membrane_updates == 6
    assert c.connection_sparsity == 0.25
    assert c.activation_sparsity == pytest.approx(1 - 6 / 12)
    assert result.energy[0].joules == pytest.approx(5 * 80e-12)
    assert "estimate" in result.energy[0].source
    assert result.spikes == {}
    assert "out" in repr(result)


def test_zero_skipping_agrees():
    dense = nm.run(NET, stimulus())
    skipped = nm.run(NET, stimulus(), backend=nm.Numba(zero_skip=True))
    for name, value in dense.frames.items():
        np.testing.assert_allclose(skipped.frames[name], value, rtol=1e-12, atol=1e-12)
    assert skipped.counts == dense.counts
    assert 0 < dense.counts.transmissions <= dense.counts.effective_macs < dense.counts.dense


@pytest.mark.parametrize("backend", [nm.Numba(), nm.Numba(zero_skip=True)])
def test_goes_on_where_it_stopped(backend):
    whole = nm.run(NET, stimulus(), backend=backend)
    halves = [
        {name: nm.Frames(value=s.value[:, part]) for name, s in stimulus().items()}
        for part in (slice(0, 2), slice(2, 6))
    ]
    first = nm.run(NET, halves[0], backend=backend)
    second = nm.run(NET, halves[1], backend=backend, start=first.state)
    joined = np.concatenate([first.frames["mask"], second.frames["mask"]], axis=1)
    np.testing.assert_allclose(joined, whole.frames["mask"], rtol=1e-12, atol=1e-13)
    assert second.state.step == whole.state.step == 6


def test_sequences_do_not_see_each_other():
    both = nm.run(NET, stimulus())
    alone = {name: nm.Frames(value=s.value[1:2]) for name, s in stimulus().items()}
    one = nm.run(NET, alone)
    np.testing.assert_allclose(one.frames["mask"][0], both.frames["mask"][1], rtol=1e-12)


def test_save_and_load(tmp_path):
    result = nm.run(NET, stimulus())
    again = nm.load(nm.save(result, tmp_path / "r.npz"))
    assert again.frames["mask"].tobytes() == result.frames["mask"].tobytes()
    assert nm.load(nm.save(NET, tmp_path / "n.npz")) == NET


def test_refusals():
    with pytest.raises(ValueError, match="a frame-based network has no time: leave both out"):
        nm.run(NET, stimulus(), duration=0.1)
    with pytest.raises(ValueError, match="stimulus 'video': nothing came, Frames are allowed"):
        nm.run(NET, {"audio": stimulus()["audio"]})
    with pytest.raises(ValueError, match="one number of sequences and of frames"):
        nm.run(NET, {**stimulus(), "audio": stimulus(n_frame=5)["audio"]})
    with pytest.raises(ValueError, match="5 values per frame came, 4 are allowed"):
        nm.run(NET, {**stimulus(), "video": stimulus()["audio"]})
    with pytest.raises(ValueError, match="keeps no traces"):
        nm.run(NET, stimulus(), record={"mask": nm.Record()})
    with pytest.raises(ValueError, match="fixed_point and merge_window belong to spiking"):
        nm.run(NET, stimulus(), backend=nm.Numba(merge_window=1e-4))
    first = nm.run(NET, stimulus())
    with pytest.raises(ValueError, match="start: 3 sequences came, the stimulus has 2"):
        nm.run(NET, stimulus(n_sequence=2), start=first.state)
    lif = nm.Network(
        populations=(nm.Population(name="a", n=1, cell=nm.LIF(tau_m=1e-2, v_th=1, v_reset=0)),)
    )
    with pytest.raises(ValueError, match="no duration came"):
        nm.run(lif, {})
    assert nm.supports(towers(hidden=(2,)))["numba"] == "yes"
