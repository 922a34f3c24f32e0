"""Measured storage, errors and fixed points against what theory says."""

import numpy as np
import pytest

from neuromorph.sweep import Plan, run_sweep
from neuromorph.workloads import hopfield as hf
from neuromorph.workloads.hopfield import law, study
from neuromorph.workloads.hopfield.fixed_point import kinds, support, updates
from neuromorph.workloads.hopfield.storage import (
    CLUSTER,
    half,
    in_integers,
    measure,
    one_update,
    storage,
)


@pytest.mark.parametrize(
    ("alpha", "error"), [(0.105, 0.001), (0.138, 0.0036), (0.185, 0.01), (0.37, 0.05), (0.61, 0.1)]
)
def test_one_step_error_is_the_textbook_table(alpha, error):
    # Hertz, Krogh and Palmer 1991, table 2.1: largest load for a share of unstable bits
    assert law.one_step_error(alpha) == pytest.approx(error, rel=0.06)


def test_one_step_of_the_binary_net_follows_it():
    d, n, flips = 400, 80, 40
    bits = np.mean([storage("binary", n, d, flips, 0.0, 80, s)["bits"] for s in range(3)])
    want = law.one_step_error(n / d, overlap=1 - 2 * flips / d)
    assert 1 - bits == pytest.approx(want, rel=0.05)
    assert 0.02 < want < 0.06


def test_a_cold_modern_net_holds_what_the_nearest_pattern_law_says():
    """One update at beta 4 against the closed form, within three standard errors of a coin."""
    n, d, flips = 400, 16, 2
    got = [storage("modern", n, d, flips, 4.0, 200, s)["one"] for s in range(4)]
    want = law.nearest_success(n, d, flips)
    assert 0.3 < want < 0.6
    assert np.mean(got) == pytest.approx(want, abs=3 * np.sqrt(want * (1 - want) / 800))


def test_the_law_grows_exponentially_and_the_binary_net_does_not():
    sizes = np.array([64, 128, 256, 512])
    held = [law.nearest_capacity(int(d), int(d) // 8) for d in sizes]
    h = -(1 / 8 * np.log2(1 / 8) + 7 / 8 * np.log2(7 / 8))
    slope = np.diff(np.log2(held)) / np.diff(sizes)
    assert slope[-1] == pytest.approx(1 - h, abs=0.01)
    crowded = storage("binary", 40, 128, 16, 0.0, 32, 0)["last"]  # alpha = .31
    roomy = storage("binary", 6, 128, 16, 0.0, 32, 0)["last"]
    assert (roomy, crowded) == (1.0, pytest.approx(0.0, abs=0.1))


def test_one_update_is_exponentially_close():
    found = [one_update(64, 32, 3, beta, 1) for beta in (0.5, 0.7, 0.9)]
    assert all(v["held"] == 1.0 for v in found)
    logs = np.log([v["missed"] for v in found])
    assert np.all(np.diff(logs) < -1.0)  # at least e per 0.2 of beta
    assert np.diff(logs)[1] == pytest.approx(np.diff(logs)[0], rel=0.35)  # a straight line


def test_integers_lose_what_their_width_says():
    eight, four, one = (in_integers("real", b, 1.0, 0)["missed"] for b in (8, 4, 1))
    assert eight < 0.02  # a step of 2**-6 of weights up to 4: errors of 2**-7 / sqrt(3)
    assert eight < four < one
    assert in_integers("signs", 1, 1.0, 0)["found"] == 1.0  # one bit holds -1 and 1
    assert in_integers("real", 0, 1.0, 0)["missed"] < 1e-3
    for outputs in (12, 8):  # a softmax of 8 bits has steps of 1/64
        ours = in_integers("real", 8, 0.5, 0, outputs)
        assert ours["missed"] == pytest.approx(in_integers("real", 0, 0.5, 0)["missed"], abs=1 / 64)


def near(state, x, rng):
    return state + 1e-4 * rng.normal(size=x.shape[1])


@pytest.mark.parametrize("seed", [0, 1])
def test_averages_lose_their_stability_where_the_jacobian_says(seed):
    """Start beside the average of all (of a cluster): it holds below the limit, not above."""
    rng = np.random.default_rng(seed)
    x = hf.clusters(*CLUSTER, seed=seed)
    every = law.global_limit(*CLUSTER)
    for factor, stays in ((0.97, True), (1.03, False)):
        start = near(x.mean(axis=0), x, rng)
        out = updates(hf.modern_net(x, beta=factor * every), start[None], 900)["match"][-1]
        assert (kinds(out) == ["global"]) is stays
    alone = law.cluster_limit(CLUSTER[1], CLUSTER[2])
    for factor, stays in ((0.95, True), (1.05, False)):
        beta = factor * alone
        start = near(x[:3].mean(axis=0), x, rng)
        weights = updates(hf.modern_net(x, beta=beta), start[None], 900)["match"][-1, 0]
        assert bool(np.ptp(weights[:3]) < 0.01) is stays


def test_kinds_and_support():
    even = np.full(12, 1 / 12)
    three = np.array([0.3, 0.3, 0.3] + [0.1 / 9] * 9)
    one = np.array([0.95] + [0.05 / 11] * 11)
    assert kinds(np.array([even, three, one])) == ["global", "metastable", "single"]
    assert list(support(np.array([even, three, one]))) == [11, 3, 1]


def test_clusters_have_the_inner_products_asked_for():
    x = hf.clusters(3, 2, 0.7, -0.1, d=9, seed=5)
    gram = x @ x.T
    np.testing.assert_allclose(np.diag(gram), 1.0, atol=1e-12)
    assert gram[0, 1] == pytest.approx(0.7)
    assert gram[0, 2] == pytest.approx(-0.1)


def test_half():
    assert half([1, 10, 100], [1.0, 0.5, 0.0]) == pytest.approx(10.0)
    assert half([10, 1000], [1.0, 0.0]) == pytest.approx(100.0)
    assert np.isnan(half([1, 2], [0.1, 0.0]))


def test_a_study_goes_on_and_makes_its_sheets(tmp_path):
    rows = [p for p in study.points(True, 1) if p.get("d", 8) <= 32 and p.get("n", 0) <= 64]
    plan = Plan(parameters=rows, name="small")
    run_sweep(plan, measure, folder=tmp_path, first=5, error="raise")
    done = run_sweep(plan, measure, folder=tmp_path, error="raise")
    assert done.reused == 5
    found = {sheet.name: sheet for sheet in study.sheets(done)}
    assert set(found) == {"storage", "error", "fixed-points", "integers"}
    assert len(found["fixed-points"].rows) == len(study.SETTLE_BETAS)
    assert study.draw(done).axes
