"""Gradients against central differences; values against plain numpy written from the semantics."""

import numpy as np
import pytest

import neuromorph as nm
from neuromorph.cooperative.architecture import context_net, towers
from neuromorph.cooperative.event_count import count_events, event_costs
from neuromorph.cooperative.frame_data import FrameData, batches, cut
from neuromorph.cooperative.learning import loss_and_slope
from neuromorph.cooperative.objective import Objective
from neuromorph.cooperative.plan import plan, unplan
from neuromorph.cooperative.propagation import backward, forward

SMALL = {"n_audio": 5, "n_video": 4, "n_out": 3}


def small(transfer, **more):
    return context_net(transfer, hidden=(7, 6), summary=4, lines=3, **SMALL, **more)


def convolutional():
    rng = np.random.default_rng(3)
    kernel = rng.normal(size=(3, 3, 1, 2))
    first = nm.convolution(kernel, (5, 4), stride=2, padding=1)
    return nm.Network(
        name="convolutional",
        populations=(
            nm.Population(name="picture", n=20, cell=nm.Source()),
            nm.Population(name="hidden", n=first.shape[1], cell=nm.Point(bias=np.full(12, 0.2))),
            nm.Population(name="mask", n=2, cell=nm.Point(gate="linear")),
        ),
        projections=(
            nm.Projection(source="picture", target="hidden", weights=first),
            nm.Projection(source="hidden", target="mask", weights=rng.normal(size=(12, 2))),
        ),
    )


def one_batch(network, n_frame=4, n_sequence=6):
    rng = np.random.default_rng(1)
    shape = (n_sequence, n_frame)
    inputs = {
        p.name: rng.normal(size=(*shape, p.n))
        for p in network.populations if isinstance(p.cell, nm.Source)
    }  # fmt: skip
    targets = {"mask": (rng.random((*shape, network.population("mask").n)) > 0.5) * 1.0}
    data = FrameData(inputs=inputs, targets=targets)
    return next(batches(cut(data, n_frame), n_sequence, np.float64))


NETWORKS = [
    *(small(name) for name in ("point", "additive", "kp", "m1", "m1a", "m2", "m3", "m4", "silu",
                               "glu", "hard_glu", "m2h")),
    small("coop", gate="linear"),
    small("coop", gate="relu6", seed=2),  # seed 0 has R = 0, a kink of |R|
    small("coop_v", gate="linear"),
    small("pi_coop", gate="half_normal"),
    small("m2", memory=3, decay=0.7),
    towers(hidden=(5, 4), **SMALL),
    convolutional(),
]  # fmt: skip


CASES = [
    *((network, "bce") for network in NETWORKS),
    *((small("m2"), loss) for loss in ("mse", "cross_entropy")),
]


@pytest.mark.parametrize(
    ("network", "loss"), CASES, ids=[f"{n.name}-{len(n.populations)}-{loss}" for n, loss in CASES]
)
def test_gradient_is_the_central_difference(network, loss):
    laid, batch = plan(network), one_batch(network)
    objectives = (Objective(population="mask", loss=loss),)

    def value():
        return loss_and_slope(laid, forward(laid, batch.inputs), batch, objectives)[0]

    tape = forward(laid, batch.inputs)
    slopes = laid.like(np.empty_like(laid.vector))
    backward(laid, tape, loss_and_slope(laid, tape, batch, objectives)[1], slopes)
    w = network.projections[0].weights
    rng = np.random.default_rng(0)
    movable = np.flatnonzero(laid.trainable)
    compared = 0
    for i in rng.choice(movable, min(60, movable.size), replace=False):
        places = [i]
        if w.tie is not None and i < w.shape[0] * w.shape[1]:
            flat = w.source * w.shape[1] + w.target
            places = list(flat[w.tie == w.tie[flat == i]])
        h, old = 1e-6, laid.vector[places].copy()
        laid.vector[places] = old + h
        up = value()
        laid.vector[places] = old - h
        down = value()
        laid.vector[places] = old
        # 1e-9: the difference of two rounded losses, over 2 h
        assert slopes.vector[i] == pytest.approx((up - down) / (2 * h), rel=1e-6, abs=1e-9)
        compared += abs(slopes.vector[i]) > 1e-3  # where rounding hides no error of 1e-6
    assert compared >= 15


