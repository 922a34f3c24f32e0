"""How large a network each platform takes: the same sparse net, larger and larger.

    python benchmarks/scale.py [--quick] [--json FILE] [--plot FILE]

The net: N leaky integrate-and-fire cells, each with 4 inputs of weight 1 from N / 2 regular
sources of 50 Hz and spread phases, 0.1 s at 0.1 ms. Every size runs in a process of its own,
after a small net that compiles (CPU seconds of ``run``); the peak memory is the process's less
what imports and compiling take. A platform stops at the size whose run took longer than ``LIMIT``
seconds.
Rows: {platform, n, seconds, megabytes, factor, error}; ``factor`` is seconds per second of
network time.
"""

import argparse
import json
import multiprocessing
import resource
import time

import numpy as np

DURATION, FAN_IN, RATE = 0.1, 4, 50.0
LIMIT = 20.0
SIZES = {
    "numba": (10, 100, 1_000, 10_000, 100_000, 1_000_000),
    "brian2": (10, 100, 1_000, 10_000, 100_000),
    "sfq-circuit": (2, 5, 10, 20, 50, 100, 200),
    "sfq-pulse": (10, 100, 1_000, 10_000, 100_000),
    "fpga-model": (10, 100, 1_000, 10_000, 30_000),
}


def network(n):
    """Return the net of n cells."""
    import neuromorph as nm

    rng = np.random.default_rng(n)
    sources = max(FAN_IN, n // 2)
    source = np.array([rng.choice(sources, FAN_IN, replace=False) for _ in range(n)]).ravel()
    target = np.repeat(np.arange(n), FAN_IN)
    order = np.lexsort((target, source))
    start = np.concatenate(([0], np.cumsum(np.bincount(source, minlength=sources))))
    weights = nm.Weights(
        shape=(sources, n), start=start, target=target[order], value=np.ones(source.size)
    )
    cell = nm.LIF(tau_m=20e-3, v_th=1.5, v_subtract=1.0)
    return nm.Network(
        populations=(
            nm.Population(name="in", n=sources, cell=nm.Source()),
            nm.Population(name="out", n=n, cell=cell),
        ),
        projections=(
            nm.Projection(source="in", target="out", weights=weights, delay=10e-3),
        ),
    )


def drive(net):
    """Return regular trains whose phases are spread over the period by the golden ratio."""
    import neuromorph as nm

    phase = np.arange(net.populations[0].n) * 0.6180339887498949 % 1.0
    return {"in": nm.Regular(rate=RATE, offset=np.round(phase / RATE, 4))}


def one(platform, n, answer):
    """Run one size and put (seconds, megabytes, spikes per cell) or an error into ``answer``."""
    import neuromorph as nm

    options = {"sfq-circuit": nm.SFQCircuit(loss_tolerance=1.0)}  # cost, not agreement
    backend = options.get(platform, platform)
    try:
        nm.run(network(2), drive(network(2)), backend=backend, duration=0.01)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        net = network(n)
        given = drive(net)
        begun = time.process_time()
        result = nm.run(net, given, backend=backend, duration=DURATION)
        spent = time.process_time() - begun
        peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        answer.put((spent, peak, float(result.spikes["out"].count.mean()), ""))
    except (ValueError, RuntimeError, MemoryError) as error:
        answer.put((0.0, 0.0, 0.0, str(error).splitlines()[0]))


def measured(platforms, sizes, limit):
    """Return the rows."""
    context, rows = multiprocessing.get_context("spawn"), []
    for platform in platforms:
        for n in sizes[platform]:
            answer = context.Queue()
            worker = context.Process(target=one, args=(platform, n, answer))
            worker.start()
            seconds, megabytes, spikes, error = answer.get()
            worker.join()
            rows.append(
                {
                    "platform": platform, "n": n, "seconds": seconds, "megabytes": megabytes,
                    "factor": seconds / DURATION, "spikes": spikes, "error": error,
                }
            )  # fmt: skip
            print(f"{platform:12s} {n:9,d} {seconds:9.3f} s {megabytes:9.1f} MB "
                  f"{spikes:6.2f} spikes per cell {error}")  # fmt: skip
            if error or seconds > limit:
                break
    return rows


def plot(rows, file):
    """Draw seconds and megabytes against the number of cells."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for platform in dict.fromkeys(row["platform"] for row in rows):
        mine = [row for row in rows if row["platform"] == platform and not row["error"]]
        for axis, key, floor in zip(axes, ("factor", "megabytes"), (0.01, 0.1), strict=True):
            axis.loglog([r["n"] for r in mine], [max(r[key], floor) for r in mine], "o-", ms=4,
                        label=platform)  # fmt: skip
    axes[0].axhline(1.0, color="0.6", lw=0.8, ls=":")
    axes[0].text(1.0, 1.1, "real time", color="0.4", fontsize=8, ha="right",
                 transform=axes[0].get_yaxis_transform())  # fmt: skip
    axes[0].set(xlabel="cells (4 synapses each)", ylabel="CPU seconds per network second")
    axes[1].set(xlabel="cells (4 synapses each)", ylabel="memory beyond the imports (MB)")
    axes[1].legend(frameon=False, fontsize=8)
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(file, dpi=150)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="stop at 2 s")
    parser.add_argument("--platforms", default=",".join(SIZES))
    parser.add_argument("--json")
    parser.add_argument("--plot")
    chosen = parser.parse_args()
    from neuromorph.runner import BACKENDS

    platforms = [p for p in chosen.platforms.split(",") if p in BACKENDS]
    rows = measured(platforms, SIZES, 2.0 if chosen.quick else LIMIT)
    if chosen.json:
        with open(chosen.json, "w", encoding="utf-8") as file:
            json.dump(rows, file, indent=1)
    if chosen.plot:
        plot(rows, chosen.plot)


if __name__ == "__main__":
    main()
