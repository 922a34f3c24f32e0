"""Centring against optima known in closed form."""

import numpy as np
import pytest
from scipy.stats import norm

from neuromorph.circuits import Spread, centre, read, specify
from neuromorph.circuits.tolerance.centring import Centring
from neuromorph.circuits.tolerance.goal import margin_score


def run(judge, names, n, *, bounds=(0.5, 2.0), seed=0, climbs=12, midpoints=6):
    climber = Centring(judge, names, n, bounds, margin_score(judge, len(names)), "design")
    return climber.run(midpoints, climbs, 12, 0.1, np.random.default_rng(seed))


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


def test_a_yield_is_centred_on_the_same_chips():
    """Bias 0.7 x of I_c, quiet if 0.7 x (1 + s n1) < 1 + s n2: less bias, more chips pass."""
    deck = """.model jj1 jj(rtype=0, cap=0.07pF, icrit=0.1mA)
B1 1 0 jj1 area=1
R1 1 0 3
IB1 0 1 pwl(0 0 50p 70u)
.tran 0.2p 150p
"""
    circuit, quiet = read(deck), specify({"B1": {150e-12: 0}})
    spread = Spread(local=0.25, common=0.0)
    one, two = (
        centre(circuit, quiet, ["IB1"], measured=("XJ",), goal="yield", spread=spread, chips=200,
               bounds=(0.8, 1.2), midpoints=1, climbs=2, designs=6, seed=5)
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
