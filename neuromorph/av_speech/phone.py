"""The sounds of the synthetic language: formants, excitation and lip shape of each.

Vowel formants are rounded averages of the classic table of American English (Peterson and Barney
1952); consonant bands, amplitudes and lip shapes are plausible choices of ours. Frequencies are of
an average adult vocal tract and are multiplied by the speaker's factor.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Phone(NamedTuple):
    """One sound."""

    name: str
    f1: float  # [Hz]
    f2: float
    f3: float
    voiced: float  # share of the glottal source, 0 to 1
    frication: float  # share of the noise source
    amplitude: float
    opening: float  # of the lips, 0 to 1
    width: float


VOWELS = (
    Phone("iy", 270, 2290, 3010, 1, 0, 0.80, 0.25, 0.95),
    Phone("ih", 390, 1990, 2550, 1, 0, 0.85, 0.35, 0.80),
    Phone("eh", 530, 1840, 2480, 1, 0, 0.95, 0.50, 0.75),
    Phone("ae", 660, 1720, 2410, 1, 0, 1.00, 0.75, 0.80),
    Phone("ah", 640, 1190, 2390, 1, 0, 1.00, 0.65, 0.60),
    Phone("aa", 730, 1090, 2440, 1, 0, 1.00, 1.00, 0.60),
    Phone("ao", 570, 840, 2410, 1, 0, 0.95, 0.70, 0.35),
    Phone("uh", 440, 1020, 2240, 1, 0, 0.85, 0.40, 0.35),
    Phone("uw", 300, 870, 2240, 1, 0, 0.75, 0.20, 0.15),
)
CONSONANTS = (
    Phone("b", 250, 900, 2200, 0.8, 0.1, 0.30, 0.00, 0.50),
    Phone("d", 300, 1700, 2600, 0.8, 0.2, 0.35, 0.25, 0.60),
    Phone("g", 300, 2000, 2300, 0.8, 0.2, 0.35, 0.35, 0.55),
    Phone("p", 500, 1200, 3000, 0.0, 0.5, 0.25, 0.00, 0.50),
    Phone("t", 2500, 4500, 6500, 0.0, 0.7, 0.30, 0.25, 0.60),
    Phone("k", 1500, 2200, 4500, 0.0, 0.6, 0.30, 0.35, 0.55),
    Phone("m", 250, 1000, 2200, 1.0, 0.0, 0.45, 0.00, 0.50),
    Phone("n", 280, 1600, 2600, 1.0, 0.0, 0.45, 0.25, 0.60),
    Phone("s", 4200, 5600, 7000, 0.0, 1.0, 0.45, 0.15, 0.80),
    Phone("sh", 2300, 3600, 5200, 0.0, 1.0, 0.50, 0.25, 0.25),
    Phone("f", 1800, 4200, 6800, 0.0, 0.7, 0.25, 0.08, 0.65),
    Phone("l", 360, 1300, 2700, 1.0, 0.0, 0.60, 0.40, 0.60),
)
SILENCE = Phone("sil", 500, 1500, 2500, 0, 0, 0.0, 0.05, 0.50)
PHONES = (*VOWELS, *CONSONANTS, SILENCE)
N_WORD = 51  #: size of the vocabulary, as large as the Grid corpus is said to have


def vocabulary(seed: int, n_word: int = N_WORD) -> tuple[tuple[int, ...], ...]:
    """Return words as tuples of positions in ``PHONES``: one or two syllables CV or CVC."""
    rng = np.random.default_rng([seed, 1])
    words: list[tuple[int, ...]] = []
    while len(words) < n_word:
        word: list[int] = []
        for _ in range(rng.integers(1, 3)):
            word.append(int(rng.integers(len(VOWELS), len(PHONES) - 1)))
            word.append(int(rng.integers(len(VOWELS))))
            if rng.random() < 0.5:
                word.append(int(rng.integers(len(VOWELS), len(PHONES) - 1)))
        if tuple(word) not in words:
            words.append(tuple(word))
    return tuple(words)


def sentence(
    words: tuple[tuple[int, ...], ...], n_word: int, seconds: float, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return phones and their ends [s]: silence, ``n_word`` random words, silence.

    Silences take 5 to 10 % of the time each; vowels last 1.6 times as long as consonants.
    """
    chosen = [words[i] for i in rng.integers(0, len(words), n_word)]
    phones = np.concatenate([[len(PHONES) - 1], *chosen, [len(PHONES) - 1]]).astype(np.int64)
    length = np.where(phones < len(VOWELS), 1.6, 1.0) * rng.uniform(0.75, 1.3, phones.size)
    quiet = rng.uniform(0.05, 0.10, 2)
    length[1:-1] *= (1 - quiet.sum()) / length[1:-1].sum()
    length[0], length[-1] = quiet
    return phones, np.cumsum(length) * seconds
