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

#: Pages whose Python blocks make one script, and the README: every one that has such blocks.
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
SCRIPTS = [path for path in PAGES if "```python" in path.read_text(encoding="utf-8")]


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


def test_links_inside_the_repository_lead_somewhere():
    for page in (*PAGES, ROOT / "CONTRIBUTING.md", *ROOT.glob("*/README.md")):
        for link in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
            made = link.startswith(("http", "api/")) or link in ("gallery.md", "cells.md")
            assert made or (page.parent / link).exists(), f"{page}: {link}"


def test_the_menu_names_every_page():
    source = (ROOT / "docs" / "site_pages.py").read_text(encoding="utf-8")
    order = re.search(r"^ORDER = \((.*?)\)", source, re.DOTALL | re.MULTILINE)[1]
    named = re.findall(r'"(\w+)"', order)
    assert sorted(named) == sorted(path.stem for path in (ROOT / "docs").glob("*.md"))


def test_every_public_name_is_documented(site):
    import neuromorph as nm

    text = (site / "api" / "neuromorph" / "index.html").read_text(encoding="utf-8")
    for name in nm.__all__:
        if name in ("__version__",) or isinstance(getattr(nm, name), type(sys)):
            continue
        assert f"nm.{name}" in text, name


@pytest.mark.parametrize("page", SCRIPTS, ids=lambda path: path.stem)
def test_the_scripts_of_a_page_run(page, tmp_path):
    if page.stem == "nir":
        pytest.importorskip("nir", reason="the package nir is not installed")
    text = page.read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
    (tmp_path / "script.py").write_text(code, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "script.py"], capture_output=True, text=True, check=False, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=1200,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
