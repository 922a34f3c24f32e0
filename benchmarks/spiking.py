"""Speed of the pyramidal network against Brian2, interleaved in one run on one machine.

    python benchmarks/spiking.py [--quick | --million] [--threads 10000:1,100000:0.2]
                                 [--json FILE] [--plot FILE]

The network: N Naud-Sprekeler cells, 50 somatic and 50 dendritic synapses each (exponential
currents of 5 ms, 80 % excitatory, inhibition 4 times stronger), delay 1 ms, unequal bias, one
shared Ornstein-Uhlenbeck signal of unequal gain; dt 0.1 ms. CPU seconds of the run alone:
building, code generation and compiling are left out on both sides (for Brian2's standalone
target: its own measure of the run loop). Rows: {case, ours_s, peer, peer_s, ratio, error}.
The peers: Brian2 with equations as a user writes them (benchmarks/spiking_peer.py), and with the
code that this package generates for bit-identical runs (slower: its parameters are arrays). The
roofline is measured in the same run (benchmarks/spiking_roofline.py).
"""

import argparse
import contextlib
import json
import resource
import shutil
import subprocess
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
import spiking_peer
import spiking_roofline

import neuromorph as nm
from neuromorph.backends import brian_function
from neuromorph.backends.brian import _preferences
from neuromorph.backends.brian_objects import BrianObjects
from neuromorph.description.discrete import discretise
from neuromorph.result import Spikes

DT = 1e-4


def network(n, fan_out=50, weight=40e-12, seed=0):
    """Return the network and its stimulus maker."""
    rng = np.random.default_rng(seed)
    sign = np.where(rng.random(n) < 0.8, 1.0, -4.0)
    projections = []
    for port in ("basal", "apical"):
        value = weight * rng.random(n * fan_out) * np.repeat(sign, fan_out)
        weights = nm.Weights(
            shape=(n, n), start=np.arange(n + 1) * fan_out,
            target=rng.integers(0, n, n * fan_out, dtype=np.int32), value=value,
        )  # fmt: skip
        projections.append(nm.Projection(source="l5", target="l5", port=port, weights=weights))
    bias, gain = rng.uniform(250e-12, 550e-12, n), rng.uniform(0.0, 1.0, n)

    def stimulus(steps):
        noise, decay = np.random.default_rng(seed + 1), np.exp(-DT / 5e-3)
        signal = np.zeros(steps)
        for k in range(1, steps):
            signal[k] = signal[k - 1] * decay + 200e-12 * np.sqrt(1 - decay**2) * noise.normal()
        shared = nm.Current(value=signal, time=np.arange(steps) * DT, gain=gain)
        return {
            "l5.basal": (nm.Current(value=bias[None]), shared),
            "l5.apical": (nm.Current(value=np.zeros((1, n))), shared),
        }

    cells = nm.Population(name="l5", n=n, cell=nm.TwoCompartment())
    return nm.Network(populations=(cells,), projections=tuple(projections)), stimulus


def ours(net, stimulus, seconds, **options):
    """Return CPU seconds of the run loop, and the spikes."""
    backend = nm.Numba(**options)
    from neuromorph.backends.clock import Clock, window_steps
    from neuromorph.backends.stepper import make_steppers

    grid, steps = discretise(net, DT), round(seconds / DT)
    dtype = np.float32 if backend.precision == "float32" else np.float64

    def clock():
        return Clock(
            grid,
            make_steppers(
                grid, seed=0, window=window_steps(grid), dtype=dtype,
                fused=backend.precision != "float64",
            ),
            seed=0,
        )  # fmt: skip

    clock().run(stimulus, 30, {})
    fresh = clock()
    begun = time.process_time()
    spikes, _ = fresh.run(stimulus, steps, {})
    return time.process_time() - begun, spikes["l5"]


