"""Four noises after the places of the CHiME-3 recordings: bus, cafe, pedestrian area, street.

They are synthetic stand-ins, not recordings; the recipes are ours.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuromorph.av_speech.phone import sentence, vocabulary
from neuromorph.av_speech.voice import RATE, speak, speaker

PLACES = ("bus", "caf", "ped", "str")
_STRANGERS = 100  #: babble talkers have numbers from here on: they never speak in the corpus


def noise(place: str, n: int, rng: np.random.Generator, seed: int) -> NDArray[np.float64]:
    """Return noise (n,) of unit root mean square.

    bus: 1/f**1.8 and engine harmonics near 40 Hz; caf: 0.4 pink + six talkers; ped: pink + 0.7
    two talkers; str: 1/f**1.2 with a slow swell.

    Raises
    ------
    ValueError
        An unknown place.
    """
    if place not in PLACES:
        raise ValueError(f"noise: {place!r} came, {', '.join(PLACES)} are there")
    if place == "bus":
        out = coloured(n, 1.8, rng) + 0.5 * _engine(n, rng)
    elif place == "caf":
        out = 0.4 * coloured(n, 1.0, rng) + _babble(6, n, rng, seed)
    elif place == "ped":
        out = coloured(n, 1.0, rng) + 0.7 * _babble(2, n, rng, seed)
    else:
        time = np.arange(n) / RATE
        swell = 1 + 0.6 * np.sin(2 * np.pi * rng.uniform(0.2, 0.5) * time + rng.uniform(0, 6.3))
        out = coloured(n, 1.2, rng) * swell
    return np.asarray(out / np.sqrt(np.mean(out**2)))


def coloured(n: int, slope: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return noise of power 1/f**slope above 20 Hz, unit root mean square."""
    f = np.fft.rfftfreq(n, 1 / RATE)
    shape = np.maximum(f, 20.0) ** (-slope / 2)
    shape[0] = 0.0
    wave = rng.normal(size=f.size) + 1j * rng.normal(size=f.size)
    out = np.fft.irfft(wave * shape, n)
    return np.asarray(out / np.sqrt(np.mean(out**2)))


def _engine(n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    phase = np.cumsum(40.0 * (1 + 0.02 * np.interp(
        np.arange(n), np.linspace(0, n, 20), rng.normal(size=20)
    ))) / RATE  # fmt: skip
    out = sum(np.sin(2 * np.pi * k * phase + rng.uniform(0, 6.3)) / k for k in range(1, 9))
    return np.asarray(out)


def _babble(talkers: int, n: int, rng: np.random.Generator, seed: int) -> NDArray[np.float64]:
    words = vocabulary(seed)
    out = np.zeros(n)
    for _ in range(talkers):
        who = speaker(seed, _STRANGERS + int(rng.integers(20)))
        phones, ends = sentence(words, 7, n / RATE, rng)
        out += np.roll(speak(who, phones, ends, n, rng), int(rng.integers(n)))
    return np.asarray(out / np.sqrt(np.mean(out**2) + 1e-20))
