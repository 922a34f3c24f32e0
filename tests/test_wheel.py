"""The wheel and the sdist hold what they should and work from elsewhere."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    pytest.importorskip("build")
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--outdir", str(out), str(ROOT)],
        check=True, capture_output=True,
    )  # fmt: skip
    return out


def test_wheel_holds_package_and_data(built):
    (wheel,) = built.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "neuromorph/__init__.py" in names
    assert any(n.startswith("neuromorph/_data/circuits/cells/") for n in names)
    assert any(n.startswith("neuromorph/_data/fpga/") for n in names)
    for data in ("py.typed", "report/page.css", "report/page.js"):
        assert f"neuromorph/{data}" in names
    tops = {n.split("/")[0] for n in names}
    assert {t for t in tops if not t.endswith(".dist-info")} == {"neuromorph"}


def test_sdist_holds_tests_and_data(built):
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = [n.split("/", 1)[1] for n in archive.getnames() if "/" in n]
    for wanted in ("tests/test_house.py", "circuits/cells/jtl.cir", "examples/xor_five_ways.py",
                   "docs/index.md", "mkdocs.yml", "CITATION.cff", "SECURITY.md"):  # fmt: skip
        assert wanted in names


def test_wheel_works_from_elsewhere(built, tmp_path):
    (wheel,) = built.glob("*.whl")
    target = tmp_path / "site"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(target),
         str(wheel)],
        check=True,
    )  # fmt: skip
    code = (
        f"import sys; sys.path.insert(0, {str(target)!r})\n"
        "import neuromorph as nm\n"
        "from neuromorph import _res\n"
        f"assert nm.__file__.startswith({str(target)!r}), nm.__file__\n"
        f"assert str(_res.root()).startswith({str(target)!r}), _res.root()\n"
        "work = nm.workloads.xor()\n"
        "r = nm.run(work.network, work.stimuli['10'], duration=work.duration)\n"
        "assert work.readout.answer(r) == 1\n"
    )
    subprocess.run([sys.executable, "-I", "-c", code], check=True, cwd=tmp_path)
