"""Operating regions: where two parameters together let a circuit pass (a shmoo plot)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuromorph.circuits.circuit import Circuit
from neuromorph.circuits.tolerance.knob import Knob, knobs
from neuromorph.circuits.tolerance.margin import swept_judge
from neuromorph.circuits.tolerance.trial import Bench, Check, benches
from neuromorph.circuits.tolerance.variant import Setting


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Region:
    """Which pairs of factors pass.

    Attributes
    ----------
    x_name, y_name : str
    x : array, shape (n_x,)
    y : array, shape (n_y,)
        Factors.
    passes : array of bool, shape (n_y, n_x)
    """

    title: str
    x_name: str
    y_name: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    passes: NDArray[np.bool_]

    def __str__(self) -> str:
        """Return the region as text: the first line is the largest y."""
        lines = [
            f"{self.y[i]:6.2f} {''.join('#' if ok else '.' for ok in self.passes[i])}"
            for i in reversed(range(self.y.size))
        ]
        ends = f"{self.x_name} {self.x[0]:g} to {self.x[-1]:g}"
        return "\n".join([f"{self.y_name} against {ends}", *lines])


def operating_region(
    circuit: Circuit | Sequence[Bench],
    check: Check | None = None,
    *,
    x: str | Knob = "XI",
    y: str | Knob = "XL",
    span: float = 0.5,
    n: int = 21,
    step: float | None = None,
    duration: float | None = None,
    temperature: float | None = 0.0,
    seed: int = 0,
    **how: Any,
) -> Region:
    """Try a grid of two factors around the nominal design.

    Parameters
    ----------
    x, y : names of knobs
        XI, XL, XJ, XR, an element or a pattern.
    span : float
        How far to look on each side, below 1.
    n : int
        Values per axis; an odd number has the nominal design in the middle.
    **how
        ``executor``, ``workers``, ``folder`` and ``progress`` of
        :func:`neuromorph.sweep.run_sweep`.

    Raises
    ------
    ValueError
        A span or number that is not allowed.
    """
    if not 0.0 < span < 1.0 or n < 2:
        raise ValueError(f"operating_region: span {span} and n {n} came, 0 < span < 1 and n >= 2 "
                         "are allowed")  # fmt: skip
    given = benches(circuit, check)
    pair = knobs(given[0].circuit, (x, y))
    setting = Setting(step=step, duration=duration, temperature=temperature, seed=seed)
    factors = np.linspace(1.0 - span, 1.0 + span, n)
    judge = swept_judge(given, pair, setting, **how)
    passed = judge([[float(a), float(b)] for b in factors for a in factors])
    return Region(
        title=given[0].circuit.title, x_name=pair[0].name, y_name=pair[1].name, x=factors,
        y=factors, passes=np.array(passed).reshape(n, n),
    )  # fmt: skip
