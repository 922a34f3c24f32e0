"""The loop over a window of steps of a cell whose synapses are currents.

Units advance in tiles: the state of one tile stays in the fastest cache over all steps of the
window, and the rows of what arrives are read once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np

from neuromorph.cells.delivery import TILE, clear
from neuromorph.cells.kernel import kernel
from neuromorph.cells.port import PortDrive, port_current
from neuromorph.cells.vector import row_of, stretch_of

RUNAWAY = 10.0  #: a potential beyond this [V] is a numerical failure


class Draw(NamedTuple):
    """What a draw of unit i of a block in one step is keyed by: (unit + i, step, key)."""

    unit: int
    step: int
    key: Any


class Room(NamedTuple):
    """Where a window works and writes the spikes of one block of units."""

    step: Any  # (n n_step,)
    index: Any
    fired: Any  # (TILE,)
    words: Any  # fired as 64-bit words
    scratch: Any  # (n_port, TILE)
    tile: Any  # (n_variable, TILE)
    rest: Any  # (n_variable, n % TILE)
    arrived: Any  # (n_port, TILE)


def window_of(step: Callable[..., None], reset: Callable[..., None], ports: int) -> Any:
    """Return the window function of a cell of one or two ports.

    ``window(x, inputs, c, draw, a, first, room, every, sampled)`` advances the units from a on
    of a population, whose state ``x`` (n_variable, n) ends with the synaptic currents of the
    ports, over all steps of the inputs. It returns the number of spikes written to ``room``,
    and unit and step of the first runaway or NaN potential in ``x[:n_port]``, or -1.

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
    fused = kernel(inner=True, fastmath={"contract"})(_bound(plain, name))
    return _made(fused, reset, ports)


def _made(integrate: Any, reset: Any, ports: int) -> Any:
    """Bind the loop to a cell. Bound by global names, not by a closure, it can be cached."""
    name = integrate.py_func.__name__
    found = kernel(inner=True)(
        _bound(_spikes, f"{name}_spikes_{_DIGEST}", reset=reset)
    )
    loop = _bound(
        _one_port if ports == 1 else _two_ports, f"{name}_tile_{_DIGEST}",
        integrate=integrate, spikes=found,
    )  # fmt: skip
    return window_over(kernel(inner=True)(loop), ports)


def window_over(tile: Any, ports: int) -> Any:
    """Return the window function of a cell that has its own loop over the steps of a tile.

    ``tile(x, inputs, c, draw, a, room, count, every, sampled, checked)`` goes on writing spikes
    at ``count`` and returns the new count, unit and step; ``checked``: stop at the first step
    with a runaway potential.
    """
    name = f"{tile.py_func.__name__}_window_{_DIGEST}"
    cleared = _clear_one if ports == 1 else _clear_two
    whole = _bound(_window, name, advance_tile=tile, potentials=ports, clear_ports=cleared)
    return kernel(nogil=True)(whole)


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
advance_tile: Any = None
potentials: Any = None
clear_ports: Any = None


@kernel(inner=True, inline="always")
def sample(x: Any, sampled: Any, row: int, a: int) -> None:
    """Copy the state of units from a on into one row of samples (n_sample, n_variable, n)."""
    for k in range(x.shape[0]):
        out = sampled[row, k]
        for i in range(x.shape[1]):
            out[a + i] = x[k, i]


@kernel(inner=True, inline="always")
def read_tile(x: Any, a: int, tile: Any) -> None:
    """Copy the state of the units from a on into a tile."""
    for k in range(tile.shape[0]):
        row, out = x[k][a : a + tile.shape[1]], tile[k]
        for i in range(out.shape[0]):
            out[i] = row[i]


@kernel(inner=True, inline="always")
def write_tile(tile: Any, x: Any, a: int) -> None:
    """Copy a tile back."""
    for k in range(tile.shape[0]):
        row, out = tile[k], x[k][a : a + tile.shape[1]]
        for i in range(out.shape[0]):
            out[i] = row[i]


@kernel(inner=True, inline="always")
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


