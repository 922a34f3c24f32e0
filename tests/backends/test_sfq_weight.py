"""Weights other than one quantum, inhibition and leak levels on both superconducting levels."""

import numpy as np
import pytest

import neuromorph as nm
from neuromorph.circuits.cell import library
from neuromorph.circuits.cell.branch_law import branched_neuron
from neuromorph.circuits.deck.netlist import read

DURATION = 0.2


def network(weights, v_th, *, v_leak=0.0, probability=1.0, tau_m=10e-3):
    return nm.Network(
        populations=(
            nm.Population(name="in", n=len(weights), cell=nm.Source()),
            nm.Population(name="out", n=1, cell=nm.LIF(
                tau_m=tau_m, v_th=v_th, v_subtract=1.0, v_leak=v_leak)),
        ),
        projections=(nm.Projection(source="in", target="out", weights=np.array(weights)[:, None],
                                   delay=8e-3, probability=probability),),
    )  # fmt: skip


def drive(rates):
    return {"in": nm.Regular(rate=rates, offset=1e-3 + 1.7e-3 * np.arange(len(rates)))}


def count(net, rates, backend, seed=0):
    result = nm.run(net, drive(rates), backend=backend, duration=DURATION, dt=1e-5, seed=seed)
    return int(result.spikes["out"].count[0])


COLD = {
    "circuit": nm.SFQCircuit(temperature=0.0, loss_tolerance=1.0),
    "cells": nm.SFQPulse(temperature=0.0),
    "paths": nm.SFQPulse(temperature=0.0, level="paths"),
}


@pytest.mark.parametrize("backend", list(COLD))
def test_inhibition_takes_away_what_the_emulator_says(backend):
    net = network([0.5, -0.5], 1.5)
    found = [count(net, [300.0, rate], COLD[backend]) for rate in (0.0, 60.0, 120.0)]
    expected = [count(net, [300.0, rate], nm.Numba()) for rate in (0.0, 60.0, 120.0)]
    assert found == expected
    assert expected[0] > expected[1] + 4 > expected[2] + 8
    assert count(net, [0.0, 200.0], COLD[backend]) == 0  # inhibition alone makes no pulse


@pytest.mark.parametrize("backend", list(COLD))
def test_a_small_inhibition_right_after_a_pulse_fires_nothing(backend):
    # two pulses of 0.85 leave 1.57 of 1.6 quanta; the inhibition of 0.1 comes half a millisecond on
    net = network([0.85, -0.1], 1.6, tau_m=40e-3)
    stimulus = {"in": nm.SpikeTimes(time=[5e-3, 11.5e-3, 12e-3], index=[0, 0, 1])}
    result = nm.run(net, stimulus, backend=COLD[backend], duration=0.05, dt=1e-5)
    assert result.spikes["out"].count[0] == 0


@pytest.mark.parametrize("backend", ["circuit", "paths"])
@pytest.mark.parametrize(
    ("weights", "v_th", "v_leak", "rates"),
    [([0.6, 0.4], 1.5, 0.0, [150.0, 150.0]), ([0.7, -0.3], 1.5, 0.0, [250.0, 100.0]),
     ([0.5], 1.4, 0.0, [350.0]), ([1.0], 1.8, 0.3, [200.0])],
)  # fmt: skip
def test_weights_and_leak_levels_count_as_the_emulator(backend, weights, v_th, v_leak, rates):
    net = network(weights, v_th, v_leak=v_leak)
    found, expected = count(net, rates, COLD[backend]), count(net, rates, nm.Numba())
    assert expected > 5
    assert abs(found - expected) <= max(2, 0.1 * expected)


def test_branches_of_a_neuron_are_one_quantum_s_in_parallel():
    # 1/L and 1/R add up to those of the whole neuron, L/R is the same in each
    text = branched_neuron("b", 0.4, (0.5, -0.2))
    circuit = read(library.process() + text + "X1 b x y q i\n")
    inductors = [e for e in circuit.elements if e.name.startswith("LS")]
    resistors = [e for e in circuit.elements if e.name.startswith("RL") and "." in e.name]
    resistors = [e for e in resistors if e.name[2].isdigit()]
    assert len(inductors) == len(resistors) == 3
    assert sum(1 / e.value for e in inductors) == pytest.approx(1 / 40e-12)
    assert sum(1 / e.value for e in resistors) == pytest.approx(1 / 0.4)
    for a, b in zip(inductors, resistors, strict=True):
        assert a.value / b.value == pytest.approx(100e-12)


def test_inhibition_lays_a_converter_and_reports_an_area():
    compiled = nm.SFQCircuit().compiled(network([0.5, -0.5], 1.5))
    cells = compiled.report.cells
    assert cells["antifluxon"] == cells["jtl_negative"] == 1
    assert compiled.report.area == pytest.approx(compiled.report.junctions * 2500e-12)
    assert "mm2 at 2500 um2 per junction" in str(compiled.report)


@pytest.mark.slow
def test_stochastic_inhibition_agrees_with_the_emulators_at_4_kelvin():
    net = network([0.5, -0.5], 1.5, probability=0.9)
    rates, backends = [300.0, 60.0], {
        "numba": nm.Numba(), "brian2": nm.Brian2(), "circuit": nm.SFQCircuit(loss_tolerance=1.0),
        "paths": nm.SFQPulse(level="paths"),
    }  # fmt: skip
    found = {
        name: np.array([
            nm.run(net, drive(rates), backend=b, duration=DURATION, dt=1e-4,
                   seed=seed).spikes["out"].count[0]
            for seed in range(20)
        ])
        for name, b in backends.items()
    }  # fmt: skip
    reference = found["numba"]
    for name, counts in found.items():
        interval = 2 * np.sqrt((counts.var(ddof=1) + reference.var(ddof=1)) / 20)
        gap = abs(counts.mean() - reference.mean())
        assert gap <= max(0.1 * reference.mean(), interval), (name, counts, reference)
