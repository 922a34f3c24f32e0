"""The driver through stock pynq on the simulated RTL: one code path for board and simulation."""

import subprocess
import sys

import numpy as np
import pytest

from neuromorph.fpga import rtl

pynq = pytest.importorskip("pynq", reason="pynq is not installed: pip install 'neuromorph[pynq]'")
if rtl.missing_tool() is not None:
    pytest.skip(str(rtl.missing_tool()), allow_module_level=True)

import frame_case  # noqa: E402
from spiking_case import DT, STEPS, case  # noqa: E402

import neuromorph as nm  # noqa: E402
from neuromorph.fpga import word  # noqa: E402
from neuromorph.fpga.driver import Board, BoardError  # noqa: E402
from neuromorph.fpga.frame_model import FrameModel  # noqa: E402
from neuromorph.fpga.frame_program import frame_words  # noqa: E402
from neuromorph.fpga.frame_shape import FrameShape  # noqa: E402
from neuromorph.fpga.shape import SpikingShape  # noqa: E402
from neuromorph.fpga.simulator import simulated_device, write_design  # noqa: E402

pytestmark = pytest.mark.slow
ROOMY = SpikingShape(unit_bits=5, synapse_bits=9, slot_bits=6, segment_bits=7, row_bits=6)


@pytest.fixture(scope="module")
def device():
    return simulated_device(ROOMY, limit=200_000)


@pytest.fixture
def bit(tmp_path):
    return write_design(tmp_path)


def test_spikes_cycles_and_words_equal_the_model(device, bit):
    program, _ = case(3)
    stimulus = {
        "in": nm.Poisson(rate=1500.0),
        "a.basal": nm.Current(time=[0.0, 4e-3, 7e-3], value=[0.0, 0.8, -0.1]),
    }
    network = program.grid.network
    with Board(bit, device=device, build=rtl.build_hash()) as board:
        assert board.shape == ROOMY
        got = board.run(network, stimulus, duration=STEPS * DT, seed=3)
        model = nm.run(network, stimulus, duration=STEPS * DT, seed=3, backend="fpga-model")
        for name, spikes in model.spikes.items():
            np.testing.assert_array_equal(got[name].time, spikes.time)
            np.testing.assert_array_equal(got[name].index, spikes.index)
        assert model.spikes["a"].time.size > 20
        assert board.read("CYCLES") == model.counts.cycles
        assert int(board.core.register_map.ID) == 0x4E4D5350
        assert int(board.core.register_map.SHAPE.UNIT_BITS) == 5
        timed = board.throughput_test(steps=50, repeats=2)
        assert timed["cycles_per_second"] == pytest.approx(timed["cycles"] / timed["seconds"])
        assert timed["cycles"] >= 50 * (board.read("ROWS") + 8) + 3


def test_the_backend_is_the_same_run():
    work = nm.workloads.xor()
    board = nm.run(work.network, work.stimuli["10"], duration=0.05, seed=1, backend="pynq")
    model = nm.run(work.network, work.stimuli["10"], duration=0.05, seed=1, backend="fpga-model")
    np.testing.assert_array_equal(board.spikes["out"].time, model.spikes["out"].time)
    assert board.counts.cycles == model.counts.cycles


def test_the_cooperative_core_behind_the_same_driver(tmp_path):
    _, layers, _, program, x = frame_case.case(9, n_frame=40)
    device = simulated_device(
        FrameShape(unit_bits=7, synapse_bits=12, segment_bits=5, row_bits=7), limit=200_000
    )
    bit = write_design(tmp_path, top="neuromorph_cooperative")
    model = FrameModel(device.core.shape)
    model.transfer(program.words)
    with Board(bit, device=device, build=rtl.build_hash(), room=300) as board:
        with pytest.raises(ValueError, match="load a program first"):
            board.predict(x)
        board.load(program)
        whole = model.transfer(frame_words(x))[:-1].view(np.int32).reshape(40, -1)
        np.testing.assert_array_equal(board.predict(x), whole)
        assert board.read("EVENTS") == model.read("EVENTS")
        with pytest.raises(ValueError, match="a SpikingShape is needed"):
            board.run(nm.workloads.xor().network, {}, duration=0.01)
    assert whole.shape[1] == sum(layer.tables.shape[1] for layer in layers)


def test_a_missing_last_times_out_and_the_core_goes_on(bit):
    device = simulated_device(ROOMY, limit=5000, drop_last=True)
    board = Board(bit, device=device, timeout=0.2)
    with pytest.raises(BoardError, match=r"receive of 1 words: not done in 0.2 s; .*'BUSY': 1"):
        board.transfer(np.array([word.RUN | 1], np.uint32))
    device.drop_last = False
    assert board.status()["BUSY"] == 0
    assert board.transfer(np.array([word.RUN | 1], np.uint32)).tolist() == [word.CONTROL | 1]


def test_an_answer_larger_than_the_buffer_is_an_error(device, bit):
    board = Board(bit, device=device, room=4)
    with pytest.raises(BoardError, match="the DMA tells of an error"):
        board.transfer(np.array([word.dump(0, 16)], np.uint32))
    assert board.transfer(np.array([word.RUN | 1], np.uint32)).size == 1


def test_packets_beyond_the_dma_are_refused(device, bit):
    board = Board(bit, device=device)
    with pytest.raises(BoardError, match="1 to 8388607 are allowed"):
        board.transfer(np.zeros(1 << 22, np.uint32))


def test_a_network_that_does_not_fit_is_refused(device, bit):
    work = nm.workloads.xor()
    board = Board(bit, device=device)
    with pytest.raises(ValueError, match="does not fit the core: slot_bits"):
        board.run(work.network, work.stimuli["10"], duration=0.01, dt=1e-5)


def test_wrong_bitstreams_are_refused(device, tmp_path):
    with pytest.raises(BoardError, match="is not there: build it with vivado"):
        Board(tmp_path / "none.bit", device=device)
    with pytest.raises(BoardError, match="for part xczu3eg-sbva484-1-e, the board has xczu7ev"):
        Board(write_design(tmp_path / "a", part="xczu3eg-sbva484-1-e"), device=device)
    with pytest.raises(BoardError, match="no IP of type neuromorph_spiking"):
        Board(write_design(tmp_path / "b", top="something"), device=device)
    with pytest.raises(BoardError, match="was built from other RTL sources"):
        Board(write_design(tmp_path / "c"), device=device, build=1)


def test_a_foreign_core_is_refused(device, bit, monkeypatch):
    monkeypatch.setattr(device.core, "read_word", lambda offset: 0xDEADBEEF)
    with pytest.raises(BoardError, match="ID 0xDEADBEEF came"):
        Board(bit, device=device)


@pytest.mark.parametrize("module", ["driver", "power"])
def test_imports_need_numpy_and_pynq_alone(module):
    code = (
        f"import sys, neuromorph.fpga.{module}\n"
        "bad = {'numba', 'scipy', 'brian2', 'matplotlib', 'click', 'rich'} & set(sys.modules)\n"
        "sys.exit(', '.join(bad) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
