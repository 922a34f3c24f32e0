"""Loaders of real corpora, on tiny files made in their layouts."""

import struct

import numpy as np
import pytest
from PIL import Image
from scipy.io import wavfile

from neuromorph.av_speech.recording import (
    find_grid,
    find_noises,
    grid_corpus,
    read_audio,
    read_pictures,
)

RATE = 25_000


def sentence(audio, pictures, seed=0, seconds=0.4):
    rng = np.random.default_rng(seed)
    audio.parent.mkdir(parents=True, exist_ok=True)
    tone = np.sin(2 * np.pi * 1000 * np.arange(round(seconds * RATE)) / RATE)
    wavfile.write(audio, RATE, (tone * 8000 + rng.normal(0, 50, tone.size)).astype(np.int16))
    pictures.mkdir(parents=True)
    for number in range(1, 12):
        pixels = np.full((30, 40), 10 * number, np.uint8)
        Image.fromarray(pixels).save(pictures / f"{number}.jpg")


def zenodo(top):
    for name in ("bbaf2n", "lwae8p"):
        sentence(top / "audio_25k" / "s1" / f"{name}.wav", top / "s1" / name)
    return top


def spandh(top):
    sentence(top / "s3" / "audio" / "bbaf2n.wav", top / "s3" / "video" / "bbaf2n")
    return top


def noise_folder(top, chime):
    rng = np.random.default_rng(1)
    folder = top / "data" / "audio" / "16kHz" / "backgrounds" if chime else top
    folder.mkdir(parents=True)
    for place in ("bus", "caf", "ped", "str"):
        name = f"BGD_150203_010_{place.upper()}.CH1.wav" if chime else f"{place}.wav"
        wavfile.write(folder / name, 16_000, rng.normal(0, 1000, 16_000).astype(np.int16))
    return top


@pytest.mark.parametrize(("layout", "chime"), [(zenodo, True), (spandh, False)])
def test_both_layouts(tmp_path, layout, chime):
    grid = layout(tmp_path / "grid")
    noises = noise_folder(tmp_path / "noise", chime)
    found = find_grid(grid)
    assert [r.name for r in found] == (["bbaf2n", "lwae8p"] if layout is zenodo else ["bbaf2n"])
    corpus = grid_corpus(grid, noises, snr=(20.0,), seconds=0.4, box=(2, 26, 5, 35))
    assert corpus.audio.shape == (len(found), 38, 22)
    assert corpus.video.shape == (len(found), 38, 25)
    assert set(corpus.speaker) == {1 if layout is zenodo else 3}
    # 1 kHz lies in one or two bands; there, at +20 dB, the tone is kept
    band = np.argmax(corpus.clean.mean(axis=(0, 1)))
    assert corpus.mask[..., band].all()
    assert corpus.mask[..., -3:].mean() < 0.2
    # brightness grows picture by picture: the first DCT coefficient rises, 24 x 30 pixels
    first = corpus.video[0, :, 0]
    assert np.all(np.diff(first) >= -1e-3)
    assert first[0] == pytest.approx((10 + 10 * 0.3125) / 255 * np.sqrt(24 * 30), rel=0.05)


def test_resampling_keeps_the_tone(tmp_path):
    path = zenodo(tmp_path) / "audio_25k" / "s1" / "bbaf2n.wav"
    sound = read_audio(path, 16_000)
    assert sound.size == 6400
    assert np.argmax(np.abs(np.fft.rfft(sound))) * 16_000 / 6400 == pytest.approx(1000, abs=2.5)


def test_errors_say_what_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no audio_25k/s\*/\*\.wav and no s\*/audio"):
        find_grid(tmp_path)
    grid = spandh(tmp_path / "grid")
    for picture in (grid / "s3" / "video" / "bbaf2n").glob("*.jpg"):
        picture.unlink()
    (grid / "s3" / "video" / "bbaf2n.mpg").write_bytes(b"film")
    with pytest.raises(FileNotFoundError, match=r"speaker 3, bbaf2n: .* out of bbaf2n\.mpg first"):
        find_grid(grid)
    noises = noise_folder(tmp_path / "noise", chime=False)
    (noises / "ped.wav").unlink()
    with pytest.raises(FileNotFoundError, match="none for 'ped'"):
        find_noises(noises)
    with pytest.raises(ValueError, match=r"speakers \[9\] came, none of them"):
        grid_corpus(zenodo(tmp_path / "z"), noises, speakers=[9])


