"""The loop over a window of steps of a cell whose synapses are currents."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any, NamedTuple

from numba import njit

from neuromorph.cells.element import stretch
from neuromorph.cells.port import PortDrive, port_current

RUNAWAY = 10.0  #: a potential beyond this [V] is a numerical failure


class Draw(NamedTuple):
    """What a draw of unit i of a block in one step is keyed by: (unit + i, step, key)."""

    unit: int
    step: int
    key: Any


class SpikeRoom(NamedTuple):
    """Where a window writes the spikes of one block; ``fired`` is padded to eight units."""

    step: Any
    index: Any
    fired: Any
    words: Any  # fired as 64-bit words
    scratch: Any  # (n_port, n)


def window_of(step: Callable[..., None], reset: Callable[..., None], ports: int) -> Any:
    """Return the window function of a cell of one or two ports.

    ``window(x, inputs, c, draw, a, b, first, room, every, sampled)`` advances units a ... b of
    a population, whose state ``x`` (n_variable, b - a) ends with the synaptic currents of the
    ports, over all steps of the inputs. It returns the number of spikes written to ``room``
    and the unit of the first runaway or NaN potential in ``x[:n_port]``, or -1.

    Parameters
    ----------
    step : function
        ``step(x, drives, fired, c, draw)``: integrate and test the threshold.
    reset : function
        ``reset(x, i, c)`` of one unit that spiked.
    ports : int
    """
    return _one_port(step, reset, "") if ports == 1 else _two_ports(step, reset, "")


def fused_window_of(step: Any, reset: Any, ports: int) -> Any:
    """As :func:`window_of`, but a product and a sum may be rounded once, together.

    Faster by half on processors that fuse them, and another last bit: spikes may differ from those
    of every other backend.
    """
    fused = njit(cache=True, error_model="numpy", fastmath={"contract"})(
        _renamed(step.py_func, "_fused")
    )
    make = _one_port if ports == 1 else _two_ports
    return make(fused, reset, "_fused")


def _renamed(function: Any, suffix: str) -> Any:
    """Return a copy of a function under another name: the cache of kernels goes by name."""
    copy = FunctionType(
        function.__code__, function.__globals__, function.__name__ + suffix,
        function.__defaults__, function.__closure__,
    )  # fmt: skip
    copy.__qualname__ = function.__qualname__ + suffix
    copy.__module__ = function.__module__
    return copy


@njit(cache=True)
def sample(x: Any, sampled: Any, row: int, a: int, b: int) -> None:
    """Copy the state of a block into one row of samples (n_sample, n_variable, n)."""
    for k in range(x.shape[0]):
        sampled[row, k, a:b] = x[k]


@njit(cache=True, error_model="numpy")
def runaway(x: Any, potentials: int) -> int:
    """Return the first unit with a potential that is not within ``RUNAWAY``, or -1."""
    for k in range(potentials):
        v = x[k]
        bad = 0
        for i in range(v.shape[0]):
            bad += 0 if abs(v[i]) < RUNAWAY else 1
        if bad:
            for i in range(v.shape[0]):
                if not abs(v[i]) < RUNAWAY:
                    return i
    return -1


def _spikes_of(reset: Any) -> Any:
    @njit(cache=True, error_model="numpy")
    def spikes(x: Any, c: Any, room: Any, count: Any, step: Any, a: Any) -> Any:
        """Write and reset the units that fired; eight flags are read at once."""
        for w in range(room.words.shape[0]):
            if room.words[w] == 0:
                continue
            for i in range(8 * w, min(8 * w + 8, x.shape[1])):
                if room.fired[i]:
                    room.step[count] = step
                    room.index[count] = a + i
                    count += 1
                    reset(x, i, c)
        return count

    return spikes


def _one_port(step: Any, reset: Any, suffix: str) -> Any:
    spikes = _spikes_of(reset)

    def window(x: Any, inputs: Any, c: Any, draw: Any, a: Any, b: Any, first: Any, room: Any,
               every: Any, sampled: Any) -> Any:  # fmt: skip
        (basal,) = inputs
        count, row = 0, 0
        for j in range(basal.arrived.shape[0]):
            if every > 0 and (first + j) % every == 0:
                sample(x, sampled, row, a, b)
                row += 1
            port_current(
                x[x.shape[0] - 1], basal.arrived[j][a:b], basal.values[basal.row[j]][a:b],
                basal.gain[a:b], basal.signal[j], basal.decay, room.scratch[0],
            )  # fmt: skip
            drive = PortDrive(room.scratch[0], stretch(basal.conductance, j, a, b))
            step(x, (drive,), room.fired, c, Draw(draw.unit, first + j, draw.key))
            count = spikes(x, c, room, count, first + j, a)
        return count, runaway(x, 1)

    return njit(cache=True, nogil=True, error_model="numpy")(_renamed(window, suffix))


def _two_ports(step: Any, reset: Any, suffix: str) -> Any:
    spikes = _spikes_of(reset)

    def window(x: Any, inputs: Any, c: Any, draw: Any, a: Any, b: Any, first: Any, room: Any,
               every: Any, sampled: Any) -> Any:  # fmt: skip
        basal, apical = inputs
        count, row = 0, 0
        for j in range(basal.arrived.shape[0]):
            if every > 0 and (first + j) % every == 0:
                sample(x, sampled, row, a, b)
                row += 1
            port_current(
                x[x.shape[0] - 2], basal.arrived[j][a:b], basal.values[basal.row[j]][a:b],
                basal.gain[a:b], basal.signal[j], basal.decay, room.scratch[0],
            )  # fmt: skip
            port_current(
                x[x.shape[0] - 1], apical.arrived[j][a:b], apical.values[apical.row[j]][a:b],
                apical.gain[a:b], apical.signal[j], apical.decay, room.scratch[1],
            )  # fmt: skip
            drives = (
                PortDrive(room.scratch[0], stretch(basal.conductance, j, a, b)),
                PortDrive(room.scratch[1], stretch(apical.conductance, j, a, b)),
            )
            step(x, drives, room.fired, c, Draw(draw.unit, first + j, draw.key))
            count = spikes(x, c, room, count, first + j, a)
        return count, runaway(x, 2)

    return njit(cache=True, nogil=True, error_model="numpy")(_renamed(window, suffix))


