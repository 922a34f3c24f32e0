"""The cells as tables, measured: delays, jitter, distances, turns and work of every transition.

What a cell does (its states and which pulse leads where) is written here; every number of the
tables is measured on a bench: heads of a DC/SFQ converter and two JTLs at the inputs, tails of two
JTLs into 2 ohm at the outputs. ``measure`` returns the machines that the pulse-level emulator
runs; ``save`` writes them beside the netlists with the netlists' hashes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from neuromorph.circuits.cell import library
from neuromorph.circuits.cell.bench import Bench
from neuromorph.circuits.cell.calibration import Calibration
from neuromorph.circuits.cell.characterisation import bisect
from neuromorph.circuits.circuit import Circuit
from neuromorph.circuits.deck.netlist import read
from neuromorph.circuits.pulse.machine import Gap, Kind, Machine, Transition
from neuromorph.circuits.solver.transient import Transient
from neuromorph.files import write_text

FILE = "timing.json"
FIRST, BETWEEN = 60e-12, 100e-12  #: of the pulses on a bench [s]
SLOTS = 8  #: pulses that a run has time for at least: runs whose work is compared last as long
CYCLES = 100  #: pulses of a jitter run
GUARD = 3.0  #: standard deviations added to a setup or hold time

Logic = tuple[tuple[str, str, str, tuple[str, ...]], ...]
_ONE: Logic = (("ready", "a", "ready", ("q",)),)

#: State, port, next state, outputs; the first state is where a cell starts.
LOGIC: Mapping[str, Logic] = {
    "jtl": _ONE,
    "jtl_driven": _ONE,
    "splitter": (("ready", "a", "ready", ("q0", "q1")),),
    "merger": (("ready", "a", "ready", ("q",)), ("ready", "b", "ready", ("q",))),
    "dff": (
        ("empty", "a", "full", ()), ("empty", "clk", "empty", ()),
        ("full", "a", "full", ()), ("full", "clk", "empty", ("q",)),
    ),
    "ndro": (
        ("reset", "a", "set", ()), ("reset", "b", "reset", ()), ("reset", "clk", "reset", ()),
        ("set", "a", "set", ()), ("set", "b", "reset", ()), ("set", "clk", "set", ("q",)),
    ),
    "not": (
        ("open", "a", "held", ()), ("open", "clk", "open", ("q",)),
        ("held", "a", "held", ()), ("held", "clk", "open", ()),
    ),
    "synapse": _ONE,
    "neuron": _ONE,
    "antifluxon": _ONE,
    "signed_gate": (*_ONE, ("ready", "c", "ready", ()), ("ready", "d", "ready", ())),
}  # fmt: skip
KIND: Mapping[str, Kind] = {"synapse": "draw", "neuron": "integrator", "signed_gate": "gate"}

#: Pulses of one cycle of a jitter run; the last one brings the output.
CYCLE: Mapping[str, tuple[str, ...]] = {"dff": ("a", "clk"), "ndro": ("a", "clk"), "not": ("clk",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rig:
    """A cell between heads and tails.

    ``certain`` makes a synapse pass or block every pulse, and sets a neuron so that the second
    of two pulses fires it.
    """

    cell: str
    bench: Bench
    calibration: Calibration
    certain: bool = True

    @property
    def inputs(self) -> tuple[str, ...]:
        """Ports that take pulses."""
        return tuple(dict.fromkeys(port for _, port, _, _ in LOGIC[self.cell]))

    @property
    def outputs(self) -> tuple[str, ...]:
        """Ports that give pulses."""
        return tuple(dict.fromkeys(q for *_, out in LOGIC[self.cell] for q in out))

    @property
    def reverses(self) -> bool:
        """Whether the cell answers with antifluxons, so that its tails have their bias reversed."""
        return self.cell == "antifluxon"

    def body(self, *, bare: bool = False) -> str:
        """Return the instances; ``bare``: one head and one tail with nothing between."""
        inputs, outputs = (("a",), ("q",)) if bare else (self.inputs, self.outputs)
        out = "".join(
            f"XH{p}1 dcsfq d{p} h{p}1\nXH{p}2 jtl h{p}1 h{p}2\nXH{p}3 jtl h{p}2 "
            f"{'o_q' if bare else 'i_' + p}\n"
            for p in inputs
        )
        tail = "jtl_negative" if self.reverses and not bare else "jtl"
        first = "jtl_driven" if self.cell == "signed_gate" and not bare else tail
        out += "".join(
            f"XT{q}1 {first} o_{q} t{q}1\nXT{q}2 {tail} t{q}1 t{q}2\nRT{q} t{q}2 0 2\n"
            for q in outputs
        )
        if bare:
            return out
        nodes = [
            f"i_{p}" if p in inputs else f"o_{p}" if p in outputs else "bias"
            for p in library.ports(self.cell)
        ]
        return out + f"XC {self.cell} {' '.join(nodes)}\n{self._bias()}"

    def _bias(self) -> str:
        current = 0.0
        if self.cell in ("synapse", "signed_gate"):
            record = self.calibration
            law = record.synapse if self.cell == "synapse" else record.gate
            current = law.half + law.grey * (2.5 if self.certain else -2.5)
        elif self.cell == "neuron":
            current = self.calibration.neuron.bias(1.2, library.value("neuron", "RL"))
        return f"IC 0 bias pwl(0 0 5p {current * 1e6:.4f}u)\n" if current else ""

    def run(
        self, ports: Sequence[str], *, bare: bool = False, temperature: float = 0.0,
        times: Sequence[float] | None = None,
    ) -> Transient:  # fmt: skip
        """Send pulses into ports one after another, BETWEEN apart unless ``times`` are given."""
        at = times or [FIRST + k * BETWEEN for k in range(len(ports))]
        end = max([*at, FIRST + SLOTS * BETWEEN]) + 100e-12
        return self.bench.transient(
            self.body(bare=bare), self._trains(ports, at, bare=bare), temperature=temperature,
            cells=self._cells(), duration=end,
        )  # fmt: skip

    def circuit(self, ports: Sequence[str], *, bare: bool = False) -> Circuit:
        """Return the bench with pulses into ports one after another, for runs of many variants."""
        at = [FIRST + k * BETWEEN for k in range(len(ports))]
        trains = self._trains(ports, at, bare=bare)
        return read(self.bench.deck(self.body(bare=bare), trains, cells=self._cells(),
                                    duration=at[-1] + 100e-12))  # fmt: skip

    def _trains(
        self, ports: Sequence[str], at: Sequence[float], *, bare: bool
    ) -> dict[str, list[float]]:
        trains: dict[str, list[float]] = {f"d{p}": [] for p in (("a",) if bare else self.inputs)}
        for port, time in zip(ports, at, strict=True):
            trains[f"d{port}"].append(time)
        return trains

    def _cells(self) -> str:
        names = ("dcsfq", "jtl", "jtl_driven", "jtl_negative", self.cell)
        return library.process() + "".join(map(library.cell, dict.fromkeys(names)))


def measure(calibration: Calibration, bench: Bench | None = None) -> dict[str, Machine]:
    """Measure the table of every cell of ``LOGIC``."""
    bench = bench or Bench()
    found = {name: machine(name, calibration, bench) for name in LOGIC}
    mirrored = replace(found["jtl"], name="jtl_negative")
    return {"dcsfq": _converter(calibration, bench), **found, "jtl_negative": mirrored}


def machine(name: str, calibration: Calibration, bench: Bench) -> Machine:
    """Measure one cell's table."""
    rig = Rig(cell=name, bench=bench, calibration=calibration)
    spread = jitter(rig)
    kind = KIND.get(name, "table")
    found = [_transition(rig, one, spread) for one in LOGIC[name]]
    idle = (0, 0.0)
    if kind in ("draw", "gate"):
        idle = cost(Rig(cell=name, bench=bench, calibration=calibration, certain=False), (), "a", 0)
    elif kind == "integrator":
        idle = cost(rig, (), "a", 0)
    return Machine(
        name=name, inputs=rig.inputs, outputs=rig.outputs, transitions=tuple(found), kind=kind,
        gaps=gaps(rig, spread), junctions=library.junctions(name),
        idle_slips=idle[0], idle_work=idle[1],
    )  # fmt: skip


