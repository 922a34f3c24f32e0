import subprocess
import sys

import pytest

from neuromorph import progress
from neuromorph.cli import COMMANDS, group, main


def call(capsys, *arguments):
    code = 0
    try:
        main(list(arguments))
    except SystemExit as stop:
        code = stop.code or 0
    out = capsys.readouterr()
    return code, out.out, out.err


def test_compare_prints_and_writes(capsys, tmp_path):
    code, out, err = call(
        capsys, "compare", "xor", "--backends", "numba,fpga-model", "--out", str(tmp_path / "o")
    )
    assert code == 0
    assert "agreement with numba" in out
    assert "energy per inference" in out
    assert f"wrote {tmp_path / 'o' / 'xor.png'}" in out
    assert (tmp_path / "o" / "xor.csv").exists()
    assert err == ""


def test_run_with_an_input(capsys, tmp_path):
    picture, saved = tmp_path / "p.png", tmp_path / "r.npz"
    code, out, _ = call(
        capsys, "run", "xor", "--input", "10", "--plot", str(picture), "--save", str(saved)
    )
    assert code == 0
    assert "answer       1" in out
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert saved.exists()


def test_run_with_own_spikes(capsys, tmp_path):
    events = tmp_path / "events.csv"
    lines = [f"{0.0025 * k},in,{unit}" for k in range(60) for unit in (0, 3)]
    events.write_text("time_s,population,unit\n" + "\n".join(lines) + "\n")
    code, out, _ = call(capsys, "run", "xor", "--stimulus", str(events))
    assert code == 0
    assert "answer       1" in out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("time,population,unit\n", "1: header ['time', 'population', 'unit'] came"),
        ("time_s,population,unit\n0.1,in,x\n", "2: '0.1,in,x' came, time in s, population"),
        ("time_s,population,unit\n0.1,in\n", "2: '0.1,in' came"),
        ("time_s,population,unit\n-1,in,0\n", "2: '-1,in,0' came, time and unit of 0 or more"),
        ("time_s,population,unit\nnan,in,0\n", "2: 'nan,in,0' came"),
        ("time_s,population,unit\ninf,in,0\n", "2: 'inf,in,0' came"),
        ("time_s,population,unit\n0,nobody,0\n", "population 'nobody' came, 'in', 'hidden'"),
        ("time_s,population,unit\n0,in,9\n", "unit 9 came, 0 to 3 are there"),
    ],
)
def test_bad_event_files(capsys, tmp_path, text, message):
    events = tmp_path / "events.csv"
    events.write_text(text)
    code, _, err = call(capsys, "run", "xor", "--stimulus", str(events))
    assert code == 2
    assert message in err
    assert len(err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"\xff\xfe", "'utf-8' codec can't decode"), (b"time_s,population,unit\r\r\n\x00", "csv")],
)
def test_an_event_file_that_is_no_text_is_named(capsys, tmp_path, content, message):
    events = tmp_path / "events.csv"
    events.write_bytes(content)
    code, _, err = call(capsys, "run", "xor", "--stimulus", str(events))
    assert code == 2
    assert message in err
    assert len(err.strip().splitlines()) == 1
    assert str(events) in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("compare", "nothing"), "workload: 'nothing' came, and, can-bus, cooperative-xor, "),
        (("compare", "binari"), "are there, and the studies binary, binary-tuning, can, formats"),
        (("compare", "xor", "--backends", "nest"), "backend: 'nest' came, numba, brian2"),
        (("compare", "xor", "--seeds", "0"), "0 is not in the range"),
        (("compare", "xor", "--backends", ","), "--backends ',' came, names are allowed"),
        (("run", "xor", "--input", "10", "--plot", __file__ + "/p.png"), "test_cli.py' is a file."),
        (("run", "xor"), "exactly one of --input and --stimulus"),
        (("run", "xor", "--input", "12"), "--input 12 came, 00, 01, 10, 11 are there"),
        (("run", "xor", "--input", "10", "--duration", "-1"), "duration: -1.0 s came"),
        (("nonsense",), "No such command 'nonsense'"),
    ],
)
def test_bad_usage(capsys, arguments, message):
    code, _, err = call(capsys, *arguments)
    assert code == 2
    assert message in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("trouble", "said"),
    [(MemoryError("2 TiB"), "the memory does not hold this run (2 TiB): make it shorter"),
     (FileNotFoundError(2, "No such file", "a.toml"), "neuromorph: a.toml: No such file"),
     (IsADirectoryError(21, "Is a directory", ".a.x1", None, "a"), "neuromorph: a: Is a directo")],
)  # fmt: skip
def test_what_the_machine_refuses_is_one_line(capsys, monkeypatch, trouble, said):
    def fail(**_):
        raise trouble

    monkeypatch.setattr(group, "main", fail)
    code, _, err = call(capsys, "doctor")
    assert code == 1
    assert said in err
    assert len(err.strip().splitlines()) == 1


