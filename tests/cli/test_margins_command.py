import json

import pytest

from neuromorph.circuits.cell import acceptance, catalogue
from neuromorph.cli import main

DECK = """
.model jj1 jj(rtype=0, cap=0.07pF, icrit=0.1mA)
B1 1 0 jj1 area=1
R1 1 0 3
IB1 0 1 pwl(0 0 100p 70u)
IIN 0 1 pwl(0 0 150p 0 155p 80u 165p 0)
.tran 0.2p 300p
.print p(B1)
.end
"""


@pytest.fixture
def deck(tmp_path):
    path = tmp_path / "pulse.cir"
    path.write_text(DECK)
    return path


def run(*arguments):
    with pytest.raises(SystemExit) as caught:
        main([str(argument) for argument in arguments])
    return caught.value.code


@pytest.mark.slow
def test_margins_with_pictures(deck, tmp_path, capsys):
    out = tmp_path / "out"
    main(["margins", str(deck), "--parameters", "XI,B1", "--shmoo", "XI,XJ", "--out", str(out),
          "--resume", str(tmp_path / "kept"), "--resolution", "0.02", "--span", "0.4"])  # fmt: skip
    text = capsys.readouterr().out
    record = json.loads((out / "margins.json").read_text())
    assert record["nominal"]
    assert [margin["name"] for margin in record["margins"]] == ["XI", "B1"]
    assert f"critical {record['critical']:.1%}" in text
    for name in ("margins.png", "shmoo.png"):
        assert (out / name).read_bytes().startswith(b"\x89PNG")
    main(["margins", str(deck), "--parameters", "XI,B1", "--out", str(out), "--span", "0.4",
          "--resume", str(tmp_path / "kept"), "--resolution", "0.02"])  # fmt: skip
    assert json.loads((out / "margins.json").read_text()) == record


def test_a_failing_design_is_told(deck, tmp_path, capsys):
    check = tmp_path / "two.sp"
    check.write_text("time B1\n0 0\n2.9e-10 2\n")
    out = tmp_path / "out"
    assert run("margins", deck, "--check", check, "--parameters", "XI", "--out", out) == 1
    assert "the nominal design fails its check" in capsys.readouterr().out


def test_parameters_left_out_are_those_the_deck_has(deck, tmp_path, capsys):
    check = tmp_path / "two.sp"  # a design that fails is told at once
    check.write_text("time B1\n0 0\n2.9e-10 2\n")
    assert run("margins", deck, "--check", check, "--out", tmp_path / "out") == 1
    out, err = capsys.readouterr()
    assert "the nominal design fails its check" in out
    assert err == ""  # not: no inductance answers to XL


def test_one_spread_is_drawn_too(deck, tmp_path):
    main(["yield", str(deck), "--sigma", "0.02", "--n", "4", "--out", str(tmp_path / "out")])
    assert (tmp_path / "out" / "yield.png").read_bytes().startswith(b"\x89PNG")


def test_yield_with_a_picture(deck, tmp_path, capsys):
    main(["yield", str(deck), "--sigma", "0.02", "--sigma", "0.2", "--n", "40", "--temperature",
          "0", "--out", str(tmp_path / "out")])  # fmt: skip
    one, two = json.loads((tmp_path / "out" / "yield.json").read_text())
    assert one["fraction"] == 1.0
    assert two["fraction"] < 1.0
    assert two["interval"][0] < two["fraction"] < two["interval"][1]
    assert (tmp_path / "out" / "yield.png").read_bytes().startswith(b"\x89PNG")
    assert "40 of 40 pass, 100.0%" in capsys.readouterr().out


def test_unknown_decks_are_refused_with_the_cells_there_are(capsys):
    assert run("margins", "nosuch") == 2
    assert "dcsfq, dff, jtl" in capsys.readouterr().err


def test_the_library_goes_on_from_a_folder(monkeypatch, tmp_path, capsys):
    """A cell alone stands for the library; what is kept is not simulated again."""
    monkeypatch.setattr(acceptance, "CHIPS", 8)
    monkeypatch.setattr(acceptance, "outdated", lambda: ("jtl",))
    monkeypatch.setattr(acceptance, "save", lambda found: None)
    monkeypatch.setattr(catalogue, "save", lambda entries: tmp_path / "README.md")
    kept = tmp_path / "kept"
    main(["margins", "library", "--stale", "--resume", str(kept)])
    first = capsys.readouterr().out
    assert "| jtl | -" in first
    (cell,) = kept.iterdir()
    assert cell.name == f"jtl-{acceptance.digest('jtl')[:8]}"
    assert {path.name for path in cell.iterdir()} == {
        "margins", "yield-0.02", "yield-0.05", "yield-0.08"
    }  # fmt: skip
    times = {path: path.stat().st_mtime_ns for path in kept.rglob("*.jsonl")}
    main(["margins", "library", "--stale", "--resume", str(kept)])
    assert capsys.readouterr().out == first
    assert {path: path.stat().st_mtime_ns for path in kept.rglob("*.jsonl")} == times


@pytest.mark.slow
def test_a_network_of_the_library_is_held_to_its_truth_table(tmp_path, capsys):
    main(["margins", "gate_xor", "--parameters", "XI", "--out", str(tmp_path / "out")])
    text = capsys.readouterr().out
    assert "check: 01 and 10 give" in text
    found = json.loads((tmp_path / "out" / "margins.json").read_text())["margins"]
    (row,) = [row for row in acceptance.load() if row["cell"] == "gate_xor"]
    assert found == [margin for margin in row["margins"] if margin["name"] == "XI"]


@pytest.mark.slow
def test_the_yield_of_a_network_by_name(tmp_path):
    main(["yield", "gate_xor", "--sigma", "0.02", "--n", "4", "--out", str(tmp_path / "out")])
    (found,) = json.loads((tmp_path / "out" / "yield.json").read_text())
    assert found["n"] == 4


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("margins", "library", "--parameters", "XI"), "--parameters came with DECK library"),
        (("margins", "library", "--out", "x"), "--out came with DECK library"),
        (("margins", "gate_xor", "--tolerance", "3"), "--tolerance came with gate_xor, which is"),
        (("yield", "gate_xor", "--tolerance", "3"), "--tolerance came with gate_xor, which is"),
        (("margins", "jtl", "--stale"), "--stale came with one deck, it belongs to DECK library"),
        (("margins", "jtl", "--check", __file__, "--tolerance", "3"), "--tolerance came with"),
        (("yield", "jtl", "--check", __file__, "--tolerance", "3"), "--tolerance came with"),
    ],
)
def test_options_that_would_be_ignored_are_refused(arguments, said, capsys):
    assert run(*arguments) == 2
    assert said in capsys.readouterr().err
