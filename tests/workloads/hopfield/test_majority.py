"""The recurrent net of flux quanta against the sign of W s."""

import itertools

import numpy as np
import pytest

import neuromorph as nm
from neuromorph.fpga import rtl
from neuromorph.workloads import hopfield as hf
from neuromorph.workloads.hopfield.majority import LOOP, majority_terms, rails
from neuromorph.workloads.hopfield.retrieval import cue_rails, spike_states

NEEDS_TOOLS = pytest.mark.skipif(rtl.missing_tool() is not None, reason=str(rtl.missing_tool()))
ONE = np.array([[1.0, -1.0, 1.0, 1.0]])
SIX = np.array([[1.0, -1.0, 1.0, 1.0, 1.0, -1.0]])
TWO = np.array([[1.0, 1, 1, 1, -1, -1, 1, 1], [1, 1, -1, -1, -1, 1, -1, 1]])


def path(x, s, updates):
    """States after each update, by matrix product."""
    w = x.T @ x
    np.fill_diagonal(w, 0.0)
    out = []
    for _ in range(updates):
        s = np.where(w @ s >= 0, 1.0, -1.0)
        out.append(s)
    return np.array(out)


def cues(d, step=1):
    return [np.where(code >> np.arange(d) & 1, 1.0, -1.0) for code in range(0, 2**d, step)]


@pytest.mark.parametrize("x", [ONE, SIX, TWO])
def test_one_term_of_a_majority_is_true(x):
    terms, d = majority_terms(x), x.shape[1]
    for cue in cues(d):
        true = [all(cue[u] == s for u, s in term.inputs) for term in terms]
        said = np.array(true, float) @ rails(terms)
        assert sum(true) == d, "one term per unit"
        np.testing.assert_array_equal(said, path(x, cue, 1)[0])


def test_terms_of_five():
    terms = [t for t in majority_terms(SIX) if (t.unit, t.sign) == (0, 1)]
    assert sorted(len(t.inputs) for t in terms) == [3] + [4] * 3 + [5] * 6
    assert all({u for u, _ in t.inputs} <= {1, 2, 3, 4, 5} for t in terms)


@pytest.mark.parametrize(
    ("backend", "x", "step"),
    [(nm.Numba(), ONE, 1), (nm.Numba(), TWO, 17), (nm.FPGAModel(), ONE, 1),
     (nm.SFQPulse(level="paths"), ONE, 1), (nm.SFQPulse(level="paths"), TWO, 17),
     pytest.param(nm.SFQPulse(), ONE, 7, marks=pytest.mark.slow),
     pytest.param(nm.Brian2(), ONE, 7, marks=pytest.mark.slow),
     pytest.param(nm.FPGARTL(), ONE, 7, marks=[pytest.mark.slow, NEEDS_TOOLS])],
    ids=["numba-4", "numba-8", "fpga-4", "paths-4", "paths-8", "cells-4", "brian2-4", "rtl-4"],
)  # fmt: skip
def test_every_update_is_the_sign_of_w_s(backend, x, step):
    """Cycles of period two included: two of four units turned change places for ever."""
    net, says, moving = hf.majority_net(x), rails(majority_terms(x)), 0
    for cue in cues(x.shape[1], step):
        got = nm.run(net, cue_rails(cue), backend=backend, duration=4 * LOOP, dt=1e-4)
        states = (spike_states(got, period=LOOP) + 1) / 2 @ says
        want = path(x, cue, 4)
        np.testing.assert_array_equal(states, want)
        assert got.spikes["out"].time.size == 4 * x.shape[1], "one spike per unit and update"
        moving += not np.array_equal(want[-2], want[-1])
    assert moving > 0


@pytest.mark.slow
def test_a_recurrent_circuit_of_junctions():
    """16,000 junctions without noise, three updates in 0.6 ns, a third of the period otherwise."""
    period, cue = LOOP / 3, np.array([1.0, -1.0, 1.0, -1.0])
    net = hf.majority_net(ONE, period=period, gap=1.2e-3, tau_m=8e-3)
    got = nm.run(net, cue_rails(cue), backend=nm.SFQCircuit(temperature=0.0),
                 duration=3 * period, dt=1e-4)  # fmt: skip
    states = (spike_states(got, period=period) + 1) / 2 @ rails(majority_terms(ONE))
    np.testing.assert_array_equal(states, path(ONE, cue, 3))


def test_weights_are_those_of_a_junction():
    net = hf.majority_net(TWO)
    cell = net.population("out").cell
    assert all(np.all(p.weights.value == 1.0) for p in net.projections)
    assert cell.v_reset is None
    assert np.all(np.asarray(cell.v_subtract) == 1.0)


def test_the_ready_workload():
    work = hf.loop()
    assert np.allclose(work.readout.patterns @ work.readout.patterns.T, 8 * np.eye(2))
    table = nm.compare(work, ["numba", "fpga-model", nm.SFQPulse(level="paths")])
    assert table.agrees, str(table)
    assert {row.accuracy for row in table.rows} == {1.0}


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="unit 0 has 4 inputs"):
        hf.majority_net(np.ones((1, 5)))
    with pytest.raises(ValueError, match="weights of 2 sizes"):
        hf.majority_net(np.array(list(itertools.product((1.0, -1.0), repeat=4)))[[0, 1, 2]])
    with pytest.raises(ValueError, match="take a longer tau_m"):
        hf.majority_net(SIX)
