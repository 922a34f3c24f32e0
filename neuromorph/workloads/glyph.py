"""Noisy digits of 5 x 7 pixels: a task small enough for every substrate, with a known best answer.

Each pixel of a digit is turned round with probability ``flip``, independently. The likelihood of a
picture then falls with its number of differing pixels, so the best possible classifier takes the
digit of least Hamming distance; :func:`nearest` is that bound.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_DRAWN = """
.###. ..#.. .###. .###. ...#. ##### .###. ##### .###. .###.
#...# .##.. #...# #...# ..##. #.... #...# ....# #...# #...#
#...# ..#.. ....# ....# .#.#. ####. #.... ...#. #...# #...#
#...# ..#.. ...#. ..##. #..#. ....# ####. ..#.. .###. .####
#...# ..#.. ..#.. ....# ##### ....# #...# .#... #...# ....#
#...# ..#.. .#... #...# ...#. #...# #...# .#... #...# #...#
.###. .###. ##### .###. ...#. .###. .###. .#... .###. .###.
"""


def glyphs() -> Array:
    """Return the ten digits, shape (10, 35), row by row, 1 where ink is."""
    rows = [line.split() for line in _DRAWN.split("\n") if line]
    pictures = [[c == "#" for row in rows for c in row[digit]] for digit in range(10)]
    return np.array(pictures, dtype=np.float64)


def noisy_glyphs(
    n: int, *, flip: float = 0.1, seed: int = 0
) -> tuple[Array, NDArray[np.int64]]:
    """Return n noisy pictures (n, 35) and their digits (n,); every digit comes equally often.

    Raises
    ------
    ValueError
        A number below 1, or ``flip`` outside 0 to 0.5.
    """
    if n < 1 or not 0.0 <= flip <= 0.5:
        raise ValueError(f"noisy_glyphs: n {n} and flip {flip} came, 1 or more and 0 to 0.5 are "
                         "allowed")  # fmt: skip
    rng = np.random.default_rng([seed, 41])
    digit = rng.permutation(np.arange(n) % 10)
    turned = rng.random((n, 35)) < flip
    return np.abs(glyphs()[digit] - turned), digit


def nearest(pictures: Any) -> NDArray[np.int64]:
    """Return the digit of least Hamming distance for each picture (n, 35), the first of equals."""
    seen = np.asarray(pictures, dtype=np.float64)
    apart = np.abs(seen[:, None, :] - glyphs()[None]).sum(axis=2)
    return np.asarray(np.argmin(apart, axis=1))
