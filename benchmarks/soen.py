"""Time per step of an optoelectronic dendrite: our compiled stepper and the public Python one's.

    python benchmarks/soen.py [--quick] --json FILE

Both step the same dendrites (random couplings, own flux each, one rate table, Euler). The peer is
``sim_soens`` (github.com/ryangitsit/sim_soens), the updater of its file ``soen_numba_stepper.py``
(plain Python), given objects with the fields it reads; it takes part if it can be imported. Runs
are interleaved; CPU time; medians; compile time of Numba apart.
"""

import argparse
import importlib.util
import json
import os
import platform
import statistics
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from scipy.sparse import random_array

from neuromorph.circuits.cell.soen import Dendrites, frequency

STEP = 0.1e-9
PUBLISHED = 2e-6  #: of the public Python steppers, per dendrite and step: the figure to beat [s]


def cpu(call):
    begin = time.process_time()
    result = call()
    return time.process_time() - begin, result


def group(n, inputs):
    rng = np.random.default_rng(1)
    coupling = random_array((n, n), density=min(inputs / n, 1.0), rng=rng)
    return Dendrites(coupling=0.2 * coupling, tau=50e-9), rng


def peer_dendrites(ours, flux):
    """Objects with what the peer's updater reads: couplings, table, state."""
    table, omega = ours.table, frequency()
    beta = float(ours.beta[0])
    wide = np.linspace(-1, 1, 4 * (table.flux.size - 1) + 1)  # the peer's tables are not folded
    rate = np.ascontiguousarray(table(wide[:, None], table.current[None])[:, ::-1])
    made = [
        SimpleNamespace(
            phi_r=np.zeros(flux.shape[0] + 1), phi_r_external__vec=np.append(0.0, flux[:, i]),
            s=np.zeros(flux.shape[0] + 1), self_feedback_coupling_strength=0.0,
            synaptic_inputs={}, bias_current=float(ours.bias[i]), phi_r__vec=wide,
            i_di__subarray=[ours.bias[i] - table.current[::-1]] * wide.size,
            r_fq__subarray=rate, ind_phi=[], ind_s=[], beta=beta,
            alpha=beta / (omega * float(ours.tau[i])), dendritic_inputs={},
            dendritic_connection_strengths={},
        )
        for i in range(ours.n)
    ]
    j = ours.coupling.tocoo()
    for i, k, value in zip(j.coords[0], j.coords[1], j.data, strict=True):
        made[i].dendritic_inputs[int(k)] = made[k]
        made[i].dendritic_connection_strengths[int(k)] = value
    return made, STEP * omega


def run_peer(updater, made, d_tau, steps):
    for t in range(steps):
        for one in made:
            updater(one, t, (t + 1) * d_tau, d_tau)
    return np.array([one.s[steps] for one in made])


def case(n, inputs, steps, peer_steps, repeats, updater):
    ours, rng = group(n, inputs)
    flux = rng.uniform(0, 0.5, (steps, n))
    ours.simulate(flux[:2], step=STEP)
    spent, peer_spent, error = [], [], None
    for _ in range(repeats):
        took, s = cpu(lambda: ours.simulate(flux, step=STEP))
        spent.append(took / (n * steps))
        if updater is not None:
            made, d_tau = peer_dendrites(ours, flux[:peer_steps])
            took, theirs = cpu(lambda m=made, d=d_tau: run_peer(updater, m, d, peer_steps))
            peer_spent.append(took / (n * peer_steps))
            error = float(np.abs(s[peer_steps] - theirs).max())
    mine = statistics.median(spent)
    peer = statistics.median(peer_spent) if peer_spent else None
    return {
        "case": f"{n} dendrites, {inputs} inputs each", "ours_s": mine, "peer": "sim_soens",
        "peer_s": peer, "ratio": peer / mine if peer else None, "error": error,
        "per_published": PUBLISHED / mine, "unit": "CPU seconds per dendrite and step",
    }  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    updater = None
    if importlib.util.find_spec("sim_soens") is not None:
        from sim_soens.soen_numba_stepper import numba_dendrite_updater as updater
    repeats, steps = (3, 2000) if options.quick else (7, 10_000)
    rows = [case(n, inputs, steps, 20, repeats, updater)
            for n, inputs in ((1, 0), (100, 4), (1000, 10))]  # fmt: skip
    for row in rows:
        theirs = f"{row['peer_s'] * 1e6:.1f} us, x {row['ratio']:.0f}" if row["peer_s"] else "-"
        print(f"{row['case']:34s} {row['ours_s'] * 1e9:6.1f} ns, peer {theirs}; "
              f"2 us / ours = {row['per_published']:.0f}")  # fmt: skip
    if options.json:
        about = {"cpu": platform.processor() or platform.machine(), "load": os.getloadavg()[0]}
        Path(options.json).write_text(json.dumps({"about": about, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
