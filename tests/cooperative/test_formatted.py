import numpy as np

from neuromorph.cooperative import Adam, Schedule, evaluate, train
from neuromorph.cooperative.formatted import FormatRounder, Formatted
from neuromorph.cooperative.plan import plan
from neuromorph.formats import E4M3, INT4, INT8
from neuromorph.workloads.glyph_net import OBJECTIVES, glyph_data, glyph_net


def test_weights_lie_on_the_grid_and_nothing_else_moves():
    laid = plan(glyph_net((8,), seed=3), dtype=np.float64)
    laid.vector[:] += 0.01
    out = np.empty_like(laid.vector)
    FormatRounder(laid, E4M3).write(laid.vector, out)
    inside = np.zeros(out.size, bool)
    for position in (0, 1):
        span = laid.spans[str(position), "weight"]
        inside[span] = True
        assert np.unique(np.abs(out[span])).size <= 127
        assert np.abs(out[span] - laid.vector[span]).max() < 0.1 * np.abs(laid.vector[span]).max()
    np.testing.assert_array_equal(out[~inside], laid.vector[~inside])


def test_nothing_to_round_is_the_network_itself():
    network, data = glyph_net((8,), seed=1), glyph_data(50)
    plain = evaluate(network, data, readout="digit").output
    same = evaluate(network, data, readout="digit", quantise=Formatted(weights=None)).output
    np.testing.assert_array_equal(plain, same)


def test_eight_bits_are_closer_than_four_and_retraining_helps_four():
    data, test = glyph_data(1000, seed=1), glyph_data(1000, seed=2)
    start = glyph_net((24,), seed=2)
    network = train(start, data, objectives=OBJECTIVES, schedule=Schedule(epochs=6, batch=64),
                    optimiser=Adam(rate=5e-3)).network  # fmt: skip
    held = {n.name: Formatted(weights=n, outputs=n) for n in (INT8, INT4)}
    plain = evaluate(network, test, readout="digit").output
    away = {
        name: np.abs(evaluate(network, test, readout="digit", quantise=h, calibration=data).output
                     - plain).mean()
        for name, h in held.items()
    }  # fmt: skip
    assert away["INT8"] * 6 < away["INT4"]
    loss = []
    for start in (network, train(network, data, objectives=OBJECTIVES, quantise=held["INT4"],
                                 schedule=Schedule(epochs=3, batch=64),
                                 optimiser=Adam(rate=1e-3)).network):  # fmt: skip
        output = evaluate(start, data, readout="digit", quantise=held["INT4"]).output
        shifted = output - output.max(axis=-1, keepdims=True)
        log = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
        loss.append(-float((data.targets["digit"] * log).sum(axis=-1).mean()))
    assert loss[1] < loss[0]
