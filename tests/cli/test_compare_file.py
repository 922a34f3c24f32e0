import json
from pathlib import Path

import pytest

from neuromorph.cli import main
from neuromorph.cli.compare_file import read_spec

GOOD = """
workload = { name = "xor", probability = 0.9 }
seeds = [0, 3]
devices = ["loihi", "mine"]
out = "results"

[[backend]]
name = "numba"

[[backend]]
name = "fpga-model"
bits = 8
clock = 100e6

[[device]]
name = "mine"
synaptic_event = 1e-12
neuron_update = 0
spiking = true
source = "a test"
node = "28 nm"
"""


def spec(tmp_path, text):
    path = tmp_path / "spec.toml"
    path.write_text(text)
    return path


def call(capsys, *arguments):
    code = 0
    try:
        main([str(a) for a in arguments])
    except SystemExit as stop:
        code = stop.code or 0
    out = capsys.readouterr()
    return code, out.out, out.err


def test_reading(tmp_path):
    found = read_spec(spec(tmp_path, GOOD))
    assert found.workload.network.projections[0].probability == 0.9
    assert found.seeds == (0, 3)
    assert [b.name for b in found.backends] == ["numba", "fpga-model"]
    assert (found.backends[1].bits, found.backends[1].clock) == (8, 1e8)
    assert [d.name for d in found.devices] == ["Loihi", "mine"]
    assert found.out == tmp_path / "results"


def test_a_board_and_its_bitstream(tmp_path):
    pytest.importorskip("pynq", reason="the package pynq is not installed")
    text = 'workload = "xor"\n[[backend]]\nname = "pynq"\nboard = "zcu104"\n'
    (board,) = read_spec(spec(tmp_path, text + 'bitstream = "build/x.bit"\n')).backends
    assert (board.board, board.bitstream) == ("zcu104", str(tmp_path / "build/x.bit"))
    with pytest.raises(ValueError, match=r"backend\[0\]: Pynq.bitstream: none came for board"):
        read_spec(spec(tmp_path, text))


def test_the_example_is_read():
    found = read_spec(Path(__file__).resolve().parents[2] / "examples" / "xor.toml")
    assert found.workload.name == "xor"
    assert [d.name for d in found.devices] == ["Loihi", "my chip"]


def test_devices_on_the_command_line(capsys, tmp_path):
    known = ("compare", "or", "--backends", "numba", "--out", tmp_path)
    code, out, _ = call(capsys, *known, "--devices", "loihi, spinnaker")
    assert code == 0
    assert "SpiNNaker: 13.3 nJ per synaptic event" in out
    code, _, err = call(capsys, *known, "--devices", "brain")
    assert code == 2
    assert "device: 'brain' came, cpu, gpu" in err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("workload = ", "not TOML"),
        ("seeds = 1", "key 'workload' is missing: one of and, can-bus"),
        ("workload = 'sor'", "workload 'sor' came, and, can-bus, cooperative-xor, nand, or, xor, "),
        ("workload = 'xor'\nbackends = ['numba']", "key 'backends' came, workload, seeds"),
        ("workload = {name = 'xor', p = 1}", "workload: key 'p' came, name, probability"),
        ("workload = {name = 'xor', probability = 2.0}", "workload: Projection in->hidden.basal"),
        ("workload = 'xor'\nseeds = 0", "seeds = 0 came, 1 or more"),
        ("workload = 'xor'\nseeds = 1.5", "seeds = 1.5 came, a whole number or a list"),
        ("workload = 'xor'\nmeasure = 1", "measure = 1 came, bool is allowed"),
        ("workload = 'xor'\nout = 1", "out = 1 came, str is allowed"),
        ("workload = 'xor'\ndevices = ['brain']", "device: 'brain' came"),
        ("workload = 'xor'\ndevices = [['loihi']]", "devices: ['loihi'] came, names are allowed"),
        ("workload = 'xor'\nbackend = 'numba'", "tables [[backend]] are allowed"),
        ("workload = 'xor'\n[[backend]]\nname = 'nest'", "backend[0]: name 'nest' came, numba"),
        (
            "workload = 'xor'\n[[backend]]\nname = 'fpga-model'\nbitz = 8",
            "backend[0]: key 'bitz' came, name, bits, guard",
        ),
        (
            "workload = 'xor'\n[[backend]]\nname = 'fpga-model'\nbits = '8'",
            "backend[0]: bits = '8' came, int is allowed",
        ),
        (
            "workload = 'xor'\n[[backend]]\nname = 'fpga-model'\nbits = 99",
            "backend[0]: FixedPoint.bits: 99 came",
        ),
        (
            "workload = 'xor'\n[[backend]]\nname = 'numba'\nfixed_point = 8",
            "it can be set from Python only",
        ),
        ("workload = 'xor'\n[[device]]\nname = 'm'", "device[0]: key 'synaptic_event' is missing"),
        (
            "workload = 'xor'\n[[device]]\nname = 'm'\nsynaptic_event = -1\nneuron_update = 0\n"
            "spiking = true\nsource = 's'",
            "device[0]: CostTable 'm': synaptic_event = -1 J came",
        ),
    ],
)
def test_bad_specs_name_file_and_key(capsys, tmp_path, text, message):
    path = spec(tmp_path, text)
    code, _, err = call(capsys, "compare", path)
    assert code == 2
    assert str(path) in err
    assert message in err
    assert len(err.strip().splitlines()) == 1


