"""Random small spiking networks and stimuli that all models of the core must agree on."""

from dataclasses import replace

import numpy as np

import neuromorph as nm
from neuromorph.description.discrete import discretise
from neuromorph.fpga.packet import Run
from neuromorph.fpga.program import compile_spiking

DT = 1e-4
STEPS = 120


def case(
    seed, *, bits=16, guard=8, decay_bits=16, lane_bits=2, stochastic=True, n=13, burst=False,
    context=False,
):  # fmt: skip
    """Return (program, packets): two recurrent populations, currents, dumps in between."""
    rng = np.random.default_rng(seed)
    m = 5
    first = nm.LIF(tau_m=rng.uniform(2e-3, 30e-3, n), v_th=rng.uniform(0.5, 2.0, n),
                   v_subtract=rng.uniform(0.2, 1.5, n), v_leak=rng.uniform(-0.5, 0.2),
                   refractory=rng.integers(0, 5, n) * DT)  # fmt: skip
    second = nm.LIF(tau_m=5e-3, v_th=30.0, v_reset=-20.0, r_m=2.0, refractory=3 * DT)

    def projection(source, target, shape, low, high):
        weights = rng.uniform(low, high, shape) * (rng.random(shape) < 0.6)
        weights[0, 0] = high  # at least one synapse
        count = np.count_nonzero(weights)
        chance = rng.choice([0.0, 0.3, 0.9, 1.0], count) if stochastic else 1.0
        return nm.Projection(source=source, target=target, weights=weights, probability=chance,
                             delay=rng.integers(1, 12, count) * DT)  # fmt: skip

    pyramidal = nm.BurstPoisson(
        v_leak=0.0, v_reset=-1.0, v_th=1.0, e_d=1.0, d_d=rng.uniform(0.2, 1.0, 6), r_s=1.0,
        r_d=1.0, tau_s=4e-3, burst_delay=3 * DT, burst_jitter=4 * DT, refractory=8 * DT,
    )  # fmt: skip
    two_point = nm.ContextLIF(
        tau_m=10e-3, v_th=1.0, v_reset=-0.2, v_floor=rng.uniform(0.1, 0.8, 7), r_m=1.0,
        tau_c=rng.uniform(2e-3, 40e-3, 7), gain=rng.uniform(-0.2, 0.6, 7), refractory=2 * DT,
    )  # fmt: skip
    more = (nm.Population(name="p", n=6, cell=pyramidal),) if burst else ()
    more += (nm.Population(name="c", n=7, cell=two_point),) if context else ()
    under = (
        projection("in", "c", (3, 7), 0.0, 1.0),
        replace(projection("a", "c", (n, 7), -0.5, 3.0), port="apical"),
        projection("c", "a", (7, n), -0.5, 0.5),
    )
    extra = (
        projection("in", "p", (3, 6), 0.0, 1.5),
        replace(projection("a", "p", (n, 6), 0.0, 0.5), port="apical"),
        projection("p", "a", (6, n), -0.5, 0.5),
    )
    network = nm.Network(
        populations=(
            *more,
            nm.Population(name="a", n=n, cell=first),
            nm.Population(name="in", n=3, cell=nm.Source()),
            nm.Population(name="b", n=m, cell=second),
        ),
        projections=(
            projection("in", "a", (3, n), -0.5, 1.5),
            projection("a", "a", (n, n), -0.3, 0.3),
            projection("a", "b", (n, m), 0.0, 12.0),
            projection("in", "b", (3, m), -2.0, 9.0),
            projection("b", "a", (m, n), -1.0, 1.0),
            *(extra if burst else ()),
            *(under if context else ()),
        ),
    )
    fixed = nm.FixedPoint(bits=bits, guard=guard, decay_bits=decay_bits)
    program = compile_spiking(discretise(network, DT), fixed, lane_bits)
    stimulus = {
        "in": nm.Poisson(rate=1500.0),
        **({"p.apical": nm.Current(value=0.6)} if burst else {}),
        "a.basal": nm.Current(time=[0.0, 4e-3, 7e-3], value=[0.0, 0.8, -0.1]),
    }
    run = Run(program=program, stimulus=stimulus, first=0, last=STEPS, seed=seed,
              record={"b": nm.Record(every=17)})  # fmt: skip
    return program, list(run.packets())
