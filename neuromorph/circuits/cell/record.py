"""What was measured of one cell: a frozen record beside its netlist, refused when it is stale."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from neuromorph.circuits.cell import library, timing
from neuromorph.circuits.cell.calibration import NeuronLaw, Setting, SynapseLaw
from neuromorph.circuits.pulse.machine import Machine
from neuromorph.files import write_text
from neuromorph.units import engineering

Numbers = tuple[float, ...]
Maybe = tuple[float | None, ...]


def window(holds: Mapping[float, bool], at: float) -> tuple[float, float]:
    """Return the values around ``at`` down and up to which something holds without a gap."""
    low = high = at
    for x in sorted((x for x in holds if x <= at), reverse=True):
        if not holds[x]:
            break
        low = x
    for x in sorted(x for x in holds if x >= at):
        if not holds[x]:
            break
        high = x
    return low, high


@dataclass(frozen=True, slots=True, kw_only=True)
class BiasCurve:
    """Delay and jitter of a cell against a factor on all bias currents of its bench.

    Attributes
    ----------
    factor : tuple of float
    delay, jitter : tuple of float [s]
        The cell's own, a bare line at the same bias taken off; None where pulses are lost.
    temperature : float [K]
        Of the jitter.
    """

    factor: Numbers
    delay: Maybe
    jitter: Maybe
    temperature: float

    @property
    def window(self) -> tuple[float, float]:
        """Factors around 1 between which every pulse came out."""
        came = zip(self.factor, self.delay, strict=True)
        return window({f: d is not None for f, d in came}, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightCurve:
    """Share of pulses a synapse passes against its weight current [A], and the law fitted."""

    temperature: float
    current: Numbers
    passed: Numbers
    pulses: int
    law: SynapseLaw


@dataclass(frozen=True, slots=True, kw_only=True)
class RateCurve:
    """Rates [Hz] out of a neuron against those in, at one bias current [A]."""

    bias: float
    into: Numbers
    out: Numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """What one pulse leaves in a neuron's loop: ``quantum`` [A], decaying with ``tau`` [s].

    Both are read off the loop's current; the bare values are Phi0 / LS and LS / RL.
    """

    quantum: float
    tau: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """Rates out of a two-point neuron [Hz] over rates into it.

    Attributes
    ----------
    basal, context : tuple of float [Hz]
    mean, deviation : tuple of tuples, (n_basal, n_context) [Hz]
        Over the seeds.
    temperature : float [K]
    factor : float
        On all bias currents of the bench.
    """

    basal: Numbers
    context: Numbers
    mean: tuple[Numbers, ...]
    deviation: tuple[Numbers, ...]
    temperature: float
    factor: float
    seeds: int

    @property
    def gain(self) -> float:
        """Response at full context over that at none, both at the largest basal rate."""
        last, none = self.mean[-1], self.context.index(0.0)
        return last[-1] / last[none] if last[none] else float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Characterisation:
    """What a cell does, measured on its netlist; parts that it has not are None or empty.

    Attributes
    ----------
    cell, digest : str
        The digest is that of the netlist with all cells inside it.
    setting : Setting
    machine : Machine
        Transitions with delay, jitter, turns and work; setup, hold and smallest distances.
    bias : BiasCurve
    window : float [s]
        Two pulses into a merger closer than this come out as one.
    weights : tuple of WeightCurve
        One per temperature.
    neuron : NeuronLaw
    loop : Loop
    rates : tuple of RateCurve
    surfaces : tuple of Surface
        By temperature and by global bias.
    """

    cell: str
    digest: str
    setting: Setting
    machine: Machine | None = None
    bias: BiasCurve | None = None
    window: float | None = None
    weights: tuple[WeightCurve, ...] = ()
    neuron: NeuronLaw | None = None
    loop: Loop | None = None
    rates: tuple[RateCurve, ...] = ()
    surfaces: tuple[Surface, ...] = ()

    def save(self) -> Path:
        """Write the record beside the netlist and return where."""
        return write_text(path(self.cell), json.dumps(asdict(self), indent=None) + "\n")

    def __repr__(self) -> str:
        return "\n".join([f"{self.cell}, measured at {self.setting.temperature} K:",
                          *(f"  {line}" for line in self._lines())])  # fmt: skip

    def _lines(self) -> list[str]:
        said: list[str] = []
        for t in self.machine.transitions if self.machine else ():
            out = ", ".join(f"{q} after {engineering(d, 's')}" for q, d in t.out) or "nothing"
            said.append(f"{t.state}, {t.port}: {out} (jitter {engineering(t.jitter, 's')}), "
                        f"{t.slips} turns, {engineering(t.work, 'J')}")  # fmt: skip
        said += [f"{g.port} {engineering(g.time, 's')} or more after {g.before}"
                 + (", or it is swallowed" if g.swallow else "")
                 for g in (self.machine.gaps if self.machine else ())]  # fmt: skip
        if self.bias:
            low, high = self.bias.window
            said.append(f"bias window {low - 1:+.0%} to {high - 1:+.0%}")
        for w in self.weights:
            said.append(f"at {w.temperature:g} K half at {w.law.half * 1e6:.2f} uA, grey zone "
                        f"{w.law.grey * 1e6:.2f} uA")  # fmt: skip
        if self.loop:
            said.append(f"quantum {self.loop.quantum * 1e6:.1f} uA, tau "
                        f"{engineering(self.loop.tau, 's')}")  # fmt: skip
        for s in self.surfaces:
            said.append(f"at {s.temperature:g} K and bias x {s.factor:g}: gain {s.gain:.2f}")
        return said


def digest(cell: str) -> str:
    """Return the hash of a cell's netlist with those of all cells and the process."""
    return library.content_digest(library.process() + "".join(
        library.cell(name) for name in library.inside(cell)))  # fmt: skip


