import sys

import numpy as np
import pytest

import neuromorph as nm


@pytest.fixture(scope="module")
def result():
    work = nm.workloads.xor(probability=1.0)
    return nm.run(
        work.network, work.stimuli["10"], duration=work.duration,
        record={"hidden": nm.Record(variables=("v",), every=2)},
    )  # fmt: skip


def test_xarray_holds_the_same_numbers(result, tmp_path):
    pytest.importorskip("xarray", reason="xarray is not installed")
    data = result.to_xarray()
    assert data["out_spike_time"].size == result.spikes["out"].time.size > 5
    np.testing.assert_array_equal(data["hidden_count"], result.spikes["hidden"].count)
    trace = data["hidden_v"].sel(hidden_v_time=slice(0.05, 0.1))
    assert trace.shape == (251, 2)
    assert data["hidden_v"].attrs["units"] == "V"
    assert data.attrs["backend"] == result.provenance.backend
    assert "counted" in data.attrs["energy"]


def test_neo_holds_the_same_numbers(result):
    pytest.importorskip("neo", reason="neo is not installed")
    (segment,) = result.to_neo().segments
    assert len(segment.spiketrains) == sum(s.n for s in result.spikes.values())
    (train,) = [t for t in segment.spiketrains if t.annotations["population"] == "out"]
    np.testing.assert_allclose(train.rescale("s").magnitude, result.spikes["out"].time)
    assert float(train.t_stop) == result.spikes["out"].duration
    (signal,) = segment.analogsignals
    assert float(signal.sampling_rate) == pytest.approx(5000.0)
    np.testing.assert_array_equal(signal.magnitude, result.traces["hidden"]["v"].values)


def test_frames(result):
    pytest.importorskip("pandas", reason="pandas is not installed")
    frame = result.spikes["in"].to_frame()
    assert frame.groupby("unit").size().to_dict() == {0: 30, 3: 30}
    table = nm.compare(nm.workloads.xor(), ("numba", "fpga-model"))
    assert list(table.to_frame().index) == ["numba", "fpga-model"]
    assert set(table.energy_frame()["method"]) == {"counted"}


def test_a_missing_package_is_named(result, monkeypatch):
    monkeypatch.setitem(sys.modules, "xarray", None)
    monkeypatch.setitem(sys.modules, "neo", None)
    for export in (result.to_xarray, result.to_neo):
        with pytest.raises(RuntimeError, match=r"pip install 'neuromorph\[data\]'"):
            export()


def test_notebook_html(result):
    work = nm.workloads.xor()
    for thing, word in (
        (work.network, "hidden-&gt;out.basal"),
        (result, "mean Hz"),
        (nm.compare(work, ("numba",)), "host / counted / device"),
    ):
        html = thing._repr_html_()
        assert html.startswith("<div><strong>")
        assert word in html
