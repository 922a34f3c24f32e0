"""From a network to a NIR graph.

Each node carries our own description as metadata; what the plain nodes say is the fall-back for
other tools:

* a source is an ``Input``, a population nothing leaves has an ``Output``;
* ``LIF`` is a ``LIF`` (``LI`` if its threshold is out of reach). ``v_subtract`` becomes
  ``v_reset = v_threshold - v_subtract`` (where a spike right at the threshold would land);
  a refractory time is left out: NIR has neither;
* ``ContextLIF`` is the ``LIF`` it is without context; what reaches its apical port ends in an
  ``Output`` of its own;
* a projection is a ``Delay`` (what exceeds the one step every simulator has) and a ``Linear`` with
  weights times probability: the mean of a stochastic synapse.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from neuromorph.description import LIF, ContextLIF, Network, Population, Projection, Source
from neuromorph.description.discrete import propagator
from neuromorph.exchange.package import package
from neuromorph.nir.convention import Array, Convention
from neuromorph.nir.metadata import population_metadata, projection_metadata
from neuromorph.nir.neuron import NEVER
from neuromorph.nir.pathway import NIRError


def write(network: Network, path: str | Path, *, convention: Convention | None = None) -> Path:
    """Write a network as a NIR file.

    Parameters
    ----------
    network : Network
    path : str or Path
    convention : Convention, optional
        What a spike is and how time is cut, for the plain nodes.

    Raises
    ------
    NIRError
        A cell or a synapse, or delays that differ within a projection, which NIR cannot hold.
    RuntimeError
        The package ``nir`` is not installed.
    """
    package("nir", "nir").write(str(path), to_graph(network, convention=convention))
    return Path(path)


def to_graph(network: Network, *, convention: Convention | None = None) -> Any:
    """Return a network as a ``nir.NIRGraph``; see :func:`write`."""
    nir, rule = package("nir", "nir"), convention or Convention()
    nodes: dict[str, Any] = {}
    edges: list[tuple[str, str]] = []
    for order, population in enumerate(network.populations):
        nodes[population.name] = _node(nir, population, order, rule)
    for order, projection in enumerate(network.projections):
        _add(nir, network, projection, order, rule, nodes, edges)
    for population in network.populations:
        if not any(source == population.name for source, _ in edges):
            end = f"{population.name}_output"
            nodes[end] = nir.Output(output_type={"output": np.array([population.n])})
            edges.append((population.name, end))
    return nir.NIRGraph(nodes=nodes, edges=edges, type_check=False)


def _node(nir: Any, population: Population, order: int, rule: Convention) -> Any:
    cell, n = population.cell, population.n
    carried = population_metadata(population, order)
    if isinstance(cell, Source):
        return nir.Input(input_type={"input": np.array([n])}, metadata=carried)
    if not isinstance(cell, (LIF, ContextLIF)):
        raise NIRError(
            f"Population {population.name!r}: {type(cell).__name__} came, Source, LIF and "
            "ContextLIF are written as NIR"
        )
    decay, tau, r = _constants(cell, n, rule)
    leak = _full(cell.v_leak, n)
    threshold = leak + (_full(cell.v_th, n) - leak) / decay
    if (_full(cell.v_th, n) >= NEVER).all():
        return nir.LI(tau=tau, r=r, v_leak=leak, metadata=carried)
    reset = (
        threshold - _full(cell.v_subtract, n)
        if cell.v_reset is None
        else _full(cell.v_reset, n)
    )
    return nir.LIF(
        tau=tau, r=r, v_leak=leak, v_threshold=threshold, v_reset=reset, metadata=carried
    )


def _constants(cell: LIF | ContextLIF, n: int, rule: Convention) -> tuple[Array, Array, Array]:
    decay = np.broadcast_to(propagator(cell.tau_m, rule.dt), (n,)).astype(np.float64)
    # a decay that rounds to 1 is an integrator: the slowest one that a step can show
    decay = np.minimum(decay, 1.0 - 2.0**-53)
    return decay, rule.tau(decay), _full(cell.r_m, n)


def _add(
    nir: Any,
    network: Network,
    projection: Projection,
    order: int,
    rule: Convention,
    nodes: dict[str, Any],
    edges: list[tuple[str, str]],
) -> None:
    """Add the nodes of a projection: Delay, Linear, and for a context an Output."""
    target = network.population(projection.target)
    cell, steps = target.cell, np.unique(np.rint(np.asarray(projection.delay) / rule.dt))
    if steps.size > 1:
        raise NIRError(
            f"Projection {projection.label}: delays of {steps.size} different lengths came, one "
            "is allowed in NIR: split the projection"
        )
    if projection.synapse is not None:
        raise NIRError(
            f"Projection {projection.label}: synapse {type(projection.synapse).__name__} came, "
            "none (a jump) is written as NIR"
        )
    basal = projection.port == "basal"
    _, tau, r = _constants(cell, target.n, rule)  # type: ignore[arg-type]
    jump = rule.jump(tau, r) if basal else np.ones(target.n)
    mean = projection.weights.value * np.asarray(projection.probability)
    dense = np.zeros(projection.weights.shape)
    np.add.at(dense, (projection.weights.source, projection.weights.target), mean)
    name = f"{projection.source}_{projection.target}_{projection.port}_{order}"
    nodes[name] = nir.Linear(
        weight=(dense / jump).T, metadata=projection_metadata(projection, order)
    )
    before = projection.source
    if steps.size and steps[0] > 1:
        extra = np.full(projection.weights.shape[0], (steps[0] - 1) * rule.dt)
        nodes[f"{name}_delay"] = nir.Delay(delay=extra)
        edges.append((before, f"{name}_delay"))
        before = f"{name}_delay"
    edges.append((before, name))
    if basal:
        edges.append((name, projection.target))
        return
    nodes[f"{name}_output"] = nir.Output(output_type={"output": np.array([target.n])})
    edges.append((name, f"{name}_output"))


def _full(value: Any, n: int) -> Array:
    return np.array(np.broadcast_to(np.asarray(value, dtype=np.float64), (n,)))
