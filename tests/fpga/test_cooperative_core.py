"""The cooperative core: its model against unbounded integers, its Verilog against the model."""

import shutil
import subprocess

import cooperative_core
import four_states
import numpy as np
import pytest
from frame_case import TANH, attention, case

from neuromorph import _res
from neuromorph.fpga import rtl, word
from neuromorph.fpga.frame_model import CLIPPED, COOPERATIVE_ID, POINT, FrameModel
from neuromorph.fpga.frame_program import FrameLayer, FrameWire, compile_frames, frame_words
from neuromorph.fpga.frame_shape import FrameShape

REASON = rtl.missing_tool()
needs_tools = pytest.mark.skipif(REASON is not None, reason=str(REASON))
RTL = _res.root() / "fpga" / "rtl"
COUNTERS = ("CYCLES", "EVENTS", "SKIPPED", "SPIKES", "UPDATES", "STEP")


def roomy(bits=8, lane_bits=2, replicas=1, softmax=False):
    return FrameShape(bits=bits, lane_bits=lane_bits, unit_bits=7,
                      synapse_bits=max(12, 9 + lane_bits), segment_bits=5, row_bits=7,
                      replicas=replicas, table=True, memory=True, softmax=softmax)  # fmt: skip


def chosen(rows, layers, outputs):
    """Pick from the outputs of all layers those that a program gives back."""
    ends = np.cumsum([0, *(x.tables.shape[1] for x in layers)])
    places = {x.name: np.arange(ends[k], ends[k + 1]) for k, x in enumerate(layers)}
    return np.array(rows)[:, np.concatenate([places[name] for name in outputs])]


@pytest.mark.parametrize(("bits", "options"), [(8, 0), (8, 1), (4, 2), (2, 3), (1, 0)])
def test_the_model_is_the_unbounded_integers(bits, options):
    core = FrameModel(roomy(bits))
    core.write("OPTIONS", options)
    for seed in range(24):
        sources, layers, f, program, x = case(seed, bits=bits, corner=seed % 4 == 3)
        core.transfer(program.words)
        core.write("CONTROL", 2)
        got = core.transfer(frame_words(x))[:-1].view(np.int32).reshape(len(x), -1)
        expected, (done, skipped) = cooperative_core.run(
            sources, layers, f, x, no_context=bool(options & 1), dense=bool(options & 2),
            tanh=TANH.tolist(),
        )  # fmt: skip
        expected = chosen(expected, layers, program.outputs)
        np.testing.assert_array_equal(got, expected)
        assert (core.read("EVENTS"), core.read("SKIPPED")) == (done, skipped)


@pytest.mark.parametrize("bits", [8, 2, 1])
def test_the_softmax_is_that_of_unbounded_integers(bits):
    core, told = FrameModel(roomy(bits, softmax=True)), set()
    for seed in range(40):
        sources, layers, f, program, x = attention(seed, bits=bits)
        core.transfer(program.words)
        core.write("CONTROL", 2)
        got = core.transfer(frame_words(x))[:-1].view(np.int32).reshape(len(x), -1)
        expected, (done, skipped) = cooperative_core.run(sources, layers, f, x)
        np.testing.assert_array_equal(got, expected)
        assert (core.read("EVENTS"), core.read("SKIPPED")) == (done, skipped)
        assert core.read("SPIKES") == np.count_nonzero(got)
        told |= set(got[:, : layers[0].tables.shape[1]].ravel().tolist())
    assert len(told) > 60, "shares between 0 and 1"


