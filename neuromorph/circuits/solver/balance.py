"""The energy of a run, and that its balance closes.

From the equations of reduction.py, multiplied by s y' and integrated over the run,

    source work + noise work = heat + change of stored energy,

    source work = s int J y' dt,            heat = s int y'^T D y' dt,
    stored = s/2 psi'^T M psi' + s/2 y^T K y + s sum_j I_c (1 - cos psi).

Lossless lines store what their ports take in and do not give
back. Eliminated kappa add the same s/2 w^T S w to both sides: the energy that sources hold in the
inductors they feed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neuromorph.circuits.element import PHASE_UNIT, CurrentSource
from neuromorph.circuits.solver.relation import potential
from neuromorph.units import PHI0

if TYPE_CHECKING:
    from neuromorph.circuits.solver.integrator import Integrator


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """Energies of one run [J].

    Parameters
    ----------
    source : float
        Work done by the sources: the integral of current times voltage.
    noise : float
        Work done by the thermal noise currents.
    heat : float
        Heat in resistors and junction resistances.
    stored : float
        Change of the energy in junctions, capacitors and inductors.
    bias_counted : float
        Sum over steady sources of I_b Phi0 per 2 pi turn at their nodes.
    critical_counted : float
        Sum over junctions of I_c Phi0 per pulse, either way.
    switchings : int
        Number of pulses of all junctions, either way.
    """

    source: float
    noise: float
    heat: float
    stored: float
    bias_counted: float
    critical_counted: float
    switchings: int

    @property
    def residual(self) -> float:
        """What is left of the balance, over the source work or heat."""
        scale = max(abs(self.source), self.heat, 1e-30)
        return (self.source + self.noise - self.heat - self.stored) / scale


def balance(run: Integrator) -> Balance:
    """Return the energies of a finished run."""
    system, s = run.system, PHASE_UNIT
    psi, velocity = run.state.y[: system.n_psi], run.velocity
    heat = s * (run.spent + run.heat_since + run.h * run.heat_off)
    held = _stored(run, psi, velocity)
    driven, warmed = system.extra.lines.energy
    turns = run.turns()
    critical = sum(abs_turns * j.i_c for j, abs_turns in turns)
    return Balance(source=1e-18 * s * float(run.state.work[0] - driven),
                   noise=1e-18 * s * float(run.state.work[1]),
                   heat=1e-18 * (heat - s * warmed),
                   stored=1e-18 * (held - run.held_at_start + s * (warmed - driven)),
                   bias_counted=_bias(run), critical_counted=critical * PHI0,
                   switchings=sum(n for _, n in turns))


def stored(run: Integrator) -> float:
    """Return the energy held now [aJ], without the part sources hold in their own leads."""
    return _stored(run, run.state.y[: run.system.n_psi], run.velocity)


def _stored(run: Integrator, psi: NDArray[np.float64], velocity: NDArray[np.float64]) -> float:
    system = run.system
    kinetic = float(velocity @ (system.mass * velocity))
    if run.scheme.nodal:
        kinetic += 2 * run.scheme.kinetic(run.state.velocity[0])
    off = system.mass_off
    for i in range(system.n_psi if off.column.size else 0):
        for p in range(off.start[i], off.start[i + 1]):
            kinetic += float(velocity[i] * off.value[p] * velocity[off.column[p]])
    y = run.state.y
    magnetic = float(np.sum(y[run.magnetic_row] * run.magnetic.value * y[run.magnetic.column]))
    junction = float(np.sum(system.i_c * (1 - np.cos(psi - system.offset)))) + _bent(run, psi)
    return PHASE_UNIT * (kinetic / 2 + magnetic / 2 + junction)


def _bent(run: Integrator, psi: NDArray[np.float64]) -> float:
    """Return the energy of the junctions with a current-phase relation of their own [mA rad]."""
    relations, total = run.system.extra.relations, 0.0
    levels = run.levels() if relations.wave_place.size else np.zeros(0)
    for k, name in enumerate(run.bent):
        inner = slice(relations.start[k], relations.start[k + 1])
        outer = slice(relations.wave_start[k], relations.wave_start[k + 1])
        phase = float(relations.weight[inner] @ psi[relations.place[inner]])
        phase += float(relations.wave_weight[outer] @ levels[relations.wave_place[outer]])
        total += potential(name, phase)
    return total


def _bias(run: Integrator) -> float:
    total = 0.0
    times = np.array([run.end / 2, run.end]) * 1e-12
    ends = [c.levels(times) for c in run.reduced.sources.columns]
    way = run.state.y - run.start_phase
    position, recovered = run.position, run.reduced.recovered
    for source in run.reduced.circuit.elements:
        if not isinstance(source, CurrentSource):
            continue
        k, scale = run.reduced.sources.place[source.name]
        level = ends[k][1] * scale * 1e-3
        if ends[k][0] != ends[k][1] or not level:
            continue
        turn = -sum(x * (way[position[i]] if i in position else
                         recovered.moved(i, way, position))
                    for i, x in run.reduced.branches[source.name].items())
        total += float(level) * PHI0 * round(turn / (2 * np.pi))
    return total
