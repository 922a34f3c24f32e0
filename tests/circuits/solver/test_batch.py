import numpy as np
import pytest

from neuromorph.circuits import BatchError, StepError, read, simulate, simulate_batch
from neuromorph.units import ps

DECK = """
.model jj1 jj(rtype=1, vg=2.8mV, cap=0.07pF, r0=160, rn=16, icrit=0.1mA)
.subckt STAGE a q
L1 a 1 2.07p
B1 1 2 jj1 area=2.5
LP 2 0 0.5p
RB1 1 3 2.744
LRB 3 0 2.05p
LB 1 4 2p
IB 0 4 pwl(0 0 5p 175u)
L2 1 q 2.07p
K1 L1 L2 0.1
.ends
I1 0 1 pwl(0 0 20p 0 23p 600u 26p 0)
X1 1 2 STAGE
X2 2 3 STAGE
X3 3 4 STAGE
R1 4 0 2
.tran 0.1p 60p
.print p(B1.X3)
"""
NAMES = ("B1.X2", "L1.X3", "RB1.X1", "IB.X2", "K1.X3", "LP.X3", "I1")


def variants(n):
    rng = np.random.default_rng(3)
    return {name: 1 + 0.05 * rng.standard_normal(n) for name in NAMES}


@pytest.mark.parametrize("deck", [DECK, DECK.replace("pwl(0 0 5p 175u)", "dc 175u")],
                         ids=["ramp", "dc"])
def test_a_lane_is_the_run_of_its_variant(deck):
    """Phases over time, pulse times and counts, with noise of its own seed and temperature."""
    n, circuit = 5, read(deck)
    factors, heat = variants(n), np.array([4.2, 0.0, 10.0, 4.2, 1.0])
    batch = simulate_batch(circuit, factors, seeds=np.arange(n), temperature=heat,
                           record=("P(B1.X3)", "P(4)"), every=2)
    for i in range(n):
        one = simulate(circuit.scaled({k: float(x[i]) for k, x in factors.items()}), seed=i,
                       temperature=float(heat[i]), scheme="leapfrog", record=("P(B1.X3)", "P(4)"))
        for name in ("B1.X3", "4"):
            difference = one.phases[name][::2] - batch.phases[name][:, i]
            assert np.max(np.abs(difference)) < 1e-7
        assert one.counts["B1.X3"] == batch.counts["B1.X3"][i] > 0
        for name, times in one.pulses.items():
            assert batch.pulses[name][i] == pytest.approx(times, abs=1e-18)
            assert batch.antipulses[name][i] == pytest.approx(one.antipulses[name], abs=1e-18)
    assert batch.time == pytest.approx(one.time[::2], abs=1e-20)


@pytest.mark.parametrize("deck", [DECK, DECK.replace("pwl(0 0 5p 175u)", "dc 175u")],
                         ids=["ramp", "dc"])
def test_a_lane_of_cowell_is_the_run_of_its_variant(deck):
    n, circuit = 3, read(deck)
    factors, names = variants(n), ("P(B1.X3)", "P(4)")
    batch = simulate_batch(circuit, factors, temperature=0.0, record=names, scheme="cowell")
    for i in range(n):
        one = simulate(circuit.scaled({k: float(x[i]) for k, x in factors.items()}),
                       temperature=0.0, scheme="cowell", record=names)
        for name in ("B1.X3", "4"):
            assert np.max(np.abs(one.phases[name] - batch.phases[name][:, i])) < 1e-7
        for name, times in one.pulses.items():
            assert batch.pulses[name][i] == pytest.approx(times, abs=1e-18)


def test_cowell_refuses_a_stiff_variant_and_an_unknown_scheme_is_named():
    circuit = read(DECK)
    with pytest.raises(BatchError, match=r"a stiff or undamped spot .* scheme 'leapfrog' takes it"):
        simulate_batch(circuit, {"RB1.X1": [1.0, 300.0]}, scheme="cowell")
    with pytest.raises(ValueError, match="'leapfrog' or 'cowell' is allowed"):
        simulate_batch(circuit, scheme="am4")


@pytest.mark.parametrize("scheme", ["leapfrog", "cowell"])
def test_place_blocks_and_threads_do_not_matter(scheme):
    n, circuit = 300, read(DECK)
    factors = variants(n)
    order = np.random.default_rng(0).permutation(n)
    a = simulate_batch(circuit, factors, seeds=np.arange(n), temperature=4.2, duration=40 * ps,
                       scheme=scheme)
    b = simulate_batch(circuit, {k: x[order] for k, x in factors.items()}, seeds=order,
                       temperature=4.2, duration=40 * ps, workers=2, scheme=scheme)
    for name in a.pulses:
        for i in range(n):
            assert np.array_equal(a.pulses[name][order[i]], b.pulses[name][i])


@pytest.mark.parametrize("scheme", ["leapfrog", "cowell"])
def test_a_lane_that_moves_too_far_is_marked_and_its_neighbours_go_on(scheme):
    circuit = read(DECK)
    factors = {"I1": np.array([1.0, 400.0, 1.0])}
    with pytest.raises(StepError, match=r"B1\.X1 in lane 1: the phase moved too far .* try 0.05"):
        simulate_batch(circuit, factors, scheme=scheme)
    batch = simulate_batch(circuit, factors, on_large_step="mark", scheme=scheme)
    assert batch.failed.tolist() == [False, True, False]
    alone = simulate_batch(circuit, scheme=scheme)
    for i in (0, 2):
        assert np.array_equal(batch.pulses["B1.X3"][i], alone.pulses["B1.X3"][0])


def test_what_a_batch_refuses():
    circuit = read(DECK)
    with pytest.raises(ValueError, match=r"B1\.X2: a factor of -1 came"):
        simulate_batch(circuit, {"B1.X2": [1.0, -1.0]})
    with pytest.raises(ValueError, match=r"arrays of \[2, 3\] lanes came"):
        simulate_batch(circuit, {"B1.X2": [1.0, 1.1]}, seeds=[1, 2, 3])
    with pytest.raises(ValueError, match="no element B9"):
        simulate_batch(circuit, {"B9": 1.0})
    with pytest.raises(ValueError, match=r"V\(4\) came, phases"):
        simulate_batch(circuit, record=("V(4)",))
    with pytest.raises(BatchError, match="V1: a VoltageSource; simulate such variants one by one"):
        simulate_batch(read(DECK.replace("R1 4 0 2", "R1 4 5 2\nV1 5 0 dc 0")))


@pytest.mark.parametrize("scheme", ["leapfrog", "cowell"])
def test_equipartition_over_lanes(scheme):
    """Thermal phase of a junction far below I_c: <psi^2> = kT/(s K), K of its linear circuit."""
    deck = """.model jj1 jj(rtype=1, vg=2.8mV, cap=0.07pF, r0=160, rn=16, icrit=0.1mA)
B1 1 0 jj1 area=1
R1 1 0 4
L1 1 0 4p
.tran 0.1p 800p
"""
    batch = simulate_batch(read(deck), seeds=np.arange(256), temperature=1.0,
                           record=("P(B1)",), every=20, scheme=scheme)
    s = 2.067833848e-15 / (2 * np.pi)
    stiffness = s**2 / 4e-12 + s * 0.1e-3  # second derivative of the energy
    found = np.mean(batch.phases["B1"][50:] ** 2)
    assert found == pytest.approx(1.380649e-23 * 1.0 / stiffness, rel=0.04)
