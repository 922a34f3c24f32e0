"""What the cells of the library stand: margins and yields, measured by one rule each.

Cells that pass pulses on are held to the pulse times of their nominal testbench, within 10 ps. The
cells whose answer is a rate are held to counts:

- the output count of a neuron, and of the SFQ/DC converter in its voltage state, stays between half
  and one and a half times the nominal one;
- the synapse passes every pulse with its weight current 2.5 grey zones above the half point and
  none 2.5 below it (two benches of the same cell);
- the XOR networks answer their four inputs: see network_bench.py.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from neuromorph.circuits.cell import library, network_bench
from neuromorph.circuits.cell.calibration import load as load_calibration
from neuromorph.circuits.circuit import Circuit
from neuromorph.circuits.deck.netlist import read
from neuromorph.circuits.solver.transient import simulate
from neuromorph.circuits.tolerance.knob import GLOBALS
from neuromorph.circuits.tolerance.margin import Margin, Margins, margins
from neuromorph.circuits.tolerance.production import Yield, estimate_yield
from neuromorph.circuits.tolerance.rule import count_between
from neuromorph.circuits.tolerance.spread import Spread
from neuromorph.circuits.tolerance.trial import Bench
from neuromorph.circuits.tolerance.variant import specify_nominal
from neuromorph.files import write_text

FILE = "margins.json"

SIGMAS = (0.02, 0.05, 0.08)  #: spreads per element
CHIPS, NETWORK_CHIPS = 1024, 256  #: per yield
COMMON = 0.01  #: spread of each kind as a whole
TEMPERATURE = 4.2  #: of the yields' noise [K]
NETWORKS = tuple(network_bench.XORS)
#: Cells held to the count of their output.
RATES = (
    "neuron", "two_point_neuron", "two_point_neuron_centred", "stochastic_two_point_neuron",
    "sfqdc", "sfqdc_centred",
)  # fmt: skip
COUNTS = (0.5, 1.5)  #: between which shares of their nominal count those are held
WITHIN = 10e-12  #: how early or late a pulse of the other cells may come [s]
GREY_ZONES = 2.5  #: how far from its half point a synapse counts as open or shut


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """Margins and yields of one cell, and the hash of what they were measured on."""

    cell: str
    digest: str
    rule: str
    margins: Margins
    yields: tuple[Yield, ...]

    def record(self) -> dict[str, Any]:
        """Return plain values."""
        rows = [
            {"local": y.spread.local, "common": y.spread.common, "temperature": y.temperature,
             "passed": y.passed, "n": y.n, "interval": list(y.interval)}
            for y in self.yields
        ]  # fmt: skip
        return {
            "cell": self.cell, "digest": self.digest, "rule": self.rule,
            "critical": self.margins.critical, "limits": list(self.margins.limits),
            "margins": [asdict(margin) for margin in self.margins.margins], "yields": rows,
        }  # fmt: skip


def cell_benches(name: str) -> tuple[tuple[Bench, ...], str]:
    """Return the benches of a cell and its pass rule in words."""
    if name in NETWORKS:
        return network_bench.xor_benches(name)
    circuit = read(library.folder() / f"{name}_testbench.cir")
    if name in RATES:
        output = [o.targets[0] for o in circuit.outputs if o.kind == "P"][-1]
        count = simulate(circuit, temperature=0.0, record=(), pulses=(output,)).counts[output]
        low, high = math.ceil(COUNTS[0] * count), int(COUNTS[1] * count)
        rule = f"{low} to {high} turns of {output}, nominal {count}"
        return (Bench(circuit=circuit, check=count_between(output, low, high)),), rule
    if name == "synapse":
        return _synapse_benches(circuit), "passes all when open, none when shut"
    check = specify_nominal(circuit, tolerance=WITHIN)
    return (Bench(circuit=circuit, check=check),), f"pulse times within {WITHIN * 1e12:g} ps"


def accept(
    name: str, *, chips: int | None = None, seed: int = 0, folder: Path | None = None, **how: Any
) -> Acceptance:
    """Measure the margins and the yields of a cell.

    Parameters
    ----------
    name : str
        A cell of the library.
    chips : int, optional
        Per yield: 1,024, of a network 256, unless given.
    folder : Path, optional
        Where trials are kept, in a folder per cell and digest, to go on from.
    **how
        ``executor`` and ``workers`` of :func:`neuromorph.sweep.run_sweep`.
    """
    given, rule = cell_benches(name)
    chips = chips or (NETWORK_CHIPS if name in NETWORKS else CHIPS)

    def kept(what: str) -> Path | None:
        return None if folder is None else folder / f"{name}-{digest(name)[:8]}" / what

    return Acceptance(
        cell=name, digest=digest(name), rule=rule,
        margins=margins(given, folder=kept("margins"), **how),
        yields=tuple(
            estimate_yield(given, spread=Spread(local=sigma, common=COMMON), n=chips, seed=seed,
                           temperature=TEMPERATURE, folder=kept(f"yield-{sigma:g}"), **how)
            for sigma in SIGMAS
        ),
    )  # fmt: skip


def path() -> Path:
    """Return where the record lies."""
    return library.folder() / FILE


def benched() -> tuple[str, ...]:
    """Return what can be measured: cells with a testbench, and networks."""
    return (*library.benched(), *NETWORKS)


def outdated() -> tuple[str, ...]:
    """Return what has no record, or one of another netlist, testbench or rule."""
    known = {row["cell"]: row["digest"] for row in _records()}
    return tuple(name for name in benched() if known.get(name) != digest(name))


def save(found: Sequence[Acceptance]) -> Path:
    """Write the record beside the netlists; what is not among these stays as it was."""
    rows = {row["cell"]: row for row in _records()} | {one.cell: one.record() for one in found}
    ordered = [rows[name] for name in benched() if name in rows]
    return write_text(path(), json.dumps(ordered, indent=1) + "\n")


def load() -> list[dict[str, Any]]:
    """Read the record.

    Raises
    ------
    ValueError
        A netlist, testbench or rule has changed since it was measured.
    """
    records = _records()
    stale = [row["cell"] for row in records if row["digest"] != digest(row["cell"])]
    if stale:
        raise ValueError(
            f"{path()}: measured on other netlists of {', '.join(stale)}: measure again with "
            "neuromorph margins library"
        )
    return records


def _records() -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = json.loads(path().read_text(encoding="utf-8"))
    return records


def digest(name: str) -> str:
    """Return the hash of what a record depends on.

    The testbench with all that it includes, comments left out; the trains of a network; the pass
    rule; spreads and noise of the yields.
    """
    text = network_bench.text(name) if name in NETWORKS else library.testbench(name)
    return library.content_digest(f"{text}{json.dumps(terms(name), sort_keys=True)}\n")


def terms(name: str) -> dict[str, Any]:
    """Return the figures beside the netlists that decide a record, as plain values."""
    shared = {"local": SIGMAS, "common": COMMON, "temperature": TEMPERATURE}
    if name in NETWORKS:
        return shared | network_bench.terms(name)
    if name in RATES:
        return shared | {"counts": COUNTS}
    if name == "synapse":
        law = load_calibration().synapse
        return shared | {"half": law.half, "grey": law.grey, "zones": GREY_ZONES}
    return shared | {"within": WITHIN}


def table(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the lines of the Markdown table of a record."""
    heads = ["cell", *GLOBALS, "critical", *(f"yield at {s:.0%}" for s in SIGMAS), "chips",
             "pass rule"]
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for row in records:
        ranges = [
            str(Margin(**margin)).removeprefix(f"{margin['name']} ") for margin in row["margins"]
        ]
        critical = f"{row['critical']:.1%} ({', '.join(row['limits'])})"
        yields = [
            f"{y['passed'] / y['n']:.1%} ({y['interval'][0]:.1%} to {y['interval'][1]:.1%})"
            for y in row["yields"]
        ]
        chips = f"{min(y['n'] for y in row['yields']):,}"
        words = [row["cell"], *ranges, critical, *yields, chips, row["rule"]]
        lines.append(f"| {' | '.join(words)} |")
    return lines


