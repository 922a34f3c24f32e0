"""Masks taught apart from the task: targets by counting, gradients by differences, and effect."""

import numpy as np
import pytest

from neuromorph.cooperative import FrameData, Objective, Penalty, Schedule, evaluate, towers, train
from neuromorph.cooperative.gating import (
    Consensus,
    FireTogether,
    activity,
    foretold,
    masked,
    most_active,
)
from neuromorph.cooperative.plan import plan
from neuromorph.cooperative.propagation import Costs, backward, forward
from neuromorph.cooperative.subnetwork import open_share, subnetwork, undecided

SIZES = {"hidden": (12, 10), "n_audio": 9, "n_video": 7, "n_out": 4, "own_lines": 3}


def made(seed=0, **more):
    return towers(**{**SIZES, **more}, seed=seed)


def data(n=400, seed=0):
    rng = np.random.default_rng(seed)
    audio, video = rng.normal(size=(n, 1, 9)), rng.normal(size=(n, 1, 7))
    target = (audio[:, :, :4] + 0.5 * video[:, :, :4] > 0).astype(np.float32)
    return FrameData(inputs={"audio": audio, "video": video}, targets={"mask": target})


def by_counting(row, mass):
    order = sorted(range(len(row)), key=lambda i: -row[i])
    chosen, held = set(), 0.0
    for i in order:
        if held >= mass * sum(row) * (1 - 1e-9):
            break
        chosen.add(i)
        held += row[i]
    return [i in chosen for i in range(len(row))]


@pytest.mark.parametrize("mass", [0.3, 0.9, 1.0])
def test_most_active_by_counting(mass):
    rng = np.random.default_rng(3)
    a = np.maximum(rng.normal(size=(40, 17)), 0.0)
    a[0] = 0.0
    expected = np.array([by_counting(list(row), mass) for row in a])
    assert np.array_equal(most_active(a, mass), expected)
    assert not most_active(a, mass)[0].any()


def taped(seed=4):
    rng = np.random.default_rng(seed)
    laid = plan(made())
    inputs = {"audio": rng.normal(size=(1, 6, 9)), "video": rng.normal(size=(1, 6, 7))}
    return laid, inputs, forward(laid, inputs)


def own_loss(laid, inputs, targets):
    """The masks' binary cross entropy, each layer's inputs held (the loss stops there)."""
    tape, total = forward(laid, inputs), 0.0
    for layer in masked(laid):
        m = 1.0 + tape.c[0][layer.number]
        total += float(np.mean(np.log1p(np.exp(-m)) + (1.0 - targets[layer.number]) * m))
    return total


def test_gradient_of_the_first_masks_is_the_central_difference():
    """First layers' lines move nothing else than their own mask's loss (and the next layer's
    inputs, from which the loss is held off): checked on the parameters of the second layers."""
    laid, inputs, tape = taped()
    teacher = FireTogether(mass=0.8)
    targets = {x.number: most_active(activity(x, tape, 0), 0.8) for x in masked(laid)}
    slopes = laid.like(np.zeros_like(laid.vector))
    teacher.pull(laid, tape, 1.0, slopes)
    last = [laid.number(name) for name in ("audio2", "video2")]
    spots = []
    for k, projection in enumerate(laid.network.projections):
        if laid.number(projection.target) in last and projection.port != "basal":
            spots.append(laid.spans[str(k), "weight"])
        if projection.target in ("audio2_lines", "video2_lines"):
            spots.append(laid.spans[str(k), "weight"])
    assert len(spots) == 4
    for span in spots:
        for place in range(span.start, span.stop, 3):
            old, step = laid.vector[place], 1e-6
            laid.vector[place] = old + step
            up = own_loss(laid, inputs, targets)
            laid.vector[place] = old - step
            down = own_loss(laid, inputs, targets)
            laid.vector[place] = old
            want = (up - down) / (2 * step)
            assert slopes.vector[place] == pytest.approx(want, rel=1e-4, abs=1e-8)


