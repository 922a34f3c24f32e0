"""Centring against optima known in closed form."""

import numpy as np
import pytest
from scipy.stats import norm

from neuromorph.circuits import Effort, Knob, OwnPulses, Spread, centre, read, specify
from neuromorph.circuits.tolerance.chip_goal import ChipGoal, DesignTrial
from neuromorph.circuits.tolerance.climbing import Centring
from neuromorph.circuits.tolerance.goal import margin_score, of_products
from neuromorph.circuits.tolerance.slope import DIFFERENCE, neighbours, sides, steps
from neuromorph.circuits.tolerance.trial import benches
from neuromorph.circuits.tolerance.variant import Setting


def run(rows, names, n, *, bounds=(0.5, 2.0), seed=0, reach=None, **effort):
    judge = of_products(rows)
    score = margin_score(judge, reach or [1.0] * len(names))
    return Centring(judge, names, n, bounds, score, "design").run(Effort(**effort), seed)


def test_an_off_centre_range_is_centred_by_midpoints():
    """0.95 < x < 1.65: the best factor is 1.3 with a margin of 0.35/1.3."""
    found = run(lambda rows: [0.95 < x < 1.65 for (x,) in rows], ["a"], 1, climbs=0)
    assert found.before.critical == pytest.approx(0.05, abs=0.006)
    assert found.best[0] == pytest.approx(1.3, abs=0.02)
    assert found.top == pytest.approx(0.35 / 1.3, abs=0.01)


def slanted(rows):
    """Two knobs that pull against each other, and a third that is measured, not turned."""
    return [abs(a - b) < 0.3 and 0.75 < a * b * c < 2.6 for a, b, c in rows]


def test_coupled_knobs_are_climbed():
    """With a = b = x the margins are 0.3/x of a and b, 1 - 0.75/x^2 below, 2.6/x^2 - 1 above.

    Moving a alone by m breaks |a - b| < 0.3 at m = 0.3/x and the product at 1 - 0.75/x^2: they
    are equal at x = 1.0294, m = 0.2914.
    """
    found = run(slanted, ["a", "b", "c"], 2)
    assert found.before.critical == pytest.approx(0.25, abs=0.006)
    assert found.top > 0.28
    assert found.top <= 0.2915
    assert found.best == pytest.approx([1.03, 1.03], abs=0.03)


def test_the_same_seed_gives_the_same_design_and_every_design_is_kept():
    one, two, other = (run(slanted, ["a", "b", "c"], 2, seed=s) for s in (3, 3, 4))
    assert one.history == two.history
    assert one.history != other.history
    assert one.history[0].factors == (1.0, 1.0)
    assert max(e.score for e in one.history if e.score is not None) == one.top
    assert tuple(one.best) in {e.factors for e in one.history}


def test_bounds_hold():
    found = run(lambda rows: [0.95 < x < 1.65 for (x,) in rows], ["a"], 1, bounds=(0.9, 1.1))
    assert found.best[0] == pytest.approx(1.1)
    assert all(0.9 <= x <= 1.1 for e in found.history for x in e.factors)


def test_a_failing_design_is_refused():
    with pytest.raises(ValueError, match="the nominal design fails its check"):
        run(lambda rows: [False] * len(rows), ["a"], 1)


QUIET_DECK = """.model jj1 jj(rtype=0, cap=0.07pF, icrit=0.1mA)
B1 1 0 jj1 area=1
R1 1 0 3
IB1 0 1 pwl(0 0 50p 70u)
.tran 0.2p 150p
"""


def test_a_yield_is_centred_on_the_same_chips():
    """Bias 0.7 x of I_c, quiet if 0.7 x (1 + s n1) < 1 + s n2: less bias, more chips pass."""
    circuit, quiet = read(QUIET_DECK), specify({"B1": {150e-12: 0}})
    spread = Spread(local=0.25, common=0.0)
    one, two = (
        centre(circuit, quiet, ["IB1"], measured=("XJ",), goal="yield", spread=spread, chips=200,
               bounds=(0.8, 1.2), effort=Effort(midpoints=1, climbs=2, designs=6), seed=5)
        for _ in range(2)
    )  # fmt: skip
    before, after = one.scores
    sigma = 0.25 * np.hypot(1.0, 0.7)
    assert before == pytest.approx(norm.cdf(0.3 / sigma), abs=0.06)
    x = 0.7 * one.factors["IB1"]
    assert x < 0.7
    assert after > before
    assert after == pytest.approx(norm.cdf((1 - x) / (0.25 * np.hypot(1.0, x))), abs=0.06)
    assert one.history == two.history


def test_chips_that_fail_pull_a_design_to_the_better_side():
    """The same junction, bias and area turned: both pulls are known in closed form.

    A chip fails if u = (0.7 n1 - n2) / sqrt(1.49) > c; n1 alone then differs between the chips
    that pass and those that fail by -0.7 / sqrt(1.49) (phi(c)/Phi(c) + phi(c)/(1 - Phi(c))).
    """
    circuit, quiet = read(QUIET_DECK), specify({"B1": {150e-12: 0}})
    knobs = [Knob(name="bias", elements=("IB1",)), Knob(name="area", elements=("B1",))]
    spread = Spread(local=0.15, common=0.0)
    goal = ChipGoal(DesignTrial(benches(circuit, quiet), tuple(knobs), spread,
                                Setting(temperature=0.0, seed=5)), 800)  # fmt: skip
    x = np.ones(2)
    goal([x], 0.0)
    c = 0.3 / (0.15 * np.hypot(1.0, 0.7))
    apart = norm.pdf(c) / norm.cdf(c) + norm.pdf(c) / norm.sf(c)
    expected = 0.15 * apart / np.hypot(1.0, 0.7) * np.array([-0.7, 1.0])
    assert goal.pull(x) == pytest.approx(expected, rel=0.25)

    found = centre(circuit, quiet, knobs, measured=(), goal="yield", spread=spread, chips=200,
                   bounds=(0.7, 1.3), effort=Effort(midpoints=0, climbs=0, pulls=3))  # fmt: skip
    before, after = found.scores
    assert before < 0.97
    assert after > 0.99
    assert found.factors["bias"] < 1.0 < found.factors["area"]
    assert {e.stage for e in found.history} == {"start", "pull"}


