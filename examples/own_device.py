"""What would one network cost on published chips, and on yours?

    python examples/own_device.py [--plot devices.png]

The XOR's operations are counted once. Each device's published constants make joules of them: a
rough figure without data movement or idle power. A cold one is shown at the wall, too.
"""

import argparse

import neuromorph as nm


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plot", metavar="FILE", help="write the picture")
    options = parser.parse_args()

    mine = nm.CostTable(
        name="my chip", synaptic_event=1e-12, neuron_update=2e-12, spiking=True, node="28 nm",
        source="an example: put your own measurement here",
    )
    devices = [*nm.energy.DEVICES.values(), mine]
    table = nm.compare(nm.workloads.xor(), ["numba"], seeds=3, devices=devices)
    figures = [e for e in table.row("numba").energy if e.label in {d.name for d in devices}]
    for figure in figures:
        cold = figure.temperature is not None
        wall = f"; {figure.at('wall+cooling', cooling='plant')}" if cold else ""
        print(f"{figure}{wall}\n    {figure.source}")
    if options.plot:
        axis = nm.plot.figure(8, 4.5).subplots()
        axis.barh([e.label for e in figures], [e.joules for e in figures], color="#0072B2")
        axis.set_xscale("log")
        axis.set_xlabel("J per inference: counts x published constant, no data movement")
        axis.invert_yaxis()
        axis.figure.savefig(options.plot, dpi=150)


if __name__ == "__main__":
    main()
