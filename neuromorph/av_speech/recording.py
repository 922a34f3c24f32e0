"""Real recordings: the Grid corpus with CHiME-3 noises, or a plain folder of noises.

Neither is shipped or fetched; both have licences of their own. Grid is read in two layouts:

* ``audio_25k/s1/NAME.wav`` and ``s1/NAME/*.jpg`` (pictures; as on Zenodo, record 3625687),
* ``s1/audio/NAME.wav`` and ``s1/video/NAME/*.jpg`` (as at its first home, where the pictures must
  be taken out of ``NAME.mpg`` first).

Not read: the films themselves (``.mpg``, refused with what to do) and the words (``.align``: the
masks need none). Noises: ``data/audio/16kHz/backgrounds/BGD_*_{BUS,CAF,PED,STR}.CH*.wav`` (CHiME-3)
or ``{bus,caf,ped,str}*.wav``; each sentence draws one of a place's files. The layouts are tested on
generated files; the corpora themselves were not at hand.
"""

from __future__ import annotations

import functools
import re
import struct
import warnings
from collections.abc import Callable, Mapping, Sequence
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
        No sound in either layout, a sentence without its pictures, or pictures without their
        sound.
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
    _mute(top, {recording.pictures for recording in found})
    return sorted(found)


def _mute(top: Path, heard: set[Path]) -> None:
    for folder in sorted({p.parent for p in (*top.glob("s*/*/*.jpg"), *top.glob("s*/*/*/*.jpg"))}):
        speaker = folder.relative_to(top).parts[0]
        if folder not in heard and re.fullmatch(r"s\d+", speaker):
            raise FileNotFoundError(
                f"Grid, speaker {speaker[1:]}, {folder.name}: pictures in {str(folder)!r} but no "
                f"{folder.name}.wav; bring it, or take the pictures away"
            )


def find_noises(root: str | Path) -> dict[str, list[Path]]:
    """Return the files of each place: CHiME-3 backgrounds or a plain folder.

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
        out[place] = files
    return out


def read_audio(path: Path, rate: int) -> NDArray[np.float64]:
    """Return one channel at ``rate``, resampled if need be.

    Raises
    ------
    ValueError
        Not a whole wav file (its data chunk is shorter than it declares), silent, or of a rate
        below half of ``rate``.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", wavfile.WavFileWarning)  # compared below, exactly
            own, data = wavfile.read(path)
    except (ValueError, EOFError, struct.error) as error:
        raise ValueError(f"audio {str(path)!r}: not a whole wav file ({error})") from None
    declared, there = _data_chunk(path)
    if there < declared:
        raise ValueError(
            f"audio {str(path)!r}: not a whole wav file ({there} of the {declared} bytes that its "
            "data chunk declares): bring it again"
        )
    if not np.any(data):
        raise ValueError(f"audio {str(path)!r}: {data.size} samples came, all silent")
    if own < rate / 2:
        raise ValueError(f"audio {str(path)!r}: {own} Hz came, {rate / 2:g} Hz or more is allowed")
    sound = np.asarray(data, dtype=np.float64)
    sound = sound[:, 0] if sound.ndim > 1 else sound
    ratio = Fraction(rate, own)
    return np.asarray(resample_poly(sound, ratio.numerator, ratio.denominator))


def _data_chunk(path: Path) -> tuple[int, int]:
    """Return the bytes that the data chunk declares, and those from its begin to the file's end."""
    with path.open("rb") as file:
        order = ">" if file.read(12)[:4] == b"RIFX" else "<"
        while len(head := file.read(8)) == 8:
            name, size = struct.unpack(f"{order}4sI", head)
            if name == b"data":
                return int(size), path.stat().st_size - file.tell()
            file.seek(size + size % 2, 1)
    return 1, 0


def read_pictures(
    folder: Path, box: tuple[int, int, int, int] | None = None
) -> NDArray[np.float64]:
    """Return grey pictures (n, height, width), 0 to 1, in the order of their names.

    Raises
    ------
    ValueError
        A file that is no whole picture, or of another size than the first, or a ``box`` (top,
        bottom, left, right) that is not inside.
    """
    names = sorted(folder.glob("*.jpg"), key=lambda p: (len(p.stem), p.stem))
    pictures = [_picture(path) for path in names]
    height, width = pictures[0].shape
    for path, picture in zip(names, pictures, strict=True):
        if picture.shape != (height, width):
            raise ValueError(f"picture {str(path)!r}: {picture.shape} pixels came, {height, width} "
                             f"as {names[0].name} is allowed")  # fmt: skip
    top, bottom, left, right = box or (0, height, 0, width)
    if not (0 <= top < bottom <= height and 0 <= left < right <= width):
        raise ValueError(
            f"pictures {str(folder)!r}: box (top, bottom, left, right) {box} came, one inside "
            f"(0, {height}, 0, {width}) is allowed"
        )
    return np.stack(pictures)[:, top:bottom, left:right]


def _picture(path: Path) -> NDArray[np.float64]:
    from PIL import Image

    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("L"), dtype=np.float64) / 255
    except OSError as error:
        raise ValueError(f"picture {str(path)!r}: not a whole jpg ({error})") from None


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
        Of which place, which of its files and which part of it each sentence gets.

    Raises
    ------
    FileNotFoundError, ValueError
        See :func:`find_grid`, :func:`find_noises`, :func:`read_audio`, :func:`read_pictures`; or a
        sentence that is silent in its first ``seconds``.
    """
    f = feature or FeatureConfig()
    chosen = [r for r in find_grid(root) if speakers is None or r.speaker in speakers]
    if not chosen:
        raise ValueError(f"grid_corpus: speakers {speakers} came, none of them is in {str(root)!r}")
    sounds = find_noises(noises)
    read = functools.lru_cache(maxsize=len(PLACES))(read_audio)  # noises are long: few are held
    n = round(seconds * f.rate)
    rows = [
        _sentence(r, sounds, read, float(snr[i % len(snr)]), n, box, f,
                  np.random.default_rng([seed, 5, i]))
        for i, r in enumerate(chosen)
    ]  # fmt: skip
    audio, clean, video, mask, ratio, place = (np.stack([r[i] for r in rows]) for i in range(6))
    who = np.array([r.speaker for r in chosen], np.int64)
    return Corpus(audio=audio, clean=clean, video=video, mask=mask, snr=ratio, place=place,
                  speaker=who, feature=f)  # fmt: skip


def _sentence(
    recording: Recording,
    sounds: Mapping[str, Sequence[Path]],
    read: Callable[[Path, int], NDArray[np.float64]],
    snr: float,
    n: int,
    box: tuple[int, int, int, int] | None,
    f: FeatureConfig,
    rng: np.random.Generator,
) -> tuple[NDArray[np.generic] | np.generic, ...]:
    voice = np.zeros(n)
    spoken = read_audio(recording.audio, f.rate)[:n]
    if not np.any(spoken):
        raise ValueError(
            f"Grid, speaker {recording.speaker}, {recording.name}: silent in its first "
            f"{n / f.rate:g} s: ask for more seconds, or leave it out"
        )
    voice[: spoken.size] = spoken / np.sqrt(np.mean(spoken**2))
    place = int(rng.integers(len(PLACES)))
    recorded = sounds[PLACES[place]]
    long = read(recorded[int(rng.integers(len(recorded)))], f.rate)
    part = np.resize(np.roll(long, -int(rng.integers(long.size))), n)
    noise = part / np.sqrt(np.mean(part**2) + 1e-20) * 10.0 ** (-snr / 20.0)
    pictures = read_pictures(recording.pictures, box)
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
