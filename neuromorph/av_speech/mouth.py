"""The video: a grey mouth of two ellipses, 25 frames per second, ahead of the sound."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn
from scipy.ndimage import gaussian_filter1d

from neuromorph.av_speech.voice import Speaker, tracks

FPS = 25.0
SIZE = 24  #: pixels, both ways
LEAD = 0.06  #: by how much the lips move before the sound [s]
_FINE = 100.0  #: rate at which lip shapes are smoothed [Hz]


def draw(
    who: Speaker,
    phones: NDArray[np.int64],
    ends: NDArray[np.float64],
    seconds: float,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Return images (n_frame, SIZE, SIZE), about 0 to 1.

    Opening and width are smoothed over 80 ms and lead the audio by ``LEAD``; the mouth's place
    walks at random (1 % of the picture per frame), pixels carry noise of 3 %.
    """
    n = round(seconds * FPS)
    fine = tracks(phones, ends, np.arange(round(seconds * _FINE)) / _FINE + LEAD)[:, 6:8]
    fine = gaussian_filter1d(fine, 8.0 / 2.355, axis=0)
    at = np.minimum((np.arange(n) / FPS * _FINE).astype(int), fine.shape[0] - 1)
    opening, width = fine[at, 0][:, None, None], fine[at, 1][:, None, None]
    place = np.cumsum(rng.normal(0.0, 0.01, (2, n)), axis=1)[:, :, None, None]
    y, x = np.meshgrid(*[np.linspace(-1, 1, SIZE)] * 2, indexing="ij")
    dy, dx = y - place[0], x - place[1]
    wide, tall = 0.35 + 0.35 * width, 0.12 + 0.45 * opening
    lips = _inside(dx, dy, wide + 0.15, tall + 0.18)
    cavity = _inside(dx, dy, wide, tall) * (opening > 0.04)
    image = 0.75 + who.shade * x - 0.30 * lips - 0.35 * cavity
    return np.asarray(image + rng.normal(0.0, 0.03, image.shape))


def _inside(
    dx: NDArray[np.float64], dy: NDArray[np.float64], a: NDArray[np.float64], b: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return a soft ellipse of half axes a and b: 1 inside, 0 outside."""
    away = np.sqrt((dx / a) ** 2 + (dy / b) ** 2)
    return np.asarray(np.clip((1.1 - away) * 5.0, 0.0, 1.0))


def zigzag(n: int, size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return rows and columns of the first n coefficients in zig-zag order."""
    row, column = np.indices((size, size)).reshape(2, -1)
    diagonal = row + column
    along = np.where(diagonal % 2 == 1, row, column)
    order = np.lexsort((along, diagonal))[:n]
    return row[order], column[order]


def transform(images: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Return the first n zig-zag coefficients of the orthonormal 2D DCT, (n_frame, n)."""
    square = min(images.shape[1:])
    row, column = zigzag(n, square)
    return np.asarray(dctn(images, axes=(1, 2), norm="ortho")[:, row, column])
