"""What a run gives back: spikes, traces, counts, energy with its origin, and where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neuromorph.burst import ISI, Bursts, bursts
from neuromorph.cooling import cooling_factor
from neuromorph.exchange.html_table import html_table
from neuromorph.exchange.neo_block import to_neo
from neuromorph.exchange.package import package
from neuromorph.exchange.xarray_dataset import to_xarray
from neuromorph.units import engineering

Method = Literal["measured", "replayed", "simulated", "counted"]
Boundary = Literal["device", "device+memory", "chip", "board", "wall", "wall+cooling"]
Subject = Literal["host", "device"]

METHODS: tuple[str, ...] = ("measured", "replayed", "simulated", "counted")
BOUNDARIES: tuple[str, ...] = ("device", "device+memory", "chip", "board", "wall", "wall+cooling")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spikes:
    """Spikes of one population.

    Attributes
    ----------
    time : (n_spike,) [s], network time, increasing
    index : (n_spike,)
    n : int
        Units in the population.
    duration : float [s]
        Network time of the run.
    """

    time: NDArray[np.float64]
    index: NDArray[np.int32]
    n: int
    duration: float

    @property
    def count(self) -> NDArray[np.int64]:
        """Spikes per unit, shape (n,)."""
        return np.bincount(self.index, minlength=self.n)

    @property
    def rate(self) -> NDArray[np.float64]:
        """Mean rate per unit [Hz of network time], shape (n,)."""
        return np.asarray(self.count / self.duration if self.duration else np.zeros(self.n))

    def to_frame(self) -> Any:
        """Return a pandas DataFrame of ``time`` [s] and ``unit``, one row per spike.

        Raises
        ------
        RuntimeError
            The package pandas is not installed.
        """
        return package("pandas", "data").DataFrame({"time": self.time, "unit": self.index})

    def __repr__(self) -> str:
        mean = float(np.mean(self.rate)) if self.n else 0.0
        return f"<Spikes {self.time.size} of {self.n} units, mean {mean:.4g} Hz>"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trace:
    """A recorded variable: ``time`` (n_time,) [s] and ``values`` (n_time, n_unit) in SI units."""

    time: NDArray[np.float64]
    values: NDArray[np.float64]

    def __repr__(self) -> str:
        return f"<Trace {self.values.shape[0]} samples x {self.values.shape[1]} units>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Operations of one run, with NeuroBench's names and definitions (arXiv 2304.04640).

    Attributes
    ----------
    effective_macs, effective_acs : int
        Pairs of a nonzero input and a nonzero weight; a spike makes an accumulate (AC).
    dense : int
        All weights of all projections once per step.
    membrane_updates : int
        Units (sources excluded) times steps.
    activation_sparsity, connection_sparsity : float
        Share of zero activations (all populations), share of absent or zero weights.
    footprint : int [byte]
        Weights, thresholds and state as this backend holds them.
    transmissions : int
        Pulses that passed their synapse (equal to effective_acs without stochastic synapses); of
        a frame-based network, effective MACs without those of closed units.
    junction_switchings : int, optional
        2 pi slips of all Josephson junctions, sources and read-out included.
    cycles, stall_cycles : int, optional
        Clock cycles of the modelled hardware, stalls by the outside world apart.
    """

    effective_macs: int = 0
    effective_acs: int = 0
    dense: int = 0
    membrane_updates: int = 0
    activation_sparsity: float = 0.0
    connection_sparsity: float = 0.0
    footprint: int = 0
    transmissions: int = 0
    junction_switchings: int | None = None
    cycles: int | None = None
    stall_cycles: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Energy:
    """Joules with their origin.

    Attributes
    ----------
    joules : float [J]
        Total, static part included where there is one.
    static, dynamic : float [J], optional
    per : str
        What the joules belong to, such as ``"run"`` or ``"inference"``.
    subject : str
        ``"host"``: the machine that emulates; ``"device"``: the hardware that is emulated.
    boundary : str
        What the figure includes; one of ``BOUNDARIES``.
    method : str
        ``measured``, ``replayed``, ``simulated`` (integral over a simulated transient) or
        ``counted`` (events times a constant).
    source : str
        Where the method's constants come from, technology node and voltage included.
    label : str
        Short name of the figure, such as ``"I_c Phi0"``.
    ci : (float, float), optional [J]
        95 % confidence interval over ``n`` runs.
    assumptions : tuple of str
        What conversions assumed.
    node : str
        Technology node, such as ``"45 nm"``.
    bits : int, optional
        Width of the numbers that the figure holds for.
    temperature : float, optional [K]
        Of the stage that takes the heat; left out: room, no cooling to pay.

    Raises
    ------
    ValueError
        An unknown method or boundary.
    """

    joules: float
    static: float | None = None
    dynamic: float | None = None
    per: str = "run"
    subject: Subject
    boundary: Boundary
    method: Method
    source: str
    label: str = ""
    ci: tuple[float, float] | None = None
    n: int = 1
    assumptions: tuple[str, ...] = ()
    node: str = ""
    bits: int | None = None
    temperature: float | None = None

    def __post_init__(self) -> None:
        for name, allowed in (("method", METHODS), ("boundary", BOUNDARIES)):
            if getattr(self, name) not in allowed:
                raise ValueError(
                    f"Energy.{name}: {getattr(self, name)!r} came, one of {', '.join(allowed)} "
                    "is allowed"
                )

    @property
    def kind(self) -> tuple[str, str, str]:
        """(subject, method, boundary): only figures of one kind may be ranked."""
        return (self.subject, self.method, self.boundary)

    def scaled(self, factor: float, *, per: str | None = None) -> Energy:
        """Return all joules times ``factor``, for instance per inference."""
        return replace(
            self,
            joules=self.joules * factor,
            static=None if self.static is None else self.static * factor,
            dynamic=None if self.dynamic is None else self.dynamic * factor,
            ci=None if self.ci is None else (self.ci[0] * factor, self.ci[1] * factor),
            per=per or self.per,
        )

    def at(
        self, boundary: Boundary, *, cooling: float | str = 1.0, supply_efficiency: float = 1.0
    ) -> Energy:
        """Convert outwards to ``boundary`` with stated factors.

        ``joules * cooling / supply_efficiency``: ``cooling`` is watt at the wall per watt at the
        cold stage, a number or the name of a preset (``"none"``, ``"carnot"``, ``"plant"``,
        ``"cryocooler"``: see :mod:`neuromorph.cooling`), ``supply_efficiency`` is the share of
        the supply's input that arrives.

        Raises
        ------
        ValueError
            An inward conversion, or a factor out of range.
        """
        if BOUNDARIES.index(boundary) < BOUNDARIES.index(self.boundary):
            raise ValueError(
                f"Energy.at: {boundary!r} came for a figure at {self.boundary!r}, only outwards "
                "is allowed"
            )
        factor, named = cooling_factor(cooling)
        if not (factor >= 1.0 and 0.0 < supply_efficiency <= 1.0):
            raise ValueError(
                f"Energy.at: cooling {cooling} and supply_efficiency {supply_efficiency} came, "
                "cooling >= 1 and 0 < supply_efficiency <= 1 are allowed"
            )
        note = (
            f"{self.boundary} to {boundary}: cooling {factor:g} W/W{named}, "
            f"supply efficiency {supply_efficiency:g}"
        )
        moved = self.scaled(factor / supply_efficiency)
        return replace(moved, boundary=boundary, assumptions=(*self.assumptions, note))

    def __str__(self) -> str:
        value = engineering(self.joules, "J")
        notes = "".join(f"; {note}" for note in self.assumptions)
        name = f"{self.label}: " if self.label else ""
        kind = f"{self.subject}, {self.boundary}, {self.method}"
        return f"{value} per {self.per} ({name}{kind}{notes})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a result came from.

    Attributes
    ----------
    backend : str
        The backend object as text.
    seed : int
    dt : float, optional [s]
        Step of network time, where the backend has one.
    network_hash : str
    versions : dict
        neuromorph, Python, numpy and what the backend used.
    git : str, optional
        Commit of the checkout, with ``+`` if it had changes.
    host : str
    network_seconds, device_seconds : float [s]
        Network (biological) time, and the time the emulated device would take.
    compile_seconds, host_seconds : float [s]
        Wall time of compiling and of the run on this host.
    notes : tuple of str
        What a reader must know, such as predicted losses.
    """

    backend: str
    seed: int
    dt: float | None
    network_hash: str
    versions: Mapping[str, str]
    git: str | None = None
    host: str = ""
    network_seconds: float
    device_seconds: float | None = None
    compile_seconds: float = 0.0
    host_seconds: float = 0.0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class State:
    """Where a run stopped: hand it to ``run(..., start=state)`` to go on.

    ``arrays`` holds what the backend needs, by name; ``step`` is the next step.
    """

    backend: str
    network_hash: str
    seed: int
    dt: float
    step: int
    arrays: Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Result:
    """What a run gives back, the same from every backend.

    Attributes
    ----------
    spikes : dict of Spikes, by population
        Empty for a frame-based network.
    frames : dict of (n_sequence, n_frame, n), by population
        Outputs of a frame-based network, sources included.
    traces : dict of dict of Trace, by population and variable
    weights : dict of (n_synapse,), by projection label
        Of projections that learn, as they are at the end, in row order.
    counts : Counts
    energy : tuple of Energy
        Empty means: not measured.
    state : State, optional
    provenance : Provenance
    """

    spikes: Mapping[str, Spikes] = field(default_factory=dict)
    frames: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    traces: Mapping[str, Mapping[str, Trace]] = field(default_factory=dict)
    weights: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)
    energy: tuple[Energy, ...] = ()
    state: State | None = None
    provenance: Provenance

    def bursts(self, population: str, *, isi: float = ISI) -> Bursts:
        """Return events and bursts of one population; see :func:`neuromorph.bursts`.

        Successive spikes of a unit at most ``isi`` [s] apart are one event, an event of two spikes
        or more is a burst.

        Raises
        ------
        ValueError
            No such population, or ``isi`` not positive.
        """
        if population not in self.spikes:
            raise ValueError(
                f"Result.bursts: population {population!r} came, "
                f"{', '.join(map(repr, self.spikes)) or 'none (no spikes)'} is allowed"
            )
        return bursts(self.spikes[population], isi=isi)

    def to_xarray(self) -> Any:
        """Return an ``xarray.Dataset``; see :func:`neuromorph.exchange.xarray_dataset.to_xarray`.

        Raises
        ------
        RuntimeError
            The package xarray is not installed.
        """
        return to_xarray(self)

    def to_neo(self) -> Any:
        """Return a ``neo.Block``; see :func:`neuromorph.exchange.neo_block.to_neo`.

        Raises
        ------
        RuntimeError
            The package neo is not installed.
        """
        return to_neo(self)

    def _repr_html_(self) -> str:
        p = self.provenance
        spikes = [
            (name, s.n, s.time.size, f"{float(np.mean(s.rate)):.4g}")
            for name, s in self.spikes.items()
        ]
        title = f"{p.backend}: {p.network_seconds:g} s of network time, seed {p.seed}"
        energy = [(e.label, str(e), e.source) for e in self.energy]
        return html_table(title, ("population", "units", "spikes", "mean Hz"), spikes) + html_table(
            "energy" if energy else "energy: not measured", ("figure", "joules", "source"), energy
        )

    def __repr__(self) -> str:
        p = self.provenance
        lines = [f"<Result of {p.backend}: {p.network_seconds:g} s of network time, seed {p.seed}"]
        lines += [f"  {name:12s} {spikes!r}" for name, spikes in self.spikes.items()]
        lines += [
            f"  {name:12s} <Frames {' x '.join(map(str, value.shape))}, "
            f"{np.mean(value != 0):.0%} active>"
            for name, value in self.frames.items()
        ]
        lines += [f"  energy       {energy}" for energy in self.energy]
        lines += [] if self.energy else ["  energy       not measured"]
        lines += [f"  seconds      compile {p.compile_seconds:.3g}, run {p.host_seconds:.3g}>"]
        return "\n".join(lines)
