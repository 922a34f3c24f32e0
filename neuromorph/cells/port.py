"""What drives a port in a window of steps, and how it becomes a current."""

from __future__ import annotations

from typing import Any, NamedTuple

from neuromorph.cells.delivery import arrivals
from neuromorph.cells.kernel import kernel
from neuromorph.cells.vector import wide_vectors


class PortInput(NamedTuple):
    """What reaches one port of n units in a window; all per unit in A (or V for delta ports)."""

    arrived: Any  # (n_step or 0, n): sums of the port's own synapse; cleared when used
    posted: Any  # what else arrives there; see neuromorph.cells.delivery
    row: Any  # (n_step,): which row of ``values`` acts
    values: Any  # (n_row, n) [A]
    gain: Any  # (n,)
    signal: Any  # (n_step,) [A]
    decay: float  # of the port's own synapse per step
    conductance: Any  # (n_step, n) [S], or None


class PortDrive(NamedTuple):
    """What acts on a port in one step: ``current - conductance v``."""

    current: Any  # (n,) [A]
    conductance: Any  # (n,) [S], or None


@kernel(inner=True)
def port_current(port: PortInput, j: int, a: int, s: Any, arrived: Any, out: Any) -> None:
    """Fill ``out`` with the current of step j into the units from a on; advance s.

    ``I = (values + gain signal) + s``, then ``s <- s exp(-dt/tau) + arrived``, which is filled.
    """
    wide_vectors()
    b = a + out.shape[0]
    values, gain = port.values[port.row[j]][a:b], port.gain[a:b]
    signal, decay = port.signal[j], port.decay
    arrivals(port.arrived, port.posted, j, port.row.shape[0], a, arrived)
    for i in range(out.shape[0]):
        out[i] = (values[i] + gain[i] * signal) + s[i]
        s[i] = s[i] * decay + arrived[i]


@kernel()
def exponential_rows(s: Any, arrived: Any, decay: Any, scale: Any, out: Any) -> None:
    """Add ``scale s`` of each step to the rows of ``out`` and advance s; clear ``arrived``."""
    for j in range(arrived.shape[0]):
        for i in range(s.shape[0]):
            out[j, i] += s[i] * scale
            s[i] = s[i] * decay + arrived[j, i]
            arrived[j, i] = 0


@kernel()
def double_exponential_rows(
    rise: Any, s: Any, arrived: Any, decay_rise: Any, decay: Any, scale: Any, out: Any
) -> None:
    """As :func:`exponential_rows` for ``scale (s - rise)``, which share what arrives."""
    for j in range(arrived.shape[0]):
        for i in range(s.shape[0]):
            out[j, i] += (s[i] - rise[i]) * scale
            s[i] = s[i] * decay + arrived[j, i]
            rise[i] = rise[i] * decay_rise + arrived[j, i]
            arrived[j, i] = 0
