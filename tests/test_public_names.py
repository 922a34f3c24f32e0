"""The public names are a promise: a change of the list is a change of the interface."""

from pathlib import Path

import neuromorph as nm

LIST = Path(__file__).parent / "public_names.txt"


def names():
    """Top-level names, and what the public rooms export."""
    found = {name for name in nm.__all__ if not name.startswith("_")}
    for room in ("energy", "nir", "workloads"):
        found |= {f"{room}.{name}" for name in getattr(nm, room).__all__}
    return sorted(found)


def test_names_are_those_listed():
    listed = LIST.read_text(encoding="utf-8").split()
    gone = sorted(set(listed) - set(names()))
    new = sorted(set(names()) - set(listed))
    assert not gone, f"names gone: {gone}: see CONTRIBUTING.md on deprecation"
    assert not new, f"names new: {new}: add them to {LIST.name}"
    assert listed == sorted(listed)


def test_the_package_is_typed():
    assert (Path(nm.__file__).parent / "py.typed").exists()


def test_the_citation_has_the_version():
    text = (LIST.parent.parent / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {nm.__version__}\n" in text
