"""The schemes: what each prepares once for a circuit and a step.

Kernels are imported when a scheme is prepared: most runs need those of one scheme only, and each
compiled function costs time when its module is imported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from neuromorph.circuits.solver.cowell import (
    CowellSolver,
    coefficients,
    cowell_run,
    points,
)
from neuromorph.circuits.solver.elimination import Matrix
from neuromorph.circuits.solver.event import Watch
from neuromorph.circuits.solver.factor import Factor, SingularError, factorise
from neuromorph.circuits.solver.inverse import inverse_of
from neuromorph.circuits.solver.noise import Noise
from neuromorph.circuits.solver.panel import Panels, panels
from neuromorph.circuits.solver.reduction import CircuitError, Reduced
from neuromorph.circuits.solver.state import Record, Scratch, State, Tables, scratch
from neuromorph.circuits.solver.system import System, compressed

if TYPE_CHECKING:
    from neuromorph.circuits.solver.adams import Solver

Array = NDArray[np.float64]
_NO_INDEX, _NO_PLACE = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.uint32)
_START = np.zeros(1, dtype=np.int64)
_NOTHING = (_NO_PLACE, _NO_INDEX, _NO_PLACE, np.zeros(0), np.zeros(0))


class Scheme(Protocol):
    """A scheme prepared for a circuit.

    ``late`` if events are found one step later, ``nodal`` if nothing is eliminated.
    """

    stiffness: Matrix | Array
    late: bool
    nodal: bool

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


def kept_stiffness(reduced: Reduced) -> Matrix | Array:
    """Return K over the coordinates the schemes integrate, as an array where it is one."""
    if reduced.full.size:
        return reduced.full
    position = {i: k for k, i in enumerate(reduced.kept)}
    return [{position[j]: x for j, x in reduced.stiffness[i].items()} for i in reduced.kept]


class _Implicit:
    """A scheme that solves (M i^2 + D i + K) y = b over all coordinates, i one per row."""

    late, nodal = False, False

    def __init__(self, reduced: Reduced, system: System, h: float, dense: bool) -> None:
        from neuromorph.circuits.solver.adams import Solver

        self.stiffness = kept_stiffness(reduced)
        ib, c = self.weights(system, h)
        self.scratch: Scratch = scratch(system, c[3])
        more: Matrix = [{} for _ in reduced.kept]
        for k, i in enumerate(reduced.kept):
            for j, x in reduced.mass[i].items():
                more[k][j] = more[k].get(j, 0.0) + float(ib[j]) ** 2 * x
            for j, x in reduced.damping[i].items():
                more[k][j] = more[k].get(j, 0.0) + float(ib[j]) * x
        self.solver = (Solver(h, h**-0.5, ib, c, inverse_of(self.stiffness, more), *_NOTHING)
                       if dense else _factored(_sum(self.stiffness, more), h, ib, c))

    def weights(self, system: System, h: float) -> tuple[Array, Array]:
        """Return 1/(h beta_0) of every row, and its weights of the past."""
        raise NotImplementedError


class Adams(_Implicit):
    """Fourth-order Adams-Moulton with a predicted sine; see adams.py."""

    def weights(self, system: System, h: float) -> tuple[Array, Array]:
        """Return 1/(h beta_0) of every row, and its weights of the past."""
        from neuromorph.circuits.solver.adams import weights

        return weights(system, diagonal(self.stiffness), h, self.near_lines(system))

    def near_lines(self, system: System) -> list[int]:
        """Return the resistor rows at the ports of lines and next to them.

        The fourth-order weights are active near the Nyquist frequency; a lossless line between
        two inductive ends would hold such a wave for ever.
        """
        ports = set(system.extra.lines.place.tolist())
        near = {j for i in ports for j in (*_neighbours(self.stiffness, i), i)}
        return sorted(i for i in near if system.n_psi <= i < system.n_dynamic)

    def run(self, system: System, state: State, tables: Tables, noise: Noise, watch: Watch,
            record: Record, first: int, last: int, base: int) -> tuple[int, int]:
        """Advance; see :class:`Scheme`."""
        from neuromorph.circuits.solver.adams import adams_run
        from neuromorph.circuits.solver.lane import lane_run

        extra = system.extra
        rare = (noise.on or system.mass_off.column.size or system.damping_off.column.size
                or extra.lines.column.size or extra.relations.i_c.size or extra.gap.place.size)
        if not rare:
            fast: tuple[int, int] = lane_run(system, state, self.solver, self.scratch, tables,
                                             watch, record, (first, last, base))
            return fast
        result: tuple[int, int] = adams_run(system, state, self.solver, self.scratch, tables,
                                            noise, watch, record, first, last, base)
        return result


class Cowell:
    """Adams-Moulton velocities and Stoermer-Cowell phases; see cowell.py."""

    late, nodal = False, False

    def __init__(self, reduced: Reduced, system: System, h: float, dense: bool) -> None:
        self.stiffness = kept_stiffness(reduced)
        reason = self.refusal(reduced, system, h)
        if reason:
            raise CircuitError(f"{reduced.circuit.title}: {reason}; scheme 'am4' takes it")
        constant, turned = coefficients(self.points_for(reduced, system, h), h)
        _, double, single = constant.tolist()
        weight = np.concatenate((system.mass / double
                                 + system.damping[: system.n_psi] * (single / double),
                                 system.damping[system.n_psi:] / single,
                                 np.zeros(system.n - system.n_dynamic)))
        more: Matrix = [{k: x} for k, x in enumerate(weight.tolist())]
        self.scratch: Scratch = scratch(system, np.zeros(system.n_dynamic))
        inverse = inverse_of(self.stiffness, more) if dense else np.zeros((0, 0))
        self.solver = CowellSolver(constant, turned, inverse,
                                   _cut([] if dense else _sum(self.stiffness, more)))

    @staticmethod
    def points_for(reduced: Reduced, system: System, h: float) -> int:
        """Return how many points the polynomials may have at a step, 0 for none at all."""
        own = (np.diag(reduced.full) if reduced.full.size else np.array(
            [reduced.stiffness[i].get(i, 0.0) for i in reduced.kept[: system.n_dynamic]]))
        return points(system, own, h)

    @staticmethod
    def refusal(reduced: Reduced, system: System, h: float) -> str:
        """Return why the scheme does not take a circuit at a step of h ps, empty if it does."""
        reason = rare(system)
        if not reason and not Cowell.points_for(reduced, system, h):
            reason = f"a stiff or undamped spot at a step of {h:g} ps"
        return reason

    def run(self, system: System, state: State, tables: Tables, noise: Noise, watch: Watch,
            record: Record, first: int, last: int, base: int) -> tuple[int, int]:
        """Advance; see :class:`Scheme`."""
        result: tuple[int, int] = cowell_run(system, state, self.solver, self.scratch, tables,
                                             watch, record, (first, last, base))
        return result


def rare(system: System) -> str:
    """Return what a circuit has that the Cowell scheme does not take, empty if nothing."""
    extra = system.extra
    if noisy(system):
        return "thermal noise"
    if system.mass_off.column.size or system.damping_off.column.size:
        return "a loop of junctions, capacitors and resistors without inductance"
    if extra.lines.column.size or extra.relations.i_c.size:
        return "a transmission line or a current-phase relation of its own"
    if extra.gap.place.size:
        return "a junction at its gap"
    return "" if np.all(system.mass > 0) else "a junction without capacitance"


class Bdf(_Implicit):
    """BDF2 with JoSIM's prediction; see bdf.py."""

    def __init__(self, reduced: Reduced, system: System, h: float, dense: bool) -> None:
        super().__init__(reduced, system, h, dense)
        self.magnetic = compressed(self.stiffness)

    def weights(self, system: System, h: float) -> tuple[Array, Array]:
        """Return 3/(2h) of every row; BDF2 keeps its past in its own kernel."""
        return np.full(system.n_dynamic, 1.5 / h), np.zeros((4, system.n_dynamic))

    def run(self, system: System, state: State, tables: Tables, noise: Noise, watch: Watch,
            record: Record, first: int, last: int, base: int) -> tuple[int, int]:
        """Advance; see :class:`Scheme`."""
        from neuromorph.circuits.solver.bdf import bdf_run

        result: tuple[int, int] = bdf_run(system, state, self.solver, self.magnetic, self.scratch,
                                          tables, noise, watch, record, (first, last, base))
        return result


