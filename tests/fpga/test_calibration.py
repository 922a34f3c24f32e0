"""Constants from a power report or a measurement: what they were found with comes out again."""

import pytest
from rail_case import COPY, made_up

import neuromorph as nm
from neuromorph.fpga import calibration, measurement

#: As Vivado 2021.1 lays it out, shortened; the numbers are made up.
REPORT = """
| Design           : neuromorph_wrapper
1. Summary
----------

+--------------------------+--------------+
| Total On-Chip Power (W)  | 3.356        |
| Design Power Budget (W)  | Unspecified* |
| Dynamic (W)              | 2.756        |
| Device Static (W)        | 0.600        |
| Confidence Level         | Medium       |
+--------------------------+--------------+

1.1 On-Chip Components
| Clocks                   |     0.005 |        3 |       --- |             --- |

3.1 By Hierarchy
----------------

+---------------------------+-----------+
| Name                      | Power (W) |
+---------------------------+-----------+
| neuromorph_wrapper        |     2.756 |
|   neuromorph_i            |     2.756 |
|     axi_dma_0             |     0.012 |
|     core_0                |     0.040 |
|     reset_0               |    <0.001 |
+---------------------------+-----------+
"""


@pytest.fixture
def report(tmp_path):
    (tmp_path / "power.rpt").write_text(REPORT)
    return calibration.read_report(tmp_path / "power.rpt")


def test_a_report_is_read(report):
    assert (report.static, report.dynamic, report.confidence) == (0.6, 2.756, "Medium")
    assert report.cells["core_0"] == 0.04
    assert report.cells["reset_0"] == 0.001


def xor(**options):
    work = nm.workloads.xor()
    return nm.run(work.network, work.stimuli["10"], backend=nm.FPGAModel(**options),
                  duration=0.2, dt=1e-4)  # fmt: skip


def test_the_run_it_was_found_with_takes_the_power_it_says(report):
    """0.04 W for the cycles of the run, and 0.6 W static; half of that per copy of two."""
    counts = xor().counts
    found = calibration.from_report(report, counts, clock=200e6)
    seconds = counts.cycles / 200e6
    (energy,) = xor(calibration=found).energy
    assert energy.dynamic == pytest.approx(0.04 * seconds)
    assert energy.static == pytest.approx(0.6 * seconds)
    assert energy.joules == energy.dynamic + energy.static
    assert (energy.method, energy.boundary) == ("counted", "chip")
    assert "Vivado report_power, core_0 0.04 W, confidence Medium" in energy.source
    half = calibration.from_report(report, counts, clock=200e6, copies=2)
    assert half.event == pytest.approx(found.event / 2)


def test_a_frame_based_network_is_calibrated_alike():
    work = nm.workloads.cooperative_xor()
    one = calibration.Calibration(event=2e-12, static=0.5, source="made up")
    result = nm.run(work.network, work.stimuli["10"], backend=nm.FPGAModel(calibration=one))
    (energy,) = result.energy
    assert energy.dynamic == pytest.approx(2e-12 * result.counts.transmissions)
    assert energy.static == pytest.approx(0.5 * result.provenance.device_seconds)


def test_without_one_the_energy_says_uncalibrated():
    work = nm.workloads.cooperative_xor()
    frames = nm.run(work.network, work.stimuli["10"], backend="fpga-model")
    for result in (xor(), frames):
        assert all(e.source.startswith("uncalibrated, a figure of another core")
                   for e in result.energy)  # fmt: skip


def test_a_measurement_gives_the_constant_of_one_copy():
    counts = xor().counts
    for recording in (made_up(), made_up(copies=(1, 4, 16))):
        finding = measurement.evaluate(recording)
        found = calibration.from_finding(finding, counts)
        exact = COPY * finding.seconds / counts.transmissions
        assert found.event == pytest.approx(exact, rel=0.02)
        assert found.static == 0.0
    coarse = measurement.evaluate(made_up(step=0.125, noise=0.06))
    with pytest.raises(ValueError, match="below sensor resolution"):
        calibration.from_finding(coarse, counts)


def test_what_cannot_be_is_refused(report, tmp_path):
    counts = xor().counts
    with pytest.raises(ValueError, match="lists: neuromorph_wrapper, neuromorph_i, axi_dma_0"):
        calibration.from_report(report, counts, clock=2e8, cell="core_1")
    with pytest.raises(ValueError, match="0 events, None cycles"):
        calibration.from_report(report, nm.Counts(), clock=2e8)
    (tmp_path / "other.rpt").write_text("Utilization Design Information")
    with pytest.raises(ValueError, match=r"no 'Device Static \(W\)' in it"):
        calibration.read_report(tmp_path / "other.rpt")
    with pytest.raises(ValueError, match=r"Calibration.event: -1.0 came"):
        calibration.Calibration(event=-1.0, source="x")
    with pytest.raises(ValueError, match=r"Calibration.source: none came"):
        calibration.Calibration(event=1.0, source=" ")
