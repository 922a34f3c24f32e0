import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuromorph.circuits import read, simulate
from neuromorph.circuits.builder import Builder
from neuromorph.circuits.deck.writing import to_deck, write
from neuromorph.circuits.element import Model
from neuromorph.circuits.sampled_waveform import NoiseSource, Pws
from neuromorph.circuits.waveform import Exponential, Pulse, Pwl, Sine

J = Model(i_c=1e-4, r_n=16.0, r_0=160.0, c=0.07e-12)
ps = 1e-12


def stage():
    return (Builder("stage").inductor("L1", "a", 1, 2.07 * ps).junction("B1", 1, 0, J, area=2.5)
            .resistor("RB", 1, 0, 2.744).inductor("L2", 1, "q", 2.07 * ps).circuit())


def chain():
    builder = Builder("chain").instance("X1", stage(), {"a": "in", "q": "m", "1": "b1"})
    builder.instance("X2", stage(), {"a": "m", "q": "out", "1": "b2"}).resistor("RL", "out", 0, 2.0)
    builder.current("I1", 0, "in", Pulse(low=0, high=6e-4, delay=20 * ps, rise=2 * ps,
                                         fall=2 * ps, width=1 * ps, period=25 * ps))
    for k in (1, 2):
        builder.current(f"IB{k}", 0, f"b{k}", Pwl([0, 5 * ps], [0, 1.75e-4]))
    return builder.circuit(step=0.1 * ps, duration=100 * ps, record=("P(B1.X2)", "V(in)"))


def test_a_built_circuit_equals_what_its_deck_reads_and_runs_the_same():
    circuit = chain()
    assert read(to_deck(circuit)) == circuit
    ours, again = simulate(circuit), simulate(read(to_deck(circuit)))
    assert ours.counts["B1.X2"] > 0
    np.testing.assert_array_equal(ours.phases["B1.X2"], again.phases["B1.X2"])


@pytest.mark.parametrize("name", ["jtl", "dff", "merger", "neuron", "gate_xor"])
def test_library_decks_survive_the_round(name, tmp_path):
    circuit = read(name)
    again = read(write(circuit, tmp_path / "flat.cir"))
    assert again == circuit


def test_an_instance_can_be_changed_by_name():
    changed = read(to_deck(chain())).with_values({"L1.X2": 3 * ps})
    assert changed.element("l1|x2").value == 3 * ps


VALUE = st.floats(1e-15, 1e3)
LEVEL = st.floats(-1, 1)
TIME = st.floats(1e-13, 1e-9)
WAVES = st.one_of(
    LEVEL.map(float),
    st.builds(lambda t, y: Pwl(np.cumsum(t), y[: len(t)]),
              st.lists(TIME, min_size=1, max_size=5), st.lists(LEVEL, min_size=5, max_size=5)),
    st.builds(lambda t, y: Pws(np.cumsum(t), y[: len(t)]),
              st.lists(TIME, min_size=1, max_size=5), st.lists(LEVEL, min_size=5, max_size=5)),
    st.builds(lambda a, b, d, t: Pulse(low=a, high=b, delay=d, rise=t, fall=t, width=t,
                                       period=4 * t), LEVEL, LEVEL, TIME, TIME),
    st.builds(lambda a, b, f, d: Sine(offset=a, amplitude=b, frequency=f, delay=d,
                                      phase=math.radians(30.0)), LEVEL, LEVEL,
              st.floats(1e9, 1e12), TIME),
    st.builds(lambda a, b, t, u: Exponential(low=a, high=b, rise_delay=0.0, rise_tau=t,
                                             fall_delay=u, fall_tau=t), LEVEL, LEVEL, TIME, TIME),
    st.builds(lambda a, t: NoiseSource(amplitude=a, interval=t), LEVEL, TIME),
)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_reading_what_was_written_is_the_identity(data):
    nodes = st.sampled_from(["0", "1", "a", "n_2"])
    builder = Builder()
    for k in range(data.draw(st.integers(0, 4))):
        a, b = data.draw(nodes), data.draw(nodes)
        builder.resistor(f"R{k}", a, b, data.draw(VALUE), temperature=data.draw(
            st.one_of(st.none(), st.floats(0, 300))))
        builder.inductor(f"L{k}", b, a, data.draw(VALUE)).capacitor(f"C{k}", a, b, 1e-15)
    model = Model(rtype=data.draw(st.sampled_from([0, 1])), i_c=data.draw(VALUE),
                  phi=data.draw(st.floats(0, 6)), cpr=tuple(data.draw(
                      st.lists(LEVEL, min_size=1, max_size=3))))
    builder.junction("B1", "1", "0", model, area=data.draw(VALUE))
    builder.line("T1", ("1", "0", "a", "0"), delay=data.draw(TIME), impedance=data.draw(VALUE))
    builder.controlled("E1", ("a", "0", "1", "0"), data.draw(LEVEL))
    builder.current("I1", "0", "1", data.draw(WAVES)).voltage("V1", "a", 0, data.draw(WAVES))
    builder.phase("P1", "n_2", 0, data.draw(WAVES))
    circuit = builder.circuit(step=1e-13, duration=data.draw(st.floats(1e-12, 1e-9)),
                              record=("P(B1)", "V(1,A)", "I(R0)"))
    assert read(to_deck(circuit)) == circuit


@pytest.mark.parametrize(("name", "message"), [
    ("R 1", r"name 'R 1' came, letters, digits and _ are allowed"),
    ("X1", r"name 'X1' came, .*R first"),
])
def test_names_that_a_deck_cannot_hold_are_refused(name, message):
    with pytest.raises(ValueError, match=message):
        to_deck(Builder().resistor(name, 1, 0, 1.0).circuit())


def test_a_port_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match=r"X1: ports Z came, stage has the nodes"):
        Builder().instance("X1", stage(), {"z": "in"})
