"""Two-stream networks to train: the context-gated two-point net, and its baselines.

Every builder returns an ordinary frame-based Network with drawn weights. Populations: sources
``audio`` and ``video``, hidden layers, and a linear read-out ``mask`` (a positive output says 1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from neuromorph.description import (
    Network,
    Point,
    Population,
    Projection,
    Softmax,
    Source,
    TwoPoint,
    Weights,
)

N_AUDIO, N_VIDEO, N_BAND = 88, 125, 22


def context_net(
    transfer: str = "m2h",
    *,
    hidden: Sequence[int] = (128, 128),
    n_audio: int = N_AUDIO,
    n_video: int = N_VIDEO,
    n_out: int = N_BAND,
    streams: Mapping[str, int] | None = None,
    summary: int = 24,
    lines: int = 8,
    theta: float = 0.1,
    memory: int = 0,
    decay: float = 0.9,
    gate: str = "relu6",
    seed: int = 0,
) -> Network:
    """Sound drives the hidden layers, a few shared lines from the picture are their context.

    ``u = relu(video)`` (``summary`` units), ``z = relu(u)`` (``lines`` units); layer l has
    ``R = W h_(l-1)``, ``C = Q z``; the read-out sees the last layer and z. With ``memory > 0``
    that many lines from all hidden layers and z come back as universal context.

    Parameters
    ----------
    transfer : str
        ``m2h``, ``hard_glu``: units whose gain is 0 are skipped; ``glu``, ``additive``, ``m2`` ...
        are the same wiring without skipping.
    hidden : sequence of int
    n_audio, n_video, n_out : int
    streams : dict of int, optional
        Name and width of each stream that is context; ``{"video": n_video}`` if left out. Each
        has a summary of its own, all feed the same lines.
    summary, lines : int
    theta : float
        Initial threshold.
    memory, decay
        Lines of the universal context, and how much of it lasts a frame.
    gate : str
    seed : int
    """
    draw = _Draw(seed)
    start = 1.0 if transfer == "hard_glu" else 0.0  # all units open, gain 1
    streams = streams or {"video": n_video}
    populations, wires = _context_lines({"audio": n_audio, **streams}, summary, lines, draw)
    before, n_before = "audio", n_audio
    for number, n in enumerate(hidden, start=1):
        name = f"hidden{number}"
        cell = TwoPoint(
            transfer=transfer, gate=gate, theta=np.full(n, theta), bias=np.zeros(n),
            context_bias=np.full(n, start), decay=decay,
        )  # fmt: skip
        populations.append(Population(name=name, n=n, cell=cell))
        wires.append(Projection(source=before, target=name, weights=draw.he(n_before, n)))
        wires.append(
            Projection(source="lines", target=name, port="distal",
                       weights=draw(lines, n, 0.3 / np.sqrt(lines)))
        )
        before, n_before = name, n
    populations.append(_readout("mask", n_out))
    wires.append(_out(before, n_before, n_out, draw, 1.0))
    wires.append(_out("lines", lines, n_out, draw, 0.3))
    if memory:
        _add_memory(populations, wires, hidden, lines, memory, draw)
    return Network(
        name=f"context_net_{transfer}", populations=tuple(populations), projections=tuple(wires)
    )


def towers(
    *,
    hidden: Sequence[int] = (101, 101),
    n_audio: int = N_AUDIO,
    n_video: int = N_VIDEO,
    n_out: int = N_BAND,
    streams: Mapping[str, int] | None = None,
    own_lines: int = 0,
    theta: float = 0.1,
    gate: str = "relu6",
    seed: int = 0,
) -> Network:
    """Dense point net: one tower per stream, both read by the output.

    With ``own_lines > 0`` each layer has a skip mask of its own: that many lines from the layer's
    own input say which units are computed (transfer ``mask``, no context from the other stream).
    ``streams`` as in :func:`context_net`.
    """
    draw = _Draw(seed)
    every = {"audio": n_audio, **(streams or {"video": n_video})}
    populations = [Population(name=name, n=n, cell=Source()) for name, n in every.items()]
    wires: list[Projection] = []
    ends = []
    for stream, n_in in every.items():
        before, n_before = stream, n_in
        for number, n in enumerate(hidden, start=1):
            name = f"{stream}{number}"
            shared: dict[str, Any] = {
                "gate": gate, "theta": np.full(n, theta), "bias": np.zeros(n)
            }  # fmt: skip
            if own_lines:
                lines = f"{name}_lines"
                populations.append(Population(
                    name=lines, n=own_lines,
                    cell=Point(gate="relu", bias=np.full(own_lines, 0.1)),
                ))  # fmt: skip
                wires.append(Projection(
                    source=before, target=lines, weights=draw.he(n_before, own_lines)
                ))  # fmt: skip
                wires.append(Projection(
                    source=lines, target=name, port="proximal",
                    weights=draw(own_lines, n, 0.3 / np.sqrt(own_lines)),
                ))  # fmt: skip
                cell: Point | TwoPoint = TwoPoint(
                    transfer="mask", context_bias=np.zeros(n), **shared
                )
            else:
                cell = Point(**shared)
            populations.append(Population(name=name, n=n, cell=cell))
            wires.append(Projection(source=before, target=name, weights=draw.he(n_before, n)))
            before, n_before = name, n
        ends.append((before, n_before))
    populations.append(_readout("mask", n_out))
    wires += [_out(name, n, n_out, draw, 1.0) for name, n in ends]
    kind = "masked_towers" if own_lines else "towers"
    return Network(name=kind, populations=tuple(populations), projections=tuple(wires))


def with_reconstruction(network: Network, sources: Sequence[str], *, seed: int = 0) -> Network:
    """Return the network with linear read-outs ``SOURCE_again`` that rebuild its inputs.

    They read all populations that the output ``mask`` reads.
    """
    draw = _Draw(seed + 1_000_003)
    ends = [p.source for p in network.projections if p.target == "mask"]
    populations, wires = list(network.populations), list(network.projections)
    for source in sources:
        n_out, name = network.population(source).n, f"{source}_again"
        populations.append(_readout(name, n_out))
        for end in ends:
            n = network.population(end).n
            wires.append(Projection(source=end, target=name,
                                    weights=draw(n, n_out, 1.0 / np.sqrt(n))))  # fmt: skip
    return Network(
        name=f"{network.name}_semi", populations=tuple(populations), projections=tuple(wires)
    )


def n_parameter(network: Network) -> int:
    """Count weights (tied ones once), and one bias, threshold and context bias per unit."""
    total = 0
    for projection in network.projections:
        w = projection.weights
        total += w.n_synapse if w.tie is None else int(np.unique(w.tie).size)
    for population in network.populations:
        if isinstance(population.cell, TwoPoint):
            total += 3 * population.n
        elif isinstance(population.cell, Softmax):
            total += population.n
        elif isinstance(population.cell, Point):
            total += population.n * (1 if population.cell.gate == "linear" else 2)
    return total


class _Draw:
    """Normal weights from one generator."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng([seed, 7])

    def __call__(self, n_source: int, n_target: int, deviation: float) -> Weights:
        value = self.rng.normal(0.0, deviation, (n_source, n_target))
        return Weights(
            shape=(n_source, n_target),
            start=np.arange(n_source + 1) * n_target,
            target=np.tile(np.arange(n_target), n_source),
            value=value.ravel(),
        )

    def he(self, n_source: int, n_target: int) -> Weights:
        """Variance 2 / n_source."""
        return self(n_source, n_target, np.sqrt(2.0 / n_source))


