# One bitstream of the spiking core for one board:
#
#   vivado -mode batch -source fpga/vivado/build.tcl -tclargs BOARD ?REPLICAS? ?MHZ?
#
# BOARD is a file of fpga/boards (zcu104, zcu102, kv260, ultra96v2, rfsoc4x2). Written to
# build/BOARD: neuromorph.bit, neuromorph.hwh, timing.rpt, utilisation.rpt, manifest.json.
# UNTESTED: nobody has run this script through Vivado yet.

proc member {text key} {
    if {![regexp "\"$key\": \"(\[^\"\]*)\"" $text -> value]} { error "no $key in the board file" }
    return $value
}

set here [file dirname [file normalize [info script]]]
set fpga [file dirname $here]
if {[llength $argv] < 1} { error "usage: build.tcl BOARD ?REPLICAS? ?MHZ?" }
set board [lindex $argv 0]
set replicas [expr {[llength $argv] > 1 ? [lindex $argv 1] : 1}]
set mhz [expr {[llength $argv] > 2 ? [lindex $argv 2] : 100}]

set file [open [file join $fpga boards $board.json]]
set text [read $file]
close $file
set part [member $text part]
set board_part [member $text board_part]

# the register BUILD: first 32 bits of the SHA-256 over names and contents of the sources
set build [exec python3 [file join $here build_hash.py] [file join $fpga rtl]]

set out [file normalize [file join build $board]]
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
set core [create_bd_cell -type module -reference neuromorph_spiking core_0]
set_property -dict [list CONFIG.BUILD $build CONFIG.REPLICAS $replicas] $core

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
set slack [get_property SLACK [lindex [get_timing_paths -max_paths 1] 0]]
if {$slack < 0} { error "timing is not met: slack $slack ns at $mhz MHz" }

set bit [file join $out neuromorph.bit]
file copy -force [lindex [glob [file join $out project *.runs impl_1 *.bit]] 0] $bit
file copy -force [lindex [glob [file join $out project *.gen sources_1 bd neuromorph hw_handoff \
    *.hwh]] 0] [file join $out neuromorph.hwh]
set sum [lindex [exec sha256sum $bit] 0]
if {[catch {exec git -C $fpga rev-parse HEAD} commit]} { set commit unknown }
set manifest [open [file join $out manifest.json] w]
puts $manifest "{\"board\": \"$board\", \"part\": \"$part\", \"clock_mhz\": $mhz,\
 \"replicas\": $replicas, \"build\": $build, \"slack_ns\": $slack, \"sha256\": \"$sum\",\
 \"commit\": \"$commit\", \"vivado\": \"[version -short]\"}"
close $manifest
puts "wrote $bit"
