"""The search's machinery on a tiny set; its ratio and interval on made-up outcomes."""

import math

import numpy as np
import pytest

from neuromorph.cooperative.scenario import (
    SCENARIOS,
    Scenario,
    least_events,
    plan_of,
    run_scenario,
    saving,
    scenario_plan,
)
from neuromorph.cooperative.study import Line, Size, build, summarise
from neuromorph.cooperative.study_picture import draw
from neuromorph.sweep import Outcome, Outcomes, Plan, run_sweep

TINY = Size(train=4, held_out=3, seconds=0.6)


def line(quality, events):
    mean = {"hit_fa": quality, "events": events, "validation_hit_fa": quality,
            "validation_events": events}  # fmt: skip
    return Line(family="x", hidden=(1,), penalty=0.0, rate=0.1, epochs=1, labels=0, n=1,
                mean=mean, half={})  # fmt: skip


def test_least_events_holds_below_the_front_and_not_above():
    lines = [line(0.70, 100.0), line(0.80, 300.0)]
    assert least_events(lines, 0.75) == pytest.approx(200.0)
    assert least_events(lines, 0.10) == pytest.approx(100.0)
    assert math.isnan(least_events(lines, 0.81))


def outcomes(table):
    """(family, penalty, seed) -> (quality, events)."""
    rows = [{"family": f, "hidden": (1,), "penalty": p, "seed": s, "rate": 0.1, "epochs": 1,
             "labels": 0} for f, p, s in table]  # fmt: skip
    values = [
        {"hit_fa": q, "events": e, "validation_hit_fa": q, "validation_events": e}
        for q, e in table.values()
    ]  # fmt: skip
    return Outcomes(
        plan=Plan(parameters=rows),
        by_index={i: Outcome(index=i, value=value) for i, value in enumerate(values)},
    )


def test_saving_at_the_best_quality_both_reach():
    """Ours: 100 events at .6, 200 at .8; theirs: 300 at .7 (seeds 1.1 and 0.9 times that)."""
    table = {}
    for seed, factor in enumerate((1.1, 0.9)):
        table |= {("ours", 0.1, seed): (0.6, 100.0), ("ours", 0.2, seed): (0.8, 200.0),
                  ("theirs", 0.1, seed): (0.7, 300.0 * factor)}  # fmt: skip
    got = saving(outcomes(table), "ours", "theirs")
    assert got.level == pytest.approx(0.7)
    assert got.ratio == pytest.approx(150 / 300)
    assert got.low == pytest.approx(150 / 330)
    assert got.high == pytest.approx(150 / 270)


def test_every_scenario_has_a_plan_and_nets_for_its_streams():
    for name, scenario in SCENARIOS.items():
        made = scenario_plan(name, seeds=1)
        assert scenario.seeds == (3 if name == "recurrent" else 5)
        assert len(made) == sum(len(row[2]) for row in scenario.table)
        assert {row[0].removesuffix("_memory") for row in scenario.table} >= {
            "m2h", "hard_glu", "glu", "additive", "masked"
        }  # fmt: skip
    with pytest.raises(ValueError, match="scenario: 'sunny' came, plain, unreliable"):
        scenario_plan("sunny")


@pytest.mark.parametrize("family", ["m2h", "towers", "masked", "additive_memory"])
def test_three_pictures_are_three_streams(family):
    network = build(family, (5, 4), 0, {"video1": 7, "video2": 7, "video3": 7})
    read = {p.source for p in network.projections}
    assert {"audio", "video1", "video2", "video3"} <= read


def test_a_tiny_scenario_runs_and_goes_on(tmp_path):
    s = Scenario(
        what="", table=(("m2h", (6, 5), (0.3,)), ("masked", (5,), (0.1,))), size=TINY, pictures=2,
        shares={"missing": 0.4}, epochs=1, seeds=2,
    )  # fmt: skip
    plan = plan_of(s, name="tiny", cache=tmp_path)
    run_sweep(plan, run_scenario, folder=tmp_path / "sweep", error="raise")
    done = run_sweep(plan, run_scenario, folder=tmp_path / "sweep", error="raise")
    assert done.reused == 4
    value = done.by_index[0].value
    assert value["whole_hit_fa"] != value["missing_hit_fa"]
    assert 0 < value["events"] <= value["zero_skipped"]
    assert saving(done, "m2h", "masked", draws=5).ratio > 0
    panel = draw(summarise(done)).axes[1]
    shown = {c.get_label(): c.get_offsets()[:, 1] for c in panel.collections}
    expected = [
        np.mean([done.by_index[i].value[f"{kind}_hit_fa"] for i in (0, 1)])
        for kind in ("whole", "noisy", "missing", "shuffled")
    ]
    np.testing.assert_allclose(shown["m2h"], expected)


def test_a_rate_of_its_own_reaches_the_plan():
    rates = {p["family"]: p["rate"] for p in scenario_plan("transfers").parameters}
    assert rates["coop"] == 5e-3
    assert rates["m2"] == 1e-2
