"""Our BDF2 mode and our default against pulse times that JoSIM printed for our own decks."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from neuromorph.circuits import read, simulate

TRUTH = json.loads((Path(__file__).parent / "josim" / "pulse_time.json").read_text())


@pytest.mark.parametrize("name", TRUTH["decks"])
def test_bdf2_is_within_a_twentieth_of_a_picosecond_of_josim(name):
    deck = TRUTH["decks"][name]
    circuit = replace(read(f"{name}_testbench"), temperature=None)
    result = simulate(circuit, step=TRUTH["step_ps"] * 1e-12, scheme="bdf2",
                      duration=deck["duration_ps"] * 1e-12)
    for junction, times in deck["pulses_ps"].items():
        ours = result.pulses[junction] * 1e12
        assert ours.size == len(times), junction
        assert np.max(np.abs(ours - times), initial=0.0) < 0.05


@pytest.mark.parametrize("name", TRUTH["decks"])
def test_default_has_the_same_counts(name):
    deck = TRUTH["decks"][name]
    circuit = replace(read(f"{name}_testbench"), temperature=None)
    result = simulate(circuit, duration=deck["duration_ps"] * 1e-12)
    for junction, times in deck["pulses_ps"].items():
        assert result.pulses[junction].size == len(times)


PHASES = json.loads((Path(__file__).parent / "josim" / "phase.json").read_text())


@pytest.mark.parametrize("name", PHASES["decks"])
def test_bdf2_phases_are_within_a_hundredth_of_a_radian_of_josim(name):
    deck = PHASES["decks"][name]
    circuit = replace(read(f"{name}_testbench"), temperature=None)
    times = np.array(deck["time_ps"]) * 1e-12
    result = simulate(circuit, step=PHASES["step_ps"] * 1e-12, scheme="bdf2",
                      duration=301e-12, record=[f"P({j})" for j in deck["phases"]])
    for junction, phases in deck["phases"].items():
        ours = np.interp(times, result.time, result.phases[junction])
        assert np.max(np.abs(ours - phases)) < 0.01, junction
