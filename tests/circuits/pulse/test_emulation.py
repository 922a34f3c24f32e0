import heapq

import numpy as np
import pytest

from neuromorph.circuits.export import vcd
from neuromorph.circuits.pulse.emulation import TimingViolation, emulate
from neuromorph.circuits.pulse.machine import Gap, Machine, Transition
from neuromorph.circuits.pulse.pulse_circuit import Cell, PulseCircuit

PS = 1e-12


def one(name, delay, *, jitter=0.0, gaps=()):
    return Machine(
        name=name, inputs=("a",), outputs=("q",), junctions=2, gaps=gaps,
        transitions=(Transition(state="on", port="a", into="on", out=(("q", delay),),
                                jitter=jitter, slips=2, work=1e-18),),
    )  # fmt: skip


JTL = one("jtl", 4 * PS, gaps=(Gap(port="a", before="a", time=8 * PS),))
SPLITTER = Machine(
    name="splitter", inputs=("a",), outputs=("x", "y"), junctions=3,
    transitions=(
        Transition(state="on", port="a", into="on", out=(("x", 6 * PS), ("y", 7 * PS)), slips=3),
    ),
)  # fmt: skip
MERGER = Machine(
    name="merger", inputs=("a", "b"), outputs=("q",), junctions=7,
    transitions=tuple(
        Transition(state="on", port=p, into="on", out=(("q", 9 * PS),), slips=4) for p in "ab"
    ),
    gaps=(Gap(port="a", before="b", time=6 * PS, swallow=True),
          Gap(port="b", before="a", time=6 * PS, swallow=True)),
)  # fmt: skip
DFF = Machine(
    name="dff", inputs=("a", "clk"), outputs=("q",),
    transitions=(
        Transition(state="empty", port="a", into="full"),
        Transition(state="empty", port="clk", into="empty"),
        Transition(state="full", port="a", into="full"),
        Transition(state="full", port="clk", into="empty", out=(("q", 5 * PS),)),
    ),
    gaps=(Gap(port="clk", before="a", time=2 * PS),),
)  # fmt: skip


def chain(machine, n):
    return PulseCircuit(
        cells=tuple(Cell(name=f"c{k}", machine=machine) for k in range(n)),
        wires={(f"c{k}", "q"): (f"c{k + 1}", "a") for k in range(n - 1)},
    )


def single(machine, **more):
    return PulseCircuit(cells=(Cell(name="x", machine=machine, **more),), wires={})


def test_a_chain_delays_every_pulse_by_the_sum_of_its_cells():
    sent = np.array([0.0, 9.0, 40.0, 55.5]) * PS
    run = emulate(chain(JTL, 50), {("c0", "a"): sent}, duration=1e-9)
    np.testing.assert_allclose(run.pulses["c49"], sent + 49 * 4 * PS, rtol=1e-12)
    assert run.events == 200
    assert run.slips == 400
    assert run.work == pytest.approx(200e-18)
    assert run.violations == ()


def test_a_splitter_feeds_both_sides_and_a_merger_swallows_the_second_of_two():
    cells = (Cell(name="s", machine=SPLITTER), Cell(name="m", machine=MERGER),
             Cell(name="j", machine=JTL), Cell(name="k", machine=JTL))  # fmt: skip
    wires = {("s", "x"): ("m", "a"), ("s", "y"): ("j", "a"), ("j", "q"): ("m", "b"),
             ("m", "q"): ("k", "a")}  # fmt: skip
    run = emulate(PulseCircuit(cells=cells, wires=wires), {("s", "a"): [0.0]}, duration=1e-9)
    # x reaches the merger after 6 ps, y over the JTL after 11 ps: 5 ps apart, one comes out
    np.testing.assert_allclose(run.pulses["k"], [15 * PS])
    assert run.swallowed == {"merger": 1}


@pytest.mark.parametrize(("distance", "out"), [(5.9, 1), (6.1, 2)])
def test_the_merger_s_window_is_its_gap(distance, out):
    run = emulate(single(MERGER), {("x", "a"): [10 * PS], ("x", "b"): [(10 + distance) * PS]},
                  duration=1e-9)  # fmt: skip
    assert run.pulses["x"].size == out


def test_a_flip_flop_gives_a_pulse_only_if_one_was_stored():
    run = emulate(
        single(DFF),
        {("x", "a"): [10 * PS, 30 * PS, 40 * PS], ("x", "clk"): np.arange(5) * 25 * PS},
        duration=1e-9,
    )  # fmt: skip
    np.testing.assert_allclose(run.pulses["x"] / PS, [25, 50])


