"""Formant speech: a glottal pulse train and noise, shaped frame by frame by three resonances."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from neuromorph.av_speech.phone import PHONES

RATE = 16_000  #: samples per second [Hz]
HOP, WINDOW, N_FFT = 160, 320, 512  #: of the synthesis: 10 ms, 20 ms Hann
BANDWIDTH = np.array([80.0, 110.0, 170.0])  #: of the resonances [Hz]
GAIN = np.array([1.0, 0.6, 0.35])
_TABLE = np.array([phone[1:] for phone in PHONES])


class Speaker(NamedTuple):
    """A voice and a face."""

    f0: float  # mean pitch [Hz], 95 to 240
    tract: float  # factor on all formants, 0.9 to 1.18
    shade: float  # brightness gradient across the face


def speaker(seed: int, number: int) -> Speaker:
    """Return speaker ``number`` of a corpus."""
    rng = np.random.default_rng([seed, 2, number])
    return Speaker(rng.uniform(95, 240), rng.uniform(0.9, 1.18), rng.uniform(-0.15, 0.15))


def tracks(
    phones: NDArray[np.int64], ends: NDArray[np.float64], times: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the columns of the phone table (after the name) at the given times [s], unsmoothed."""
    at = np.minimum(np.searchsorted(ends, times, side="right"), phones.size - 1)
    return np.asarray(_TABLE[phones[at]])


def speak(
    who: Speaker,
    phones: NDArray[np.int64],
    ends: NDArray[np.float64],
    n_sample: int,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Return audio (n_sample,) of unit root mean square.

    Pitch declines by 10 % and wanders by 12 %; formants are smoothed over 40 ms, amplitudes over
    25 ms; each frame's spectrum is multiplied by ``sum_k gain_k / (1 + ((f - F_k)/BW_k)**2)`` and
    tilted by about -3 dB per octave.
    """
    n_frame = n_sample // HOP + 1
    track = tracks(phones, ends, np.arange(n_frame) * HOP / RATE)
    formant = gaussian_filter1d(track[:, :3], 4.0 / 2.355, axis=0) * who.tract
    level = gaussian_filter1d(track[:, 3:5] * track[:, 5:6], 2.5 / 2.355, axis=0)
    pulses, hiss = _sources(who, n_sample + WINDOW, rng)
    shape = _resonance(formant)
    window = np.hanning(WINDOW + 1)[:-1]
    out = np.zeros(n_frame * HOP + N_FFT)
    spectrum = sum(
        level[:, i : i + 1] * np.fft.rfft(_frames(source, n_frame) * window, N_FFT)
        for i, source in enumerate((pulses, hiss))
    )
    pieces = np.fft.irfft(spectrum * shape, N_FFT)
    for part in range(0, N_FFT, HOP):
        width = min(HOP, N_FFT - part)
        place = out[part : part + n_frame * HOP].reshape(n_frame, HOP)
        place[:, :width] += pieces[:, part : part + width]
    audio = out[WINDOW // 2 : WINDOW // 2 + n_sample]
    return np.asarray(audio / np.sqrt(np.mean(audio**2) + 1e-20))


def _sources(
    who: Speaker, n: int, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    knots = rng.normal(0.0, 0.12, 12)
    time = np.linspace(0.0, 1.0, n)
    drift = np.interp(time, np.linspace(0.0, 1.0, knots.size), knots)
    f0 = who.f0 * (1.05 - 0.1 * time) * np.exp(drift)
    beat = np.diff(np.floor(np.cumsum(f0) / RATE), prepend=0.0)
    return beat * np.sqrt(RATE / who.f0), rng.normal(0.0, 1.0, n)


def _frames(signal: NDArray[np.float64], n_frame: int) -> NDArray[np.float64]:
    padded = np.concatenate((signal, np.zeros(max(0, n_frame * HOP + WINDOW - signal.size))))
    return np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[: n_frame * HOP : HOP]


def _resonance(formant: NDArray[np.float64]) -> NDArray[np.float64]:
    f = np.fft.rfftfreq(N_FFT, 1 / RATE)
    shape = np.zeros((formant.shape[0], f.size))
    for k in range(3):
        away = (f - formant[:, k : k + 1]) / BANDWIDTH[k]
        shape += GAIN[k] / (1.0 + away**2)
    return np.asarray(shape / np.sqrt(1.0 + f / 500.0))