def _transition(
    rig: Rig, logic: tuple[str, str, str, tuple[str, ...]], spread: float
) -> Transition:
    state, port, into, outs = logic
    path = _path(rig.cell, state)
    if rig.cell == "neuron":
        path = ("a",)
    slips, work = cost(rig, path, port, len(outs))
    known = rig.calibration.delay.get(rig.cell)
    delays = tuple((q, _delay(rig, path, port, q) if known is None else known) for q in outs)
    return Transition(
        state=state, port=port, into=into, out=delays, jitter=spread if outs else 0.0,
        slips=slips, work=work,
    )  # fmt: skip


def cost(rig: Rig, path: Sequence[str], port: str, n_out: int) -> tuple[int, float]:
    """Return turns inside the cell and source work of the last pulse of a sequence."""
    before, after = rig.run(path), rig.run([*path, port])
    names = [name for name in after.counts if name.endswith(".XC")]
    slips = sum(abs(after.counts[n]) - abs(before.counts[n]) for n in names)
    head, tail = _ends(rig)
    return slips, after.energy.source - before.energy.source - head - n_out * tail


def _ends(rig: Rig) -> tuple[float, float]:
    """Return the source work of one pulse in a head and in a tail [J]; a tail is two JTLs."""
    rig = Rig(cell="jtl", bench=rig.bench, calibration=rig.calibration)
    whole, line = (
        rig.run(("a",), bare=bare).energy.source - rig.run((), bare=bare).energy.source
        for bare in (True, False)
    )
    tail = 2.0 * (line - whole)
    return whole - tail, tail


