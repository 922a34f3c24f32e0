"""The fastest mode of a circuit, and the steps that the schemes can take with it.

At frequencies far above R/L a resistor holds its phase, so the fastest modes are those of
M psi'' + (K_pp + I_c) psi = 0 with the resistor coordinates at rest. Leapfrog is stable for
h < 2/omega. The fourth-order scheme lets undamped modes grow; on circuits with ordinary shunts it
was stable to h = 1.1/omega. BDF2 is stable for linear modes of any speed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuromorph.circuits.element import Capacitor, Junction, Resistor
from neuromorph.circuits.solver.factor import solve
from neuromorph.circuits.solver.reduction import Reduced
from neuromorph.circuits.solver.system import Compressed, System

Array = NDArray[np.float64]

#: Beyond it the library behind numpy takes several threads, which then spin for milliseconds.
_DENSE = 64
_ITERATIONS = 24
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
    reason : str
        Why ``auto`` took another scheme than cowell; empty if it did not, or if it was asked for.
    until : float [s]
        Time at which a junction reached its gap and am4 took over from cowell; else infinite.
    """

    scheme: str
    omega: float
    where: str
    largest: float
    relaxed: tuple[str, ...] = ()
    limit: float = np.inf
    limited: str = ""
    reason: str = ""
    until: float = np.inf

    def __str__(self) -> str:
        text = f"{self.scheme}: fastest mode {self.omega * 1e-12:.3g} rad/ps"
        if np.isfinite(self.until):
            text = (f"{self.scheme} until {self.until * 1e12:.5g} ps, where a junction reached its "
                    f"gap, am4 from there: fastest mode {self.omega * 1e-12:.3g} rad/ps")
        text += f" at {self.where}" if self.where else ""
        if np.isfinite(self.largest):
            text += f", steps up to {self.largest * 1e12:.3g} ps"
        if np.isfinite(self.limit):
            text += (f"; taken because {self.limited} is stable below {self.limit * 1e12:.3g} ps "
                     "only")
        if self.reason:
            text += f"; taken because of {self.reason}"
        if self.relaxed:
            names = ", ".join(self.relaxed[:_MOST_NAMES])
            more = len(self.relaxed) - _MOST_NAMES
            text += f"; trapezoidal rule at {names}" + (f" and {more} more" if more > 0 else "")
        return text


_FACTOR = {"cowell": 1.1, "am4": 1.1, "leapfrog": 2.0}


def stability(reduced: Reduced, system: System, magnetic: Compressed, scheme: str, relaxed: Array,
              reason: str = "") -> Stability:
    """Return the fastest mode of a reduced circuit.

    ``magnetic`` is K over the kept coordinates, ``relaxed`` marks rows of lower order.
    """
    omega, place = _fastest(reduced, system, magnetic)
    factor = _FACTOR.get(scheme, np.inf)
    largest = factor / omega if omega else np.inf
    names = _names(reduced)
    return Stability(scheme=scheme, omega=omega * 1e12, where=names.get(place, ""),
                     largest=largest * 1e-12, reason=reason,
                     relaxed=tuple(names.get(int(i), f"coordinate {i}")
                                   for i in np.flatnonzero(relaxed)))


def _fastest(reduced: Reduced, system: System, magnetic: Compressed) -> tuple[float, int]:
    """Return the largest omega [rad/ps] and the coordinate in which its mode is largest."""
    n = system.n_psi
    if not n or not np.all(system.mass > 0):
        return 0.0, -1
    root = 1 / np.sqrt(system.mass)
    if n <= _DENSE:
        values, vectors = np.linalg.eigh(root[:, None] * _dense(system, magnetic) * root)
        return float(np.sqrt(max(values[-1], 0.0))), int(np.argmax(np.abs(vectors[:, -1])))
    return _iterated(_Sparse(reduced, system, magnetic), root)


def _rows(matrix: Compressed) -> NDArray[np.int64]:
    """Return the row of each entry."""
    return np.repeat(np.arange(matrix.start.size - 1), np.diff(matrix.start))


def _dense(system: System, magnetic: Compressed) -> Array:
    """Return K_pp + I_c - K_pk K_kk^-1 K_kp; without scipy, whose import takes its time."""
    n, first = system.n_psi, system.n_dynamic
    whole = np.zeros((system.n, system.n))
    whole[_rows(magnetic), magnetic.column] = magnetic.value
    full: Array = whole[:n, :n] + np.diag(system.i_c)
    if first < system.n:
        full -= whole[:n, first:] @ np.linalg.solve(whole[first:, first:], whole[first:, :n])
    return full


class _Sparse:
    """The same matrix, to be multiplied with; K_kk is factorised already."""

    def __init__(self, reduced: Reduced, system: System, magnetic: Compressed) -> None:
        n, first = system.n_psi, system.n_dynamic
        row, column = _rows(magnetic), magnetic.column
        own, far = (row < n) & (column < n), (row < n) & (column >= first)
        self.own = row[own], column[own], magnetic.value[own]
        self.far = row[far], column[far] - first, magnetic.value[far]
        self.i_c, self.inner = system.i_c, reduced.inner
        self.room = np.zeros((2, system.n - first))

    def __matmul__(self, x: Array) -> Array:
        row, column, value = self.own
        image: Array = self.i_c * x + np.bincount(row, value * x[column], x.size)
        f, (solution, work) = self.inner, self.room
        if f is not None and work.size:
            row, column, value = self.far
            pulled = np.bincount(column, value * x[row], work.size)
            solve(f.order, f.start, f.row, f.value, f.inverse, pulled, solution, work)
            image -= np.bincount(row, value * solution[column], x.size)
        return image


def _iterated(matrix: _Sparse, root: Array) -> tuple[float, int]:
    """Return the same by the method of Lanczos, from below within about a percent."""
    x = np.random.default_rng(0).standard_normal(root.size)
    x /= np.linalg.norm(x)
    before, basis, link = np.zeros_like(x), [x], 0.0
    near = np.zeros((_ITERATIONS, _ITERATIONS))
    for k in range(_ITERATIONS):
        image = root * (matrix @ (root * x)) - link * before
        near[k, k] = x @ image
        image -= near[k, k] * x
        link = float(np.linalg.norm(image))
        if k + 1 == _ITERATIONS or not link:
            near = near[: k + 1, : k + 1]
            break
        near[k, k + 1] = near[k + 1, k] = link
        before, x = x, image / link
        basis.append(x)
    values, vectors = np.linalg.eigh(near)
    mode = vectors[:, -1] @ np.array(basis)
    return float(np.sqrt(max(values[-1], 0.0))), int(np.argmax(np.abs(mode)))


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