def users(net, stimulus, steps):
    """Return (run, spikes) of the network as a user of Brian2 writes it."""
    import brian2

    made, monitor = spiking_peer.make(discretise(net, DT), stimulus)

    def spikes():
        step = np.rint(np.asarray(monitor.t) / DT).astype(np.int64)
        unit = np.asarray(monitor.i, np.int32)
        order = np.lexsort((unit, step))
        return Spikes(time=step[order] * DT, index=unit[order], n=net.populations[0].n,
                      duration=steps * DT)  # fmt: skip

    return lambda count: made.run(count * DT * brian2.second, namespace={}), spikes


def generated(net, stimulus, steps):
    """Return (run, spikes) of the objects that this package makes for Brian2."""
    import brian2

    built = BrianObjects(discretise(net, DT), stimulus, steps, 0, {})

    def run(count):
        built.network.run(count * DT * brian2.second, namespace={})

    return run, lambda: built.spikes()["l5"]


def brian_runtime(make, net, stimulus, seconds, target):
    """Return CPU seconds of Brian2's run loop (cython warm, or numpy), and the spikes."""
    import brian2

    steps = round(seconds / DT)
    # bit-identical code wants strict arithmetic, a user's gets Brian2's defaults
    with _preferences(target) if make is generated else contextlib.nullcontext():
        brian2.prefs["codegen.target"] = target
        brian2.prefs["codegen.loop_invariant_optimisations"] = True
        run, spikes = make(net, stimulus, steps)
        run(10)
        begun = time.process_time()
        run(0)  # every run generates its code anew: that much is not the loop
        made = time.process_time()
        run(steps - 10)
        return time.process_time() - made - (made - begun), spikes()


