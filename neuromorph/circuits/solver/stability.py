"""The fastest mode of a circuit, and the steps that the schemes can take with it.

At frequencies far above R/L a resistor holds its phase, so the fastest modes are those of
M psi'' + (K_pp + I_c) psi = 0 with the resistor coordinates at rest. Leapfrog is stable for
h < 2/omega. The fourth-order scheme lets undamped modes grow; on circuits with ordinary shunts it
was stable to h = 1.1/omega. BDF2 is stable for linear modes of any speed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuromorph.circuits.element import Capacitor, Junction, Resistor
from neuromorph.circuits.solver.reduction import Reduced
from neuromorph.circuits.solver.system import System

Array = NDArray[np.float64]

_DENSE = 200
_ITERATIONS = 40
_MOST_NAMES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Stability:
    """What the set-up found about a circuit, a scheme and a step.

    Parameters
    ----------
    omega : float [rad/s]
        Angular frequency of the fastest mode, and ``where`` it is strongest.
    largest : float [s]
        Largest step of the scheme on it; infinite if it sets none.
    relaxed : tuple of str
        Elements whose rows take the trapezoidal rule in place of the fourth order, because they
        are stiff or an undamped mode of theirs would grow.
    limit : float [s]
        Largest step of the scheme ``limited``, where ``auto`` took bdf2 because the step is larger;
        else infinite.
    """

    scheme: str
    omega: float
    where: str
    largest: float
    relaxed: tuple[str, ...] = ()
    limit: float = np.inf
    limited: str = ""

    def __str__(self) -> str:
        text = f"{self.scheme}: fastest mode {self.omega * 1e-12:.3g} rad/ps"
        text += f" at {self.where}" if self.where else ""
        if np.isfinite(self.largest):
            text += f", steps up to {self.largest * 1e12:.3g} ps"
        if np.isfinite(self.limit):
            text += (f"; taken because {self.limited} is stable below {self.limit * 1e12:.3g} ps "
                     "only")
        if self.relaxed:
            names = ", ".join(self.relaxed[:_MOST_NAMES])
            more = len(self.relaxed) - _MOST_NAMES
            text += f"; trapezoidal rule at {names}" + (f" and {more} more" if more > 0 else "")
        return text


_FACTOR = {"cowell": 1.1, "am4": 1.1, "leapfrog": 2.0}


def stability(reduced: Reduced, system: System, scheme: str, relaxed: Array) -> Stability:
    """Return the fastest mode of a reduced circuit; ``relaxed`` marks rows of lower order."""
    omega, place = _fastest(reduced, system)
    factor = _FACTOR.get(scheme, np.inf)
    largest = factor / omega if omega else np.inf
    names = _names(reduced)
    return Stability(scheme=scheme, omega=omega * 1e12, where=names.get(place, ""),
                     largest=largest * 1e-12,
                     relaxed=tuple(names.get(int(i), f"coordinate {i}")
                                   for i in np.flatnonzero(relaxed)))


def _fastest(reduced: Reduced, system: System) -> tuple[float, int]:
    """Return the largest omega [rad/ps] and the coordinate in which its mode is largest."""
    n = system.n_psi
    if not n or not np.all(system.mass > 0):
        return 0.0, -1
    root = 1 / np.sqrt(system.mass)
    if n <= _DENSE:
        values, vectors = np.linalg.eigh(root[:, None] * _dense(reduced, system) * root)
        return float(np.sqrt(max(values[-1], 0.0))), int(np.argmax(np.abs(vectors[:, -1])))
    return _iterated(*_blocks(reduced, system), root)


def _dense(reduced: Reduced, system: System) -> Array:
    """Return K_pp + I_c - K_pk K_kk^-1 K_kp; without scipy, whose import takes its time."""
    size, n, first = len(reduced.kept), system.n_psi, system.n_dynamic
    whole = np.zeros((len(reduced.stiffness), len(reduced.stiffness)))
    for i in reduced.kept:
        whole[i, list(reduced.stiffness[i])] = list(reduced.stiffness[i].values())
    kept = whole[np.ix_(reduced.kept, reduced.kept)]
    full: Array = kept[:n, :n] + np.diag(system.i_c)
    if first < size:
        full = full - kept[:n, first:] @ np.linalg.solve(kept[first:, first:], kept[first:, :n])
    return full


def _blocks(reduced: Reduced, system: System) -> tuple[Any, Any, Any]:
    """Return K_pp + I_c, K_pk and K_kk of the kept psi and kappa as sparse matrices."""
    from scipy.sparse import coo_matrix, diags

    kept = reduced.kept
    position = {i: k for k, i in enumerate(kept)}
    row = np.array([k for k, i in enumerate(kept) for _ in reduced.stiffness[i]], dtype=np.int64)
    column = np.array([position[j] for i in kept for j in reduced.stiffness[i]], dtype=np.int64)
    value = np.array([x for i in kept for x in reduced.stiffness[i].values()], dtype=np.float64)
    full = coo_matrix((value, (row, column)), shape=(len(kept), len(kept))).tocsr()
    n, first = system.n_psi, system.n_dynamic
    return full[:n, :n] + diags(system.i_c), full[:n, first:], full[first:, first:]


def _iterated(magnetic: Any, coupling: Any, inner: Any, root: Array) -> tuple[float, int]:
    """Return the same by power iteration, from below within a few percent."""
    from scipy.sparse.linalg import splu

    factor = splu(inner.tocsc()) if coupling.shape[1] else None
    x = np.random.default_rng(0).standard_normal(root.size)
    size = 0.0
    for _ in range(_ITERATIONS):
        y = root * x
        image = magnetic @ y
        if factor is not None:
            image -= coupling @ factor.solve(coupling.T @ y)
        x = root * image
        size = float(np.linalg.norm(x))
        if not size:
            return 0.0, -1
        x /= size
    return float(np.sqrt(size)), int(np.argmax(np.abs(x)))


def _names(reduced: Reduced) -> dict[int, str]:
    names: dict[int, str] = {}
    for element in reduced.circuit.elements:
        if isinstance(element, Junction | Capacitor | Resistor):
            row = reduced.branches[element.name]
            if len(row) == 1:
                names.setdefault(next(iter(row)), element.name)
    for name, pair in reduced.ports.items():
        for row, _ in pair:
            if len(row) == 1:
                names.setdefault(next(iter(row)), name)
    return names
