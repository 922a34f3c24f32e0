"""The synthetic corpus: reproducible, cached, its masks and features checked from outside."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from scipy.fft import dctn

from neuromorph.av_speech import Corpus, CorpusConfig, FeatureConfig, generate
from neuromorph.av_speech.corpus import utterance
from neuromorph.av_speech.feature import align, filterbank, history, mel_filters
from neuromorph.av_speech.mouth import transform, zigzag
from neuromorph.av_speech.noise import PLACES, coloured, noise
from neuromorph.av_speech.phone import PHONES, sentence, vocabulary
from neuromorph.av_speech.voice import RATE, speak, speaker

SMALL = CorpusConfig(n_utterance=3, seconds=0.6, n_word=1, snr=(-6.0, 6.0))


def same(a, b):
    return all(
        np.array_equal(getattr(a, name), getattr(b, name))
        for name in Corpus.__dataclass_fields__ if name != "feature"
    )  # fmt: skip


def test_same_whoever_makes_it_and_read_back(tmp_path):
    made = generate(SMALL, cache=tmp_path / "a")
    with ThreadPoolExecutor(2) as pool:
        again = generate(SMALL, cache=tmp_path / "b", executor=pool)
    assert same(made, again)
    calls = []
    read = generate(SMALL, cache=tmp_path / "a", progress=lambda *x: calls.append(x))
    assert same(made, read)
    assert calls == []
    later = generate(replace(SMALL, n_utterance=1, first=2, snr=SMALL.snr), cache=tmp_path / "a")
    np.testing.assert_array_equal(later.audio[0], made.audio[2])


def test_shapes_of_the_documented_task():
    config = CorpusConfig(n_utterance=1)
    audio, clean, video, mask, snr, _, _ = utterance(config, 0)
    assert audio.shape == clean.shape == mask.shape == (298, 22)
    assert video.shape == (298, 25)
    assert snr == -12.0


def test_mask_follows_the_ratio():
    """At +30 dB nearly all speech bands are kept, at -30 dB hardly any; a share in between."""
    share = [utterance(replace(SMALL, snr=(snr,)), 1)[3].mean() for snr in (-30.0, 0.0, 30.0)]
    assert share[0] < 0.02
    assert share[0] < share[1] < share[2]
    assert share[2] > 0.5


def test_filterbank_of_a_tone():
    config = FeatureConfig()
    tone = np.sin(2 * np.pi * 1000.0 * np.arange(4000) / RATE)
    energy = filterbank(tone, config)
    f = np.fft.rfftfreq(config.n_fft, 1 / config.rate)
    assert energy.shape == (config.n_frame(4000), 22)
    centre = f[np.argmax(mel_filters(config), axis=1)]
    assert abs(centre[np.argmax(energy[3])] - 1000.0) < 150.0
    assert np.argmax(mel_filters(config), axis=1).tolist() == sorted(
        np.argmax(mel_filters(config), axis=1)
    )


@pytest.mark.parametrize("slope", [1.0, 1.8])
def test_coloured_noise_has_its_slope(slope):
    x = coloured(2**17, slope, np.random.default_rng(0))
    power = np.abs(np.fft.rfft(x)) ** 2
    f = np.fft.rfftfreq(x.size, 1 / RATE)
    bands = [(f > a) & (f < 2 * a) for a in (100, 200, 400, 800, 1600, 3200)]
    level = [np.log2(power[band].mean()) for band in bands]
    assert np.polyfit(np.arange(6), level, 1)[0] == pytest.approx(-slope, abs=0.1)


@pytest.mark.parametrize("place", PLACES)
def test_noises_have_unit_level(place):
    x = noise(place, 8000, np.random.default_rng(1), 0)
    assert np.mean(x**2) == pytest.approx(1.0)


def test_voice_has_its_pitch_and_formants():
    """A held vowel: harmonics of f0, energy near the first formant."""
    iy, aa = 0, 5
    who = speaker(0, 1)
    spectra = {}
    for vowel in (iy, aa):
        x = speak(who, np.array([vowel]), np.array([1.0]), RATE, np.random.default_rng(2))
        assert np.mean(x**2) == pytest.approx(1.0)
        spectra[vowel] = np.abs(np.fft.rfft(x)) ** 2
    f = np.fft.rfftfreq(RATE, 1 / RATE)
    first = {v: PHONES[v].f1 * who.tract for v in (iy, aa)}
    low = (f > 150) & (f < 500)
    for vowel, power in spectra.items():
        near = np.abs(f - first[vowel]) < 150
        assert power[near].mean() > 3 * power[(f > 3500) & (f < 7000)].mean()
    assert spectra[iy][low].sum() / spectra[iy].sum() > spectra[aa][low].sum() / spectra[aa].sum()


def test_vocabulary_and_sentence():
    words = vocabulary(0)
    assert len(words) == len(set(words)) == 51
    phones, ends = sentence(words, 6, 3.0, np.random.default_rng(0))
    assert phones[0] == phones[-1] == len(PHONES) - 1
    assert ends[-1] == pytest.approx(3.0)
    assert np.all(np.diff(ends) > 0)


def test_dct_zigzag():
    row, column = zigzag(6, 24)
    assert list(zip(row, column, strict=True)) == [(0, 0), (0, 1), (1, 0), (2, 0), (1, 1), (0, 2)]
    image = np.random.default_rng(0).normal(size=(1, 24, 24))
    expected = dctn(image[0], norm="ortho")[row, column][:3]
    np.testing.assert_allclose(transform(image, 3)[0], expected)


def test_lips_lead_and_alignment_is_linear():
    ramp = np.arange(75.0)[:, None]
    got = align(ramp, 25.0, 298, FeatureConfig())[:, 0]
    expected = (np.arange(298) * 0.010 + 0.0125) * 25.0
    np.testing.assert_allclose(got[:290], expected[:290], atol=1e-9)


def test_history_repeats_the_first_frame():
    value = np.arange(5.0, dtype=np.float32).reshape(1, 5, 1)
    np.testing.assert_array_equal(
        history(value, 2, 2)[0], [[0, 0, 0], [1, 0, 0], [2, 0, 0], [3, 1, 0], [4, 2, 0]]
    )


def test_streams_are_scaled_by_the_training_set(tmp_path):
    corpus = generate(SMALL, cache=tmp_path)
    audio, video = corpus.streams()
    assert audio.shape[2] == 88
    assert video.shape[2] == 125
    now = audio[..., :22].reshape(-1, 22)
    np.testing.assert_allclose(now.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(now.std(axis=0), 1, atol=1e-3)
    shuffled = corpus.incongruent(seed=1)
    assert all(not np.array_equal(shuffled.video[i], corpus.video[i]) for i in range(3))
    np.testing.assert_array_equal(shuffled.audio, corpus.audio)
    assert np.ptp(corpus.without_video(1.0).video, axis=(0, 1)).max() == 0


def test_it_refuses():
    with pytest.raises(ValueError, match=r"CorpusConfig\.n_word: 0 came, 1 or more"):
        CorpusConfig(n_word=0)
    with pytest.raises(ValueError, match=r"one ratio or more, 16000 Hz"):
        CorpusConfig(snr=())
    with pytest.raises(ValueError, match=r"low < high <= 8000 Hz"):
        FeatureConfig(high=9000.0)
    with pytest.raises(ValueError, match=r"noise: 'pub' came, bus, caf, ped, str are there"):
        noise("pub", 100, np.random.default_rng(0), 0)
