"""Burst-dependent learning: a teacher at the dendrites tells an ensemble which input to answer.

    python examples/burst_learning.py [--plot burst_learning.png]

Two groups of inputs, A and B, take turns. With A a current into the apical dendrites raises the
burst probability, with B it lowers it: synapses from A grow, those from B shrink. Then the teacher
is silent, and the ensemble answers A with more events than B.
"""

import argparse

import numpy as np

import neuromorph as nm

N, INPUTS, TURN = 50, 40, 0.5  # cells, inputs per group, seconds of a turn
NOISE = nm.OrnsteinUhlenbeck(sigma=300e-12, tau=2e-3)
RULE = nm.BurstDependent(eta=4e-12, w_max=120e-12, tau_mean=5.0)


def ensemble(weights, rule):
    """Return the network: both groups of inputs to all cells."""
    cells = nm.Population(name="l5", n=N, cell=nm.TwoCompartment())
    inputs = nm.Population(name="in", n=2 * INPUTS, cell=nm.Source())
    weights = np.reshape(weights, (2 * INPUTS, N))
    synapses = nm.Projection(source="in", target="l5", weights=weights, plasticity=rule)
    return nm.Network(populations=(inputs, cells), projections=(synapses,))


def stimulus(order, teacher, seed=1, rate=30.0):
    """Return spikes of the groups in this order, and ``teacher`` [A] for A, minus it for B."""
    rng, time, index = np.random.default_rng(seed), [], []
    for turn, group in enumerate(order):
        unit, step = np.nonzero(rng.random((INPUTS, round(TURN / 1e-3))) < rate * 1e-3)
        time.append(turn * TURN + step * 1e-3)
        index.append(group * INPUTS + unit)
    swing = nm.Current(value=np.where(np.asarray(order) == 0, teacher, -teacher) + 50e-12,
                       time=np.arange(len(order)) * TURN)  # fmt: skip
    spikes = nm.SpikeTimes(time=np.concatenate(time), index=np.concatenate(index))
    bias = nm.Current(value=200e-12)
    return {"in": spikes, "l5.basal": (bias, NOISE), "l5.apical": (swing, NOISE)}


def answers(weights, turns=8):
    """Return the event rate per cell [Hz] to A and to B, without teacher and learning."""
    given = [stimulus([group] * turns, 0.0, seed=9) for group in (0, 1)]
    runs = [nm.run(ensemble(weights, None), one, duration=turns * TURN, seed=2) for one in given]
    return [run.bursts("l5").event_rate for run in runs]


def learn(turns=80, teacher=250e-12, parts=20):
    """Return (mean weights of A and B after each part, answers before, answers after)."""
    weights = np.random.default_rng(0).uniform(40e-12, 60e-12, 2 * INPUTS * N)
    network, before, state, means = ensemble(weights, RULE), answers(weights), None, []
    given = stimulus([turn % 2 for turn in range(turns)], teacher)
    for _ in range(parts):
        result = nm.run(network, given, duration=turns * TURN / parts, seed=3, start=state)
        state, (weights,) = result.state, result.weights.values()
        means.append(weights.reshape(2, -1).mean(axis=1))
    return np.array(means), before, answers(weights)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plot", metavar="FILE", help="write the picture")
    options = parser.parse_args()
    means, before, after = learn()
    for k, name in enumerate("AB"):
        print(f"{name}: {before[k]:.2f} events per cell and second before, {after[k]:.2f} after; "
              f"mean weight {means[-1, k] * 1e12:.1f} pA")  # fmt: skip
    if options.plot:
        draw(means, before, after).savefig(options.plot, dpi=150)


def draw(means, before, after):
    figure = nm.plot.figure(8, 3.4)
    left, right = figure.subplots(1, 2, gridspec_kw={"width_ratios": (2, 1)})
    time = (np.arange(len(means)) + 1) * 80 * TURN / len(means)
    for k, name in enumerate("AB"):
        colours = ["0.75", nm.plot.COLOURS[k]]
        left.plot(time, means[:, k] * 1e12, color=colours[1], label=f"from {name}")
        right.bar([k - 0.2, k + 0.2], [before[k], after[k]], 0.36, color=colours)
    left.set(xlabel="time with the teacher (s)", ylabel="mean weight (pA)")
    left.legend(frameon=False)
    right.set(xticks=[0, 1], xticklabels=["A", "B"], ylabel="events (Hz), before and after")
    return figure


if __name__ == "__main__":
    main()
