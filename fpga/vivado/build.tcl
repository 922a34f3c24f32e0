# One bitstream of a core for one board; a script per board calls this one:
#
#   vivado -mode batch -source fpga/vivado/zcu104.tcl -tclargs ?CORE? ?NAME=VALUE ...?
#
# CORE is spiking (if left out) or cooperative. NAME is a parameter of its Verilog, such as REPLICAS
# or UNIT_BITS, or MHZ, the clock (100 if left out). The board is a file of fpga/boards. Written to
# build/BOARD/CORE: neuromorph.bit, neuromorph.hwh, timing.rpt, utilisation.rpt, power.rpt,
# manifest.json.
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

# the register BUILD: first 32 bits of the SHA-256 over names and contents of the sources; Vivado's
# own variables would break the Python of the system
set clean [list env -u PYTHONHOME -u PYTHONPATH -u LD_LIBRARY_PATH]
set build [exec {*}$clean python3 [file join $here build_hash.py] [file join $fpga rtl]]

set out [file normalize [file join build $board $kind]]
file mkdir $out
create_project -force neuromorph [file join $out project] -part $part
# the preset of the processing system comes with the board's files, whose version varies
set preset [lindex [lsort -dictionary [get_board_parts -quiet "$board_part:*"]] end]
if {$preset ne ""} {
    set_property board_part $preset [current_project]
} else {
    puts "WARNING: this Vivado has no files of board $board_part: the processing system keeps the\
        defaults of its IP in the .hwh; on the board it stays as its boot image set it"
}
add_files [glob [file join $fpga rtl *.v] [file join $fpga rtl *.vh]]
set_property include_dirs [file join $fpga rtl] [current_fileset]

proc newest {name} {
    set found [lsort -dictionary [get_ipdefs -all "xilinx.com:ip:$name:*"]]
    if {![llength $found]} { error "no IP $name in this Vivado" }
    return [lindex $found end]
}
proc add_ip {kind name args} {
    set cell [create_bd_cell -type ip -vlnv [newest $kind] $name]
    if {[llength $args]} { set_property -dict $args $cell }
    return $cell
}
proc join_bus {from to} { connect_bd_intf_net [get_bd_intf_pins $from] [get_bd_intf_pins $to] }
proc join_net {from args} {
    foreach to $args { connect_bd_net [get_bd_pins $from] [get_bd_pins $to] }
}

create_bd_design neuromorph
set ps zynq_ultra_ps_e_0
set dma axi_dma_0
set cell [add_ip zynq_ultra_ps_e $ps]
if {$preset ne ""} {
    apply_bd_automation -rule xilinx.com:bd_rule:zynq_ultra_ps_e -config {apply_board_preset 1} $cell
}
# one port for control (HPM0), one to memory (HP0), one clock
set_property -dict [list CONFIG.PSU__FPGA_PL0_ENABLE 1 \
    CONFIG.PSU__CRL_APB__PL0_REF_CTRL__FREQMHZ $mhz CONFIG.PSU__USE__FABRIC__RST 1 \
    CONFIG.PSU__USE__M_AXI_GP0 1 CONFIG.PSU__USE__M_AXI_GP1 0 CONFIG.PSU__USE__M_AXI_GP2 0 \
    CONFIG.PSU__USE__S_AXI_GP2 1] $cell
add_ip axi_dma $dma CONFIG.c_include_sg 0 CONFIG.c_sg_length_width 23 CONFIG.c_addr_width 40 \
    CONFIG.c_m_axi_mm2s_data_width 32 CONFIG.c_m_axis_mm2s_tdata_width 32
add_ip smartconnect control_bus CONFIG.NUM_SI 1 CONFIG.NUM_MI 2
add_ip smartconnect memory_bus CONFIG.NUM_SI 2 CONFIG.NUM_MI 1
add_ip proc_sys_reset reset_0
set core [create_bd_cell -type module -reference $module core_0]
set chosen [list CONFIG.BUILD [format 0x%08X $build]]
dict for {name value} $parameters { lappend chosen CONFIG.$name $value }
set_property -dict $chosen $core

join_net $ps/pl_clk0 $ps/maxihpm0_fpd_aclk $ps/saxihp0_fpd_aclk reset_0/slowest_sync_clk \
    control_bus/aclk memory_bus/aclk $dma/s_axi_lite_aclk $dma/m_axi_mm2s_aclk \
    $dma/m_axi_s2mm_aclk core_0/aclk
join_net $ps/pl_resetn0 reset_0/ext_reset_in
join_net reset_0/interconnect_aresetn control_bus/aresetn memory_bus/aresetn
join_net reset_0/peripheral_aresetn $dma/axi_resetn core_0/aresetn
join_bus $ps/M_AXI_HPM0_FPD control_bus/S00_AXI
join_bus control_bus/M00_AXI $dma/S_AXI_LITE
join_bus control_bus/M01_AXI core_0/s_axi
join_bus $dma/M_AXI_MM2S memory_bus/S00_AXI
join_bus $dma/M_AXI_S2MM memory_bus/S01_AXI
join_bus memory_bus/M00_AXI $ps/S_AXI_HP0_FPD
join_bus $dma/M_AXIS_MM2S core_0/s_axis
join_bus core_0/m_axis $dma/S_AXIS_S2MM
assign_bd_address
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
report_power -file [file join $out power.rpt]
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
if {[catch {exec {*}$clean git -C $fpga rev-parse HEAD} commit]} { set commit unknown }
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
