import subprocess
import sys

import pytest

import neuromorph as nm


def run(code):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout


def test_importing_the_package_loads_nothing_heavy():
    heavy = run(
        "import sys, neuromorph; "
        "print([m for m in ('numba','scipy','brian2','matplotlib','click','rich','sympy',"
        "'pynq','torch') if m in sys.modules])"
    )
    assert heavy.strip() == "[]"


def test_asking_for_a_description_does_not_load_brian2():
    loaded = run(
        "import sys, neuromorph as nm; nm.Network; nm.workloads.xor(); "
        "print([m for m in ('brian2', 'matplotlib') if m in sys.modules])"
    )
    assert loaded.strip() == "[]"


@pytest.mark.parametrize("name", nm.__all__)
def test_every_public_name_is_there(name):
    assert getattr(nm, name) is not None


def test_no_module_bears_the_name_of_a_public_function():
    import importlib.util
    import types

    for name in nm.__all__:
        if isinstance(getattr(nm, name), types.ModuleType):
            continue
        assert importlib.util.find_spec(f"neuromorph.{name}") is None, name


def test_an_unknown_name():
    with pytest.raises(AttributeError, match="neuromorph has no 'nothing'; it has "):
        nm.nothing  # noqa: B018
