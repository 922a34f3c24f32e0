"""A point net that reads the noisy digits, and its data as frames."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neuromorph.cooperative import FrameData, Objective
from neuromorph.description import Network, Point, Population, Projection, Source
from neuromorph.workloads.glyph import noisy_glyphs

#: What the net is trained for.
OBJECTIVES = (Objective(population="digit", loss="cross_entropy"),)


def glyph_net(hidden: Sequence[int] = (48, 48), *, gate: str = "relu", seed: int = 0) -> Network:
    """Return a dense net: source ``pixels`` (35,), hidden layers, linear ``digit`` (10,).

    Weights are normal with variance 2 / fan-in (He et al. 2015, arXiv 1502.01852).

    Parameters
    ----------
    hidden : sequence of int
    gate : str
        Of the hidden layers.
    seed : int
    """
    rng = np.random.default_rng([seed, 43])
    sizes = (35, *hidden, 10)
    names = ("pixels", *(f"hidden{k}" for k in range(1, len(hidden) + 1)), "digit")
    populations = [Population(name="pixels", n=35, cell=Source())]
    wires = []
    for before, name, n_before, n in zip(names, names[1:], sizes, sizes[1:], strict=False):
        kind = "linear" if name == "digit" else gate
        populations.append(Population(name=name, n=n, cell=Point(gate=kind, bias=np.zeros(n))))
        weights = rng.normal(0.0, np.sqrt(2.0 / n_before), (n_before, n))
        wires.append(Projection(source=before, target=name, weights=weights))
    return Network(name="glyph_net", populations=tuple(populations), projections=tuple(wires))


def glyph_data(n: int, *, flip: float = 0.1, seed: int = 0) -> FrameData:
    """Return n noisy digits as sequences of one frame, targets one-hot."""
    pictures, digit = noisy_glyphs(n, flip=flip, seed=seed)
    return FrameData(
        inputs={"pixels": pictures[:, None, :].astype(np.float32)},
        targets={"digit": np.eye(10, dtype=np.float32)[digit][:, None, :]},
    )