def path(cell: str) -> Path:
    """Return where the record of a cell lies: beside its netlist."""
    library.cell(cell)
    return library.folder() / f"{cell}_record.json"


def load_record(cell: str) -> Characterisation:
    """Read the record of a cell and hold it against the netlist.

    Raises
    ------
    ValueError
        There is none, the file is no such record, or the netlist has changed since.
    """
    file = path(cell)
    again = f"measure it with neuromorph.circuits.characterise({cell!r}).save()"
    if not file.is_file():
        raise ValueError(f"{file}: no record is there: {again}")
    try:
        found = from_plain(json.loads(file.read_text(encoding="utf-8")))
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
        raise ValueError(f"{file}: {error} came, a cell's record is expected: {again}") from error
    if found.digest != digest(cell):
        raise ValueError(f"{file}: measured on another netlist of {cell}: {again}")
    return found


def from_plain(data: Mapping[str, Any]) -> Characterisation:
    """Build a record from what JSON holds of it."""
    one = {"setting": Setting, "neuron": NeuronLaw, "loop": Loop}
    out: dict[str, Any] = dict(data)
    for key, kind in one.items():
        out[key] = None if data[key] is None else kind(**data[key])
    out["machine"] = None if data["machine"] is None else timing.from_plain(data["machine"])
    out["bias"] = None if data["bias"] is None else BiasCurve(**_frozen(data["bias"]))
    out["weights"] = tuple(
        WeightCurve(**{**_frozen(w), "law": SynapseLaw(**w["law"])}) for w in data["weights"]
    )
    out["rates"] = tuple(RateCurve(**_frozen(r)) for r in data["rates"])
    out["surfaces"] = tuple(Surface(**_frozen(s)) for s in data["surfaces"])
    return Characterisation(**out)


def _frozen(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a mapping with its lists as tuples, lists inside them too."""
    return {key: _tuples(value) for key, value in data.items()}


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
