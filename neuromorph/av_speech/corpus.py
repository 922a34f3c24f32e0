"""The synthetic corpus: utterances with picture, noise, mask; made once, then read from disk."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuromorph import files
from neuromorph.av_speech import mouth
from neuromorph.av_speech.feature import (
    FeatureConfig,
    Scaler,
    align,
    binary_mask,
    filterbank,
    history,
)
from neuromorph.av_speech.noise import PLACES, noise
from neuromorph.av_speech.phone import N_WORD, sentence, vocabulary
from neuromorph.av_speech.voice import RATE, speak, speaker

_VERSION = 1  #: raise when the recipe changes, so that old caches are not read


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusConfig:
    """What is spoken and how noisy it is.

    Attributes
    ----------
    n_utterance : int
    seconds : float [s]
        Of each utterance.
    n_word : int
        Words per utterance.
    n_vocabulary, n_speaker : int
    snr : tuple of float [dB]
        Each utterance has one of them, in turn.
    first : int
        Number of the first utterance: sets of disjoint numbers share nothing but vocabulary and
        speakers.
    seed : int
    feature : FeatureConfig

    Raises
    ------
    ValueError
        A count below 1, an empty list of ratios, or another sample rate than the voice has.
    """

    n_utterance: int = 100
    seconds: float = 3.0
    n_word: int = 6
    n_vocabulary: int = N_WORD
    n_speaker: int = 5
    snr: tuple[float, ...] = (-12.0, -9.0, -6.0, -3.0, 0.0, 3.0, 6.0, 9.0, 12.0)
    first: int = 0
    seed: int = 0
    feature: FeatureConfig = field(default_factory=FeatureConfig)

    def __post_init__(self) -> None:
        for name in ("n_utterance", "n_word", "n_vocabulary", "n_speaker"):
            if getattr(self, name) < 1:
                raise ValueError(f"CorpusConfig.{name}: {getattr(self, name)} came, 1 or more "
                                 "is allowed")  # fmt: skip
        if not self.snr or self.feature.rate != RATE or not self.seconds > 0:
            raise ValueError(
                f"CorpusConfig: snr {self.snr}, rate {self.feature.rate} Hz and {self.seconds} s "
                f"came, one ratio or more, {RATE} Hz and more than 0 s are allowed"
            )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Corpus:
    """Features and targets of a set of utterances.

    Attributes
    ----------
    audio : (n_utterance, n_frame, n_mel)
        Log band energies of the noisy sound.
    clean : (n_utterance, n_frame, n_mel)
        The same of the clean speech.
    video : (n_utterance, n_frame, n_dct)
        Coefficients of the mouth at the sound's frame rate.
    mask : bool (n_utterance, n_frame, n_mel)
        Ideal binary mask.
    snr : (n_utterance,) [dB]
    place, speaker : (n_utterance,)
        Noise (position in ``PLACES``) and speaker.
    feature : FeatureConfig
    """

    audio: NDArray[np.float32]
    clean: NDArray[np.float32]
    video: NDArray[np.float32]
    mask: NDArray[np.bool_]
    snr: NDArray[np.float64]
    place: NDArray[np.int64]
    speaker: NDArray[np.int64]
    feature: FeatureConfig

    def __len__(self) -> int:
        return int(self.audio.shape[0])

    def streams(
        self, like: Corpus | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return sound (n, n_frame, 88) and picture (n, n_frame, 125) with history, z-scored.

        Mean and deviation come from ``like``, the training set (itself if left out).
        """
        reference, c = like or self, self.feature
        audio = Scaler.fit(reference.audio)(self.audio)
        video = Scaler.fit(reference.video)(self.video)
        return (
            history(audio, c.audio_history),
            history(video, c.video_history, c.video_stride),
        )

    def incongruent(self, seed: int = 0) -> Corpus:
        """Return the same with the pictures of other utterances (a derangement)."""
        n = len(self)
        if n < 2:
            raise ValueError(f"Corpus.incongruent: {n} utterance came, 2 or more are allowed")
        order = np.random.default_rng(seed).permutation(n)
        place = np.empty(n, np.int64)
        place[order] = np.roll(order, 1)
        return replace(self, video=self.video[place])

    def without_video(self, share: float, seed: int = 0) -> Corpus:
        """Return the same with the picture of a share of utterances replaced by the mean one."""
        gone = np.random.default_rng(seed).random(len(self)) < share
        mean = self.video.mean(axis=(0, 1))
        return replace(self, video=np.where(gone[:, None, None], mean, self.video))