def section() -> list[str]:
    """Return the lines of the section of the library's page."""
    records = load()
    measured = {row["cell"] for row in records}
    missing = [name for name in benched() if name not in measured]
    rest = f"Not measured: {', '.join(missing)}." if missing else ""
    return [
        "## Margins and yields",
        "",
        "Written by `neuromorph margins library`. Margins: one parameter moved alone, without",
        "noise (%); XI all biases, XL all inductances, XJ all junction areas, XR all resistances,",
        "of the whole testbench; `>` and `<`: the scan ended there. Yields of the chips stated,",
        "independent Gaussian spread per element as stated, one sigma, and "
        f"{COMMON:.0%} per kind as a whole,",
        f"noise at {TEMPERATURE} K, 95 % Wilson interval.",
        "",
        *table(records),
        *(["", rest] if rest else []),
    ]


def _synapse_benches(circuit: Circuit) -> tuple[Bench, ...]:
    law = load_calibration().synapse
    pulses = simulate(circuit, temperature=0.0, record=(), pulses=("B2.X3",)).counts["B2.X3"]
    reach = GREY_ZONES * law.grey
    return tuple(
        Bench(circuit=circuit.with_values({"IW": law.half + sign * reach}),
              check=count_between("B2.X6", count, count))
        for sign, count in ((1.0, pulses), (-1.0, 0))
    )  # fmt: skip
