"""What only the numba emulator does: context cells, gates, mergers."""

import math

import numpy as np
import pytest

import neuromorph as nm

DT = 1e-4


def two_point(cell, *, basal=1.0, apical=1.0):
    return nm.Network(
        populations=(
            nm.Population(name="b", n=1, cell=nm.Source()),
            nm.Population(name="c", n=1, cell=nm.Source()),
            nm.Population(name="x", n=1, cell=cell),
        ),
        projections=(
            nm.Projection(source="b", target="x", weights=[[basal]]),
            nm.Projection(source="c", target="x", weights=[[apical]], port="apical"),
        ),
    )


def context_cell(**changes):
    return nm.ContextLIF(
        **{"tau_m": 20e-3, "v_th": 4.5, "v_subtract": 1.0, "tau_c": 20e-3, **changes}
    )


@pytest.mark.parametrize("modulation", ["threshold", "probability"])
def test_context_alone_is_silent(modulation):
    network = two_point(context_cell(modulation=modulation, gain=100.0), apical=50.0)
    result = nm.run(network, {"c": nm.Regular(rate=2000.0)}, duration=0.5)
    assert result.spikes["x"].time.size == 0


@pytest.mark.parametrize("modulation", ["threshold", "probability"])
def test_context_raises_the_response(modulation):
    network = two_point(context_cell(modulation=modulation, gain=0.5, c_half=2.0), apical=0.5)
    rates = [
        nm.run(
            network, {"b": nm.Regular(rate=400.0), "c": nm.Regular(rate=f)}, duration=1.0
        ).spikes["x"].rate[0]
        for f in (0.0, 100.0, 200.0, 400.0)
    ]  # fmt: skip
    assert rates == sorted(rates)
    assert rates[-1] > 1.4 * rates[0] + 10


def test_gate_passes_as_the_error_function():
    """With a constant context the passed share is binomial around P(c)."""
    c_half, c_grey, c = 1.0, 0.8, 1.2
    cell = context_cell(
        modulation="probability", c_half=c_half, c_grey=c_grey, tau_c=1e6, v_th=1e9
    )
    network = two_point(cell, apical=c)
    result = nm.run(
        network,
        {"b": nm.Regular(rate=1000.0, offset=5e-3), "c": nm.SpikeTimes(time=[0], index=[0])},
        duration=4.005,
        seed=2,
    )
    n = result.spikes["b"].time.size
    share = (result.counts.transmissions - 1) / n
    p = 0.5 * (1 + math.erf(math.sqrt(math.pi) * (c - c_half) / c_grey))
    assert abs(share - p) < 4 * math.sqrt(p * (1 - p) / n)


def test_context_trace_decays_exactly():
    network = two_point(context_cell())
    result = nm.run(
        network, {"c": nm.SpikeTimes(time=[0.0], index=[0])}, duration=0.05,
        record={"x": nm.Record(variables=("context",))},
    )  # fmt: skip
    trace = result.traces["x"]["context"]
    expected = np.where(trace.time > 10.5 * DT, np.exp(-(trace.time - 11 * DT) / 20e-3), 0.0)
    np.testing.assert_allclose(trace.values[:, 0], expected, rtol=1e-12)


@pytest.mark.parametrize("modulation", ["threshold", "probability"])
def test_context_cell_resumes(modulation):
    network = two_point(context_cell(modulation=modulation), apical=0.4)
    drive = {"b": nm.Poisson(rate=400.0), "c": nm.Poisson(rate=200.0)}
    whole = nm.run(network, drive, duration=0.2, seed=1)
    half = nm.run(network, drive, duration=0.0997, seed=1)
    rest = nm.run(network, drive, duration=0.1003, seed=1, start=half.state)
    joined = np.concatenate([r.spikes["x"].time for r in (half, rest)])
    assert joined.tobytes() == whole.spikes["x"].time.tobytes()
    for key, array in whole.state.arrays.items():
        assert array.tobytes() == rest.state.arrays[key].tobytes(), key