def test_a_violation_names_cell_port_time_and_earliest_legal_time():
    trains = {("x", "a"): [10 * PS], ("x", "clk"): [11 * PS]}
    (bad,) = emulate(single(DFF), trains, duration=1e-9).violations
    assert (bad.cell, bad.port) == ("x", "clk")
    assert bad.time == pytest.approx(11 * PS)
    assert bad.legal == pytest.approx(12 * PS)
    with pytest.raises(TimingViolation, match=r"cell 'x': a pulse on 'clk' at 11.000 ps came, 12"):
        emulate(single(DFF), trains, duration=1e-9, violations="raise")


def test_many_violations_are_all_kept():
    run = emulate(chain(JTL, 40), {("c0", "a"): np.arange(100) * 7.0 * PS}, duration=1e-8)
    assert len(run.violations) == 99 * 40


def test_jitter_grows_with_the_root_of_the_cells_and_of_temperature_and_keeps_to_its_seed():
    noisy, sent = one("n", 4 * PS, jitter=0.05 * PS), np.arange(4000) * 100 * PS

    def deviations(seed, temperature):
        run = emulate(chain(noisy, 26), {("c0", "a"): sent}, duration=1.0, seed=seed,
                      temperature=temperature, logged=["c25"])  # fmt: skip
        return run.pulses["c25"] - sent - 100 * PS

    hot, same, other = deviations(1, 4.2), deviations(1, 4.2), deviations(2, 4.2)
    assert np.std(hot) == pytest.approx(0.25 * PS, rel=0.05)
    assert abs(np.mean(hot)) < 4 * 0.25 * PS / np.sqrt(4000)
    assert hot.tobytes() == same.tobytes() != other.tobytes()
    assert np.std(deviations(1, 1.05)) == pytest.approx(0.125 * PS, rel=0.05)


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_a_draw_passes_its_share(p):
    draw = Machine(name="d", inputs=("a",), outputs=("q",), kind="draw", idle_slips=1,
                   transitions=(Transition(state="on", port="a", into="on", out=(("q", PS),),
                                           slips=2),))  # fmt: skip
    run = emulate(single(draw, parameter=(p,)), {("x", "a"): np.arange(4000) * PS}, duration=1.0)
    n = run.pulses["x"].size
    assert abs(n - 4000 * p) <= 4 * np.sqrt(4000 * p * (1 - p))
    assert run.slips == 2 * n + (4000 - n)


def test_an_integrator_is_the_leaky_sum_with_subtraction():
    rng = np.random.default_rng(3)
    sent = np.cumsum(rng.exponential(30 * PS, 500))
    unit = Machine(name="i", inputs=("a",), outputs=("q",), kind="integrator",
                   transitions=(Transition(state="on", port="a", into="on", out=(("q", PS),)),))
    run = emulate(single(unit, parameter=(150 * PS, 2.3, 1.0)), {("x", "a"): sent}, duration=1.0)
    v, last, fired = 0.0, 0.0, []
    for t in sent:
        v, last = v * np.exp((last - t) / (150 * PS)) + 1, t
        if v > 2.3:
            v -= 1
            fired.append(t)
    assert len(fired) > 100
    np.testing.assert_array_equal(run.pulses["x"], fired)


def test_a_pulse_that_takes_away_never_fires_an_integrator():
    # 0.95 quanta after the first pulse: below 1.0, and what a small pulse fires sooner (0.2 quanta
    # less for a weight of 0) must not be granted to one of -0.1
    unit = Machine(
        name="i", inputs=("a", "b"), outputs=("q",), kind="integrator",
        transitions=tuple(
            Transition(state="on", port=p, into="on", out=(("q", PS),)) for p in "ab"
        ),
    )  # fmt: skip
    circuit = single(unit, parameter=(1.0, 1.0, 1.0, 0.2), weight=(0.95, -0.1))
    run = emulate(circuit, {("x", "a"): [0.0], ("x", "b"): [20 * PS]}, duration=1e-9)
    assert run.pulses["x"].size == 0


def test_a_gate_is_silent_to_context_alone_and_opens_with_it():
    gate = Machine(name="g", inputs=("a", "c"), outputs=("q",), kind="gate",
                   transitions=(Transition(state="on", port="a", into="on", out=(("q", PS),)),
                                Transition(state="on", port="c", into="on")))  # fmt: skip
    unit = single(gate, parameter=(200 * PS, 1.0, 4.0, 2.0))
    basal, context = np.arange(2000) * 50 * PS, np.arange(4000) * 25 * PS + 10 * PS
    alone = emulate(unit, {("x", "c"): context}, duration=1.0)
    shut = emulate(unit, {("x", "a"): basal}, duration=1.0)
    both = emulate(unit, {("x", "a"): basal, ("x", "c"): context}, duration=1.0)
    assert alone.pulses["x"].size == 0
    assert shut.pulses["x"].size < 10
    # context settles at e / (e - 1) sums: I = exp(-15/200) / (1 - exp(-25/200)) before each pulse
    level = np.exp(-15 / 200) / (1 - np.exp(-25 / 200))
    from scipy.stats import norm
    expected = norm.cdf(np.sqrt(2 * np.pi) * (level - 4.0) / 2.0)
    assert both.pulses["x"].size / 2000 == pytest.approx(expected, abs=0.02)


