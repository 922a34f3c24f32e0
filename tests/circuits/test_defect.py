import pytest

from neuromorph.circuits import CircuitError, defects, read, simulate

MODEL = ".model j jj(rtype=1, vg=2.8mV, cap=0.07pF, r0=160, rn=16, icrit=0.1mA)\n"
SOUND = (f"* sound\n{MODEL}" + "".join(
    f"B{k} {k} p{k} j area=2.5\nLP{k} p{k} 0 0.3p\nR{k} {k} r{k} 2.7\nLR{k} r{k} 0 1p\n"
    f"L{k} {k} {k + 1} 3p\n" for k in range(1, 5)) + "RL 5 0 2\nI1 0 1 pwl(0 0 5p 150u)\n"
    ".tran 0.1p 20p\n")


@pytest.mark.parametrize("name", ["jtl", "merger", "dff", "ndro", "not", "splitter"])
def test_library_benches_are_sound(name):
    assert defects(read(name)) == ()


def test_a_chain_of_our_own_is_sound():
    assert defects(read(SOUND)) == ()


@pytest.mark.parametrize(("old", "new", "message"), [
    ("RL 5 0 2", "RL 5 0 2\nC9 7 3 1f", "node 7: only C9 is connected to it"),
    ("RL 5 0 2", "RL 5 0 2\nR9 3 3 1", "R9: both pins are on node 3"),
    ("RL 5 0 2", "RL 5 0 2\nB9 1 p1 j", "B9: closes a loop of junctions that holds no inductance"),
    ("R2 2 r2 2.7", "R2 9 r2 2.7", "B2: no shunt resistor, which the other junctions have"),
])
def test_each_defect_is_named(old, new, message):
    assert any(note.startswith(message) for note in defects(read(SOUND.replace(old, new))))


@pytest.mark.parametrize(("cards", "message"), [
    ("L8 f1 f2 1p\nR8 f2 f1 1", r"node F1: no path for direct current to ground.*F1"),
    ("V1 1 0 dc 1m\nV2 1 0 dc 1m", r"V2: voltage and phase sources alone form a loop"),
    ("L8 1 0 1p\nL9 2 0 1p\nK1 L8 L9 0.999\nL7 3 0 1p\nK2 L9 L7 0.999\nK3 L8 L7 -0.99",
     r"couplings K1, K2, K3: their inductance matrix is not positive"),
    ("K1 L1 L99 0.2", r"K1: no inductor L99 to couple"),
])
def test_circuits_without_a_solution_are_refused_by_name(cards, message):
    with pytest.raises(CircuitError, match=message):
        simulate(read(SOUND.replace("RL 5 0 2", f"RL 5 0 2\n{cards}")))
