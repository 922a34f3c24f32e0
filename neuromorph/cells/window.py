"""The loop over a window of steps of a cell whose synapses are currents."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
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
    return _made(step, reset, ports)


def fused_window_of(step: Any, reset: Any, ports: int) -> Any:
    """As :func:`window_of`, but a product and a sum may be rounded once, together.

    Faster on processors that fuse them, and another last bit: spikes may differ from those of
    every other backend.
    """
    plain = step.py_func
    name = f"{plain.__name__}_fused_{_DIGEST}"
    fused = njit(cache=True, error_model="numpy", fastmath={"contract"})(_bound(plain, name))
    return _made(fused, reset, ports)


def _made(integrate: Any, reset: Any, ports: int) -> Any:
    """Bind the loop to a cell. Bound by global names, not by a closure, it can be cached."""
    name = integrate.py_func.__name__
    found = njit(cache=True, error_model="numpy")(
        _bound(_spikes, f"{name}_spikes_{_DIGEST}", reset=reset)
    )
    loop = _bound(
        _one_port if ports == 1 else _two_ports, f"{name}_window_{_DIGEST}",
        integrate=integrate, spikes=found,
    )  # fmt: skip
    return njit(cache=True, nogil=True, error_model="numpy")(loop)


def _bound(function: Any, name: str, **names: Any) -> Any:
    """Return a copy of a function under another name that finds ``names`` among its globals."""
    copy = FunctionType(function.__code__, {**function.__globals__, **names}, name)
    copy.__qualname__ = name
    copy.__module__ = function.__module__
    return copy


def _digest() -> str:
    """Return a mark of all kernels here: a cached loop must not outlive a change of its cell."""
    made = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        made.update(path.read_bytes())
    return made.hexdigest()[:8]


_DIGEST = _digest()
#: Of the cell that a loop is bound to.
integrate: Any = None
reset: Any = None
spikes: Any = None


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


def _spikes(x: Any, c: Any, room: Any, count: Any, step: Any, a: Any) -> Any:
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


def _one_port(x: Any, inputs: Any, c: Any, draw: Any, a: Any, b: Any, first: Any, room: Any,
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
        integrate(x, (drive,), room.fired, c, Draw(draw.unit, first + j, draw.key))
        count = spikes(x, c, room, count, first + j, a)
    return count, runaway(x, 1)


def _two_ports(x: Any, inputs: Any, c: Any, draw: Any, a: Any, b: Any, first: Any, room: Any,
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
        integrate(x, drives, room.fired, c, Draw(draw.unit, first + j, draw.key))
        count = spikes(x, c, room, count, first + j, a)
    return count, runaway(x, 2)
