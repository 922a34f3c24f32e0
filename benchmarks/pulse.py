"""Events per second of the pulse-level emulator, and PyLSE's on the same circuits; the compiler.

    python benchmarks/pulse.py [--quick] --json FILE

An event is a pulse at the input of a cell. Networks run with their trees collapsed: given are the
pulses that reach a neuron's tree per second, and the pulses at inputs of all the cells they stand
for (splitters, JTLs that pad delays, synapses, mergers, neurons). Chain and sorter run cell by
cell, with PyLSE's delays and the same inputs; PyLSE (github.com/UCSBarchlab/PyLSE) takes part if
it can be imported. Ours and PyLSE's runs are interleaved; CPU time; medians. Building the
circuits is not timed on either side; compile time of Numba apart. The compiler's case is a network
of 10,000 stochastic synapses to the text of its netlist. With --quick 7 s of CPU, without 61 s.
"""

import argparse
import importlib.util
import json
import os
import platform
import statistics
import time
from pathlib import Path

import numpy as np

import neuromorph as nm
from neuromorph import philox
from neuromorph.circuits.cell.calibration import load
from neuromorph.circuits.cell.timing import load as load_machines
from neuromorph.circuits.compiler.network_compiler import compile_network
from neuromorph.circuits.compiler.path_table import path_table
from neuromorph.circuits.pulse.emulation import emulate
from neuromorph.circuits.pulse.machine import Machine, Transition
from neuromorph.circuits.pulse.path_kernel import run_paths
from neuromorph.circuits.pulse.pulse_circuit import Cell, PulseCircuit
from neuromorph.description import fixed_probability

PS = 1e-12
KEY = np.uint64(philox.stream_key(1, philox.PROJECTION))
JTL_DELAY, S_DELAY, C_DELAY, C_INV_DELAY = 5.7, 11.0, 12.0, 14.0  # ps, PyLSE's of the sorter


def cpu(call):
    begin = time.process_time()
    result = call()
    return time.process_time() - begin, result


def network(n, fan_out, rate):
    """Half sources, half neurons; every neuron takes ``fan_out`` inputs on average."""
    half = n // 2
    w = fixed_probability(half, half, fan_out / half, 1.0, seed=1)
    r = fixed_probability(half, half, fan_out / half, 1.0, seed=2)
    cell = nm.LIF(tau_m=10e-3, v_th=4.0, v_subtract=1.0)
    net = nm.Network(
        populations=(nm.Population(name="in", n=half, cell=nm.Source()),
                     nm.Population(name="a", n=half, cell=cell)),
        projections=(
            nm.Projection(source="in", target="a", weights=w, delay=40e-3, probability=0.5),
            nm.Projection(source="a", target="a", weights=r, delay=45e-3, probability=0.5)),
    )  # fmt: skip
    rng = np.random.default_rng(3)
    return net, half, rng, rate


def rate_of_network(case, n, fan_out, rate, seconds, repeats):
    net, half, rng, rate = network(n, fan_out, rate)
    table = path_table(net, acceleration=1e8, calibration=load(), temperature=4.2)
    count = rng.poisson(rate * seconds * half)
    times = np.sort(rng.uniform(0, seconds, count)) / 1e8
    units = rng.integers(0, half, count)
    window, end = load().window, seconds / 1e8
    run_paths(table.paths, times[:10], units[:10], end, KEY, window)
    spent = []
    for _ in range(repeats):
        took, traffic = cpu(lambda: run_paths(table.paths, times, units, end, KEY, window))
        spent.append(took)
    events = int(traffic.reached.sum() + traffic.swallowed)
    cells, _, _ = table.bill(traffic, load_machines())
    ours = statistics.median(spent)
    return {
        "case": case, "events": events, "ours_s": ours, "events_per_s": events / ours,
        "cell_inputs_per_s": cells / ours, "synapses": int(table.paths.target.size),
        "spikes": int(traffic.time.size),
    }  # fmt: skip


