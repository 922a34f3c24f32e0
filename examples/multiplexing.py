"""Two streams in one ensemble: event rate carries the soma's input, bursts the dendrite's.

    python examples/multiplexing.py [--plot multiplexing.png]

2,000 cells with independent noise receive two slow signals, one on each port. Events per bin
follow the first; the share of events that are bursts follows the second.
"""

import argparse

import numpy as np

import neuromorph as nm

N, DURATION, BIN = 2000, 2.0, 20e-3


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plot", metavar="FILE", help="write the picture")
    options = parser.parse_args()

    time = np.arange(0, DURATION, 1e-3)
    soma = 450e-12 + 150e-12 * np.sin(2 * np.pi * time / 0.5)
    dendrite = 50e-12 + 200e-12 * np.sin(2 * np.pi * time / 0.8 + 1.0)
    noise = nm.OrnsteinUhlenbeck(sigma=450e-12, tau=2e-3)
    stimulus = {
        "l5.basal": (nm.Current(value=soma, time=time), noise),
        "l5.apical": (nm.Current(value=dendrite, time=time), noise),
    }
    network = nm.Network(populations=(nm.Population(name="l5", n=N, cell=nm.TwoCompartment()),))
    spikes = nm.run(network, stimulus, duration=DURATION, seed=1).spikes["l5"]

    order = np.lexsort((spikes.time, spikes.index))
    at, unit = spikes.time[order], spikes.index[order]
    near = (np.diff(at) <= 16.0001e-3) & (np.diff(unit) == 0)
    first = np.append(True, ~near)
    burst = first & np.append(near, False)
    edges = np.arange(0, DURATION + BIN / 2, BIN)
    events, bursts = (np.histogram(at[chosen], edges)[0] for chosen in (first, burst))
    rate, chance = events / (N * BIN), bursts / np.maximum(events, 1)

    centre = (edges[:-1] + BIN / 2 > 0.1)
    signals = [np.interp(edges[:-1] + BIN / 2, time, s)[centre] for s in (soma, dendrite)]
    for name, code in (("event rate", rate), ("burst probability", chance)):
        with_soma, with_dendrite = (best(code[centre], signal) for signal in signals)
        print(f"{name:18s} r = {with_soma:.2f} soma, {with_dendrite:.2f} dendrite")
    if options.plot:
        draw(time, (soma, dendrite), edges[:-1] + BIN / 2, (rate, chance)).savefig(
            options.plot, dpi=150
        )


def best(code, signal):
    """Return the largest correlation over latencies of 0 to 80 ms."""
    lags = range(5)
    return max(np.corrcoef(code[lag:], signal[: signal.size - lag])[0, 1] for lag in lags)


def draw(time, signals, centres, codes):
    figure = nm.plot.figure(9, 4.6)
    names = ("event rate (Hz)", "burst probability")
    for ax, signal, code, name in zip(figure.subplots(2, 1), signals, codes, names, strict=True):
        ax.step(centres, code, where="mid", color=nm.plot.COLOURS[0])
        ax.set_ylabel(name, color=nm.plot.COLOURS[0])
        other = ax.twinx()
        other.plot(time, signal * 1e12, color=nm.plot.COLOURS[1], ls="--")
        other.set_ylabel("input (pA)", color=nm.plot.COLOURS[1])
        ax.set_xlabel("time (s)")
    return figure


if __name__ == "__main__":
    main()