@contextlib.contextmanager
def brian_standalone(make, net, stimulus, seconds):
    """Give a function that returns CPU seconds of the run loop of Brian2's cpp_standalone, and
    the spikes; the loop's seconds are by its own clock().

    Built once, with Brian2's defaults: -O3 -ffast-math -march=native.
    """
    import brian2

    # -ffast-math would fold the reference's own exp away: Brian2 gets its usual one
    plain = "double logistic(double x) { return 1.0 / (1.0 + exp(-x)); } /* %s */"
    brian_function.CPP_LOGISTIC = plain
    folder = tempfile.mkdtemp()
    brian2.set_device("cpp_standalone", build_on_run=False, directory=folder)
    try:
        steps = round(seconds / DT)
        run, spikes = make(net, stimulus, steps)
        run(steps)
        brian2.device.build(directory=folder, compile=True, run=False)
        brian2.device.run(folder, with_output=False, run_args=[])
        found = spikes()

        def again():
            subprocess.run(["./main"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
            told = Path(folder, "results", "last_run_info.txt").read_text()
            return float(told.split()[0]), found

        brian2.device.reinit()
        brian2.set_device("runtime")
        yield again
    finally:
        brian2.set_device("runtime")
        shutil.rmtree(folder, ignore_errors=True)


def peer_of(name, net, stimulus, seconds, stack):
    """Return what runs a peer by its name once more and gives (CPU seconds, spikes)."""
    target, _, kind = name.partition(" ")
    make = generated if kind == "generated" else users
    if target == "cpp_standalone":
        return stack.enter_context(brian_standalone(make, net, stimulus, seconds))
    return lambda: brian_runtime(make, net, stimulus, seconds, target)


def two_threads(sizes, repeats=5):
    """Return rows: wall seconds of one and of two threads in turn, and whether spikes differ."""
    rows = []
    for n, seconds in sizes:
        net, maker = network(n)
        stimulus, wall, spikes = maker(round(seconds / DT)), {1: [], 2: []}, {}
        for _ in range(repeats):
            for threads in wall:
                result = nm.run(net, stimulus, backend=nm.Numba(threads=threads), duration=seconds)
                wall[threads].append(result.provenance.host_seconds)
                spikes[threads] = result.spikes["l5"]
        one, two = (float(np.median(wall[k])) for k in (1, 2))
        rows.append({"case": f"Naud-Sprekeler N={n}, {seconds:g} s, wall, 2 threads", "n": n,
                     "ours_s": two, "peer": "ours, 1 thread", "peer_s": one, "ratio": one / two,
                     "error": differing(spikes[1], spikes[2])})  # fmt: skip
    return rows


def million(seconds=0.1):
    """Run a million cells with a hundred million synapses; print estimate, memory and time."""
    net, maker = network(1_000_000)
    stimulus = maker(round(seconds / DT))
    print(f"estimate: {nm.memory_estimate(net, dt=DT)}", flush=True)
    before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    result = nm.run(net, stimulus, duration=seconds, dt=DT)
    used, peak = time.process_time() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    spikes = result.spikes["l5"]
    print(
        f"{seconds:g} s: {spikes.time.size} spikes, {used:.1f} s of CPU, discretising, compiling "
        f"and hashing included; peak {peak / 2**20:.2f} GiB ({before / 2**20:.2f} before the run)"
    )


VARIANTS = {"float64": {}, "fast": {"precision": "fast"}, "float32": {"precision": "float32"}}


def compare(n, seconds, peers, repeats):
    """Return rows of every variant of ours against every peer, run in turn."""
    net, maker = network(n)
    stimulus = maker(round(seconds / DT))
    used, spikes = {}, {}
    with contextlib.ExitStack() as stack:
        runs = {name: partial(ours, net, stimulus, seconds, **options)
                for name, options in VARIANTS.items()}  # fmt: skip
        runs |= {name: peer_of(name, net, stimulus, seconds, stack) for name in peers}
        for _ in range(repeats):
            for name, run in runs.items():
                taken, spikes[name] = run()
                used.setdefault(name, []).append(taken)
    median = {name: float(np.median(values)) for name, values in used.items()}
    return [
        {
            "case": f"Naud-Sprekeler N={n}, {seconds:g} s, "
                    f"{spikes[name].rate.mean():.3g} Hz, {name}",
            "n": n, "seconds": seconds, "variant": name,
            "ours_s": median[name], "peer": f"brian2 {peer}", "peer_s": median[peer],
            "ratio": median[peer] / median[name],
            "error": differing(spikes[name], spikes[peer]),
            "ns_per_neuron_step": median[name] / (n * seconds / DT) * 1e9,
        }
        for peer in peers for name in VARIANTS
    ]  # fmt: skip


def differing(a, b):
    """Return how many spikes more one has than the other, at least 1 if any differs; else 0."""
    if a.time.size == b.time.size:
        same = (np.rint(a.time / DT) == np.rint(b.time / DT)) & (a.index == b.index)
        return 0.0 if same.all() else 1.0
    return float(abs(a.time.size - b.time.size))


def scaling(repeats=3):
    """Return ns per neuron-step of each variant against size, and against rate at 10,000."""
    sizes, currents = (300, 1000, 3000, 10_000, 30_000, 100_000), (0.0, 100e-12, 200e-12, 400e-12)
    points = [("n", n, 0.0, 0.1 if n > 20_000 else 0.3) for n in sizes]
    points += [("rate", 10_000, current, 0.2) for current in currents]
    rows = []
    for axis, n, current, seconds in points:
        net, maker = network(n)
        stimulus = maker(round(seconds / DT))
        stimulus["l5.basal"] += (nm.Current(value=current),)
        used = {name: [] for name in VARIANTS}
        for _ in range(repeats):
            for name, options in VARIANTS.items():
                taken, spikes = ours(net, stimulus, seconds, **options)
                used[name].append(taken / (n * seconds / DT) * 1e9)
        rows.append({"axis": axis, "n": n, "rate": float(spikes.rate.mean()),
                     **{name: float(np.median(v)) for name, v in used.items()}})  # fmt: skip
        print(rows[-1], flush=True)
    return rows


def draw(rows, scaled, floor):
    """Draw cost against size and against rate."""
    figure = nm.plot.figure(9, 3.6)
    left, right = figure.subplots(1, 2, sharey=True)
    for k, name in enumerate(VARIANTS):
        for ax, axis, x in ((left, "n", "n"), (right, "rate", "rate")):
            points = [row for row in scaled if row["axis"] == axis]
            ax.plot([p[x] for p in points], [p[name] for p in points], "o-", ms=4,
                    color=nm.plot.COLOURS[k], label=f"ours, {name}")  # fmt: skip
    compared = [row for row in rows if "seconds" in row]
    for k, peer in enumerate(sorted({r["peer"] for r in compared if "generated" not in r["peer"]})):
        points = {r["n"]: r["peer_s"] / (r["n"] * r["seconds"] / DT) * 1e9
                  for r in compared if r["peer"] == peer}  # fmt: skip
        left.plot(list(points), list(points.values()), "s", ms=5,
                  color=("0.35", "0.65")[k % 2], label=peer)  # fmt: skip
    for ax in (left, right):
        ax.axhline(floor["update_ns"], color="0.6", lw=0.8, ls=":", label="state update, float64")
        ax.axhline(floor["roofline_ns"], color="0.3", lw=0.8, ls="--", label="roofline, float64")
        ax.set_yscale("log")
        ax.spines[["top", "right"]].set_visible(False)
    left.set_xscale("log")
    left.set_ylim(1, 100)
    left.set_xlabel("cells")
    right.set_xlabel("mean rate of 10,000 cells (Hz)")
    left.set_ylabel("CPU per cell and step (ns)")
    right.legend(*left.get_legend_handles_labels(), frameon=False, fontsize=8, loc="upper right")
    return figure


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--plot", metavar="FILE", help="also cost against size and rate")
    parser.add_argument("--peers", default="cpp_standalone,cython,cpp_standalone generated,"
                                           "cython generated")  # fmt: skip
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--sizes", default="1000:1.0,10000:1.0,100000:0.2",
                        help="cells:seconds, ...")  # fmt: skip
    parser.add_argument("--threads", metavar="CELLS:SECONDS,...",
                        help="also one thread against two, by the clock")  # fmt: skip
    parser.add_argument("--million", action="store_true", help="only the million cells")
    options = parser.parse_args()
    if options.million:
        million()
        return
    peers = [peer for peer in options.peers.split(",") if peer]
    sizes = "1000:0.2" if options.quick else options.sizes
    floor = spiking_roofline.roofline()
    print(spiking_roofline.told(floor), flush=True)
    rows = []
    for n, seconds in (size.split(":") for size in sizes.split(",")):
        for row in compare(int(n), float(seconds), peers, 1 if options.quick else options.repeats):
            row |= {"roofline": floor, "to_roofline": row["ns_per_neuron_step"]
                    / floor["roofline_ns"]}  # fmt: skip
            rows.append(row)
            print(
                f"{row['case']}: {row['ours_s']:.3f} s ({row['ns_per_neuron_step']:.1f} ns per "
                f"neuron-step, {row['to_roofline']:.1f} rooflines), {row['peer']} "
                f"{row['peer_s']:.3f} s, ratio {row['ratio']:.1f}, "
                f"spikes {'equal' if row['error'] == 0 else 'differ'}",
                flush=True,
            )
    if options.threads:
        for row in two_threads([(int(n), float(t)) for n, t in (x.split(":") for x in
                                                                options.threads.split(","))]):
            rows.append(row)
            print(f"{row['case']}: {row['ours_s']:.3f} s, 1 thread {row['peer_s']:.3f} s, gain "
                  f"{row['ratio']:.2f}, spikes {'differ' if row['error'] else 'equal'}")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(rows, file, indent=1)
    if options.plot:
        draw(rows, scaling(), floor).savefig(options.plot, dpi=150)


if __name__ == "__main__":
    main()
