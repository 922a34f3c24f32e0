"""The study of number formats: its points, tables and picture, on sizes of a test."""

import numpy as np
import pytest

from neuromorph.sweep import Plan, run_sweep
from neuromorph.workloads import formats
from neuromorph.workloads.glyph import nearest, noisy_glyphs
from neuromorph.workloads.glyph_net import OBJECTIVES, glyph_data, glyph_net
from neuromorph.workloads.number_format import measurement


def small_task(name, seed, quick):
    return measurement.Task(
        network=glyph_net((24,), seed=seed), train=glyph_data(1500, seed=1),
        test=glyph_data(1000, seed=2), objectives=OBJECTIVES, readout="digit",
        quality=measurement.most_likely, epochs=8,
    )  # fmt: skip


@pytest.fixture(scope="module")
def outcomes():
    whole = formats(seeds=1)
    chosen = [p.parameters for p in whole.plan if p.parameters.get("density") in
              ("normal", "Student t, 3") or p.parameters.get("net") == "glyph"]  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measurement, "task", small_task)
        return run_sweep(Plan(parameters=chosen, name="formats"), measurement.measure)


def test_integration_and_sampling_agree(outcomes):
    sheet = formats().sheets(outcomes)[0]
    normal = dict(zip(sheet.columns, sheet.rows[0], strict=True))
    # Max 1960 and later tables: 256 levels on a normal density, 40.57 dB; ours has 255
    assert normal["INT8"] == pytest.approx(40.55, abs=0.05)
    assert normal["sampling off by"] < 0.3
    heavy = dict(zip(sheet.columns, sheet.rows[1], strict=True))
    assert heavy["FP8-E4M3"] > heavy["INT8"] + 10


def test_a_trained_net_in_every_format(outcomes):
    sheet = next(s for s in formats().sheets(outcomes) if s.name == "glyph")
    rows = {row[0]: dict(zip(sheet.columns, row, strict=True)) for row in sheet.rows}
    seen, digit = noisy_glyphs(1000, seed=2)
    best = float(np.mean(nearest(seen) == digit))
    plain = rows["float32"]["weights only"]
    assert best - 0.1 < plain <= best + 0.01  # no net beats the most likely digit by more than luck
    for name in ("INT8", "FP8-E4M3", "FP8-E3M4"):
        assert abs(rows[name]["change"]) < 0.02
    # trained weights are near to normal, so the analysis predicts their signal to noise
    assert rows["INT8"]["weights (dB)"] == pytest.approx(40.5, abs=1.5)
    assert rows["FP8-E4M3"]["weights (dB)"] == pytest.approx(31.6, abs=0.7)


def test_the_picture_and_the_energy(outcomes):
    study = formats()
    assert len(study.picture(outcomes).axes) == 2
    energy = study.sheets(outcomes)[-1]
    assert energy.rows[1][1] == pytest.approx(1.5 * energy.rows[0][1])
    assert "their figure" in energy.rows[1][3]


def test_an_unknown_net():
    with pytest.raises(ValueError, match="task: 'vgg' came, glyph, can or m2h"):
        measurement.task("vgg", 0, True)
