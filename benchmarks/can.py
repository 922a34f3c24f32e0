"""Clocks of the CAN detector on the cooperative core, each frame a packet of its own.

python benchmarks/can.py [--quick] --json FILE

Trains the nets of the study's first seed, sends every frame of the drive reported on, alone,
through the integer model, and counts: first word in to last word out. The bound is a frame of ones
whose units all fire: no frame can list more. At 200 MHz, which no board has confirmed, 1,000 clocks
are 5 us.
"""

import argparse
import json
from dataclasses import replace

import numpy as np

from neuromorph.backends.frame_core import frame_program
from neuromorph.cooperative.plan import plan
from neuromorph.fpga.frame_model import FrameModel
from neuromorph.fpga.frame_program import frame_words
from neuromorph.workloads.can_bus import IntervalRule, features, generate
from neuromorph.workloads.can_bus.net import trained_detector
from neuromorph.workloads.can_bus.study import CHOICE, REPORT, TRAIN

SHAPES = (((64, 32), (32, 16, 8, 4)), ((48, 16), (32, 16, 8)))


def clocks(network, widths, lanes, x):
    """Return the clocks (n,) of frames (n, 160) of integers, each sent and answered alone."""
    program = frame_program(plan(network), widths, lanes.bit_length() - 1, ("class",))
    core = FrameModel(program.need)
    core.transfer(program.words)
    out = np.zeros(len(x), np.int64)
    for k, row in enumerate(x):
        core.write("CONTROL", 2)
        core.transfer(frame_words(row[None])[1:])
        out[k] = core.read("CYCLES")
    return out


def bound(detector, lanes):
    """Return the clocks of a frame of ones whose units all fire, a net of the same shape."""
    ones = replace(detector.network, projections=tuple(
        replace(p, weights=np.ones((detector.network.population(p.source).n,
                                    detector.network.population(p.target).n)))
        for p in detector.network.projections))  # fmt: skip
    fraction = detector.widths.output_fraction("frame")
    return int(clocks(ones, detector.widths, lanes, np.full((1, 160), 1 << fraction))[0])


def rates(detector, held):
    """Return false alarms and shares of the attacks found, with the rule's false alarms."""
    drives = [generate(held, attacks=round(0.6 * held), seed=base)[0] for base in (CHOICE, REPORT)]
    rule = IntervalRule.learned(generate(held, attacks=0, seed=CHOICE - 1)[0])
    choice, report = drives
    alarmed = rule.attacks(choice)[choice.label == 0].mean()
    level = np.quantile(detector.suspicion(choice)[choice.label == 0], 1.0 - alarmed)
    said = detector.suspicion(report) > level
    return [float(said[report.label == k].mean()) for k in range(4)], report


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json")
    chosen = parser.parse_args()
    seconds, held, each, epochs = (30.0, 15.0, 600, 8) if chosen.quick else (300.0, 60.0, 8000, 24)
    drive, _ = generate(seconds, attacks=round(0.6 * seconds), seed=TRAIN)
    rows = []
    for hidden, every in SHAPES:
        detector = trained_detector(drive, hidden=hidden, each=each, epochs=epochs)
        found, report = rates(detector, held)
        fraction = detector.widths.output_fraction("frame")
        x = (features(report) * 2.0**fraction).astype(np.int64)
        for lanes in every:
            took = clocks(detector.network, detector.widths, lanes, x)
            rows.append({
                "case": f"160-{hidden[0]}-{hidden[1]}-4, {lanes} lanes", "frames": len(x),
                "mean": float(took.mean()), "within_99": float(np.quantile(took, 0.99)),
                "longest": int(took.max()), "within_1000": float((took < 1000).mean()),
                "bound": bound(detector, lanes), "found": found,
                "mean_by_class": [float(took[report.label == k].mean()) for k in range(4)],
                "ones_by_class": [float((x[report.label == k] != 0).sum(1).mean())
                                  for k in range(4)],
            })  # fmt: skip
            print(rows[-1])
    if chosen.json:
        with open(chosen.json, "w", encoding="utf-8") as file:
            json.dump(rows, file, indent=2)


if __name__ == "__main__":
    main()
