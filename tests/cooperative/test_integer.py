"""The integer machine against unbounded Python integers, and its distance to real numbers."""

import math

import integer_layer
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import neuromorph as nm
from neuromorph.cooperative import (
    Objective,
    Quantised,
    Schedule,
    calibrate,
    context_net,
    hit_fa,
    quantise,
    train,
)
from neuromorph.cooperative.frame_data import FrameData
from neuromorph.cooperative.integer import TANH, IntegerMachine, integer_transfer
from neuromorph.cooperative.plan import plan
from neuromorph.cooperative.propagation import forward
from neuromorph.cooperative.quantisation import Rounder, grids
from neuromorph.cooperative.transfer import TABLE


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


@pytest.mark.parametrize(("bits", "per_unit"), [(8, True), (4, True), (2, False), (1, True)])
@pytest.mark.parametrize("transfer", ["additive", "m2", "m2h", "hard_glu", "mask", "coop"])
def test_bit_for_bit_with_unbounded_integers(transfer, bits, per_unit):
    network = single(transfer, seed=bits)
    cell = network.population("a").cell
    fractions = {"x": 11, "z": 12, "a": 10}
    widths = Quantised(
        weight_bits=bits, per_unit=per_unit, fractions=tuple(sorted(fractions.items()))
    )
    machine = IntegerMachine(plan(network), widths)
    rng = np.random.default_rng(9)
    inputs = {"x": rng.normal(0, 3, (20, 5)), "z": rng.normal(0, 2, (20, 3))}
    inputs["x"][rng.random((20, 5)) < 0.4] = 0.0
    got = machine.run(inputs)
    (w, s), (q, t) = (
        quantise(p.weights, bits, per_unit=per_unit) for p in network.projections
    )
    assert (np.unique(s).size == 1) or per_unit
    s, t = (s + fractions["x"] - 12).tolist(), (t + fractions["z"] - 12).tolist()
    words = [[round(float(v) * 4096) for v in getattr(cell, name)]
             for name in ("bias", "context_bias", "theta")]  # fmt: skip
    for frame in range(20):
        x, z = ([int(v) for v in got[name][frame]] for name in ("x", "z"))
        expected = integer_layer.layer(
            x, w.tolist(), s, words[0], z, q.tolist(), t, words[1], words[2], transfer, 12, 10
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
    with pytest.raises(ValueError, match=r"transfer m4 with gate relu6 is not there in integers"):
        nm.run(context_net("m4", hidden=(4,)), {}, backend=nm.Numba(quantised=Quantised()))


@given(st.integers(-(2**15), 2**15), st.integers(-(2**15), 2**15),
       st.floats(-8, 8).filter(lambda b: abs(b) > 0.01))  # fmt: skip
def test_m3_by_table_is_m3(r, c, beta):
    """T = R (1 + tanh(beta R C)) to |R|/512, the rounding of R C and one unit; clip 3."""
    whole = round(beta * 256)
    t = integer_transfer(TABLE["m3"].code, r, c, 12, whole, TANH, 768)
    z = max(-3.0, min(3.0, whole / 256 * (r / 4096) * (c / 4096)))
    exact = r * (1 + math.tanh(z))
    assert abs(t - exact) <= abs(r) * (1 / 512 + abs(whole) / 256 / 2**13) + 1


@pytest.mark.parametrize("transfer", ["m2", "m2h"])
def test_a_memory_moves_once_per_frame_however_many_projections_feed_it(transfer):
    rng = np.random.default_rng(0)
    cell = nm.TwoPoint(transfer=transfer, gate="relu", bias=0.5, decay=0.6)

    def wire(source, n, port):
        return nm.Projection(source=source, target="y", port=port,
                             weights=rng.uniform(-0.5, 1, (n, 4)))  # fmt: skip

    network = nm.Network(
        populations=(nm.Population(name="x", n=3, cell=nm.Source()),
                     nm.Population(name="z", n=2, cell=nm.Source()),
                     nm.Population(name="y", n=4, cell=cell)),
        projections=(wire("x", 3, "basal"), wire("z", 2, "universal"), wire("z", 2, "proximal"),
                     wire("x", 3, "universal")),
    )  # fmt: skip
    stimulus = {n: nm.Frames(value=rng.random((1, 6, k))) for n, k in (("x", 3), ("z", 2))}
    whole, skipping, integers = (
        nm.run(network, stimulus, backend=backend).frames["y"]
        for backend in (nm.Numba(), nm.Numba(zero_skip=True), nm.Numba(quantised=Quantised()))
    )
    np.testing.assert_allclose(skipping, whole, rtol=1e-12)
    assert np.abs(integers - whole).max() < 0.02 * whole.max()


def weights_of(value, **more):
    return nm.Projection(source="x", target="y", weights=value, **more).weights


def error(w, scale, bits):
    """Squared error of rounding to +-(2**(bits-1) - 1) steps of 1/scale, or to +-1 of them."""
    limit = 2 ** (bits - 1) - 1
    q = np.clip(np.rint(w * scale), -limit, limit) if bits > 1 else np.where(w < 0, -1, 1)
    return np.sum((w - q / scale) ** 2)


@pytest.mark.parametrize(("bits", "levels"), [(8, 255), (4, 15), (2, 3), (1, 2)])
def test_each_unit_has_the_scale_of_least_error(bits, levels):
    rng = np.random.default_rng(1)
    w = rng.normal(0, 0.3, (400, 3)) * [1.0, 0.1, 7.0]
    q, shift = quantise(weights_of(w), bits)
    assert np.unique(q).size <= levels
    assert np.abs(q).max() <= max(levels // 2, 1)
    assert np.unique(shift).size == 3
    for j, s in enumerate(shift):
        got = np.sum((w[:, j] - q[:, j] * 2.0**-s) ** 2)
        best = min(error(w[:, j], 2.0**k, bits) for k in range(-8, 20))
        assert got == pytest.approx(best, rel=1e-12)
    _, one = quantise(weights_of(w), bits, per_unit=False)
    assert one.tolist() == [one[0]] * 3


def test_absent_synapses_stay_absent_and_tied_weights_equal():
    w = weights_of(np.random.default_rng(0).normal(size=(6, 4)))
    sparse = sparse_weights(w.toarray(), np.arange(24).reshape(6, 4) % 3 == 0)
    q, shift = quantise(sparse, 1)
    assert np.array_equal(q != 0, np.arange(24).reshape(6, 4) % 3 == 0)
    network = nm.Network(
        populations=(nm.Population(name="x", n=6, cell=nm.Source()),
                     nm.Population(name="y", n=4, cell=nm.Point(gate="linear"))),
        projections=(nm.Projection(source="x", target="y", weights=sparse),),
    )  # fmt: skip
    out = IntegerMachine(plan(network), Quantised(weight_bits=1)).run({"x": np.ones((1, 6))})
    assert out["y"][0].tolist() == [
        int(q[:, j].sum() * 4096 * 2.0 ** -shift[j]) for j in range(4)
    ]
    kernel = np.random.default_rng(2).normal(size=(3, 3, 1, 2)) * [1.0, 30.0]
    tied = nm.convolution(kernel, (5, 4), padding=1)
    q, shift = quantise(tied, 8)
    real = (q * 2.0**-shift)[tied.source, tied.target]
    for number in np.unique(tied.tie):
        assert np.unique(real[tied.tie == number]).size == 1
    assert np.unique(shift).size == 2  # one per output channel


def sparse_weights(dense, there):
    import scipy.sparse

    return weights_of(scipy.sparse.csr_array(np.where(there, dense, 0.0)))


def test_calibration_makes_room_for_the_largest_output():
    """Outputs near 100 do not fit 16 bits with 12 fraction bits (up to 8)."""
    network = nm.Network(
        populations=(nm.Population(name="x", n=2, cell=nm.Source()),
                     nm.Population(name="big", n=1, cell=nm.Point(gate="relu")),
                     nm.Population(name="mask", n=1, cell=nm.Point(gate="linear"))),
        projections=(nm.Projection(source="x", target="big", weights=[[60.0], [40.0]]),
                     nm.Projection(source="big", target="mask", weights=[[0.5]])),
    )  # fmt: skip
    value = np.linspace(0.1, 1, 40).reshape(2, 10, 2)
    data = FrameData(inputs={"x": value}, targets={})
    widths = calibrate(network, data)
    peak = (value @ [60.0, 40.0]).max()
    assert dict(widths.fractions) == {"x": 15, "big": int(np.log2(32767 / peak))}
    real = nm.run(network, {"x": nm.Frames(value=value)}).frames["mask"]
    away = []
    for chosen in (widths, Quantised()):
        out = nm.run(network, {"x": nm.Frames(value=value)}, backend=nm.Numba(quantised=chosen))
        away.append(np.abs(out.frames["mask"] - real).max())
    assert away[0] < 0.01 * peak
    assert away[1] > 0.4 * peak


def test_training_sees_what_the_integers_compute():
    """The rounded forward pass of training against the integer machine: within a few steps."""
    network = context_net("m2h", hidden=(24, 16), n_audio=10, n_video=8, n_out=4)
    rng = np.random.default_rng(0)
    inputs = {"audio": rng.normal(size=(2, 20, 10)), "video": rng.normal(size=(2, 20, 8))}
    data = FrameData(inputs=inputs, targets={})
    for bits in (8, 2):
        widths = calibrate(network, data, Quantised(weight_bits=bits))
        laid = plan(network)
        seen = laid.like(np.empty_like(laid.vector))
        Rounder(laid, widths).write(laid.vector, seen.vector)
        tape = forward(seen, {n: v[0][:, None] for n, v in inputs.items()},
                       grids=grids(network, widths))  # fmt: skip
        trained = np.concatenate([frame[laid.number("mask")] for frame in tape.y])
        machine = IntegerMachine(laid, widths)
        whole = machine.run({n: v[0] for n, v in inputs.items()})
        assert np.abs(machine.real("mask", whole["mask"]) - trained).max() < 0.02


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
            schedule=Schedule(epochs=10, batch=64),
            quantise=None if width is None else Quantised(weight_bits=width),
        ).network  # fmt: skip
        stimulus = {n: nm.Frames(value=v[:60]) for n, v in (("audio", audio), ("video", video))}
        out = nm.run(trained, stimulus, backend=nm.Numba(quantised=Quantised(weight_bits=2)))
        right.append(np.mean((out.frames["mask"] > 0) == (bits[:60] > 0.5)))
    assert right[1] > right[0] + 0.03


def test_eight_bits_cost_a_trained_net_under_one_point():
    """HIT-FA on sequences that neither training nor calibration saw."""
    rng = np.random.default_rng(4)
    audio, video = rng.normal(size=(400, 8, 6)), rng.normal(size=(400, 8, 4))
    bits = np.stack([audio[..., 0] > video[..., 0], audio[..., 1] > 0.3], axis=2) * 1.0
    parts = [
        FrameData(inputs={"audio": audio[s], "video": video[s]}, targets={"mask": bits[s]})
        for s in (slice(0, 250), slice(250, 400))
    ]
    trained = train(
        context_net("m2h", hidden=(16,), n_audio=6, n_video=4, n_out=2, lines=3), parts[0],
        objectives=[Objective(population="mask", weight=4.0)],
        schedule=Schedule(epochs=10, batch=64),
    ).network  # fmt: skip
    stimulus = {name: nm.Frames(value=value) for name, value in parts[1].inputs.items()}
    target = parts[1].targets["mask"]
    real = hit_fa(nm.run(trained, stimulus).frames["mask"], target)
    widths = calibrate(trained, parts[0], Quantised(weight_bits=8))
    whole = nm.run(trained, stimulus, backend=nm.Numba(quantised=widths)).frames["mask"]
    assert real > 0.8  # an untrained net has about 0
    assert abs(hit_fa(whole, target) - real) < 0.01


def test_it_refuses_widths():
    with pytest.raises(ValueError, match="weight_bits 3 and fraction 12 came, 8, 4, 2 or 1"):
        Quantised(weight_bits=3)
    with pytest.raises(ValueError, match="activation_bits: 20 came, 4 to 16"):
        Quantised(activation_bits=20)
    with pytest.raises(ValueError, match=r"fractions: 'nobody' came, populations .* audio, "):
        nm.run(context_net("m2", hidden=(4,)), {},
               backend=nm.Numba(quantised=Quantised(fractions=(("nobody", 3),))))  # fmt: skip
