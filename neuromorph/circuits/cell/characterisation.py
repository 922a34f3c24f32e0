"""Measuring the cells: delays, windows, the synapse's and the neuron's law, as one record.

Every bench is a deck of library cells: a DC/SFQ converter drives two JTLs, then the cell under
test, then JTLs into 2 ohm. :func:`measure` runs them all and returns the record that the
compiler reads; ``measure().save()`` writes it beside the netlists.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from neuromorph.circuits.cell import library
from neuromorph.circuits.cell.bench import Bench, line
from neuromorph.circuits.cell.branch_law import with_partial
from neuromorph.circuits.cell.calibration import Calibration, GateLaw, Setting, SynapseLaw
from neuromorph.circuits.cell.gate_law import gate_law
from neuromorph.circuits.cell.law import neuron_delay, neuron_law, synapse_law


def measure(bench: Bench | None = None) -> Calibration:
    """Measure everything the compiler needs to know about the cells."""
    bench = bench or Bench()
    synapse, gate = synapse_law(bench), gate_law(bench)
    return Calibration(
        setting=Setting(
            step=bench.step, temperature=bench.temperature, seeds=bench.seeds, pulses=bench.pulses
        ),
        digests={name: library.digest(name) for name in library.COMPILED},
        delay=delays(bench, synapse, gate),
        window=merger_window(bench),
        separation=separations(bench),
        synapse=synapse,
        neuron=with_partial(bench, neuron_law(bench)),
        gate=gate,
    )


def delays(bench: Bench, synapse: SynapseLaw, gate: GateLaw) -> dict[str, float]:
    """Return the insertion delay of each cell in a line of JTLs [s], noiseless.

    The synapse and the gate are open (P = 0.999); behind the antifluxon converter the line's
    biases are reversed; ``"dcsfq"`` counts from the start of the current pulse to
    the converter's last junction; ``"neuron"`` is a mean over thresholds and leaks.
    """
    head = ("dcsfq", "jtl", "jtl")
    times = [60e-12 + k * 100e-12 for k in range(4)]

    def arrival(*middle: str, extra: str = "") -> float:
        body = line(*head, *middle, "jtl", "jtl") + extra
        probe = f"B1.X{len(head) + len(middle) + 1}"
        (out,) = bench.run(body, {"d": times}, [probe])
        return float(np.mean(out - times))

    bare = arrival()
    (out,) = bench.run(line(*head), {"d": times}, ["B3.X1"])
    weight = f"IW 0 w pwl(0 0 5p {synapse.current(0.999) * 1e6:.4f}u)\n"
    opened = f"IW 0 w pwl(0 0 5p {(gate.half + 1.25 * gate.grey) * 1e6:.4f}u)\n"
    jtl, driven = arrival("jtl") - bare, arrival("jtl_driven") - bare
    return {
        "dcsfq": float(np.mean(out - times)),
        "jtl": jtl,
        "jtl_negative": jtl,  # its mirror image
        "splitter": arrival("splitter:o", extra="XO jtl o oo\nRO oo 0 2\n") - bare,
        "merger": _merger_delay(bench, times) - bare,
        "synapse": arrival("synapse:w", extra=weight) - bare,
        "antifluxon": _converter_delay(bench, times) - bare,
        "jtl_driven": driven,
        "signed_gate": arrival("signed_gate:0,0,w", "jtl_driven", extra=opened) - bare - driven,
        "neuron": neuron_delay(bench),
    }


def _merger() -> str:
    head = "X1 dcsfq d n1\nX2 jtl n1 n2\nX3 jtl n2 n3\n"
    head += "X11 dcsfq e m1\nX12 jtl m1 m2\nX13 jtl m2 m3\n"
    return head + "X4 merger n3 m3 n4\nX5 jtl n4 n5\nX6 jtl n5 n6\nRSINK n6 0 2\n"


def _merger_delay(bench: Bench, times: Sequence[float]) -> float:
    (out,) = bench.run(_merger(), {"d": times, "e": []}, ["B1.X5"])
    return float(np.mean(out - times))


CONVERTER = line("dcsfq", "jtl", "jtl", "antifluxon", "jtl_negative", "jtl_negative")


def _converter_delay(bench: Bench, times: Sequence[float]) -> float:
    out = bench.transient(CONVERTER, {"d": times}, probes=["B1.X5"]).antipulses["B1.X5"]
    return float(np.mean(out - times))


def merger_window(bench: Bench) -> float:
    """Return the largest distance of two pulses that a merger lets out as one [s]."""
    times = np.array([60e-12 + k * 100e-12 for k in range(4)])

    def merges(distance: float) -> bool:
        (out,) = bench.run(_merger(), {"d": times, "e": times + distance}, ["B2.X6"])
        return len(out) < 2 * len(times)

    return bisect(merges, 0.0, 30e-12)


def separations(bench: Bench) -> dict[str, float]:
    """Return the shortest time between two pulses that both pass, by cell [s], noiseless.

    The bench's own converter and JTLs limit what can be sent; a cell that is not slower than
    they are gets their figure.
    """
    bodies = {
        "jtl": line("dcsfq", "jtl", "jtl", "jtl", "jtl", "jtl"),
        "splitter": line("dcsfq", "jtl", "jtl", "splitter:o", "jtl", "jtl")
        + "XO jtl o oo\nRO oo 0 2\n",
        "merger": _merger(),
    }

    def smallest(body: str) -> float:
        def lost(distance: float) -> bool:
            trains = {"d": [60e-12, 60e-12 + distance]} | ({"e": []} if " e " in body else {})
            (out,) = bench.run(body, trains, ["B2.X6"])
            return len(out) < 2

        return bisect(lost, 8.1e-12, 60e-12)

    def unconverted(distance: float) -> bool:
        trains = {"d": [60e-12, 60e-12 + distance]}
        found = bench.transient(CONVERTER, trains, probes=["B2.X6"])
        return len(found.antipulses["B2.X6"]) < 2

    known = {name: smallest(body) for name, body in bodies.items()}
    return {**known, "antifluxon": bisect(unconverted, 8.1e-12, 60e-12)}


def bisect(
    holds: Callable[[float], bool], low: float, high: float, width: float = 0.1e-12
) -> float:
    """Return where ``holds`` turns from true (at ``low``) to false (at ``high``)."""
    if not holds(low):
        return low
    while high - low > width:
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return (low + high) / 2
