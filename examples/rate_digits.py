"""Noisy digits read in flux quanta: does a trained rate code survive noise, cold and haste?

    python examples/rate_digits.py [--pictures 10] [--circuit N] [--folder DIR] [--plot digits.png]

Three layers of LIF cells, trained as rates: a weight is the probability of a stochastic synapse.
It runs as spikes, as superconducting pulses and, for N pictures, junction by junction (minutes).
"""

import argparse
from dataclasses import replace
from functools import cache

import numpy as np
from matplotlib import colormaps

import neuromorph as nm
from neuromorph.sweep import Plan, run_sweep
from neuromorph.workloads.glyph import nearest, noisy_glyphs
from neuromorph.workloads.rate_code import RateSchedule, rate_digits, tightened

WINDOWS = (0.1, 0.2, 0.4, 0.7, 1.0, 1.5, 2.0)  # of counting, network time (1 s: 10 ns of device)
LATENCY, TEMPERATURES = 0.05, (0.0, 1.05, 2.1, 4.2, 6.3, 8.4)  # s; K, synapses set for 4.2


@cache
def trained():
    found = nm.train_rate(rate_digits(3000, seed=0), schedule=RateSchedule(fan_in=14))
    return replace(found, network=tightened(found.network))


def measure(point):
    """Pictures read rightly, by window, on one platform."""
    work = rate_digits(point["pictures"], seed=1, network=trained().network)
    backend = {
        "numba": nm.Numba(), "numba, mergers": nm.Numba(merge_window=nm.SFQPulse().merge_window),
        "sfq-pulse": nm.SFQPulse(level="paths", temperature=point["temperature"]),
        "sfq-circuit": nm.SFQCircuit(temperature=point["temperature"], loss_tolerance=0.3),
    }[point["platform"]]  # fmt: skip
    windows = WINDOWS[:5] if point["platform"] == "sfq-circuit" else WINDOWS
    right, spikes, duration = np.zeros(len(windows), int), [], LATENCY + windows[-1]
    for seed, (key, stimuli) in enumerate(work.stimuli.items()):
        result = nm.run(work.network, stimuli, backend=backend, duration=duration, seed=seed)
        out = result.spikes["digit"]
        for k, window in enumerate(windows):
            count = np.bincount(out.index[out.time < LATENCY + window], minlength=10)
            right[k] += np.argmax(count) == work.targets[key]
        spikes.append([result.spikes[n].count.sum() for n in ("hidden1", "hidden2", "digit")])
    return {"right": right.tolist(), "spikes": np.mean(spikes, axis=0).round().tolist()}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plot", metavar="FILE", help="write the picture")
    parser.add_argument("--pictures", type=int, default=10)
    parser.add_argument("--circuit", type=int, default=0)
    parser.add_argument("--folder", metavar="DIR", help="keep finished parts here")
    options = parser.parse_args()
    runs = [("numba", 4.2), ("numba, mergers", 4.2), *(("sfq-pulse", t) for t in TEMPERATURES)]
    points = [{"platform": p, "temperature": t, "pictures": options.pictures} for p, t in runs]
    circuit = {"platform": "sfq-circuit", "temperature": 4.2, "pictures": options.circuit}
    points += [circuit] if options.circuit else []
    pictures, digit = noisy_glyphs(options.pictures, seed=1)
    best = float(np.mean(nearest(pictures) == digit))
    print(f"by mean rates {trained().accuracy:.1%} of the training pictures; {best:.1%} possible; "
          f"{trained().crowding:.1%} of the pulses lost in the busiest tree of mergers")
    curves, plan = {}, Plan(parameters=points, name="rate_digits")
    for point, value in run_sweep(plan, measure, error="raise", folder=options.folder).finished():
        name = f"{point['platform']}, {point['temperature']:g} K"
        curves[name] = np.array(value["right"]) / point["pictures"]
        print(f"{name:22s}", *(f"{x:6.1%}" for x in curves[name]), "spikes", *value["spikes"])
    if options.plot:
        draw(curves, best).savefig(options.plot, dpi=150)


def draw(curves, best):
    ax = nm.plot.figure(8, 4).subplots()
    for name, right in curves.items():
        platform, kelvin = name.removesuffix(" K").rsplit(", ", 1)
        colour = {"numba": "0.3", "numba, mergers": "0.65"}.get(platform)
        ax.plot(WINDOWS[: right.size], 100 * right, "s--" if colour else "o-", ms=4, label=name,
                color=colour or colormaps["plasma"]((float(kelvin) / 9.5) ** 0.6),
                mfc="white" if platform == "sfq-circuit" else None)  # fmt: skip
    ax.axhline(100 * best, color="0.5", lw=0.8, ls=":", label="best possible")
    ax.set(xlabel="window (s of network time, 10 ns of device each)", ylabel="read rightly (%)")
    ax.figure.legend(loc="outside right center", fontsize=8, frameon=False)
    return ax.figure


if __name__ == "__main__":
    main()