def test_bad_audio_is_named(tmp_path):
    path = zenodo(tmp_path) / "audio_25k" / "s1" / "bbaf2n.wav"
    whole = path.read_bytes()
    path.write_bytes(whole[:20])
    with pytest.raises(ValueError, match=r"bbaf2n\.wav': not a whole wav file"):
        read_audio(path, 16_000)
    wavfile.write(path, 6000, np.ones(100, np.int16))
    with pytest.raises(ValueError, match="6000 Hz came, 8000 Hz or more"):
        read_audio(path, 16_000)
    wavfile.write(path, 16_000, np.zeros(100, np.int16))
    with pytest.raises(ValueError, match="100 samples came, all silent"):
        read_audio(path, 16_000)


@pytest.mark.parametrize("kept", [60, "half", -1])
def test_a_cut_wav_is_refused(tmp_path, kept):
    path = zenodo(tmp_path) / "audio_25k" / "s1" / "bbaf2n.wav"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2 if kept == "half" else kept])
    with pytest.raises(ValueError, match=r"bbaf2n\.wav': not a whole wav file \(.*20000 bytes"):
        read_audio(path, 16_000)


@pytest.mark.parametrize("place", [36, None])
def test_other_chunks_are_no_fault(tmp_path, place):
    """A LIST chunk of 5,000 bytes before or after the data: the same samples."""
    path = zenodo(tmp_path) / "audio_25k" / "s1" / "bbaf2n.wav"
    before, whole = read_audio(path, 16_000), path.read_bytes()
    more = b"LIST" + struct.pack("<I", 5000) + b"INFO" + bytes(4996)
    place = len(whole) if place is None else place
    path.write_bytes(b"RIFF" + struct.pack("<I", len(whole) + len(more) - 8)
                     + whole[8:place] + more + whole[place:])  # fmt: skip
    np.testing.assert_array_equal(read_audio(path, 16_000), before)


def test_bad_pictures_are_named(tmp_path):
    grid, noises = spandh(tmp_path / "grid"), noise_folder(tmp_path / "noise", chime=False)
    folder = grid / "s3" / "video" / "bbaf2n"
    with pytest.raises(ValueError, match=r"bbaf2n': box .* \(2, 40, 0, 40\) came.*\(0, 30"):
        grid_corpus(grid, noises, box=(2, 40, 0, 40))
    Image.fromarray(np.zeros((20, 40), np.uint8)).save(folder / "7.jpg")
    with pytest.raises(ValueError, match=r"7\.jpg': \(20, 40\) pixels came, \(30, 40\) as 1\.jpg"):
        read_pictures(folder)
    (folder / "7.jpg").write_bytes((folder / "6.jpg").read_bytes()[:-30])
    with pytest.raises(ValueError, match=r"7\.jpg': not a whole jpg"):
        read_pictures(folder)


@pytest.mark.parametrize("layout", [zenodo, spandh])
def test_pictures_without_sound_are_named(tmp_path, layout):
    grid = layout(tmp_path)
    sentence(tmp_path / "away.wav", next(grid.glob("s*/**/bbaf2n")).parent / "sgay1a")
    with pytest.raises(FileNotFoundError, match=r"speaker \d, sgay1a: .* but no sgay1a\.wav"):
        find_grid(grid)


def test_a_late_voice_is_named(tmp_path):
    grid, noises = spandh(tmp_path / "grid"), noise_folder(tmp_path / "noise", chime=False)
    late = np.r_[np.zeros(20_000), np.ones(5_000)].astype(np.int16)
    wavfile.write(grid / "s3" / "audio" / "bbaf2n.wav", RATE, late)
    with pytest.raises(ValueError, match=r"speaker 3, bbaf2n: silent in its first 0\.4 s"):
        grid_corpus(grid, noises, seconds=0.4)


def test_sentences_draw_among_the_files_of_a_place(tmp_path):
    """Loud and faint recordings are scaled alike: a second file changes what is drawn, by seed."""
    grid, noises = spandh(tmp_path / "grid"), noise_folder(tmp_path / "noise", chime=False)
    made = [grid_corpus(grid, noises, seconds=0.4, seed=s).audio for s in range(6)]
    tone = np.sin(np.arange(16_000) * 0.5) * 1000
    for place in ("bus", "caf", "ped", "str"):
        wavfile.write(noises / f"{place}2.wav", 16_000, tone.astype(np.int16))
    assert [len(paths) for paths in find_noises(noises).values()] == [2] * 4
    again = [grid_corpus(grid, noises, seconds=0.4, seed=s).audio for s in range(6)]
    tonal = [value.std(axis=2).mean() for value in again]
    assert max(tonal) > 1.2 * min(tonal)  # some seeds drew the tone, some the hiss
    assert not np.array_equal(made, again)
    np.testing.assert_array_equal(
        again[0], grid_corpus(grid, noises, seconds=0.4, seed=0).audio
    )
