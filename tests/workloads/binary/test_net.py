import numpy as np
import pytest

import neuromorph as nm
from neuromorph.cooperative.quantisation import Quantised
from neuromorph.workloads.binary.estimator import ESTIMATORS
from neuromorph.workloads.binary.net import BinaryNet, deployed
from neuromorph.workloads.binary.study import binary_study, in_integers
from neuromorph.workloads.binary.training import train_binary
from neuromorph.workloads.glyph import nearest, noisy_glyphs


@pytest.mark.parametrize("name", ["STE", "ReSTE, o to 3"])
def test_the_gradient_is_that_of_the_relaxed_net(name):
    """Where f stands in for sign, backward is exact: central differences agree."""
    estimator, o = ESTIMATORS[name], 1.7
    rng = np.random.default_rng(2)
    net = BinaryNet.drawn((6, 5, 4, 3), seed=1)
    x, pull = rng.normal(size=(7, 6)), rng.normal(size=(7, 3))
    scales = [np.abs(w).mean() for w in net.weights]

    def loss(weights, biases):
        """The net with its scales held."""
        y = x
        for number, (w, b, a) in enumerate(zip(weights, biases, scales, strict=True)):
            u = y @ (a * estimator.value(w / a, o)) + b
            y = u if number == 2 else estimator.value(u, o)
        return float(np.sum(y * pull))

    inputs, sums = net.forward(x, estimator, o)
    dw, db = net.backward(inputs, sums, pull, estimator, o, relaxed=True)
    h = 1e-6
    for number in range(3):
        for place in [(0, 0), (2, 1), (3, 2)]:
            moved = [[np.array(w) for w in net.weights] for _ in range(2)]
            moved[0][number][place] += h
            moved[1][number][place] -= h
            numeric = (loss(moved[0], net.biases) - loss(moved[1], net.biases)) / (2 * h)
            assert dw[number][place] == pytest.approx(numeric, rel=1e-5, abs=1e-8)
        shifted = [[np.array(b) for b in net.biases] for _ in range(2)]
        shifted[0][number][1] += h
        shifted[1][number][1] -= h
        numeric = (loss(net.weights, shifted[0]) - loss(net.weights, shifted[1])) / (2 * h)
        assert db[number][1] == pytest.approx(numeric, rel=1e-5, abs=1e-8)


@pytest.fixture(scope="module")
def trained():
    seen, digit = noisy_glyphs(2500, seed=1)
    net = BinaryNet.drawn((35, 48, 48, 10), seed=1)
    return train_binary(net, 2 * seen - 1, digit, ESTIMATORS["ReSTE, o to 2"], epochs=8)


def test_it_learns_and_no_more_than_is_possible(trained):
    held, digit = noisy_glyphs(2000, seed=5)
    right = np.mean(trained.net.answers(2 * held - 1) == digit)
    best = np.mean(nearest(held) == digit)
    assert 0.8 < right <= best + 0.01
    assert trained.loss[-1] < trained.loss[0] / 2
    assert trained.error[-1] < trained.error[0]


def test_the_network_and_its_one_bit_integers_answer_alike(trained):
    held = 2 * noisy_glyphs(400, seed=6)[0] - 1
    answer = trained.net.answers(held)
    other = in_integers(trained.net, held) != answer
    sums = trained.net.forward(held)[1]
    scaled = [u / np.abs(w).mean() for u, w in zip(sums, trained.net.weights, strict=True)]
    closest = np.min([np.abs(u).min(axis=1) for u in scaled[:2]], axis=0)
    assert other.mean() < 0.02
    assert (closest[other] < 2.0**-12).all()  # biases have 12 fraction bits: only such signs flip
    network = deployed(trained.net)
    assert {abs(w) for p in network.projections for w in p.weights.value.tolist()} == {1.0}
    for backend in (nm.Numba(), nm.Numba(quantised=Quantised(weight_bits=1))):
        result = nm.run(network, {"pixels": nm.Frames(value=held[:50, None, :])}, backend=backend)
        got = np.argmax(result.frames["digit"][:, 0], axis=1)
        np.testing.assert_array_equal(got[~other[:50]], answer[:50][~other[:50]])


def test_the_core_computes_the_integers_of_the_emulator(trained):
    held = nm.Frames(value=2 * noisy_glyphs(300, seed=7)[0][:, None, :] - 1)
    network, widths = deployed(trained.net), Quantised(weight_bits=1)
    ours = nm.run(network, {"pixels": held}, backend=nm.Numba(quantised=widths))
    for lanes in (1, 8):
        core = nm.run(network, {"pixels": held},
                      backend=nm.FPGAModel(quantised=widths, lanes=lanes))  # fmt: skip
        for name in ours.frames:
            np.testing.assert_array_equal(core.frames[name], ours.frames[name])
        assert core.counts.cycles > 300 * (35 + 2 * 10)
    assert np.ptp(ours.frames["digit"]) > 0


def test_the_study(trained):
    from neuromorph.sweep import Plan, run_sweep
    from neuromorph.workloads.binary.study import measure

    points = [p.parameters | {"pictures": 1000, "hidden": [24], "epochs": 3}
              for p in binary_study(seeds=1).plan if "6" not in p["estimator"]]  # fmt: skip
    outcomes = run_sweep(Plan(parameters=points, name="binary"), measure)
    (sheet,) = binary_study().sheets(outcomes)
    assert len(sheet.rows) == len(points)
    assert sheet.rows[0][-1] > 0.99
    assert len(binary_study().picture(outcomes).axes) == 3
