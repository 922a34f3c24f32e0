"""The word-exact model of the spiking core against unbounded integers in plain Python."""

import numpy as np
import pytest
import spiking_core
from hypothesis import given
from hypothesis import strategies as st
from spiking_case import case

from neuromorph.fpga import word
from neuromorph.fpga.model import SpikingModel
from neuromorph.fpga.packet import state_words

WIDTHS = [(16, 8, 16), (8, 4, 10), (4, 0, 8), (24, 8, 24), (12, 16, 12)]


def reference(program):
    shape = program.need
    return spiking_core.Core(
        bits=shape.bits, guard=shape.guard, decay_bits=shape.decay_bits, sum_bits=shape.sum_bits,
        lanes=shape.lanes, units=1 << shape.unit_bits, stochastic=shape.stochastic,
        rows=program.rows, slots=program.slots, burst=shape.burst,
    )  # fmt: skip


@given(
    st.integers(0, 2**31), st.sampled_from(WIDTHS), st.integers(0, 3), st.booleans(), st.booleans(),
    st.booleans(),
)  # fmt: skip
def test_equals_unbounded_integers(seed, widths, lane_bits, stochastic, burst, context):
    bits, guard, decay_bits = widths
    program, packets = case(seed, bits=bits, guard=guard, decay_bits=decay_bits,
                            lane_bits=lane_bits, stochastic=stochastic, burst=burst,
                            context=context)  # fmt: skip
    assert (program.need.burst, program.need.context) == (burst, context)
    ours, theirs = SpikingModel(program.need), reference(program)
    ours.write("ROWS", program.rows)
    ours.write("SLOTS", program.slots)
    state = state_words(program, program.need.unit_bits)
    for words in (program.load_words(seed), *(w for _, w in packets), state):
        assert ours.transfer(words).tolist() == theirs.packet(words.tolist())
    assert ours.read("CYCLES") == theirs.cycles
    assert ours.read("EVENTS") == theirs.events
    assert ours.read("SKIPPED") == theirs.skipped
    assert ours.read("SPIKES") == theirs.spikes
    assert theirs.spikes > 0
    assert theirs.events > 0


def test_saturates_at_both_ends():
    program, _ = case(1, bits=8, guard=0)
    ours, theirs = SpikingModel(program.need), reference(program)
    ours.write("ROWS", program.rows)
    ours.write("SLOTS", program.slots)
    n = program.units
    top, half = np.full(n, 127), np.arange(n) % 2 == 0
    words = np.concatenate((
        program.load_words(0), word.load(word.V, np.where(half, 100, -100)),
        word.load(word.DRIVE, np.where(half, 120, -120)), word.load(word.V_TH, top),
        word.load(word.DECAY, np.full(n, 1 << 16)), word.load(word.V_LEAK, np.zeros(n)),
        np.array([word.RUN | 3, word.dump(word.DUMP_V, n)], np.uint32),
    ))  # fmt: skip
    got = ours.transfer(words)
    assert got.tolist() == theirs.packet(words.tolist())
    last = word.signed(word.decode(got).dumps[0])
    assert last[half].tolist() == [127] * int(half.sum())
    assert last[~half].tolist() == [-128] * int((~half).sum())


@pytest.mark.parametrize(
    ("words", "cycles"),
    [
        # start, two rows and the tail, next, then start and end
        ([word.RUN | 1], 1 + 1 + (2 + 6) + 1 + 1 + 1),
        ([word.CLEAR], 1 + 1 + 2 * 2 + 1),
        ([word.dump(word.DUMP_V, 3)], 1 + 1 + (1 + 2 * 3) + 1),
    ],
)
def test_cycles_by_hand(words, cycles):
    from neuromorph.fpga.shape import SpikingShape

    core = SpikingModel(SpikingShape(lane_bits=1, unit_bits=2, row_bits=3))
    core.write("ROWS", 2)
    core.transfer(np.array(words, np.uint32))
    assert core.read("CYCLES") == cycles


def test_a_bad_word_is_told():
    program, _ = case(2)
    core = SpikingModel(program.need)
    core.write("SLOTS", program.slots)
    core.transfer(program.load_words(0))
    for words in ([word.RUN], [word.LOAD | 5], [word.LOAD, 4, 1], [word.SPIKE | 1 << 29]):
        core.write("CONTROL", 1)
        assert core.read("STATUS") & 2 == 0
        assert core.transfer(np.array(words, np.uint32))[-1] >> 30 == 3
        assert core.read("STATUS") & 2


def test_other_synapses_and_drives_are_refused():
    import neuromorph as nm

    network = nm.Network(
        populations=(
            nm.Population(name="in", n=1, cell=nm.Source()),
            nm.Population(name="a", n=1, cell=nm.LIF(tau_m=1e-2, v_th=1.0, v_reset=0.0)),
        ),
        projections=(
            nm.Projection(source="in", target="a", weights=[[1.0]],
                          synapse=nm.Exponential(tau=5e-3)),
        ),
    )  # fmt: skip
    said = nm.FPGAModel().refusal(network)
    assert said == "projection in->a.basal: Exponential synapses are not supported here; Delta are"
