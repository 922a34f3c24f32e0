"""What of the Vivado scripts can be checked without Vivado: Tcl syntax, flow, hash, manifest."""

import hashlib
import importlib.util
import json
import re
import shutil
import subprocess
import sys

import pytest

from neuromorph import _res
from neuromorph.fpga import board, rtl
from neuromorph.fpga.bitstream import roomy, vivado_command
from neuromorph.fpga.frame_shape import FrameShape
from neuromorph.fpga.shape import SpikingShape

VIVADO = _res.root() / "fpga" / "vivado"
#: Every Vivado command is answered by a stand-in that writes it down and returns its name.
STAND_IN = """
set log [open commands.txt w]
proc unknown {args} { puts $::log $args; return [lindex $args 0] }
proc get_board_parts {args} { puts $::log "get_board_parts $args"; return $::board_files }
proc get_bd_pins {name} { return $name }
proc get_bd_intf_pins {name} { return $name }
proc get_property {args} {
  if {[lindex $args 0] eq {PROGRESS}} { return 100% }
  expr {[lindex $args 0] eq {SLACK} ? $::slack : 1}
}
proc version {args} { return none }
rename glob real_glob
proc glob {args} {
  set found [real_glob -nocomplain {*}$args]
  expr {[llength $found] ? $found : [list [info script]]}
}
"""
needs_tclsh = pytest.mark.skipif(shutil.which("tclsh") is None, reason="tclsh is not on PATH")


def dry(tmp_path, name, *arguments, slack=1, files=()):
    (tmp_path / "dry.tcl").write_text(
        f"set argv [list {' '.join(arguments)}]\nset slack {slack}\n"
        f"set board_files [list {' '.join(files)}]\n{STAND_IN}"
        f"source {{{VIVADO / name}.tcl}}\n"
    )
    return subprocess.run(["tclsh", "dry.tcl"], cwd=tmp_path, capture_output=True, text=True,
                          check=False)  # fmt: skip


