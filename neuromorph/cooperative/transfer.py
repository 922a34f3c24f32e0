"""The transfer functions T(R, C) of two-point units: value and derivatives as compiled scalars.

Every scalar has one signature, ``f(r, c, a, b, clip) -> (T, dT/dR, dT/dC, dT/da, dT/db)``; a and b
are the function's own parameters (``Transfer.parameters`` names them, 0 where there are none) and
clip holds the product R C inside exp, 2** and tanh. All are real-valued and dimensionless.

Kay and Phillips ask four things of a modulator: (i) without R no output, (ii) without C the output
is R, (iii) agreement amplifies and disagreement attenuates, (iv) the sign is that of R. ``m1``,
``m3``, ``m4`` hold all four; ``m2`` and ``glu`` follow the sign of C alone, so that (iii) holds
for R > 0 only, and ``m2`` loses (iv) for C < -1; ``additive`` and ``coop`` are driven by context
alone.

Sources: ReScience C 6(3) no. 2, zenodo 3885793, reproducing Smyth, Phillips and Kay 1996 (point,
additive, m1, m1a: exp(RC); Phillips, Kay and Smyth 1995 are often quoted with exp(2RC), which is
k2 = 2, not verified); Kay and Phillips 2011 (kp); Adeel 2025, arXiv 2505.06257 (coop, coop_v: its
value path only); m2, m3, m4, silu, pi_coop: published code for audio-visual speech, 2026 (formulas
only; there a whole matrix makes the precision, here two numbers per unit); glu: Dauphin et al.
2017, arXiv 1612.08083 (scaled by 2, so that C = 0 gives R); hard_glu: ReGLU, Shazeer 2020, arXiv
2002.05202; m2h and mask are ours.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from numba import njit

from neuromorph.description.frame_cell import TRANSFERS

Scalar = Callable[[float, float, float, float, float], tuple[float, float, float, float, float]]
LN2 = math.log(2.0)


@njit(cache=True, inline="always", error_model="numpy")
def surrogate(margin: Any) -> Any:
    """Return ``1 / (1 + 2|m|)**2``, which stands for the derivative of the step 1[m > 0]."""
    wide = 1.0 + 2.0 * abs(margin)
    return 1.0 / (wide * wide)


@njit(cache=True, inline="always", error_model="numpy")
def _held(z: Any, clip: Any) -> Any:
    """Return z within +-clip, and 1 where its derivative lives (0 where it was cut)."""
    if z > clip:
        return clip, 0.0
    if z < -clip:
        return -clip, 0.0
    return z, 1.0


@njit(cache=True, inline="always", error_model="numpy")
def _sigmoid(x: Any) -> Any:
    return 1.0 / (1.0 + math.exp(-x))


@njit(cache=True, error_model="numpy")
def point(r: Any, c: Any, a: Any, b: Any, clip: Any) -> Any:
    """``T = R``: isolation, context is ignored."""
    return r, 1.0, 0.0, 0.0, 0.0


@njit(cache=True, error_model="numpy")
def additive(r: Any, c: Any, a: Any, b: Any, clip: Any) -> Any:
    """``T = R + C``."""
    return r + c, 1.0, 1.0, 0.0, 0.0


@njit(cache=True, error_model="numpy")
def kp(r: Any, c: Any, a: Any, b: Any, clip: Any) -> Any:
    """``T = R (k1 + (1 - k1) exp(k2 R C))``, a = k1, b = k2."""
    z, live = _held(b * r * c, clip)
    e = math.exp(z)
    gain = a + (1.0 - a) * e
    slope = (1.0 - a) * e * live
    return r * gain, gain + slope * z, slope * b * r * r, r * (1.0 - e), slope * r * r * c


@njit(cache=True, error_model="numpy")
def m1(r: Any, c: Any, a: Any, b: Any, clip: Any) -> Any:
    """``T = R (1 + exp(R C)) / 2``, which is kp with k1 = 1/2, k2 = 1."""
    t, t_r, t_c, _, _ = kp(r, c, 0.5, 1.0, clip)
    return t, t_r, t_c, 0.0, 0.0


@njit(cache=True, error_model="numpy")
def m1a(r: Any, c: Any, a: Any, b: Any, clip: Any) -> Any:
    """``T = R (1 + exp(R C)) / 2 + C``: modulation and drive."""
    t, t_r, t_c, _, _ = kp(r, c, 0.5, 1.0, clip)
    return t + c, t_r, t_c + 1.0, 0.0, 0.0


@njit(cache=True, error_model="numpy")
def m2(r: Any, c: Any, a: Any, b: Any, clip: Any) -> Any:
    """``T = R (1 + C)``."""
    return r * (1.0 + c), 1.0 + c, r, 0.0, 0.0


@njit(cache=True, error_model="numpy")
def m3(r: Any, c: Any, a: Any, b: Any, clip: Any) -> Any:
    """``T = R (1 + tanh(beta R C))``, a = beta."""
    z, live = _held(a * r * c, clip)
    t = math.tanh(z)
    slope = (1.0 - t * t) * live
    return r * (1.0 + t), 1.0 + t + slope * z, slope * a * r * r, slope * r * r * c, 0.0


@njit(cache=True, error_model="numpy")
def m4(r: Any, c: Any, a: Any, b: Any, clip: Any) -> Any:
    """``T = R 2**(R C)``: a shift in hardware."""
    z, live = _held(r * c, clip)
    e = math.exp(LN2 * z)
    slope = LN2 * e * live
    return r * e, e + slope * z, slope * r * r, 0.0, 0.0


@njit(cache=True, error_model="numpy")
def coop(r: Any, c: Any, a: Any, b: Any, clip: Any) -> Any:
    """``T = R**2 + 2 R + C (1 + |R|)``: cooperation (apical drive); its gate is relu6.

    The same function with the gate ``linear`` is ``coop_v``, the value path of the attention form.
    """
    size, sign = abs(r), math.copysign(1.0, r)
    return r * r + 2.0 * r + c * (1.0 + size), 2.0 * r + 2.0 + c * sign, 1.0 + size, 0.0, 0.0


@njit(cache=True, error_model="numpy")
def silu(r: Any, c: Any, a: Any, b: Any, clip: Any) -> Any:
    """``T = R + z sigma(z)``, ``z = beta R C``, a = beta (learned per unit)."""
    z = a * r * c
    s = _sigmoid(z)
    slope = s * (1.0 + z * (1.0 - s))
    return r + z * s, 1.0 + slope * a * c, slope * a * r, slope * r * c, 0.0


@njit(cache=True, error_model="numpy")
def pi_coop(r: Any, c: Any, a: Any, b: Any, clip: Any) -> Any:
    """``T = R**2 + 2 R + pi C (1 + |R|)``, ``pi = sigma(w_r R + w_c C)``, a = w_r, b = w_c."""
    size, sign = abs(r), math.copysign(1.0, r)
    p = _sigmoid(a * r + b * c)
    slope = p * (1.0 - p) * c * (1.0 + size)
    t = r * r + 2.0 * r + p * c * (1.0 + size)
    t_r = 2.0 * r + 2.0 + p * c * sign + slope * a
    return t, t_r, p * (1.0 + size) + slope * b, slope * r, slope * c


@njit(cache=True, error_model="numpy")
def glu(r: Any, c: Any, a: Any, b: Any, clip: Any) -> Any:
    """``T = 2 R sigma(C)``: gated linear unit, a baseline."""
    s = _sigmoid(c)
    return 2.0 * r * s, 2.0 * s, 2.0 * r * s * (1.0 - s), 0.0, 0.0


@njit(cache=True, error_model="numpy")
def hard_glu(r: Any, c: Any, a: Any, b: Any, clip: Any) -> Any:
    """``T = R max(0, C)``: a baseline; closed where C <= 0."""
    if c > 0.0:
        return r * c, c, r, 0.0, 0.0
    return 0.0, 0.0, 0.0, 0.0, 0.0


@njit(cache=True, error_model="numpy")
def m2h(r: Any, c: Any, a: Any, b: Any, clip: Any) -> Any:
    """``T = R max(0, 1 + C)``: m2 with a hard gate; closed where 1 + C <= 0."""
    gain = 1.0 + c
    if gain > 0.0:
        return r * gain, gain, r, 0.0, 0.0
    return 0.0, 0.0, 0.0, 0.0, 0.0


@njit(cache=True, error_model="numpy")
def mask(r: Any, c: Any, a: Any, b: Any, clip: Any) -> Any:
    """``T = R 1[1 + C > 0]``: a learned skip mask, a baseline; dT/dC is the surrogate's."""
    gain = 1.0 + c
    t_c = r * surrogate(gain)
    if gain > 0.0:
        return r, 1.0, t_c, 0.0, 0.0
    return 0.0, 0.0, t_c, 0.0, 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One row of the table.

    Attributes
    ----------
    name : str
    code : int
        Position in ``TRANSFERS``, for the kernels.
    function : compiled scalar
        ``f(r, c, a, b, clip) -> (T, T_R, T_C, T_a, T_b)``.
    parameters : (str, str)
        Which fields of ``TwoPoint`` are a and b; ``""``: none.
    learned : bool
        Whether training moves a and b.
    """

    name: str
    code: int
    function: Scalar
    parameters: tuple[str, str] = ("", "")
    learned: bool = False

    def __call__(
        self, r: float, c: float, *, clip: float = 3.0, **parameters: float
    ) -> tuple[float, float, float]:
        """Return (T, dT/dR, dT/dC) of one pair; parameters by their names in ``TwoPoint``.

        Raises
        ------
        ValueError
            A parameter this transfer does not have.
        """
        unknown = set(parameters) - set(self.parameters)
        if unknown:
            names = ", ".join(name for name in self.parameters if name) or "none"
            raise ValueError(
                f"transfer {self.name!r}: parameter {min(unknown)!r} came, it has {names}"
            )
        a, b = (parameters.get(name, DEFAULTS.get(name, 0.0)) for name in self.parameters)
        t, t_r, t_c, _, _ = self.function(float(r), float(c), float(a), float(b), float(clip))
        return t, t_r, t_c


#: Parameters left out.
DEFAULTS: Mapping[str, float] = {"k1": 0.5, "k2": 1.0, "beta": 1.0, "w_r": 0.0, "w_c": 0.0}

_FUNCTION: Mapping[str, Scalar] = {
    "point": point, "additive": additive, "kp": kp, "m1": m1, "m1a": m1a, "m2": m2, "m3": m3,
    "m4": m4, "coop": coop, "coop_v": coop, "silu": silu, "pi_coop": pi_coop, "glu": glu,
    "hard_glu": hard_glu, "m2h": m2h, "mask": mask,
}  # fmt: skip
_PARAMETERS: Mapping[str, tuple[str, str]] = {
    "kp": ("k1", "k2"), "m3": ("beta", ""), "silu": ("beta", ""), "pi_coop": ("w_r", "w_c"),
}  # fmt: skip

#: The table, by name.
TABLE: Mapping[str, Transfer] = {
    name: Transfer(
        name=name,
        code=code,
        function=_FUNCTION[name],
        parameters=_PARAMETERS.get(name, ("", "")),
        learned=name in ("silu", "pi_coop"),
    )
    for code, name in enumerate(TRANSFERS)
}

#: Regimes of apical function and the transfer that stands for each.
REGIMES: Mapping[str, str] = {"isolation": "point", "amplification": "m2", "drive": "coop"}
