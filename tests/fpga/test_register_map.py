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
