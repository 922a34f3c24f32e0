import json
from dataclasses import replace

import pytest

from neuromorph.circuits import Effort, Knob, centre, read, simulate, specify_nominal
from neuromorph.circuits.cell import acceptance, library, network_bench
from neuromorph.circuits.cell.acceptance import cell_benches
from neuromorph.circuits.tolerance.knob import knobs
from neuromorph.circuits.tolerance.variant import Setting, observe


def test_the_record_belongs_to_the_netlists_as_they_are():
    record = acceptance.load()
    assert [row["cell"] for row in record] == [*library.benched(), *acceptance.NETWORKS]
    assert acceptance.outdated() == ()
    assert not any("Not measured" in line for line in acceptance.section())
    for row in record:
        assert {y["local"] for y in row["yields"]} == {0.02, 0.05, 0.08}
        assert all(y["n"] >= 256 for y in row["yields"])


@pytest.mark.parametrize("name", ["gate_xor", "jtl", "neuron", "synapse"])
def test_a_record_belongs_to_its_bench_and_rule_too(monkeypatch, name):
    """Another lag, tolerance, range or weight current makes it stale; other cells stay."""
    network = replace(network_bench.XORS["gate_xor"], lag=20e-12)
    for where, what, value, stale in (
        (acceptance, "WITHIN", 9e-12, {"jtl"}),
        (acceptance, "COUNTS", (0.4, 1.5), {"neuron"}),
        (acceptance, "GREY_ZONES", 2.0, {"synapse"}),
        (acceptance, "TEMPERATURE", 4.0, {"gate_xor", "jtl", "neuron", "synapse"}),
        (network_bench, "XORS", network_bench.XORS | {"gate_xor": network}, {"gate_xor"}),
        (network_bench, "END", 1.7e-9, {"gate_xor"}),
    ):
        before = acceptance.digest(name)
        with monkeypatch.context() as changed:
            changed.setattr(where, what, value)
            assert (acceptance.digest(name) != before) is (name in stale), what
        assert acceptance.digest(name) == before


def test_saving_keeps_what_was_not_measured_again(monkeypatch, tmp_path):
    data = [row for row in json.loads(acceptance.path().read_text()) if row["cell"] != "jtl"]
    next(row for row in data if row["cell"] == "dcsfq")["digest"] = "0"
    (tmp_path / "margins.json").write_text(json.dumps(data))
    monkeypatch.setattr(acceptance, "path", lambda: tmp_path / "margins.json")
    assert {"dcsfq", "jtl"} <= set(acceptance.outdated())
    acceptance.save([acceptance.accept("jtl", chips=8)])
    assert "dcsfq" in acceptance.outdated()
    assert "jtl" not in acceptance.outdated()
    kept = {row["cell"]: row for row in json.loads((tmp_path / "margins.json").read_text())}
    assert kept["dff"] in data
    assert kept["jtl"]["yields"][1]["n"] == 8


@pytest.mark.slow
def test_every_cell_passes_its_own_rule_and_a_starved_one_does_not():
    for name in library.benched():
        benches, _ = cell_benches(name)
        starved = {j.name: 3.0 for j in benches[0].circuit.junctions}
        rows = [{}, starved]
        passed = [True, True]
        for bench in benches:
            seen = observe(bench.circuit, rows, [0, 0], Setting(temperature=0.0))
            passed = [ok and bench.check(one) for ok, one in zip(passed, seen, strict=True)]
        assert passed == [True, False], name


