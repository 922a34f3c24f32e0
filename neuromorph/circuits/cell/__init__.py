"""The library of cells: netlists by name, benches, measured laws, the catalogue."""
