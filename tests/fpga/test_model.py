"""The integer model against unbounded integers written apart (tests/reference/plain.py)."""

import math

import numpy as np
import plain
import pytest
from hypothesis import given
from hypothesis import strategies as st

import neuromorph as nm

DT = 1e-4


@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([(4, 0, 8), (8, 8, 16), (12, 4, 10), (16, 8, 16), (24, 8, 24)]),
    st.booleans(),
)
def test_equals_unbounded_integers(seed, widths, subtract):
    bits, guard, decay_bits = widths
    rng = np.random.default_rng(seed)
    n_steps, tau = 300, rng.uniform(1e-3, 50e-3)
    v_th, leak = rng.uniform(0.3, 5.0), rng.uniform(-1.0, 0.2)
    amount = rng.uniform(0.1, 2.0) if subtract else rng.uniform(-1.0, 0.2)
    refractory = int(rng.integers(0, 5))
    weights = rng.uniform(-3, 6, 4)
    kind = "v_subtract" if subtract else "v_reset"
    cell = nm.LIF(tau_m=tau, v_th=v_th, v_leak=leak, refractory=refractory * DT, **{kind: amount})
    network = nm.Network(
        populations=(
            nm.Population(name="in", n=4, cell=nm.Source()),
            nm.Population(name="a", n=1, cell=cell),
        ),
        projections=(nm.Projection(source="in", target="a", weights=weights[:, None], delay=DT),),
    )
    fixed = nm.FixedPoint(bits=bits, guard=guard, decay_bits=decay_bits)
    spikes = rng.random((n_steps, 4)) < 0.2
    step, index = np.nonzero(spikes)
    result = nm.run(
        network, {"in": nm.SpikeTimes(time=step * DT, index=index)}, duration=n_steps * DT,
        backend=nm.Numba(fixed_point=fixed), record={"a": nm.Record()},
    )  # fmt: skip
    peak = 4.0 * max(abs(v_th), abs(leak), abs(amount), np.abs(weights).max())
    fraction = bits - 1 - math.ceil(math.log2(peak))
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    units = [min(max(round(w * 2**fraction), low), high) for w in weights]
    arrived = [0, *(int(sum(u for u, s in zip(units, row, strict=True) if s)) for row in spikes)]
    start = amount if not subtract else leak
    expected, trace = plain.integer(
        n_steps,
        {"decay": math.exp(-DT / tau), "v_th": v_th, "v_leak": leak, "amount": amount,
         "subtract": subtract, "refractory": refractory, "v": start},
        arrived, bits, guard, decay_bits, fraction,
    )  # fmt: skip
    assert np.rint(result.spikes["a"].time / DT).astype(int).tolist() == expected
    recorded = result.traces["a"]["v"].values[1:, 0] * 2.0 ** (fraction + guard)
    assert recorded.tolist() == trace[:-1]


def test_sixteen_bits_follow_float(random_network):
    drive = {"in": nm.Poisson(rate=60.0)}
    a = nm.run(random_network, drive, duration=0.2, seed=3)
    b = nm.run(random_network, drive, duration=0.2, seed=3, backend=nm.FPGAModel(bits=16))
    assert b.spikes["a"].time.size == pytest.approx(a.spikes["a"].time.size, rel=0.01)


def test_error_falls_with_width():
    cell = nm.LIF(tau_m=20e-3, v_th=3.3, v_subtract=0.7)
    network = nm.Network(
        populations=(
            nm.Population(name="in", n=1, cell=nm.Source()),
            nm.Population(name="a", n=1, cell=cell),
        ),
        projections=(nm.Projection(source="in", target="a", weights=[[0.9]]),),
    )
    drive, record = {"in": nm.Regular(rate=170.0)}, {"a": nm.Record()}
    exact = nm.run(network, drive, duration=0.2, record=record).traces["a"]["v"].values
    errors = []
    for bits in (6, 10, 14, 18):
        chosen = nm.FPGAModel(bits=bits, decay_bits=24)
        result = nm.run(network, drive, duration=0.2, record=record, backend=chosen)
        errors.append(np.abs(result.traces["a"]["v"].values - exact)[:300].max())
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 1e-4


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nm.FixedPoint(bits=3), "FixedPoint.bits: 3 came, 4 to 24"),
        (lambda: nm.FPGAModel(bits=40), "FixedPoint.bits: 40 came"),
        (lambda: nm.FPGAModel(clock=0.0), "FPGAModel.clock: 0.0 Hz came"),
        (lambda: nm.FPGAModel(lanes=3), "FPGAModel.lanes: 3 came, 1, 2, 4, 8, 16 or 32"),
        (lambda: nm.Pynq(board="zcu104"), "-source .*fpga/vivado/zcu104.tcl"),
        (lambda: nm.Pynq(board="zcu999", bitstream="x.bit"), "board: 'zcu999' came, kv260"),
        (lambda: nm.FPGAModel(bits=20, guard=16), "bits \\+ guard = 36 came, at most 32"),
        (lambda: nm.FixedPoint(bits=24, guard=16, decay_bits=24), "= 64 came, at most 61"),
    ],
)
def test_bad_options(make, message):
    with pytest.raises(ValueError, match=message):
        make()
