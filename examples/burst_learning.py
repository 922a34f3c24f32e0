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


def ensemble(eta=4e-12, seed=0):
    """Return the network: each group of inputs to all cells, equally strong at first."""
    rng = np.random.default_rng(seed)
    rule = nm.BurstDependent(eta=eta, w_max=120e-12, tau_mean=5.0)
    weights = rng.uniform(40e-12, 60e-12, (2 * INPUTS, N))
    return nm.Network(
        populations=(
            nm.Population(name="in", n=2 * INPUTS, cell=nm.Source()),
            nm.Population(name="l5", n=N, cell=nm.TwoCompartment()),
        ),
        projections=(nm.Projection(source="in", target="l5", weights=weights, plasticity=rule),),
    )


def stimulus(order, teacher, seed=1, rate=30.0):
    """Return spikes of the groups in this order, and ``teacher`` [A] for A, minus it for B."""
    rng = np.random.default_rng(seed)
    time, index = [], []
    for turn, group in enumerate(order):
        unit, step = np.nonzero(rng.random((INPUTS, round(TURN / 1e-3))) < rate * 1e-3)
        time.append(turn * TURN + step * 1e-3)
        index.append(group * INPUTS + unit)
    swing = np.where(np.asarray(order) == 0, teacher, -teacher)
    return {
        "in": nm.SpikeTimes(time=np.concatenate(time), index=np.concatenate(index)),
        "l5.basal": (nm.Current(value=200e-12), nm.OrnsteinUhlenbeck(sigma=300e-12, tau=2e-3)),
        "l5.apical": (
            nm.Current(value=swing + 50e-12, time=np.arange(len(order)) * TURN),
            nm.OrnsteinUhlenbeck(sigma=300e-12, tau=2e-3),
        ),
    }


def answers(network, turns=8):
    """Return the event rate per cell [Hz] to A and to B, without a teacher."""
    runs = [
        nm.run(network, stimulus([group] * turns, 0.0, seed=9), duration=turns * TURN, seed=2)
        for group in (0, 1)
    ]
    return [nm.bursts(run.spikes["l5"]).event_rate for run in runs]


def frozen(network, weights):
    """Return the network with these weights, no longer learning."""
    held = nm.with_weights(network, weights).projections[0]
    fixed = nm.Projection(source="in", target="l5", weights=held.weights)
    return nm.Network(populations=network.populations, projections=(fixed,))


def learn(turns=80, teacher=250e-12, parts=20, seed=3):
    """Return (network, mean weights of A and B after each part, answers before, answers after)."""
    network, state, means, weights = ensemble(), None, [], {}
    label = network.projections[0].label
    given = stimulus([turn % 2 for turn in range(turns)], teacher)
    weights[label] = network.projections[0].weights.value
    before = answers(frozen(network, weights))
    for _ in range(parts):
        result = nm.run(network, given, duration=turns * TURN / parts, seed=seed, start=state)
        state, weights = result.state, result.weights
        grouped = weights[label].reshape(2, INPUTS * N)
        means.append(grouped.mean(axis=1))
    return network, np.array(means), before, answers(frozen(network, weights))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plot", metavar="FILE", help="write the picture")
    options = parser.parse_args()
    _, means, before, after = learn()
    print(f"events per cell and second, A and B: {before[0]:.2f}, {before[1]:.2f} before; "
          f"{after[0]:.2f}, {after[1]:.2f} after")  # fmt: skip
    a, b = means[-1] * 1e12
    print(f"mean weights A and B at the end: {a:.1f}, {b:.1f} pA")
    if options.plot:
        draw(means, before, after).savefig(options.plot, dpi=150)


def draw(means, before, after):
    figure = nm.plot.figure(8, 3.4)
    left, right = figure.subplots(1, 2, gridspec_kw={"width_ratios": (2, 1)})
    time = (np.arange(len(means)) + 1) * 80 * TURN / len(means)
    for k, name in enumerate("AB"):
        left.plot(time, means[:, k] * 1e12, color=nm.plot.COLOURS[k], label=f"from {name}")
        right.bar([k - 0.2, k + 0.2], [before[k], after[k]], 0.36,
                  color=["0.75", nm.plot.COLOURS[k]])  # fmt: skip
    left.set_xlabel("time with the teacher (s)")
    left.set_ylabel("mean weight (pA)")
    left.legend(frameon=False)
    right.set_xticks([0, 1], ["A", "B"])
    right.set_ylabel("events per cell (Hz)")
    right.set_title("before (grey) and after", fontsize=10)
    for ax in (left, right):
        ax.spines[["top", "right"]].set_visible(False)
    return figure


if __name__ == "__main__":
    main()
