"""What a two-point cell transmits: rate, event rate and burst probability over both inputs.

    python examples/transfer_surface.py [--plot surface.png]

A grid of somatic and dendritic currents with noise on both, 20 cells per point, in one run.
Events follow the soma, bursts follow the dendrite: two streams in one spike train.
"""

import argparse

import numpy as np

import neuromorph as nm

SOMA = np.arange(0, 801, 100) * 1e-12
DENDRITE = np.arange(-200, 601, 100) * 1e-12
CELLS = 20


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plot", metavar="FILE", help="write the picture")
    options = parser.parse_args()

    soma, dendrite = (np.repeat(g.ravel(), CELLS) for g in np.meshgrid(SOMA, DENDRITE))
    network = nm.Network(
        populations=(nm.Population(name="l5", n=soma.size, cell=nm.TwoCompartment()),)
    )
    noise = nm.OrnsteinUhlenbeck(sigma=450e-12, tau=2e-3)
    stimulus = {
        "l5.basal": (nm.Current(value=soma[None]), noise),
        "l5.apical": (nm.Current(value=dendrite[None]), noise),
    }
    found = nm.run(network, stimulus, duration=1.0, seed=1).bursts("l5")
    shape = (DENDRITE.size, SOMA.size, CELLS)
    spikes, events, bursts = (
        counted.reshape(shape).sum(axis=2) for counted in (found.spikes, found.events, found.bursts)
    )
    surfaces = {
        "rate (Hz)": spikes / CELLS,  # of one second
        "event rate (Hz)": events / CELLS,
        "burst prob.": bursts / np.maximum(events, 1),
    }
    for name, surface in surfaces.items():
        along = f"{surface[2, 1]:.2f} -> {surface[2, -1]:.2f} along the soma"
        print(f"{name:16s} {along}, {surface[0, 4]:.2f} -> {surface[-3, 4]:.2f} along the dendrite")
    if options.plot:
        draw(surfaces).savefig(options.plot, dpi=150)


def draw(surfaces):
    figure = nm.plot.figure(11, 3.4)
    for ax, (name, surface) in zip(figure.subplots(1, 3), surfaces.items(), strict=True):
        image = ax.pcolormesh(SOMA * 1e12, DENDRITE * 1e12, surface, cmap="viridis")
        figure.colorbar(image, ax=ax)
        ax.set_title(name, fontsize=10)
        ax.set_xlabel("somatic current (pA)")
        ax.set_ylabel("dendritic current (pA)")
    return figure


if __name__ == "__main__":
    main()