@kernel(inner=True, inline="always")
def _clear_one(inputs: Any, a: int, b: int) -> None:
    clear(inputs[0].arrived, a, b)


@kernel(inner=True, inline="always")
def _clear_two(inputs: Any, a: int, b: int) -> None:
    """By number: one port may have a conductance and the other none, which makes two types."""
    clear(inputs[0].arrived, a, b)
    clear(inputs[1].arrived, a, b)


def _window(x: Any, inputs: Any, c: Any, draw: Any, a: Any, first: Any, room: Any, every: Any,
            sampled: Any) -> Any:  # fmt: skip
    count, n = np.int64(0), x.shape[1]  # a literal would compile all once more
    for low in range(0, n, TILE):
        high = min(low + TILE, n)
        tile = room.tile if high - low == TILE else room.rest
        part, now = stretch_of(c, low, high), Draw(draw.unit + low, first, draw.key)
        for checked in range(2):  # once more if there is a runaway, and stop at the step
            read_tile(x, low, tile)
            found, bad, step = advance_tile(
                tile, inputs, part, now, a + low, room, count, every, sampled, checked
            )
            if runaway(tile, potentials) < 0:
                break
        if bad >= 0:
            write_tile(tile, x, low)
            return found, low + bad, step
        count = found
        write_tile(tile, x, low)
        clear_ports(inputs, a + low, a + high)
    return count, -1, -1


def _spikes(x: Any, c: Any, room: Any, count: Any, step: Any, a: Any) -> Any:
    """Write and reset the units that fired; eight flags are read at once."""
    for w in range((x.shape[1] + 7) // 8):
        if room.words[w] == 0:
            continue
        for i in range(8 * w, min(8 * w + 8, x.shape[1])):
            if room.fired[i]:
                room.step[count] = step
                room.index[count] = a + i
                count += 1
                reset(x, i, c)
    return count


def _one_port(x: Any, inputs: Any, c: Any, draw: Any, a: Any, room: Any, count: Any, every: Any,
              sampled: Any, checked: Any) -> Any:  # fmt: skip
    (basal,) = inputs
    n, row = x.shape[1], np.int64(0)
    b = a + n
    for j in range(basal.row.shape[0]):
        step = draw.step + j
        if every > 0 and step % every == 0:
            sample(x, sampled, row, a)
            row += 1
        into = room.scratch[0][:n]
        port_current(basal, j, a, x[x.shape[0] - 1], room.arrived[0][:n], into)
        drive = PortDrive(into, row_of(basal.conductance, j, a, b))
        integrate(x, (drive,), room.fired[:n], c, Draw(draw.unit, step, draw.key))
        count = spikes(x, c, room, count, step, a)
        if checked:
            bad = runaway(x, 1)
            if bad >= 0:
                return count, bad, step
    return count, -1, -1


def _two_ports(x: Any, inputs: Any, c: Any, draw: Any, a: Any, room: Any, count: Any, every: Any,
               sampled: Any, checked: Any) -> Any:  # fmt: skip
    basal, apical = inputs
    n, row = x.shape[1], np.int64(0)
    b = a + n
    for j in range(basal.row.shape[0]):
        step = draw.step + j
        if every > 0 and step % every == 0:
            sample(x, sampled, row, a)
            row += 1
        into_s, into_d = room.scratch[0][:n], room.scratch[1][:n]
        port_current(basal, j, a, x[x.shape[0] - 2], room.arrived[0][:n], into_s)
        port_current(apical, j, a, x[x.shape[0] - 1], room.arrived[1][:n], into_d)
        drives = (
            PortDrive(into_s, row_of(basal.conductance, j, a, b)),
            PortDrive(into_d, row_of(apical.conductance, j, a, b)),
        )
        integrate(x, drives, room.fired[:n], c, Draw(draw.unit, step, draw.key))
        count = spikes(x, c, room, count, step, a)
        if checked:
            bad = runaway(x, 2)
            if bad >= 0:
                return count, bad, step
    return count, -1, -1
