"""What the cells of the library stand: margins and yields, measured by one rule each.

Cells that pass pulses on are held to the pulse times of their nominal testbench, within 10 ps. The
two cells whose answer is a rate are held to counts:

- the neuron's output count stays between half and one and a half times the nominal one;
- the synapse passes every pulse with its weight current 2.5 grey zones above the half point and
  none 2.5 below it (two benches of the same cell).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from neuromorph.circuits import library
from neuromorph.circuits.calibration import load
from neuromorph.circuits.margin import Margins, margins
from neuromorph.circuits.netlist import read
from neuromorph.circuits.production import Yield, estimate_yield
from neuromorph.circuits.specification import Specification, Window
from neuromorph.circuits.spread import Spread
from neuromorph.circuits.transient import simulate
from neuromorph.circuits.trial import Bench
from neuromorph.circuits.variant import specify_nominal

SIGMAS = (0.02, 0.05, 0.08)  #: spreads per element
COMMON = 0.01  #: spread of each kind as a whole
TEMPERATURE = 4.2  #: of the yields' noise [K]
GREY_ZONES = 2.5  #: how far from its half point a synapse counts as open or shut


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """Margins and yields of one cell, and the hash of the netlist they belong to."""

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
    circuit = read(library.folder() / f"{name}_testbench.cir")
    if name == "neuron":
        nominal = simulate(circuit, temperature=0.0, record=(), pulses=("B2.X6",))
        count = nominal.counts["B2.X6"]
        low, high = -(-count // 2), 3 * count // 2
        rule = f"{low} to {high} pulses out, nominal {count}"
        return (Bench(circuit=circuit, check=_counts("B2.X6", low, high)),), rule
    if name == "synapse":
        return _synapse_benches(circuit), "passes all when open, none when shut"
    return (Bench(circuit=circuit, check=specify_nominal(circuit)),), "pulse times within 10 ps"


def accept(name: str, *, chips: int = 256, seed: int = 0, **how: Any) -> Acceptance:
    """Measure the margins and the yields of a cell.

    Parameters
    ----------
    name : str
        A cell of the library.
    chips : int
        Per yield.
    **how
        ``executor`` and ``workers`` of :func:`neuromorph.sweep.run_sweep`.
    """
    given, rule = cell_benches(name)
    return Acceptance(
        cell=name, digest=library.digest(name), rule=rule, margins=margins(given, **how),
        yields=tuple(
            estimate_yield(given, spread=Spread(local=sigma, common=COMMON), n=chips, seed=seed,
                           temperature=TEMPERATURE, **how)
            for sigma in SIGMAS
        ),
    )  # fmt: skip


def table(found: Sequence[Acceptance]) -> str:
    """Return the Markdown table of several cells."""
    names = [margin.name for margin in found[0].margins.margins] if found else []
    heads = ["cell", "pass rule", *names, "critical", *(f"yield at {s:.0%}" for s in SIGMAS)]
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for one in found:
        ranges = [str(margin).removeprefix(f"{margin.name} ") for margin in one.margins.margins]
        critical = f"{one.margins.critical:.1%} ({', '.join(one.margins.limits)})"
        cells = [one.cell, one.rule, *(ranges or [""] * len(names)), critical]
        lines.append(f"| {' | '.join([*cells, *map(_yield, one.yields)])} |")
    return "\n".join(lines) + "\n"


def page(found: Sequence[Acceptance]) -> str:
    """Return the page that ``neuromorph margins library`` writes."""
    n = found[0].yields[0].n if found and found[0].yields else 0
    return (
        "# Margins and yields of the cells\n\nWritten by `neuromorph margins library`. Margins: "
        "one parameter moved alone, without noise; XI all biases, XL all inductances, XJ all "
        "junction areas, XR all resistances, of the whole testbench; `>` and `<`: the scan ended "
        f"there. Yields: {n} chips, independent Gaussian spread per element as stated and "
        f"{COMMON:.0%} per kind as a whole, noise at {TEMPERATURE} K, 95 % Wilson interval.\n\n"
        + table(found)
    )


def _yield(found: Yield) -> str:
    low, high = found.interval
    return f"{found.fraction:.1%} ({low:.1%} to {high:.1%})"


def _synapse_benches(circuit: Any) -> tuple[Bench, ...]:
    law = load().synapse
    pulses = simulate(circuit, temperature=0.0, record=(), pulses=("B2.X3",)).counts["B2.X3"]
    reach = GREY_ZONES * law.grey
    return tuple(
        Bench(circuit=circuit.with_values({"IW": law.half + sign * reach}),
              check=_counts("B2.X6", count, count))
        for sign, count in ((1.0, pulses), (-1.0, 0))
    )  # fmt: skip


def _counts(junction: str, low: int, high: int) -> Specification:
    window = Window(junction=junction, start=0.0, stop=float("inf"), low=low, high=high)
    return Specification(windows=(window,))
