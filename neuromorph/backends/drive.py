"""What drives a port from outside of the network and by synapses that projections bring."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuromorph import philox
from neuromorph.cells.delivery import Posted
from neuromorph.cells.noise import background_rows, ornstein_uhlenbeck_rows
from neuromorph.cells.port import PortInput, double_exponential_rows, exponential_rows
from neuromorph.description import (
    Background,
    Current,
    DoubleExponential,
    Exponential,
    OrnsteinUhlenbeck,
    Stimulus,
    Synapse,
)
from neuromorph.description.discrete import full, on_grid, propagator

Array = NDArray[Any]
NOTHING = Posted(np.zeros(0, np.int64), np.zeros(0, np.uint8), np.zeros(0))
NOISES_PER_PORT, PORTS_PER_CELL = 16, 4


def sample_count(steps: int, first: int, every: int) -> int:
    """Return how many of ``steps`` steps from ``first`` on are sampled; ``every`` 0: none."""
    return -(-(first + steps) // every) - -(-first // every) if every else 0


def noise_stream(population: int, port: int, number: int) -> int:
    """Return the stream of the ``number``-th noise of a port."""
    return philox.NOISE + (population * PORTS_PER_CELL + port) * NOISES_PER_PORT + number


class CurrentTable:
    """All currents on one port: rows of values per unit, and shared signals."""

    def __init__(self, given: tuple[Stimulus, ...], n: int, dt: float) -> None:
        currents = [c for c in given if isinstance(c, Current)]
        shared = [c for c in currents if c.gain is not None or (c.value.ndim == 1 < c.time.size)]
        own = [c for c in currents if not any(c is other for other in shared)]
        steps = [np.rint(c.time / dt).astype(np.int64) for c in own]
        self.change = np.unique(np.concatenate([np.zeros(1, np.int64), *steps]))
        self.values = np.zeros((self.change.size, n))
        for current, step in zip(own, steps, strict=True):
            value = current.value if current.value.ndim == 2 else current.value[:, None]
            self.values += value[np.searchsorted(step, self.change, side="right") - 1]
        self.signals = [
            (
                np.rint(c.time / dt).astype(np.int64),
                c.value,
                full(1.0 if c.gain is None else c.gain, n),
            )
            for c in shared
        ]

    def rows(self, first: int, last: int) -> Array:
        """Return which row of ``values`` acts at each step."""
        return np.searchsorted(self.change, np.arange(first, last), side="right") - 1

    def signal(self, number: int, first: int, last: int) -> Array:
        """Return the value of a shared signal at each step."""
        change, value, _ = self.signals[number]
        at = np.searchsorted(change, np.arange(first, last), side="right") - 1
        return np.asarray(value[at])


class Noise:
    """One Ornstein-Uhlenbeck current on a port."""

    def __init__(self, given: OrnsteinUhlenbeck, n: int, dt: float, key: int) -> None:
        self.decay = full(propagator(given.tau, dt), n)
        self.sigma, self.mean = full(given.sigma, n), full(given.mean, n)
        self.amplitude = self.sigma * np.sqrt(1.0 - self.decay * self.decay)
        self.key = np.uint64(key)

    def start(self, step: int) -> Array:
        """Return a stationary x at ``step``."""
        units = np.arange(self.sigma.size, dtype=np.uint64)
        return np.asarray(self.sigma * philox.normal(units, np.uint64(step), self.key))


class Filter:
    """A synapse brought by projections: its state, and how it fills rows."""

    def __init__(self, synapse: Synapse, n: int, dt: float) -> None:
        if not isinstance(synapse, (Exponential, DoubleExponential)):
            raise TypeError(f"synapse {synapse!r} came, (Double)Exponential is allowed")
        double = isinstance(synapse, DoubleExponential)
        self.state = np.zeros((2 if double else 1, n))
        self.reversal = synapse.reversal
        self.double, self.scale = double, 1.0
        if isinstance(synapse, DoubleExponential):
            self.decay = float(propagator(synapse.tau_decay, dt))
            self.rise, self.scale = float(propagator(synapse.tau_rise, dt)), synapse.scale
        else:
            self.decay = float(propagator(synapse.tau, dt))

    def fill(self, arrived: Array, out: Array) -> None:
        """Add the value of each step to ``out`` and take in what arrives."""
        if self.double:
            double_exponential_rows(
                self.state[1], self.state[0], arrived, self.rise, self.decay, self.scale, out
            )
        else:
            exponential_rows(self.state[0], arrived, self.decay, self.scale, out)


class Drive:
    """Everything that reaches one port, window by window."""

    def __init__(
        self,
        given: tuple[Stimulus, ...],
        filters: Mapping[int, Filter],
        *,
        n: int,
        dt: float,
        decay: float,
        unit: float,
        keys: list[int],
        noise: dict[int, Array],
        step: int,
        dtype: type = np.float64,
    ) -> None:
        self.n, self.decay, self.filters, self.dtype = n, decay, filters, dtype
        self.table = CurrentTable(given, n, dt)
        self.noises: dict[int, Noise] = {}
        self.backgrounds: list[tuple[Array, Array, Any]] = []
        for number, stimulus in enumerate(given):
            if isinstance(stimulus, OrnsteinUhlenbeck):
                self.noises[number] = Noise(stimulus, n, dt, keys[number])
            elif isinstance(stimulus, Background):
                threshold = philox.pass_threshold(-np.expm1(-full(stimulus.rate, n) * dt))
                weight = on_grid(full(stimulus.weight, n), unit)
                self.backgrounds.append((weight, threshold, np.uint64(keys[number])))
        self.x = {
            number: noise.get(number, made.start(step)) for number, made in self.noises.items()
        }
        noise.update(self.x)
        self.plain = not (self.noises or self.filters or len(self.table.signals) > 1)
        self._values: Array = self.table.values.astype(dtype)
        self.posted = NOTHING
        self._first, self._row = 0, np.zeros(0, np.int64)
        self._signal: Array = np.zeros(0, dtype)
        shared = self.table.signals[-1][2] if self.table.signals else np.zeros(n)
        self._gain: Array = shared.astype(dtype)

    def begin(self, first: int, last: int) -> None:
        """Prepare for the steps first ... last - 1."""
        self._first, self._row = first, self.table.rows(first, last)
        signal = np.zeros(last - first)
        if self.table.signals:
            signal = self.table.signal(len(self.table.signals) - 1, first, last)
        self._signal = signal.astype(self.dtype)

    def background(self, arrived: Array, first: int, encode: Any) -> None:
        """Add what background spikes bring in this window to the port's own synapse."""
        for weight, threshold, key in self.backgrounds:
            background_rows(encode(weight), threshold, key, first, arrived)

    def window(
        self, arrived: Array, extra: Mapping[int, Array], first: int, count: int
    ) -> PortInput:
        """Return the input of a window; ``extra`` holds what arrives per brought synapse."""
        a = first - self._first
        b = a + count
        row, values, conductance = self._row[a:b], self._values, None
        if not self.plain:
            values, conductance = self._mixed(row, extra, first, first + b - a)
            row = np.arange(b - a)
        return PortInput(
            arrived=arrived,
            posted=self.posted,
            row=row,
            values=values,
            gain=self._gain,
            signal=self._signal[a:b],
            decay=self.dtype(self.decay),
            conductance=conductance,
        )

    def merged(self, arrived: Array, extra: Mapping[int, Array], first: int) -> tuple[Array, Array]:
        """Return (row of each step, rows of current): signals included."""
        given = self.window(arrived, extra, first, arrived.shape[0])
        if not self.table.signals:
            return given.row, given.values
        rows = given.values[given.row] + given.gain * given.signal[:, None]
        return np.arange(rows.shape[0]), rows

    def _mixed(
        self, row: Array, extra: Mapping[int, Array], first: int, last: int
    ) -> tuple[Array, Array | None]:
        values = self.table.values[row]
        conductance: Array | None = None
        for number, noise in self.noises.items():
            ornstein_uhlenbeck_rows(
                self.x[number], noise.mean, noise.decay, noise.amplitude, noise.key, first, values
            )
        for number, made in self.filters.items():
            if made.reversal is None:
                made.fill(extra[number], values)
                continue
            opened = np.zeros_like(values)
            made.fill(extra[number], opened)
            values += opened * made.reversal
            conductance = opened if conductance is None else conductance + opened
        for number in range(len(self.table.signals) - 1):
            signal = self.table.signal(number, first, last)
            values += self.table.signals[number][2] * signal[:, None]
        cast: Array | None = None if conductance is None else conductance.astype(self.dtype)
        return values.astype(self.dtype), cast
