import numpy as np
import pytest
from scipy.optimize import brentq

from neuromorph.circuits.cell.soen import (
    CAPACITANCE,
    CRITICAL,
    Dendrites,
    frequency,
    synapse_flux,
)
from neuromorph.circuits.cell.squid import RateTable, mean_voltage, overdamped, rate_table
from neuromorph.circuits.deck.netlist import read
from neuromorph.circuits.solver.transient import simulate
from neuromorph.units import PHI0


def closed_table(n_flux=401, n_current=401):
    flux, current = np.linspace(0, 0.5, n_flux), np.linspace(0, 2.5, n_current)
    rate = overdamped(flux[:, None], current[None])
    return RateTable(flux=flux, current=current, rate=rate, beta_c=0.3, beta_l=0.0)


@pytest.mark.parametrize("current", [2.05, 2.2, 2.5])
def test_rate_without_flux_and_capacitance_is_that_of_one_junction(current):
    # the loop carries nothing: V = I_c r sqrt((i/2)^2 - 1), exactly
    assert mean_voltage(current, 0.0, 0.0, 0.25) == pytest.approx(
        overdamped(0.0, current), rel=2e-3
    )


def test_rate_goes_to_the_closed_form_as_the_loop_shrinks():
    flux, current = np.array([0.15, 0.25, 0.35, 0.45]), np.array([1.7, 1.9, 2.1])
    exact = overdamped(flux[:, None], current[None])
    errors = []
    for beta_l in (0.4, 0.2, 0.1):
        found = np.array([[mean_voltage(i, f, 0.0, beta_l) for i in current] for f in flux])
        errors.append(np.abs(found - exact)[exact > 0.2].max())
    assert errors[2] < 0.02
    assert errors[0] > errors[1] > errors[2]
    assert np.log2(errors[1] / errors[2]) == pytest.approx(2.0, abs=0.3)


def test_table_is_even_periodic_and_odd_in_the_current():
    table = rate_table()
    at = table([0.3, -0.3, 1.3, 0.7], 1.802)
    np.testing.assert_allclose(at, at[0], rtol=1e-9)
    assert table(0.3, -1.802) == pytest.approx(-at[0])
    assert table(0.0, 1.802) == 0.0  # below the critical current of 2
    with pytest.raises(ValueError, match=r"a current of 3 I_c came, up to 2.5"):
        table(0.1, 3.0)


@pytest.mark.parametrize("flux", [0.2, 0.3, 0.4, 0.5])
def test_steady_state_is_that_of_the_closed_form(flux):
    # sqrt((i_b - s)^2 - 4 cos^2)/2 = alpha s: a quadratic in s
    beta, tau, bias = 2 * np.pi * 100, 5e-9, 1.802
    alpha = beta / (frequency() * tau)
    c2 = 4 * np.cos(np.pi * flux) ** 2
    roots = np.roots([1 - 4 * alpha**2, -2 * bias, bias**2 - c2])
    exact = min(r.real for r in roots if r.real > 0)
    group = Dendrites(coupling=[[0.0]], tau=tau, beta=beta, bias=bias, table=closed_table())
    s = group.simulate(np.full((40_000, 1), flux), step=10e-12)
    assert s[-1, 0] == pytest.approx(exact, rel=2e-3)


def test_steady_state_with_the_integrated_table_balances_gain_and_leak():
    table, tau = rate_table(), 20e-9
    alpha = 2 * np.pi * 100 / (frequency() * tau)
    exact = brentq(lambda s: float(table(0.35, 1.802 - s)) - alpha * s, 0.0, 1.8)
    s = Dendrites(coupling=[[0.0]], tau=tau).simulate(np.full((40_000, 1), 0.35), step=10e-12)
    assert s[-1, 0] == pytest.approx(exact, rel=1e-6)


def test_silent_dendrite_decays_with_tau_and_the_scheme_is_of_first_order():
    errors = []
    for step in (1e-9, 0.5e-9):
        count = round(100e-9 / step)
        group = Dendrites(coupling=[[0.0]], tau=50e-9)
        s = group.simulate(np.zeros((count, 1)), step=step, start=0.5)
        errors.append(abs(s[-1, 0] - 0.5 * np.exp(-2.0)))
    assert np.log2(errors[0] / errors[1]) == pytest.approx(1.0, abs=0.1)


