"""The bench: a line of library cells between a driven converter and a sink."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from neuromorph.circuits.cell import library
from neuromorph.circuits.cell.drive import drive
from neuromorph.circuits.deck.netlist import read
from neuromorph.circuits.solver.transient import Transient, simulate

Times = NDArray[Any]  #: float64 [s]

SINK = 2.0  #: resistor at the end of a line [ohm]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """How the benches are run.

    Attributes
    ----------
    step : float [s]
    temperature : float [K]
        Of the synapse's and the neuron's law; delays, windows and separations are noiseless.
    seeds : int
        Runs per point of the synapse's law.
    pulses : int
        Pulses per run of the synapse's law, half as many per train into the neuron.
    """

    step: float = 0.1e-12
    temperature: float = 4.2
    seeds: int = 4
    pulses: int = 240

    def run(
        self,
        body: str,
        trains: Mapping[str, Sequence[float] | Times],
        probes: Sequence[str],
        *,
        temperature: float = 0.0,
        seed: int = 1,
        cells: str | None = None,
    ) -> list[Times]:
        """Run a bench; ``trains`` are the drive times [s] by node; return pulses per probe."""
        names = [probe.upper() for probe in probes]
        transient = self.transient(
            body, trains, probes=names, temperature=temperature, seed=seed, cells=cells
        )
        return [transient.pulses[name] for name in names]

    def transient(
        self,
        body: str,
        trains: Mapping[str, Sequence[float] | Times],
        *,
        probes: Sequence[str] | None = None,
        temperature: float = 0.0,
        seed: int = 1,
        cells: str | None = None,
        duration: float | None = None,
    ) -> Transient:
        """Run a bench and return all that the simulation gave; all junctions without probes."""
        end = max((float(t[-1]) for t in trains.values() if len(t)), default=0.0) + 100e-12
        return simulate(
            read(self.deck(body, trains, cells=cells)),
            step=self.step,
            duration=duration or end,
            temperature=temperature,
            seed=seed,
            record=(),
            pulses=probes,
        )

    def deck(
        self,
        body: str,
        trains: Mapping[str, Sequence[float] | Times],
        *,
        cells: str | None = None,
        duration: float | None = None,
    ) -> str:
        """Return the text of a bench: cells, instances and drives, with ``.tran`` if it ends."""
        drives = "".join(drive(f"_{node}", node, times) + "\n" for node, times in trains.items())
        step = f"{self.step * 1e12:g}p"
        end = "" if duration is None else f".tran {step} {duration * 1e12:.6g}p 0 {step}\n"
        return (cells or library.deck()) + body + drives + end


def line(*cells: str) -> str:
    """Return instances X1, X2 ... in a row from node ``d``; extra ports come after a colon."""
    placed, node = [], "d"
    for k, cell in enumerate(cells, 1):
        name, _, extra = cell.partition(":")
        placed.append(f"X{k} {name} {node} n{k} {extra.replace(',', ' ')}".rstrip())
        node = f"n{k}"
    return "\n".join([*placed, f"RSINK {node} 0 {SINK:g}"]) + "\n"