def _readout(name: str, n: int) -> Population:
    return Population(name=name, n=n, cell=Point(gate="linear", bias=np.zeros(n)))


def _out(source: str, n: int, n_out: int, draw: _Draw, scale: float) -> Projection:
    return Projection(source=source, target="mask", weights=draw(n, n_out, scale / np.sqrt(n)))


def _context_lines(
    sources: Mapping[str, int], summary: int, lines: int, draw: _Draw
) -> tuple[list[Population], list[Projection]]:
    """Return all sources, a summary of each but the first, and the lines that read them."""
    context = list(sources.items())[1:]
    populations = [Population(name=name, n=n, cell=Source()) for name, n in sources.items()]
    wires = []
    for stream, n in context:
        name = "summary" if len(context) == 1 else f"{stream}_summary"
        cell = Point(gate="relu", bias=np.zeros(summary))
        populations.append(Population(name=name, n=summary, cell=cell))
        wires.append(Projection(source=stream, target=name, weights=draw.he(n, summary)))
        spread = np.sqrt(2.0 / (summary * len(context)))
        wires.append(
            Projection(source=name, target="lines", weights=draw(summary, lines, spread))
        )
    cell = Point(gate="relu", bias=np.full(lines, 0.1))
    populations.append(Population(name="lines", n=lines, cell=cell))
    return populations, wires


def _add_memory(
    populations: list[Population],
    wires: list[Projection],
    hidden: Sequence[int],
    lines: int,
    memory: int,
    draw: _Draw,
) -> None:
    """Add ``shared``: lines from all hidden layers and z, read a frame later, decayed."""
    cell = Point(gate="relu", bias=np.full(memory, 0.1))
    populations.append(Population(name="shared", n=memory, cell=cell))
    fan_in = sum(hidden) + lines
    for name, n in (*((f"hidden{i}", n) for i, n in enumerate(hidden, 1)), ("lines", lines)):
        wires.append(Projection(
            source=name, target="shared", weights=draw(n, memory, np.sqrt(2.0 / fan_in))
        ))  # fmt: skip
    for i, n in enumerate(hidden, 1):
        wires.append(Projection(
            source="shared", target=f"hidden{i}", port="universal",
            weights=draw(memory, n, 0.3 / np.sqrt(memory)),
        ))  # fmt: skip
