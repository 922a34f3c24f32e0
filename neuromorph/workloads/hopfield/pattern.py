"""Patterns to store, and cues to find them by."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def random_patterns(n: int, d: int, *, seed: int = 0) -> Array:
    """Return n random patterns of -1 and 1, shape (n, d), each entry a fair coin."""
    return np.random.default_rng([seed, 23]).choice((-1.0, 1.0), (n, d))


def real_patterns(n: int, d: int, *, seed: int = 0) -> Array:
    """Return n random directions, shape (n, d), as long as patterns of -1 and 1."""
    drawn = np.random.default_rng([seed, 37]).normal(size=(n, d))
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True) * np.sqrt(d))


def flipped(pattern: Any, count: int, *, seed: int = 0) -> Array:
    """Return patterns (n, d) with exactly ``count`` entries of each turned round.

    Raises
    ------
    ValueError
        More flips than entries.
    """
    out = np.array(pattern, dtype=np.float64)
    if not 0 <= count <= out.shape[1]:
        raise ValueError(f"flipped: count {count} came, 0 to {out.shape[1]} is allowed")
    rng = np.random.default_rng([seed, 29])
    for row in out:
        row[rng.permutation(out.shape[1])[:count]] *= -1.0
    return out


def clusters(
    n_cluster: int, size: int, within: float, between: float, *, d: int = 0, seed: int = 0
) -> Array:
    """Return unit vectors with exact inner products: 1, ``within`` a cluster, ``between`` two.

    Shape (n_cluster size, d); the vectors of a cluster stand together. ``d`` is their number if
    left out. They are the rows of the Cholesky factor of the Gram matrix, turned at random.

    Raises
    ------
    ValueError
        Inner products that no vectors have, or too few dimensions.
    """
    n = n_cluster * size
    d = d or n
    gram = clustered_gram(n_cluster, size, within, between)
    if float(np.linalg.eigvalsh(gram)[0]) <= 1e-12 or d < n:
        raise ValueError(
            f"clusters: within {within}, between {between} in {d} dimensions came; a positive "
            f"definite Gram matrix and {n} dimensions or more are allowed"
        )
    turn = np.linalg.qr(np.random.default_rng([seed, 31]).normal(size=(d, d)))[0]
    return np.asarray(np.linalg.cholesky(gram) @ turn[:n])


def clustered_gram(n_cluster: int, size: int, within: float, between: float) -> Array:
    """Return the matrix of inner products of :func:`clusters`."""
    same = np.kron(np.eye(n_cluster), np.ones((size, size)))
    gram = between + (within - between) * same
    np.fill_diagonal(gram, 1.0)
    return np.asarray(gram)


def shapes(side: int = 12) -> dict[str, Array]:
    """Return drawn pictures of -1 and 1 by name, each (side side,): patterns that are alike."""
    y, x = np.meshgrid(*2 * (np.linspace(-1.0, 1.0, side),), indexing="ij")
    radius, edge = np.hypot(x, y), np.maximum(np.abs(x), np.abs(y))
    column = np.arange(side)
    drawn = {
        "disc": radius < 0.75,
        "ring": (radius < 0.85) & (radius > 0.5),
        "frame": edge > 0.6,
        "square": edge < 0.6,
        "plus": np.minimum(np.abs(x), np.abs(y)) < 0.25,
        "cross": np.abs(np.abs(x) - np.abs(y)) < 0.25,
        "stripes": np.broadcast_to(column // 2 % 2 == 0, (side, side)),
        "triangle": (np.abs(x) < (y + 0.8) / 2) & (y < 0.8),
    }
    return {name: np.where(inside, 1.0, -1.0).ravel() for name, inside in drawn.items()}
