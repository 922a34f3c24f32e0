"""Energy: published cost tables with their sources, and the meter of this machine's processor."""

from neuromorph.energy.cost_table import CPU, FPGA_SYNAPTIC, CostTable, counted_cpu, counted_events
from neuromorph.energy.device import DEVICES, device
from neuromorph.energy.meter import Meter, NotMeasuredError
from neuromorph.energy.operation import OPERATIONS, Operation, operation
from neuromorph.energy.rapl import Rapl

__all__ = [
    "CPU",
    "DEVICES",
    "FPGA_SYNAPTIC",
    "OPERATIONS",
    "CostTable",
    "Meter",
    "NotMeasuredError",
    "Operation",
    "Rapl",
    "counted_cpu",
    "counted_events",
    "device",
    "operation",
]
