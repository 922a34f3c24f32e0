import zipfile

import numpy as np
import pytest

import neuromorph as nm
from neuromorph import storage


@pytest.fixture
def result(random_network):
    return nm.run(
        random_network, {"in": nm.Poisson(rate=50.0)}, duration=0.02, seed=3,
        record={"a": nm.Record(units=(0, 3))},
    )  # fmt: skip


def test_network_round_trip(random_network, tmp_path):
    path = nm.save(random_network, tmp_path / "net.npz")
    assert nm.load(path) == random_network


def test_result_round_trip_and_resume(random_network, result, tmp_path):
    loaded = nm.load(nm.save(result, tmp_path / "r.npz"))
    for name, spikes in result.spikes.items():
        np.testing.assert_array_equal(loaded.spikes[name].time, spikes.time)
        np.testing.assert_array_equal(loaded.spikes[name].index, spikes.index)
    np.testing.assert_array_equal(
        loaded.traces["a"]["v"].values, result.traces["a"]["v"].values
    )
    assert loaded.counts == result.counts
    assert loaded.energy == result.energy
    assert loaded.provenance == result.provenance
    go_on = {"duration": 0.02, "seed": 3}
    stimulus = {"in": nm.Poisson(rate=50.0)}
    a = nm.run(random_network, stimulus, start=result.state, **go_on)
    b = nm.run(random_network, stimulus, start=loaded.state, **go_on)
    np.testing.assert_array_equal(a.spikes["a"].time, b.spikes["a"].time)


def test_a_cut_file_is_refused(result, tmp_path):
    path = nm.save(result, tmp_path / "r.npz")
    whole = path.read_bytes()
    for share in (0.1, 0.5, 0.99):
        path.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(storage.StorageError, match=r"file '.*r\.npz': not a whole neuromorph"):
            nm.load(path)


def test_flipped_bytes_never_pass_unseen(random_network, tmp_path):
    path = nm.save(random_network, tmp_path / "n.npz")
    whole = bytearray(path.read_bytes())
    rng = np.random.default_rng(0)
    for _ in range(40):
        bad = bytearray(whole)
        bad[rng.integers(len(bad))] ^= 1 << rng.integers(8)
        path.write_bytes(bad)
        try:
            loaded = nm.load(path)
        except storage.StorageError:
            continue
        assert loaded == random_network  # the flip was in zip's own padding or dates


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "x.npz"
    np.savez(path, a=np.ones(3))
    with pytest.raises(storage.StorageError, match="not a whole neuromorph file"):
        nm.load(path)
    path.write_text("hello")
    with pytest.raises(storage.StorageError):
        nm.load(path)
    with pytest.raises(FileNotFoundError):
        nm.load(tmp_path / "none.npz")
    with pytest.raises(TypeError, match="dict came, a description or a result is allowed"):
        nm.save({}, path)


def test_refuses_a_later_version(random_network, tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "VERSION", 99)
    path = nm.save(random_network, tmp_path / "n.npz")
    monkeypatch.undo()
    with pytest.raises(storage.StorageError, match="version 99 came, up to 1 is allowed"):
        nm.load(path)


def test_an_interrupted_save_leaves_the_old_file(random_network, tmp_path, monkeypatch):
    path = nm.save(random_network, tmp_path / "n.npz")
    before = path.read_bytes()

    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez_compressed", interrupted)
    with pytest.raises(KeyboardInterrupt):
        nm.save(random_network, path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["n.npz"]


def test_other_tools_can_read_it(result, tmp_path):
    path = nm.save(result, tmp_path / "r.npz")
    with zipfile.ZipFile(path) as archive:
        assert "header.json.npy" in archive.namelist()
