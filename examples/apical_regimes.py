"""Three ways in which an apical dendrite can act: isolation, amplification, drive.

    python examples/apical_regimes.py [--plot apical_regimes.png]

Firing rate of a Ca-AdEx pyramidal cell against its somatic current, with and without apical
current. Isolation: coupled weakly (0.2 nS, chosen for the purpose: at 1 nS a shift of up to 3 Hz is
left), the dendrite's current hardly matters. Amplification: coupled as published, moderate apical
current is silent alone, but with somatic current the cell fires more; the curve is shifted, its
slope does not grow. Drive: strong apical current fires the cell alone.
"""

import argparse

import numpy as np

import neuromorph as nm

SOMA = np.linspace(0.0, 600e-12, 13)
REGIMES = {
    "isolation": (nm.CaAdEx(g_c=0.2e-9), 200e-12),
    "amplification": (nm.CaAdEx(), 100e-12),
    "drive": (nm.CaAdEx(), 300e-12),
}


def rates(cell, apical, duration=1.0, dt=2e-5):
    """Return the rate [Hz] at each somatic current, all currents side by side in one population."""
    network = nm.Network(populations=(nm.Population(name="l5", n=SOMA.size, cell=cell),))
    given = {"l5.basal": nm.Current(value=SOMA[None]), "l5.apical": nm.Current(value=apical)}
    return nm.run(network, given, duration=duration, dt=dt).spikes["l5"].rate


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plot", metavar="FILE", help="write the picture")
    options = parser.parse_args()
    found = {}
    for name, (cell, apical) in REGIMES.items():
        found[name] = (rates(cell, 0.0), rates(cell, apical))
        without, with_it = found[name]
        print(f"{name:14s} {apical * 1e12:3.0f} pA apical: {with_it[0]:4.1f} Hz without somatic "
              f"current; at 400 pA {without[8]:.1f} -> {with_it[8]:.1f} Hz")  # fmt: skip
    if options.plot:
        draw(found).savefig(options.plot, dpi=150)


def draw(found):
    figure = nm.plot.figure(10, 3.4)
    axes = figure.subplots(1, 3, sharey=True)
    for ax, (name, (without, with_it)) in zip(axes, found.items(), strict=True):
        apical = REGIMES[name][1] * 1e12
        ax.plot(SOMA * 1e12, without, "o-", ms=4, color="0.6", label="no apical current")
        ax.plot(SOMA * 1e12, with_it, "o-", ms=4, color=nm.plot.COLOURS[1],
                label=f"{apical:.0f} pA")  # fmt: skip
        ax.set_title(name, fontsize=10)
        ax.set_xlabel("somatic current (pA)")
        ax.legend(frameon=False, fontsize=8)
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("rate (Hz)")
    return figure


if __name__ == "__main__":
    main()
