"""The driver through stock pynq on the simulated RTL: one code path for board and simulation."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from neuromorph.fpga import rtl

pynq = pytest.importorskip("pynq", reason="pynq is not installed: pip install 'neuromorph[pynq]'")
if rtl.missing_tool() is not None:
    pytest.skip(str(rtl.missing_tool()), allow_module_level=True)

import frame_case  # noqa: E402
from spiking_case import DT, STEPS, case  # noqa: E402

import neuromorph as nm  # noqa: E402
from neuromorph.backends.fpga import load  # noqa: E402
from neuromorph.backends.frame_core import frame_program  # noqa: E402
from neuromorph.cooperative.plan import plan  # noqa: E402
from neuromorph.cooperative.quantisation import Quantised  # noqa: E402
from neuromorph.fpga import word  # noqa: E402
from neuromorph.fpga.driver import Board, BoardError  # noqa: E402
from neuromorph.fpga.frame_model import FrameModel  # noqa: E402
from neuromorph.fpga.frame_program import frame_words  # noqa: E402
from neuromorph.fpga.frame_shape import FrameShape  # noqa: E402
from neuromorph.fpga.model import SpikingModel  # noqa: E402
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
        FrameShape(unit_bits=7, synapse_bits=12, segment_bits=5, row_bits=7, table=True,
                   memory=True), limit=200_000
    )
    bit = write_design(tmp_path, top="neuromorph_cooperative")
    model = FrameModel(device.core.shape)
    model.transfer(program.words)
    with Board(bit, device=device, build=rtl.build_hash(), room=300) as board:
        with pytest.raises(ValueError, match="load a program first"):
            board.predict(x)
        with pytest.raises(ValueError, match="load a program first"):
            board.throughput_test()
        board.load(program)
        timed = board.throughput_test(steps=3, repeats=2)
        model.write("CONTROL", 2)
        model.transfer(frame_words(np.zeros_like(x[:3])))
        assert timed["cycles"] == model.read("CYCLES")
        model.write("CONTROL", 2)
        board.write("CONTROL", 2)
        whole = model.transfer(frame_words(x))[:-1].view(np.int32).reshape(40, -1)
        np.testing.assert_array_equal(board.predict(x), whole)
        assert board.read("EVENTS") == model.read("EVENTS")
        with pytest.raises(ValueError, match="a SpikingShape is needed"):
            board.run(nm.workloads.xor().network, {}, duration=0.01)
    assert whole.shape[1] == sum(layer.tables.shape[1] for layer in layers)
    small = write_design(tmp_path / "small", top="neuromorph_cooperative", length_bits=10)
    with Board(small, device=device) as board:
        assert program.words.size > board.most == 255  # cut within loads, frames in several runs
        board.load(program)
        np.testing.assert_array_equal(board.predict(x), whole)
        x_words = frame_words(np.tile(x, (10, 1)))
        with pytest.raises(BoardError, match="send fewer frames at once"):
            board.transfer(x_words)


@pytest.mark.parametrize("make", [nm.workloads.xor, nm.workloads.hopfield.loop,
                                  nm.workloads.cooperative_xor, nm.workloads.can])  # fmt: skip
def test_the_same_three_lines_deploy_each_network(make):
    work = make()
    board = nm.Pynq(board="sim", quantised=work.quantised)
    name = list(work.stimuli)[2]
    result = nm.run(work.network, work.stimuli[name], backend=board, duration=work.duration)
    model = nm.run(work.network, work.stimuli[name], duration=work.duration,
                   backend=nm.FPGAModel(quantised=work.quantised))  # fmt: skip
    assert work.readout.answer(result) == work.targets[name]
    assert result.counts.cycles == model.counts.cycles
    for population, frames in model.frames.items():
        np.testing.assert_array_equal(result.frames[population], frames)
    for population, spikes in model.spikes.items():
        np.testing.assert_array_equal(result.spikes[population].time, spikes.time)


def test_chosen_outputs_reach_a_deployed_network():
    """32 lanes, the read-out alone given back: the model's numbers and clocks, fewer than whole."""
    work, cycles = nm.workloads.can(), {}
    for outputs in ((), ("class",)):
        chosen = {"quantised": work.quantised, "lanes": 32, "outputs": outputs}
        model = nm.run(work.network, work.stimuli["dos"], backend=nm.FPGAModel(**chosen))
        deployed = nm.Pynq(board="sim", **chosen).deploy(work.network, work.stimuli["dos"],
                                                         duration=None, dt=None)  # fmt: skip
        with deployed.board as board:
            assert board.shape.lanes == 32
            board.write("CONTROL", 2)
            (answer,) = deployed.once()
            cycles[outputs] = board.read("CYCLES")
        assert cycles[outputs] == model.counts.cycles
        one = 2.0**work.quantised.fraction
        np.testing.assert_array_equal(answer[0, -4:], model.frames["class"][0, 0] * one)
        assert answer.shape == (1, 4 if outputs else 100)
    assert cycles[()] == cycles["class",] + 2 * 96


