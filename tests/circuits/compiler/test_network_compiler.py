from dataclasses import replace

import numpy as np
import pytest

from neuromorph.circuits.cell.calibration import load
from neuromorph.circuits.compiler.network_compiler import compile_network
from neuromorph.circuits.compiler.wiring import Wiring, depths, fan_in, fan_out
from neuromorph.description import (
    LIF,
    ContextLIF,
    Network,
    Population,
    Projection,
    Source,
    all_to_all,
    one_to_one,
)

CELL = LIF(tau_m=10e-3, v_th=3.3, v_subtract=1.0)
GATED = ContextLIF(tau_m=10e-3, v_th=3.3, v_subtract=1.0, tau_c=10e-3, modulation="probability")


def network(n_in=2, n_out=1, cell=CELL, **projection):
    return Network(
        populations=(
            Population(name="in", n=n_in, cell=Source()),
            Population(name="out", n=n_out, cell=cell),
        ),
        projections=(
            Projection(**{
                "source": "in", "target": "out", "weights": all_to_all(n_in, n_out, 1.0),
                "delay": 8e-3, **projection,
            }),
        ),
    )  # fmt: skip


def compiled(net, acceleration=1e8):
    return compile_network(net, acceleration=acceleration, calibration=load())


@pytest.mark.parametrize("n", [2, 3, 4, 5, 7, 8, 13])
def test_a_tree_of_n_leaves_has_n_minus_one_forks_at_the_depths_told(n):
    leaves = [f"l{k}" for k in range(n)]
    for grow, cell in (
        (lambda w: fan_out(w, "t", "root", leaves), "splitter"),
        (lambda w: fan_in(w, "t", leaves, "root"), "merger"),
    ):
        wiring = Wiring()
        grow(wiring)
        assert wiring.cells == {cell: n - 1}
        children = {}
        for line in wiring.lines:
            _, _, *nodes = line.split()
            trunk, branches = (
                (nodes[0], nodes[1:]) if cell == "splitter" else (nodes[2], nodes[:2])
            )
            children[trunk] = branches

        def walk(node, depth, children=children):
            if node not in children:
                return {node: depth}
            found = {}
            for child in children[node]:
                found |= walk(child, depth + 1)
            return found

        found = walk("root", 0)
        assert [found[leaf] for leaf in leaves] == depths(n)
        assert max(depths(n)) == int(np.ceil(np.log2(n)))


def test_cells_and_junctions_of_a_small_network():
    # 2 sources (3 + 2 JJ), 1 neuron with two JTLs (1 + 4), 1 merger (7), and per synapse as many
    # JTLs as the delay asks for
    circuit = compiled(network(delay=4e-3))
    cells = circuit.report.cells
    assert {k: v for k, v in cells.items() if k != "jtl"} == {
        "dcsfq": 2, "neuron": 1, "merger": 1,
    }  # fmt: skip
    assert circuit.report.junctions == 2 * 3 + 1 + 7 + 2 * cells["jtl"]
    assert circuit.report.bias_current == pytest.approx(
        2 * 450e-6 + 775e-6 + cells["jtl"] * 350e-6
        + abs(circuit.settings["out", 0].bias), rel=1e-9,
    )  # fmt: skip


def test_parameters_follow_the_mapping():
    law = load().neuron
    setting = compiled(network()).settings["out", 0]
    assert setting.leak == pytest.approx(40e-12 * 1e8 / 10e-3)  # l_s acceleration / tau_m
    assert law.threshold(setting.bias, setting.leak) == pytest.approx(3.3)
    assert law.i_quantum == pytest.approx(law.quantum, rel=0.06)  # near Phi0 / l_s


def test_delay_is_padded_to_half_a_jtl():
    step = load().delay["jtl"]
    for wanted in np.linspace(4e-3, 9e-3, 12):
        for path in compiled(network(delay=float(wanted))).paths:
            assert abs(path.delay - wanted / 1e8) <= step / 2 * (1 + 1e-9)
            assert path.delay >= path.own


