"""Two-point units that skip work, against a gated and a point net: a small study in seconds.

    python examples/mcc_study.py [--plot mcc.png] [--seeds 1]

Nets predict which time-frequency bands of noisy speech to keep, from sound and lips (synthetic).
Each is trained with two weights on its own synaptic events. The numbers of so small a set mean
little; `neuromorph train mcc` is the whole study, and docs/cooperative.md says what it found.
"""

import argparse
import tempfile

from neuromorph.cooperative.study import QUICK, Size, cases, run_case, study_plan, summarise
from neuromorph.cooperative.study_picture import draw
from neuromorph.sweep import run_sweep


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plot", metavar="FILE", help="write the picture")
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()

    size = Size(train=40, held_out=10, seconds=2.0)
    with tempfile.TemporaryDirectory() as cache:
        plan = study_plan(cases(QUICK, epochs=3), seeds=options.seeds, size=size, cache=cache)
        outcomes = run_sweep(plan, run_case, error="raise")
    lines = summarise(outcomes)
    for x in lines:
        m = x.mean
        print(
            f"{x.family:8s} {m['n_parameter']:6.0f} parameters, penalty {x.penalty:g}: "
            f"HIT-FA {m['hit_fa']:.3f}, {m['events']:6.0f} events per frame "
            f"({m['zero_skipped']:.0f} if only zeros are skipped), "
            f"with another's lips {m['shuffled_hit_fa']:.3f}"
        )

    # The abstract's 80 pJ per synaptic event is its authors' estimate; the count is ours.
    cheapest = min(lines, key=lambda x: x.mean["events"])
    joules = cheapest.mean["events"] * 80e-12
    print(f"fewest events: {cheapest.family}, {joules * 1e6:.2f} uJ per frame at 80 pJ per event")
    if options.plot:
        draw(lines).savefig(options.plot, dpi=150)


if __name__ == "__main__":
    main()