def test_coupled_dendrites_are_those_of_plain_arrays():
    rng = np.random.default_rng(0)
    n, steps, step = 7, 300, 0.1e-9
    coupling = rng.normal(0, 0.4, (n, n)) * (rng.random((n, n)) < 0.5)
    tau, bias = rng.uniform(20e-9, 80e-9, n), rng.uniform(1.6, 1.9, n)
    flux = rng.uniform(0, 0.5, (steps, n))
    group = Dendrites(coupling=coupling, tau=tau, bias=bias)
    found = group.simulate(flux, step=step)
    s = np.zeros(n)
    for t in range(steps):
        phi = flux[t] + coupling @ s
        made = rate_table()(phi, bias - s)
        s = s * (1 - step / tau) + step * frequency() / (2 * np.pi * 100) * made
    np.testing.assert_allclose(found[-1], s, rtol=1e-9)


def test_model_follows_the_circuit_it_stands_for():
    # the loop, its integrating inductor and leak as a netlist, transient-simulated
    beta, tau, flux = 2 * np.pi * 50, 5e-9, 0.35
    r = frequency() * PHI0 / (2 * np.pi * CRITICAL)
    inductance = beta * PHI0 / (2 * np.pi * CRITICAL)
    half = 0.25 * PHI0 / (2 * np.pi * CRITICAL) / 2
    deck = f"""* receiving and integrating loop
.model jj jj(rtype=0, cap={CAPACITANCE}, rn={r}, icrit={CRITICAL})
B1 a 0 jj area=1
B2 b 0 jj area=1
LA m a {half}
LB m b {half}
IF a m pwl(0 0 1p {flux * PHI0 / half})
IB 0 m pwl(0 0 1p {1.802 * CRITICAL})
LI m n {inductance}
RI n 0 {inductance / tau}
.tran 0.05p 4n 0 1p
.print i(LI)
.end
"""
    run = simulate(read(deck))
    (current,) = run.currents.values()
    step = 5e-12
    model = Dendrites(coupling=[[0.0]], tau=tau, beta=beta)
    s = model.simulate(np.full((800, 1), flux), step=step)[:, 0]
    stored = np.interp(np.arange(801) * step, run.time, current) / CRITICAL
    assert s[-1] > 0.3
    quantum = PHI0 / inductance / CRITICAL
    assert np.abs(stored - s).max() < quantum + 0.02 * s[-1]


def test_synapse_rises_holds_and_falls():
    time = np.array([-1e-9, 0.02e-9, 0.06e-9, 0.06e-9 + 50e-9])
    flux = synapse_flux([0.0], time)
    size = 0.5 * (1 - 0.02 / 50)
    np.testing.assert_allclose(
        flux, size * np.array([0, 1 - np.exp(-1), 1 - np.exp(-3), (1 - np.exp(-3)) / np.e]),
        rtol=1e-9,
    )


def test_out_of_range_is_refused():
    with pytest.raises(ValueError, match=r"Dendrites.coupling: shape \(1, 2\) came"):
        Dendrites(coupling=[[0.0, 1.0]])
    with pytest.raises(ValueError, match=r"up to the table's 2.5 I_c"):
        Dendrites(coupling=[[0.0]], bias=3.0)
    with pytest.raises(ValueError, match=r"Dendrites.tau: 0 came"):
        Dendrites(coupling=[[0.0]], tau=0.0)
    group = Dendrites(coupling=[[0.0]])
    with pytest.raises(ValueError, match=r"flux: shape \(3,\) came, \(n_time, 1\)"):
        group.simulate(np.zeros(3), step=1e-9)
    with pytest.raises(ValueError, match="step: 1 s came"):
        group.simulate(np.zeros((3, 1)), step=1.0)
    with pytest.raises(ValueError, match="beta_l 0"):
        rate_table(beta_l=0.0)
