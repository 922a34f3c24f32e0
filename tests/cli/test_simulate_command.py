"""``neuromorph simulate``: outputs, checks, refinement, what it says and what it leaves behind."""

import os

import numpy as np
import pytest

from neuromorph.cli import main

ps = 1e-12
DECK = """* two stages, our own values
.model j jj(rtype=1, vg=2.8mV, cap=0.07pF, r0=160, rn=16, icrit=0.1mA)
.subckt STAGE a q
L1 a 1 2p
B1 1 0 j area=2.5
RB 1 3 2.74
LB 3 0 1p
L2 1 q 2p
IB 0 1 pwl(0 0 5p 170u)
.ends
X1 in m STAGE
X2 m out STAGE
RL out 0 2
I1 0 in pulse(0 400u 20p 2p 2p 4p 30p)
.tran 0.1p 60p
.print p(B1.X1) p(B1.X2) v(in)
.end
"""


def call(capsys, *arguments):
    code = 0
    try:
        main(list(arguments))
    except SystemExit as stop:
        code = stop.code or 0
    out = capsys.readouterr()
    return code, out.out, out.err


@pytest.fixture
def deck(tmp_path):
    path = tmp_path / "two.cir"
    path.write_text(DECK)
    return path


def test_every_output_holds_the_same_run(capsys, tmp_path, deck):
    files = {suffix: tmp_path / f"out.{suffix}" for suffix in ("csv", "dat", "raw", "npz", "vcd")}
    for path in files.values():
        code, out, err = call(capsys, "simulate", str(deck), "-o", str(path))
        assert (code, err) == (0, "")
        assert f"wrote {path}" in out
    head, *rows = files["csv"].read_text().splitlines()
    assert head == 'time,"P(B1|X1)","P(B1|X2)","V(IN)"'
    table = np.array([[float(x) for x in row.split(",")] for row in rows])
    assert table.shape == (601, 4)
    arrays = np.load(files["npz"])
    np.testing.assert_allclose(arrays["P(B1|X2)"], table[:, 2], rtol=1e-8)
    assert files["dat"].read_text().splitlines()[1] == rows[0].replace(",", " ")
    turns = round(table[-1, 2] / (2 * np.pi))
    assert turns >= 1
    assert f"b{turns:b} " in files["vcd"].read_text()


def test_plot_and_check(capsys, tmp_path, deck):
    picture = tmp_path / "new" / "p.png"
    code, out, _ = call(capsys, "simulate", str(deck), "--check", "--plot", str(picture))
    assert code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    line = next(x for x in out.splitlines() if x.startswith("check: "))
    move = float(line.split("at most ")[1].split(" ps")[0])
    assert 0 < move < 0.002


@pytest.mark.parametrize(
    ("option", "name", "said"),
    [("-o", "o.xyz", "the suffix .xyz came, .csv .dat .raw .npz .vcd are allowed"),
     ("--plot", "p.xyz", "the suffix .xyz came, .png .pdf .svg are allowed"),
     ("--plot", "p", "the suffix none came"),
     ("-o", "two.cir/o.csv", "two.cir' is a file.")],
)  # fmt: skip
def test_a_file_of_no_known_kind_is_refused_before_the_run(capsys, deck, option, name, said):
    code, out, err = call(capsys, "simulate", str(deck), option, str(deck.parent / name))
    assert code == 2
    assert said in err
    assert out == ""


@pytest.mark.parametrize("heat", ["-1", "nan"])
def test_a_temperature_below_nothing_is_refused(capsys, deck, heat):
    code, out, err = call(capsys, "simulate", str(deck), "--temperature", heat)
    assert (code, out) == (2, "")
    assert err.startswith(f"neuromorph: simulate, temperature: {float(heat)} K came, 0 K or more")
    assert len(err.splitlines()) == 1


def test_a_large_step_is_refined_and_said_or_refused(capsys, deck):
    code, _, err = call(capsys, "simulate", str(deck), "--step", "0.8p")
    assert code == 0
    assert "a phase moved too far in one step: used " in err
    assert " in place of 800 fs" in err
    code, _, err = call(capsys, "simulate", str(deck), "--step", "0.8p", "--on-large-step",
                          "error")
    assert code != 0
    assert "the phase moved more than 1.26 rad in one step" in err
    assert "try 0.4 ps" in err


def test_notes_files_curves_and_left_over_outputs(capsys, tmp_path, deck):
    deck.write_text(DECK.replace(".end\n", ".print p(B7.X9)\nR9 m lost 5\n.iv j 20u iv.csv\n"
                                 ".file part.csv\n.print v(out)\n.end\n"))
    code, _, err = call(capsys, "simulate", str(deck))
    assert code == 0
    assert "left out P(B7|X9): the deck prints it but has no such node or device" in err
    assert "note: node LOST: only R9 is connected to it" in err
    assert (tmp_path / "part.csv").read_text().startswith('time,"V(OUT)"\n')
    curve = (tmp_path / "iv.csv").read_text().splitlines()
    assert curve[0] == "V,I"
    assert len(curve) == 33


def test_what_is_wrong_is_one_line_with_file_and_line(capsys, deck):
    deck.write_text(DECK.replace("RL out 0 2", "RL out 0 -2"))
    code, out, err = call(capsys, "simulate", str(deck))
    assert code != 0
    assert f"{deck}:13: 'RL out 0 -2': RL: resistance -2 ohm came" in err
    assert out == ""
    assert len(err.strip().splitlines()) == 1


@pytest.mark.parametrize("suffix", ["csv", "npz", "vcd"])
def test_an_interrupted_run_leaves_no_half_file(monkeypatch, tmp_path, deck, suffix):
    target = tmp_path / "out" / f"o.{suffix}"
    target.parent.mkdir()
    target.write_text("older")

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", stop)
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        main(["simulate", str(deck), "-o", str(target)])
    assert [p.name for p in target.parent.iterdir()] == [target.name]
    assert target.read_text() == "older"


def test_schemes_are_named(capsys, deck):
    for name in ("am4", "leapfrog", "bdf2"):
        code, out, _ = call(capsys, "simulate", str(deck), "--scheme", name, "--step", "0.05p")
        assert code == 0
        assert f"at 0.05 ps by {name}" in out
