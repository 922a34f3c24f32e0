"""Centre a cell in its margins: the splitter fails at low bias; which bias should change, to what?

    python examples/centre_cell.py [--plot centre.png] [--out splitter_centred.cir]

The check: every pulse of the nominal testbench, within 10 ps. The search may turn the bias of the
input junction, and that of the two outputs together.
"""

import argparse
from pathlib import Path

from neuromorph import margin_plot, plot
from neuromorph.circuits import Effort, Knob, centre, read, specify_nominal
from neuromorph.circuits.cell import library
from neuromorph.circuits.deck.rewriting import rewrite


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plot", metavar="FILE", help="write the picture")
    parser.add_argument("--out", metavar="FILE", help="write the changed cell")
    options = parser.parse_args()

    circuit = read(library.folder() / "splitter_testbench.cir")
    knobs = [
        Knob(name="input bias", elements=("IB1.X3",)),
        Knob(name="output bias", elements=("IB2.X3", "IB3.X3")),
    ]
    effort = Effort(midpoints=2, climbs=2, designs=6)
    design = centre(circuit, specify_nominal(circuit), knobs, effort=effort)
    print(design.before)
    print(design.after)
    print(design)

    if options.out:
        factors = {name.split(".")[0]: factor for name, factor in design.values.items()}
        text = rewrite(library.cell("splitter"), factors, subckt="splitter")
        Path(options.out).write_text(f"* {design}\n{text}", encoding="utf-8")
    if options.plot:
        figure = plot.figure(11, 3.4)
        for ax, found in zip(figure.subplots(1, 2), (design.before, design.after), strict=True):
            margin_plot.margin_bars(found, ax=ax)
        figure.savefig(options.plot, dpi=150)


if __name__ == "__main__":
    main()