def test_certain_synapses_are_plain_lines_and_others_get_their_current():
    cells = compiled(network(n_in=3, probability=np.array([1.0, 0.5, 0.9]))).report.cells
    assert cells["synapse"] == 2
    law = load().synapse
    for p in (0.01, 0.3, 0.5, 0.97):
        assert law.probability(law.current(p)) == pytest.approx(p)


REFUSED = {
    "LIF.v_reset came, v_subtract is allowed": network(
        cell=LIF(tau_m=10e-3, v_th=3.3, v_reset=0.0)
    ),
    "LIF.refractory 0.002 came, 0 is allowed": network(
        cell=LIF(tau_m=10e-3, v_th=3.3, v_subtract=1.0, refractory=2e-3)
    ),
    "LIF.v_th 40 V came, .* to .* V is allowed": network(
        cell=LIF(tau_m=10e-3, v_th=40.0, v_subtract=1.0)
    ),
    "LIF.v_th 0.5 V came": network(cell=LIF(tau_m=10e-3, v_th=0.5, v_subtract=1.0)),
    "LIF.tau_m 1 s came, 0.005 to .* s is allowed": network(
        cell=LIF(tau_m=1.0, v_th=3.3, v_subtract=1.0)
    ),
    "weight 2 V came for synapse \\(0, 0\\), 0.1 to 1 V of either sign": network(
        weights=all_to_all(2, 1, 2.0)
    ),
    "weights of 1, -1 v_subtract came into unit 0, .* sum to 1 at most": network(
        weights=np.array([[1.0], [-1.0]])
    ),
    "weight 0.01 V came": network(weights=all_to_all(2, 1, 0.01)),
    "probability 0 came, 0.002 to 0.998 or exactly 1": network(probability=0.0),
    "delay 0.001 s came for synapse \\(0, 0\\), at least .* its path of": network(delay=1e-3),
    "ContextLIF.modulation 'threshold' came, 'probability' is allowed": network(
        cell=ContextLIF(tau_m=10e-3, v_th=3.3, v_subtract=1.0, tau_c=10e-3)
    ),
    "ContextLIF.tau_c 1 s came, 0.005 to 0.05 s is allowed": network(
        cell=replace(GATED, tau_c=1.0)
    ),
    "ContextLIF.c_half / c_grey 9 came, -3 to 3": network(cell=replace(GATED, c_half=9.0)),
    "one quantum = v_subtract = 1 V \\(all its pulses pass one gate": network(
        cell=GATED, weights=all_to_all(2, 1, 0.5)
    ),
    "apical weights of 5 c_grey came": network(
        cell=GATED, port="apical", weights=all_to_all(2, 1, 5.0)
    ),
}


@pytest.mark.parametrize("text", sorted(REFUSED))
def test_what_cells_cannot_be_is_refused_with_what_they_can(text):
    with pytest.raises(ValueError, match=text):
        compiled(REFUSED[text])


def test_refused_ranges_are_reachable_at_their_ends():
    law = load().neuron
    for bias in (law.b_low, law.b_high):
        cell = LIF(tau_m=10e-3, v_th=law.threshold(bias, 0.4), v_subtract=1.0)
        assert compiled(network(cell=cell)).settings["out", 0].bias == pytest.approx(bias)


@pytest.mark.slow
def test_ten_thousand_synapses_compile():
    rng = np.random.default_rng(0)
    net = network(100, 100, delay=15e-3, probability=rng.uniform(0.05, 0.95, 10_000))
    circuit = compiled(net)
    assert circuit.report.cells["synapse"] == 10_000
    assert circuit.report.cells["merger"] == circuit.report.cells["splitter"] == 9_900


def test_unfed_and_unread_units_still_make_a_circuit():
    net = Network(
        populations=(
            Population(name="in", n=2, cell=Source()),
            Population(name="out", n=3, cell=CELL),
        ),
        projections=(
            Projection(source="in", target="out", weights=one_to_one(2, 1.0).toarray()
                       @ np.eye(2, 3), delay=5e-3),
        ),
    )  # fmt: skip
    circuit = compiled(net)
    assert {p.target for p in circuit.paths} == {("out", 0), ("out", 1)}
    assert set(circuit.spikes) == {("in", 0), ("in", 1), *(("out", k) for k in range(3))}
