import numpy as np
import pytest
from scipy.integrate import solve_ivp

from neuromorph.circuits import CircuitError, StepError, read, simulate
from neuromorph.units import PHI0, ps

JTL = """
.model jj1 jj(rtype=1, vg=2.8mV, cap=0.07pF, r0=160, rn=16, icrit=0.1mA)
.subckt STAGE a q
L1 a 1 2.07p
B1 1 0 jj1 area=2.5
RB1 1 0 2.744
IB1 0 1 pwl(0 0 5p 175u)
L2 1 q 2.07p
.ends
I1 0 1 pwl(0 0 20p 0 23p 600u 26p 0)
X1 1 2 STAGE
X2 2 3 STAGE
X3 3 4 STAGE
X4 4 5 STAGE
R1 5 0 2
.tran 0.1p 80p
.print p(B1.X4) v(5) i(R1)
"""


def equations(n):
    """The same chain by hand in ps, mV, mA, rad: junction phases and the end node."""
    s = PHI0 / (2 * np.pi) * 1e15
    i_c, c, g, ell = 0.25, 0.175, 1 / 64 + 1 / 2.744, 4.14

    def rhs(t, y):
        phase, speed, end = y[:n], y[n : 2 * n], y[2 * n]
        drive = np.interp(t, [0, 20, 23, 26], [0, 0, 0.6, 0])
        bias = np.interp(t, [0, 5], [0, 0.175])
        right = np.append(phase[1:], end)
        length = np.append(np.full(n - 1, ell), 2.07)
        out = s * (phase - right) / length
        into = np.append(drive, out[:-1]) - out + bias
        acceleration = (into - i_c * np.sin(phase) - g * s * speed) / (c * s)
        return np.concatenate((speed, acceleration, [out[-1] * 2.0 / s]))

    return rhs


def test_pulse_times_of_twenty_junctions_agree_with_dop853():
    n, events = 20, []
    stages = "".join(f"X{k} {k} {k + 1} STAGE\n" for k in range(1, n + 1))
    head, tail = JTL.split("X1 1 2 STAGE")[0], f"R1 {n + 1} 0 2\n.tran 0.1p 80p\n"
    result = simulate(read(head + stages + tail))
    for k in range(n):
        def passed(t, y, k=k):
            return y[k] - np.pi
        passed.direction = 1
        events.append(passed)
    truth = solve_ivp(equations(n), (0, 80), np.zeros(2 * n + 1), method="DOP853",
                      rtol=1e-9, atol=1e-9, max_step=1.0, events=events)
    for k in range(n):
        ours = result.pulses[f"B1.X{k + 1}"]
        assert ours.size == truth.t_events[k].size == 1
        assert abs(ours[0] * 1e12 - truth.t_events[k][0]) < 0.002


def test_energy_balance_closes():
    energy = simulate(read(JTL), step=0.1 * ps).energy
    assert abs(energy.residual) < 1e-6
    assert abs(simulate(read(JTL), step=0.05 * ps).energy.residual) < 1e-7
    assert energy.bias_counted == pytest.approx(4 * 175e-6 * PHI0)
    assert energy.critical_counted == pytest.approx(4 * 250e-6 * PHI0)


def test_traces_obey_ohm_and_the_flux_quantum():
    result = simulate(read(JTL))
    np.testing.assert_allclose(result.voltages["5"], 2 * result.currents["R1"], rtol=1e-12)
    assert np.trapezoid(result.voltages["5"], result.time) == pytest.approx(PHI0, rel=0.05)


def test_too_large_a_step_is_an_error_with_a_remedy():
    with pytest.raises(StepError, match=r"B1\.X\d: the phase moved more than .* try 0\.3 ps"):
        simulate(read(JTL), step=0.6 * ps)
    refined = simulate(read(JTL), step=0.6 * ps, on_large_step="refine")
    assert refined.step < 0.6 * ps
    assert np.diff(refined.time)[0] == pytest.approx(0.6 * ps)


def test_a_floating_node_is_named():
    deck = JTL.replace("R1 5 0 2", "R1 5 0 2\nL8 f1 f2 1p\nR8 f2 f1 1")
    with pytest.raises(CircuitError, match=r"node F1.*no path for direct current"):
        simulate(read(deck))
