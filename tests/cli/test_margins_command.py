import json

import pytest

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


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("margins", "library", "--parameters", "XI"), "--parameters came with DECK library"),
        (("margins", "jtl", "--stale"), "--stale came with one deck, it belongs to DECK library"),
        (("margins", "jtl", "--check", __file__, "--tolerance", "3"), "--tolerance came with"),
        (("yield", "jtl", "--check", __file__, "--tolerance", "3"), "--tolerance came with"),
    ],
)
def test_options_that_would_be_ignored_are_refused(arguments, said, capsys):
    assert run(*arguments) == 2
    assert said in capsys.readouterr().err
