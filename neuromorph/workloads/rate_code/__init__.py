"""Rate-coded networks of stochastic synapses: their law, their training, the noisy digits."""

from neuromorph.workloads.rate_code.digit import rate_digits, tightened
from neuromorph.workloads.rate_code.inhibition import inhibited_xor
from neuromorph.workloads.rate_code.training import RateSchedule, TrainedRates, train_rate

__all__ = [
    "RateSchedule",
    "TrainedRates",
    "inhibited_xor",
    "rate_digits",
    "tightened",
    "train_rate",
]
