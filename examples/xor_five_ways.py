"""The same rate-coded XOR network on five platforms: do they agree, and what does each cost?

    python examples/xor_five_ways.py [--plot xor.png] [--seeds 1]

Two hidden coincidence cells and one output cell, dual-rail inputs, stochastic synapses. The
platforms: compiled code, Brian2, a superconducting circuit at 4.2 K pulse by pulse and junction by
junction, an FPGA core's integers.
"""

import argparse

import neuromorph as nm


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plot", metavar="FILE", help="write the picture")
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()

    work = nm.workloads.xor()
    print(nm.supports(work.network))
    platforms = [
        "numba", "brian2", nm.SFQPulse(temperature=4.2), nm.SFQCircuit(temperature=4.2),
        "fpga-model",
    ]
    table = nm.compare(work, platforms, seeds=options.seeds)
    print(table)

    # At the wall, the cold circuit pays for its cooling: a factor of 400 W/W is one practice.
    cold = table.row("sfq-circuit").energy[0]
    print("at 4 K:     ", cold)
    print("at the wall:", cold.at("wall+cooling", cooling=400, supply_efficiency=0.9))
    if options.plot:
        table.plot().savefig(options.plot, dpi=150)


if __name__ == "__main__":
    main()