def generate(
    config: CorpusConfig,
    *,
    cache: str | Path | None = None,
    executor: Executor | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Corpus:
    """Make a corpus, or read it if the cache holds one of the same configuration.

    Utterance i depends on (seed, i) only, so neither the executor nor the number of utterances
    changes it.

    Parameters
    ----------
    config : CorpusConfig
    cache : path, optional
        Folder; ``$NEUROMORPH_CACHE`` or ``~/.cache/neuromorph`` if left out.
    executor : concurrent.futures.Executor, optional
        Utterances are made through it (processes: two cores, half the time).
    progress : callable, optional
        Called with (utterances done, utterances in all).
    """
    path = _folder(cache) / f"av_speech-{_key(config)}.npz"
    if path.exists():
        with np.load(path, allow_pickle=False) as archive:
            return Corpus(**{name: archive[name] for name in archive.files}, feature=config.feature)
    numbers = range(config.first, config.first + config.n_utterance)
    mapped = (executor.map if executor else map)(utterance, [config] * len(numbers), numbers)
    parts = []
    for done, part in enumerate(mapped, start=1):
        parts.append(part)
        if progress is not None:
            progress(done, len(numbers))
    audio, clean, video, mask, snr, place, who = (
        np.stack([part[i] for part in parts]) for i in range(7)
    )
    arrays = {"audio": audio, "clean": clean, "video": video, "mask": mask, "snr": snr,
              "place": place, "speaker": who}  # fmt: skip
    files.write(path, lambda file: np.savez_compressed(file, **arrays))  # type: ignore[arg-type]
    return Corpus(**arrays, feature=config.feature)


def utterance(config: CorpusConfig, number: int) -> tuple[NDArray[np.generic], ...]:
    """Return (audio, clean, video, mask, snr, place, speaker) of one utterance."""
    rng = np.random.default_rng([config.seed, 3, number])
    who = int(rng.integers(config.n_speaker))
    place = int(rng.integers(len(PLACES)))
    snr = config.snr[number % len(config.snr)]
    n = round(config.seconds * RATE)
    face = speaker(config.seed, who)
    words = vocabulary(config.seed, config.n_vocabulary)
    phones, ends = sentence(words, config.n_word, config.seconds, rng)
    voice = speak(face, phones, ends, n, rng)
    pictures = mouth.draw(face, phones, ends, config.seconds, rng)
    sound = noise(PLACES[place], n, rng, config.seed) * 10.0 ** (-snr / 20.0)
    f = config.feature
    clean, masker = filterbank(voice, f), filterbank(sound, f)
    noisy = filterbank(voice + sound, f)
    video = align(mouth.transform(pictures, f.n_dct), mouth.FPS, clean.shape[0], f)
    return (
        np.log(noisy + f.floor).astype(np.float32),
        np.log(clean + f.floor).astype(np.float32),
        video.astype(np.float32),
        binary_mask(clean, masker, f),
        np.float64(snr),
        np.int64(place),
        np.int64(who),
    )  # type: ignore[return-value]


def _key(config: CorpusConfig) -> str:
    return hashlib.sha256(f"{_VERSION}:{config!r}".encode()).hexdigest()[:16]


def _folder(cache: str | Path | None) -> Path:
    if cache is not None:
        return Path(cache)
    return Path(os.environ.get("NEUROMORPH_CACHE", Path.home() / ".cache" / "neuromorph"))
