import csv
import io
import json

import numpy as np
import pytest

import neuromorph as nm
from neuromorph.result import Spikes

FAST = ("numba", "fpga-model")


@pytest.fixture(scope="module")
def table():
    return nm.compare(nm.workloads.xor(), FAST, seeds=3)


def test_truth_table_on_each_platform(table):
    assert [row.label for row in table.rows] == list(FAST)
    for row in table.rows:
        assert row.accuracy == 1.0
        assert row.agrees
    assert table.agrees
    assert table.reference == "numba"


@pytest.mark.parametrize("gate", [nm.workloads.and_, nm.workloads.or_, nm.workloads.nand])
def test_other_gates(gate):
    assert nm.compare(gate(), ("numba",)).agrees


def test_energy_carries_its_origin(table):
    for row in table.rows:
        for energy in row.energy:
            assert energy.per == "inference"
            assert energy.method == "counted"
            assert energy.source
            assert energy.n == 3
            low, high = energy.ci
            assert low <= energy.joules <= high


def test_counted_energy_is_events_times_constant(table):
    row = table.row("fpga-model")
    # 0.151 nJ per synaptic operation (Corradi et al. 2021), mean events per inference
    assert row.energy[0].joules == pytest.approx(0.151e-9 * row.counts.effective_acs, rel=0.01)


def test_a_wrong_network_disagrees():
    work = nm.workloads.xor()
    import dataclasses

    wrong = dataclasses.replace(work, targets={**work.targets, "11": 1})
    table = nm.compare(wrong, ("numba",))
    assert not table.agrees
    assert table.rows[0].problems == ("75% of the answers right",)


def test_counts_apart_disagree():
    work = nm.workloads.xor(probability=1.0)
    slow = nm.Numba(merge_window=50e-3)
    table = nm.compare(work, ("numba", slow))
    assert table.rows[0].agrees
    assert not table.rows[1].agrees
    assert any("input 10: " in problem for problem in table.rows[1].problems)


def test_the_same_backend_twice():
    options = (nm.FPGAModel(bits=16), nm.FPGAModel(bits=8))
    table = nm.compare(nm.workloads.xor(), ("numba", *options))
    assert [row.label for row in table.rows] == ["numba", "fpga-model", "fpga-model(bits=8)"]


def test_an_unavailable_backend_is_a_row(monkeypatch):
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "brian2" else find(name)
    )
    table = nm.compare(nm.workloads.xor(), ("numba", "brian2"))
    assert table.rows[1].agrees is None
    assert "package 'brian2' is not installed" in table.rows[1].reason
    assert not table.agrees
    assert "did not run" in str(table)


def test_ratio_names_both(table):
    with pytest.raises(ValueError, match="across=True compares them all the same and says so"):
        table.ratio("numba", "fpga-model")
    text = table.ratio("numba", "fpga-model", across=True)
    for part in ("numba / fpga-model = ", "counted", "device", "Degnan", "Corradi"):
        assert part in text
    with pytest.raises(ValueError, match="row 'x' came, 'numba', 'fpga-model' are there"):
        table.ratio("numba", "x", across=True)


def test_saved_files(table, tmp_path):
    paths = table.save(tmp_path / "out")
    names = ["xor.png", "xor.csv", "xor-energy.csv", "xor.json", "xor.html"]
    assert [p.name for p in paths] == names
    assert paths[0].read_bytes().startswith(b"\x89PNG")
    rows = list(csv.DictReader(io.StringIO(paths[1].read_text())))
    assert [row["label"] for row in rows] == list(FAST)
    assert float(rows[0]["output_10"]) > float(rows[0]["output_11"])
    energies = list(csv.DictReader(io.StringIO(paths[2].read_text())))
    assert {row["method"] for row in energies} == {"counted"}
    assert json.loads(paths[3].read_text())["rows"][1]["label"] == "fpga-model"


def test_seeds_give_intervals_of_the_counts(table):
    work = nm.workloads.xor()
    counts = [
        nm.run(work.network, work.stimuli["10"], duration=work.duration, seed=s)
        .spikes["out"].count[0] for s in range(3)
    ]  # fmt: skip
    row = table.row("numba")
    # Student's t, 2 degrees of freedom: 4.30265 (any table)
    half = 4.30265 * np.std(counts, ddof=1) / np.sqrt(3)
    assert row.output["10"] == pytest.approx(np.mean(counts))
    assert row.output_ci["10"] == pytest.approx(
        (np.mean(counts) - half, np.mean(counts) + half), rel=1e-4
    )
    assert half > 0
    assert f"{np.mean(counts):.3g} +- {half:.2g}" in str(table)
    assert "output_10_ci_low" in table.to_csv()


def test_one_seed_has_no_interval():
    alone = nm.compare(nm.workloads.xor(), "numba")  # one name will do
    assert alone.rows[0].output_ci == {}
    assert "+-" not in str(alone)


def test_bad_arguments():
    with pytest.raises(TypeError, match="compare: Network came, a Workload is allowed"):
        nm.compare(nm.workloads.xor().network, ("numba",))
    with pytest.raises(ValueError, match="backend: 'nest' came"):
        nm.compare(nm.workloads.xor(), ("nest",))
    with pytest.raises(ValueError, match="0 backends and 1 seeds came"):
        nm.compare(nm.workloads.xor(), ())


def test_van_rossum_against_its_integral():
    rng = np.random.default_rng(3)
    tau, dt = 10e-3, 1e-6
    trains = [np.sort(rng.random(n)) * 0.1 for n in (7, 9)]
    grid = np.arange(0, 0.25, dt)
    f, g = (
        sum(np.where(grid >= t, np.exp(-(grid - t) / tau), 0.0) for t in train)
        for train in trains
    )
    a, b = (
        Spikes(time=t, index=np.zeros(t.size, np.int32), n=1, duration=0.1) for t in trains
    )
    expected = np.sqrt(np.sum((f - g) ** 2) * dt / tau)
    assert nm.van_rossum(a, b, tau=tau) == pytest.approx(expected, rel=1e-3)
    assert nm.van_rossum(a, a) == 0.0


def test_energy_converts_outwards_only():
    energy = nm.Energy(
        joules=1e-18, static=4e-19, dynamic=6e-19, subject="device", boundary="device",
        method="simulated", source="test",
    )  # fmt: skip
    wall = energy.at("wall+cooling", cooling=400, supply_efficiency=0.8)
    assert wall.joules == pytest.approx(5e-16)
    assert wall.static + wall.dynamic == pytest.approx(wall.joules)
    assert "cooling 400 W/W, supply efficiency 0.8" in str(wall)
    with pytest.raises(ValueError, match="only outwards is allowed"):
        wall.at("device")
    with pytest.raises(ValueError, match="cooling >= 1"):
        energy.at("wall", cooling=0.1)
    with pytest.raises(ValueError, match=r"Energy.method: 'guessed' came"):
        nm.Energy(joules=1.0, subject="device", boundary="device", method="guessed", source="")