class Leapfrog:
    """Leapfrog with trapezoidal resistor branches; see leapfrog.py."""

    late, nodal = True, False

    def __init__(self, reduced: Reduced, system: System, h: float, dense: bool) -> None:
        from neuromorph.circuits.solver.leapfrog import LeapSolver, leap_scratch

        if system.mass_off.column.size or system.damping_off.column.size:
            raise CircuitError(f"{reduced.circuit.title}: a loop of junctions, capacitors and "
                               "resistors without inductance; scheme 'am4' takes it")
        if system.extra.lines.column.size or system.extra.relations.i_c.size:
            raise CircuitError(f"{reduced.circuit.title}: a transmission line or a current-phase "
                               "relation of its own; scheme 'am4' or 'bdf2' takes it")
        self.stiffness = kept_stiffness(reduced)
        self.quiet = not noisy(system)
        np_ = system.n_psi
        gamma = 2 / h * system.damping[np_:]
        rows, to_psi, rest = _parted(self.stiffness, np_)
        for k, x in enumerate([] if dense else gamma.tolist()):
            rest[k][k] = rest[k].get(k, 0.0) + x
        factor = _NOTHING
        if not self.quiet:
            f = _ldl(rest)
            factor = f.order, f.start, f.row, f.value, f.inverse
        map_ = _leap_map(self.stiffness, np_, gamma) if dense else np.zeros((0, 0))
        self.solver = LeapSolver(h, h**-0.5, compressed(rows), compressed(to_psi), *factor, map_,
                                 _cut(rest if self.quiet and not dense else []))
        self.scratch = leap_scratch(system, h)

    def run(self, system: System, state: State, tables: Tables, noise: Noise, watch: Watch,
            record: Record, first: int, last: int, base: int) -> tuple[int, int]:
        """Advance; see :class:`Scheme`."""
        from neuromorph.circuits.solver.leap_lane import leap_lane_run
        from neuromorph.circuits.solver.leapfrog import leapfrog_run

        if self.quiet:
            fast: tuple[int, int] = leap_lane_run(system, state, self.solver, self.scratch, tables,
                                                  watch, record, (first, last, base))
            return fast
        result: tuple[int, int] = leapfrog_run(system, state, self.solver, self.scratch, tables,
                                               noise, watch, record, first, last, base)
        return result


