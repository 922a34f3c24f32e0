# Bitstream for the Ultra96-V2; arguments as in build.tcl. UNTESTED, as build.tcl is.
set board ultra96v2
source [file join [file dirname [file normalize [info script]]] build.tcl]
