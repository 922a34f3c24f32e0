"""The search of estimators: its points, its choice of the rate and its gain."""

import pytest

from neuromorph.sweep import Plan, run_sweep
from neuromorph.workloads import binary_tuning_study
from neuromorph.workloads.binary import tuning


def test_a_rate_is_chosen_on_one_set_and_reported_on_another():
    plan = Plan(parameters=[
        {"power": p, "schedule": "linear", "small": 0.1, "top": 1.5, "rate": rate, "depth": "two",
         "seed": seed} for p in (1.0, 3.0) for rate in (1.0, 2.0) for seed in (0, 1)
    ], name="made")  # fmt: skip
    told = {(1.0, 1.0): (0.9, 0.5), (1.0, 2.0): (0.8, 0.7), (3.0, 1.0): (0.6, 0.9),
            (3.0, 2.0): (0.7, 0.8)}  # fmt: skip
    outcomes = run_sweep(plan, lambda p: {
        "chosen": told[p["power"], p["rate"]][0], "error": 0.0, "instability": 0.0,
        "reported": told[p["power"], p["rate"]][1] + 0.01 * p["seed"],
    })  # fmt: skip
    sheet = tuning.sheets(outcomes)[0]
    rows = [dict(zip(sheet.columns, row, strict=True)) for row in sheet.rows]
    assert [row["rate"] for row in rows] == [1.0, 2.0]
    assert rows[0]["gain over STE"] == 0.0
    assert rows[1]["gain over STE"] == pytest.approx(0.3)
    assert rows[1]["right"] == pytest.approx(0.805)


def test_a_point_trains_and_the_picture_draws():
    study = binary_tuning_study(seeds=1)
    assert len({tuning.label(*tried) for tried in tuning.TRIED}) == len(tuning.TRIED)
    assert len(study.plan) == len(tuning.TRIED) * len(tuning.RATES)
    chosen = [{**p.parameters, "epochs": 2, "pictures": 1000} for p in study.plan
              if p.parameters["rate"] == 3e-3][:2]  # fmt: skip
    outcomes = run_sweep(Plan(parameters=chosen, name="binary-tuning"), tuning.measure)
    values = [value for _, value in outcomes.finished()]
    assert all(0.5 < v["reported"] < 0.97 and v["error"] > 0.1 for v in values)
    assert len(study.picture(outcomes).axes) == 1
