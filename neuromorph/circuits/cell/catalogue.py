"""The catalogue of the cells: what each is, what it costs and how much its bias may be off.

:func:`readme` writes ``circuits/README.md`` from the netlists and the measured record; a test
holds the file to it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuromorph.circuits.cell import acceptance, library
from neuromorph.circuits.cell.calibration import load as load_calibration
from neuromorph.circuits.circuit import Circuit
from neuromorph.circuits.deck.netlist import read
from neuromorph.circuits.element import CurrentSource
from neuromorph.circuits.solver.integrator import StepError
from neuromorph.circuits.solver.transient import Transient, simulate
from neuromorph.circuits.tolerance.knob import is_bias
from neuromorph.files import write_text

FILE = "catalogue.json"

#: Grid of the scan of all bias currents at once.
STEP, LOWEST, HIGHEST = 0.025, 0.5, 1.5

#: By how much the counts of a testbench may change within the window; the others not at all.
TOLERANCE: Mapping[str, float] = {
    "neuron": 0.25, "two_point_neuron": 0.35, "two_point_neuron_centred": 0.35, "sfqdc": 0.5,
    "sfqdc_centred": 0.5, "synapse": 0.5, "stochastic_two_point_neuron": 0.5,
}  # fmt: skip

#: Junctions between which a clocked cell's delay is taken, in its testbench.
CLOCKED: Mapping[str, tuple[str, str]] = {
    "dff": ("B2.XE3", "B7.XT"),
    "ndro": ("B2.XE3", "B11.XT"),
    "ndro_centred": ("B2.XE3", "B11.XT"),
    "not": ("B2.XE3", "B8.XT"),
    "not_centred": ("B2.XE3", "B8.XT"),
}

#: Where the values of a cell come from.
SOURCE: Mapping[str, str] = {
    **dict.fromkeys(
        ("jtl", "splitter", "merger", "dcsfq", "sfqdc", "dff", "ndro", "not"),
        "values of RSFQlib v3p0, netlist ours",
    ),
    "antifluxon_centred": "ours",
    "splitter_centred": "values of RSFQlib v3p0, biases ours",
    "merger_centred": "values of RSFQlib v3p0, biases and series junctions ours",
    "sfqdc_centred": "values of RSFQlib v3p0, biases and junctions ours",
    **dict.fromkeys(
        ("ndro_centred", "not_centred"),
        "values of RSFQlib v3p0, biases, junctions and inductances ours",
    ),
    **dict.fromkeys(
        (
            "synapse", "neuron", "soma", "context_gate", "veto_gate", "jtl_driven",
            "two_point_neuron", "two_point_neuron_centred", "antifluxon", "jtl_negative",
            "signed_gate", "stochastic_two_point_neuron",
        ),
        "ours",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What was measured of one cell.

    ``low`` and ``high`` are factors on all bias currents of the testbench at once between which
    its counts hold; ``delay`` is None where a cell has none of its own [s].
    """

    digest: str
    low: float
    high: float
    delay: float | None


def refreshed() -> dict[str, Entry]:
    """Return the record, with cells measured that are new or have another netlist than then."""
    known = _record() if path().is_file() else {}
    out = {}
    for name in library.benched():
        old = known.get(name)
        out[name] = old if old and old.digest == acceptance.digest(name) else entry(name)
    return out


def entry(name: str) -> Entry:
    """Measure one cell."""
    low, high = window(name)
    return Entry(digest=acceptance.digest(name), low=low, high=high, delay=_delay(name))


def window(name: str) -> tuple[float, float]:
    """Return the factors on all bias currents down and up to which the counts hold."""
    circuit = read(library.testbench(name))
    nominal = _counts(circuit, 1.0)
    if nominal is None:
        raise ValueError(f"cell {name!r}: its testbench takes too large a step, lower .tran's")
    slack = np.floor(TOLERANCE.get(name, 0.0) * nominal)

    def reach(sign: int) -> float:
        last = 1.0
        for k in range(1, 1 + round(0.5 / STEP)):
            factor = 1.0 + sign * k * STEP
            found = _counts(circuit, factor)
            if found is None or (np.abs(found - nominal) > slack).any():
                break
            last = factor
        return round(last, 3)

    return reach(-1), reach(+1)


