"""``neuromorph export``: a script with its arrays, and what is refused."""

import subprocess
import sys

import numpy as np
import pytest

import neuromorph as nm
from neuromorph.cli import main


def call(*arguments):
    with pytest.raises(SystemExit) as stop:
        main(["export", *map(str, arguments)])
    return stop.value.code


def test_a_script_is_written_and_compiles(tmp_path, capsys):
    path = tmp_path / "xor.py"
    main(["export", "xor", str(path), "--input", "10", "--duration", "0.02"])
    assert f"wrote {path} and xor.npz" in capsys.readouterr().out
    text = path.read_text()
    compile(text, str(path), "exec")
    assert "import neuromorph" not in text
    with np.load(tmp_path / "xor.npz") as arrays:
        assert arrays.files


@pytest.mark.slow
def test_the_script_gives_the_spikes_of_the_workload(tmp_path):
    path, out = tmp_path / "xor.py", tmp_path / "spikes.npz"
    main(["export", "xor", str(path), "--input", "10", "--duration", "0.1", "--seed", "3"])
    subprocess.run([sys.executable, str(path), "--out", str(out)], check=True, timeout=300)
    work = nm.workloads.xor()
    ours = nm.run(work.network, work.stimuli["10"], duration=0.1, dt=work.dt, seed=3).spikes
    with np.load(out) as got:
        for name, spikes in ours.items():
            assert spikes.time.size == got[f"{name}.time"].size
            order = np.lexsort((got[f"{name}.index"], np.rint(got[f"{name}.time"] / work.dt)))
            np.testing.assert_allclose(got[f"{name}.time"][order], spikes.time, atol=work.dt / 10)
            assert got[f"{name}.index"][order].tolist() == spikes.index.tolist()


def test_a_frame_network_and_an_unknown_input_are_refused(tmp_path, capsys):
    assert call("xor", tmp_path / "x.py", "--input", "12") == 2
    assert "--input 12 came, 00, 01, 10, 11 are there" in capsys.readouterr().err
    assert call("xor", tmp_path / "x.txt", "--input", "10") == 2
    assert "a name ending with .py is allowed" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