def rate_of_compiler(n, repeats):
    """Lay n x n stochastic synapses, all to all, as a netlist."""
    rng = np.random.default_rng(0)
    net = nm.Network(
        populations=(nm.Population(name="in", n=n, cell=nm.Source()),
                     nm.Population(name="out", n=n, cell=nm.LIF(
                         tau_m=10e-3, v_th=3.3, v_subtract=1.0))),
        projections=(nm.Projection(source="in", target="out", weights=np.ones((n, n)), delay=15e-3,
                                   probability=rng.uniform(0.05, 0.95, n * n)),),
    )  # fmt: skip
    spent = []
    for _ in range(repeats):
        took, compiled = cpu(
            lambda: compile_network(net, acceleration=1e8, calibration=load())
        )
        spent.append(took)
    report = compiled.report
    return {
        "case": f"compile {n * n:,} synapses to a netlist", "ours_s": statistics.median(spent),
        "synapses": n * n, "junctions": report.junctions, "cells": sum(report.cells.values()),
        "area_mm2": report.area * 1e6, "bias_A": report.bias_current,
        "netlist_bytes": len(compiled.text),
    }  # fmt: skip


def machine(name, inputs, transitions, junctions):
    return Machine(name=name, inputs=inputs, outputs=("x", "y")[: 2 if name == "s" else 1],
                   transitions=tuple(transitions), junctions=junctions)  # fmt: skip


def chain(n):
    on = Transition(state="on", port="a", into="on", out=(("x", JTL_DELAY * PS),))
    jtl = machine("jtl", ("a",), (on,), 2)
    return PulseCircuit(
        cells=tuple(Cell(name=f"c{k}", machine=jtl) for k in range(n)),
        wires={(f"c{k}", "x"): (f"c{k + 1}", "a") for k in range(n - 1)},
    )


def element(name, delay, first):
    """C element (fires at the second arrival) or its inverse (at the first)."""

    def go(state, port, into, fires):
        return Transition(state=state, port=port, into=into, out=(("x", delay),) * fires)

    return machine(name, ("a", "b"), [
        go("idle", "a", "a", first), go("idle", "b", "b", first),
        go("a", "a", "a", False), go("a", "b", "idle", not first),
        go("b", "a", "idle", not first), go("b", "b", "b", False),
    ], 5)  # fmt: skip


def comparators(n):
    """Bitonic sorter: pairs (low, high) of lines, in order."""
    found, k = [], 2
    while k <= n:
        j = k // 2
        while j:
            found += [(i, i ^ j) if i & k == 0 else (i ^ j, i) for i in range(n) if i ^ j > i]
            j //= 2
        k *= 2
    return found


def sorter(n):
    s = machine("s", ("a",), [Transition(
        state="on", port="a", into="on", out=(("x", S_DELAY * PS), ("y", S_DELAY * PS)))], 3)
    low, high = element("i", C_INV_DELAY * PS, True), element("c", C_DELAY * PS, False)
    pad = machine("d", ("a",), [Transition(
        state="on", port="a", into="on", out=(("x", (C_INV_DELAY - C_DELAY) * PS),))], 2)
    cells, wires, at, heads = [], {}, [None] * n, {}
    for k, (a, b) in enumerate(comparators(n)):
        cells += [Cell(name=f"{m.name}{k}{side}", machine=m) for m, side in (
            (s, "a"), (s, "b"), (low, ""), (high, ""), (pad, ""))]
        for line, side in ((a, "a"), (b, "b")):
            if at[line] is None:
                heads[line] = (f"s{k}{side}", "a")
            else:
                wires[at[line]] = (f"s{k}{side}", "a")
            wires[f"s{k}{side}", "x"] = (f"i{k}", side)
            wires[f"s{k}{side}", "y"] = (f"c{k}", side)
        wires[f"c{k}", "x"] = (f"d{k}", "a")
        at[a], at[b] = (f"i{k}", "x"), (f"d{k}", "x")
    return PulseCircuit(cells=tuple(cells), wires=wires), heads, [name for name, _ in at]


def sorted_inputs(n, rounds, seed):
    rng = np.random.default_rng(seed)
    gaps = np.arange(n) * 40.0
    return np.array([100.0 + 3000.0 * r + gaps[rng.permutation(n)] for r in range(rounds)])


