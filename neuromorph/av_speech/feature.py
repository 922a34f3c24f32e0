"""From sound and pictures to numbers per frame: filterbank, ideal binary mask, DCT, history."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureConfig:
    """How features are made.

    Attributes
    ----------
    rate : int [Hz]
    window, hop, n_fft : int [samples]
        Hamming window.
    n_mel : int
        Triangular filters from ``low`` to ``high`` [Hz] on the mel scale.
    floor : float
        Added to a band's energy before the logarithm (speech has unit mean square).
    criterion : float [dB]
        The mask is 1 where the local signal-to-noise ratio of a band is above it.
    n_dct : int
        Coefficients of the mouth picture.
    audio_history : int
        Frames before the current one that a net sees of the sound.
    video_history, video_stride : int
        The same for the picture, every ``video_stride`` frames.

    Raises
    ------
    ValueError
        A field out of range.

    Notes
    -----
    22 bands, 25 coefficients, 3 prior sound frames: arXiv 1811.01701. Window and hop are ours.
    """

    rate: int = 16_000
    window: int = 400
    hop: int = 160
    n_fft: int = 512
    n_mel: int = 22
    low: float = 50.0
    high: float = 8000.0
    floor: float = 1e-3
    criterion: float = 0.0
    n_dct: int = 25
    audio_history: int = 3
    video_history: int = 4
    video_stride: int = 3

    def __post_init__(self) -> None:
        for name in ("rate", "window", "hop", "n_mel", "n_dct", "video_stride"):
            if getattr(self, name) < 1:
                raise ValueError(f"FeatureConfig.{name}: {getattr(self, name)} came, 1 or more "
                                 "is allowed")  # fmt: skip
        if not (0 <= self.low < self.high <= self.rate / 2 and self.n_fft >= self.window):
            raise ValueError(
                f"FeatureConfig: low {self.low}, high {self.high}, n_fft {self.n_fft} came, "
                f"low < high <= {self.rate / 2:g} Hz and n_fft >= window are allowed"
            )

    def n_frame(self, n_sample: int) -> int:
        """Return how many whole windows fit."""
        return max(0, (n_sample - self.window) // self.hop + 1)


def mel_filters(config: FeatureConfig) -> NDArray[np.float64]:
    """Return triangular filters (n_mel, n_fft // 2 + 1), peak 1; mel = 2595 log10(1 + f/700)."""
    mel = 2595.0 * np.log10(1.0 + np.array([config.low, config.high]) / 700.0)
    low, high = float(mel[0]), float(mel[1])
    edges = 700.0 * (10.0 ** (np.linspace(low, high, config.n_mel + 2) / 2595.0) - 1.0)
    f = np.fft.rfftfreq(config.n_fft, 1 / config.rate)
    up = (f - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    down = (edges[2:, None] - f) / (edges[2:] - edges[1:-1])[:, None]
    return np.asarray(np.maximum(0.0, np.minimum(up, down)))


def filterbank(audio: NDArray[np.float64], config: FeatureConfig) -> NDArray[np.float64]:
    """Return band energies (n_frame, n_mel) of audio (n_sample,)."""
    n = config.n_frame(audio.size)
    if n == 0:
        return np.zeros((0, config.n_mel))
    window = np.hamming(config.window)
    frames = np.lib.stride_tricks.sliding_window_view(audio, config.window)[:: config.hop][:n]
    power = np.abs(np.fft.rfft(frames * window, config.n_fft)) ** 2 / np.sum(window**2)
    return np.asarray(power @ mel_filters(config).T)


def binary_mask(
    speech: NDArray[np.float64], noise: NDArray[np.float64], config: FeatureConfig
) -> NDArray[np.bool_]:
    """Return where the speech energy is ``criterion`` dB above the noise energy."""
    return np.asarray(speech > noise * 10.0 ** (config.criterion / 10.0))


def align(
    video: NDArray[np.float64], fps: float, n_frame: int, config: FeatureConfig
) -> NDArray[np.float64]:
    """Interpolate features (n_picture, n) linearly to the centres of the sound's windows."""
    centre = (np.arange(n_frame) * config.hop + config.window / 2) / config.rate
    at = np.clip(centre * fps, 0, video.shape[0] - 1)
    left = np.minimum(at.astype(int), max(video.shape[0] - 2, 0))
    share = (at - left)[:, None]
    right = np.minimum(left + 1, video.shape[0] - 1)
    return np.asarray(video[left] * (1 - share) + video[right] * share)


def history(value: NDArray[np.float32], taps: int, stride: int = 1) -> NDArray[np.float32]:
    """Return (n_sequence, n_frame, (taps + 1) n): the current frame first, then earlier ones.

    Before the first frame the first is repeated.
    """
    n_frame = value.shape[1]
    index = [np.maximum(np.arange(n_frame) - stride * tap, 0) for tap in range(taps + 1)]
    return np.concatenate([value[:, i] for i in index], axis=2)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scaler:
    """Mean and deviation per feature, from the training set only."""

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]

    @classmethod
    def fit(cls, value: NDArray[np.float32]) -> Scaler:
        """Measure over all axes but the last."""
        flat = value.reshape(-1, value.shape[-1]).astype(np.float64)
        return cls(mean=flat.mean(axis=0), deviation=flat.std(axis=0) + 1e-6)

    def __call__(self, value: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (value - mean) / deviation."""
        return np.asarray((value - self.mean) / self.deviation, dtype=np.float32)