def test_random_feed_forward_circuits_agree_with_a_plain_heap():
    rng = np.random.default_rng(5)
    for _ in range(20):
        cells, wires, free, machines = [], {}, [("in", "q")], {"in": JTL}
        cells.append(Cell(name="in", machine=JTL))
        for k in range(30):
            machine = (JTL, SPLITTER, MERGER, DFF)[rng.integers(4)]
            name = f"c{k}"
            cells.append(Cell(name=name, machine=machine))
            machines[name] = machine
            for port in machine.inputs:
                if free:
                    wires[free.pop(rng.integers(len(free)))] = (name, port)
            free += [(name, port) for port in machine.outputs]
        sent = np.sort(rng.uniform(0, 500, 40)) * PS
        run = emulate(PulseCircuit(cells=tuple(cells), wires=wires), {("in", "a"): sent},
                      duration=1.0)  # fmt: skip
        expected = plain(machines, wires, sent)
        for name, times in expected.items():
            np.testing.assert_allclose(run.pulses[name], times, rtol=1e-12)


def plain(machines, wires, sent):
    """The same tables run with Python's heap and dicts."""
    queue = [(t, 0, "in", "a") for t in sent]
    heapq.heapify(queue)
    order = {name: k for k, name in enumerate(machines)}
    state = {name: m.states[0] for name, m in machines.items()}
    last, out = {}, {name: [] for name in machines}
    while queue:
        t, _, name, port = heapq.heappop(queue)
        m = machines[name]
        near = [g for g in m.gaps if g.port == port
                and t < last.get((name, g.before), -np.inf) + g.time]  # fmt: skip
        if any(g.swallow for g in near):
            continue
        last[name, port] = t
        done = m.transition(state[name], port)
        state[name] = done.into
        if done.out:
            out[name].append(t)
        for q, delay in done.out:
            if (name, q) in wires:
                there = wires[name, q]
                place = 4 * order[there[0]] + machines[there[0]].inputs.index(there[1])
                heapq.heappush(queue, (t + delay, place, *there))
    return out


def test_the_pulses_are_a_value_change_dump():
    text = vcd(emulate(chain(JTL, 2), {("c0", "a"): [10 * PS]}, duration=20 * PS))
    assert "$var integer 32 ! c0 $end" in text
    assert text.index("#10000\nb1 !") < text.index("#14000\nb1 \"") < text.index("#20000")


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="state 'full' says nothing of a pulse on 'clk'"):
        Machine(name="d", inputs=("a", "clk"), outputs=(), transitions=DFF.transitions[:3])
    with pytest.raises(ValueError, match="0 parameters came, a draw takes 1"):
        single(Machine(name="d", inputs=("a",), outputs=(), kind="draw",
                       transitions=(Transition(state="s", port="a", into="s"),)))  # fmt: skip
    with pytest.raises(ValueError, match="a second wire came, one is allowed: join pulses"):
        PulseCircuit(cells=chain(JTL, 3).cells,
                     wires={("c0", "q"): ("c2", "a"), ("c1", "q"): ("c2", "a")})  # fmt: skip
    with pytest.raises(ValueError, match="port 'b' of 'c0' came, a are there"):
        emulate(chain(JTL, 2), {("c0", "b"): []}, duration=1.0)
    with pytest.raises(ValueError, match="port 'b' of 'c1' came, a are its inputs"):
        PulseCircuit(cells=chain(JTL, 2).cells, wires={("c0", "q"): ("c1", "b")})
    with pytest.raises(ValueError, match="port 'z' of 'c0' came, q are its outputs"):
        PulseCircuit(cells=chain(JTL, 2).cells, wires={("c0", "z"): ("c1", "a")})
    with pytest.raises(ValueError, match="cell 'c7' came, c0, c1 are there"):
        emulate(chain(JTL, 2), {("c0", "a"): []}, duration=1.0, logged=("c7",))
    with pytest.raises(ValueError, match="a time of nan came at 'a' of 'c0'"):
        emulate(chain(JTL, 2), {("c0", "a"): [0.0, np.nan]}, duration=1.0)
