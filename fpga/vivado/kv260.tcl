# Bitstream for the KV260; arguments as in build.tcl. UNTESTED, as build.tcl is.
set board kv260
source [file join [file dirname [file normalize [info script]]] build.tcl]