def _converter(calibration: Calibration, bench: Bench) -> Machine:
    """Measure the DC/SFQ converter: it takes a current, so it stands at the head of a line."""
    rig = Rig(cell="jtl", bench=bench, calibration=calibration)
    head, tail = _ends(rig)
    found = rig.run(("a",), bare=True)
    ports, junction = ("a",) * CYCLES, "B3.XHA1"
    hot, cold = (
        rig.run(ports, bare=True, temperature=t).pulses[junction] for t in (bench.temperature, 0.0)
    )
    one = Transition(
        state="ready", port="a", into="ready", out=(("q", calibration.delay["dcsfq"]),),
        jitter=float(np.std(hot - cold)), work=head - tail,
        slips=sum(abs(n) for name, n in found.counts.items() if name.endswith(".XHA1")),
    )  # fmt: skip
    return Machine(
        name="dcsfq", inputs=("a",), outputs=("q",), transitions=(one,),
        junctions=library.junctions("dcsfq"),
    )  # fmt: skip


def jitter(rig: Rig) -> float:
    """Return the standard deviation of a cell's own delay at the bench's temperature [s].

    From the head's last junction to the tail's first, with noise less without, pulse by pulse;
    the variance of a bare line is taken off.
    """
    ports = CYCLE.get(rig.cell, ("a",)) * CYCLES
    found = np.var(_deviations(rig, ports, rig.outputs[0], bare=False))
    line = np.var(_deviations(rig, ("a",) * CYCLES, "q", bare=True))
    return float(np.sqrt(max(found - line, 0.0)))


def _deviations(rig: Rig, ports: Sequence[str], out: str, *, bare: bool) -> Any:
    hot, cold = (
        _waits(rig.run(ports, bare=bare, temperature=heat), ports[-1], out)
        for heat in (rig.bench.temperature, 0.0)
    )
    return np.array([hot[k] - cold[k] for k in hot if k in cold])


def _waits(found: Transient, port: str, out: str) -> dict[int, float]:
    """Return the time from a pulse at the cell's input to its answer, by number of the pulse."""
    sent, tail = found.pulses[f"B2.XH{port.upper()}3"], f"B1.XT{out.upper()}1"
    came = np.sort(np.concatenate([found.pulses[tail], found.antipulses[tail]]))
    number = np.searchsorted(sent, came) - 1
    return dict(zip(number.tolist(), (came - sent[number]).tolist(), strict=True))


