"""Measures on networks small enough to work out by hand."""

import numpy as np
import pytest

import neuromorph as nm
from neuromorph.cooperative import (
    FrameData,
    accuracy,
    amplification,
    evaluate,
    hit_fa,
    hit_fa_by_snr,
)
from neuromorph.cooperative.event_count import count_events
from neuromorph.cooperative.plan import plan
from neuromorph.cooperative.propagation import Workspace, forward
from neuromorph.cooperative.zero_skip import SkippingMachine


def gated():
    """Two hard-gated units: R = 4 a, -a; C = v, -2 v."""
    return nm.Network(
        populations=(
            nm.Population(name="audio", n=1, cell=nm.Source()),
            nm.Population(name="video", n=1, cell=nm.Source()),
            nm.Population(name="hidden", n=2, cell=nm.TwoPoint(transfer="m2h", gate="relu6")),
            nm.Population(name="mask", n=1, cell=nm.Point(gate="linear")),
        ),
        projections=(
            nm.Projection(source="audio", target="hidden", weights=[[4.0, -1.0]]),
            nm.Projection(source="video", target="hidden", port="distal", weights=[[1.0, -2.0]]),
            nm.Projection(source="hidden", target="mask", weights=[[1.0], [1.0]]),
        ),
    )


def data(audio, video):
    inputs = {"audio": np.array(audio, float), "video": np.array(video, float)}
    return FrameData(
        inputs={name: value.reshape(1, -1, 1) for name, value in inputs.items()}, targets={}
    )


def test_activity_of_each_layer_by_hand():
    """a = 1, 1, -1, 0 and v = 0, 1, 0, 1: outputs (4, 0), (6: held, closed), (0, 1), (0, 0)."""
    done = evaluate(gated(), data([1, 1, -1, 0], [0, 1, 0, 1]))
    hidden = done.activity["hidden"]
    assert hidden.active == pytest.approx(3 / 8)
    assert hidden.mean == pytest.approx((4 + 6 + 1) / 8)
    assert hidden.saturated == pytest.approx(1 / 8)
    assert hidden.open == pytest.approx(6 / 8)  # the second unit is closed where v = 1
    assert done.active == pytest.approx(3 / 8)
    assert list(done.activity) == ["hidden"]  # the read-out is linear
    assert done.output[0, :, 0] == pytest.approx([4, 6, 1, 0])
    # a nonzero audio times open units, a nonzero video times 2, a nonzero hidden output times 1
    assert done.events.events * 4 == pytest.approx((2 + 1 + 2 + 0) + (0 + 2 + 0 + 2) + 3)
    assert done.events.zero_skipped * 4 == pytest.approx(3 * 2 + 2 * 2 + 3)
    assert done.events.dense == 2 + 2 + 2


def test_the_door_counts_the_same_by_the_names_of_neurobench():
    given = data([1, 1, -1, 0], [0, 1, 0, 1])
    frames = {name: nm.Frames(value=value) for name, value in given.inputs.items()}
    result = nm.run(gated(), frames)
    assert (result.counts.effective_macs, result.counts.transmissions) == (13, 12)
    assert result.counts.dense == 24
    # active: 3 audio, 2 video, 3 hidden, 3 read-out of 4 frames x 5 units
    assert result.counts.activation_sparsity == pytest.approx(1 - 11 / 20)
    assert result.energy[0].joules == pytest.approx(12 * 80e-12)


def test_fitting_context_amplifies():
    """R = 4: with C = 0.25 the output is 5, with C = -0.25 it is 3."""
    ratio = amplification(gated(), data([1, 1], [0.25, 0.25]), data([1, 1], [-0.25, -0.25]))
    assert ratio == {"hidden": pytest.approx(5 / 3)}


def test_quality_by_hand():
    target = np.array([1, 1, 1, 1, 0, 0, 0, 0])
    output = np.array([2.0, 1, 1, -1, 3, -1, -1, -1])
    assert accuracy(output, target) == 6 / 8
    assert hit_fa(output, target) == 3 / 4 - 1 / 4


def test_quality_at_each_ratio_by_hand():
    """At -12 dB one of two hits and one of two false alarms; at 0 dB all right."""
    target = np.array([[1, 0], [1, 0], [1, 0]])[..., None]
    output = np.array([[2.0, 3.0], [1.0, -1.0], [-1.0, -2.0]])[..., None]
    got = hit_fa_by_snr(output, target, np.array([-12.0, 0.0, -12.0]))
    assert got == {-12.0: 0.5 - 0.5, 0.0: 1.0}
    assert list(got) == [-12.0, 0.0]
    with pytest.raises(ValueError, match=r"snr of shape \(2,\) came, \(3,\) is allowed"):
        hit_fa_by_snr(output, target, np.zeros(2))


def convolutional():
    first = nm.convolution(np.arange(1.0, 7.0).reshape(2, 1, 1, 3), (4, 1))
    cell = nm.Point(gate="relu")
    return nm.Network(
        populations=(
            nm.Population(name="picture", n=4, cell=nm.Source()),
            nm.Population(name="hidden", n=first.shape[1], cell=cell),
            nm.Population(name="mask", n=1, cell=nm.Point(gate="linear")),
        ),
        projections=(
            nm.Projection(source="picture", target="hidden", weights=first),
            nm.Projection(source="hidden", target="mask", weights=np.ones((9, 1))),
        ),
    )


def test_convolution_is_computed_counted_and_skipped():
    """Kernel of 2 over 4 places, 3 channels; inputs 1, 0, 0, 2 reach 1 and 1 places."""
    laid, value = plan(convolutional()), np.array([[1.0, 0.0, 0.0, 2.0]])
    tape = forward(laid, {"picture": value[None]})
    first, second = np.array([1.0, 2, 3]), np.array([4.0, 5, 6])
    expected = np.concatenate([1 * first, 0 * first, 2 * second])
    np.testing.assert_array_equal(tape.y[0][1][0], expected)
    assert count_events(laid, tape).events == 2 * 3 + 6
    outputs, _ = SkippingMachine(laid).run({"picture": value})
    np.testing.assert_array_equal(outputs["hidden"][0], expected)


def test_a_workspace_is_used_again_and_changes_nothing():
    laid, space = plan(gated()), Workspace()
    for size in (3, 3, 2):  # another size makes room of its own
        audio = np.random.default_rng(size).normal(size=(2, size, 1))
        inputs = {"audio": audio, "video": -audio}
        fresh, used = forward(laid, inputs), forward(laid, inputs, workspace=space)
        for one, other in zip(fresh.y, used.y, strict=True):
            assert all(np.array_equal(one[k], other[k]) for k in one)
    again = forward(laid, inputs, workspace=space)
    assert all(again.y[0][k] is used.y[0][k] for k in (2, 3))
