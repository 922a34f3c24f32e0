"""Sheets of a study, a study from the command line, and workloads without time."""

import csv
import io

import numpy as np
import pytest

import neuromorph as nm
from neuromorph.cli import main, workload_name
from neuromorph.sweep import Plan
from neuromorph.workloads import Agreement, Sheet, Study, Workload

CALLS = []


def square(point):
    CALLS.append(point["x"])
    return point["x"] ** 2


def made(*, quick, seeds):
    def sheets(outcomes):
        rows = [(str(p["x"]), o.value, None) for p, o in zip(outcomes.plan, outcomes, strict=True)]
        columns = {"x": "", "square": ".1f", "nothing": "d"}
        return [Sheet(name="squares", title="squares", columns=columns, rows=rows, notes=("ours",))]

    return Study(
        name="toy", title="a toy", plan=Plan(parameters=[{"x": x} for x in (2, 3)]),
        function=square, sheets=sheets, picture=lambda _: nm.plot.figure(2, 2),
    )  # fmt: skip


def test_a_study_prints_writes_and_goes_on(capsys, tmp_path, monkeypatch):
    monkeypatch.setitem(workload_name.STUDIES, "toy", made)
    CALLS.clear()
    for _ in range(2):
        with pytest.raises(SystemExit) as stop:
            main(["compare", "toy", "--out", str(tmp_path)])
        assert stop.value.code in (0, None)
    out = capsys.readouterr().out
    assert "9.0" in out
    assert "ours" in out
    assert CALLS == [2, 3]  # the second call found both points
    rows = list(csv.DictReader(io.StringIO((tmp_path / "toy-squares.csv").read_text())))
    assert rows[1] == {"x": "3", "square": "9", "nothing": ""}
    assert (tmp_path / "toy.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("toy", "--backends", "numba"), "study toy: --seeds, --full, --workers and --out"),
        (("xor", "--full"), "workload xor: --full and --workers belong to studies"),
    ],
)
def test_options_of_the_other_kind(capsys, monkeypatch, arguments, message):
    monkeypatch.setitem(workload_name.STUDIES, "toy", made)
    with pytest.raises(SystemExit) as stop:
        main(["compare", *arguments])
    assert stop.value.code == 2
    assert message in capsys.readouterr().err


def test_a_row_of_another_length():
    with pytest.raises(ValueError, match=r"Sheet 's': a row of 2 values came, 1 are allowed"):
        Sheet(name="s", title="", columns={"a": ""}, rows=[("1", 2)])


class Sign:
    """Reads the sign of the last frame's first output."""

    population, threshold, quantity = "out", 0.0, "output"

    def answer(self, result):
        return int(self.value(result) > 0)

    def value(self, result):
        return float(result.frames["out"][0, -1, 0])


def frames():
    network = nm.Network(
        populations=(nm.Population(name="in", n=2, cell=nm.Source()),
                     nm.Population(name="out", n=1, cell=nm.Point(gate="linear"))),
        projections=(nm.Projection(source="in", target="out", weights=np.array([[0.5], [0.3]])),),
    )  # fmt: skip
    stimuli = {
        name: {"in": nm.Frames(value=np.array([[[x, y]]]))}
        for name, x, y in (("up", 1.0, 1.0), ("down", -1.0, 0.5))
    }
    return Workload(name="signs", title="two signs", network=network, stimuli=stimuli,
                    targets={"up": 1, "down": 0}, readout=Sign(),
                    agreement=Agreement(rate=0.05, count=0.01, distance=1e-12))  # fmt: skip


def test_frames_are_compared_like_spikes(tmp_path):
    table = nm.compare(frames())
    assert table.agrees
    assert [row.label for row in table.rows[:2]] == ["numba", "numba(zero_skip=True)"]
    assert table.rows[0].output["up"] == pytest.approx(0.8)
    assert table.rows[0].output["down"] == pytest.approx(-0.35)
    assert table.rows[1].distance <= 1e-12
    integers = table.rows[2]
    assert integers.distance is None  # other arithmetic
    assert 0 < abs(integers.output["up"] - 0.8) < 0.01
    assert integers.bits == "8 bit weights, 12 bit fractions"
    text = str(table)
    assert "MACs" in text
    paths = table.save(tmp_path)
    assert all(path.stat().st_size for path in paths)


def test_frames_that_differ_disagree():
    rough = nm.Numba(quantised=nm.cooperative.integer.Quantised(weight_bits=1, fraction=4))
    table = nm.compare(frames(), ["numba", rough])
    assert not table.rows[1].agrees
    assert any("output, numba has" in problem for problem in table.rows[1].problems)


def test_workloads_and_time():
    work = frames()
    with pytest.raises(ValueError, match="Workload 'signs': a duration or dt came"):
        Workload(**{f: getattr(work, f) for f in work.__dataclass_fields__} | {"duration": 1.0})
    xor = nm.workloads.xor()
    assert xor.dt == 1e-4
    with pytest.raises(ValueError, match="Workload 'xor': no duration came"):
        Workload(**{f: getattr(xor, f) for f in xor.__dataclass_fields__} | {"duration": None})
