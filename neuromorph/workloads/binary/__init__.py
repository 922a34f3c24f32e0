"""Binary nets: weights and outputs of -1 and 1, trained with estimators of sign's derivative."""

from neuromorph.workloads.binary.estimator import ESTIMATORS, Estimator
from neuromorph.workloads.binary.net import BinaryNet, deployed
from neuromorph.workloads.binary.study import binary_study
from neuromorph.workloads.binary.training import Trained, train_binary
from neuromorph.workloads.binary.tuning import binary_tuning_study

__all__ = [
    "ESTIMATORS",
    "BinaryNet",
    "Estimator",
    "Trained",
    "binary_study",
    "binary_tuning_study",
    "deployed",
    "train_binary",
]
