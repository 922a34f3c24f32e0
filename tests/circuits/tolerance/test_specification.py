import math

import numpy as np
import pytest

from neuromorph.circuits.tolerance.specification import (
    Observed,
    Specification,
    Window,
    read_specification,
    specify,
    specify_times,
)

PS = 1e-12


def seen(**times):
    return Observed(pulses={name: np.array(ts) * PS for name, ts in times.items()})


def test_counts_are_net_and_windows_are_open_below():
    one = Observed(pulses={"B1": np.array([1.0, 2.0, 3.0])}, antipulses={"B1": np.array([2.5])})
    assert one.count("B1") == 2
    assert one.count("b1", 1.0, 3.0) == 1  # 2 and 3 less 2.5; the pulse at 1 is not after 1


def test_a_table_of_counts():
    check = specify({"B1": {100 * PS: 1, 200 * PS: 2}, "B2": {200 * PS: 0}}, start=10 * PS)
    assert check.junctions == ("B1", "B2")
    assert check(seen(B1=[5, 50, 150], B2=[5]))  # what comes before the start does not count
    assert not check(seen(B1=[50, 60, 150], B2=[]))
    assert check.failures(seen(B1=[50, 60], B2=[])) == [
        "B1: 2 pulses between 10 and 100 ps, 1 expected"
    ]


def test_times_with_a_tolerance():
    check = specify_times({"B1": [50 * PS, 100 * PS]}, tolerance=5 * PS, start=10 * PS)
    assert check(seen(B1=[2, 45.5, 104.5]))
    for wrong in ([44.5, 100], [50], [50, 100, 150], [30, 50, 100], [49, 51, 100]):
        assert not check(seen(B1=wrong)), wrong
    with pytest.raises(ValueError, match="less than half of the smallest distance"):
        specify_times({"B1": [50 * PS, 60 * PS]}, tolerance=5 * PS)


def test_no_pulse_at_all_can_be_asked_for():
    check = specify_times({"B1": []}, tolerance=1 * PS)
    assert check(seen(B1=[]))
    assert not check(seen(B1=[1000]))


def test_a_table_as_josim_tools_writes_it(tmp_path):
    """Names, a calibration row that is subtracted, counts that may be negative, exponents."""
    path = tmp_path / "dff.sp"
    path.write_text(
        "time        B1|XDUT  B2\n4.00E-011   1   0\n1.47E-010   2  -1\n\n2.36E-010   2  -2\n"
    )
    check = read_specification(path)
    assert check.windows == (
        Window(junction="B1.XDUT", start=40 * PS, stop=147 * PS, low=1, high=1),
        Window(junction="B2", start=40 * PS, stop=147 * PS, low=-1, high=-1),
        Window(junction="B1.XDUT", start=40 * PS, stop=236 * PS, low=1, high=1),
        Window(junction="B2", start=40 * PS, stop=236 * PS, low=-2, high=-2),
    )
    turned = {"B1.XDUT": np.array([20.0, 100.0]) * PS, "B2": np.array([])}
    back = {"B2": np.array([120.0, 200.0]) * PS}
    assert check(Observed(pulses=turned, antipulses=back))
    assert not check(Observed(pulses=turned, antipulses={}))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("time B1\n0 0\n", "2 lines came"),
        ("time B1\n0 0\n1e-12 0 1\n", ":3: '1e-12 0 1' came, a time in s and 1 whole numbers"),
        ("time B1\n0 0\n1e-12 0.5\n", ":3: '1e-12 0.5' came"),
    ],
)
def test_a_wrong_table_is_refused_with_its_line(tmp_path, text, reason):
    path = tmp_path / "x.sp"
    path.write_text(text)
    with pytest.raises(ValueError, match=reason):
        read_specification(path)


def test_wrong_windows_are_refused():
    with pytest.raises(ValueError, match="a stop after the start"):
        Window(junction="B1", start=1.0, stop=1.0, low=0, high=0)
    with pytest.raises(ValueError, match="2 to 1 pulses came"):
        Window(junction="B1", start=0.0, stop=math.inf, low=2, high=1)
    with pytest.raises(ValueError, match="no window came"):
        Specification(windows=())
