"""Corrupted streams: what is changed, how much of it, and what is not."""

import numpy as np
import pytest

from neuromorph.cooperative.corruption import NOISE, corrupted, several
from neuromorph.cooperative.frame_data import FrameData

RNG = np.random.default_rng(0)
DATA = FrameData(
    inputs={"audio": RNG.normal(size=(400, 3, 2)), "video": 5.0 + RNG.normal(size=(400, 3, 4))},
    targets={"mask": RNG.random((400, 3, 1))},
)


def test_shares_and_what_happens():
    made = corrupted(DATA, "video", {"missing": 0.2, "shuffled": 0.3, "noisy": 0.1}, seed=1)
    was, now = DATA.inputs["video"], made.inputs["video"]
    whole = np.all(was == now, axis=(1, 2))
    missing = np.all(now == 0, axis=(1, 2))
    owner = {row.tobytes(): i for i, row in enumerate(was)}
    from_whom = [owner.get(row.tobytes(), -1) for row in now]
    shuffled = [i for i, source in enumerate(from_whom) if source not in (-1, i)]
    noisy = [i for i, s in enumerate(from_whom) if s == -1 and not missing[i]]
    four_sigma = 4 * np.sqrt(0.25 / 400)
    for count, share in (
        (whole.sum(), 0.4), (missing.sum(), 0.2), (len(shuffled), 0.3), (len(noisy), 0.1)
    ):  # fmt: skip
        assert count / 400 == pytest.approx(share, abs=four_sigma)
    assert np.std(now[noisy] - was[noisy]) == pytest.approx(NOISE, rel=0.15)
    assert made.inputs["audio"] is DATA.inputs["audio"]
    assert made.targets is DATA.targets


def test_all_of_it_and_nothing_of_it():
    assert np.all(corrupted(DATA, "video", {"missing": 1.0}).inputs["video"] == 0)
    assert np.array_equal(corrupted(DATA, "video", {}).inputs["video"], DATA.inputs["video"])
    turned = corrupted(DATA, "video", {"shuffled": 1.0}).inputs["video"]
    assert not np.any(np.all(turned == DATA.inputs["video"], axis=(1, 2)))  # nobody keeps their own
    assert np.array_equal(np.sort(turned, axis=None), np.sort(DATA.inputs["video"], axis=None))


def test_several_are_corrupted_independently():
    made = several(DATA, "video", 3, {"missing": 0.5}, seed=2)
    assert list(made.inputs) == ["audio", "video1", "video2", "video3"]
    gone = [np.all(made.inputs[f"video{i}"] == 0, axis=(1, 2)) for i in (1, 2, 3)]
    both = np.mean(gone[0] & gone[1])
    assert both == pytest.approx(0.25, abs=4 * np.sqrt(0.25 * 0.75 / 400))


def test_refusals():
    with pytest.raises(ValueError, match=r"source 'touch' .* a source of audio, video"):
        corrupted(DATA, "touch", {})
    with pytest.raises(ValueError, match="shares of missing, shuffled, noisy that sum to 1"):
        corrupted(DATA, "video", {"missing": 0.7, "noisy": 0.6})
