"""Centre a clocked cell of the library over all its biases, junctions and inductances.

    python examples/centre_library_cell.py [--cell not] [--rounds 1] [--plot margins.png]
                                           [--out not_centred.cir]

Each junction turns with its shunt. Each design is held to its own pulses, within 10 ps, and must
give the pulses of the nominal one within 25 ps. Margins of all biases count whole, those of all
junction areas at 0.8. The search: linear programmes over the slopes of the margins. `not_centred`
and `ndro_centred` came from several such rounds with other weights and bounds between them; this
one shows the method and does not end at their values.
"""

import argparse
import re
from pathlib import Path

from neuromorph import margin_plot, plot
from neuromorph.circuits import Effort, Knob, OwnPulses, centre, read, specify_nominal
from neuromorph.circuits.cell import library
from neuromorph.circuits.deck.rewriting import rewrite


def knobs_of(circuit):
    """One knob per bias, inductor, and junction with its shunt, of the cell under test."""
    for element in circuit.elements:
        label, _, instance = element.name.partition(".")
        if instance == "XT" and re.fullmatch(r"B\d+", label):
            yield Knob(name=label, elements=(element.name,), inverse=(f"R{element.name}",))
        elif instance == "XT" and re.fullmatch(r"(IB|L)\d+", label):
            yield Knob(name=label, elements=(element.name,))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cell", default="not")
    parser.add_argument("--rounds", type=int, default=1, help="of linear programmes")
    parser.add_argument("--plot", metavar="FILE", help="write the picture")
    parser.add_argument("--out", metavar="FILE", help="write the changed cell")
    options = parser.parse_args()

    circuit = read(library.folder() / f"{options.cell}_testbench.cir")
    base = specify_nominal(circuit, tolerance=25e-12)
    knobs = list(knobs_of(circuit))
    alone = {knob.name: 0.0 for knob in knobs}  # what one element stands alone does not count
    design = centre(
        circuit, base, knobs, rule=OwnPulses(base=base), bounds=(0.6, 1.6),
        reach=alone | {"XJ": 0.8, "XL": 0.0, "XR": 0.0},
        effort=Effort(midpoints=0, slopes=options.rounds, climbs=0),
    )  # fmt: skip
    print(design)
    for name in ("XI", "XJ", "XL", "XR"):
        print(design.before[name], "->", design.after[name])

    if options.out:
        factors = {name.split(".")[0]: factor for name, factor in design.values.items()}
        text = rewrite(library.cell(options.cell), factors, subckt=options.cell)
        Path(options.out).write_text(text, encoding="utf-8")
    if options.plot:
        figure = plot.figure(11, 3.4)
        for ax, found in zip(figure.subplots(1, 2), (design.before, design.after), strict=True):
            margin_plot.margin_bars(found, ax=ax)
        figure.savefig(options.plot, dpi=150)


if __name__ == "__main__":
    main()
