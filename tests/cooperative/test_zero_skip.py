"""The skipping machine against whole matrices: same outputs, fewer products, exactly counted."""

import numpy as np
import pytest

from neuromorph.cooperative.architecture import context_net, towers
from neuromorph.cooperative.event_count import count_events
from neuromorph.cooperative.plan import plan
from neuromorph.cooperative.propagation import forward
from neuromorph.cooperative.zero_skip import SkippingMachine

SIZES = {"n_audio": 9, "n_video": 6, "n_out": 3}
NETWORKS = [
    context_net("m2h", hidden=(17, 12), memory=3, **SIZES),
    context_net("hard_glu", hidden=(17, 12), **SIZES),
    context_net("m3", hidden=(17, 12), **SIZES),
    towers(hidden=(11, 7), own_lines=3, theta=0.4, **SIZES),
]


@pytest.mark.parametrize("network", NETWORKS, ids=lambda n: n.name)
def test_same_outputs_and_the_counted_products(network):
    laid = plan(network)
    for layer in laid.layers:
        if layer.skipping:
            layer.context_bias[::2] -= 2.0  # half of the units are closed most of the time
    rng = np.random.default_rng(2)
    inputs = {"audio": rng.normal(size=(8, 9)), "video": rng.normal(size=(8, 6))}
    tape = forward(laid, {name: value[:, None] for name, value in inputs.items()})
    machine = SkippingMachine(laid)
    outputs, _ = machine.run(inputs)
    for number, population in enumerate(network.populations):
        whole = np.concatenate([frame[number] for frame in tape.y])
        np.testing.assert_allclose(outputs[population.name], whole, rtol=1e-12, atol=1e-12)
    assert np.array_equal(SkippingMachine(laid).read(inputs, "mask"), outputs["mask"])
    counted = count_events(laid, tape)
    assert machine.products == pytest.approx(counted.events * 8)
    assert machine.effective_macs == pytest.approx(counted.zero_skipped * 8)
    assert machine.products <= machine.effective_macs < counted.dense * 8


def test_two_halves_are_the_whole():
    laid = plan(NETWORKS[0])
    rng = np.random.default_rng(4)
    inputs = {"audio": rng.normal(size=(6, 9)), "video": rng.normal(size=(6, 6))}
    whole, _ = SkippingMachine(laid).run(inputs)
    machine = SkippingMachine(laid)
    first, end = machine.run({name: value[:3] for name, value in inputs.items()})
    second, _ = machine.run({name: value[3:] for name, value in inputs.items()}, end)
    joined = np.concatenate([first["mask"], second["mask"]])
    assert joined.tobytes() == np.ascontiguousarray(whole["mask"]).tobytes()
