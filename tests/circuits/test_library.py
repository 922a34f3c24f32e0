import re

import pytest

from neuromorph.circuits import library
from neuromorph.circuits.element import CurrentSource, Junction
from neuromorph.circuits.netlist import read
from neuromorph.circuits.transient import simulate

#: Pulses at the last printed junction, counted with JoSIM 2.7 on the same decks (noiseless).
JOSIM = {"jtl": 5, "dcsfq": 5, "splitter": 5, "merger": 9, "neuron": 21}


@pytest.mark.parametrize("name", library.COMPILED)
def test_counts_of_a_cell_are_those_of_the_netlist_as_read(name):
    circuit = read(library.process() + library.cell(name) + f"X1 {name} "
                   + " ".join(f"p{k}" for k in range(len(library.ports(name)))) + "\n")
    junctions = [e for e in circuit.elements if isinstance(e, Junction)]
    biases = [e for e in circuit.elements if isinstance(e, CurrentSource)]
    assert library.junctions(name) == len(junctions)
    assert library.bias_current(name) == pytest.approx(
        sum(float(b.waveform.level[-1]) for b in biases)
    )


@pytest.mark.parametrize("name", library.COMPILED)
def test_every_junction_has_a_shunt_of_its_area(name):
    # I_c R = 0.68599 mV for all, the critical damping of the process (beta_c 0.92)
    text = library.cell(name)
    for label, area in re.findall(r"(?m)^B(\w+)\s+\S+ \S+ jj1 area=(\S+)", text):
        (shunt,) = re.findall(rf"(?m)^RB{label}\s+\S+ \S+ (\S+)", text)
        assert float(shunt) * float(area) == pytest.approx(6.8599, rel=1e-4)


@pytest.mark.parametrize("name", sorted(JOSIM))
def test_testbench_counts_equal_josim(name):
    circuit = read(library.testbench(name))
    last = circuit.outputs[-1].targets[0]
    assert simulate(circuit, record=()).counts[last] == JOSIM[name]


def test_synapse_either_passes_or_lets_escape():
    counts = simulate(read(library.testbench("synapse")), record=()).counts
    assert counts["BE.X4"] + counts["BD.X4"] == counts["B2.X3"] == 21
    assert counts["B2.X6"] == counts["BD.X4"]


def test_variant_changes_one_component():
    text = library.variant("neuron", "neuron_b", RL=0.4)
    assert ".subckt neuron_b a q i" in text
    assert re.search(r"(?m)^RL +n1 n2 0\.4$", text)
    with pytest.raises(ValueError, match="component 'RX' came, it has none"):
        library.variant("neuron", "x", RX=1.0)


def test_unknown_cell_lists_those_there_are():
    with pytest.raises(ValueError, match=r"cell 'jtk' came, .*jtl.* are in the library"):
        library.cell("jtk")
