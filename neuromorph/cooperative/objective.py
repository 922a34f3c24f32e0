"""What a training minimises: losses read from a population's outputs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuromorph.cooperative.plan import Array

LOSSES = ("bce", "mse", "cross_entropy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """One loss on one population.

    * ``bce``: mean over frames and units of ``log(1 + exp(z)) - target z`` (z: the outputs),
    * ``mse``: mean of ``(y - target)**2``,
    * ``cross_entropy``: mean over frames of ``-sum target log softmax(y)``.

    Attributes
    ----------
    population : str
    loss : str
    weight : float
    labelled_only : bool
        Whether only labelled sequences count (semi-supervised: reconstruct all, label few).

    Raises
    ------
    ValueError
        An unknown loss, or a weight that is not above 0.
    """

    population: str
    loss: str = "bce"
    weight: float = 1.0
    labelled_only: bool = False

    def __post_init__(self) -> None:
        if self.loss not in LOSSES or not self.weight > 0:
            raise ValueError(
                f"Objective: loss {self.loss!r} and weight {self.weight} came, one of "
                f"{', '.join(LOSSES)} and more than 0 are allowed"
            )

    def evaluate(self, y: Array, target: Array, share: Array) -> tuple[float, Array]:
        """Return weight times the loss, and its derivative by y.

        Parameters
        ----------
        y, target : (batch, n)
        share : (batch,)
            1 / (number of frames that count) where a frame counts, else 0.
        """
        if self.loss == "mse":
            away = y - target
            values, slope, n = away * away, 2.0 * away, y.shape[1]
        elif self.loss == "bce":
            small = np.exp(-np.abs(y))
            values = np.log1p(small) + np.maximum(y, 0) - target * y
            slope = np.where(y >= 0, 1.0, small) / (1.0 + small) - target
            n = y.shape[1]
        else:
            shifted = y - y.max(axis=1, keepdims=True)
            total = np.log(np.exp(shifted).sum(axis=1, keepdims=True))
            values, slope, n = -target * (shifted - total), np.exp(shifted - total), 1
            slope = slope * target.sum(axis=1, keepdims=True) - target
        factor = (share * (self.weight / n))[:, None]
        loss = float(np.sum(values * factor, dtype=np.float64))
        return loss, np.asarray(slope * factor, dtype=y.dtype)