@needs_tools
@pytest.mark.slow
@pytest.mark.parametrize(("bits", "lane_bits"), [(8, 2), (2, 3), (1, 0)])
def test_the_softmax_in_verilog_is_that_of_the_model(bits, lane_bits):
    shape = roomy(bits, lane_bits, softmax=True)
    for gaps in ((0.0, 0.0), (0.5, 0.9)):
        core = rtl.FrameRTLCore(shape, source_gap=gaps[0], sink_gap=gaps[1], limit=10_000_000)
        assert core.shape == shape
        ours = FrameModel(shape)
        for seed in range(40):
            make = case if seed % 5 == 4 else attention
            _, _, _, program, x = make(seed, bits=bits, lane_bits=lane_bits, n_frame=5)
            for words in (program.words, frame_words(x), frame_words(x)[1:]):
                np.testing.assert_array_equal(core.transfer(words), ours.transfer(words))
            for name in COUNTERS:
                assert core.read(name) == ours.read(name), (name, seed)
        assert core.read("STATUS") == 0


def test_a_core_without_softmax_says_so():
    need = attention(0)[3].need
    assert need.softmax
    assert "needs a softmax" in roomy().holds(need)
    assert roomy(softmax=True).holds(need) is None


@needs_tools
@pytest.mark.slow
@pytest.mark.parametrize(("bits", "lane_bits", "replicas"), [(8, 2, 2), (2, 3, 1), (4, 1, 1),
                                                             (1, 0, 1), (2, 5, 1)])  # fmt: skip
