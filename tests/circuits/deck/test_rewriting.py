import pytest

from neuromorph.circuits.deck.rewriting import rewrite

TEXT = """* Cell: with 2 lines of comment, L1 of 3 pH
.subckt cell a q
L1    a n1 2p
B1    n1 0 jj1 area=2.5
RB1   n1 0 2.744
IB1   0 n1 pwl(0 0 5p 175u)
.ends cell
.subckt other a
L1 a 0 8p
IB2 0 a dc 1e-4
.ends
"""


def test_values_are_scaled_in_place_and_all_else_stays():
    new = rewrite(TEXT, {"l1": 1.5, "B1": 0.8, "IB1": 1.2, "RB1": 2.0}, subckt="cell")
    changed = [(a, b) for a, b in zip(TEXT.splitlines(), new.splitlines(), strict=True) if a != b]
    assert changed == [
        ("L1    a n1 2p", "L1    a n1 3p"),
        ("B1    n1 0 jj1 area=2.5", "B1    n1 0 jj1 area=2"),
        ("RB1   n1 0 2.744", "RB1   n1 0 5.488"),
        ("IB1   0 n1 pwl(0 0 5p 175u)", "IB1   0 n1 pwl(0 0 5p 210u)"),
    ]
    assert "IB2 0 a dc 0.0002" in rewrite(TEXT, {"IB2": 2.0})


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="L9 came, subcircuit 'cell' has no such element"):
        rewrite(TEXT, {"L9": 1.0}, subckt="cell")
    with pytest.raises(ValueError, match="L1 comes twice"):
        rewrite(TEXT, {"L1": 1.0})
    with pytest.raises(ValueError, match="no plain number"):
        rewrite("L1 a 0 {x}\n", {"L1": 1.0})
