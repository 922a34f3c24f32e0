"""Elements of a flat circuit: frozen dataclasses of names, nodes and SI values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from dataclasses import field as attribute

from neuromorph.circuits.waveform import Waveform
from neuromorph.units import BOLTZMANN, PHI0

Nodes = tuple[str, ...]


def _check(name: str, field: str, value: float, unit: str) -> None:
    if not (math.isfinite(value) and value > 0):
        raise ValueError(f"{name}: {field} {value:g} {unit} came, more than 0 is allowed")


def _check_not_negative(name: str, field: str, value: float | None, unit: str) -> None:
    if value is not None and not (math.isfinite(value) and value >= 0):
        raise ValueError(f"{name}: {field} {value:g} {unit} came, 0 or more is allowed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A ``.model jj`` card: the RCSJ junction of area 1, with JoSIM's defaults.

    Parameters
    ----------
    rtype : int
        0: the normal resistance is always on; 1: subgap resistance below the gap voltage,
        a steep transition of width ``delv`` about ``vg``, normal resistance above.
    vg, delv : float [V]
    i_c : float [A]
    r_n, r_0 : float [ohm]
    c : float [F]
    t, t_c : float [K]
        Temperature and critical temperature; used if ``temperature_form`` is true.
    d : float
        Transparency of the contact, 0 to 1, in the same form.
    icfct : float
        Ratio of critical current to quasiparticle step.
    phi : float [rad]
        Phase offset, pi for a pi junction.
    cpr : tuple of float
        Amplitudes of the harmonics of the current-phase relation.
    temperature_form : bool
        t, tc or d was given: the temperature- and transparency-dependent relation is used.
    """

    name: str = attribute(default="JJ", compare=False)
    rtype: int = 1
    vg: float = 2.8e-3
    i_c: float = 1e-3
    r_n: float = 5.0
    r_0: float = 30.0
    c: float = 2.5e-12
    t: float = 4.2
    t_c: float = 9.1
    delv: float = 0.1e-3
    d: float = 0.0
    icfct: float = math.pi / 4
    phi: float = 0.0
    cpr: tuple[float, ...] = (1.0,)
    temperature_form: bool = False

    def __post_init__(self) -> None:
        where = f"model {self.name}"
        if self.rtype not in (0, 1):
            raise ValueError(f"{where}: rtype {self.rtype} came, 0 or 1 is allowed")
        for field, value, unit in (("icrit", self.i_c, "A"), ("rn", self.r_n, "ohm"),
                                   ("r0", self.r_0, "ohm"), ("cap", self.c, "F"),
                                   ("vg", self.vg, "V"), ("delv", self.delv, "V"),
                                   ("icfct", self.icfct, "")):
            _check(where, field, value, unit)
        if not (0 <= self.d <= 1):
            raise ValueError(f"{where}: d {self.d:g} came, 0 to 1 is allowed")
        if not self.cpr or not all(math.isfinite(a) for a in (*self.cpr, self.phi)):
            raise ValueError(f"{where}: cpr and phi must be finite, cpr with one value at least")
        if self.temperature_form and not (0 < self.t < self.t_c):
            raise ValueError(f"{where}: t {self.t:g} K came, above 0 and below tc {self.t_c:g} K "
                             "is allowed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Junction:
    """A Josephson junction ``B``: ``area`` times its model."""

    name: str
    nodes: Nodes
    model: Model
    area: float = 1.0
    temperature: float | None = None
    bandwidth: float | None = None

    def __post_init__(self) -> None:
        _check(self.name, "area", self.area, "")
        _check_not_negative(self.name, "temp", self.temperature, "K")

    @property
    def i_c(self) -> float:
        """Critical current [A]."""
        return self.model.i_c * self.area

    @property
    def c_j(self) -> float:
        """Capacitance [F]."""
        return self.model.c * self.area

    @property
    def r_n(self) -> float:
        """Normal resistance [ohm]; in the temperature form pi Delta/(2 e I_c) tanh(Delta/2kT)."""
        if self.model.temperature_form:
            gap = self.gap
            thermal = math.tanh(gap / (2 * BOLTZMANN * self.model.t))
            return math.pi * gap / (2 * _E * self.i_c) * thermal
        return self.model.r_n / self.area

    @property
    def gap(self) -> float:
        """Energy gap Delta(T) = 1.76 k Tc sqrt(cos(pi/2 (T/Tc)^2)) [J]."""
        ratio = (self.model.t / self.model.t_c) ** 2
        return 1.76 * BOLTZMANN * self.model.t_c * math.sqrt(math.cos(math.pi / 2 * ratio))

    @property
    def r_0(self) -> float:
        """Resistance below the gap [ohm]: r0 over area, or r_n for rtype 0."""
        return self.r_n if self.model.rtype == 0 else self.model.r_0 / self.area


_E = 1.602176634e-19


@dataclass(frozen=True, slots=True, kw_only=True)
class Resistor:
    """A resistor ``R`` [ohm]."""

    name: str
    nodes: Nodes
    value: float
    temperature: float | None = None
    bandwidth: float | None = None

    def __post_init__(self) -> None:
        _check(self.name, "resistance", self.value, "ohm")
        _check_not_negative(self.name, "temp", self.temperature, "K")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inductor:
    """An inductor ``L`` [H]."""

    name: str
    nodes: Nodes
    value: float

    def __post_init__(self) -> None:
        _check(self.name, "inductance", self.value, "H")


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacitor:
    """A capacitor ``C`` [F]."""

    name: str
    nodes: Nodes
    value: float

    def __post_init__(self) -> None:
        _check(self.name, "capacitance", self.value, "F")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutual:
    """A mutual inductance ``K``: M = coupling sqrt(L1 L2)."""

    name: str
    inductors: tuple[str, str]
    coupling: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.coupling) and 0 < abs(self.coupling) < 1):
            raise ValueError(f"{self.name}: coupling {self.coupling:g} came, between -1 and 1 and "
                             "not 0 is allowed")


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentSource:
    """A current source ``I`` [A]: drives its current through itself from nodes[0] to nodes[1]."""

    name: str
    nodes: Nodes
    waveform: Waveform


@dataclass(frozen=True, slots=True, kw_only=True)
class VoltageSource:
    """A voltage source ``V`` [V] between nodes[0] (plus) and nodes[1]."""

    name: str
    nodes: Nodes
    waveform: Waveform


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseSource:
    """A phase source ``P`` [rad] between nodes[0] (plus) and nodes[1]."""

    name: str
    nodes: Nodes
    waveform: Waveform


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A lossless transmission line ``T``: delay [s] and impedance [ohm]."""

    name: str
    nodes: Nodes
    delay: float
    impedance: float

    def __post_init__(self) -> None:
        _check(self.name, "delay", self.delay, "s")
        _check(self.name, "impedance", self.impedance, "ohm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Controlled:
    """A dependent source ``E F G H``: output nodes[0:2], control nodes[2:4], gain."""

    name: str
    kind: str
    nodes: Nodes
    gain: float

    def __post_init__(self) -> None:
        if not math.isfinite(self.gain):
            raise ValueError(f"{self.name}: gain {self.gain:g} came, a finite value is allowed")


Element = (Junction | Resistor | Inductor | Capacitor | Mutual | CurrentSource | VoltageSource
           | PhaseSource | Line | Controlled)

#: Phi0/2pi in the internal units mV and ps: V = PHASE_UNIT d(phi)/dt.
PHASE_UNIT = PHI0 / (2 * math.pi) * 1e15