def test_the_verilog_is_the_model(bits, lane_bits, replicas):
    shape = roomy(bits, lane_bits, replicas)
    for gaps in ((0.0, 0.0), (0.5, 0.5), (0.0, 0.9)):
        core = rtl.FrameRTLCore(shape, source_gap=gaps[0], sink_gap=gaps[1], limit=10_000_000)
        assert core.shape == shape
        core.write("ACTIVE", replicas)
        ours = FrameModel(shape)
        for seed in range(24 if lane_bits < 5 else 6):  # 32 lanes take their time to simulate
            _, _, _, program, x = case(seed, bits=bits, lane_bits=lane_bits, n_frame=8,
                                       corner=seed % 4 == 3)  # fmt: skip
            for side in (core, ours):
                side.write("OPTIONS", seed // 3 & 3)
            for words in (program.words, frame_words(x), frame_words(x)[1:]):
                np.testing.assert_array_equal(core.transfer(words), ours.transfer(words))
            for name in COUNTERS:
                assert core.read(name) == ours.read(name), (name, seed)
        assert core.read("STATUS") == 0, "no bad word and no replica that differs"
        assert (core.read("STALL_OUT") > 0) == (gaps[1] > 0)
        assert ours.read("SKIPPED") > 1000


@needs_tools
@pytest.mark.slow
def test_thousands_of_frames_and_resets_in_mid_flight():
    shape = roomy()
    core, ours = rtl.FrameRTLCore(shape, limit=10_000_000), FrameModel(shape)
    _, _, _, program, x = case(7, n_frame=2000)
    for side in (core, ours):
        side.transfer(program.words)
    whole = ours.transfer(frame_words(x))
    np.testing.assert_array_equal(core.transfer(frame_words(x)), whole)
    few = frame_words(x[:20])
    whole = ours.transfer(few)
    for cut in (1, 40, 333, 1234):
        _, ended = core.stream(few, limit=cut)
        assert not ended
        core.write("CONTROL", 1)
        assert core.read("STATUS") == 0
        np.testing.assert_array_equal(core.transfer(few)[:-1], whole[:-1])
    assert core.read("ID") == COOPERATIVE_ID
    assert core.read("BUILD") == rtl.build_hash()


@needs_tools
@pytest.mark.slow
def test_a_row_may_leave_out_more_than_sixteen_bits_count():
    """2,100 inputs to 32 lanes: a row of zeros leaves 67,200 products out in one clock."""
    rng = np.random.default_rng(3)
    layer = FrameLayer(
        name="y", code=POINT, skips=False, gate=CLIPPED, shift=0, top=32767,
        tables=rng.integers(-9, 9, (4, 32)) * [[1], [0], [0], [0]],
        wires=(FrameWire(source="x", lag=False, context=False, shift=np.full(32, 3),
                         weight=rng.integers(-1, 2, (2100, 32))),),
    )  # fmt: skip
    program = compile_frames({"x": 2100}, (layer,), fraction=8, bits=2, lane_bits=5)
    x = np.zeros((2, 2100), np.int64)
    x[1, ::1000] = 77
    core, ours = rtl.FrameRTLCore(program.need, limit=10_000_000), FrameModel(program.need)
    for side in (core, ours):
        side.transfer(program.words)
        side.write("CONTROL", 2)
    np.testing.assert_array_equal(core.transfer(frame_words(x)), ours.transfer(frame_words(x)))
    assert core.read("SKIPPED") == ours.read("SKIPPED") == 32 * (2 * 2100 - 3)
    assert core.read("CYCLES") == ours.read("CYCLES")


@needs_tools
@pytest.mark.slow
def test_faults_are_told_and_do_not_hang():
    core = rtl.FrameRTLCore(roomy(), limit=20_000)
    _, _, _, program, x = case(1)
    for words in ([word.RUN], [word.LOAD | 5], [word.LOAD, 4, 1], [5], [word.RUN | 2, 1]):
        core.write("CONTROL", 1)
        core.transfer(program.words)
        answer, ended = core.stream(np.array(words, np.uint32))
        assert ended
        assert answer[-1] >> 30 == 3
        assert core.read("STATUS") & 2
    core.write("CONTROL", 4 | 1)
    _, ended = core.stream(frame_words(x), limit=2000)
    assert not ended, "a held core takes no words"


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="iverilog is not on PATH")
@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(k, marks=pytest.mark.slow) for k in range(1, 7))]
)
def test_no_unknowns_in_four_states(tmp_path, seed):
    """What comes back is known and equals the model: all transfers, switches and lane counts."""
    bits, lane_bits, options = (8, 4, 2, 1)[seed % 4], seed % 4, seed & 3
    shape = roomy(bits, lane_bits, 1 + seed % 2)
    _, _, _, program, x = case(seed, bits=bits, lane_bits=lane_bits)
    ours = FrameModel(shape)
    ours.write("OPTIONS", options)
    packets = [program.words, frame_words(x), frame_words(x[:1]), frame_words(x)[1:]]
    expected = [word for w in packets for word in ours.transfer(w).tolist()]
    got, cycles = four_states.play(
        tmp_path, packets, {**shape.parameters, "OPTIONS": options}, cooperative=True
    )
    assert got == expected
    assert cycles == ours.read("CYCLES")


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="iverilog is not on PATH")
@pytest.mark.parametrize("seed", [1, *(pytest.param(k, marks=pytest.mark.slow) for k in (2, 3, 4))])
def test_no_unknowns_in_the_softmax(tmp_path, seed):
    shape = roomy(8, seed % 4, softmax=True)
    _, _, _, program, x = attention(seed, lane_bits=seed % 4)
    ours = FrameModel(shape)
    packets = [program.words, frame_words(x), frame_words(x)[1:]]
    expected = [word for w in packets for word in ours.transfer(w).tolist()]
    got, cycles = four_states.play(
        tmp_path, packets, {**shape.parameters, "OPTIONS": 0}, cooperative=True
    )
    assert got == expected
    assert cycles == ours.read("CYCLES")


@pytest.mark.skipif(shutil.which("verilator") is None, reason="verilator is not on PATH")
@pytest.mark.parametrize("options", [
    (), ("-GBITS=2", "-GLANE_BITS=3"), ("-GBITS=1", "-GLANE_BITS=0"), ("-GBITS=4", "-GREPLICAS=3"),
    ("-GTABLE=1",), ("-GMEMORY=1", "-GBITS=1"), ("-GSOFTMAX=1",),
    ("-GTABLE=1", "-GMEMORY=1", "-GSOFTMAX=1", "-GLANE_BITS=3"), ("-GLANE_BITS=5",),
])  # fmt: skip
def test_lint_is_clean(options):
    done = subprocess.run(
        ["verilator", "--lint-only", "-Wall", "-I.", *options, "neuromorph_cooperative.v"],
        cwd=RTL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
