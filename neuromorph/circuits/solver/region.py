"""Junctions at their gap: which regions they are in, and the matrices that go with it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuromorph.circuits.element import PHASE_UNIT, Junction
from neuromorph.circuits.solver.adams import STIFF, TRAPEZOIDAL
from neuromorph.circuits.solver.gap import conductance, gap, region_of
from neuromorph.circuits.solver.reduction import CircuitError, Reduced
from neuromorph.circuits.solver.scheme import Adams
from neuromorph.circuits.solver.system import System
from neuromorph.units import BOLTZMANN

_MOST_KEPT = 64


class Regions:
    """Follows the rtype 1 junctions of a run and keeps the schemes of regions seen before."""

    def __init__(self, reduced: Reduced, system: System, scheme: Any, h: float,
                 temperature: float | None) -> None:
        self.reduced, self.h, self.kind = reduced, h, type(scheme)
        self.junctions: list[tuple[Junction, int]] = []
        for junction in reduced.circuit.junctions:
            row = reduced.branches[junction.name]
            if junction.model.rtype == 1 and row:
                if len(row) > 1:
                    raise CircuitError(
                        f"{junction.name}: a junction of the circuit reaches its gap, and this one "
                        "stands in a loop without inductance; put an inductor into the loop")
                self.junctions.append((junction, next(iter(row))))
        self.temperature = temperature
        self.gap = gap(self.junctions)
        for k, (junction, i) in enumerate(self.junctions):
            if not system.mass_off.column.size:
                power = 2 * BOLTZMANN * self._kelvin(junction) * 1e18 / PHASE_UNIT
                self.gap.noise[k] = power / float(system.mass[i]) ** 2
        if isinstance(scheme, Adams) and self._inside(system, scheme):
            self.gap = self.gap._replace(room=np.zeros(scheme.solver.dense.shape[0]))
        self.system = system._replace(extra=system.extra._replace(gap=self.gap))
        self.schemes = {self.gap.region.tobytes(): scheme}

    def _inside(self, system: System, scheme: Adams) -> bool:
        """Return whether the kernel may change regions: a dense inverse, no row of lower order."""
        if not scheme.solver.dense.size or np.any(scheme.solver.c[3] == TRAPEZOIDAL):
            return False
        most = [float(np.max(self.gap.conductance[k])) / float(system.mass[i])
                for k, (_, i) in enumerate(self.junctions)]
        return self.h * max(most) < STIFF

    def _kelvin(self, junction: Junction) -> float:
        own = junction.temperature if self.temperature is None else self.temperature
        return (own if own is not None else self.reduced.circuit.temperature) or 0.0

    def follow(self, velocity: NDArray[np.float64]) -> Any:
        """Choose regions from the last three velocities, newest first; return the scheme."""
        for k, (junction, i) in enumerate(self.junctions):
            ahead = 2.5 * velocity[0, i] - 2 * velocity[1, i] + velocity[2, i] / 2
            region = int(region_of(self.gap, k, ahead))
            old = abs(int(self.gap.region[k]))
            if region != old:
                self._change(junction, i, conductance(junction, region)
                             - conductance(junction, old))
            self.gap.region[k] = -1 if region == 1 and ahead < 0 else region
        key = np.abs(self.gap.region).tobytes()
        if key not in self.schemes:
            if len(self.schemes) >= _MOST_KEPT:
                self.schemes.clear()
            dense = self.system.n == self.system.n_dynamic and self.system.n <= 70
            self.schemes[key] = self.kind(self.reduced, self.system, self.h, dense)
        return self.schemes[key]

    def _change(self, junction: Junction, i: int, more: float) -> None:
        system = self.system
        row = self.reduced.damping[i]
        row[i] = row.get(i, 0.0) + PHASE_UNIT * more
        system.damping[i] = row[i]
        kelvin = self._kelvin(junction)
        if kelvin and not system.mass_off.column.size:
            power = 2 * BOLTZMANN * kelvin * more * 1e18 / system.mass[i] ** 2
            system.noise_single[i] = np.sqrt(max(0.0, system.noise_single[i] ** 2 + power))
