"""`neuromorph train mcc`: what it refuses, its tables, and a sketch from end to end."""

import pytest
from click.testing import CliRunner

from neuromorph.cli import train_command
from neuromorph.cli.train_command import command, damage_table, table
from neuromorph.cooperative.damage import Curve
from neuromorph.cooperative.study import Line


def test_scenarios_are_named():
    refused = CliRunner().invoke(command, ["mcc", "--scenario", "sunny"])
    assert refused.exit_code == 2
    assert "'plain', 'unreliable'" in refused.output


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--rate", "0"], "0.0 is not in the range x>0"),
        (["--scenario", "plain", "--rate", "0.1"], "--rate came with --scenario plain"),
        (["--scenario", "damage", "--epochs", "2"], "--epochs came with --scenario damage"),
        (["--scenario", "plain", "--labels", "2"], "--labels came with --scenario plain"),
        (["--quick", "--labels", "41"], "41 came, 1 to 40 utterances are there"),
    ],
)
def test_options_that_would_be_ignored_are_refused(options, said):
    refused = CliRunner().invoke(command, ["mcc", *options])
    assert refused.exit_code == 2
    assert said in " ".join(refused.output.replace("│", " ").split())


def test_one_seed_has_no_interval():
    nan = float("nan")
    names = ("n_parameter", "hit_fa", "lowest_snr_hit_fa", "accuracy", "events", "zero_skipped",
             "open", "validation_hit_fa", "validation_events")  # fmt: skip
    line = Line(family="m2h", hidden=(4,), penalty=0.1, rate=0.01, epochs=1, labels=0, n=1,
                mean=dict.fromkeys(names, 0.5), half=dict.fromkeys(names, nan))  # fmt: skip
    columns = {c.header: list(c.cells) for c in table([line]).columns}
    assert columns["HIT-FA"] == ["0.5000 +-n/a"]
    assert columns["events/frame"] == ["0 +-n/a"]


def test_labels_reach_the_nets(tmp_path, monkeypatch):
    """The plan that is run: every case has reconstruction and 12 labelled utterances."""
    seen = {}

    def caught(plan, function, **more):
        seen.update(plan=plan, **more)
        raise KeyboardInterrupt

    monkeypatch.setattr(train_command, "run_sweep", caught)
    CliRunner().invoke(command, ["mcc", "--quick", "--labels", "12", "--seeds", "2"])
    assert {p["labels"] for p in seen["plan"].parameters} == {12}
    assert seen["folder"].parts[-2:] == ("mcc-labels12-quick", "sweep")


def test_damage_table_says_what_was_measured():
    mean = {"hit_fa": 0.6, "events": 5000.0, "at_damage_hit_fa": 0.123}
    curve = Curve(family="m2h", hidden=(4, 3), moment="before", n=2, mean=mean,
                  half={"hit_fa": 0.01}, loss=(1.0,), loss_half=(0.1,))  # fmt: skip
    columns = {c.header: list(c.cells) for c in damage_table([curve]).columns}
    assert columns["HIT-FA before"] == ["-"]  # never measured: killed before training
    assert columns["just after"] == ["0.1230"]
    assert columns["in the end"] == ["0.6000 +-0.0100"]


@pytest.mark.slow
def test_sketches_run_and_write_their_pictures(tmp_path, monkeypatch):
    monkeypatch.setenv("NEUROMORPH_CACHE", str(tmp_path / "cache"))
    study = CliRunner().invoke(
        command, ["mcc", "--quick", "--seeds", "1", "--epochs", "1", "--out", str(tmp_path / "a")]
    )
    assert study.exit_code == 0, study.output
    assert (tmp_path / "a" / "front.png").stat().st_size > 10_000
    scenario = CliRunner().invoke(
        command,
        ["mcc", "--quick", "--scenario", "three", "--seeds", "1", "--out", str(tmp_path / "c")],
    )
    assert scenario.exit_code == 0, scenario.output
    assert "events of m2h relative to towers" in scenario.output
    assert (tmp_path / "c" / "front.png").stat().st_size > 10_000
    damage = CliRunner().invoke(
        command,
        ["mcc", "--quick", "--scenario", "damage", "--seeds", "1", "--out", str(tmp_path / "b")],
    )
    assert damage.exit_code == 0, damage.output
    assert "masked" in damage.output
    assert (tmp_path / "b" / "damage.png").stat().st_size > 10_000
