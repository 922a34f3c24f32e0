"""Cooperative two-point networks: transfer functions, training, measures."""

from neuromorph.cooperative.architecture import (
    context_net,
    n_parameter,
    towers,
    with_reconstruction,
)
from neuromorph.cooperative.corruption import corrupted
from neuromorph.cooperative.frame_data import FrameData
from neuromorph.cooperative.learning import Penalty, Schedule, Training, train
from neuromorph.cooperative.measure import (
    Evaluation,
    accuracy,
    amplification,
    evaluate,
    hit_fa,
    hit_fa_by_snr,
    kill,
)
from neuromorph.cooperative.objective import Objective
from neuromorph.cooperative.optimiser import SGD, Adam
from neuromorph.cooperative.quantisation import Quantised, calibrate, quantise
from neuromorph.cooperative.transfer import REGIMES, TABLE, Transfer

__all__ = [
    "REGIMES",
    "SGD",
    "TABLE",
    "Adam",
    "Evaluation",
    "FrameData",
    "Objective",
    "Penalty",
    "Quantised",
    "Schedule",
    "Training",
    "Transfer",
    "accuracy",
    "amplification",
    "calibrate",
    "context_net",
    "corrupted",
    "evaluate",
    "hit_fa",
    "hit_fa_by_snr",
    "kill",
    "n_parameter",
    "quantise",
    "towers",
    "train",
    "with_reconstruction",
]
