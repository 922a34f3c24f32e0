"""Training: it learns, resumes exactly, stops early, keeps what must stay."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

import neuromorph as nm
from neuromorph.cooperative import (
    SGD,
    Adam,
    FrameData,
    Objective,
    Penalty,
    Quantised,
    Schedule,
    context_net,
    evaluate,
    hit_fa,
    kill,
    train,
    with_reconstruction,
)

SIZES = {"n_audio": 6, "n_video": 4, "n_out": 2}
OBJECTIVE = [Objective(population="mask", weight=4.0)]


def net(transfer="m2h", seed=0, **more):
    return context_net(transfer, hidden=(16, 12), summary=6, lines=3, seed=seed, **SIZES, **more)


def task(n, seed):
    """Two bits: is audio 0 above video 0; is the product of audio 1 and video 1 positive."""
    rng = np.random.default_rng(seed)
    audio, video = rng.normal(size=(n, 8, 6)), rng.normal(size=(n, 8, 4))
    bits = np.stack([audio[..., 0] > video[..., 0], audio[..., 1] * video[..., 1] > 0], axis=2)
    return FrameData(inputs={"audio": audio, "video": video}, targets={"mask": bits * 1.0})


DATA, HELD = task(200, 1), task(60, 2)


@pytest.mark.parametrize(
    ("optimiser", "least"), [(Adam(rate=1e-2), 0.7), (SGD(rate=0.2), 0.4)], ids=["adam", "sgd"]
)
def test_it_learns_what_chance_does_not_know(optimiser, least):
    """Descent learns the first bit (0.45 in all); Adam also the product, which is a parity."""
    trained, history = train(
        net(), DATA, objectives=OBJECTIVE, validation=HELD, optimiser=optimiser,
        schedule=Schedule(epochs=40, batch=64),
    )  # fmt: skip
    quality = hit_fa(evaluate(trained, HELD).output, HELD.targets["mask"])
    assert quality > least  # an untrained net has about 0
    assert abs(hit_fa(evaluate(net(), HELD).output, HELD.targets["mask"])) < 0.35
    assert history[-1].validation < 0.8 * history[0].validation
    assert len(history) == 40


def test_penalty_lowers_events_and_thresholds_stay_nonnegative():
    events = []
    for weight in (0.0, 300.0):
        trained = train(net(), DATA, objectives=OBJECTIVE, schedule=Schedule(epochs=6, batch=64),
                        penalty=Penalty(events=weight)).network  # fmt: skip
        events.append(evaluate(trained, HELD).events.events)
        assert np.all(trained.population("hidden1").cell.theta >= 0)
    assert events[1] < 0.7 * events[0]


def test_penalty_on_activity_lowers_the_mean_output():
    means = []
    for weight in (0.0, 0.3):
        trained = train(net(), DATA, objectives=OBJECTIVE, schedule=Schedule(epochs=6, batch=64),
                        penalty=Penalty(activity=weight)).network  # fmt: skip
        means.append(sum(a.mean for a in evaluate(trained, HELD).activity.values()))
    assert means[1] < 0.6 * means[0]


RESUMED = {
    "recurrent": {"schedule": Schedule(epochs=4, batch=64, seed=5)},
    "integers": {
        "schedule": Schedule(epochs=4, batch=64, seed=5, patience=3),
        "quantise": Quantised(weight_bits=4), "optimiser": SGD(rate=0.05),
        "penalty": Penalty(events=1.0, activity=1e-3),
    },
}  # fmt: skip


@pytest.mark.parametrize("how", RESUMED)
def test_interrupted_training_ends_with_the_same_bits(tmp_path, how):
    path = tmp_path / "checkpoint.npz"

    def go(checkpoint=None, progress=None):
        return train(net("m2", memory=2 * (how == "recurrent")), DATA, objectives=OBJECTIVE,
                     validation=HELD, checkpoint=checkpoint, progress=progress,
                     **RESUMED[how])  # fmt: skip

    whole = go()

    def stop(done, total):
        if done > 0.6 * total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        go(path, stop)
    resumed = go(path)
    assert resumed.network == whole.network
    assert [line[:4] for line in resumed.history] == [line[:4] for line in whole.history]
    with pytest.raises(ValueError, match="another network, data, validation set"):
        train(net("m2", memory=2), DATA, objectives=OBJECTIVE, checkpoint=path)


@pytest.mark.parametrize(
    "change", [{"precision": "float64"}, {"validation": task(60, 4)}, {"validation": None}],
    ids=["precision", "validation", "no validation"],
)  # fmt: skip
def test_a_checkpoint_is_of_one_precision_and_validation_set(tmp_path, change):
    path, one = tmp_path / "c.npz", {"schedule": Schedule(epochs=1), "objectives": OBJECTIVE}
    train(net(), DATA, validation=HELD, checkpoint=path, **one)
    with pytest.raises(ValueError, match="of another network, data, validation set, precision"):
        train(net(), DATA, checkpoint=path, **{"validation": HELD, **change}, **one)


@pytest.mark.parametrize("kept", [0, 10, 500, -10])
def test_a_cut_checkpoint_is_named(tmp_path, kept):
    path, one = tmp_path / "c.npz", {"schedule": Schedule(epochs=1), "objectives": OBJECTIVE}
    train(net(), DATA, checkpoint=path, **one)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ValueError, match=r"checkpoint '.*c\.npz': not a whole .*: remove it"):
        train(net(), DATA, checkpoint=path, **one)


def test_patience_keeps_the_best_network():
    trained, history = train(
        net(), task(6, 3), objectives=OBJECTIVE, validation=HELD, optimiser=Adam(rate=5e-2),
        schedule=Schedule(epochs=60, batch=16, patience=2),
    )  # fmt: skip
    losses = [line.validation for line in history]
    assert len(history) < 60
    assert len(losses) - 1 - int(np.argmin(losses)) == 2
    kept = train(trained, HELD, objectives=OBJECTIVE, validation=HELD,
                 optimiser=Adam(rate=1e-12, decay=0.0), schedule=Schedule(epochs=1))  # fmt: skip
    assert kept.history[0].validation == pytest.approx(min(losses), rel=1e-4)


def test_few_labels_with_reconstruction():
    """Labels outside the labelled sequences are never read: turning them round changes nothing."""
    semi = with_reconstruction(net(), ("audio",))
    data = FrameData(
        inputs=DATA.inputs, targets={**DATA.targets, "audio_again": DATA.inputs["audio"]}
    ).few_labels(20, seed=1)
    turned = data.targets["mask"].copy()
    turned[~data.labelled] = 1 - turned[~data.labelled]
    objectives = [
        Objective(population="mask", labelled_only=True),
        Objective(population="audio_again", loss="mse"),
    ]
    one, other = (
        train(semi, d, objectives=objectives, schedule=Schedule(epochs=2, batch=64))
        for d in (data, replace(data, targets={**data.targets, "mask": turned}))
    )
    assert one.network == other.network
    assert one.history[1].loss < one.history[0].loss


def test_killed_units_stay_dead():
    hurt = kill(net(), 0.25, seed=3)
    alive = [p.weights.n_synapse for p in hurt.projections]
    trained = train(hurt, DATA, objectives=OBJECTIVE, schedule=Schedule(epochs=1)).network
    assert [p.weights.n_synapse for p in trained.projections] == alive
    wire = next(p for p in trained.projections if (p.source, p.target) == ("audio", "hidden1"))
    assert np.sum(wire.weights.toarray().any(axis=0)) == 12  # a quarter of 16 is gone
    with pytest.raises(ValueError, match=r"fraction 1\.5 came"):
        kill(net(), 1.5, seed=0)


def test_tied_weights_stay_equal():
    kernel = np.random.default_rng(0).normal(size=(3, 1, 1, 2))
    first = nm.convolution(kernel, (6, 1))
    network = nm.Network(
        populations=(
            nm.Population(name="audio", n=6, cell=nm.Source()),
            nm.Population(name="hidden", n=first.shape[1], cell=nm.Point()),
            nm.Population(name="mask", n=2, cell=nm.Point(gate="linear")),
        ),
        projections=(
            nm.Projection(source="audio", target="hidden", weights=first),
            nm.Projection(source="hidden", target="mask", weights=np.ones((first.shape[1], 2))),
        ),
    )
    data = FrameData(inputs={"audio": DATA.inputs["audio"]}, targets=DATA.targets)
    trained = train(network, data, objectives=OBJECTIVE, schedule=Schedule(epochs=1)).network
    after = trained.projections[0].weights
    values = [set(after.value[after.tie == number]) for number in range(6)]
    assert [len(value) for value in values] == [1] * 6
    assert not np.allclose(after.value, first.value)


def test_it_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match="none came for source 'video'"):
        train(net(), FrameData(inputs={"audio": DATA.inputs["audio"]}, targets=DATA.targets),
              objectives=OBJECTIVE)  # fmt: skip
    with pytest.raises(ValueError, match="no objective came"):
        train(net(), DATA, objectives=[])
    with pytest.raises(ValueError, match=r"loss 'hinge' .* bce, mse"):
        Objective(population="mask", loss="hinge")
    with pytest.raises(ValueError, match="patience 1 came without a validation set"):
        train(net(), DATA, objectives=OBJECTIVE, schedule=Schedule(patience=1))
    with pytest.raises(ValueError, match=r"Schedule\.patience: 0 came, 1 or more"):
        Schedule(patience=0)
    with pytest.raises(ValueError, match=r"Penalty: events -1, .* came, 0 or more"):
        Penalty(events=-1)
    with pytest.raises(ValueError, match=r"few_labels: 300 came, 0 to 200 are allowed"):
        DATA.few_labels(300)
    long = FrameData(
        inputs={k: np.tile(v, (1, 4, 1)) for k, v in DATA.inputs.items()},
        targets={"mask": np.tile(DATA.targets["mask"], (1, 4, 1))},
    )
    with pytest.raises(ValueError, match="validation set of 8 frames came, 20 or more"):
        train(net("m2", memory=2), long, objectives=OBJECTIVE, validation=HELD,
              schedule=Schedule(window=20))  # fmt: skip
    with pytest.raises(ValueError, match="equal n_sequence and n_frame"):
        FrameData(inputs={"a": np.zeros((2, 3, 1))}, targets={"b": np.zeros((2, 4, 1))})
    data = FrameData(inputs=DATA.inputs, targets={"mask": DATA.targets["mask"] * np.nan})
    with pytest.raises(RuntimeError, match="the gradient is not finite"):
        train(net(), data, objectives=OBJECTIVE, schedule=Schedule(epochs=1))


def test_memory_is_bounded_by_the_batch_not_by_the_data(tmp_path):
    """Data on disk, 8 times as much: the peak of what training allocates stays the same."""
    peaks = []
    for n in (1000, 8000):
        arrays = {}
        for name, width in (("audio", 6), ("video", 4), ("mask", 2)):
            path = tmp_path / f"{name}{n}"
            arrays[name] = np.memmap(path, np.float32, "w+", shape=(n, 8, width))
        targets = {"mask": arrays.pop("mask")}
        data = FrameData(inputs=arrays, targets=targets)
        one = {"objectives": OBJECTIVE, "schedule": Schedule(epochs=1, batch=4096)}
        train(net(), data, **one)  # compiled
        tracemalloc.start()
        train(net(), data, checkpoint=tmp_path / f"c{n}.npz", **one)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    order = 8 * 7000 * 8  # bytes of the larger order of the frames
    more = 7 / 8 * sum(value.nbytes for value in (*arrays.values(), *targets.values()))
    allowed = 1.1 * peaks[0] + 2 * order
    assert peaks[1] < allowed < peaks[0] + more  # a copy of the data would not pass
