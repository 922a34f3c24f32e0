# Bitstream for the ZCU102; arguments as in build.tcl. UNTESTED, as build.tcl is.
set board zcu102
source [file join [file dirname [file normalize [info script]]] build.tcl]
