"""Whatever comes, the reader gives a circuit or a NetlistError that names file and line."""

import re

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neuromorph.circuits import CircuitError, StepError, simulate
from neuromorph.circuits.circuit import Circuit
from neuromorph.circuits.deck.netlist import NetlistError, read

DECK = """.param a=2 b=a*3p
.model jj1 jj(rtype=1, vg=2.8mV, cap=0.07pF, icrit=0.1mA, cpr={1,0.1})
.subckt S a q
L1 a 1 2p
B1 1 0 jj1 area=2.5
K1 L1 L2 0.1
L2 1 q b
.ends
X1 1 2 S L1=3p
X2 S 2 3
I1 0 1 pulse(0 600u 20p 2p 2p 1p 25p)
V1 4 0 sin(0 1m 10g)
R1 3 0 {a}
T1 3 0 4 0 TD=5p Z0=5
E1 5 0 3 0 2
.tran 0.1p 100p 0 0.1p DST
.print p(B1.X1) v(3,4) @R1[c]
.temp 4.2
.option seed=3
F1 6 0 7 8 2
P1 9 0 pws(0 0 10p 1)
I2 0 9 noise(1p 0 1p)
R9 9 0 1 neb=1g spread=0.1 nfree
.spread 0.1 L=0.2
.iv jj1 100u x.csv
.file y.csv
.control
print i(I2) R1#branch
.endc
"""
WORDS = st.sampled_from([
    "", "0", "1", "a", "-", "+", "*", "#", "=", "(", ")", "{", "}", ",", "1e999", "nan", "inf",
    "1p", "-1p", "0p", "L1", "B1", "X1", "S", "jj1", "pwl(", "pwl(0 0)", "pulse(1)", ".subckt",
    ".ends", ".param", "a=a", "b=(((", "2^2^2", "9^9^9^9", ".include", ".model", "jj(", ".tran",
    "DST", ".print", "p(", "v(1,2,3)", ".temp", ".option", "seed=x", "\0", "é", "|", ".", "x=y",
    ".control", ".endc", "area=0", ".spread", "0.5", "2", "L=", ".iv", ".file", "noise(1 0 0)",
    "pws(0 0 0 1)", "cus(x 1p)", "cus(", "spread=nan", "neb=0", "neb=-1", "nfree", "TD=0", "Z0=-1",
    "dc", "GND", "phase", "devv", "@R1[q]", "#branch", "X1.X1.X1", "ic=", "\t",
    "K9 L1 L1 2", "+ more", "sin(0 1 0 0 0 0 3)",
])


def check(text):
    try:
        result = read(text + "\n")
    except NetlistError as error:
        message = str(error)
    else:
        assert isinstance(result, Circuit)
        return
    assert re.match(r"[^\n]*deck(:\d+)?:", message) or "no file" in message, message


@settings(max_examples=300, deadline=2000, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, 28), st.integers(0, 8), WORDS, st.booleans()),
                min_size=1, max_size=5))
def test_mutated_decks(changes):
    lines = DECK.splitlines()
    for number, place, word, insert in changes:
        words = lines[number].split(" ")
        place = min(place, len(words) - 1)
        words[place : place if insert else place + 1] = [word]
        lines[number] = " ".join(words)
    check("\n".join(lines))


RUNS = """.model j jj(rtype=1, vg=2.8mV, cap=0.07pF, r0=160, rn=16, icrit=0.1mA, cpr={1})
B1 1 0 j area=2
R1 1 2 2
L1 1 2 2p
L2 2 0 3p
K1 L1 L2 0.3
C1 2 0 1f
T1 2 0 3 0 TD=1p Z0=5
R3 3 0 5
V1 4 0 pwl(0 0 1p 1m)
R4 4 1 3
E1 5 0 3 0 2
R5 5 0 1
I1 0 1 sin(0 100u 50g)
P1 6 2 pws(0 0 2p 3)
B2 6 0 j
.tran 0.1p 2p
.print p(B1) v(3) i(V1) i(T1) i(P1)
"""
NUMBERS = st.sampled_from(["0", "1", "2", "3", "4", "5", "6", "9", "1p", "1m", "1u", "1f", "1k",
                           "1e-30", "1e30", "1e300", "dc", "j", "L1", "area=1e9", "E1", "rtype=0"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, 16), st.integers(1, 5), NUMBERS), min_size=1,
                max_size=4), st.booleans())
def test_what_can_be_read_runs_or_is_refused(changes, dependent):
    """Whatever the values, a run ends with numbers or with one of the named errors."""
    lines = [x for x in RUNS.splitlines() if dependent or x[:2] not in ("E1", "R5")]
    for number, place, word in changes:
        words = lines[min(number, len(lines) - 3)].split(" ")
        words[min(place, len(words) - 1)] = word
        lines[min(number, len(lines) - 3)] = " ".join(words)
    try:
        run = simulate(read("\n".join(lines) + "\n"))
    except (NetlistError, CircuitError, StepError):
        return
    assert all(np.all(np.isfinite(run.trace(o))) for o in run.outputs)


@settings(max_examples=200, deadline=2000)
@given(st.text(max_size=120))
def test_any_text(text):
    check(text + "\n")


BROKEN = [
    ".subckt A a b\nX1 a b A\n.ends\nX1 1 2 A\n",
    ".param a=b b=a\nR1 1 0 a\n",
    ".param a=" + "(" * 5000 + "1" + ")" * 5000 + "\nR1 1 0 a\n",
    "R1 1 0 " + "-" * 5000 + "1\n",
    ".subckt A a b\nR1 a b 1\n",
    ".model j jj(cpr={})\nB1 1 0 j\n",
    ".tran 1p 0\nR1 1 0 1\n",
    ".tran 0 1p\nR1 1 0 1\n",
    "R1 1 0 1\nR1 2 0 1\n",
    "I1 0 1 pulse(0 1m 0 1p 1p 1p 0)\n",
    "I1 0 1 pwl(0 0 1p)\n",
    "I1 0 1 pwl(0 0 1p nan)\n",
    ".option seed=1e400\nR1 1 0 1\n",
]


@pytest.mark.parametrize("text", BROKEN, ids=range(len(BROKEN)))
def test_broken_decks_are_refused(text):
    with pytest.raises(NetlistError):
        read(text)


def test_exponential_nesting_is_bounded():
    """Thirty levels of ten instances each would be 10^30 elements."""
    text = ".subckt S0 a b\nR1 a b 1\n.ends\n"
    for k in range(1, 31):
        body = "".join(f"X{i} a b S{k - 1}\n" for i in range(10))
        text += f".subckt S{k} a b\n{body}.ends\n"
    with pytest.raises(NetlistError, match="more than"):
        read(text + "X1 1 0 S30\n")


def test_an_include_cannot_loop(tmp_path):
    (tmp_path / "a.cir").write_text("R1 1 0 1\n.include b.cir\n")
    (tmp_path / "b.cir").write_text(".include a.cir\n")
    with pytest.raises(NetlistError, match=r"b\.cir:1: .*a\.cir includes itself"):
        read(tmp_path / "a.cir")


def test_a_missing_include_names_both_files(tmp_path):
    (tmp_path / "a.cir").write_text("R1 1 0 1\n.include gone.cir\n")
    with pytest.raises(NetlistError, match=r"a\.cir:2: .*no file .*gone\.cir"):
        read(tmp_path / "a.cir")
