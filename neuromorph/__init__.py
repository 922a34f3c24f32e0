"""neuromorph: one network description, many substrates.

>>> import neuromorph as nm
>>> work = nm.workloads.xor()
>>> result = nm.run(work.network, work.stimuli["10"], duration=work.duration, seed=1)
>>> result.spikes["out"].rate  # doctest: +SKIP
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

#: Where each public name lives; it is imported when first asked for.
_PUBLIC = {
    "LIF": "description",
    "Brian2": "backends.brian",
    "UrbanczikSenn": "description",
    "TwoCompartment": "description",
    "OrnsteinUhlenbeck": "description",
    "Exponential": "description",
    "DoubleExponential": "description",
    "Delta": "description",
    "CaAdEx": "description",
    "BurstPoisson": "description",
    "Background": "description",
    "AdEx": "description",
    "ContextLIF": "description",
    "CostTable": "energy",
    "Counts": "result",
    "Current": "description",
    "Energy": "result",
    "FPGAModel": "backends.fpga",
    "FPGARTL": "backends.fpga",
    "FixedPoint": "fpga.fixed",
    "Frames": "description",
    "Meter": "energy",
    "Network": "description",
    "Numba": "backends.emulator",
    "Point": "description",
    "Poisson": "description",
    "Population": "description",
    "Projection": "description",
    "Pynq": "backends.fpga_board",
    "RateSchedule": "workloads.rate_code",
    "Record": "description",
    "Regular": "description",
    "Result": "result",
    "RunStore": "run_store",
    "SFQCircuit": "backends.sfq",
    "SFQPulse": "backends.pulse",
    "Softmax": "description",
    "Source": "description",
    "SpikeTimes": "description",
    "Table": "table",
    "TwoPoint": "description",
    "UnavailableError": "runner",
    "Weights": "description",
    "Workload": "workloads",
    "all_to_all": "description",
    "bursts": "burst",
    "with_weights": "description",
    "TsodyksMarkram": "description",
    "DendriticPrediction": "description",
    "BurstDependent": "description",
    "compare": "comparison",
    "convolution": "description",
    "fixed_probability": "description",
    "load": "storage",
    "one_to_one": "description",
    "run": "runner",
    "save": "storage",
    "supports": "runner",
    "memory_estimate": "backends.memory",
    "LongRun": "long_run",
    "run_in_parts": "long_run",
    "to_brian2": "backends.brian_export",
    "to_brian2_script": "backends.brian_script",
    "train": "cooperative.learning",
    "train_rate": "workloads.rate_code",
    "van_rossum": "spike_distance",
}
_ROOMS = (
    "av_speech",
    "circuits",
    "cooperative",
    "energy",
    "nir",
    "plot",
    "sweep",
    "units",
    "workloads",
)

__all__ = ["__version__", *_ROOMS, *_PUBLIC]

if TYPE_CHECKING:
    from neuromorph import (
        av_speech,
        circuits,
        cooperative,
        energy,
        nir,
        plot,
        sweep,
        units,
        workloads,
    )
    from neuromorph.backends.brian import Brian2
    from neuromorph.backends.brian_export import to_brian2
    from neuromorph.backends.brian_script import to_brian2_script
    from neuromorph.backends.emulator import Numba
    from neuromorph.backends.fpga import FPGARTL, FPGAModel
    from neuromorph.backends.fpga_board import Pynq
    from neuromorph.backends.memory import memory_estimate
    from neuromorph.backends.pulse import SFQPulse
    from neuromorph.burst import bursts
    from neuromorph.comparison import compare
    from neuromorph.cooperative.learning import train
    from neuromorph.description import (
        LIF,
        AdEx,
        Background,
        BurstDependent,
        BurstPoisson,
        CaAdEx,
        ContextLIF,
        Current,
        Delta,
        DoubleExponential,
        Exponential,
        Frames,
        Network,
        OrnsteinUhlenbeck,
        Point,
        Poisson,
        Population,
        Projection,
        Record,
        Regular,
        Softmax,
        Source,
        SpikeTimes,
        TwoCompartment,
        TwoPoint,
        UrbanczikSenn,
        Weights,
        all_to_all,
        convolution,
        fixed_probability,
        one_to_one,
    )
    from neuromorph.energy import CostTable, Meter
    from neuromorph.fpga.fixed import FixedPoint
    from neuromorph.long_run import LongRun, run_in_parts
    from neuromorph.result import Counts, Energy, Result
    from neuromorph.run_store import RunStore
    from neuromorph.runner import UnavailableError, run, supports
    from neuromorph.spike_distance import van_rossum
    from neuromorph.storage import load, save
    from neuromorph.table import Table
    from neuromorph.workloads import Workload
    from neuromorph.workloads.rate_code import RateSchedule, train_rate


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        value = getattr(importlib.import_module(f"{__name__}.{_PUBLIC[name]}"), name)
    elif name in _ROOMS:
        value = importlib.import_module(f"{__name__}.{name}")
    else:
        raise AttributeError(f"neuromorph has no {name!r}; it has {', '.join(__all__[1:])}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
