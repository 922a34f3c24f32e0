"""Runs in parts: the same spikes however often they are cut; folders of other runs are refused."""

import dataclasses
import itertools

import numpy as np
import pytest

import neuromorph as nm

NETWORK = nm.Network(
    populations=(
        nm.Population(name="in", n=20, cell=nm.Source()),
        nm.Population(name="x", n=10, cell=nm.TwoCompartment()),
    ),
    projections=(
        nm.Projection(source="in", target="x", weights=np.full((20, 10), 150e-12)),
        nm.Projection(source="x", target="x", port="apical", weights=np.full((10, 10), 20e-12)),
    ),
)
STIMULUS = {
    "in": nm.Poisson(rate=40.0),
    "x.basal": nm.OrnsteinUhlenbeck(sigma=200e-12, tau=2e-3, mean=300e-12),
}
RECORD = {"x": nm.Record(variables=("v_soma",), every=10)}
SETTINGS = {"seed": 3, "record": RECORD, "part": 0.07}


def equal(found, duration):
    whole = nm.run(NETWORK, STIMULUS, duration=duration, seed=3, record=RECORD)
    assert whole.spikes["x"].time.size > 20
    for name in ("in", "x"):
        got = found.spikes(name)
        assert got.time.tobytes() == whole.spikes[name].time.tobytes()
        assert got.index.tobytes() == whole.spikes[name].index.tobytes()
        assert got.duration == pytest.approx(duration)
    got, trace = found.trace("x", "v_soma"), whole.traces["x"]["v_soma"]
    assert got.values.tobytes() == trace.values.tobytes()
    np.testing.assert_allclose(got.time, trace.time, atol=1e-12)


def test_parts_are_the_whole_and_tell_how_far_they_are(tmp_path):
    told = []
    found = nm.run_in_parts(NETWORK, STIMULUS, tmp_path / "run", duration=0.3, **SETTINGS,
                            progress=lambda *done: told.append(done))  # fmt: skip
    assert len(found.parts) == 5  # 0.07 four times, then 0.02
    assert found.seconds == pytest.approx(0.3)
    assert told[-1] == (3000, 3000)
    assert all(a < b for (a, _), (b, _) in itertools.pairwise(told))
    equal(found, 0.3)


class StopError(RuntimeError):
    pass


def test_a_run_that_dies_goes_on_and_is_the_same(tmp_path):
    def die(done, whole):
        if done > 1700:
            raise StopError

    with pytest.raises(StopError):
        nm.run_in_parts(NETWORK, STIMULUS, tmp_path, duration=0.3, **SETTINGS, progress=die)
    assert nm.LongRun(folder=tmp_path).seconds == pytest.approx(0.14)
    found = nm.run_in_parts(NETWORK, STIMULUS, tmp_path, duration=0.3, **SETTINGS)
    equal(found, 0.3)
    further = nm.run_in_parts(NETWORK, STIMULUS, tmp_path, duration=0.4, **SETTINGS)
    equal(further, 0.4)


def test_a_part_without_its_checkpoint_is_done_again(tmp_path):
    nm.run_in_parts(NETWORK, STIMULUS, tmp_path, duration=0.07, **SETTINGS)
    before = (tmp_path / "state.npz").read_bytes()
    nm.run_in_parts(NETWORK, STIMULUS, tmp_path, duration=0.2, **SETTINGS)
    (tmp_path / "state.npz").write_bytes(before)  # as if it died between part and checkpoint
    equal(nm.run_in_parts(NETWORK, STIMULUS, tmp_path, duration=0.2, **SETTINGS), 0.2)


def test_a_folder_of_another_run_is_refused(tmp_path):
    nm.run_in_parts(NETWORK, STIMULUS, tmp_path, duration=0.01, **SETTINGS)
    with pytest.raises(ValueError, match=r"another seed \(3, not 4\): take another folder"):
        nm.run_in_parts(NETWORK, STIMULUS, tmp_path, duration=0.01, **{**SETTINGS, "seed": 4})
    with pytest.raises(ValueError, match="holds a run of another stimulus"):
        nm.run_in_parts(NETWORK, {}, tmp_path, duration=0.01, **SETTINGS)


def test_a_folder_says_which_version_made_it(tmp_path):
    found = nm.run_in_parts(NETWORK, STIMULUS, tmp_path, duration=0.01, **SETTINGS)
    assert found.version == nm.__version__
    path = tmp_path / "run.json"
    path.write_text(path.read_text().replace(f'"{nm.__version__}"', '"0.0.1"'))
    said = rf"holds a run of another version \(0\.0\.1, not {nm.__version__}\): take another folder"
    with pytest.raises(ValueError, match=said):
        nm.run_in_parts(NETWORK, STIMULUS, tmp_path, duration=0.02, **SETTINGS)


