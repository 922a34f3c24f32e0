import numpy as np
import pytest

from neuromorph.circuits import read, simulate
from neuromorph.circuits.export import save, vcd
from neuromorph.circuits.solver.step_check import check_step

DECK = """
.model j jj(rtype=1, vg=2.8mV, cap=0.07pF, r0=160, rn=16, icrit=0.1mA)
B1 1 0 j area=2.5
R1 1 0 2.744
IB 0 1 pwl(0 0 5p 175u)
I1 0 1 pwl(0 0 20p 0 23p 600u 26p 0)
.tran 0.1p 60p
.print p(B1) v(1)
"""


def test_csv_has_josim_names_and_all_rows(tmp_path):
    result = simulate(read(DECK))
    path = save(result, tmp_path / "o.csv")
    lines = path.read_text().splitlines()
    assert lines[0] == 'time,"P(B1)","V(1)"'
    data = np.loadtxt(path, delimiter=",", skiprows=1)
    assert data.shape == (601, 3)
    np.testing.assert_allclose(data[:, 1], result.phases["B1"], rtol=1e-8, atol=1e-12)


def test_vcd_counts_the_turns():
    result = simulate(read(DECK))
    assert result.counts["B1"] >= 1
    assert f"#{round(result.pulses['B1'][0] * 1e15)}\nb1 !" in vcd(result)
    assert vcd(result).splitlines()[-2] == f"b{result.counts['B1']:b} !"


def test_unknown_suffix_and_nothing_printed_are_refused(tmp_path):
    result = simulate(read(DECK), record=())
    with pytest.raises(ValueError, match=r"\.csv \.dat \.raw \.npz \.vcd are allowed"):
        save(result, tmp_path / "o.xls")
    with pytest.raises(ValueError, match="prints nothing"):
        save(result, tmp_path / "o.csv")
    assert list(tmp_path.iterdir()) == []


def test_check_bounds_the_error_of_the_step():
    result = simulate(read(DECK))
    fine = simulate(read(DECK), step=0.005e-12)
    check = check_step(result)
    true = np.max(np.abs(result.pulses["B1"] - fine.pulses["B1"]))
    assert check.junction == "B1"
    assert 0.5 * true < check.time < 2 * true
