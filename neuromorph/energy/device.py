"""The devices we have published constants of, by name.

The six devices of KerasSpiking stand with its own warning: "very rough estimates only"; they
leave out moving data on and off the device. The operation-only entries (``asic-45nm-*``) and the
junction entries leave out even more: memory, clock, routing, bias.
"""

from __future__ import annotations

from collections.abc import Mapping

from neuromorph.energy.cost_table import CPU, FPGA_SYNAPTIC, CostTable
from neuromorph.energy.operation import operation

_KERAS = "as tabulated in KerasSpiking (nengo/keras-spiking, model_energy.py); no data movement"
_DEGNAN = f"Degnan, Marr, Hasler 2015 (IEEE 7054508), {_KERAS}"
_HOEPPNER = f"Hoeppner et al. 2019 (arXiv 1903.08941), {_KERAS}"

_LIST = (
    ("cpu", CPU),
    (
        "gpu",
        CostTable(
            name="GPU GTX Titan Black", synaptic_event=0.3e-9, neuron_update=0.3e-9,
            spiking=False, source=f"0.3 nJ per operation; {_DEGNAN}", node="28 nm",
        ),
    ),
    (
        "arm",
        CostTable(
            name="ARM Cortex-A", synaptic_event=0.9e-9, neuron_update=0.9e-9, spiking=False,
            source=f"0.9 nJ per operation; {_DEGNAN}",
        ),
    ),
    (
        "loihi",
        CostTable(
            name="Loihi", synaptic_event=(23.6 + 3.5) * 1e-12, neuron_update=81e-12, spiking=True,
            source="23.6 pJ per synaptic operation plus 3.5 pJ per spike hop, 81 pJ per update; "
            f"Davies et al. 2018 (doi 10.1109/MM.2018.112130359), {_KERAS}", node="14 nm",
        ),
    ),
    (
        "spinnaker",
        CostTable(
            name="SpiNNaker", synaptic_event=13.3e-9, neuron_update=26e-9, spiking=True,
            source=f"13.3 nJ per synaptic event, 26 nJ per update; {_HOEPPNER}", node="130 nm",
        ),
    ),
    (
        "spinnaker2",
        CostTable(
            name="SpiNNaker2", synaptic_event=450e-12, neuron_update=2.19e-9, spiking=True,
            source=f"450 pJ per synaptic event, 2.19 nJ per update; {_HOEPPNER}",
        ),
    ),
    ("fpga-corradi", FPGA_SYNAPTIC),
    (
        "asic-45nm-fp32",
        CostTable(
            name="45 nm ASIC, fp32 add only", synaptic_event=operation("fp32 add").joules,
            neuron_update=0.0, spiking=True, node="45 nm", bits=32,
            source=f"{operation('fp32 add').source}; additions only: no memory access (one read of "
            "an 8 kB cache costs over five of them), no neuron update: a floor, not an estimate",
        ),
    ),
    (
        "asic-45nm-int32",
        CostTable(
            name="45 nm ASIC, int32 add only", synaptic_event=operation("int32 add").joules,
            neuron_update=0.0, spiking=True, node="45 nm", bits=32,
            source=f"{operation('int32 add').source}; additions only: no memory access, no neuron "
            "update: a floor, not an estimate",
        ),
    ),
    (
        "sfq-junction",
        CostTable(
            name="one 250 uA junction per event",
            synaptic_event=operation("RSFQ junction slip").joules, neuron_update=0.0,
            spiking=True, temperature=4.2,
            source=f"{operation('RSFQ junction slip').source}; one slip per synaptic event, no "
            "bias, no transmission lines: a floor, not an estimate (sfq-circuit counts all slips)",
        ),
    ),
)  # fmt: skip

#: Cost tables by name; a user's own is a ``CostTable`` and needs no registration.
DEVICES: Mapping[str, CostTable] = dict(_LIST)


def device(name: str | CostTable) -> CostTable:
    """Return the cost table of that name; a cost table is returned as it is.

    Raises
    ------
    ValueError
        There is none; the message lists those there are.
    """
    if isinstance(name, CostTable):
        return name
    if name not in DEVICES:
        raise ValueError(f"device: {name!r} came, {', '.join(DEVICES)} are there")
    return DEVICES[name]
