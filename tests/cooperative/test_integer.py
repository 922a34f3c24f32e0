"""The integer machine against unbounded Python integers, and its distance to real numbers."""

import integer_layer
import numpy as np
import pytest

import neuromorph as nm
from neuromorph.cooperative import Objective, Schedule, context_net, train
from neuromorph.cooperative.frame_data import FrameData
from neuromorph.cooperative.integer import IntegerMachine, Quantised, quantise
from neuromorph.cooperative.plan import plan


def single(transfer, seed):
    rng = np.random.default_rng(seed)
    cell = nm.TwoPoint(
        transfer=transfer, bias=rng.normal(size=6), context_bias=rng.normal(-0.5, 1, 6),
        theta=np.abs(rng.normal(0, 0.3, 6)),
    )  # fmt: skip
    return nm.Network(
        populations=(
            nm.Population(name="x", n=5, cell=nm.Source()),
            nm.Population(name="z", n=3, cell=nm.Source()),
            nm.Population(name="a", n=6, cell=cell),
        ),
        projections=(
            nm.Projection(source="x", target="a", weights=rng.normal(size=(5, 6))),
            nm.Projection(source="z", target="a", port="distal", weights=rng.normal(size=(3, 6))),
        ),
    )


@pytest.mark.parametrize("bits", [8, 4, 2, 1])
@pytest.mark.parametrize("transfer", ["additive", "m2", "m2h", "hard_glu", "mask", "coop"])
def test_bit_for_bit_with_unbounded_integers(transfer, bits):
    network = single(transfer, seed=bits)
    cell = network.population("a").cell
    machine = IntegerMachine(plan(network), Quantised(weight_bits=bits))
    rng = np.random.default_rng(9)
    inputs = {"x": rng.normal(0, 3, (20, 5)), "z": rng.normal(0, 2, (20, 3))}
    inputs["x"][rng.random((20, 5)) < 0.4] = 0.0
    got = machine.run(inputs)
    w, s = quantise(network.projections[0].weights.toarray(), bits)
    q, t = quantise(network.projections[1].weights.toarray(), bits)
    if bits >= 4:  # the scale itself, worked out in another way
        scaled = np.abs(network.projections[0].weights.value).max() * 2.0**s
        assert (2 ** (bits - 1) - 1) / 2 < scaled <= 2 ** (bits - 1) - 1
    one = 4096
    words = [[round(float(v) * one) for v in getattr(cell, name)]
             for name in ("bias", "context_bias", "theta")]  # fmt: skip
    for frame in range(20):
        x, z = ([int(v) for v in got[name][frame]] for name in ("x", "z"))
        expected = integer_layer.layer(
            x, w.tolist(), s, words[0], z, q.tolist(), t, words[1], words[2], transfer, 12
        )
        assert got["a"][frame].tolist() == expected
    assert np.abs(got["x"]).max() <= 32768


def test_eight_bits_are_close_and_the_door_agrees():
    network = context_net("m2h", hidden=(24, 16), n_audio=10, n_video=8, n_out=4, memory=2)
    rng = np.random.default_rng(0)
    stimulus = {
        "audio": nm.Frames(value=rng.normal(size=(2, 20, 10))),
        "video": nm.Frames(value=rng.normal(size=(2, 20, 8))),
    }
    real = nm.run(network, stimulus).frames["mask"]
    result = nm.run(network, stimulus, backend=nm.Numba(quantised=Quantised()))
    error = np.abs(result.frames["mask"] - real)
    assert error.mean() < 0.03 * np.abs(real).mean()
    assert np.array_equal(result.frames["mask"] * 4096, np.rint(result.frames["mask"] * 4096))
    assert 0 < result.counts.transmissions < result.counts.dense
    with pytest.raises(ValueError, match=r"transfer m3 with gate relu6 is not there in integers"):
        nm.run(context_net("m3", hidden=(4,)), {}, backend=nm.Numba(quantised=Quantised()))


@pytest.mark.parametrize(("bits", "levels"), [(2, 3), (1, 2)])
def test_few_levels(bits, levels):
    w = np.random.default_rng(1).normal(0, 0.3, 400)
    q, shift = quantise(w, bits)
    assert np.unique(q).size == levels
    best = np.sum((w - q * 2.0**-shift) ** 2)
    for other in (shift - 1, shift + 1):
        edge = np.clip(np.rint(w * 2.0**other), -1, 1) if bits == 2 else np.where(w < 0, -1, 1)
        assert best <= np.sum((w - edge * 2.0**-other) ** 2)


def test_training_for_few_bits_beats_rounding_afterwards():
    rng = np.random.default_rng(3)
    audio, video = rng.normal(size=(300, 8, 6)), rng.normal(size=(300, 8, 4))
    bits = np.stack([audio[..., 0] > video[..., 0], audio[..., 1] > 0.3], axis=2) * 1.0
    data = FrameData(inputs={"audio": audio, "video": video}, targets={"mask": bits})
    network = context_net("m2h", hidden=(16,), n_audio=6, n_video=4, n_out=2, lines=3)
    right = []
    for width in (None, 2):
        trained = train(
            network, data, objectives=[Objective(population="mask", weight=4.0)],
            schedule=Schedule(epochs=10, batch=64), weight_bits=width,
        ).network  # fmt: skip
        stimulus = {n: nm.Frames(value=v[:60]) for n, v in (("audio", audio), ("video", video))}
        out = nm.run(trained, stimulus, backend=nm.Numba(quantised=Quantised(weight_bits=2)))
        right.append(np.mean((out.frames["mask"] > 0) == (bits[:60] > 0.5)))
    assert right[1] > right[0] + 0.03


def test_it_refuses_widths():
    with pytest.raises(ValueError, match="weight_bits 3 and fraction 12 came, 8, 4, 2 or 1"):
        Quantised(weight_bits=3)
