"""``neuromorph board``: what it prints and what it refuses, without a board."""

import pytest
from rail_case import made_up

from neuromorph import _res
from neuromorph.cli import main
from neuromorph.fpga import recording


def run(capsys, *arguments):
    code = 0
    try:
        main(["board", *arguments])
    except SystemExit as stop:
        code = stop.code
    out = capsys.readouterr()
    return code, out.out, out.err


@pytest.mark.parametrize(("name", "core"), [("xor", "spiking"), ("cooperative-xor", "cooperative")])
def test_without_a_bitstream_it_prints_the_command_that_makes_one(name, core, capsys, monkeypatch):
    monkeypatch.chdir(_res.root())
    code, _, said = run(capsys, "deploy", name, "--board", "zcu104")
    assert code == 1
    command = f"vivado -mode batch -source fpga/vivado/zcu104.tcl -tclargs {core}"
    assert f"no --bitstream came; this makes one: {command}" in said


def test_measure_on_the_simulated_board_is_refused(capsys):
    code, _, said = run(capsys, "measure", "xor", "--repeats", "5", "--board", "sim")
    assert code == 1
    assert "the simulated RTL has no sensors" in said
    assert run(capsys, "measure", "xor", "--board", "rfsoc4x2")[2].count("no rails are known") == 1
    code, _, said = run(capsys, "measure", "xor", "--board", "zcu102", "--copies", "1,x")
    assert (code, "--copies: '1,x' came" in said) == (2, True)


def test_replay_evaluates_a_recording_and_says_so(tmp_path, capsys):
    path = tmp_path / "trace.csv"
    recording.write_recording(path, made_up(copies=(1, 4, 16)))
    code, out, _ = run(capsys, "measure", "xor", "--board", "sim", "--replay", str(path))
    assert code == 0
    assert "rail VCCINT (0.85 V core supply of the PL alone; boundary chip), replayed" in out
    assert "16 copies: 0.48 W" in out
    assert "5 pairs: resolved" in out
    assert "one copy, slope over 1, 4, 16 copies: 0.03" in out
    assert "chip, replayed" in out
    code, _, said = run(capsys, "measure", "xor", "--replay", str(path), "--copies", "4")
    assert (code, "--copies came with --replay, which measures nothing" in said) == (2, True)
    recording.write_recording(path, made_up(step=0.125, noise=0.06))
    out = run(capsys, "measure", "xor", "--replay", str(path))[1]
    assert "no energy: below sensor resolution: more copies" in out


def test_lanes_reach_the_command_and_the_core(capsys, monkeypatch):
    monkeypatch.chdir(_res.root())
    said = run(capsys, "deploy", "cooperative-xor", "--board", "zcu104", "--lanes", "32")[2]
    assert "-tclargs cooperative LANE_BITS=5" in said
    out = run(capsys, "fit", "cooperative-xor", "--lanes", "32")[1]
    assert "lane_bits 5" in out
    code, _, said = run(capsys, "deploy", "xor", "--board", "zcu104", "--lanes", "16")
    assert (code, "lanes: 16 came, at most 8 are allowed on the spiking core" in said) == (2, True)


@pytest.mark.parametrize("name", ["xor", "cooperative-xor"])
def test_fit_prints_every_board(name, capsys):
    code, out, _ = run(capsys, "fit", name)
    assert code == 0
    assert "estimate before place and route" in out
    for board in ("zcu104", "zcu102", "kv260", "ultra96v2", "rfsoc4x2"):
        line = next(line for line in out.splitlines() if line.startswith(board))
        assert "fits, up to" in line
