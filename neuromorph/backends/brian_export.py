"""Handing out a network as ordinary Brian2 objects to go on with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from neuromorph.backends.brian import Brian2
from neuromorph.backends.brian_objects import BrianObjects
from neuromorph.description import Network, Records, Stimuli
from neuromorph.description.discrete import check_record, check_stimulus, discretise, steps


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BrianNetwork:
    """Brian2 objects of a network; add to them, record from them, run ``network``.

    Attributes
    ----------
    network : brian2.Network
    groups : dict of NeuronGroup or SpikeGeneratorGroup, by population
    synapses : dict of Synapses, by projection label
        A second projection of the same label has ``#2`` behind, and so on.
    spikes : dict of SpikeMonitor, by population
    samples : dict of StateMonitor, by population
        Of what ``record`` asked for.
    """

    network: Any
    groups: Mapping[str, Any]
    synapses: Mapping[str, Any]
    spikes: Mapping[str, Any]
    samples: Mapping[str, Any]


def to_brian2(
    network: Network,
    stimulus: Stimuli | None = None,
    *,
    duration: float = 1.0,
    dt: float = 1e-4,
    seed: int = 0,
    record: Records | None = None,
) -> BrianNetwork:
    """Return a network as ordinary Brian2 objects.

    Nothing has run yet: ``made.network.run(0.5*second, namespace={})``. Brian2's preferences are
    left as they are; for spikes that equal those of ``numba`` to the last one, set
    ``prefs.codegen.loop_invariant_optimisations = False`` first.

    Parameters
    ----------
    network : Network
    stimulus : dict, optional
    duration : float [s]
        How long sources emit and time-varying currents last.
    dt : float [s]
    seed : int
    record : dict of Record, optional

    Raises
    ------
    ValueError
        Brian2 does not run the network, or the stimulus does not fit.
    """
    given, wanted = stimulus or {}, record or {}
    check(network, given, wanted)
    built = BrianObjects(discretise(network, dt), given, steps(duration, dt), seed, wanted)
    synapses: dict[str, Any] = {}
    for key, made in built.synapses.items():
        label = name = key.partition(":")[2]
        number = 1
        while name in synapses:
            number += 1
            name = f"{label}#{number}"
        synapses[name] = made
    return BrianNetwork(
        network=built.network, groups=built.groups, synapses=synapses, spikes=built.monitors,
        samples=built.samplers,
    )  # fmt: skip


def check(network: Network, stimulus: Stimuli, record: Records) -> None:
    """Check that Brian2 runs this.

    Raises
    ------
    ValueError
        It does not, or stimulus or record do not fit.
    """
    reason = Brian2().refusal(network)
    if reason is not None:
        raise ValueError(f"to_brian2, network {network.name!r}: {reason}")
    check_stimulus(network, stimulus)
    check_record(network, record)
