"""The three schemes: what each prepares once for a circuit and a step."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .adams import AdamsScratch, Solver, adams_run, adams_scratch
from .bdf import bdf_run
from .event import Watch
from .factor import SingularError, factorise
from .leapfrog import LeapSolver, leap_scratch, leapfrog_run
from .noise import Noise
from .reduction import CircuitError, Matrix, Reduced
from .state import Record, State, Tables
from .system import System, compressed

Array = NDArray[np.float64]
_NO_INDEX = np.zeros(0, dtype=np.int64)


class Scheme(Protocol):
    """A scheme prepared for a circuit; ``late`` if events are found one step later."""

    stiffness: Matrix
    late: bool

    def run(self, system: System, state: State, tables: Tables, noise: Noise, watch: Watch,
            record: Record, first: int, last: int, base: int) -> tuple[int, int]:
        """Advance from step ``first`` to ``last``; return the step reached and the reason."""


def scheme_named(name: str) -> Any:
    """Return the scheme class called ``name``.

    Raises
    ------
    ValueError
        There is no such scheme.
    """
    if name not in _SCHEMES:
        raise ValueError(f"scheme: {name!r} came, {', '.join(map(repr, _SCHEMES))} are allowed")
    return _SCHEMES[name]


def kept_stiffness(reduced: Reduced) -> Matrix:
    """Return K over the coordinates the schemes integrate."""
    position = {i: k for k, i in enumerate(reduced.kept)}
    return [{position[j]: x for j, x in reduced.stiffness[i].items()} for i in reduced.kept]


class _Implicit:
    """A scheme that solves (M m + D d + K) y = b over all coordinates."""

    late = False

    def __init__(self, reduced: Reduced, system: System, h: float, dense: bool) -> None:
        self.stiffness = kept_stiffness(reduced)
        self.scratch: AdamsScratch = adams_scratch(system)
        m, d = self.factors(h)
        rows: Matrix = [dict(row) for row in self.stiffness]
        for factor, matrix in ((m, reduced.mass), (d, reduced.damping)):
            for k, i in enumerate(reduced.kept):
                for j, x in matrix[i].items():
                    rows[k][j] = rows[k].get(j, 0.0) + factor * x
        self.solver = _inverted(rows, h, d) if dense else _factored(rows, h, d)

    @staticmethod
    def factors(h: float) -> tuple[float, float]:
        """Return m and d."""
        raise NotImplementedError


class Adams(_Implicit):
    """Fourth-order Adams-Moulton with a predicted sine; see adams.py."""

    @staticmethod
    def factors(h: float) -> tuple[float, float]:
        """Return 1/(h beta_0)^2 and 1/(h beta_0)."""
        return (24 / (9 * h)) ** 2, 24 / (9 * h)

    def run(self, system: System, state: State, tables: Tables, noise: Noise, watch: Watch,
            record: Record, first: int, last: int, base: int) -> tuple[int, int]:
        """Advance; see :class:`Scheme`."""
        result: tuple[int, int] = adams_run(system, state, self.solver, self.scratch, tables,
                                            noise, watch, record, first, last, base)
        return result


class Bdf(_Implicit):
    """BDF2 with JoSIM's prediction; see bdf.py."""

    @staticmethod
    def factors(h: float) -> tuple[float, float]:
        """Return 9/(4 h^2) and 3/(2h)."""
        return 2.25 / h**2, 1.5 / h

    def run(self, system: System, state: State, tables: Tables, noise: Noise, watch: Watch,
            record: Record, first: int, last: int, base: int) -> tuple[int, int]:
        """Advance; see :class:`Scheme`."""
        result: tuple[int, int] = bdf_run(system, state, self.solver, self.scratch, tables,
                                          noise, watch, record, first, last, base)
        return result


class Leapfrog:
    """Leapfrog with trapezoidal resistor branches; see leapfrog.py."""

    late = True

    def __init__(self, reduced: Reduced, system: System, h: float, dense: bool) -> None:
        if system.mass_off.column.size or system.damping_off.column.size:
            raise CircuitError(f"{reduced.circuit.title}: a loop of junctions, capacitors and "
                               "resistors without inductance; scheme 'am4' takes it")
        self.stiffness = kept_stiffness(reduced)
        np_, nd = system.n_psi, system.n_dynamic
        rest = [{j - np_: x for j, x in row.items() if j >= np_} for row in self.stiffness[np_:]]
        for k in range(nd - np_):
            rest[k][k] = rest[k].get(k, 0.0) + 2 / h * float(system.damping[np_ + k])
        to_psi = [{j: x for j, x in row.items() if j < np_} for row in self.stiffness[np_:]]
        solver = _factored(rest, h, 0.0)
        self.solver = LeapSolver(h, solver.scale, compressed(self.stiffness[:np_]),
                                 compressed(to_psi), solver.order, solver.start, solver.row,
                                 solver.value, solver.inverse)
        self.scratch = leap_scratch(system, h)

    def run(self, system: System, state: State, tables: Tables, noise: Noise, watch: Watch,
            record: Record, first: int, last: int, base: int) -> tuple[int, int]:
        """Advance; see :class:`Scheme`."""
        result: tuple[int, int] = leapfrog_run(system, state, self.solver, self.scratch, tables,
                                               noise, watch, record, first, last, base)
        return result


def _inverted(rows: Matrix, h: float, d: float) -> Solver:
    full: Array = np.eye(-(-len(rows) // 8) * 8)
    for i, row in enumerate(rows):
        full[i, i] = 0.0
        full[i, list(row)] = list(row.values())
    inverse = np.asarray(np.linalg.inv(full), dtype=np.float64)
    return Solver(h, d, h**-0.5, inverse, _NO_INDEX, _NO_INDEX, _NO_INDEX, np.zeros(0),
                  np.zeros(0))


def _factored(rows: Matrix, h: float, d: float) -> Solver:
    try:
        f = factorise(rows)
    except SingularError as error:
        raise CircuitError(f"the equation of coordinate {error.args[0]} is singular") from None
    return Solver(h, d, h**-0.5, np.zeros((0, 0)), f.order, f.start, f.row, f.value, f.inverse)


_SCHEMES = {"am4": Adams, "leapfrog": Leapfrog, "bdf2": Bdf}
