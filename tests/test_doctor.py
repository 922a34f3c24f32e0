import importlib.util
import json
import re
from pathlib import Path

import pytest

from neuromorph.cli import main
from neuromorph.doctor import OPTIONAL, examine
from neuromorph.runner import BACKENDS


def test_every_backend_and_core_package_is_named():
    found = {(f.section, f.name): f for f in examine()}
    for name in BACKENDS:
        assert ("backends", name) in found
    assert found["packages", "numpy"].state == "ok"
    assert found["files", "netlists and RTL"].state == "ok"


def test_what_is_missing_is_said(capsys, monkeypatch, tmp_path):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "brian2" else find(name)
    )
    (lacking,) = [f for f in examine(tmp_path) if f.section == "backends" and f.name == "brian2"]
    assert lacking.state == "absent"
    assert "pip install brian2" in lacking.text
    with pytest.raises(SystemExit) as stop:
        main(["doctor"])
    assert stop.value.code == 1
    assert "MISSING brian2" in capsys.readouterr().out


def test_every_extra_is_named():
    text = (Path(__file__).resolve().parent.parent / "pyproject.toml").read_text(encoding="utf-8")
    table = text.split("[project.optional-dependencies]")[1].split("\n[")[0]
    wanted = {
        (package.replace("-", "_"), extra)
        for extra, line in re.findall(r"^(\w+) = \[(.*)\]$", table, re.MULTILINE)
        for package in re.findall(r'"([A-Za-z_][\w-]*)', line)
    }
    assert set(OPTIONAL.items()) == wanted


def test_energy_counters(tmp_path):
    absent = [f for f in examine(tmp_path) if f.name == "energy counters"]
    assert absent[0].state == "absent"
    assert "not measured" in absent[0].text


def test_json(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["doctor", "--json"])
    assert stop.value.code == 0
    assert {"section", "name", "state", "text"} == set(json.loads(capsys.readouterr().out)[0])