def test_pulls_need_chips():
    with pytest.raises(ValueError, match=r"effort.pulls: 2 came with goal 'margin'"):
        centre(read(QUIET_DECK), specify({"B1": {150e-12: 0}}), ["IB1"], effort=Effort(pulls=2))


@pytest.mark.parametrize("stage", [{"explored": 256}, {"generations": 20}])
def test_a_search_over_the_bounds_finds_an_optimum_that_steps_of_a_climb_do_not_reach(stage):
    """The range 0.95 to 1.05 has a margin of 0.05; that of 1.5 to 2.1 has 0.3/1.8 = 0.167."""

    def islands(rows):
        return [(0.95 < x < 1.05 or 1.5 < x < 2.1) and 0.5 < y < 1.5 for x, y in rows]

    stay = run(islands, ["a", "b"], 2, bounds=(0.5, 2.5), midpoints=2, climbs=2, width=0.02)
    assert stay.top < 0.06
    found = run(
        islands, ["a", "b"], 2, bounds=(0.5, 2.5), midpoints=0, climbs=6, reach=[1.0, 0.0], **stage
    )
    assert found.top == pytest.approx(0.3 / 1.8, abs=0.015)
    assert found.best[0] == pytest.approx(1.8, abs=0.05)
    again = run(
        islands, ["a", "b"], 2, bounds=(0.5, 2.5), midpoints=0, climbs=6, reach=[1.0, 0.0], **stage
    )
    assert again.history == found.history
    assert {e.stage for e in found.history} == {
        "start", "climb", "sobol" if "explored" in stage else "evolution",
    }  # fmt: skip


def test_reach_weighs_the_margins():
    """0.8 < x < 1.4 alone is centred at 1.1; low counts whole, high as well: reach changes both."""
    found = run(lambda rows: [0.8 < x < 1.4 for (x,) in rows], ["a"], 1, reach=[0.5], climbs=0)
    assert found.top == pytest.approx(2 * 0.3 / 1.1, abs=0.01)


def wide(rows):
    """A range of g that five knobs shift, and a sixth widens: 0.9/p to 1.1 w/p with w <= 1.5."""
    found = []
    for a, b, c, d, e, w, g in rows:
        p = a * b * c / (d * e)
        found.append(0.9 < g * p < 1.1 * min(w, 1.5))
    return found


def test_slopes_centre_many_knobs_at_once():
    """At w = 1.5 the best is p = (0.9 + 1.65)/2 = 1.275: a margin of 0.375/1.275 = 0.294."""
    names = [*"abcdew", "g"]
    alone = [0.0] * 6 + [1.0]
    found = run(wide, names, 6, reach=alone, midpoints=0, slopes=12, climbs=0)
    assert found.start == pytest.approx(0.1, abs=0.015)
    assert found.top == pytest.approx(0.375 / 1.275, abs=0.02)
    assert len(found.history) <= 1 + 4 * 12
    climbed = run(wide, names, 6, reach=alone, midpoints=0, climbs=4, designs=12)
    assert climbed.top < found.top  # as many designs, drawn at random


def test_a_neighbour_that_fails_altogether_leaves_the_slope_of_the_other_one():
    judge = of_products(lambda rows: [0.99 < x * g < 1.2 for x, g in rows])
    x = np.array([1.0])
    measured = sides(judge, neighbours(x), [0.0, 1.0])
    assert measured[1] == pytest.approx([0.0, 0.0])
    here, up = measured[0], measured[2]
    assert here == pytest.approx([0.01, 0.2], abs=0.003)
    assert up[0] == pytest.approx(1 - 0.99 / np.exp(DIFFERENCE), abs=0.003)
    best = max(float(one[0]) for one in steps(x, measured, (0.5, 2.0)))
    assert best == pytest.approx(1.095, abs=0.02)  # the middle of the range


LINE = """.model jj1 jj(rtype=0, cap=0.07pF, icrit=0.1mA)
B1 1 0 jj1 area=1
R1 1 0 3
IB1 0 1 pwl(0 0 50p 70u)
IIN 0 1 pwl(0 0 150p 0 155p 80u 165p 0)
.tran 0.2p 300p
.print p(B1)
"""


def test_a_design_may_be_held_to_its_own_pulses():
    """Halved bias and junction: later than 0.5 ps, so refused by fixed times, not by its own."""
    circuit = read(LINE)
    once = specify({"B1": {290e-12: 1}})
    knob = Knob(name="size", elements=("B1", "IB1", "IIN"), inverse=("R1",))
    how = {
        "measured": ("XI",), "bounds": (0.5, 2.0),
        "effort": Effort(midpoints=0, climbs=2, designs=6),
        "reach": {"size": 0.0},
    }  # fmt: skip
    own = centre(circuit, once, [knob], rule=OwnPulses(base=once, tolerance=2e-12), **how)
    assert own.before.nominal
    assert own.after.critical >= own.before.critical > 0.02
    assert own.values["R1"] == pytest.approx(1 / own.factors["size"])
    with pytest.raises(ValueError, match="reach: XQ came, the knobs are size, XI"):
        centre(circuit, once, [knob], **{**how, "reach": {"XQ": 1.0}})
