"""Sweeps that can be resumed, on any executor of ``concurrent.futures``."""

from neuromorph.sweep.engine import PointError, run_sweep
from neuromorph.sweep.folder import FolderError, read_sweep
from neuromorph.sweep.outcome import Outcome, Outcomes
from neuromorph.sweep.plan import Plan, Point, grid

__all__ = [
    "FolderError",
    "Outcome",
    "Outcomes",
    "Plan",
    "Point",
    "PointError",
    "grid",
    "read_sweep",
    "run_sweep",
]
