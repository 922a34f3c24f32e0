"""The study's machinery on a tiny set, and its arithmetic on made-up lines."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from neuromorph.cooperative import FrameData
from neuromorph.cooperative.study import (
    Line,
    Size,
    build,
    events_at,
    front,
    hit,
    lowest_hit,
    run_case,
    study_plan,
    summarise,
)
from neuromorph.sweep import run_sweep

TINY = Size(train=4, held_out=2, seconds=0.6)


def line(quality, events, **more):
    mean = {"hit_fa": quality, "events": events, "validation_hit_fa": quality,
            "validation_events": events, **more}  # fmt: skip
    return Line(family="x", hidden=(1,), penalty=0.0, rate=0.1, epochs=1, labels=0, n=1,
                mean=mean, half={})  # fmt: skip


def test_front_and_interpolation():
    lines = [line(0.70, 100.0), line(0.80, 300.0), line(0.75, 400.0), line(0.60, 200.0)]
    assert [x.mean["events"] for x in front(lines)] == [100.0, 300.0]
    assert events_at(lines, 0.75) == pytest.approx(200.0)
    assert math.isnan(events_at(lines, 0.85))


def test_the_choice_is_made_on_the_validation_set():
    """A case that is best on the test set alone is not on the front."""
    lucky = line(0.9, 50.0, validation_hit_fa=0.1, validation_events=500.0)
    assert lucky not in front([line(0.7, 100.0), lucky])


def test_quality_at_the_lowest_ratio_is_that_of_its_sequences():
    target = np.array([1, 0, 1, 0]).reshape(2, 2, 1)
    output = np.array([2.0, 3.0, 1.0, -1.0]).reshape(2, 2, 1)
    data = FrameData(inputs={"x": target}, targets={"mask": target}, snr=np.array([-12.0, 0.0]))
    done = SimpleNamespace(output=output)
    assert (lowest_hit(done, data), hit(done, data)) == (0.0, 0.5)
    assert math.isnan(lowest_hit(done, FrameData(inputs={"x": target}, targets={"mask": target})))
    with pytest.raises(ValueError, match=r"FrameData.snr: shape \(3,\) came, \(2,\) is allowed"):
        FrameData(inputs={"x": target}, targets={"mask": target}, snr=np.zeros(3))


def test_families():
    assert build("masked", (4, 3), 0).name == "masked_towers"
    assert any(p.port == "universal" for p in build("m2h_memory", (4, 3), 0).projections)
    with pytest.raises(ValueError, match="family: 'm9' came, m2h, m2, additive"):
        build("m9", (4,), 0)


def test_a_tiny_study_runs_and_goes_on(tmp_path):
    wanted = [
        {"family": "m2h", "hidden": (6, 5), "penalty": 0.3, "epochs": 1},
        {"family": "towers", "hidden": (6,), "epochs": 1, "labels": 2},
    ]
    plan = study_plan(wanted, seeds=2, size=TINY, cache=tmp_path)
    run_sweep(plan, run_case, folder=tmp_path / "study", error="raise")
    done = run_sweep(plan, run_case, folder=tmp_path / "study", error="raise")
    assert done.reused == 4
    lines = summarise(done)
    assert [x.n for x in lines] == [2, 2]
    m2h, tower = lines
    assert 0 < m2h.mean["events"] <= m2h.mean["zero_skipped"] <= m2h.mean["dense"]
    assert tower.mean["open"] == 1.0
    assert -1 <= m2h.mean["lowest_snr_hit_fa"] <= 1
    assert all(-1 <= x.mean["damage_0.25"] <= 1 for x in lines)


def test_picture_shows_every_family(tmp_path):
    from neuromorph.cooperative.study import QUICK, cases
    from neuromorph.cooperative.study_picture import draw

    plan = study_plan(cases(QUICK, epochs=1), seeds=1, size=TINY, cache=tmp_path)
    assert len(plan) == 6
    made = summarise(run_sweep(plan, run_case, error="raise"))
    legend = draw(made).legends[0]
    assert [text.get_text() for text in legend.get_texts()] == ["m2h", "glu", "towers"]
