"""Step kernels of the spiking cells: pure functions over arrays."""