def test_a_deployed_network_runs_again_and_again(tmp_path):
    """As a measurement needs it, for frames too: each time the same outputs."""
    work = nm.workloads.cooperative_xor()
    deployed = nm.Pynq(board="sim").deploy(work.network, work.stimuli["10"], duration=None, dt=None)
    with deployed.board:
        first, again = deployed.once(), deployed.once()
        np.testing.assert_array_equal(first, again)
        # in units of 2**-12: gates 1 and 0, their sum
        assert np.asarray(first).ravel().tolist() == [4096, 0, 4096]


def test_a_remote_process_serves_the_board(tmp_path):
    """The same driver over gRPC on loopback, through pynq's RemoteDevice: server and client are
    processes of their own, since pynq keeps the clocks of one device for a whole process."""
    here = Path(__file__).parent
    place = str(Path(nm.__file__).resolve().parents[1])
    given = {"env": {**os.environ, "PYTHONPATH": os.pathsep.join((place, *sys.path))},
             "stdout": subprocess.PIPE, "text": True}  # fmt: skip
    bit = write_design(tmp_path, top="neuromorph_cooperative")
    with subprocess.Popen([sys.executable, str(here / "remote_server.py")],
                          stdin=subprocess.PIPE, **given) as server:  # fmt: skip
        port = server.stdout.readline().strip()
        client = subprocess.run([sys.executable, str(here / "remote_client.py"), port, str(bit)],
                                check=False, timeout=300, **given)  # fmt: skip
        server.stdin.close()
    assert client.returncode == 0
    name, answers, cycles, watts = client.stdout.split("\n")[:4]
    assert (name, answers) == ("SIM-ZCU104", "0 4096 4096 0")
    assert float(watts) == 2.125, "the file of the rail INT on the server"
    program = frame_program(plan(nm.workloads.cooperative_xor().network), Quantised(), 2)
    shape = FrameShape(unit_bits=7, synapse_bits=12, segment_bits=5, row_bits=7, table=True,
                       memory=True)  # fmt: skip
    model = FrameModel(shape)
    model.transfer(program.words)
    model.write("CONTROL", 2)
    for a, b in ((0, 0), (0, 1), (1, 0), (1, 1)):
        model.transfer(frame_words(np.array([[a * 4096, b * 4096]])))
    assert int(cycles) == model.read("CYCLES")


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


def test_packets_beyond_the_dma_go_in_parts(device, tmp_path):
    """A DMA of 1,023 bytes at once, 255 words, gives the spikes of a large one."""
    program, _ = case(3)
    network, stimulus = program.grid.network, {"in": nm.Poisson(rate=1500.0)}
    assert program.load_words(3).size > 255
    bit = write_design(tmp_path, length_bits=10)
    with Board(bit, device=device) as board:
        assert board.most == 255
        deployed = board.deploy(network, stimulus, duration=STEPS * DT, seed=3)
        board.write("CONTROL", 2)
        got = deployed.run.spikes(deployed.once(clear=False))
        model = nm.run(network, stimulus, duration=STEPS * DT, seed=3, backend="fpga-model")
        np.testing.assert_array_equal(got["a"].time, model.spikes["a"].time)
        np.testing.assert_array_equal(got["a"].index, model.spikes["a"].index)
        core = SpikingModel(ROOMY)  # more packets take more clocks: the model on the same ones
        load(core, deployed.run.program, 3, None)
        for words in deployed.packets:
            core.transfer(words)
        assert len(deployed.packets) > 1
        assert board.read("CYCLES") == core.read("CYCLES") > model.counts.cycles
        with pytest.raises(BoardError, match="0 bytes came, 4 to 1020 are allowed by the DMA"):
            board.transfer(np.zeros(0, np.uint32))


