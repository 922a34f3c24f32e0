# Bitstream for the RFSoC4x2; arguments as in build.tcl. UNTESTED, as build.tcl is.
set board rfsoc4x2
source [file join [file dirname [file normalize [info script]]] build.tcl]
