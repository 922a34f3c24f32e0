# Bitstream for the ZCU104; arguments as in build.tcl. UNTESTED, as build.tcl is.
set board zcu104
source [file join [file dirname [file normalize [info script]]] build.tcl]
