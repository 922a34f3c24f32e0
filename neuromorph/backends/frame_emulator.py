"""The emulator's frame-based half: sequences in, outputs of every population and frame out."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuromorph import provenance
from neuromorph.cooperative.event_count import count_events
from neuromorph.cooperative.integer import IntegerMachine
from neuromorph.cooperative.plan import Array, Plan, plan
from neuromorph.cooperative.propagation import forward
from neuromorph.cooperative.quantisation import Quantised
from neuromorph.cooperative.zero_skip import SkippingMachine
from neuromorph.counts import count_frames
from neuromorph.description import Frames, Network, Records, Source, Stimuli
from neuromorph.energy import counted_events
from neuromorph.result import Provenance, Result, State

_PORTION = 4096  #: frames computed at once, which bounds memory


def run_frames(
    backend: object,
    network: Network,
    stimulus: Stimuli,
    *,
    zero_skip: bool,
    quantised: Quantised | None = None,
    seed: int,
    record: Records,
    start: State | None,
    tick: Callable[[int, int], None] | None,
) -> Result:
    """Run a frame-based network; see :func:`neuromorph.run`.

    Raises
    ------
    ValueError
        A stimulus that is not Frames, or of other numbers of sequences or frames; a record; a
        state of another network, backend or number of sequences.
    """
    if record:
        raise ValueError(f"record {min(record)!r}: a frame-based network keeps no traces; the "
                         "outputs of all populations are in result.frames")  # fmt: skip
    inputs = frame_inputs(network, stimulus)
    n_sequence, n_frame = next(iter(inputs.values())).shape[:2]
    if quantised is not None and start is not None:
        raise ValueError("start: a state came, integer runs start at the first frame: leave it out")
    laid = plan(network)
    begin = _begin(laid, start, backend, n_sequence)
    begun = time.perf_counter()
    tiny = {name: value[:1, :1] for name, value in inputs.items()}
    _portion(laid, tiny, {}, zero_skip, quantised)
    compiled = time.perf_counter()
    outputs, ends = [], []
    events: list[tuple[float, float]] = []
    size = max(1, _PORTION // n_frame)
    for first in range(0, n_sequence, size):
        part = {name: value[first : first + size] for name, value in inputs.items()}
        state = {name: value[first : first + size] for name, value in begin.items()}
        values, end, counted = _portion(laid, part, state, zero_skip, quantised)
        outputs.append(values)
        ends.append(end)
        events.append(counted)
        if tick is not None:
            tick(min(first + size, n_sequence), n_sequence)
    frames = {name: np.concatenate([part[name] for part in outputs]) for name in outputs[0]}
    ended = time.perf_counter()
    total = np.rint(np.sum(events, axis=0)).astype(int)
    counts = count_frames(
        network, frames, effective_macs=int(total[0]), transmissions=int(total[1])
    )
    return Result(
        frames=frames,
        counts=counts,
        energy=counted_events(counts),
        state=State(
            backend=repr(backend), network_hash=network.content_hash(), seed=seed, dt=0.0,
            step=(0 if start is None else start.step) + n_frame,
            arrays={name: np.concatenate([end[name] for end in ends]) for name in ends[0]},
        ),
        provenance=Provenance(
            backend=repr(backend), seed=seed, dt=None, network_hash=network.content_hash(),
            versions=provenance.versions("numba"), git=provenance.git_commit(),
            host=provenance.host(), network_seconds=0.0, compile_seconds=compiled - begun,
            host_seconds=ended - compiled,
            notes=(f"{n_sequence} sequences of {n_frame} frames",),
        ),
    )  # fmt: skip


def frame_inputs(network: Network, stimulus: Stimuli) -> dict[str, NDArray[np.float64]]:
    """Return the Frames of every source, checked to fit the network and each other."""
    inputs: dict[str, NDArray[np.float64]] = {}
    for population in network.populations:
        if not isinstance(population.cell, Source):
            continue
        given = stimulus.get(population.name)
        where = f"stimulus {population.name!r}"
        if not isinstance(given, Frames):
            came = "nothing" if given is None else type(given).__name__
            raise ValueError(f"{where}: {came} came, Frames are allowed: every source of a "
                             "frame-based network needs them")  # fmt: skip
        if given.value.shape[2] != population.n:
            raise ValueError(f"{where}: {given.value.shape[2]} values per frame came, "
                             f"{population.n} are allowed")  # fmt: skip
        inputs[population.name] = given.value
    shapes = {value.shape[:2] for value in inputs.values()}
    if len(shapes) != 1 or 0 in next(iter(shapes)):
        came = ", ".join(f"{name} {value.shape}" for name, value in inputs.items()) or "no source"
        raise ValueError(f"stimulus: {came} came, Frames of one number of sequences and of frames, "
                         "both 1 or more, are allowed")  # fmt: skip
    return inputs


def _begin(
    laid: Plan, start: State | None, backend: object, n_sequence: int
) -> dict[str, NDArray[Any]]:
    if start is None:
        return {}
    mine = {"backend": repr(backend), "network_hash": laid.network.content_hash()}
    for name, value in mine.items():
        if getattr(start, name) != value:
            raise ValueError(
                f"start.{name}: {getattr(start, name)!r} came, {value!r} of this run is allowed"
            )
    came = next(iter(start.arrays.values())).shape[0]
    if came != n_sequence:
        raise ValueError(f"start: {came} sequences came, the stimulus has {n_sequence}")
    return dict(start.arrays)


def _portion(
    laid: Plan,
    inputs: dict[str, Array],
    state: dict[str, Array],
    zero_skip: bool,
    quantised: Quantised | None,
) -> tuple[dict[str, Array], dict[str, Array], tuple[float, float]]:
    """Return outputs (n_sequence, n_frame, n), the end state, and (effective MACs, events)."""
    if quantised is not None:
        return _integers(laid, inputs, quantised)
    if zero_skip:
        return _skipping(laid, inputs, state)
    n_sequence, n_frame = next(iter(inputs.values())).shape[:2]
    moved = {name: np.ascontiguousarray(v.swapaxes(0, 1)) for name, v in inputs.items()}
    if laid.recurrent:
        tape = forward(laid, moved, state or None)
    else:  # no frame reads another: all at once
        tape = forward(laid, {n: v.reshape(1, -1, v.shape[2]) for n, v in moved.items()})
    counted, frames = count_events(laid, tape), len(tape.y) * tape.y[0][0].shape[0]
    outputs = {
        population.name: np.concatenate([frame[number] for frame in tape.y])
        .reshape(n_frame, n_sequence, -1)
        .swapaxes(0, 1)
        for number, population in enumerate(laid.network.populations)
    }
    end = {name: value[:, -1] for name, value in outputs.items()}
    for number, value in tape.memory[-1].items():
        end[f"{laid.network.populations[number].name}.universal"] = value
    return outputs, end, (counted.zero_skipped * frames, counted.events * frames)


def _skipping(
    laid: Plan, inputs: dict[str, Array], state: dict[str, Array]
) -> tuple[dict[str, Array], dict[str, Array], tuple[float, float]]:
    machine = SkippingMachine(laid)
    rows, ends = [], []
    for number in range(next(iter(inputs.values())).shape[0]):
        own = {name: value[number] for name, value in state.items()}
        values, end = machine.run({n: v[number] for n, v in inputs.items()}, own)
        rows.append(values)
        ends.append(end)
    outputs = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
    return (
        outputs,
        {name: np.stack([end[name] for end in ends]) for name in ends[0]},
        (float(machine.effective_macs), float(machine.products)),
    )


def _integers(
    laid: Plan, inputs: dict[str, Array], widths: Quantised
) -> tuple[dict[str, Array], dict[str, Array], tuple[float, float]]:
    machine = IntegerMachine(laid, widths)
    rows = [
        machine.run({name: value[number] for name, value in inputs.items()})
        for number in range(next(iter(inputs.values())).shape[0])
    ]
    outputs = {name: machine.real(name, np.stack([row[name] for row in rows])) for name in rows[0]}
    return (
        outputs,
        {name: value[:, -1] for name, value in outputs.items()},
        (float(machine.products), float(machine.products)),
    )
