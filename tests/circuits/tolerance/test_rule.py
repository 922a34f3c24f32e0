"""Rules: what a design is held to, from what it does itself."""

import numpy as np

from neuromorph.circuits import OwnCount, OwnPulses, TruthTable, specify
from neuromorph.circuits.tolerance.specification import Observed


def seen(*times, name="B1"):
    return Observed(pulses={name: np.array(times) * 1e-12}, antipulses={name: np.empty(0)})


def counted(n):
    return seen(*(10.0 * (k + 1) for k in range(n)))


def test_own_pulses_follow_the_design_and_ask_the_base_first():
    rule = OwnPulses(base=specify({"B1": {500e-12: 2}}), tolerance=5e-12)
    assert rule([seen(100.0)]) is None
    (check,) = rule([seen(120.0, 220.0)])
    assert check(seen(116.0, 224.0))
    assert not check(seen(100.0, 200.0))
    assert not check(seen(120.0, 220.0, 320.0))


def test_own_count_is_between_fractions_of_the_design_s_count():
    rule = OwnCount(base=lambda one: one.count("B1") > 4, junction="B1")
    assert rule([counted(4)]) is None
    (check,) = rule([counted(21)])
    assert [check(counted(n)) for n in (10, 11, 31, 32)] == [False, True, True, False]


def test_truth_table_wants_half_of_each_true_count_and_a_quarter_of_the_smallest():
    rule = TruthTable(junction="B1", truth=(True, True, False), least=4)
    assert rule([counted(3), counted(9), counted(0)]) is None
    assert rule([counted(8), counted(9), counted(3)]) is None
    one, two, three = rule([counted(8), counted(13), counted(2)])
    assert [one(counted(n)) for n in (3, 4, 99)] == [False, True, True]
    assert [two(counted(n)) for n in (6, 7)] == [False, True]
    assert [three(counted(n)) for n in (2, 3)] == [True, False]
