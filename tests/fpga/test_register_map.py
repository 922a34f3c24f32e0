"""The register map agrees with the files made from it, and with itself."""

import copy

import pytest

from neuromorph import _res
from neuromorph.fpga import register, register_map


@pytest.mark.parametrize("path", sorted(register_map.generated()))
def test_generated_files_agree(path):
    here = _res.root() / path
    assert here.read_text(encoding="utf-8") == register_map.generated()[path], (
        "run python -m neuromorph.fpga.register_map"
    )


def test_identity_comes_first():
    assert register.REGISTERS["ID"] == (0, 1)
    assert register.REGISTERS["VERSION"] == (4, 1)
    assert register.REGISTERS["BUILD"] == (8, 1)


def test_the_version_stands_for_the_registers_and_words_as_they_are():
    """Who changes a register, a stream word or a record raises the version by the rule."""
    held = register_map.read()
    assert register_map.version(held) == register.VERSION
    assert held["versions"][-1]["version"] == "{}.{}".format(*register.VERSION)


@pytest.mark.parametrize("change", [
    lambda r: r["registers"][5]["fields"].pop(), lambda r: r["registers"][6].update(offset=100),
    lambda r: r["registers"][7].update(access="r"),
    lambda r: r["registers"].append({"name": "NEW", "offset": 104, "access": "r", "text": ""}),
])  # fmt: skip
def test_a_changed_interface_without_a_new_version_is_refused(change):
    wrong = copy.deepcopy(register_map.read())
    change(wrong)
    with pytest.raises(ValueError, match="add a version by the rule"):
        register_map.version(wrong)
    wrong["versions"].append({"version": "9.0", "digest": register_map.digest(wrong), "change": ""})
    assert register_map.version(wrong) == (9, 0)
    wrong["versions"].append({**wrong["versions"][-1], "version": "8.7"})
    with pytest.raises(ValueError, match=r"rising MAJOR.MINOR is allowed"):
        register_map.version(wrong)


def test_prose_is_no_part_of_the_interface():
    same = copy.deepcopy(register_map.read())
    same["registers"][0]["text"] = "What core this is."
    assert register_map.version(same) == register.VERSION


def test_stream_words_are_part_of_the_interface(monkeypatch, tmp_path):
    """What the header of a core says of its words goes into the digest, its code does not."""
    held, folder = register_map.read(), tmp_path / "fpga" / "rtl"
    folder.mkdir(parents=True)
    for name in register_map.CORES:
        text = (_res.root() / "fpga" / "rtl" / name).read_text(encoding="utf-8")
        (folder / name).write_text(text + "// more", encoding="utf-8")
    monkeypatch.setattr(_res, "root", lambda: tmp_path)
    assert register_map.version(held) == register.VERSION
    core = folder / "spiking_core.v"
    core.write_text(core.read_text(encoding="utf-8").replace("01 n  ", "01 m  "), encoding="utf-8")
    with pytest.raises(ValueError, match="add a version by the rule"):
        register_map.version(held)


def test_every_register_stands_in_the_verilog():
    text = (_res.root() / "fpga" / "rtl" / "shell.v").read_text(encoding="utf-8")
    for name in register.REGISTERS:
        assert f"`REG_{name}" in text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r[1].update(offset=0), "register VERSION: offset 0 came"),
        (lambda r: r[2].update(offset=9), "register BUILD: offset 9 came"),
        (lambda r: r[3]["fields"][1].update(low=3), "register SHAPE, field UNIT_BITS"),
        (lambda r: r[-1].update(offset=4096), "register UPDATES: offset 4096 came"),
    ],
)
def test_overlaps_are_refused(change, message):
    wrong = copy.deepcopy(register_map.read())
    change(wrong["registers"])
    with pytest.raises(ValueError, match=message):
        register_map.check(wrong)