def test_the_task_does_not_reach_the_masks():
    laid, _, tape = taped()
    costs = Costs(fire=[{}], open=[{x.number: np.ones(6) for x in masked(laid)}])
    number = laid.number("mask")
    for teacher, reaches in ((FireTogether(), False), (Consensus(), True)):
        slopes = laid.like(np.zeros_like(laid.vector))
        pull = [{number: np.ones_like(tape.y[0][number])}]
        backward(teacher.task(laid, costs), tape, pull, slopes, costs)
        mine = [laid.spans[str(k), "weight"] for k, p in enumerate(laid.network.projections)
                if p.port != "basal" or p.target.endswith("_lines")]  # fmt: skip
        moved = any(slopes.vector[span].any() for span in mine)
        assert moved is reaches
        assert slopes.vector.any()
    assert costs.open == [{}]


def trained(teacher, epochs=25, **more):
    return train(made(**more), data(), objectives=[Objective(population="mask", weight=4.0)],
                 schedule=Schedule(epochs=epochs, batch=50), teacher=teacher,
                 penalty=Penalty())  # fmt: skip


def test_masks_learn_who_fires():
    found = {}
    for mass in (0.6, 0.95):
        net = trained(FireTogether(mass=mass)).network
        laid = plan(net)
        test = data(seed=9)
        tape = forward(laid, {k: v.swapaxes(0, 1) for k, v in test.inputs.items()})
        wanted, right = foretold(laid, tape, mass)
        done = evaluate(net, test)
        gates = np.mean([done.activity[x.name].open for x in masked(laid)])
        found[mass] = gates
        chance = max(wanted, 1 - wanted)
        assert right > chance + 0.03
        assert gates == pytest.approx(wanted, abs=0.12)  # the budget is known beforehand
    assert found[0.6] < found[0.95]


def test_consensus_keeps_the_share_asked_for_and_loses_nothing_when_cut():
    sizes = {}
    for keep in (0.3, 0.7):
        net = trained(Consensus(keep=keep), epochs=40).network
        shares = open_share(net, data())
        small = subnetwork(net, shares)
        sizes[keep] = sum(p.n for p in small.populations if p.name[-1] in "12")
        assert sizes[keep] / 44 == pytest.approx(keep, abs=0.15)
        assert undecided(shares) < 0.2
        assert not any(p.port != "basal" for p in small.projections)
        assert {p.name for p in small.populations} == {
            "audio", "video", "audio1", "audio2", "video1", "video2", "mask"
        }  # fmt: skip
    assert sizes[0.3] < sizes[0.7]


def test_a_cut_network_says_the_same_where_gates_are_one_for_all():
    """Gates of constants: the subnetwork's outputs are those of the gated one."""
    from dataclasses import replace

    net = made()
    fixed = []
    rng = np.random.default_rng(6)
    for p in net.populations:
        if getattr(p.cell, "transfer", "") == "mask":
            shut = np.where(rng.random(p.n) < 0.4, -500.0, 500.0)
            p = replace(p, cell=replace(p.cell, context_bias=shut))
        fixed.append(p)
    net = replace(net, populations=tuple(fixed))
    small = subnetwork(net, open_share(net, data()))
    np.testing.assert_allclose(
        evaluate(small, data(), precision="float64").output,
        evaluate(net, data(), precision="float64").output, atol=1e-10,
    )  # fmt: skip
    assert undecided(open_share(net, data())) == 0.0


def test_refusals():
    with pytest.raises(ValueError, match=r"FireTogether: mass 0\.0 and weight"):
        FireTogether(mass=0.0)
    with pytest.raises(ValueError, match=r"Consensus.keep: 1.0 came"):
        Consensus(keep=1.0)
    with pytest.raises(ValueError, match=r"Consensus.ramp: -1 came"):
        Consensus(ramp=-1)
    net = made()
    none = {p.name: np.zeros(p.n) for p in net.populations}
    with pytest.raises(ValueError, match="no unit of population 'audio1' is open"):
        subnetwork(net, none)
