"""The compiler from networks to netlists: realisation, wiring, layout, coincidence loss."""
