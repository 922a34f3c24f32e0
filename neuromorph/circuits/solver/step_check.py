"""Is the step small enough? The same run at half the step, and the largest difference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuromorph.circuits.solver.transient import Transient, simulate


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCheck:
    """Differences between a run and the same run at half its step.

    Parameters
    ----------
    time : float [s]
        Largest difference of a pulse time, and ``junction`` where it is.
    phase : float [rad]
        Largest difference of a printed phase on the common grid.
    unequal : tuple of str
        Junctions whose counts differ; they are left out of ``time``.
    """

    step: float
    time: float
    junction: str
    phase: float
    unequal: tuple[str, ...]

    def __str__(self) -> str:
        text = (f"half the step moves pulses by at most {self.time * 1e12:.3g} ps "
                f"({self.junction or 'no pulses'}) and phases by {self.phase:.3g} rad")
        if self.unequal:
            text += f"; counts differ at {', '.join(self.unequal[:5])}"
        return text


def check_step(result: Transient) -> StepCheck:
    """Run again without noise at half the step and compare.

    Thermal noise of another step is another noise, so ``result`` must have been run at 0 K.

    Raises
    ------
    ValueError
        The result has noise in it.
    """
    if result.energy.noise:
        raise ValueError("check of the step: the run has thermal noise, which another step draws "
                         "anew; run it with temperature=0")
    finer = simulate(result.circuit, step=result.step / 2, duration=result.duration,
                     temperature=0.0, scheme=result.scheme,
                     record=[f"{o.kind}({','.join(o.targets)})" for o in result.outputs
                             if o.kind == "P"],
                     pulses=list(result.pulses), startup=result.startup)
    worst, where, unequal = 0.0, "", []
    for name, times in result.pulses.items():
        other = finer.pulses[name]
        if times.size != other.size:
            unequal.append(name)
        elif times.size and (move := float(np.max(np.abs(times - other)))) > worst:
            worst, where = move, name
    phase = 0.0
    for name, values in result.phases.items():
        same = np.interp(result.time, finer.time, finer.phases[name])
        phase = max(phase, float(np.max(np.abs(values - same), initial=0.0)))
    return StepCheck(step=result.step, time=worst, junction=where, phase=phase,
                     unequal=tuple(unequal))
