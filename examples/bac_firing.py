"""Back-propagation activated calcium firing: a coincidence of soma and dendrite makes a burst.

    python examples/bac_firing.py [--plot bac.png]

Three runs of one Naud-Sprekeler layer-5 cell: a somatic pulse alone (one spike), a dendritic
pulse alone (none), both together (a burst, and a calcium spike in the dendrite).
"""

import argparse

import neuromorph as nm


def pulse(start, width, amplitude):
    return nm.Current(value=[0.0, amplitude, 0.0], time=[0.0, start, start + width])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plot", metavar="FILE", help="write the picture")
    options = parser.parse_args()

    network = nm.Network(populations=(nm.Population(name="l5", n=1, cell=nm.TwoCompartment()),))
    soma, dendrite = pulse(0.05, 5e-3, 2000e-12), pulse(0.05, 20e-3, 400e-12)
    inputs = {
        "soma alone": {"l5.basal": soma},
        "dendrite alone": {"l5.apical": dendrite},
        "both": {"l5.basal": soma, "l5.apical": dendrite},
    }
    record = {"l5": nm.Record(variables=("v_soma", "v_apical"))}
    runs = {
        name: nm.run(network, given, duration=0.15, record=record) for name, given in inputs.items()
    }
    for name, result in runs.items():
        peak = result.traces["l5"]["v_apical"].values.max() * 1e3
        print(f"{name:15s} {result.spikes['l5'].time.size} spikes, dendrite peaks at {peak:.1f} mV")
    if options.plot:
        draw(runs).savefig(options.plot, dpi=150)


def draw(runs):
    figure = nm.plot.figure(10, 3.6)
    axes = figure.subplots(1, len(runs), sharey=True)
    for ax, (name, result) in zip(axes, runs.items(), strict=True):
        traces = result.traces["l5"]
        time = traces["v_soma"].time * 1e3
        ax.plot(time, traces["v_apical"].values * 1e3, color=nm.plot.COLOURS[1], label="dendrite")
        ax.plot(time, traces["v_soma"].values * 1e3, color=nm.plot.COLOURS[0], label="soma")
        ax.vlines(result.spikes["l5"].time * 1e3, -50, 20, color=nm.plot.COLOURS[0])
        count = result.spikes["l5"].time.size
        ax.set_title(f"{name}: {count} spike{'s' * (count != 1)}", fontsize=10)
        ax.set_xlabel("time (ms)")
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("potential (mV)")
    axes[0].legend(frameon=False)
    return figure


if __name__ == "__main__":
    main()
