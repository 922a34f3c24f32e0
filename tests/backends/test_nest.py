"""A third simulator: NEST's two-compartment cell of dendritic prediction against ours."""

import numpy as np
import pytest

import neuromorph as nm

RESOLUTION = 0.01  # ms


@pytest.mark.slow
def test_potentials_of_urbanczik_senn_equal_those_of_nest():
    """A somatic current and two dendritic spikes; NEST's dendrite takes no injected current."""
    nest = pytest.importorskip("nest", reason="package nest-simulator is not installed")
    nest.ResetKernel()
    nest.SetKernelStatus({"resolution": RESOLUTION})
    cell = nest.Create("pp_cond_exp_mc_urbanczik", params={"phi_max": 0.0})
    cell.set({"soma": {"I_e": 3000.0}})
    receptors = nest.GetDefaults("pp_cond_exp_mc_urbanczik")["receptor_types"]
    spikes = nest.Create("spike_generator", params={"spike_times": [5.0, 20.0]})
    nest.Connect(spikes, cell, syn_spec={
        "weight": 500.0, "delay": RESOLUTION, "receptor_type": receptors["dendritic_exc"],
    })  # fmt: skip
    meter = nest.Create(
        "multimeter", params={"record_from": ["V_m.s", "V_m.p"], "interval": RESOLUTION}
    )
    nest.Connect(meter, cell)
    nest.Simulate(60.0)
    theirs = meter.get("events")

    network = nm.Network(
        populations=(
            nm.Population(name="in", n=1, cell=nm.Source()),
            nm.Population(name="x", n=1, cell=nm.UrbanczikSenn(phi_max=0.0)),
        ),
        projections=(
            nm.Projection(source="in", target="x", port="dendrite", weights=[[500e-12]],
                          delay=RESOLUTION * 1e-3),
        ),
    )  # fmt: skip
    stimulus = {
        "x.soma": nm.Current(value=3e-9),
        "in": nm.SpikeTimes(time=np.array([5e-3, 20e-3]), index=np.array([0, 0])),
    }
    ours = nm.run(
        network, stimulus, duration=60e-3, dt=RESOLUTION * 1e-3,
        record={"x": nm.Record(variables=("v_soma", "v_dendrite"))},
    ).traces["x"]  # fmt: skip
    for name, variable, peak in (("V_m.s", "v_soma", 5e-3), ("V_m.p", "v_dendrite", 2e-3)):
        a = np.asarray(theirs[name]) * 1e-3
        b = ours[variable].values[1 : a.size + 1, 0]
        assert b.max() - b[0] > peak
        # Euler in steps of 0.01 ms against Runge-Kutta-Fehlberg, spikes a step apart at most:
        # 0.01 ms of 500 pA into 300 pF is 17 uV
        np.testing.assert_allclose(a, b, atol=4e-5)
