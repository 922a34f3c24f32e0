"""Superconducting circuits: netlists, transient simulation, and the compiler from networks."""
