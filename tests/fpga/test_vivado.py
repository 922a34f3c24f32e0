"""What of the Vivado script can be checked without Vivado: Tcl syntax, its hash, its files."""

import shutil
import subprocess
import sys

import pytest

from neuromorph import _res
from neuromorph.fpga import board, rtl

VIVADO = _res.root() / "fpga" / "vivado"
STAND_IN = """
proc unknown {args} { return [lindex $args 0] }
proc get_property {args} { expr {[lindex $args 0] eq {PROGRESS} ? {100%} : 1} }
proc version {args} { return none }
rename glob real_glob
proc glob {args} {
  set found [real_glob -nocomplain {*}$args]
  expr {[llength $found] ? $found : [list [info script]]}
}
"""


def test_hash_is_the_drivers():
    done = subprocess.run(
        [sys.executable, str(VIVADO / "build_hash.py"), str(VIVADO.parent / "rtl")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert int(done.stdout) == rtl.build_hash()


@pytest.mark.skipif(shutil.which("tclsh") is None, reason="tclsh is not on PATH")
@pytest.mark.parametrize("name", board.boards())
def test_script_runs_against_recorded_commands(name, tmp_path):
    """Every Vivado command is answered by a stand-in that only returns its name."""
    (tmp_path / "dry.tcl").write_text(f"set argv [list {name}]\n{STAND_IN}"
                                      f"source {{{VIVADO / 'build.tcl'}}}\n")  # fmt: skip
    done = subprocess.run(["tclsh", "dry.tcl"], cwd=tmp_path, capture_output=True, text=True,
                          check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    manifest = (tmp_path / "build" / name / "manifest.json").read_text()
    assert board.board_data(name).part in manifest
    assert str(rtl.build_hash()) in manifest
