"""Speed of the FPGA wing: the integer model against the co-simulated RTL, on one thread.

python benchmarks/fpga.py [--quick] --json FILE
"""

import argparse
import json
import statistics
import time

import numpy as np

import neuromorph as nm
from neuromorph.description.discrete import discretise
from neuromorph.fpga import rtl
from neuromorph.fpga.frame_model import CLIPPED, FrameModel
from neuromorph.fpga.frame_program import FrameLayer, FrameWire, compile_frames, frame_words
from neuromorph.fpga.model import SpikingModel
from neuromorph.fpga.packet import Run
from neuromorph.fpga.program import compile_spiking


def network(n, fan_out):
    cell = nm.LIF(tau_m=20e-3, v_th=1.0, v_reset=0.0)
    return nm.Network(
        populations=(
            nm.Population(name="in", n=n, cell=nm.Source()),
            nm.Population(name="a", n=n, cell=cell),
        ),
        projections=(
            nm.Projection(source="in", target="a",
                          weights=nm.fixed_probability(n, n, fan_out / n, 0.05, seed=1)),
            nm.Projection(source="a", target="a",
                          weights=nm.fixed_probability(n, n, fan_out / n, 0.01, seed=2)),
        ),
    )  # fmt: skip


def two_units(n, fan_out):
    """Burst-Poisson cells drive context-LIF cells on both ports."""
    def wires(source, target, weight, seed, **more):
        weights = nm.fixed_probability(n, n, fan_out / n, weight, seed=seed)
        return nm.Projection(source=source, target=target, weights=weights, **more)

    context = nm.ContextLIF(tau_m=20e-3, v_th=1.0, v_reset=0.0, tau_c=20e-3, gain=0.1)
    return nm.Network(
        populations=(
            nm.Population(name="in", n=n, cell=nm.Source()),
            nm.Population(name="p", n=n, cell=nm.BurstPoisson()),
            nm.Population(name="c", n=n, cell=context),
        ),
        projections=(
            wires("in", "p", 2e-3, 1), wires("in", "p", 2e-3, 2, port="apical", probability=0.5),
            wires("p", "c", 0.02, 3), wires("in", "c", 0.1, 4, port="apical"),
        ),
    )  # fmt: skip


def prepare(make, n, fan_out, duration):
    program = compile_spiking(discretise(make(n, fan_out), 1e-4), nm.FixedPoint(), 2)
    run = Run(program=program, stimulus={"in": nm.Poisson(rate=40.0)}, first=0,
              last=round(duration / 1e-4), seed=1, record={})  # fmt: skip
    return program, [words for _, words in run.packets()]


def seconds(core, program, packets):
    core.write("ROWS", program.rows)
    core.write("SLOTS", program.slots)
    core.transfer(program.load_words(1))
    core.write("CONTROL", 2)
    begun = time.process_time()
    answers = [core.transfer(words) for words in packets]
    return time.process_time() - begun, answers


def case(name, make, n, fan_out, duration, repeats, with_rtl):
    program, packets = prepare(make, n, fan_out, duration)
    model = SpikingModel(program.need)
    seconds(model, program, packets[:1])
    ours = statistics.median(seconds(model, program, packets)[0] for _ in range(repeats))
    _, answers = seconds(model, program, packets)
    row = {"case": name, "ours_s": ours, "events": model.read("EVENTS"),
           "cycles": model.read("CYCLES")}  # fmt: skip
    row["events_per_s"], row["cycles_per_s"] = row["events"] / ours, row["cycles"] / ours
    if with_rtl:
        core = rtl.RTLCore(program.need)
        times = []
        for _ in range(repeats):
            peer, theirs = seconds(core, program, packets)
            times.append(peer)
        row |= {"peer": "CXXRTL", "peer_s": statistics.median(times)}
        row["ratio"] = row["peer_s"] / ours
        row["error"] = int(any((a != b).any() for a, b in zip(answers, theirs, strict=True)))
    return row


def dense_case(repeats, with_rtl):
    """500 frames of a 48-32-32 point network with 70 % of the inputs not zero."""
    rng = np.random.default_rng(0)
    layers = tuple(
        FrameLayer(name=name, code=0, skips=False, gate=CLIPPED, shift=0, top=32767,
                   tables=rng.integers(-500, 500, (4, 32)),
                   wires=(FrameWire(source=source, lag=False, context=False,
                                    weight=rng.integers(-127, 128, (m, 32)),
                                    shift=np.full(32, 6)),))
        for name, source, m in (("a", "x", 48), ("b", "a", 32))
    )  # fmt: skip
    program = compile_frames({"x": 48}, layers, fraction=12, bits=8, lane_bits=2)
    x = rng.integers(0, 32768, (500, 48))
    x[rng.random(x.shape) < 0.3] = 0

    def timed(core):
        core.transfer(program.words)
        core.write("CONTROL", 2)
        begun = time.process_time()
        answer = core.transfer(frame_words(x))
        return time.process_time() - begun, answer[:-1]

    model = FrameModel(program.need)
    timed(model)
    ours = statistics.median(timed(model)[0] for _ in range(repeats))
    row = {"case": "cooperative core, 500 frames of 48-32-32", "ours_s": ours,
           "macs_per_s": model.read("EVENTS") / ours, "cycles": model.read("CYCLES")}  # fmt: skip
    if with_rtl:
        peer, answer = timed(rtl.FrameRTLCore(program.need))
        row |= {"peer": "CXXRTL", "peer_s": peer, "ratio": peer / ours,
                "error": int((answer != timed(model)[1]).any())}  # fmt: skip
    return row


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json")
    chosen = parser.parse_args()
    repeats = 3 if chosen.quick else 5
    tools = rtl.missing_tool() is None
    rows = [
        case("256 units, 64 synapses each, co-simulated", network, 256, 64, 0.1, repeats, tools),
        case("128 burst-Poisson and 128 context-LIF cells, co-simulated", two_units, 128, 64, 0.1,
             repeats, tools),
        case("2048 units, 512 synapses each, model alone", network, 2048, 512,
             0.05 if chosen.quick else 0.2, repeats, False),
        dense_case(repeats, tools),
    ]  # fmt: skip
    for row in rows:
        print({k: float(np.format_float_positional(v, 4, fractional=False))
               if isinstance(v, float) else v for k, v in row.items()})  # fmt: skip
    if chosen.json:
        with open(chosen.json, "w", encoding="utf-8") as file:
            json.dump(rows, file, indent=2)


if __name__ == "__main__":
    main()
