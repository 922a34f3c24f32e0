"""The noisy 5 x 7 digits as a rate-coded workload of three layers, every pixel on two rails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from neuromorph.circuits.cell.calibration import load as load_calibration
from neuromorph.circuits.compiler.network_compiler import compile_network
from neuromorph.description import (
    LIF,
    Network,
    Population,
    Projection,
    Regular,
    Source,
    all_to_all,
)
from neuromorph.workloads.glyph import noisy_glyphs
from neuromorph.workloads.workload import Agreement, Loudest, Workload

RATE = 12.0  #: of an active rail [Hz]
TAU = 40e-3  #: of every cell [s]
DELAY = 15e-3  #: until the compiler's own is known [s]
GOLDEN = (np.sqrt(5.0) - 1.0) / 2.0


def rate_digits(
    n: int = 100, *, hidden: Sequence[int] = (32, 24), flip: float = 0.1, duration: float = 1.0,
    seed: int = 0, network: Network | None = None,
) -> Workload:
    """Return noisy digits as rates, before an untrained network that reads them.

    Each pixel has two rails: the first carries pulses where ink is, the second where none is; so a
    negative weight on a pixel is a positive one on its other rail and a higher threshold. The
    phases of the rails are spread, so that mergers see few pulses together.

    Parameters
    ----------
    n : int
        Pictures.
    hidden : sequence of int
        Cells of the hidden layers.
    flip : float
        Chance of a pixel to be turned round.
    duration : float [s]
        In which spikes are counted.
    seed : int
        Of the pictures.
    network : Network, optional
        A trained one in place of the untrained.
    """
    pictures, digit = noisy_glyphs(n, flip=flip, seed=seed)
    names = [f"{k:05d}" for k in range(n)]
    return Workload(
        name="rate_digits", title="noisy digits, rate-coded, three layers",
        network=network or digit_network(hidden),
        stimuli={name: {"pixels": rails(x)} for name, x in zip(names, pictures, strict=True)},
        targets={name: int(d) for name, d in zip(names, digit, strict=True)},
        readout=Loudest(population="digit"), duration=duration,
        agreement=Agreement(rate=0.15, count=4),
    )  # fmt: skip


def digit_network(hidden: Sequence[int] = (32, 24)) -> Network:
    """Return the untrained network: sources ``pixels`` (70,), hidden layers, ``digit`` (10,)."""
    sizes = (70, *hidden, 10)
    names = ("pixels", *(f"hidden{k}" for k in range(1, len(hidden) + 1)), "digit")
    cell = LIF(tau_m=TAU, v_th=2.0, v_subtract=1.0)
    populations = [Population(name="pixels", n=70, cell=Source())]
    populations += [
        Population(name=n, n=k, cell=cell) for n, k in zip(names[1:], sizes[1:], strict=True)
    ]
    wires = [
        Projection(source=a, target=b, weights=all_to_all(n, k, 1.0), delay=DELAY, probability=0.5)
        for a, b, n, k in zip(names, names[1:], sizes, sizes[1:], strict=False)
    ]
    return Network(name="rate_digits", populations=tuple(populations), projections=tuple(wires))


def rails(picture: NDArray[np.float64]) -> Regular:
    """Return the trains of one picture (35,): ink on the first 35 rails, paper on the others."""
    ink = np.concatenate([picture, 1.0 - picture])
    phase = np.mod(np.tile(np.arange(35), 2) * GOLDEN, 1.0)
    return Regular(rate=RATE * ink, offset=phase / RATE)


def tightened(network: Network, *, acceleration: float = 1e8, dt: float = 1e-4) -> Network:
    """Return the network with the least delay of every synapse that its circuit can have.

    In whole steps of ``dt``; a rate code does not mind when a pulse comes, and a circuit needs no
    JTLs to pad its paths.

    Raises
    ------
    ValueError
        Something that the cells cannot be, delays below the paths' among it.
    """
    compiled = compile_network(network, acceleration=acceleration, calibration=load_calibration())
    own = np.array([path.own for path in compiled.paths]) * acceleration
    delays = np.split(np.ceil(own / dt + 1e-6) * dt,
                      np.cumsum([p.weights.n_synapse for p in network.projections])[:-1])
    return replace(
        network,
        projections=tuple(
            replace(p, delay=delay) for p, delay in zip(network.projections, delays, strict=True)
        ),
    )  # fmt: skip