def test_the_context_frees_the_buffers(device, bit):
    before = set(device.buffers)
    with Board(bit, device=device) as board:
        board.transfer(np.array([word.RUN | 1], np.uint32))
        assert len(set(device.buffers) - before) == 2
        board.transfer(np.full(5000, word.CONTROL, np.uint32))  # grows the one to send from
        assert len(set(device.buffers) - before) == 2
    assert set(device.buffers) == before
    board.close()  # a second time changes nothing


def test_a_clock_that_stands_still_is_not_reached(device, bit):
    with Board(bit, device=device) as board:
        board.clock(False)
        with pytest.raises(RuntimeError, match="an access to 0xA0000000 would hang a board"):
            board.core.read(0)
        for access in (lambda: board.read("ID"), lambda: board.write("ROWS", 1),
                       lambda: board.transfer(np.array([word.RUN | 1], np.uint32))):  # fmt: skip
            with pytest.raises(BoardError, match="the clock of the logic stands still"):
                access()
        board.clock(True)
        assert board.read("ID") == 0x4E4D5350
        board.clock(False)
    assert device._read(0xA0000000) == 0x4E4D5350  # closing lets it run again


def test_a_network_that_does_not_fit_is_refused(device, bit):
    work = nm.workloads.xor()
    board = Board(bit, device=device)
    with pytest.raises(ValueError, match="does not fit the core: slot_bits"):
        board.run(work.network, work.stimuli["10"], duration=0.01, dt=1e-5)


def test_wrong_bitstreams_are_refused(device, tmp_path):
    with pytest.raises(BoardError, match=r"is not there: name NAME\.bit"):
        Board(tmp_path / "none.bit", device=device)
    with pytest.raises(BoardError, match="for part xczu3eg-sbva484-1-e, the board has xczu7ev"):
        Board(write_design(tmp_path / "a", part="xczu3eg-sbva484-1-e"), device=device)
    with pytest.raises(BoardError, match="no IP of type neuromorph_spiking"):
        Board(write_design(tmp_path / "b", top="something"), device=device)
    with pytest.raises(BoardError, match="was built from other RTL sources"):
        Board(write_design(tmp_path / "c"), device=device, build=1)


def test_the_backend_of_a_board_refuses_the_bitstream_of_another(tmp_path):
    work = nm.workloads.xor()
    there = nm.Pynq(board="zcu102", bitstream=str(write_design(tmp_path)))
    with pytest.raises(BoardError, match="for part xczu7ev-ffvc1156-2-e, the board has xczu9eg"):
        nm.run(work.network, work.stimuli["10"], duration=0.01, backend=there)


@pytest.mark.parametrize(("version", "said"), [(0x10000, "1.0"), (0x2FFFF, ""), (0x30000, "3.0")])
def test_a_core_of_another_version_is_refused(device, bit, monkeypatch, version, said):
    read = device.core.read_word
    monkeypatch.setattr(device.core, "read_word", lambda at: version if at == 4 else read(at))
    if said:
        with pytest.raises(BoardError, match=f"interface version {said} came, 2.0 or a later"):
            Board(bit, device=device)
    else:
        Board(bit, device=device).close()


def test_a_foreign_core_is_refused(device, bit, monkeypatch):
    monkeypatch.setattr(device.core, "read_word", lambda offset: 0xDEADBEEF)
    with pytest.raises(BoardError, match="ID 0xDEADBEEF came"):
        Board(bit, device=device)
