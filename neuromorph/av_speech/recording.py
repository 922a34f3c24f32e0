"""Real recordings: the Grid corpus with CHiME-3 noises, or a plain folder of noises.

Neither is shipped or fetched; both have licences of their own. Grid is read in two layouts:

* ``audio_25k/s1/NAME.wav`` and ``s1/NAME/*.jpg`` (pictures; as on Zenodo, record 3625687),
* ``s1/audio/NAME.wav`` and ``s1/video/NAME/*.jpg`` (as at its first home, where the pictures must
  be taken out of ``NAME.mpg`` first).

Noises: ``data/audio/16kHz/backgrounds/BGD_*_{BUS,CAF,PED,STR}.CH*.wav`` (CHiME-3) or
``{bus,caf,ped,str}*.wav``. The layouts are tested on generated files; the corpora themselves were
not at hand.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.io import wavfile
from scipy.signal import resample_poly

from neuromorph.av_speech.corpus import Corpus
from neuromorph.av_speech.feature import FeatureConfig, align, binary_mask, filterbank
from neuromorph.av_speech.mouth import FPS, transform
from neuromorph.av_speech.noise import PLACES


class Recording(NamedTuple):
    """One sentence of one speaker."""

    speaker: int
    name: str
    audio: Path
    pictures: Path


def find_grid(root: str | Path) -> list[Recording]:
    """Return all sentences under a folder, by speaker and name.

    Raises
    ------
    FileNotFoundError
        No sound in either layout, or a sentence without its pictures.
    """
    top = Path(root)
    found = []
    for path in (*top.glob("audio_25k/s*/*.wav"), *top.glob("s*/audio/*.wav")):
        first = path.parent.parent.name == "audio_25k"
        folder = path.parent.name if first else path.parent.parent.name
        if not re.fullmatch(r"s\d+", folder):
            continue
        place = top / folder if first else top / folder / "video"
        found.append(Recording(int(folder[1:]), path.stem, path, place / path.stem))
    if not found:
        raise FileNotFoundError(
            f"Grid, {str(root)!r}: no audio_25k/s*/*.wav and no s*/audio/*.wav is there"
        )
    for recording in found:
        if not any(recording.pictures.glob("*.jpg")):
            film = recording.pictures.with_suffix(".mpg")
            todo = f": take them out of {film.name} first" if film.exists() else ""
            raise FileNotFoundError(
                f"Grid, speaker {recording.speaker}, {recording.name}: no pictures in "
                f"{str(recording.pictures)!r}{todo}"
            )
    return sorted(found)


def find_noises(root: str | Path) -> dict[str, Path]:
    """Return one file per place: CHiME-3 backgrounds or a plain folder.

    Raises
    ------
    FileNotFoundError
        A place without a file.
    """
    top = Path(root)
    deep = top / "data" / "audio" / "16kHz" / "backgrounds"
    out = {}
    for place in PLACES:
        files = sorted(deep.glob(f"BGD_*_{place.upper()}.CH*.wav")) or sorted(
            top.glob(f"{place}*.wav")
        )
        if not files:
            raise FileNotFoundError(
                f"noises, {str(root)!r}: none for {place!r}; "
                f"backgrounds/BGD_*_{place.upper()}.CH*.wav or {place}*.wav is allowed"
            )
        out[place] = files[0]
    return out


def read_audio(path: Path, rate: int) -> NDArray[np.float64]:
    """Return one channel at ``rate``, resampled if need be.

    Raises
    ------
    ValueError
        Not a whole wav file, silent, or of a rate below half of ``rate``.
    """
    try:
        own, data = wavfile.read(path)
    except (ValueError, EOFError, struct.error) as error:
        raise ValueError(f"audio {str(path)!r}: not a whole wav file ({error})") from None
    expected = path.stat().st_size - 44
    if data.nbytes < 0.99 * expected or data.size == 0 or not np.any(data):
        raise ValueError(f"audio {str(path)!r}: {data.size} samples came, cut off or silent")
    if own < rate / 2:
        raise ValueError(f"audio {str(path)!r}: {own} Hz came, {rate / 2:g} Hz or more is allowed")
    sound = np.asarray(data, dtype=np.float64)
    sound = sound[:, 0] if sound.ndim > 1 else sound
    ratio = Fraction(rate, own)
    return np.asarray(resample_poly(sound, ratio.numerator, ratio.denominator))


def read_pictures(folder: Path) -> NDArray[np.float64]:
    """Return grey pictures (n, height, width), 0 to 1, in the order of their names."""
    from PIL import Image

    names = sorted(folder.glob("*.jpg"), key=lambda p: (len(p.stem), p.stem))
    return np.stack([np.asarray(Image.open(p).convert("L"), dtype=np.float64) / 255 for p in names])


def grid_corpus(
    root: str | Path,
    noises: str | Path,
    *,
    speakers: Sequence[int] | None = None,
    snr: Sequence[float] = (-12.0, -9.0, -6.0, -3.0, 0.0, 3.0, 6.0, 9.0, 12.0),
    seconds: float = 3.0,
    box: tuple[int, int, int, int] | None = None,
    feature: FeatureConfig | None = None,
    seed: int = 0,
) -> Corpus:
    """Mix Grid sentences with noises and return features and masks.

    Parameters
    ----------
    root, noises : path
    speakers : sequence of int, optional
        All if left out.
    snr : sequence of float [dB]
        One per sentence, in turn.
    seconds : float [s]
        Sentences are cut or padded with silence to this length.
    box : (top, bottom, left, right), optional
        The mouth's place in the pictures [pixel]; the whole picture if left out. There is no
        lip tracker here.
    feature : FeatureConfig
    seed : int
        Of which noise, and which part of it, each sentence gets.

    Raises
    ------
    FileNotFoundError, ValueError
        See :func:`find_grid`, :func:`find_noises`, :func:`read_audio`.
    """
    f = feature or FeatureConfig()
    chosen = [r for r in find_grid(root) if speakers is None or r.speaker in speakers]
    if not chosen:
        raise ValueError(f"grid_corpus: speakers {speakers} came, none of them is in {str(root)!r}")
    sounds = {k: read_audio(p, f.rate) for k, p in find_noises(noises).items()}
    n = round(seconds * f.rate)
    rows = [
        _sentence(r, sounds, float(snr[i % len(snr)]), n, box, f,
                  np.random.default_rng([seed, 5, i]))
        for i, r in enumerate(chosen)
    ]  # fmt: skip
    audio, clean, video, mask, ratio, place = (np.stack([r[i] for r in rows]) for i in range(6))
    who = np.array([r.speaker for r in chosen], np.int64)
    return Corpus(audio=audio, clean=clean, video=video, mask=mask, snr=ratio, place=place,
                  speaker=who, feature=f)  # fmt: skip


def _sentence(
    recording: Recording,
    sounds: dict[str, NDArray[np.float64]],
    snr: float,
    n: int,
    box: tuple[int, int, int, int] | None,
    f: FeatureConfig,
    rng: np.random.Generator,
) -> tuple[NDArray[np.generic] | np.generic, ...]:
    voice = np.zeros(n)
    spoken = read_audio(recording.audio, f.rate)[:n]
    voice[: spoken.size] = spoken / np.sqrt(np.mean(spoken**2))
    place = int(rng.integers(len(PLACES)))
    long = sounds[PLACES[place]]
    part = np.resize(np.roll(long, -int(rng.integers(long.size))), n)
    noise = part / np.sqrt(np.mean(part**2) + 1e-20) * 10.0 ** (-snr / 20.0)
    pictures = read_pictures(recording.pictures)
    if box is not None:
        pictures = pictures[:, box[0] : box[1], box[2] : box[3]]
    clean, masker = filterbank(voice, f), filterbank(noise, f)
    video = align(transform(pictures, f.n_dct), FPS, clean.shape[0], f)
    return (
        np.log(filterbank(voice + noise, f) + f.floor).astype(np.float32),
        np.log(clean + f.floor).astype(np.float32),
        video.astype(np.float32),
        binary_mask(clean, masker, f),
        np.float64(snr),
        np.int64(place),
    )
