"""The transient solver: reduction, the three schemes, events, energy, what a run returns."""