def test_hash_is_the_drivers():
    done = subprocess.run(
        [sys.executable, str(VIVADO / "build_hash.py"), str(VIVADO.parent / "rtl")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert int(done.stdout) == rtl.build_hash()


def test_every_board_has_a_script():
    assert {p.stem for p in VIVADO.glob("*.tcl")} == {"build", *board.boards()}


@pytest.mark.skipif(
    shutil.which("tclsh") is None and importlib.util.find_spec("_tkinter") is None,
    reason="neither tclsh nor Python's tkinter is there",
)
@pytest.mark.parametrize("path", sorted(VIVADO.glob("*.tcl")), ids=lambda p: p.stem)
def test_syntax(path):
    """``info complete`` of the whole and of each command: braces, brackets, quotes close."""
    text = f"set f [open {{{path}}}]; set text [read $f]; close $f; info complete $text"
    if shutil.which("tclsh"):
        done = subprocess.run(["tclsh"], input=f"puts [eval {{{text}}}]", capture_output=True,
                              text=True, check=True)  # fmt: skip
        answer = done.stdout.strip()
    else:
        import tkinter

        answer = str(tkinter.Tcl().eval(text))
    assert answer == "1"


@needs_tclsh
@pytest.mark.parametrize("core", ["spiking", "cooperative"])
@pytest.mark.parametrize("name", board.boards())
def test_script_runs_against_recorded_commands(name, core, tmp_path):
    done = dry(tmp_path, name, core, "REPLICAS=4", "UNIT_BITS=9", "MHZ=150")
    assert done.returncode == 0, done.stderr
    out = tmp_path / "build" / name / core
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["part"] == board.board_data(name).part
    assert (manifest["board"], manifest["core"], manifest["clock_mhz"]) == (name, core, 150)
    assert manifest["parameters"] == {"REPLICAS": 4, "UNIT_BITS": 9}
    assert manifest["build"] == rtl.build_hash()
    bit = (out / "neuromorph.bit").read_bytes()
    assert manifest["sha256"] == hashlib.sha256(bit).hexdigest()
    commands = (tmp_path / "commands.txt").read_text()
    assert f"create_bd_cell -type module -reference neuromorph_{core} core_0" in commands
    assert f"CONFIG.BUILD 0x{rtl.build_hash():08X} CONFIG.REPLICAS 4 CONFIG.UNIT_BITS 9" in commands
    assert "FREQMHZ 150" in commands
    # IP by name with any version: none is written down
    assert not re.search(r"xilinx\.com:ip:\w+:\d", (VIVADO / "build.tcl").read_text())


#: Clocks, resets and buses of the IP in the design, as their product guides name them (PG021 AXI
#: DMA in direct mode, PG247 SmartConnect, PG164 reset, PG201 processing system).
PINS = {
    "axi_dma_0": {"s_axi_lite_aclk", "m_axi_mm2s_aclk", "m_axi_s2mm_aclk", "axi_resetn",
                  "S_AXI_LITE", "M_AXI_MM2S", "M_AXI_S2MM", "M_AXIS_MM2S", "S_AXIS_S2MM"},
    "control_bus": {"aclk", "aresetn", "S00_AXI", "M00_AXI", "M01_AXI"},
    "memory_bus": {"aclk", "aresetn", "S00_AXI", "S01_AXI", "M00_AXI"},
    "reset_0": {"slowest_sync_clk", "ext_reset_in", "interconnect_aresetn", "peripheral_aresetn"},
    "zynq_ultra_ps_e_0": {"pl_clk0", "pl_resetn0", "maxihpm0_fpd_aclk", "saxihp0_fpd_aclk",
                          "M_AXI_HPM0_FPD", "S_AXI_HP0_FPD"},
}  # fmt: skip


@needs_tclsh
@pytest.mark.parametrize("core", ["spiking", "cooperative"])
def test_every_pin_of_the_design_is_connected_once(core, tmp_path):
    assert dry(tmp_path, "zcu104", core).returncode == 0
    commands = (tmp_path / "commands.txt").read_text().splitlines()
    made = {line.split()[-1]: line for line in commands if line.startswith("create_bd_cell")}
    joined = [line.split()[1:] for line in commands
              if line.startswith(("connect_bd_net", "connect_bd_intf_net"))]  # fmt: skip
    verilog = (VIVADO.parent / "rtl" / f"neuromorph_{core}.v").read_text()
    ports = re.findall(r"^ {4}(?:in|out)put wire (?:\[\S+\] )?(\w+)", verilog, re.MULTILINE)
    own = {re.sub(r"^([sm]_axis?)_.*", r"\1", port) for port in ports}
    expected = {f"{cell}/{pin}" for cell, pins in (PINS | {"core_0": own}).items() for pin in pins}
    assert {pin for pair in joined for pin in pair} == expected
    targets = [pair[1] for pair in joined]
    assert len(targets) == len(set(targets))
    assert {pin.split("/")[0] for pin in expected} == set(made)
    # what Vivado needs to know of the core's clock (UG994): its buses and its reset
    assert own == {"aclk", "aresetn", "s_axi", "s_axis", "m_axis"}
    assert "ASSOCIATED_BUSIF s_axi:s_axis:m_axis, ASSOCIATED_RESET aresetn" in verilog


@needs_tclsh
def test_the_newest_files_of_the_board_are_taken_or_their_absence_told(tmp_path):
    without = dry(tmp_path, "kv260")
    assert "this Vivado has no files of board xilinx.com:kv260_som:part0" in without.stdout
    commands = (tmp_path / "commands.txt").read_text()
    assert "get_board_parts -quiet xilinx.com:kv260_som:part0:*" in commands
    assert "apply_board_preset" not in commands
    names = [f"xilinx.com:kv260_som:part0:1.{k}" for k in (2, 10, 4)]
    assert "WARNING" not in dry(tmp_path, "kv260", files=names).stdout
    commands = (tmp_path / "commands.txt").read_text()
    assert "set_property board_part xilinx.com:kv260_som:part0:1.10" in commands
    assert "apply_board_preset" in commands


@needs_tclsh
def test_what_is_wrong_stops_the_script(tmp_path):
    assert "has no parameter SLOT_BITS" in dry(tmp_path, "zcu104", "cooperative",
                                               "SLOT_BITS=4").stderr  # fmt: skip
    assert "spiking, cooperative, or NAME=VALUE" in dry(tmp_path, "zcu104", "other").stderr
    late = dry(tmp_path, "zcu104", slack=-0.25)
    assert "timing is not met: setup slack -0.25 ns at 100 MHz" in late.stderr
    assert not (tmp_path / "build/zcu104/spiking/neuromorph.bit").exists()
    assert "source the script of a board" in dry(tmp_path, "build").stderr


@needs_tclsh
def test_the_command_that_the_driver_prints_is_one_that_runs(tmp_path):
    """Its arguments give the script the parameters of the shape, and the usual ones are left."""
    for shape in (roomy(FrameShape(bits=2, synapse_bits=14, lane_bits=3)),
                  roomy(SpikingShape(bits=8, slot_bits=8, replicas=3))):  # fmt: skip
        command = vivado_command("zcu102", shape).split()
        assert command[:3] == ["vivado", "-mode", "batch"]
        arguments = command[command.index("-tclargs") + 1 :]
        done = dry(tmp_path, "zcu102", *arguments)
        assert done.returncode == 0, done.stderr
        core = arguments[0]
        manifest = json.loads((tmp_path / "build/zcu102" / core / "manifest.json").read_text())
        usual = type(shape)().parameters
        assert {**usual, **manifest["parameters"]} == shape.parameters
