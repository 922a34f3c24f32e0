import html
import re
import shutil
import subprocess

import pytest

import neuromorph as nm
from neuromorph.report import page

BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome")
     if (found := shutil.which(name))),
    None,
)  # fmt: skip


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    table = nm.compare(
        nm.workloads.xor(), ("numba", "fpga-model", nm.FPGAModel(bits=8)), seeds=2,
        devices=("loihi", "spinnaker", "asic-45nm-fp32"),
    )  # fmt: skip
    return next(path for path in table.save(folder) if path.suffix == ".html").read_text()


def test_the_page_is_one_file(saved):
    assert saved.startswith("<!doctype html>")
    assert "data:image/png;base64," in saved
    assert not re.search(r'(?:src|href)="(?!data:|#)', saved)
    assert "http-equiv" in saved
    assert "@import" not in saved
    assert "url(" not in saved


def test_what_a_name_says_is_not_run():
    row = {
        "label": "<script>alert(1)</script>", "agrees": None, "reason": '"><img onerror=x>',
        "energy": [], "problems": [], "notes": [], "versions": {},
    }  # fmt: skip
    body = {
        "workload": "w", "title": "<b>t</b>", "reference": "", "seeds": [0], "targets": {"a": 1},
        "rows": [row],
    }  # fmt: skip
    text = page([body], [b""], title="<i>x</i>")
    assert "<script>alert" not in text
    assert "<img onerror" not in text
    assert html.escape("<i>x</i>") in text


SCRIPT = """<script>
window.problems = [];
window.addEventListener("error", function (e) { problems.push(String(e.message)); });
</script>"""
PROBE = """<script>
window.addEventListener("load", function () {
  function labels() {
    var table = Array.from(document.querySelectorAll("table")).pop();
    return Array.from(table.tBodies).map(function (body) {
      return Array.from(body.rows).map(function (row) {
        return row.className || row.cells[2].dataset.value; });
    });
  }
  var before = labels();
  var table = Array.from(document.querySelectorAll("table")).pop();
  table.querySelectorAll("thead button")[2].click();
  var up = labels();
  table.querySelectorAll("thead button")[2].click();
  var down = labels();
  var picture = document.querySelector("img");
  var out = document.createElement("pre");
  out.id = "probe";
  out.textContent = JSON.stringify({before: before, up: up, down: down, problems: problems,
    width: picture.naturalWidth, complete: picture.complete,
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth});
  document.body.appendChild(out);
});
</script>"""


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
def test_in_a_browser(saved, tmp_path):
    import json

    path = tmp_path / "page.html"
    begun = saved.replace("<body>", f"<body>{SCRIPT}")
    path.write_text(begun.replace("</body>", f"{PROBE}</body>"))
    done = subprocess.run(
        [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
         "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={tmp_path / 'profile'}",
         "--enable-logging=stderr", "--virtual-time-budget=4000", "--dump-dom", path.as_uri()],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    assert "CONSOLE" not in done.stderr
    text = re.search(r'<pre id="probe">(.*?)</pre>', done.stdout, re.DOTALL)[1]
    probe = json.loads(html.unescape(text))
    assert probe["problems"] == []
    assert probe["complete"]
    assert probe["width"] > 500
    assert probe["overflow"] <= 0
    assert len(probe["before"]) >= 2
    for before, up, down in zip(probe["before"], probe["up"], probe["down"], strict=True):
        assert up[0] == down[0] == "group"
        numbers = sorted(float(x) for x in before[1:])
        assert [float(x) for x in up[1:]] == numbers
        assert [float(x) for x in down[1:]] == numbers[::-1]