def merging(window, times):
    network = nm.Network(
        populations=(
            nm.Population(name="in", n=2, cell=nm.Source()),
            nm.Population(name="a", n=1, cell=nm.LIF(tau_m=1e6, v_th=1e6, v_subtract=1.0)),
        ),
        projections=(nm.Projection(source="in", target="a", weights=np.ones((2, 1))),),
    )
    step, index = zip(*times, strict=True)
    drive = {"in": nm.SpikeTimes(time=np.array(step) * DT, index=np.array(index))}
    result = nm.run(network, drive, backend=nm.Numba(merge_window=window), duration=0.1)
    return round(result.state.arrays["a.v"][0]), result.provenance.notes[1:]


def test_a_merger_swallows_what_comes_within_its_window():
    # pulses at steps 0, 2 (swallowed: 2 < 3), 3 (admitted: the window does not extend), 9
    assert merging(3 * DT, [(0, 0), (2, 1), (3, 0), (9, 1)]) == (
        3,
        ("1 pulses swallowed by mergers",),
    )
    assert merging(0.0, [(0, 0), (2, 1), (3, 0), (9, 1)])[0] == 4
    assert merging(DT, [(5, 0), (5, 1)])[0] == 1


def test_a_single_input_has_no_merger():
    network = nm.Network(
        populations=(
            nm.Population(name="in", n=1, cell=nm.Source()),
            nm.Population(name="a", n=1, cell=nm.LIF(tau_m=1e6, v_th=1e6, v_subtract=1.0)),
        ),
        projections=(nm.Projection(source="in", target="a", weights=[[1.0]]),),
    )
    drive = {"in": nm.Regular(rate=5000.0)}
    result = nm.run(network, drive, backend=nm.Numba(merge_window=1e-3), duration=0.1)
    assert result.state.arrays["a.v"][0] == pytest.approx(500 - 5, abs=1e-3)


def test_merged_and_gated_networks_resume():
    work = nm.workloads.xor(probability=0.7)
    chosen = nm.Numba(merge_window=2e-3)
    go = {"backend": chosen, "seed": 3}
    whole = nm.run(work.network, work.stimuli["10"], duration=0.15, **go)
    half = nm.run(work.network, work.stimuli["10"], duration=0.0771, **go)
    rest = nm.run(work.network, work.stimuli["10"], duration=0.0729, start=half.state, **go)
    joined = np.concatenate([r.spikes["out"].time for r in (half, rest)])
    assert joined.tobytes() == whole.spikes["out"].time.tobytes()


def test_stochastic_synapses_pass_binomially(random_network):
    forward = nm.Network(
        populations=random_network.populations, projections=random_network.projections[:1]
    )
    # the trains end 50 ms before the run, so that nothing is under way
    rng = np.random.default_rng(0)
    drive = {"in": nm.SpikeTimes(time=rng.random(2000) * 0.25, index=rng.integers(0, 100, 2000))}
    result = nm.run(forward, drive, duration=0.3, dt=1e-5, seed=11)
    offered = result.counts.effective_acs
    assert offered > 100_000
    assert abs(result.counts.transmissions - 0.7 * offered) < 4 * np.sqrt(offered * 0.21)


@pytest.mark.parametrize("rate", [10.0, 200.0])
def test_poisson_sources_are_poisson(rate):
    network = nm.Network(populations=(nm.Population(name="in", n=400, cell=nm.Source()),))
    spikes = nm.run(network, {"in": nm.Poisson(rate=rate)}, duration=5.0, seed=6).spikes["in"]
    counts = spikes.count
    expected = 5.0 / DT * -np.expm1(-rate * DT)
    assert abs(counts.mean() - expected) < 4 * np.sqrt(expected / 400)
    fano = counts.var(ddof=1) / counts.mean()
    assert abs(fano - (1 - rate * DT)) < 4 * np.sqrt(2 / 400)


def test_progress_is_reported():
    seen = []
    nm.run(
        two_point(context_cell()), {}, duration=0.05,
        progress=lambda done, whole: seen.append((done, whole)),
    )  # fmt: skip
    assert seen[-1] == (500, 500)
    assert seen == sorted(seen)
