"""The pruning study: equal parameters, masks paid for, and its arithmetic on made-up cases."""

import math

import numpy as np
import pytest

from neuromorph.cooperative import evaluate, n_parameter
from neuromorph.cooperative.frame_data import FrameData
from neuromorph.cooperative.study import Size
from neuromorph.sweep import Plan, run_sweep
from neuromorph.workloads import pruning as pr
from neuromorph.workloads import pruning_sheet as ps


def test_all_nets_have_the_same_number_of_parameters():
    counts = [n_parameter(pr.build(row[0], 0)) for row in pr.FULL]
    assert max(counts) / min(counts) < 1.02
    with pytest.raises(ValueError, match="family: 'x' came, m2h, towers, masked"):
        pr.build("x", 0)


def test_gate_populations():
    assert pr.gate_populations(pr.build("towers", 0)) == set()
    assert pr.gate_populations(pr.build("masked", 0)) == {
        "audio1_lines", "audio2_lines", "video1_lines", "video2_lines"
    }  # fmt: skip
    assert pr.gate_populations(pr.build("m2h", 0)) == set()  # its lines are read out as well


def test_gate_events_by_counting():
    net = pr.build("masked", 0)
    rng = np.random.default_rng(1)
    data = FrameData(
        inputs={"audio": rng.normal(size=(2, 3, 88)), "video": rng.normal(size=(2, 3, 125))},
        targets={"mask": np.zeros((2, 3, 22))},
    )
    got = pr.gate_events(net, data)
    hidden = {name: a.active * 79 for name, a in evaluate(net, data).activity.items()}
    lines = sum(a.active * 4 for name, a in evaluate(net, data).activity.items()
                if name.endswith("_lines"))  # fmt: skip
    want = 4 * (88 + 125 + hidden["audio1"] + hidden["video1"]) + 79 * lines
    assert got == pytest.approx(want, rel=1e-6)
    assert got < evaluate(net, data).events.events


def case(family, quality, events, **more):
    mean = {"hit_fa": quality, "events": events, "zero_skipped": 3 * events,
            "validation_hit_fa": quality, "validation_events": events,
            "validation_zero_skipped": 3 * events, **more}  # fmt: skip
    return ps.Case((family, 0.0, 0.1), [mean])


def test_equal_quality_against_m2h():
    cases = [case("m2h", 0.60, 1000.0), case("m2h", 0.70, 2000.0), case("masked", 0.58, 500.0),
             case("masked", 0.72, 1900.0), case("towers", 0.5, 9e3)]  # fmt: skip
    rows = {}
    for level, net, events, ratio, plain, _ in ps.equal_sheet(cases).rows:
        assert plain is None or plain == pytest.approx(3 * events)
        rows[round(level, 3), net] = (events, ratio)
    assert len(rows) == 12
    level = 0.65
    theirs = 500 + (level - 0.58) / 0.14 * 1400
    assert rows[level, "m2h"] == (pytest.approx(1500), pytest.approx(0.0))
    assert rows[level, "masked"] == (pytest.approx(theirs), pytest.approx(theirs / 1500 - 1))
    assert rows[level, "towers"] == (None, None)
    assert math.isnan(ps.events_at(cases[:2], 0.9))


@pytest.mark.slow
def test_a_tiny_study_runs_and_goes_on(tmp_path):
    study = pr.pruning_study(cache=tmp_path / "cache")
    size = {name: getattr(Size(train=4, held_out=2, seconds=0.6), name)
            for name in Size.__dataclass_fields__}  # fmt: skip
    rows = [{**p.parameters, "epochs": 1, "size": size} for p in study.plan]
    plan = Plan(parameters=rows, name="tiny")
    run_sweep(plan, study.function, folder=tmp_path / "s", first=3, error="raise")
    done = run_sweep(plan, study.function, folder=tmp_path / "s", error="raise")
    assert done.reused == 3
    cases = study.sheets(done)[0]
    assert len(cases.rows) == len(rows)
    assert study.picture(done).axes
    by_name = {row[0]: dict(zip(cases.columns, row, strict=True)) for row in cases.rows}
    assert by_name["consensus"]["masks"] == 0
    assert by_name["consensus"]["parameters"] < by_name["masked"]["parameters"]
    assert by_name["together"]["foretold"] is not None
    for row in by_name.values():
        assert row["events"] <= row["zeros only"] * (1 + 1e-9)
