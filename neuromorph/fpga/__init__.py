"""The FPGA wing: fixed-point numbers, the bit-exact model, RTL and boards."""
