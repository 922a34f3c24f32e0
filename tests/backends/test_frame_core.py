"""Frame-based networks on the cooperative core, through the door."""

import numpy as np
import pytest

import neuromorph as nm
from neuromorph.cooperative import context_net
from neuromorph.cooperative.quantisation import Quantised
from neuromorph.fpga import rtl


def net(transfer, **more):
    return context_net(transfer, hidden=(24, 16), n_audio=10, n_video=8, n_out=4, **more)


def stimulus():
    rng = np.random.default_rng(0)
    names = [p.name for p in net("m2h").populations if isinstance(p.cell, nm.Source)]
    sizes = {p.name: p.n for p in net("m2h").populations}
    return {n: nm.Frames(value=np.maximum(rng.normal(size=(3, 5, sizes[n])), 0)) for n in names}


@pytest.mark.parametrize("memory", [0, 3])
@pytest.mark.parametrize("transfer", ["m2", "m3", "m2h", "hard_glu", "coop", "additive", "mask"])
def test_the_core_computes_what_the_integer_emulator_computes(transfer, memory):
    network = net(transfer, memory=memory)
    widths = Quantised(weight_bits=8)
    core = nm.run(network, stimulus(), backend=nm.FPGAModel(quantised=widths))
    ours = nm.run(network, stimulus(), backend=nm.Numba(quantised=widths))
    for name, frames in ours.frames.items():
        np.testing.assert_array_equal(core.frames[name], frames)
    assert core.counts.transmissions == ours.counts.transmissions
    assert core.counts.effective_macs >= core.counts.transmissions > 0
    assert core.provenance.device_seconds == core.counts.cycles / 200e6


def test_switches_of_the_run():
    network = net("m2h")
    plain = nm.run(network, stimulus(), backend="fpga-model")
    dense = nm.run(network, stimulus(), backend=nm.FPGAModel(dense=True))
    off = nm.run(network, stimulus(), backend=nm.FPGAModel(no_context=True))
    for name, frames in plain.frames.items():
        np.testing.assert_array_equal(dense.frames[name], frames)
    assert dense.counts.cycles > plain.counts.cycles
    assert any(not np.array_equal(off.frames[n], plain.frames[n]) for n in plain.frames)


def test_fewer_outputs_are_fewer_clocks():
    network = net("m3", memory=2)
    whole = nm.run(network, stimulus(), backend="fpga-model")
    part = nm.run(network, stimulus(), backend=nm.FPGAModel(outputs=("mask",)))
    assert set(part.frames) == {"audio", "video", "mask"}
    np.testing.assert_array_equal(part.frames["mask"], whole.frames["mask"])
    others = sum(p.n for p in network.populations if p.name not in part.frames)
    assert part.counts.cycles == whole.counts.cycles - 15 * 2 * others
    assert part.counts.activation_sparsity == whole.counts.activation_sparsity
    said = nm.FPGAModel(outputs=("nobody",)).refusal(network)
    assert said.startswith("outputs: 'nobody' came, computed populations are allowed: ")


def test_refusals_say_why():
    assert nm.supports(net("m2h"))["fpga-model"] == "yes"
    assert "m4" in nm.supports(net("m4"))["fpga-model"]
    wide = nm.FPGAModel(lanes=16).refusal(nm.workloads.xor().network)
    assert wide == "lanes: 16 came, at most 8 are allowed on the spiking core"
    start = nm.run(net("m2h"), stimulus(), backend="fpga-model").state
    with pytest.raises(ValueError, match="record or start came"):
        nm.run(net("m2h"), stimulus(), backend="fpga-model", start=start)


@pytest.mark.slow
@pytest.mark.skipif(rtl.missing_tool() is not None, reason=str(rtl.missing_tool()))
def test_the_verilog_through_the_same_door():
    network = net("m3", memory=3)
    model = nm.run(network, stimulus(), backend="fpga-model")
    verilog = nm.run(network, stimulus(), backend="fpga-rtl")
    for name, frames in model.frames.items():
        np.testing.assert_array_equal(verilog.frames[name], frames)
    assert verilog.counts.cycles == model.counts.cycles