def test_values_follow_the_semantics():
    """A recurrent network, frame by frame, in plain numpy: lag, order, memory, gate, dead zone."""
    network = small("m2", memory=3, decay=0.7)
    batch = one_batch(network)
    w = [p.weights.toarray() for p in network.projections]
    names = [(p.source, p.target, p.port) for p in network.projections]
    wire = dict(zip(names, w, strict=True))
    cells = {p.name: p.cell for p in network.populations}
    memory = {1: 0.0, 2: 0.0}
    shared = np.zeros((6, 3))
    tape = forward(plan(network), batch.inputs)
    for k in range(4):
        video, h = batch.inputs["video"][k], batch.inputs["audio"][k]
        u = np.maximum(video @ wire["video", "summary", "basal"], 0)
        z = np.maximum(u @ wire["summary", "lines", "basal"] + 0.1, 0)
        out, source = 0.0, "audio"
        hidden = []
        for layer in (1, 2):
            name = f"hidden{layer}"
            brought = shared @ wire["shared", name, "universal"]
            memory[layer] = 0.7 * memory[layer] + 0.3 * brought
            c = z @ wire["lines", name, "distal"] + memory[layer]
            r = h @ wire[source, name, "basal"]
            h = np.clip(r * (1 + c) - cells[name].theta, 0, 6)
            hidden.append(h)
            source = name
        out = h @ wire["hidden2", "mask", "basal"] + z @ wire["lines", "mask", "basal"]
        collected = sum(
            y @ wire[n, "shared", "basal"]
            for n, y in (("hidden1", hidden[0]), ("hidden2", hidden[1]), ("lines", z))
        )
        shared = np.maximum(collected + 0.1, 0)
        np.testing.assert_allclose(tape.y[k][network.index("mask")], out, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(tape.y[k][network.index("shared")], shared, rtol=1e-12)


def test_events_are_counted_by_hand():
    network = small("m2h")
    laid, batch = plan(network), one_batch(network, n_frame=1)
    laid.layers[2].context_bias[:] = -1.0
    tape = forward(laid, batch.inputs)
    y = {p.name: tape.y[0][i] for i, p in enumerate(network.populations)}
    n = {name: np.count_nonzero(value, axis=1) for name, value in y.items()}
    opened = [
        np.sum(1 + tape.c[0][network.index(f"hidden{i}")] > 0, axis=1) for i in (1, 2)
    ]
    expected = (
        4 * 4 + n["summary"] * 3 + n["lines"] * (7 + 6 + 3)
        + 5 * opened[0] + n["hidden1"] * opened[1] + n["hidden2"] * 3
    )  # fmt: skip
    counted = count_events(laid, tape)
    assert counted.events == pytest.approx(expected.mean())
    assert counted.hidden == pytest.approx((expected - 16 - 5 * opened[0]).mean())
    assert counted.dense == sum(p.weights.n_synapse for p in network.projections)
    assert event_costs(laid, tape, 1.0)[0] == pytest.approx(expected.mean())
    assert 0 < opened[0].mean() < 7


def test_event_penalty_pulls_on_gates_and_thresholds():
    network = small("m2h")
    laid, batch = plan(network), one_batch(network, n_frame=1)
    tape = forward(laid, batch.inputs)
    slopes = laid.like(np.empty_like(laid.vector))
    _, costs = event_costs(laid, tape, 1.0)
    backward(laid, tape, [{}], slopes, costs)
    assert np.all(slopes.layers[2].context_bias > 0)  # one more open unit costs
    assert np.all(slopes.layers[2].constants.theta <= 0)  # a higher threshold saves


def test_plan_round_trip():
    network = small("silu")
    laid = plan(network)
    again = unplan(laid)
    assert [p.weights for p in again.projections] == [p.weights for p in network.projections]
    laid.layers[2].constants.a[:] = 2.5
    assert np.all(unplan(laid).population("hidden1").cell.beta == 2.5)


def test_plan_refuses():
    spiking = nm.Network(
        populations=(nm.Population(name="a", n=1, cell=nm.LIF(tau_m=1e-2, v_th=1, v_reset=0)),)
    )
    with pytest.raises(ValueError, match="it is spiking"):
        plan(spiking)
    with pytest.raises(ValueError, match="learn: 'delay' came, weights, bias"):
        plan(towers(hidden=(2,), **SMALL), learn=["delay"])
