# One bitstream of a core for one board; a script per board calls this one:
#
#   vivado -mode batch -source fpga/vivado/zcu104.tcl -tclargs ?CORE? ?NAME=VALUE ...?
#
# CORE is spiking (if left out) or cooperative. NAME is a parameter of its Verilog, such as REPLICAS
# or UNIT_BITS, or MHZ, the clock (100 if left out). The board is a file of fpga/boards. Written to
# build/BOARD/CORE: neuromorph.bit, neuromorph.hwh, timing.rpt, utilisation.rpt, manifest.json.
# UNTESTED: nobody has run this script through Vivado yet.

proc member {text key} {
    if {![regexp "\"$key\": \"(\[^\"\]*)\"" $text -> value]} { error "no $key in the board file" }
    return $value
}

set here [file dirname [file normalize [info script]]]
set fpga [file dirname $here]
if {![info exists board]} { error "source the script of a board, such as zcu104.tcl" }
if {![info exists argv]} { set argv {} }
set kind spiking
set mhz 100
set parameters [dict create]
foreach word $argv {
    if {[regexp {^([A-Z_]+)=([0-9]+)$} $word -> name value]} {
        if {$name eq "MHZ"} { set mhz $value } else { dict set parameters $name $value }
    } elseif {$word in {spiking cooperative}} {
        set kind $word
    } else {
        error "$word came: spiking, cooperative, or NAME=VALUE is allowed"
    }
}
set module neuromorph_$kind

# a parameter that the Verilog does not have is a mistake, not a no-operation
set file [open [file join $fpga rtl $module.v]]
set verilog [read $file]
close $file
foreach name [dict keys $parameters] {
    if {![regexp "parameter $name = " $verilog]} { error "$module has no parameter $name" }
}

set file [open [file join $fpga boards $board.json]]
set text [read $file]
close $file
set part [member $text part]
set board_part [member $text board_part]

# the register BUILD: first 32 bits of the SHA-256 over names and contents of the sources
set build [exec python3 [file join $here build_hash.py] [file join $fpga rtl]]

set out [file normalize [file join build $board $kind]]
file mkdir $out
create_project -force neuromorph [file join $out project] -part $part
if {[llength [get_board_parts -quiet $board_part]]} {
    set_property board_part $board_part [current_project]
}
add_files [glob [file join $fpga rtl *.v] [file join $fpga rtl *.vh]]
set_property include_dirs [file join $fpga rtl] [current_fileset]

proc newest {name} {
    set found [lsort -dictionary [get_ipdefs -all "xilinx.com:ip:$name:*"]]
    if {![llength $found]} { error "no IP $name in this Vivado" }
    return [lindex $found end]
}

create_bd_design neuromorph
set ps [create_bd_cell -type ip -vlnv [newest zynq_ultra_ps_e] zynq_ultra_ps_e_0]
if {[llength [get_board_parts -quiet $board_part]]} {
    apply_bd_automation -rule xilinx.com:bd_rule:zynq_ultra_ps_e -config {apply_board_preset 1} $ps
}
set_property -dict [list CONFIG.PSU__FPGA_PL0_ENABLE 1 \
    CONFIG.PSU__CRL_APB__PL0_REF_CTRL__FREQMHZ $mhz CONFIG.PSU__USE__M_AXI_GP0 1 \
    CONFIG.PSU__USE__M_AXI_GP1 0 CONFIG.PSU__USE__M_AXI_GP2 0 CONFIG.PSU__USE__S_AXI_GP2 1] $ps
set dma [create_bd_cell -type ip -vlnv [newest axi_dma] axi_dma_0]
set_property -dict [list CONFIG.c_include_sg 0 CONFIG.c_sg_length_width 23 \
    CONFIG.c_m_axi_mm2s_data_width 32 CONFIG.c_m_axis_mm2s_tdata_width 32] $dma
set core [create_bd_cell -type module -reference $module core_0]
set chosen [list CONFIG.BUILD $build]
dict for {name value} $parameters { lappend chosen CONFIG.$name $value }
set_property -dict $chosen $core

foreach {master slave} [list \
    /zynq_ultra_ps_e_0/M_AXI_HPM0_FPD /axi_dma_0/S_AXI_LITE \
    /zynq_ultra_ps_e_0/M_AXI_HPM0_FPD /core_0/s_axi] {
    apply_bd_automation -rule xilinx.com:bd_rule:axi4 \
        -config [list Master $master Slave $slave Clk_master Auto Clk_slave Auto Clk_xbar Auto] \
        [get_bd_intf_pins $slave]
}
foreach master {/axi_dma_0/M_AXI_MM2S /axi_dma_0/M_AXI_S2MM} {
    apply_bd_automation -rule xilinx.com:bd_rule:axi4 \
        -config [list Master $master Slave /zynq_ultra_ps_e_0/S_AXI_HP0_FPD Clk_master Auto \
            Clk_slave Auto Clk_xbar Auto] [get_bd_intf_pins /zynq_ultra_ps_e_0/S_AXI_HP0_FPD]
}
connect_bd_intf_net [get_bd_intf_pins axi_dma_0/M_AXIS_MM2S] [get_bd_intf_pins core_0/s_axis]
connect_bd_intf_net [get_bd_intf_pins core_0/m_axis] [get_bd_intf_pins axi_dma_0/S_AXIS_S2MM]
validate_bd_design
save_bd_design

set design [get_files neuromorph.bd]
make_wrapper -files $design -top -import
set_property top neuromorph_wrapper [current_fileset]
launch_runs impl_1 -to_step write_bitstream -jobs 4
wait_on_run impl_1
if {[get_property PROGRESS [get_runs impl_1]] ne "100%"} { error "the implementation failed" }

open_run impl_1
report_timing_summary -file [file join $out timing.rpt]
report_utilization -hierarchical -file [file join $out utilisation.rpt]
set setup [get_property SLACK [lindex [get_timing_paths -setup -max_paths 1] 0]]
set hold [get_property SLACK [lindex [get_timing_paths -hold -max_paths 1] 0]]
foreach {check slack} [list setup $setup hold $hold] {
    if {$slack < 0} { error "timing is not met: $check slack $slack ns at $mhz MHz: lower MHZ" }
}

set bit [file join $out neuromorph.bit]
file copy -force [lindex [glob [file join $out project *.runs impl_1 *.bit]] 0] $bit
file copy -force [lindex [glob [file join $out project *.gen sources_1 bd neuromorph hw_handoff \
    *.hwh]] 0] [file join $out neuromorph.hwh]
proc sha256 {path} { return [lindex [exec sha256sum $path] 0] }
if {[catch {exec git -C $fpga rev-parse HEAD} commit]} { set commit unknown }
set list {}
dict for {name value} $parameters { lappend list "\"$name\": $value" }
set manifest [open [file join $out manifest.json] w]
puts $manifest "{\"board\": \"$board\", \"part\": \"$part\", \"core\": \"$kind\",\
 \"parameters\": {[join $list {, }]}, \"clock_mhz\": $mhz, \"build\": $build,\
 \"setup_slack_ns\": $setup, \"hold_slack_ns\": $hold, \"sha256\": \"[sha256 $bit]\",\
 \"hwh_sha256\": \"[sha256 [file join $out neuromorph.hwh]]\", \"commit\": \"$commit\",\
 \"vivado\": \"[version -short]\"}"
close $manifest
puts "wrote $bit"
