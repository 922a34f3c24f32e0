"""A result as a ``neo.Block``."""

from __future__ import annotations

from typing import Any

import numpy as np

from neuromorph.exchange.package import package
from neuromorph.exchange.xarray_dataset import attributes, unit_of


def to_neo(result: Any) -> Any:
    """Return a Block of one Segment: a SpikeTrain per unit, an AnalogSignal per trace.

    Trains carry the annotations ``population`` and ``unit``.
    """
    neo = package("neo", "data")
    block = neo.Block(name="neuromorph", **attributes(result))
    segment = neo.Segment(name=result.provenance.backend)
    block.segments.append(segment)
    for name, spikes in result.spikes.items():
        order = np.argsort(spikes.index, kind="stable")
        each = np.split(spikes.time[order], np.cumsum(spikes.count)[:-1])
        for unit, time in enumerate(each):
            segment.spiketrains.append(
                neo.SpikeTrain(
                    time, units="s", t_start=0.0, t_stop=spikes.duration,
                    name=f"{name}[{unit}]", population=name, unit=unit,
                )
            )  # fmt: skip
    for name, traces in result.traces.items():
        for variable, trace in traces.items():
            segment.analogsignals.append(_signal(neo, name, variable, trace))
    return block


def _signal(neo: Any, name: str, variable: str, trace: Any) -> Any:
    """Return an AnalogSignal, or an IrregularlySampledSignal where samples are not even."""
    unit = "V" if unit_of(variable) == "V" else "dimensionless"
    options = {"units": unit, "name": f"{name}.{variable}", "population": name}
    gaps = np.diff(trace.time)
    if gaps.size and np.allclose(gaps, gaps[0], rtol=1e-6):
        import quantities

        return neo.AnalogSignal(
            trace.values, sampling_period=gaps[0] * quantities.s,
            t_start=trace.time[0] * quantities.s, **options,
        )  # fmt: skip
    return neo.IrregularlySampledSignal(
        trace.time, trace.values, time_units="s", **options
    )
