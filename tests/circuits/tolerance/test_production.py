"""Yield against a closed form: a biased junction that must not turn."""

import math

import numpy as np
import pytest
from scipy.stats import norm

from neuromorph.circuits import Spread, estimate_yield, operating_region, read, specify
from neuromorph.circuits.tolerance.spread import draw
from neuromorph.sweep import Plan, read_sweep

DECK = """
.model jj1 jj(rtype=0, cap=0.07pF, icrit=0.1mA)
B1 1 0 jj1 area=1
R1 1 0 3
IB1 0 1 pwl(0 0 100p 70u)
IIN 0 1 pwl(0 0 10p 0 12p 1u 20p 0)
.tran 0.2p 300p
.end
"""
QUIET = specify({"B1": {300e-12: 0}})


@pytest.fixture(scope="module")
def circuit(tmp_path_factory):
    path = tmp_path_factory.mktemp("deck") / "junction.cir"
    path.write_text(DECK)
    return read(path)


def test_the_yield_of_a_biased_junction(circuit):
    """It passes if 0.7 (1 + s n1) < 1 + s n2: Phi(0.3 / (s sqrt(1 + 0.7^2)))."""
    found = estimate_yield(circuit, QUIET, spread=Spread(local=0.25, common=0.0), n=200,
                           temperature=0.0)  # fmt: skip
    exact = norm.cdf(0.3 / (0.25 * math.hypot(1.0, 0.7)))
    low, high = found.interval
    assert low < exact < high
    assert found.n == 200
    assert len(found.failed) == 200 - found.passed
    assert "local sigma 25.0%, common 0.0%, 0 K" in str(found)


def test_spreads_are_what_they_say(circuit):
    points = Plan(parameters=[{}] * 2000, seed=2)
    rows = [draw(circuit, Spread(local=0.05, common=0.02), p) for p in points]
    values = np.array([[row[name] for name in ("B1", "R1", "IB1")] for row in rows])
    assert set(rows[0]) == {"B1", "R1", "IB1"}  # the input is not spread
    total = math.hypot(0.05, 0.02)
    assert values.mean(axis=0) == pytest.approx(np.ones(3), abs=4 * total / math.sqrt(2000))
    assert values.std(axis=0) == pytest.approx(np.full(3, total), rel=0.05)
    only = [draw(circuit, Spread(local=0.05, common=0.0, pattern="R*"), p) for p in points]
    assert {row["B1"] for row in only} == {1.0}
    assert np.std([row["R1"] for row in only]) == pytest.approx(0.05, rel=0.05)


def test_the_same_chips_whatever_the_workers_and_however_often_broken_off(circuit, tmp_path):
    options = {"spread": Spread(local=0.25), "n": 64, "temperature": 4.2, "seed": 3}
    plain = estimate_yield(circuit, QUIET, **options)
    threads = estimate_yield(circuit, QUIET, executor="threads", workers=2, chunk=7, **options)
    kept = estimate_yield(circuit, QUIET, folder=tmp_path / "y", chunk=10, **options)
    for path in list((tmp_path / "y" / "chunks").iterdir())[::2]:
        path.unlink()
    again = estimate_yield(circuit, QUIET, folder=tmp_path / "y", **options)
    assert plain == threads == kept == again
    assert plain.failed
    assert len(read_sweep(tmp_path / "y")) == 64


def test_it_stops_when_the_interval_is_narrow(circuit):
    options = {"spread": Spread(local=0.02), "temperature": 0.0, "n": 1000}
    found = estimate_yield(circuit, QUIET, width=0.06, **options)
    assert (found.n, found.passed) == (64, 64)
    assert found.interval[1] - found.interval[0] <= 0.06


def test_more_spread_is_less_yield_on_the_same_chips(circuit):
    found = [
        estimate_yield(circuit, QUIET, spread=Spread(local=s, common=0), n=50, temperature=0.0)
        for s in (0.15, 0.3)
    ]
    assert set(found[0].failed) < set(found[1].failed)


def test_the_scheme_is_a_choice_and_both_agree_without_noise(circuit):
    options = {"spread": Spread(local=0.25), "temperature": 0.0, "n": 64, "seed": 3}
    one, two = (estimate_yield(circuit, QUIET, scheme=s, **options) for s in ("leapfrog", "cowell"))
    assert one == two
    assert one.failed
    with pytest.raises(ValueError, match="'leapfrog' or 'cowell' is allowed"):
        estimate_yield(circuit, QUIET, scheme="euler", **options)


def test_an_operating_region_has_the_border_of_the_critical_current(circuit):
    """XI x 0.7 < XJ, up to a cell of the grid."""
    found = operating_region(circuit, QUIET, x="XI", y="XJ", span=0.5, n=11)
    margin = found.y[:, None] - 0.7 * found.x[None, :]
    assert np.array_equal(found.passes[abs(margin) > 0.03], margin[abs(margin) > 0.03] > 0)
    assert str(found).splitlines()[0] == "XJ against XI 0.5 to 1.5"
    assert str(found).splitlines()[6].split()[1] == "#" * 10 + "."  # XJ = 1: XI below 1.43


def test_wrong_arguments_are_refused(circuit):
    with pytest.raises(ValueError, match="n: 0 came"):
        estimate_yield(circuit, QUIET, n=0)
    with pytest.raises(ValueError, match=r"Spread.local: -0.1 came"):
        Spread(local=-0.1)
    with pytest.raises(ValueError, match="0 < span < 1 and n >= 2"):
        operating_region(circuit, QUIET, n=1)