def test_the_neuron_is_held_to_its_rate_and_the_synapse_to_open_and_shut():
    (neuron,), rule = cell_benches("neuron")
    window = neuron.check.windows[0]
    count = simulate(neuron.circuit, temperature=0.0).counts["B2.X6"]
    assert (window.low, window.high) == (-(-count // 2), 3 * count // 2)
    assert f"nominal {count}" in rule
    opened, shut = cell_benches("synapse")[0]
    pulses = simulate(opened.circuit, temperature=0.0).counts["B2.X3"]
    assert pulses > 20
    assert (opened.check.windows[0].low, shut.check.windows[0].high) == (pulses, 0)


def test_the_centred_splitter_is_the_splitter_with_other_biases():
    pairs = zip(_values("splitter"), _values("splitter_centred"), strict=True)
    changed = [(a.split()[0], b.split()[-1]) for a, b in pairs if a != b]
    assert changed == [("IB1", "184u)"), ("IB2", "223u)"), ("IB3", "223u)")]


def test_a_nominal_specification_passes_its_own_design_only():
    circuit = read(library.folder() / "jtl_testbench.cir")
    check = specify_nominal(circuit)
    starved = {"IB1.X2": 0.05, "IB1.X3": 0.05}
    good, late = observe(circuit, [{}, starved], [0, 0], Setting(temperature=0.0))
    assert check(good)
    assert not check(late)


@pytest.mark.slow
def test_centring_widens_the_splitters_margin():
    circuit = read(library.folder() / "splitter_testbench.cir")
    knob = Knob(name="outputs", elements=("IB2.X3", "IB3.X3"))
    design = centre(circuit, specify_nominal(circuit), [knob], effort=Effort(midpoints=1, climbs=0))
    assert design.before.critical < 0.14
    assert design.after.critical > 0.17
    assert design.scores[1] == pytest.approx(design.after.critical, abs=0.01)


def test_a_stale_record_is_refused(monkeypatch, tmp_path):
    data = json.loads(acceptance.path().read_text())
    next(row for row in data if row["cell"] == "dcsfq")["digest"] = "0"
    (tmp_path / "margins.json").write_text(json.dumps(data))
    monkeypatch.setattr(acceptance, "path", lambda: tmp_path / "margins.json")
    with pytest.raises(ValueError, match="other netlists of dcsfq: measure again with"):
        acceptance.load()


@pytest.mark.parametrize("name", ["not", "ndro", "sfqdc", "antifluxon"])
def test_a_centred_cell_is_the_same_circuit_with_other_values(name):
    pairs = zip(_values(name), _values(f"{name}_centred"), strict=True)
    changed = [(a.split(), b.split()) for a, b in pairs if a != b]
    assert changed
    assert all(a[:-1] == b[:-1] for a, b in changed)
    more = {"sfqdc": set(), "antifluxon": {"L", "LP", "LS", "RP", "RS"}}.get(name, {"L"})
    assert {a[0].rstrip("0123456789") for a, _ in changed} == {"B", "RB", "IB"} | more


@pytest.mark.parametrize("name", ["not", "ndro", "sfqdc", "antifluxon"])
def test_a_centred_cell_works_at_biases_where_its_original_fails(name):
    factor = {"not": 0.9, "ndro": 1.15, "sfqdc": 0.84, "antifluxon": 0.88}[name]
    for cell, works in ((name, False), (f"{name}_centred", True)):
        (bench,), _ = cell_benches(cell)
        scaled = dict.fromkeys(knobs(bench.circuit, ["XI"])[0].elements, factor)
        (seen,) = observe(bench.circuit, [scaled], [0], Setting(temperature=0.0))
        assert bench.check(seen) is works


@pytest.mark.parametrize("name", ["not", "ndro", "sfqdc", "antifluxon"])
def test_a_centred_cell_holds_98_percent_at_5(name):
    record = {row["cell"]: row for row in acceptance.load()}
    before, after = (
        next(y["passed"] / y["n"] for y in record[cell]["yields"] if y["local"] == 0.05)
        for cell in (name, f"{name}_centred")
    )
    assert after >= 0.98
    assert after > before
    assert record[f"{name}_centred"]["critical"] > record[name]["critical"]


def _values(name):
    return [line for line in library.cell(name).splitlines() if line[0] not in "*."]
