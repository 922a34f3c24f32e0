"""Two exclusive ors in flux quanta: how far may all bias currents drift before one fails?

    python examples/xor_margins.py [--plot margins.png]

The dual-rail network of stochastic synapses, compiled, and the single-rail network of two veto
gates, all factors of one input in one batch at 4.2 K. `neuromorph compare xor-flux` turns every
group of biases, temperature and rate as well, and adds the level of pulses.
"""

import argparse

import numpy as np

import neuromorph as nm
from neuromorph.circuits import simulate_batch
from neuromorph.workloads.xor_study import DESIGNS, INPUTS, THRESHOLD

FACTORS = np.arange(0.7, 1.31, 0.05)


def counts(design, bits):
    """Spikes out for each factor on all biases."""
    circuit = design.circuit(bits, design.rate)
    batch = simulate_batch(
        circuit, dict.fromkeys(design.elements(circuit, "all biases"), FACTORS), seeds=1,
        temperature=4.2, pulses=(design.output,), on_large_step="mark",
    )  # fmt: skip
    return np.where(batch.failed, -1, batch.counts[design.output])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plot", metavar="FILE", help="write the picture")
    options = parser.parse_args()

    figure = nm.plot.figure(8, 3.2)
    for ax, design in zip(figure.subplots(1, 2), DESIGNS.values(), strict=True):
        found = {bits: counts(design, bits) for bits in INPUTS}
        true = np.minimum(found["01"], found["10"])
        false = np.maximum(found["00"], found["11"])
        works = (true > THRESHOLD) & (false <= THRESHOLD) & (false >= 0)
        print(f"{design.name}: right at", *(f"x {f:.2f}" for f in FACTORS[works]))
        for k, (bits, n) in enumerate(found.items()):
            ax.plot(100 * (FACTORS - 1), n, "o-", ms=3, label=bits, color=nm.plot.COLOURS[k])
        ax.axhline(THRESHOLD + 0.5, color="0.6", lw=0.8, ls=":")
        ax.set(title=design.name, xlabel="all bias currents (% off)", ylabel="output spikes")
        ax.legend(fontsize=7, frameon=False)
    if options.plot:
        figure.savefig(options.plot, dpi=150)

    work = nm.workloads.xor()
    run = nm.run(work.network, work.stimuli["10"], backend="sfq-circuit", duration=work.duration)
    for energy in run.energy:
        print(energy, "|", energy.at("wall+cooling", cooling="plant", supply_efficiency=0.9))


if __name__ == "__main__":
    main()
