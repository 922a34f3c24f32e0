"""`neuromorph train mcc`: what it refuses, its tables, and a sketch from end to end."""

import pytest
from click.testing import CliRunner

from neuromorph.cli.train_command import command, damage_table
from neuromorph.cooperative.damage import Curve


def test_scenarios_are_named():
    refused = CliRunner().invoke(command, ["mcc", "--scenario", "sunny"])
    assert refused.exit_code == 2
    assert "'plain', 'unreliable'" in refused.output


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
