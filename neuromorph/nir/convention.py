"""What a spike is and how time is cut: NIR's equations leave both open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Convention:
    """How NIR's ``tau dv/dt = (v_leak - v) + r I`` becomes steps.

    Two readings of a spike that arrives over a weight w:

    * ``spike="step"``: ``I = w`` for one step of ``dt``, as snnTorch and Norse compute. Then v
      jumps by ``w r dt / tau`` (``scheme="euler"``) or ``w r (1 - exp(-dt / tau))``
      (``scheme="exact"``).
    * ``spike="dirac"``: ``I = w delta(t)``, w in A s. Then v jumps by ``w r / tau``.

    The decay of a step is ``d = 1 - dt / tau`` (``"euler"``) or ``exp(-dt / tau)`` (``"exact"``);
    our cell decays by exp(-dt / tau_m), so ``tau_m = -dt / ln d``.

    Simulators of NIR test the threshold right after the input of a step; our reference semantics
    test it at the next step, after the decay. With ``v_th = v_leak + d (v_threshold - v_leak)``
    both fire at the same inputs, ours one step later; a projection adds one step more.

    Attributes
    ----------
    dt : float [s]
        Step the network is to run with; snnTorch 1.0 exports for 1e-4.
    spike : "step" or "dirac"
    scheme : "euler" or "exact"
    reset : "value" or "subtract"
        NIR can only say ``v_reset``. ``"subtract"``: take ``v_threshold - v_reset`` away instead,
        as snnTorch does by default although its files cannot say so.

    Raises
    ------
    ValueError
        A value that is not one of these, or a dt that is not positive.
    """

    dt: float = 1e-4
    spike: Literal["step", "dirac"] = "step"
    scheme: Literal["euler", "exact"] = "euler"
    reset: Literal["value", "subtract"] = "value"

    def __post_init__(self) -> None:
        allowed = {
            "spike": ("step", "dirac"), "scheme": ("euler", "exact"),
            "reset": ("value", "subtract"),
        }  # fmt: skip
        for name, values in allowed.items():
            if getattr(self, name) not in values:
                raise ValueError(
                    f"Convention.{name}: {getattr(self, name)!r} came, {' or '.join(values)} "
                    "is allowed"
                )
        if not (np.isfinite(self.dt) and self.dt > 0):
            raise ValueError(f"Convention.dt: {self.dt} s came, a positive time is allowed")

    def decay(self, tau: Any) -> Array:
        """Return the decay of one step for NIR's ``tau``; infinite is 1."""
        ratio = self.dt / np.asarray(tau, dtype=np.float64)
        return np.asarray(1.0 - ratio if self.scheme == "euler" else np.exp(-ratio))

    def tau(self, decay: Any) -> Array:
        """Return NIR's ``tau`` for the decay of one step (the inverse of :meth:`decay`)."""
        kept = np.asarray(decay, dtype=np.float64)
        with np.errstate(divide="ignore"):
            if self.scheme == "euler":
                return np.asarray(self.dt / (1.0 - kept))
            return np.asarray(-self.dt / np.log(kept))

    def jump(self, tau: Any, r: Any) -> Array:
        """Return how far v jumps for a spike of weight 1 [V]."""
        tau, r = np.asarray(tau, dtype=np.float64), np.asarray(r, dtype=np.float64)
        return np.asarray(r / tau if self.spike == "dirac" else r * (1.0 - self.decay(tau)))

    def jump_without_leak(self, r: Any) -> Array:
        """Return the same for an integrator, ``dv/dt = r I``."""
        r = np.asarray(r, dtype=np.float64)
        return np.asarray(r if self.spike == "dirac" else r * self.dt)
