"""Intrusion detection on an automotive CAN bus: traffic, attacks, features, a net of few bits."""

from neuromorph.workloads.can_bus.feature import features
from neuromorph.workloads.can_bus.frame import CLASSES, Frames, read_frames, write_frames
from neuromorph.workloads.can_bus.rule import IntervalRule
from neuromorph.workloads.can_bus.traffic import Attack, generate

__all__ = [
    "CLASSES",
    "Attack",
    "Frames",
    "IntervalRule",
    "features",
    "generate",
    "read_frames",
    "write_frames",
]
