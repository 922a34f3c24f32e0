"""What both levels of superconducting circuits share: options, refusals, pulses in, spikes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuromorph.backends.emulator import refuse_cells, refuse_synapses
from neuromorph.circuits.cell.calibration import load
from neuromorph.circuits.compiler.layout import Unit
from neuromorph.circuits.compiler.network_compiler import CompiledCircuit, compile_network
from neuromorph.circuits.compiler.path_table import path_table
from neuromorph.description import LIF, ContextLIF, Network, Records, Stimuli
from neuromorph.description.discrete import steps
from neuromorph.description.emission import source_spikes
from neuromorph.description.stimulus import stimuli_at
from neuromorph.result import Spikes, State

Times = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Superconducting:
    """Options of a network in superconducting cells, at either level.

    Attributes
    ----------
    acceleration : float
        Network seconds per device second.
    temperature : float [K]

    Raises
    ------
    ValueError
        A value out of range.
    """

    acceleration: float = 1e8
    temperature: float = 4.2

    def __post_init__(self) -> None:
        where = type(self).__name__
        if not (np.isfinite(self.acceleration) and self.acceleration > 0):
            raise ValueError(
                f"{where}.acceleration: {self.acceleration} came, a positive number is allowed"
            )
        if not 0 <= self.temperature < np.inf:
            raise ValueError(
                f"{where}.temperature: {self.temperature} came, 0 K or more is allowed"
            )

    @property
    def arithmetic(self) -> str | None:
        """None: continuous time and noise, so agreement with others is statistical."""
        return None

    @property
    def merge_window(self) -> float:
        """Merger window in network time [s]: give it to ``Numba(merge_window=...)``."""
        return load().window * self.acceleration

    def refusal(self, network: Network) -> str | None:
        """Return why this backend cannot run a network, or None."""
        if network.kind == "frames":
            return "frame-based networks are not supported; spiking networks are"
        where = "in superconducting cells"
        reason = refuse_cells(network, (LIF, ContextLIF), where) or refuse_synapses(network, where)
        if reason is not None:
            return reason
        try:  # paths alone: what the cells cannot be shows without laying them
            path_table(
                network, acceleration=self.acceleration, calibration=load(),
                temperature=self.temperature,
            )  # fmt: skip
        except ValueError as error:
            return str(error)
        return None

    def compiled(self, network: Network) -> CompiledCircuit:
        """Return the network as a netlist.

        Raises
        ------
        ValueError
            Something the cells cannot be.
        """
        return compile_network(network, acceleration=self.acceleration, calibration=load())


def device_trains(
    network: Network, stimulus: Stimuli, duration: float, dt: float, seed: int, acceleration: float
) -> dict[Unit, Times]:
    """Return the spikes of every source unit [s of device time], on the reference's grid."""
    emitted = source_spikes(network, stimulus, first=0, last=steps(duration, dt), dt=dt, seed=seed)
    return {
        (name, unit): found.step[found.index == unit] * dt / acceleration
        for name, found in emitted.items()
        for unit in range(network.population(name).n)
    }


def refuse_run(name: str, record: Records, start: State | None, stimulus: Stimuli) -> None:
    """Refuse what a circuit does not have: recordings, a start state, currents into ports.

    Raises
    ------
    ValueError
        One of them came.
    """
    if record:
        raise ValueError(f"record: {', '.join(record)} came, spikes only are allowed on {name}")
    if start is not None:
        raise ValueError("start: a State came, None is allowed: a circuit starts from rest")
    for key, value in stimulus.items():
        if "." in key:
            came = ", ".join(type(one).__name__ for one in stimuli_at({key: value}, key))
            raise ValueError(
                f"stimulus {key!r}: a {came} came, spikes of a Source are allowed on {name}"
            )


def gathered(trains: Sequence[Times], duration: float) -> Spikes:
    """Return a population's spikes from those of its units [s of network time], in order of time.

    What the latency taken off left before 0 stands at 0; what comes after the end is left out.
    """
    times = np.concatenate(trains)
    index = np.repeat(np.arange(len(trains), dtype=np.int32), [t.size for t in trains])
    order = np.lexsort((index, times))
    kept = order[times[order] < duration]
    return Spikes(
        time=np.maximum(times[kept], 0.0), index=index[kept], n=len(trains), duration=duration
    )