def _delay(rig: Rig, path: Sequence[str], port: str, out: str) -> float:
    *_, last = _waits(rig.run([*path, port]), port, out).values()
    *_, line = _waits(rig.run(("a",), bare=True), "a", "q").values()
    return float(last - line)


def _path(name: str, state: str) -> tuple[str, ...]:
    """Return the shortest sequence of pulses that leads to a state."""
    seen: dict[str, tuple[str, ...]] = {LOGIC[name][0][0]: ()}
    while state not in seen:
        seen |= {i: (*seen[s], p) for s, p, i, _ in LOGIC[name] if s in seen and i not in seen}
    return seen[state]


def gaps(rig: Rig, spread: float) -> tuple[Gap, ...]:
    """Return the shortest distances of pulses that a cell takes as its table says."""
    record = rig.calibration
    found = [
        Gap(port=p, before=p, time=record.separation[rig.cell])
        for p in rig.inputs
        if rig.cell in record.separation
    ]
    if rig.cell == "merger":
        found += [
            Gap(port=p, before=q, time=record.window, swallow=True)
            for p, q in (("a", "b"), ("b", "a"))
        ]
    if "clk" in rig.inputs:
        for port in (p for p in rig.inputs if p != "clk"):
            late = capture(rig, port)
            guard = GUARD * spread
            found += [
                Gap(port="clk", before=port, time=max(-late, 0.0) + guard),
                Gap(port=port, before="clk", time=max(late, 0.0) + guard),
            ]
    return tuple(found)


def capture(rig: Rig, port: str) -> float:
    """Return how long after the clock a pulse on ``port`` still counts before it [s].

    Negative: it has to come that long before the clock.
    """
    path = ("a",) if rig.cell == "ndro" and port == "b" else ()
    clock = FIRST + (len(path) + 1) * BETWEEN
    before = [FIRST + k * BETWEEN for k in range(len(path))]

    def answers(shift: float) -> int:
        found = rig.run((*path, port, "clk"), times=[*before, clock + shift, clock])
        return len(found.pulses[f"B1.XT{rig.outputs[0].upper()}1"])

    early = answers(-30e-12)
    return bisect(lambda shift: answers(shift) == early, -30e-12, 30e-12)


def save(machines: Mapping[str, Machine]) -> Path:
    """Write the tables beside the netlists and return where."""
    record = {
        name: {"digest": library.digest(name), **asdict(one)} for name, one in machines.items()
    }
    return write_text(path(), json.dumps(record, indent=1) + "\n")


def load() -> dict[str, Machine]:
    """Read the tables and hold them against the netlists.

    Raises
    ------
    ValueError
        A netlist has changed since its table was measured, or the file is no such record.
    """
    try:
        data = json.loads(path().read_text(encoding="utf-8"))
        stale = [name for name, one in data.items() if one.pop("digest") != library.digest(name)]
        machines = {name: from_plain(one) for name, one in data.items()}
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path()}: {error} came, the cells' tables are expected") from error
    if stale:
        raise ValueError(
            f"{path()}: measured on other netlists of {', '.join(stale)}: measure again with "
            "neuromorph.circuits.cell.timing.measure"
        )
    return machines


def path() -> Path:
    """Return where the tables lie: beside the netlists."""
    return library.folder() / FILE


def from_plain(data: Mapping[str, Any]) -> Machine:
    """Build a machine from what JSON holds of it."""
    transitions = tuple(
        Transition(**{**one, "out": tuple((q, float(d)) for q, d in one["out"])})
        for one in data["transitions"]
    )
    return Machine(
        **{
            **data, "inputs": tuple(data["inputs"]), "outputs": tuple(data["outputs"]),
            "transitions": transitions, "gaps": tuple(Gap(**one) for one in data["gaps"]),
        }
    )  # fmt: skip
