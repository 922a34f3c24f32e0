import json

import numpy as np
import pytest

from neuromorph.circuits.cell import library, timing
from neuromorph.circuits.cell.bench import Bench
from neuromorph.circuits.cell.calibration import load
from neuromorph.circuits.cell.timing import Rig, machine
from neuromorph.circuits.pulse.emulation import emulate
from neuromorph.circuits.pulse.pulse_circuit import Cell, PulseCircuit
from neuromorph.units import PHI0


def test_tables_belong_to_the_netlists_and_to_the_calibration():
    machines, record = timing.load(), load()
    assert set(machines) == {"dcsfq", "jtl_negative", *timing.LOGIC}
    for name, one in machines.items():
        assert one.junctions == library.junctions(name)
        for transition in one.transitions:
            for _, delay in transition.out:
                assert delay == record.delay.get(name, delay)


def test_a_stale_table_is_refused(monkeypatch, tmp_path):
    data = json.loads(timing.path().read_text())
    data["dff"]["digest"] = "0" * 64
    path = tmp_path / "timing.json"
    path.write_text(json.dumps(data))
    monkeypatch.setattr(timing, "path", lambda: path)
    with pytest.raises(ValueError, match="measured on other netlists of dff: measure again"):
        timing.load()


@pytest.mark.parametrize("name", ["jtl", "splitter"])
def test_work_of_a_cell_is_its_bias_times_a_flux_quantum(name):
    # every biased node of these turns once per pulse, so the sources deliver sum(I_b) Phi0
    (one,) = timing.load()[name].transitions
    assert one.work == pytest.approx(library.bias_current(name) * PHI0, rel=0.01)
    assert one.slips == library.junctions(name)


def test_slips_say_which_way_a_flux_quantum_took():
    dff = timing.load()["dff"]
    # stored: input junction and loop junction; clocked out of a full loop: clock, loop, output;
    # a pulse too many or a clock on an empty loop: input junction and its escape junction
    assert [t.slips for t in dff.transitions] == [2, 2, 2, 3]
    assert timing.load()["merger"].transitions[0].slips == 4


def test_jitter_of_a_line_is_that_of_its_cells():
    # measured on the circuit: 10 JTLs more, sqrt(10) times one JTL's jitter
    bench, record = Bench(), load()
    rig = Rig(cell="jtl", bench=bench, calibration=record)
    (one,) = timing.load()["jtl"].transitions
    times = [60e-12 + k * 100e-12 for k in range(150)]
    body = rig.body().replace("XC jtl i_a o_q\n", "".join(
        f"XC{k} jtl {'i_a' if k == 0 else f'c{k}'} {'o_q' if k == 9 else f'c{k + 1}'}\n"
        for k in range(10)
    ))  # fmt: skip
    hot, cold = (
        bench.run(body, {"da": times}, ["B2.XHA3", "B1.XTQ1"], temperature=t, seed=3)
        for t in (4.2, 0.0)
    )
    spread = np.std((hot[1] - hot[0]) - (cold[1] - cold[0]))
    assert spread == pytest.approx(np.sqrt(10) * one.jitter, rel=0.35)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["splitter", "merger", "dff"])
def test_tables_measure_again(name):
    found, kept = machine(name, load(), Bench()), timing.load()[name]
    for a, b in zip(found.transitions, kept.transitions, strict=True):
        assert (a.state, a.port, a.into, a.slips) == (b.state, b.port, b.into, b.slips)
        assert a.work == pytest.approx(b.work, rel=0.02)
        for (_, x), (_, y) in zip(a.out, b.out, strict=True):
            assert x == pytest.approx(y, abs=0.05e-12)
    for a, b in zip(found.gaps, kept.gaps, strict=True):
        assert a.time == pytest.approx(b.time, abs=0.3e-12)


#: Drive times [ps] of the testbenches, by input.
TESTBENCH = {
    "dff": {"a": [60, 260, 360], "clk": [100, 200, 300, 400, 500]},
    "not": {"a": [160, 360], "clk": [110, 210, 310, 410, 510]},
}


@pytest.mark.parametrize("name", list(TESTBENCH))
def test_tables_answer_the_testbench_as_the_circuit_does(name):
    from neuromorph.circuits.deck.netlist import read
    from neuromorph.circuits.solver.transient import simulate

    trains = {p: np.array(t) * 1e-12 for p, t in TESTBENCH[name].items()}
    found = simulate(read(library.testbench(name)), temperature=0.0)
    cell = PulseCircuit(cells=(Cell(name="x", machine=timing.load()[name]),), wires={})
    run = emulate(cell, {("x", p): t for p, t in trains.items()}, duration=1e-9)
    answers = found.pulses["B2.XO2"]
    assert run.pulses["x"].size == answers.size > 0
    assert run.violations == ()
    # clock to clock the same distances: delay of a line apart, within the cell's spread
    np.testing.assert_allclose(np.diff(run.pulses["x"]), np.diff(answers), atol=0.5e-12)
