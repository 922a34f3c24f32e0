import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuromorph.workloads.can_bus import (
    CLASSES,
    Frames,
    IntervalRule,
    features,
    generate,
    read_frames,
    write_frames,
)
from neuromorph.workloads.can_bus.feature import LEVELS, N_FEATURE
from neuromorph.workloads.can_bus.traffic import messages


def test_regular_traffic_keeps_its_periods():
    frames, windows = generate(20.0, attacks=0, seed=3)
    assert not windows
    assert not frames.label.any()
    for message in messages():
        time = frames.time[frames.identifier == message.identifier]
        assert np.median(np.diff(time)) == pytest.approx(message.period, rel=0.05)
        data = frames.data[frames.identifier == message.identifier].astype(int)
        assert ((data[:, :7].sum(axis=1) + message.identifier) % 256 == data[:, 7]).all()


def test_attacks_lie_in_their_windows_and_are_what_they_say():
    frames, windows = generate(30.0, attacks=12, seed=2)
    assert [w.kind for w in windows[:3]] == ["dos", "fuzzing", "spoofing"]
    own = {m.identifier for m in messages()}
    for window in windows:
        inside = (frames.time >= window.start - 0.02) & (
            frames.time <= window.start + window.seconds + 0.02)  # fmt: skip
        kind = CLASSES.index(window.kind)
        assert (inside & (frames.label == kind)).sum() > 5
        others = (frames.label > 0) & (frames.label != kind)
        assert not (others & inside).any()
    assert (frames.identifier[frames.label == 1] == 0).all()
    assert set(frames.identifier[frames.label == 3].tolist()) <= own
    again, _ = generate(30.0, attacks=12, seed=2)
    np.testing.assert_array_equal(again.data, frames.data)


def test_a_silenced_message_leaves_identifier_and_interval_as_they_were():
    frames, windows = generate(60.0, attacks=18, seed=4)
    rule = IntervalRule.learned(generate(30.0, attacks=0, seed=9)[0])
    said = rule.attacks(frames)
    spoofed = [w for w in windows if w.kind == "spoofing"]
    for number, window in enumerate(spoofed):
        inside = ((frames.time >= window.start) & (frames.time < window.start + window.seconds)
                  & (frames.label == 3))  # fmt: skip
        assert (said[inside].mean() < 0.1) == (number % 2 == 1)


def test_features_by_hand():
    frames = Frames(
        time=np.array([0.0, 0.001, 0.006]), identifier=np.array([0x5A, 0x7FF, 0x5A]),
        data=np.array([[1] * 8, [0] * 8, [3] * 8], np.uint8), length=np.full(3, 8),
        label=np.zeros(3, np.int64),
    )  # fmt: skip
    x = features(frames)
    assert x.shape == (3, N_FEATURE)
    assert set(np.unique(x)) == {0.0, 1.0}
    np.testing.assert_array_equal(features(frames, low=-1.0), 2 * x - 1)
    assert [int(v > 0) for v in x[0, :11]] == [int(c) for c in f"{0x5A:011b}"]
    assert (x[2, 75:139] > 0).sum() == 8  # 1 -> 3 changes one bit of each byte
    assert (x[2, 139 : 139 + len(LEVELS)] > 0).sum() == sum(level <= 0.006 for level in LEVELS)
    assert [int(v > 0) for v in x[:, -1]] == [1, 1, 0]


@settings(deadline=None, derandomize=True, max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 0x7FF), st.integers(0, 8), st.integers(0, 3)),
                min_size=1, max_size=20))  # fmt: skip
def test_files_round_trip(tmp_path_factory, rows):
    rng = np.random.default_rng(1)
    identifier, length, label = (np.array(c, np.int64) for c in zip(*rows, strict=True))
    data = rng.integers(0, 256, (len(rows), 8)).astype(np.uint8)
    data[np.arange(8)[None] >= length[:, None]] = 0
    frames = Frames(time=np.arange(len(rows)) * 1e-3, identifier=identifier, data=data,
                    length=length, label=label)  # fmt: skip
    path = write_frames(tmp_path_factory.mktemp("can") / "drive.csv", frames)
    again = read_frames(path, attack="fuzzing")
    np.testing.assert_array_equal(again.data, data)
    np.testing.assert_array_equal(again.identifier, identifier)
    np.testing.assert_array_equal(again.length, length)
    np.testing.assert_array_equal(again.label, np.where(label > 0, 2, 0))


def test_a_line_of_the_real_format(tmp_path):
    path = tmp_path / "DoS_dataset.csv"
    path.write_text("1478198376.389427,0316,8,05,21,68,09,21,21,00,6f,R\n"
                    "1478198376.389636,0000,8,00,00,00,00,00,00,00,00,T\n"
                    "1478198376.389864,05f0,2,01,00,R\n")  # fmt: skip
    frames = read_frames(path, attack="dos")
    assert frames.identifier.tolist() == [0x316, 0, 0x5F0]
    assert frames.length.tolist() == [8, 8, 2]
    assert frames.label.tolist() == [0, 1, 0]
    assert frames.data[0].tolist() == [0x05, 0x21, 0x68, 0x09, 0x21, 0x21, 0, 0x6F]


BAD = ("1.0,0316,8,05,21,R", "1.0,0316", "x,0316,0,R", "1.0,0fff,0,R", "1.0,0316,1,1ff,R",
       "1.0,0316,1,05,Q", "nan,0316,0,R")  # fmt: skip


@pytest.mark.parametrize("line", BAD)
def test_a_line_that_is_no_frame_is_named(tmp_path, line):
    path = tmp_path / "bad.csv"
    path.write_text("1.0,0316,1,05,R\n" + line + "\n")
    with pytest.raises(ValueError, match=r"bad.csv:2: .* came, 'time,ID,DLC"):
        read_frames(path)


def test_bad_requests(tmp_path):
    with pytest.raises(ValueError, match="attack: 'replay' came"):
        read_frames(tmp_path / "x", attack="replay")
    with pytest.raises(ValueError, match=r"generate: 0\.5 s and 3 attacks came"):
        generate(0.5, attacks=3)
