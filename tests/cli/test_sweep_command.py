import json

import pytest

from neuromorph.cli import main
from neuromorph.cli.sweep_file import made_backend, read_plan

PLAN = """
seeds = [4, 7]
inputs = ["10", "11"]
[workload]
name = "xor"
probability = [0.9, 1.0]
[[backend]]
name = "numba"
merge_window = [0.0, 1e-4]
"""


@pytest.fixture
def plan(tmp_path):
    path = tmp_path / "gates.toml"
    path.write_text(PLAN)
    return path


def test_a_plan_is_every_combination(plan):
    points = list(read_plan(plan))
    assert len(points) == 2 * 2 * 2 * 2
    assert points[0].parameters == {
        "workload": {"name": "xor", "probability": 0.9},
        "backend": {"name": "numba", "merge_window": 0.0},
        "input": "10", "seed": 4, "duration": 0.15, "dt": 1e-4,
    }  # fmt: skip
    assert made_backend(points[2 * 2]["backend"]).merge_window == 1e-4


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("seeds", "sedes", "key: 'sedes' came, backend, duration, inputs, seeds, workload"),
        ('"xor"', '"xnor"', "'xnor' came, and, can-bus, cooperative-xor, nand, or, xor, "),
        ("probability", "odds", "option of workload 'xor': 'odds' came, probability are there"),
        ('"numba"', '"numpy"', "'numpy' came, numba"),
        ("merge_window", "window", "option of backend 'numba': 'window' came"),
        ("1e-4", "-1.0", "merge_window: -1.0 came"),
        ("1e-4", "'x'", "backend 'numba': merge_window = 'x' came, int or float is allowed"),
        ('"11"', '"12"', "input of xor: '12' came, 00, 01, 10, 11 are there"),
        ("[4, 7]", "0", "seeds: 0 came"),
        ("[4, 7]", "[-1]", r"seeds: \[-1\] came"),
        ("[[backend]]", "[backend]", "write \\[\\[backend\\]\\] with two brackets"),
        ("seeds = [4, 7]", "duration = -1", "duration: -1 came"),
        ("seeds = [4, 7]", "seeds = ", "not TOML: Invalid value"),
        ("[0.9, 1.0]", "[]", r"workload, probability: \[\] came, one value or more is allowed"),
        ('["10", "11"]', "[10, 11]", r"inputs: \[10, 11\] came, a list of names is allowed"),
    ],
)
def test_wrong_plans_are_refused_by_name(plan, old, new, text):
    plan.write_text(PLAN.replace(old, new))
    with pytest.raises(ValueError, match=text) as caught:
        read_plan(plan)
    assert str(caught.value).startswith(str(plan))


def run(*arguments):
    with pytest.raises(SystemExit) as caught:
        main(["sweep", *map(str, arguments)])
    return caught.value.code


def test_the_command_runs_and_goes_on(plan, tmp_path, capsys):
    folder = tmp_path / "s"
    assert run(plan, "--workers", 1, "--resume", folder) == 0
    assert "16 of 16 points" in capsys.readouterr().out
    first = json.loads((folder / "table.json").read_text())
    group = first["groups"][0]
    assert (group["label"], group["input"], group["n"], group["right"]) == (
        "xor(probability=0.9) on numba(merge_window=0.0)", "10", 2, 1.0
    )  # fmt: skip
    assert (folder / "picture.png").read_bytes().startswith(b"\x89PNG")
    victim = next((folder / "chunks").glob("*.jsonl"))
    victim.unlink()
    assert run(plan, "--workers", 1, "--resume", folder) == 0
    assert json.loads((folder / "table.json").read_text())["points"] == first["points"]


def test_another_plan_in_the_folder_is_refused(plan, tmp_path, capsys):
    plan.write_text(PLAN.replace("[0.9, 1.0]", "1.0").replace("[0.0, 1e-4]", "0.0"))
    assert run(plan, "--workers", 1, "--resume", tmp_path / "s") == 0
    plan.write_text(PLAN)
    assert run(plan, "--workers", 1, "--resume", tmp_path / "s") == 2
    assert "holds plan 'gates' with hash" in capsys.readouterr().err


def test_a_missing_cluster_is_one_line(plan, tmp_path, capsys):
    assert run(plan, "--cluster", "tcp://127.0.0.1:9", "--resume", tmp_path / "s") == 1
    assert "cluster" in capsys.readouterr().err