def test_disagreement_exits_with_one(capsys, tmp_path, monkeypatch):
    import dataclasses

    import neuromorph as nm
    from neuromorph.cli import workload_name

    work = nm.workloads.xor()
    wrong = dataclasses.replace(work, targets={**work.targets, "00": 1})
    monkeypatch.setitem(workload_name.WORKLOADS, "xor", lambda: wrong)
    code, out, _ = call(
        capsys, "compare", "xor", "--backends", "numba", "--out", str(tmp_path / "o")
    )
    assert code == 1
    assert "75% of the answers right" in out


def test_unwritable_folder(capsys, tmp_path):
    (tmp_path / "file").write_text("")
    code, out, err = call(
        capsys, "compare", "xor", "--backends", "numba", "--out", str(tmp_path / "file" / "x")
    )
    assert code == 2
    assert f"{str(tmp_path / 'file')!r} is a file." in err
    assert out == ""  # nothing was run


def test_copy(capsys, tmp_path):
    code, _, _ = call(capsys, "copy", "circuits", str(tmp_path / "c"))
    assert code == 0
    assert list((tmp_path / "c" / "cells").glob("*.cir"))
    code, _, err = call(capsys, "copy", "circuits", str(tmp_path / "c"))
    assert code == 2
    assert "files came, an empty or new one is allowed" in err


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help(capsys, command):
    code, out, _ = call(capsys, *([command] if command else []), "--help")
    assert code == 0
    assert out.startswith("Usage: ")


def test_event_file_of_a_spreadsheet(capsys, tmp_path):
    events = tmp_path / "events.csv"
    events.write_bytes(b"\xef\xbb\xbftime_s,population,unit\r\n0.01,in,0\r\n")
    code, out, _ = call(capsys, "run", "xor", "--stimulus", str(events))
    assert code == 0
    assert "in           <Spikes 1 of 4 units" in out


def test_debug_after_the_command(capsys):
    with pytest.raises(ValueError, match="workload: 'nothing' came"):
        main(["run", "nothing", "--input", "10", "--debug"])


def test_a_mistake_of_ours_is_one_line_without_debug():
    code = (
        "from neuromorph.cli import main, workload_name\n"
        "workload_name.WORKLOADS['xor'] = lambda: {}['x']\n"
        "main(['run', 'xor', '--input', '10'])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("neuromorph: KeyError: 'x': this is a mistake in neuromorph")
    assert len(done.stderr.strip().splitlines()) == 1


def test_interrupt_leaves_no_file_behind(tmp_path):
    code = (
        "import os, signal, numpy, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "import neuromorph.table as table\n"
        "from neuromorph.cli import main\n"
        "csv = table.Table.to_csv\n"
        "def half(self):\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    return csv(self)\n"
        "table.Table.to_csv = half\n"
        f"main(['compare', 'xor', '--backends', 'numba', '--out', {str(tmp_path / 'o')!r}])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1] == "neuromorph: interrupted"
    assert [p.name for p in (tmp_path / "o").iterdir()] == ["xor.png"]  # the one file finished


def test_progress_has_a_phase_for_compiling():
    seen = []
    tick = progress.compiled_first(lambda what, share: seen.append((what, share)), "x")
    tick(5, 10)
    assert seen == [("x: compiling", 0.0), ("x: compiling", 1.0), ("x: running", 0.5)]


def test_version_and_debug():
    version = [sys.executable, "-m", "neuromorph", "--version"]
    done = subprocess.run(version, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("neuromorph, version ")
    bad = [sys.executable, "-m", "neuromorph", "--debug", "compare", "nothing"]
    done = subprocess.run(bad, capture_output=True, text=True, check=False)
    assert "Traceback" in done.stderr
