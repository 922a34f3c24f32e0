"""Margins against closed forms: judges with known borders, and a junction's critical current."""

import pytest

from neuromorph.circuits import read
from neuromorph.circuits.tolerance.margin import margins, search
from neuromorph.circuits.tolerance.specification import specify

LOW, HIGH = (0.813, 0.0, 0.4), (1.207, 1.02, 2.5)


def box(rows):
    return [all(a < x < b for a, x, b in zip(LOW, row, HIGH, strict=True)) for row in rows]


@pytest.mark.parametrize("resolution", [0.02, 0.005, 0.0005])
@pytest.mark.parametrize("scan", [1, 4, 9])
def test_borders_are_found_from_inside_to_the_resolution(scan, resolution):
    found = search(box, ["a", "b", "c"], scan=scan, resolution=resolution)
    for margin, low, high in zip(found.margins, LOW, HIGH, strict=True):
        if margin.low_open:
            assert low < 0.1
            assert margin.low == pytest.approx(-0.9)
        else:
            assert -resolution < (low - 1.0) - margin.low <= 0
        if margin.high_open:
            assert high > 1.9
        else:
            assert 0 <= (high - 1.0) - margin.high < resolution
    assert (found["b"].low_open, found["c"].high_open) == (True, True)
    assert found.limits == ("b high",)
    assert found.critical == found["b"].high


def test_all_sides_that_attain_the_critical_margin_are_named():
    found = search(lambda rows: [0.85 < a < 1.15 and b > 0.8 for a, b in rows], ["a", "b"])
    assert found.limits == ("a low", "a high")
    assert "critical 14." in repr(found)


def test_a_range_beyond_the_first_failure_is_told_and_not_counted():
    found = search(lambda rows: [not 1.25 < x < 1.55 for (x,) in rows], ["a"])
    assert 0.245 < found["a"].high <= 0.25
    assert found["a"].islands == pytest.approx((0.6, 0.7, 0.8, 0.9))


def test_a_design_that_fails_has_no_margin():
    found = search(lambda rows: [False] * len(rows), ["a"])
    assert not found.nominal
    assert found.critical == 0.0
    assert "the nominal design fails its check" in repr(found)
    with pytest.raises(KeyError, match="'a' came, none are there"):
        found["a"]


def test_rounds_are_few_and_large():
    calls = []

    def judge(rows):
        calls.append(len(rows))
        return box(rows)

    search(judge, ["a", "b", "c"], scan=9, resolution=0.005)
    assert calls[0] == 1 + 3 * 2 * 9
    assert len(calls) == 4  # 10 % -> 2.5 % -> 0.6 % -> 0.16 %


@pytest.mark.parametrize("wrong", [{"span": 1.0}, {"scan": 0}, {"resolution": 0.0}])
def test_wrong_ranges_are_refused(wrong):
    with pytest.raises(ValueError, match="0 < span < 1, scan >= 1"):
        search(box, ["a", "b", "c"], **wrong)


DECK = """
* One overdamped junction with a bias of 0.7 times its critical current.
.model jj1 jj(rtype=0, cap=0.07pF, icrit=0.1mA)
B1 1 0 jj1 area=1
R1 1 0 {r}
IB1 0 1 pwl(0 0 {rise}p 70u)
.tran 0.1p {stop}p
.end
"""


def junction(tmp_path, rise=100, stop=400, r=3):
    path = tmp_path / "junction.cir"
    path.write_text(DECK.format(rise=rise, stop=stop, r=r))
    return read(path)


def test_a_junction_stays_quiet_up_to_its_critical_current(tmp_path):
    """Slowly biased, it turns where I_b > I_c: at 1/0.7 of the bias and 0.7 of the area."""
    circuit = junction(tmp_path, rise=1000, stop=3000)
    quiet = specify({"B1": {3e-9: 0}})
    found = margins(circuit, quiet, ["XI", "XJ"], scan=9, resolution=0.002)
    assert found["XI"].high == pytest.approx(1 / 0.7 - 1, abs=0.006)
    assert found["XJ"].low == pytest.approx(0.7 - 1, abs=0.006)
    assert found["XI"].low_open
    assert found["XJ"].high_open
    assert found.limits == ("XJ low",)


def test_a_function_can_be_the_check_and_elements_the_parameters(tmp_path):
    circuit = junction(tmp_path)
    found = margins(circuit, lambda seen: seen.count("B1") == 0, ["IB1", "B1"], scan=3,
                    resolution=0.05)  # fmt: skip
    assert found["IB1"].high == pytest.approx(1 / 0.7 - 1, abs=0.06)
    assert found["B1"].low == pytest.approx(0.7 - 1, abs=0.06)


def test_what_is_not_there_is_refused(tmp_path):
    circuit = junction(tmp_path)
    with pytest.raises(ValueError, match="no element B7"):
        margins(circuit, specify({"B7": {1e-10: 0}}))
    with pytest.raises(ValueError, match="no element B8"):
        margins(circuit, specify({"B1": {1e-10: 0}}), ["B8"])
    with pytest.raises(ValueError, match=r"'XL': nothing in .* answers to it"):
        margins(circuit, specify({"B1": {1e-10: 0}}), ["XL"])
    with pytest.raises(ValueError, match="no check came"):
        margins(circuit)
