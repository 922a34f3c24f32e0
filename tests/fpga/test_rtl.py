"""The Verilog of the spiking core against the model: every word, every cycle, under stalls."""

import shutil
import subprocess

import four_states
import numpy as np
import pytest
from spiking_case import case

import neuromorph as nm
from neuromorph import _res
from neuromorph.fpga import rtl, word
from neuromorph.fpga.model import SpikingModel
from neuromorph.fpga.packet import state_words
from neuromorph.fpga.shape import SPIKING_ID, SpikingShape

REASON = rtl.missing_tool()
needs_tools = pytest.mark.skipif(REASON is not None, reason=str(REASON))
RTL = _res.root() / "fpga" / "rtl"
COUNTERS = ("CYCLES", "EVENTS", "SKIPPED", "SPIKES", "UPDATES", "STEP")
#: Roomy enough for every case below, so that one build serves all.
ROOMY = SpikingShape(unit_bits=5, synapse_bits=9, slot_bits=4, segment_bits=7, row_bits=6,
                     replicas=2)  # fmt: skip


#: With cells of two units.
TWO_POINT = SpikingShape(unit_bits=6, synapse_bits=10, slot_bits=4, segment_bits=8, row_bits=7,
                         replicas=2, burst=True, context=True)  # fmt: skip


def model(shape, program):
    core = SpikingModel(shape)
    core.write("ROWS", program.rows)
    core.write("SLOTS", program.slots)
    return core


def packets(program, runs, shape, seed):
    return [program.load_words(seed), *(w for _, w in runs), state_words(program, shape.unit_bits)]


@needs_tools
@pytest.mark.slow
@pytest.mark.parametrize(
    "shape",
    [
        ROOMY,
        SpikingShape(bits=8, guard=4, decay_bits=10, sum_bits=14, lane_bits=0, unit_bits=5,
                     synapse_bits=10, slot_bits=4, segment_bits=7, row_bits=6),
        SpikingShape(bits=20, guard=12, decay_bits=20, lane_bits=3, unit_bits=5, synapse_bits=9,
                     slot_bits=4, segment_bits=7, row_bits=6, stochastic=False),
        TWO_POINT,
        SpikingShape(bits=12, guard=8, decay_bits=12, lane_bits=0, unit_bits=6, synapse_bits=10,
                     slot_bits=4, segment_bits=8, row_bits=7, stochastic=False, burst=True),
        SpikingShape(bits=20, guard=12, decay_bits=20, lane_bits=3, unit_bits=6, synapse_bits=10,
                     slot_bits=4, segment_bits=8, row_bits=7, context=True),
    ],
    ids=["16 bit, 4 lanes, 2 replicas", "8 bit, 1 lane", "20 bit, 8 lanes, not stochastic",
         "burst and context, 2 replicas", "burst, 1 lane, not stochastic", "context, 8 lanes"],
)  # fmt: skip
@pytest.mark.parametrize("gaps", [(0.0, 0.0), (0.5, 0.5), (0.0, 0.9)])
def test_equals_the_model(shape, gaps):
    core = rtl.RTLCore(shape, source_gap=gaps[0], sink_gap=gaps[1], limit=10_000_000)
    spikes = 0
    for seed in range(16):
        program, runs = case(seed, bits=shape.bits, guard=shape.guard, lane_bits=shape.lane_bits,
                             decay_bits=shape.decay_bits, stochastic=shape.stochastic,
                             burst=shape.burst, context=shape.context)  # fmt: skip
        ours = model(shape, program)
        core.write("ROWS", program.rows)
        core.write("SLOTS", program.slots)
        core.write("ACTIVE", shape.replicas)
        core.write("CONTROL", 2)
        for words in packets(program, runs, shape, seed):
            np.testing.assert_array_equal(core.transfer(words), ours.transfer(words))
        assert [core.read(c) for c in COUNTERS] == [ours.read(c) for c in COUNTERS]
        assert core.read("STATUS") & 7 == 0
        assert (core.read("STALL_IN") > 0) == (gaps[0] > 0)
        assert (core.read("STALL_OUT") > 0) == (gaps[1] > 0)
        spikes += ours.read("SPIKES")
    assert spikes > 1500


@needs_tools
@pytest.mark.slow
@pytest.mark.parametrize("hard", [False, True], ids=["control register", "aresetn"])
@pytest.mark.parametrize("shape", [ROOMY, TWO_POINT], ids=["LIF", "burst and context"])
def test_reset_in_mid_flight(hard, shape):
    rng = np.random.default_rng(5)
    core = rtl.RTLCore(shape, source_gap=0.1, sink_gap=0.3)
    program, runs = case(3, burst=shape.burst, context=shape.context)
    whole = np.concatenate([w for _, w in runs])
    for _ in range(12):
        core.write("ROWS", program.rows)
        core.write("SLOTS", program.slots)
        core.transfer(program.load_words(3))
        _, ended = core.stream(whole, limit=int(rng.integers(50, 4000)))
        assert not ended
        if hard:
            core.reset()
        else:
            core.write("CONTROL", 3)
        assert core.read("STATUS") & 3 == 0
        core.write("ROWS", program.rows)
        core.write("SLOTS", program.slots)
        core.write("CONTROL", 2)
        ours = model(shape, program)
        for words in packets(program, runs, shape, 3):
            np.testing.assert_array_equal(core.transfer(words), ours.transfer(words))
        assert core.read("CYCLES") == ours.read("CYCLES")