def _counts(circuit: Circuit, factor: float) -> NDArray[np.int64] | None:
    biases = {
        element.name: factor
        for element in circuit.elements
        if isinstance(element, CurrentSource) and is_bias(element)
    }
    try:
        transient = simulate(circuit.scaled(biases), record=())
    except StepError:
        return None
    return np.array([transient.counts[o.targets[0]] for o in circuit.outputs if o.kind == "P"])


def _delay(name: str) -> float | None:
    if name not in CLOCKED:
        return load_calibration().delay.get(name)
    transient: Transient = simulate(read(library.testbench(name)), record=())
    clock, out = (transient.pulses[junction] for junction in CLOCKED[name])
    return float(np.mean(out - clock[np.searchsorted(clock, out) - 1]))


def path() -> Path:
    """Return where the record lies."""
    return library.folder() / FILE


def save(entries: Mapping[str, Entry]) -> Path:
    """Write the record beside the netlists, and the README above them; return the README."""
    write_text(path(), json.dumps({n: asdict(e) for n, e in entries.items()}, indent=1) + "\n")
    return write_text(library.folder().parent / "README.md", readme())


def load() -> dict[str, Entry]:
    """Read the record.

    Raises
    ------
    ValueError
        A testbench or a netlist has changed since it was measured.
    """
    entries = _record()
    stale = [name for name, entry in entries.items() if entry.digest != acceptance.digest(name)]
    if stale:
        raise ValueError(
            f"{path()}: measured on other netlists of {', '.join(stale)}: measure again with "
            "neuromorph.circuits.cell.catalogue: save(refreshed())"
        )
    return entries


def _record() -> dict[str, Entry]:
    data = json.loads(path().read_text(encoding="utf-8"))
    return {name: Entry(**value) for name, value in data.items()}


def readme() -> str:
    """Return the text of ``circuits/README.md``."""
    rows = [_row(name, found) for name, found in load().items()]
    parts = [_part(name) for name in library.names() if name not in library.benched()]
    return "\n".join([*_HEAD, *rows, "", *_PARTS, *parts, "", *acceptance.section(), ""])


def _row(name: str, found: Entry) -> str:
    delay = "" if found.delay is None else f"{found.delay * 1e12:.1f}"
    low, high = (f"{100 * (x - 1):+.1f}" for x in (found.low, found.high))
    return (
        f"| {name} | {' '.join(library.ports(name))} | {library.junctions(name)} | "
        f"{library.bias_current(name) * 1e6:.0f} | {delay} | {low} to {high} | {SOURCE[name]} | "
        f"{library.comment(name)} |"
    )


def _part(name: str) -> str:
    return (
        f"| {name} | {' '.join(library.ports(name))} | {library.junctions(name)} | "
        f"{SOURCE[name]} | {library.comment(name)} |"
    )


_HEAD = (
    "# Superconducting cells",
    "",
    "Netlists in JoSIM syntax. `cells/NAME.cir` holds one `.subckt`, `cells/NAME_testbench.cir` a",
    "deck that runs on its own, here and in JoSIM. All cells share one junction model",
    "(`cells/process.cir`: 100 uA and 70 fF at area 1) and one set of parasitics: 0.5 pH from each",
    "junction to ground, 2 pH in each bias lead, I_c R_s = 0.686 mV in series with the inductance",
    "of the resistor. Simulated only: nothing was laid out or made.",
    "",
    "This page is generated from the netlists and `cells/catalogue.json` by",
    "`neuromorph.circuits.cell.catalogue`. The bias is what the cell itself draws, without",
    "currents into its ports `w` and `i`. Delay: in a line of JTLs, or from clock to output.",
    "Window: all",
    f"bias currents of the testbench scaled together, in steps of {STEP * 100:g} %; its counts",
    "stay equal (neuron within 25 %, two-point neuron within 35 %, synapse at half passage and",
    "stochastic two-point neuron within 50 %, SFQ/DC within 50 % of its turns in the voltage",
    "state); the scan ends at -50 and +50 %.",
    "",
    "| cell | ports | JJ | bias (uA) | delay (ps) | bias window (%) | values | what it does |",
    "|---|---|---|---|---|---|---|---|",
)
_PARTS = (
    "Parts of larger cells, without a testbench of their own:",
    "",
    "| cell | ports | JJ | values | what it does |",
    "|---|---|---|---|---|",
)