def test_options_beside_a_file(capsys, tmp_path):
    code, _, err = call(capsys, "compare", spec(tmp_path, GOOD), "--seeds", "3")
    assert code == 2
    assert "only --out is allowed" in err


def test_a_comparison_goes_on_where_it_stopped(capsys, tmp_path, monkeypatch):
    from neuromorph.comparison import attempt

    path = spec(tmp_path, GOOD)
    real, made = attempt.run, []

    def failing(*args, **kwargs):
        if kwargs.get("progress") is not None:  # not the short run that compiles
            made.append(kwargs["seed"])
            if len(made) == 6:
                raise KeyboardInterrupt
        return real(*args, **kwargs)

    monkeypatch.setattr(attempt, "run", failing)
    code, _, err = call(capsys, "compare", path)
    assert (code, err.strip()) == (1, "neuromorph: interrupted")
    kept = sorted((tmp_path / "results" / "runs").glob("*.npz"))
    assert len(kept) == 5
    code, out, _ = call(capsys, "compare", path)
    assert code == 0
    assert len(made) == 6 + 11  # 16 runs in all, 5 were there
    assert "numba: 5 runs taken from an earlier comparison" in out
    first = json.loads((tmp_path / "results" / "xor.json").read_text())
    code, _, _ = call(capsys, "compare", path)
    assert len(made) == 17
    again = json.loads((tmp_path / "results" / "xor.json").read_text())
    assert [r["output"] for r in first["rows"]] == [r["output"] for r in again["rows"]]


def test_report_joins_folders(capsys, tmp_path):
    for name, gate in (("a", "xor"), ("b", "or")):
        call(capsys, "compare", gate, "--backends", "numba", "--out", tmp_path / name)
    page = tmp_path / "all.html"
    code, out, _ = call(capsys, "report", tmp_path / "a", tmp_path / "b", "--out", page)
    assert code == 0
    assert "2 comparisons" in out
    text = page.read_text()
    assert text.count("data:image/png;base64,") == 2
    assert "xor: counted, of this machine" in text
    code, _, err = call(capsys, "report", tmp_path)
    assert code == 2
    assert "no comparison in it" in err
    (tmp_path / "b" / "or.json").write_text('{"rows": []}')
    code, _, err = call(capsys, "report", tmp_path / "b")
    assert code == 2
    assert "or.json': key 'workload' is missing" in err
