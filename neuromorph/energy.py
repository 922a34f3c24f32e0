"""Counted energy: operations times constants, each constant with its source."""

from __future__ import annotations

from dataclasses import dataclass

from neuromorph.result import Counts, Energy, Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class CostTable:
    """Energy of one synaptic event and one neuron update on a device.

    Attributes
    ----------
    name : str
    synaptic_event, neuron_update : float [J]
    spiking : bool
        False: the device computes every synapse at every step, spike or not.
    source : str
        Publication, node and voltage as far as known.
    """

    name: str
    synaptic_event: float
    neuron_update: float
    spiking: bool
    source: str
    subject: Subject = "device"

    def energy(self, counts: Counts) -> Energy:
        """Return events times constants, at the boundary of the device, per run."""
        events = counts.effective_acs if self.spiking else counts.dense
        joules = events * self.synaptic_event + counts.membrane_updates * self.neuron_update
        return Energy(
            joules=joules,
            dynamic=joules,
            subject=self.subject,
            boundary="device",
            method="counted",
            source=f"{self.name}: {self.source}",
            label=self.name,
        )


CPU = CostTable(
    name="CPU i7-4960X",
    synaptic_event=8.6e-9,
    neuron_update=8.6e-9,
    spiking=False,
    source="8.6 nJ per operation, 22 nm; Degnan, Marr, Hasler 2015 (IEEE 7054508), as tabulated "
    "in KerasSpiking; every synapse once per step, no data movement; not this host",
    subject="host",
)

FPGA_SYNAPTIC = CostTable(
    name="SNN core on a ZU4EV-class FPGA",
    synaptic_event=0.151e-9,
    neuron_update=0.0,
    spiking=True,
    source="0.151 nJ per synaptic operation on a TE0820-03-4DE21FA, 16 nm; Corradi et al. 2021; "
    "another core than ours, neuron updates included in the figure",
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
