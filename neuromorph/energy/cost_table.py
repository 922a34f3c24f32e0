"""Counted energy: operations times constants, each constant with its source."""

from __future__ import annotations

import math
from dataclasses import dataclass

from neuromorph.result import Counts, Energy, Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class CostTable:
    """Energy of one synaptic event and one neuron update on a device.

    ``J = events synaptic_event + updates neuron_update``, with the effective accumulates (and
    multiply-accumulates) as events on a spiking device and every synapse of every step on
    another. Nothing else is in it: no data movement on or off the device, no idle power.

    Attributes
    ----------
    name : str
    synaptic_event, neuron_update : float [J]
    spiking : bool
        False: the device computes every synapse at every step, spike or not.
    source : str
        Publication, and what the reader must know about it.
    subject : str
        ``"host"`` or ``"device"``.
    node : str
        Technology node, such as ``"14 nm"``.
    bits : int, optional
        Width of the numbers the constant was measured with.
    temperature : float, optional [K]
        Of the stage that takes the heat; left out: room.

    Raises
    ------
    ValueError
        A constant that is not a finite number of 0 J or more, or no source.
    """

    name: str
    synaptic_event: float
    neuron_update: float
    spiking: bool
    source: str
    subject: Subject = "device"
    node: str = ""
    bits: int | None = None
    temperature: float | None = None

    def __post_init__(self) -> None:
        for field in ("synaptic_event", "neuron_update"):
            value = getattr(self, field)
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(
                    f"CostTable {self.name!r}: {field} = {value} J came, 0 J or more is allowed"
                )
        if not self.source.strip():
            raise ValueError(
                f"CostTable {self.name!r}: no source came, say where the constants come from"
            )

    def energy(self, counts: Counts) -> Energy:
        """Return events times constants, at the boundary of the device, per run."""
        events = counts.effective_acs + counts.effective_macs if self.spiking else counts.dense
        joules = events * self.synaptic_event + counts.membrane_updates * self.neuron_update
        return Energy(
            joules=joules,
            dynamic=joules,
            subject=self.subject,
            boundary="device",
            method="counted",
            source=f"{self.name}: {self.source}",
            label=self.name,
            node=self.node,
            bits=self.bits,
            temperature=self.temperature,
        )


CPU = CostTable(
    name="CPU i7-4960X",
    synaptic_event=8.6e-9,
    neuron_update=8.6e-9,
    spiking=False,
    source="8.6 nJ per operation, 22 nm; Degnan, Marr, Hasler 2015 (IEEE 7054508), as tabulated "
    "in KerasSpiking; every synapse once per step, no data movement; not this host",
    subject="host",
    node="22 nm",
)

FPGA_SYNAPTIC = CostTable(
    name="SNN core on a ZU4EV-class FPGA",
    synaptic_event=0.151e-9,
    neuron_update=0.0,
    spiking=True,
    source="0.151 nJ per synaptic operation on a TE0820-03-4DE21FA, 16 nm; Corradi et al. 2021; "
    "another core than ours, neuron updates included in the figure",
    node="16 nm",
)


def counted_cpu(counts: Counts) -> tuple[Energy, ...]:
    """Return what a published CPU constant makes of the counts."""
    return (CPU.energy(counts),)


#: Energy of one synaptic event by the abstract of arXiv 2211.01950: its authors' estimate.
MCC_EVENT = 80e-12


def counted_events(counts: Counts) -> tuple[Energy, ...]:
    """Return transmissions of a frame-based network times the founding estimate per synapse."""
    joules = counts.transmissions * MCC_EVENT
    return (
        Energy(
            joules=joules,
            dynamic=joules,
            subject="device",
            boundary="device",
            method="counted",
            source="8e-5 uJ per synapse, the estimate its authors give for their implementation on "
            "an UltraScale+ MPSoC (arXiv 2211.01950, abstract; clock, widths and voltage unknown); "
            "events counted here, zero inputs and closed units skipped",
            label="synaptic events x 80 pJ",
        ),
    )
