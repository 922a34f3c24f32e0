"""The network of benchmarks/spiking.py as a user of Brian2 writes it: equations and Euler alone.

Parameters are shared constants, not arrays; synapses add to a current that decays; the refractory
time is Brian2's own. Rates of w_s and of the synapses are such that Euler's factor per step is
``exp(-dt/tau)``, the reference's, and weights are on its grid, so that spikes can be compared.
"""

import numpy as np

EQUATIONS = """
dv_s/dt = (v_leak - v_s)/tau_s + (g_s*f + w_s + i_b)/c_s : volt (unless refractory)
dw_s/dt = -w_s*rate_ws : amp
dv_d/dt = (v_leak - v_d)/tau_d + (g_d*f + bap*box + w_d + i_a)/c_d : volt
dw_d/dt = (a_wd*(v_d - v_leak) - w_d)/tau_wd : amp
ds_b/dt = -s_b*rate_syn : amp
ds_a/dt = -s_a*rate_syn : amp
f = 1/(1 + exp((e_d - v_d)/d_d)) : 1
ago = timestep(t - lastspike, dt) : integer
box = int(ago > bap_from)*int(ago <= bap_to) : 1
i_b = bias + gain*signal(t) + s_b : amp
i_a = gain*signal(t) + s_a : amp
bias : amp (constant)
gain : 1 (constant)
"""


def make(grid, stimulus):
    """Return (Brian2 network, spike monitor) of a discrete network of one population."""
    import brian2 as b2

    (population,), dt = grid.network.populations, grid.dt
    cell = population.cell

    def rate(tau):
        return (1 - np.exp(-dt / tau)) / dt * b2.Hz

    bias, shared = stimulus["l5.basal"]
    namespace = {
        "signal": b2.TimedArray(shared.value * b2.amp, dt=dt * b2.second),
        "rate_ws": rate(cell.tau_ws), "rate_syn": rate(5e-3),
        "bap_from": round(cell.bap_delay / dt),
        "bap_to": round(cell.bap_delay / dt) + round(cell.bap_width / dt),
    }  # fmt: skip
    units = {
        "volt": ("v_leak", "e_d", "d_d", "v_th", "v_reset"), "second": ("tau_s", "tau_d", "tau_wd"),
        "amp": ("g_s", "g_d", "bap", "b_ws"), "farad": ("c_s", "c_d"), "siemens": ("a_wd",),
    }  # fmt: skip
    for unit, names in units.items():
        namespace |= {name: getattr(cell, name) * getattr(b2, unit) for name in names}
    group = b2.NeuronGroup(
        population.n, EQUATIONS, threshold="v_s > v_th", method="euler",
        reset="v_s = v_reset; w_s += b_ws", refractory=cell.refractory * b2.second,
        namespace=namespace, dt=dt * b2.second,
    )  # fmt: skip
    group.v_s = group.v_d = cell.v_leak * b2.volt
    group.bias, group.gain = bias.value[0] * b2.amp, shared.gain
    network = b2.Network(group)
    for p, variable in zip(grid.projections, ("s_b", "s_a"), strict=True):
        synapses = b2.Synapses(group, group, "w : amp", on_pre=f"{variable}_post += w",
                               delay=float(p.delay[0]) * dt * b2.second)  # fmt: skip
        synapses.connect(i=np.repeat(np.arange(population.n), np.diff(p.start)), j=p.index)
        synapses.w = p.weight * b2.amp
        network.add(synapses)
    monitor = b2.SpikeMonitor(group)
    network.add(monitor)
    return network, monitor
