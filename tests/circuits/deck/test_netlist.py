import pytest

from neuromorph.circuits.deck.netlist import NetlistError, read
from neuromorph.circuits.element import Inductor, Junction

DECK = """
* a nested deck in both orders of X
.param lj=2.07p half=lj/2
.model jj1 jj(rtype=1, vg=2.8mV, cap=0.07pF, r0=160, rn=16,
+ icrit=0.1mA)
.subckt STAGE a q
L1 a 1 lj
B1 1 0 jj1 area=2.5
RB1 1 0 2.744
L2 1 q half*2
.ends
.subckt PAIR a q
X1 a m STAGE
X2 STAGE m q
.ends
XIN in out PAIR
XBIG STAGE out end L1=3p
I1 0 in pulse(0 600u 20p 2p 2p 1p 25p)
IB 0 out pwl(0 0 5p 350u)
RL end 0 2
.tran 0.1p 100p
.print p(B1.X1.XIN) v(in) i(L1.XBIG)
.end
garbage that is never read
"""


def test_nested_instances_are_named_inside_out():
    circuit = read(DECK)
    names = [j.name for j in circuit.junctions]
    assert names == ["B1.X1.XIN", "B1.X2.XIN", "B1.XBIG"]
    assert circuit.element("b1|x2|xin").nodes == ("1.X2.XIN", "0")


def test_values_suffixes_and_overrides():
    circuit = read(DECK)
    junction = circuit.element("B1.X1.XIN")
    assert isinstance(junction, Junction)
    assert junction.i_c == pytest.approx(250e-6)
    assert junction.c_j == pytest.approx(0.175e-12)
    assert junction.r_0 == pytest.approx(64.0)
    changed = circuit.element("L1.XBIG")
    assert isinstance(changed, Inductor)
    assert changed.value == pytest.approx(3e-12)
    assert circuit.element("L1.X1.XIN").value == pytest.approx(2.07e-12)


def test_with_values_and_scaled():
    circuit = read(DECK).with_values({"L1.XBIG": 2.2e-12, "B1.XBIG": 200e-6, "IB": 300e-6})
    assert circuit.element("L1.XBIG").value == 2.2e-12
    assert circuit.element("B1.XBIG").area == pytest.approx(2.0)
    assert circuit.element("IB").waveform.level.tolist() == [0.0, 300e-6]
    assert circuit.scaled({"RL": 1.5}).element("RL").value == pytest.approx(3.0)


@pytest.mark.parametrize(("line", "message"), [
    ("L9 a 0 -2p", "inductance -2e-12 H"),
    ("L9 a 0 two", "'TWO' is no number and no parameter"),
    ("L9 a", "2 nodes are needed"),
    ("B9 a 0 nomodel", "no .model NOMODEL, known are JJ1"),
    ("Q9 a 0 1", "unknown element 'Q9'"),
    ("X9 a 0 NOSUB", "no subcircuit among A 0 NOSUB"),
    ("X9 a b c STAGE", "3 nodes came, subcircuit STAGE has 2"),
    ("I9 0 a pwl(0 0 2p 1u 1p 2u)", "times must increase"),
    ("I9 0 a saw(1 2)", "unknown source"),
    (".noise 3", "unknown control .noise"),
    ("R9 a 0 nan", "'NAN' is no number"),
    ("R9 a 0 1 tmp=4", "unknown keyword tmp="),
    (".ends", ".ends without .subckt"),
    (".include missing.cir", "no file"),
])
def test_errors_name_file_line_and_text(line, message):
    text = DECK.replace("RL end 0 2", "RL end 0 2\n" + line)
    number = text.split("\n").index("RL end 0 2") + 2
    with pytest.raises(NetlistError) as caught:
        read(text)
    assert message in str(caught.value)
    assert f"deck:{number}: {line!r}" in str(caught.value)
