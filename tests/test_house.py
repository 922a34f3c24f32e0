"""The rules of the house, held over the source itself."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "neuromorph"

FLOOR = {
    "_res": 0, "array_copy": 0,
    "units": 0, "philox": 0, "files": 0, "provenance": 0, "progress": 0, "statistic": 0,
    "cooling": 0, "exchange": 0, "formats": 0, "burst": 0,
    "description": 1, "result": 1,
    "energy": 2, "sweep": 2, "storage": 2, "counts": 2, "spike_distance": 2, "row": 2,
    "av_speech": 2,
    "precision": 2, "energy_figure": 2, "run_store": 3, "nir": 3,
    "cells": 3, "cooperative": 3, "circuits": 3, "fpga": 3,
    "plot": 4, "workloads": 5, "margin_plot": 5, "report": 4, "table": 5,
    "backends": 5,
    "runner": 6,
    "comparison": 7, "long_run": 7, "doctor": 7,
    "__init__": 8, "cli": 8, "__main__": 9,
}
CIRCUIT_FLOOR = {
    "waveform": 0, "numeral": 0, "garbage": 0, "sampled_waveform": 1, "element": 1, "circuit": 2,
    "builder": 3, "defect": 3,
    "deck": 3, "solver": 4, "export": 5, "picture": 6, "tolerance": 5, "pulse": 5,
    "cell": 6, "compiler": 7,
    "__init__": 8,
}
MODULES = sorted(PACKAGE.rglob("*.py"))


def room(path):
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imports(path):
    """Yield (line, room) for each import of our own package in the file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    package = ("neuromorph", *path.relative_to(PACKAGE).with_suffix("").parts[:-1])
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = (*base, *(node.module or "").split(".")) if node.module else base
            names = [(*module, alias.name) for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [tuple(alias.name.split(".")) for alias in node.names]
        else:
            continue
        for name in names:
            if name[0] == "neuromorph":
                yield node.lineno, name[1] if len(name) > 1 else "__init__"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_run_down_only(path):
    here = room(path)
    assert here in FLOOR, f"{path}: room {here!r} has no floor in tests/test_house.py"
    for line, there in imports(path):
        if there == "__version__":
            continue
        assert there in FLOOR, f"{path}:{line}: imports the face of the package or no room: {there}"
        assert there == here or FLOOR[there] < FLOOR[here], f"{path}:{line}: {here} imports {there}"
        if there == "backends":
            assert here in {"backends", "runner", "__init__"}, f"{path}:{line}: only runner.py may"


CIRCUITS = PACKAGE / "circuits"


@pytest.mark.parametrize("path", sorted(CIRCUITS.rglob("*.py")), ids=lambda p: p.stem)
def test_imports_run_down_only_among_the_circuits(path):
    here = path.relative_to(CIRCUITS).with_suffix("").parts[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
            "neuromorph.circuits"
        ):
            there = (*node.module.split("."), "__init__")[2]
            assert there == here or CIRCUIT_FLOOR[there] < CIRCUIT_FLOOR[here], (
                f"{path}:{node.lineno}: {here} imports {there}"
            )


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_size(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 500
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            code = node.body[1:] if ast.get_docstring(node) else node.body
            length = code[-1].end_lineno - code[0].lineno + 1 if code else 0
            assert length <= 60, f"{path}:{node.lineno}: {node.name} has {length} lines"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_manners(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), f"{path}: no docstring"
    assert path.stem not in {"utils", "helpers", "common", "base"}
    for node in ast.walk(tree):
        where = f"{path}:{getattr(node, 'lineno', 0)}"
        assert not isinstance(node, ast.Assert), f"{where}: assert is not validation"
        if isinstance(node, ast.ExceptHandler):
            caught = node.type.id if isinstance(node.type, ast.Name) else ""
            assert node.type is not None, where
            assert caught != "Exception", where
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"eval", "exec"}, where
            assert node.func.id != "print" or room(path) == "cli", f"{where}: print"


@pytest.mark.parametrize("folder", ["circuits", "fpga"])
def test_folders_that_the_wheel_takes_are_in_the_repository(folder):
    # git keeps no empty folder: without a file in it, a fresh clone could not be installed
    top = PACKAGE.parent
    assert any(path.is_file() for path in (top / folder).rglob("*")), folder
