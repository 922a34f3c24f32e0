"""What does a superconducting cell do, and how do noise, bias and temperature move it?

    python examples/characterise_cell.py [--cell jtl] [--kept] [--plot record.png]

Runs the benches of a cell of the library: delay, jitter, turns and work of each transition, setup
and hold, delay and jitter against the bias currents; of a synapse its passing probability, of a
neuron its rate curves, of a two-point neuron its transfer surface. ``--kept`` reads the record
beside the netlist instead of measuring again.
"""

import argparse

from neuromorph import circuits


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plot", metavar="FILE", help="write the picture")
    parser.add_argument("--cell", default="jtl")
    parser.add_argument("--kept", action="store_true", help="read the record, do not measure")
    options = parser.parse_args()

    found = (circuits.load_record if options.kept else circuits.characterise)(options.cell)
    print(found)
    if found.bias:
        for factor, delay, jitter in zip(
            found.bias.factor, found.bias.delay, found.bias.jitter, strict=True
        ):
            said = "pulses lost" if delay is None else (
                f"delay {delay * 1e12:6.2f} ps, jitter {jitter * 1e15:6.1f} fs"
            )
            print(f"  bias x {factor:4.2f}: {said}")
    if options.plot:
        circuits.draw_record(found).savefig(options.plot, dpi=150)


if __name__ == "__main__":
    main()