def test_a_folder_without_a_run_is_told(tmp_path):
    """Empty, not there, a file, of something else, or not one part yet: one line each."""
    (tmp_path / "file").write_text("x")
    for folder in (tmp_path, tmp_path / "nowhere", tmp_path / "file"):
        empty = nm.LongRun(folder=folder)
        for read in (lambda e: e.spikes("x"), lambda e: e.seconds, lambda e: e.version, list):
            with pytest.raises(ValueError, match=r"^LongRun: folder '.*' holds no run \(run.json"):
                read(empty)
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(ValueError, match="holds a run without a whole part yet"):
        nm.LongRun(folder=tmp_path).trace("x", "v_soma")
    with pytest.raises(ValueError, match="holds a run of another version"):
        nm.run_in_parts(NETWORK, STIMULUS, tmp_path, duration=0.02, **SETTINGS)
    (tmp_path / "run.json").write_text("{ torn")
    with pytest.raises(ValueError, match="is not whole: take another folder"):
        nm.run_in_parts(NETWORK, STIMULUS, tmp_path, duration=0.02, **SETTINGS)


def test_parts_of_an_unknown_run_are_not_mixed_in(tmp_path):
    found = nm.run_in_parts(NETWORK, STIMULUS, tmp_path, duration=0.01, **SETTINGS)
    with pytest.raises(ValueError, match="population 'y' came, 'in', 'x' is there"):
        found.spikes("y")
    with pytest.raises(ValueError, match="recorded variable 'w_soma' came, 'v_soma' is there"):
        found.trace("x", "w_soma")
    (tmp_path / "run.json").unlink()
    with pytest.raises(ValueError, match=r"holds parts of a run but no run\.json"):
        nm.run_in_parts(NETWORK, STIMULUS, tmp_path, duration=0.02, **SETTINGS)


@pytest.mark.parametrize(("variable", "told"), [("v_apical", "v_apical"), ("i_basal", "v_soma")])
def test_a_nan_is_told_by_cell_unit_and_step(variable, told):
    """One number of the state that a run goes on from is made NaN; nothing hides it."""
    step, network = 37, nm.Network(
        populations=(nm.Population(name="l5", n=300, cell=nm.TwoCompartment()),)
    )
    state = nm.run(network, {}, duration=step * 1e-4).state
    broken = state.arrays[f"l5.{variable}"].copy()
    broken[270] = np.nan
    state = dataclasses.replace(state, arrays={**state.arrays, f"l5.{variable}": broken})
    said = (
        r"population 'l5' \(TwoCompartment\), unit 270: potential out of range at the end of "
        rf"step {step} \(t = {step * 1e-4:g} s: .*{told} = nan"
    )
    with pytest.raises(RuntimeError, match=said):
        nm.run(network, {}, duration=0.01, start=state)


@pytest.mark.parametrize(
    ("backend", "said"),
    [
        ("numba", r"potential out of range at the end of step 71 \(t = 0\.0071 s: v_soma = nan"),
        ("brian2", r"potential out of range within 0\.01 s \(v_soma = nan\).*backend 'numba'"),
    ],
)
@pytest.mark.filterwarnings("ignore:(overflow|invalid value):RuntimeWarning")  # Brian2's numpy
def test_a_run_that_goes_nan_stops(backend, said):
    """Two conductances of 1.7e308 S add up to infinity: infinity minus infinity is no current.

    They are sent in steps 50 and 60 with a delay of 10 steps; the second acts in step 71. Until
    then nothing flows: the soma rests at the reversal potential.
    """
    cell, weights = nm.TwoCompartment(g_s=0.0), np.array([[0.0, 1.7e308, 0.0]])
    network = nm.Network(
        populations=(
            nm.Population(name="in", n=1, cell=nm.Source()),
            nm.Population(name="x", n=3, cell=cell),
        ),
        projections=(
            nm.Projection(
                source="in", target="x", weights=weights, delay=1e-3,
                synapse=nm.Exponential(tau=5e-3, reversal=cell.v_leak),
            ),
        ),
    )  # fmt: skip
    given = {"in": nm.SpikeTimes(time=[5e-3, 6e-3], index=[0, 0])}
    with pytest.raises(RuntimeError, match=rf"population 'x' \(TwoCompartment\), unit 1: {said}"):
        nm.run(network, given, backend=backend, duration=0.01)


def test_a_runaway_potential_is_told_by_cell_unit_and_step():
    """``V_k = v_leak + I tau/c (1 - (1 - dt/tau)^k)`` exceeds 10 V after k steps."""
    current, cell = 5e-6, nm.TwoCompartment(v_th=1e9, g_s=0.0)
    k = np.log(1 - (10 - cell.v_leak) * cell.c_s / (current * cell.tau_s))
    k = int(np.ceil(k / np.log(1 - 1e-4 / cell.tau_s)))
    late = np.where(np.arange(300) == 270, current, 0.0)
    given = {"x.basal": nm.Current(value=[late * 0, late], time=[0.0, 0.0205])}
    network = nm.Network(populations=(nm.Population(name="x", n=300, cell=cell),))
    step = 205 + k - 1
    said = (
        r"population 'x' \(TwoCompartment\), unit 270: potential out of range at the end of step "
        rf"{step} \(t = {step * 1e-4:g} s: v_soma = 1\d\."
    )
    with pytest.raises(RuntimeError, match=said):
        nm.run(network, given, duration=0.1)