@needs_tools
@pytest.mark.slow
def test_two_halves_on_the_rtl_are_the_whole_on_the_model():
    work = nm.workloads.xor()
    given = work.stimuli["10"]
    whole = nm.run(work.network, given, duration=0.06, seed=3, backend="fpga-model")
    a = nm.run(work.network, given, duration=0.025, seed=3, backend="fpga-rtl")
    b = nm.run(work.network, given, duration=0.035, seed=3, backend="fpga-rtl", start=a.state)
    for name, spikes in whole.spikes.items():
        both = np.concatenate((a.spikes[name].time, b.spikes[name].time))
        np.testing.assert_array_equal(both, spikes.time)
    for name, array in whole.state.arrays.items():
        np.testing.assert_array_equal(b.state.arrays[name], array)
    assert whole.spikes["hidden"].time.size > 3


@needs_tools
@pytest.mark.slow
@pytest.mark.parametrize("make", [nm.workloads.xor, nm.workloads.hopfield.loop,
                                  nm.workloads.cooperative_xor, nm.workloads.can])  # fmt: skip
def test_the_same_three_lines_run_each_network_in_verilog(make):
    work = make()
    name = list(work.stimuli)[2]
    theirs, ours = (
        nm.run(work.network, work.stimuli[name], backend=backend(quantised=work.quantised),
               duration=work.duration, dt=work.dt)
        for backend in (nm.FPGARTL, nm.FPGAModel)
    )  # fmt: skip
    assert work.readout.answer(theirs) == work.targets[name]
    assert theirs.counts.cycles == ours.counts.cycles
    for population, frames in ours.frames.items():
        np.testing.assert_array_equal(theirs.frames[population], frames)
    for population, spikes in ours.spikes.items():
        np.testing.assert_array_equal(theirs.spikes[population].time, spikes.time)
        np.testing.assert_array_equal(theirs.spikes[population].index, spikes.index)


@needs_tools
@pytest.mark.slow
def test_registers_and_faults():
    core = rtl.RTLCore(ROOMY, limit=2000)
    assert core.read("ID") == SPIKING_ID
    assert core.read("BUILD") == rtl.build_hash()
    assert core.shape == ROOMY
    program, _ = case(1)
    core.write("SLOTS", program.slots)
    core.transfer(program.load_words(1))
    for words in ([word.RUN], [word.LOAD | 5], [word.LOAD, 4, 1], [word.SPIKE | 1 << 29]):
        core.write("CONTROL", 1)
        assert core.transfer(np.array(words, np.uint32))[-1] >> 30 == 3
        assert core.read("STATUS") & 2
    core.write("CONTROL", 1)
    # without TLAST there is no end, and the status says that a packet is open
    _, ended = core.stream(np.array([word.RUN | 1], np.uint32), last=False, limit=2000)
    assert not ended
    assert core.read("STATUS") & 1
    core.write("CONTROL", 4 | 1)
    _, ended = core.stream(np.array([word.RUN | 1], np.uint32), limit=2000)
    assert not ended, "a held core takes no words"


@pytest.mark.skipif(shutil.which("verilator") is None, reason="verilator is not on PATH")
@pytest.mark.parametrize("options", [
    (), ("-GSTOCHASTIC=0",), ("-GLANE_BITS=3", "-GREPLICAS=3"), ("-GLANE_BITS=0",),
    ("-GBITS=8", "-GGUARD=4", "-GSUM_BITS=14"), ("-GBURST=1",), ("-GCONTEXT=1", "-GLANE_BITS=0"),
    ("-GBURST=1", "-GCONTEXT=1", "-GSTOCHASTIC=0", "-GLANE_BITS=3"),
])  # fmt: skip
def test_lint_is_clean(options):
    done = subprocess.run(
        ["verilator", "--lint-only", "-Wall", "-I.", *options, "neuromorph_spiking.v"],
        cwd=RTL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("iverilog") is None, reason="iverilog is not on PATH")
@pytest.mark.parametrize("shape", [ROOMY, TWO_POINT], ids=["LIF", "burst and context"])
def test_no_unknowns_in_four_states(tmp_path, shape):
    """What comes back is known and equals the model."""
    program, runs = case(4, burst=shape.burst, context=shape.context)
    ours = model(shape, program)
    given = packets(program, runs, shape, 4)
    expected = [word for words in given for word in ours.transfer(words).tolist()]
    got, cycles = four_states.play(
        tmp_path, given, {**shape.parameters, "ROWS": program.rows, "SLOTS": program.slots}
    )
    assert got == expected
    assert cycles == ours.read("CYCLES")