def ours_chain(n, pulses):
    circuit, times = chain(n), np.arange(pulses) * 40.0 * PS
    return lambda: emulate(circuit, {("c0", "a"): times}, duration=1.0, logged=[f"c{n - 1}"])


def ours_sorter(n, rounds):
    circuit, heads, ends = sorter(n)
    times = sorted_inputs(n, rounds, 4)
    trains = {heads[k]: times[:, k] * PS for k in range(n)}
    run = emulate(circuit, trains, duration=1.0, logged=ends)
    out = np.array([run.pulses[name] for name in ends])
    if not (np.diff(out, axis=0) > 0).all():
        raise RuntimeError("the sorter does not sort")
    return lambda: emulate(circuit, trains, duration=1.0, logged=ends)


def pylse_chain(pylse, n, pulses):
    pylse.working_circuit().reset()
    wire = pylse.inp_at(*(np.arange(pulses) * 40.0 + 1.0).tolist(), name="in")
    for _ in range(n):
        wire = pylse.jtl(wire, firing_delay=JTL_DELAY)
    pylse.inspect(wire, "out")
    return n * pulses


def pylse_sorter(pylse, n, rounds):
    pylse.working_circuit().reset()
    times = sorted_inputs(n, rounds, 4)
    lines = [pylse.inp_at(*times[:, k].tolist(), name=f"i{k}") for k in range(n)]
    for a, b in comparators(n):
        a1, a2 = pylse.s(lines[a], firing_delay=S_DELAY, transition_time=5)
        b1, b2 = pylse.s(lines[b], firing_delay=S_DELAY, transition_time=5)
        low = pylse.c_inv(a1, b1, firing_delay=C_INV_DELAY, transition_time=5)
        high = pylse.c(a2, b2, firing_delay=C_DELAY, transition_time=5)
        lines[a], lines[b] = low, pylse.jtl(high, firing_delay=C_INV_DELAY - C_DELAY)
    for k, wire in enumerate(lines):
        pylse.inspect(wire, f"o{k}")
    return len(comparators(n)) * 7 * rounds


def against_pylse(case, ours, theirs, pylse, repeats):
    """Rows of events per second; PyLSE's circuit is built anew for every run, untimed."""
    ours()
    mine, peer, events = [], [], 0
    for _ in range(repeats):
        spent, run = cpu(ours)
        mine.append(run.events / spent)
        if pylse:
            events = theirs(pylse)
            simulation = pylse.Simulation()
            spent, _ = cpu(simulation.simulate)
            peer.append(events / spent)
    row = {"case": case, "events": run.events, "ours_s": run.events / statistics.median(mine),
           "events_per_s": statistics.median(mine)}  # fmt: skip
    if peer:
        row |= {"peer": "PyLSE", "peer_events": events,
                "peer_events_per_s": statistics.median(peer),
                "ratio": statistics.median(mine) / statistics.median(peer)}  # fmt: skip
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", required=True)
    options = parser.parse_args()
    pylse = importlib.import_module("pylse") if importlib.util.find_spec("pylse") else None
    repeats = 2 if options.quick else 5
    small, big = (3, 0.1) if options.quick else (30, 0.2)
    rows = [
        rate_of_network("300 neurons", 300, 30, 40.0, small, repeats),
        rate_of_network("30,000 neurons, 900,000 synapses", 30_000, 30, 40.0, big, repeats),
        rate_of_compiler(100, 1 if options.quick else 3),
    ]
    pulses, rounds = (300, 300) if options.quick else (3000, 3000)
    few = (10, 10) if options.quick else (40, 40)
    rows.append(against_pylse("JTL chain of 1,000 cells", ours_chain(1000, pulses),
                              lambda p: pylse_chain(p, 1000, few[0]), pylse, repeats))
    rows.append(against_pylse("16-input sorter", ours_sorter(16, rounds),
                              lambda p: pylse_sorter(p, 16, few[1]), pylse, repeats))
    record = {"host": f"{platform.machine()}, {os.cpu_count()} cores", "rows": rows,
              "load": os.getloadavg()[0]}
    Path(options.json).write_text(json.dumps(record, indent=1) + "\n")
    for row in rows:
        print(row)


if __name__ == "__main__":
    main()
