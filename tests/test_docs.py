"""The documentation builds without a network and without a warning, and its scripts run."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.slow

#: Pages whose Python blocks make one script.
SCRIPTS = ("index", "compare", "energy", "results", "nir", "extending", "hopfield")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    if importlib.util.find_spec("mkdocs") is None:
        pytest.skip("mkdocs is not installed: pip install 'neuromorph[docs]'")
    out = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(out)],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return out


def test_nothing_is_loaded_from_elsewhere(site):
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        loaded = re.findall(r'<(?:script|img|link)\b[^>]*\b(?:src|href)="(https?:[^"]*)"', text)
        assert not loaded, f"{page}: {loaded}"


def test_every_page_and_example_is_there(site):
    for page in (ROOT / "docs").glob("*.md"):
        name = "index.html" if page.stem == "index" else f"{page.stem}/index.html"
        assert (site / name).exists(), page
    gallery = (site / "gallery" / "index.html").read_text(encoding="utf-8")
    for example in (ROOT / "examples").glob("*.py"):
        assert f"examples/{example.name}" in gallery


def test_every_public_name_is_documented(site):
    import neuromorph as nm

    text = (site / "api" / "neuromorph" / "index.html").read_text(encoding="utf-8")
    for name in nm.__all__:
        if name in ("__version__",) or isinstance(getattr(nm, name), type(sys)):
            continue
        assert f"nm.{name}" in text, name


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_scripts_of_a_page_run(name, tmp_path):
    if name == "nir":
        pytest.importorskip("nir", reason="the package nir is not installed")
    text = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
    assert code
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=1200,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
