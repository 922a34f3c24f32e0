"""Damage at each moment on a tiny set: dead units stay dead, curves are whole."""

import pytest

from neuromorph.cooperative.damage import MOMENTS, curves, damage_plan, draw_damage, run_damage
from neuromorph.cooperative.study import Size
from neuromorph.sweep import run_sweep

TINY = Size(train=4, held_out=2, seconds=0.6)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    plan = damage_plan(
        table=(("m2h", (12, 8), (0.0,)),), epochs=2, seeds=2, size=TINY,
        cache=tmp_path_factory.mktemp("corpus"),
    )  # fmt: skip
    return run_sweep(plan, run_damage, error="raise")


def test_one_curve_per_moment(made):
    lines = {c.moment: c for c in curves(made)}
    assert tuple(lines) == MOMENTS
    assert all(len(c.loss) == 2 and c.n == 2 for c in lines.values())
    assert "at_damage_hit_fa" not in lines["never"].mean
    assert "before_damage_hit_fa" in lines["during"].mean
    # half of all units is dead: far fewer synapses, and so events, are left
    assert lines["before"].mean["dense"] < 0.6 * lines["never"].mean["dense"]
    assert lines["during"].mean["dense"] == pytest.approx(lines["before"].mean["dense"], rel=0.1)
    # the first half of the training is the same whether or not damage follows
    assert lines["during"].loss[0] == lines["never"].loss[0]


def test_picture_has_a_panel_per_moment(made):
    figure = draw_damage(curves(made))
    assert [axis.get_title() for axis in figure.axes] == [
        "no damage", "half killed before training", "half killed half-way"
    ]  # fmt: skip