def noisy(system: System) -> bool:
    """Return whether any branch has thermal noise."""
    return bool(system.noise.column.size or np.any(system.noise_single))


def _parted(stiffness: Matrix | Array, n: int) -> tuple[Any, Any, Matrix]:
    """Return the psi rows of K, the other rows' coupling to psi, and the rest (none if dense)."""
    if isinstance(stiffness, np.ndarray):
        return stiffness[:n], stiffness[n:, :n], []
    return (stiffness[:n], [{j: x for j, x in row.items() if j < n} for row in stiffness[n:]],
            [{j - n: x for j, x in row.items() if j >= n} for row in stiffness[n:]])


def _leap_map(stiffness: Matrix | Array, n: int, gamma: Array) -> Array:
    """Return what makes forces and new rho out of psi and b; see leap_lane.py."""
    k = np.asarray(stiffness, dtype=np.float64).reshape(n + gamma.size, n + gamma.size)
    inner = np.linalg.inv(k[n:, n:] + np.diag(gamma))
    pull = inner @ k[n:, :n]
    return np.block([[k[:n, :n] - k[:n, n:] @ pull, k[:n, n:] @ inner], [-pull, inner]])


def diagonal(stiffness: Matrix | Array) -> Array:
    """Return the diagonal of K."""
    if isinstance(stiffness, np.ndarray):
        return np.diag(stiffness)
    return np.array([row.get(i, 0.0) for i, row in enumerate(stiffness)])


def _neighbours(stiffness: Matrix | Array, i: int) -> list[int]:
    if isinstance(stiffness, np.ndarray):
        return [int(j) for j in np.flatnonzero(stiffness[i])]
    return list(stiffness[i])


def _sum(stiffness: Matrix | Array, more: Matrix) -> Matrix:
    rows: Matrix = [dict(row) for row in stiffness]
    for row, extra in zip(rows, more, strict=True):
        for j, x in extra.items():
            row[j] = row.get(j, 0.0) + x
    return rows


def _cut(rows: Matrix) -> Panels:
    if not rows:  # without the kernels of a factorisation, whose loading takes its time
        return Panels(_NO_PLACE, _NO_PLACE, _NO_PLACE, np.zeros(0), _START, _NO_PLACE,
                      np.zeros(0), _START, _NO_PLACE, np.zeros(0), _NO_PLACE, _START, _NO_PLACE,
                      np.zeros(0), np.zeros(0))
    try:
        return panels(rows)
    except SingularError as error:
        raise _singular(error) from None


def _singular(error: SingularError) -> CircuitError:
    return CircuitError(f"the equation of coordinate {error.args[0]} is singular")


def _factored(rows: Matrix, h: float, ib: Array, c: Array) -> Solver:
    from neuromorph.circuits.solver.adams import Solver

    f = _ldl(rows)
    return Solver(h, h**-0.5, ib, c, np.zeros((0, 0)), f.order, f.start, f.row, f.value,
                  f.inverse)


def _ldl(rows: Matrix) -> Factor:
    try:
        return factorise(rows)
    except SingularError as error:
        raise _singular(error) from None


_SCHEMES = {"cowell": Cowell, "am4": Adams, "leapfrog": Leapfrog, "bdf2": Bdf}
