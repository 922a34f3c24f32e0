"""Frame-based networks on the cooperative core: description -> integers -> words -> Result."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuromorph import provenance
from neuromorph.backends.frame_emulator import frame_inputs
from neuromorph.cooperative.integer import (
    NO_CEILING,
    POWER,
    SIGN,
    SOFTMAX,
    IntegerMachine,
    IntegerProgram,
    encode,
)
from neuromorph.cooperative.layer_kernel import (
    ADDITIVE,
    COOP,
    COOP_V,
    HARD_GLU,
    M2,
    M2H,
    M3,
    MASK,
)
from neuromorph.cooperative.plan import Plan, plan
from neuromorph.cooperative.quantisation import Quantised
from neuromorph.cooperative.zero_skip import CONTEXT, GATHERED, UNIVERSAL
from neuromorph.counts import count_frames
from neuromorph.description import Network, Records, Source, Stimuli
from neuromorph.energy import counted_events
from neuromorph.fpga import frame_model as hardware
from neuromorph.fpga.calibration import Calibration
from neuromorph.fpga.frame_program import (
    FrameLayer,
    FrameProgram,
    FrameWire,
    compile_frames,
    frame_words,
)
from neuromorph.result import Counts, Energy, Provenance, Result, State

Integers = NDArray[np.int64]
_CODE = {
    ADDITIVE: hardware.ADDITIVE, M2: hardware.M2, M2H: hardware.M2, HARD_GLU: hardware.GLU,
    COOP: hardware.COOP, COOP_V: hardware.COOP, M3: hardware.M3,
}  # fmt: skip
_WORDS = 1 << 20  #: at most this many words per packet


def frame_program(
    laid: Plan, widths: Quantised, lane_bits: int, outputs: tuple[str, ...] = ()
) -> FrameProgram:
    """Return what a cooperative core is loaded with.

    Raises
    ------
    ValueError
        A network that the integers or the core cannot hold, or an output that is not there.
    """
    machine = IntegerMachine(laid, widths)
    p = machine.program
    names = {p_.name: p_.n for p_ in laid.network.populations if isinstance(p_.cell, Source)}
    start = {span.start: name for name, span in machine.span.items()}
    layers = tuple(
        _layer(laid.network, p, number, start, machine.widths.largest)
        for number in range(p.layer.shape[0])
    )
    there = [layer.name for layer in layers]
    lacking = [name for name in outputs if name not in there]
    if lacking:
        raise ValueError(f"outputs: {lacking[0]!r} came, computed populations are allowed: "
                         f"{', '.join(there)}")  # fmt: skip
    return compile_frames(
        names, layers, fraction=widths.fraction, bits=widths.weight_bits, lane_bits=lane_bits,
        outputs=outputs, tanh=p.tanh, power=POWER,
    )  # fmt: skip


def _layer(
    network: Network, p: IntegerProgram, number: int, start: dict[int, str], largest: int
) -> FrameLayer:
    first, n, code, _, begin, end = (int(x) for x in p.layer[number])
    wires = []
    for w in range(begin, end):
        at, n_source, lag, way, place, _ = (int(x) for x in p.wire[w])
        flat = p.weight[place : place + n_source * n]
        matrix = flat.reshape(n, n_source).T if way == GATHERED else flat.reshape(n_source, n)
        wires.append(FrameWire(source=start[at], lag=bool(lag), context=way == CONTEXT,
                               weight=matrix, shift=p.shift[w, :n],
                               keep=int(p.keep[number]) if way == UNIVERSAL else None))  # fmt: skip
    shift, top = (int(x) for x in p.out[:, number])
    gate = {NO_CEILING: hardware.LINEAR, SIGN: hardware.SIGN,
            SOFTMAX: hardware.SCORE}.get(top, hardware.CLIPPED)  # fmt: skip
    if gate == hardware.SCORE:
        top = largest
    elif gate == hardware.SIGN:
        top = min(int(hardware.moved(np.int64(1) << p.fraction, shift)), largest)
    return FrameLayer(
        name=start[first], code=_CODE.get(code, hardware.POINT),
        skips=code in (HARD_GLU, M2H, MASK), gate=gate, shift=shift, top=top,
        tables=p.unit[:, first : first + n], wires=tuple(wires),
        highest=int(p.highest[number]), **_shares(p, number, gate),
    )  # fmt: skip


def _shares(p: IntegerProgram, number: int, gate: int) -> dict[str, int]:
    if gate != hardware.SCORE:
        return {}
    return {"scale": int(p.scale[number]), "fraction": p.fraction - int(p.out[0, number])}


def frame_refusal(
    network: Network, widths: Quantised, lane_bits: int, outputs: tuple[str, ...] = ()
) -> str | None:
    """Return why a network cannot run on a cooperative core, or None."""
    reason = widths.refusal(network)
    if reason is not None:
        return reason
    if not network.projections:
        return f"network {network.name!r}: no projection came, one or more frame-based are allowed"
    try:
        frame_program(plan(network), widths, lane_bits, outputs)
    except ValueError as error:
        return str(error)
    return None


def encoded(
    network: Network, machine: IntegerMachine, inputs: dict[str, Any]
) -> tuple[Integers, tuple[int, int]]:
    """Return inputs as integers (n_sequence, n_frame, n_input), sources in order."""
    parts = [
        encode(inputs[p.name], machine.fraction(p.name), machine.widths.largest)
        for p in network.populations if isinstance(p.cell, Source)
    ]  # fmt: skip
    whole = np.concatenate(parts, axis=2)
    return whole, whole.shape[:2]


def run_on_core(
    backend: Any, network: Network, stimulus: Stimuli, *, make: Callable[[Any], Any],
    widths: Quantised, lane_bits: int, clock: float, options: int, outputs: tuple[str, ...],
    calibration: Calibration | None, seed: int, record: Records, start: State | None,
) -> Result:  # fmt: skip
    """Run sequences on a core, however it is computed.

    Raises
    ------
    ValueError
        A record, a start, or a stimulus that does not fit; a network the core cannot hold.
    """
    if record or start is not None:
        raise ValueError(f"network {network.name!r}: a record or start came; the core starts at "
                         "the first frame and gives the outputs of all populations back: leave "
                         "both out")  # fmt: skip
    begun = time.perf_counter()
    laid = plan(network)
    machine = IntegerMachine(laid, widths)
    program = frame_program(laid, widths, lane_bits, outputs)
    inputs, (n_sequence, n_frame) = encoded(network, machine, frame_inputs(network, stimulus))
    core = make(program.need)
    core.write("OPTIONS", options)
    core.transfer(program.words)
    core.write("CONTROL", 2)
    compiled = time.perf_counter()
    answers = [_sequence(core, program, x) for x in inputs]
    ended = time.perf_counter()
    frames = _real(machine, program, inputs, np.array(answers))
    events, cycles = core.read("EVENTS"), core.read("CYCLES")
    active = core.read("SPIKES") + int(np.count_nonzero(inputs))
    stalls = core.read("STALL_IN") + core.read("STALL_OUT")
    core.close()
    macs = events if outputs else effective_macs(machine, frames)
    counts = count_frames(network, frames, effective_macs=macs, transmissions=events, active=active,
                          weight_bytes=widths.weight_bits / 8, state_bytes=4.0,
                          cycles=cycles, stall_cycles=stalls)  # fmt: skip
    notes = ("effective MACs without those of closed units",) if outputs else ()
    return Result(
        frames=frames, counts=counts,
        energy=told(calibration, counts, cycles / clock, counted_events(counts)),
        state=State(backend=repr(backend), network_hash=network.content_hash(), seed=seed, dt=0.0,
                    step=n_frame, arrays={n: v[:, -1] for n, v in frames.items()}),
        provenance=Provenance(
            backend=repr(backend), seed=seed, dt=None, network_hash=network.content_hash(),
            versions=provenance.versions("numba"), git=provenance.git_commit(),
            host=provenance.host(), network_seconds=0.0, device_seconds=cycles / clock,
            compile_seconds=compiled - begun, host_seconds=ended - compiled,
            notes=(f"{n_sequence} sequences of {n_frame} frames on the cooperative core", *notes),
        ),
    )  # fmt: skip


def told(
    calibration: Calibration | None, counts: Counts, seconds: float, published: tuple[Energy, ...]
) -> tuple[Energy, ...]:
    """Return the calibrated energy of a run, or published figures of other cores, named so."""
    if calibration is not None:
        return (calibration.energy(counts, seconds),)
    return tuple(
        replace(energy, source=f"uncalibrated, a figure of another core: {energy.source}")
        for energy in published
    )


def _real(
    machine: IntegerMachine, program: FrameProgram, inputs: Integers, answers: Integers
) -> dict[str, Any]:
    """Return what is known by population: inputs, and the outputs that were given back."""
    frames, at = {}, 0
    given = answers.reshape(*inputs.shape[:2], -1)
    sources = [name for name, span in program.span.items() if span.stop <= program.n_input]
    for name in sources:
        frames[name] = machine.real(name, inputs[:, :, program.span[name]])
    for name in program.outputs:
        n = program.span[name].stop - program.span[name].start
        frames[name] = machine.real(name, given[:, :, at : at + n])
        at += n
    return frames


def effective_macs(machine: IntegerMachine, frames: dict[str, Any]) -> int:
    """Return the products of nonzero outputs and weights, closed units included."""
    p, total = machine.program, 0
    start = {span.start: name for name, span in machine.span.items()}
    for _, n, _, _, begin, end in p.layer.tolist():
        for at, _, lag, *_ in p.wire[begin:end].tolist():
            seen = frames[start[at]]
            total += n * int(np.count_nonzero(seen[:, :-1] if lag else seen))
    return total


def _sequence(core: Any, program: FrameProgram, inputs: Integers) -> Integers:
    room = min(_WORDS, core.most) - 2
    size = max(1, room // max(program.n_input, program.n_output + 1))
    parts = []
    for first in range(0, inputs.shape[0], size):
        words = frame_words(inputs[first : first + size])
        answer = core.transfer(words if first == 0 else words[1:])[:-1]
        parts.append(answer.view(np.int32).astype(np.int64))
    return np.concatenate(parts)
