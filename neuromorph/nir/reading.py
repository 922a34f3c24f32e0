"""From a NIR graph to a network."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from neuromorph.description import Network, Population, Projection, Source
from neuromorph.exchange.package import package
from neuromorph.nir.convention import Array, Convention
from neuromorph.nir.metadata import stored
from neuromorph.nir.neuron import NEURONS, Neuron, read_neuron
from neuromorph.nir.pathway import BETWEEN, Graph, NIRError, Pathway, refused
from neuromorph.nir.shape import Shapes
from neuromorph.nir.window import Shape


def read(
    path: str | Path, *, convention: Convention | None = None, metadata: bool = True
) -> Network:
    """Read a NIR file.

    Parameters
    ----------
    path : str or Path
    convention : Convention, optional
        What a spike is and how time is cut.
    metadata : bool
        Take a network that :func:`write` wrote from its metadata, exactly as it was; False reads
        the plain nodes, as other tools see them.

    Returns
    -------
    Network
        A population per Input and neuron, named after its node; a projection for what lies
        between two of them; in order from the inputs on.

    Notes
    -----
    With ``Convention(reset="subtract")`` and no biases a feed-forward net spikes as it does in a
    simulator that adds its input, tests the threshold in the same step and subtracts in the next
    (snnTorch's default), each layer two steps later. With ``reset="value"`` the cell is reset one
    step after its input crossed the threshold and loses what that step brings. A bias acts from
    the first step in every layer, not later by layer.

    Raises
    ------
    NIRError
        Not a NIR file, or a node or a combination that we do not read; the text names it.
    RuntimeError
        The package ``nir`` is not installed.
    """
    nir = package("nir", "nir")
    try:
        graph = nir.read(str(path), type_check=False)
    except FileNotFoundError:
        raise
    except (OSError, KeyError, AssertionError, ValueError, TypeError, AttributeError) as error:
        raise NIRError(
            f"file {str(path)!r}: not a NIR file that nir {nir.version} reads "
            f"({type(error).__name__}: {error})"
        ) from None
    return from_graph(graph, convention=convention, metadata=metadata, name=Path(path).stem)


def from_graph(
    graph: Any, *, convention: Convention | None = None, metadata: bool = True, name: str = "nir"
) -> Network:
    """Return the network of a ``nir.NIRGraph``; see :func:`read`."""
    rule = convention or Convention()
    if metadata:
        found = stored(graph.nodes, name)
        if found is not None:
            return found
    nodes, edges = _flat(graph, "")
    nodes = {name: nodes[name] for name in _in_order(nodes, edges)}
    flat = _shaped(nodes, edges)
    names = _names([key for key, node in nodes.items() if _is_population(node)])
    populations, projections = [], []
    for key, node in nodes.items():
        kind = type(node).__name__
        if not _is_population(node):
            if kind not in BETWEEN:
                raise refused(key, node)
            continue
        if kind == "Input":
            populations.append(Population(name=names[key], n=flat.size(key), cell=Source()))
            continue
        paths, bias = flat.incoming(key, flat.size(key))
        neuron = _neuron(key, node, flat.shapes.of(key) or (1,), bias, rule)
        populations.append(Population(name=names[key], n=flat.size(key), cell=neuron.cell))
        for path in paths:
            projections.append(_projection(path, names, key, neuron, rule))
    return Network(name=_name(name), populations=tuple(populations), projections=tuple(projections))


def _is_population(node: Any) -> bool:
    return type(node).__name__ in ("Input", *NEURONS)


def _flat(graph: Any, prefix: str) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return nodes and edges with graphs inside the graph laid open.

    A graph inside stands for its Input where an edge enters and for its Output where one leaves.
    """
    nodes: dict[str, Any] = {}
    edges: list[tuple[str, str]] = []
    enter, leave = {}, {}
    for key, node in graph.nodes.items():
        name = f"{prefix}{key}"
        enter[key] = leave[key] = name
        if type(node).__name__ != "NIRGraph":
            nodes[name] = node
            continue
        inner, inside = _flat(node, f"{name}.")
        gates = {
            kind: [k for k, v in inner.items() if type(v).__name__ == kind]
            for kind in ("Input", "Output")
        }
        if len(gates["Input"]) != 1 or len(gates["Output"]) != 1:
            raise NIRError(
                f"NIR node {name!r}: a graph with {len(gates['Input'])} Input and "
                f"{len(gates['Output'])} Output came, one of each is allowed"
            )
        enter[key], leave[key] = gates["Input"][0], gates["Output"][0]
        scale = package("nir", "nir").Scale
        one = np.array([1.0])
        nodes |= {k: scale(scale=one) if k == enter[key] else v for k, v in inner.items()}
        edges += inside
    return nodes, edges + [(leave[a], enter[b]) for a, b in graph.edges]


def _in_order(nodes: dict[str, Any], edges: Sequence[tuple[str, str]]) -> list[str]:
    """Return the names from the inputs on, nearest first: a file keeps them by alphabet."""
    order = [name for name, node in nodes.items() if type(node).__name__ == "Input"]
    known = set(order)
    for name in order:
        for source, target in edges:
            if source == name and target not in known:
                known.add(target)
                order.append(target)
    return order + [name for name in nodes if name not in known]


def _shaped(nodes: dict[str, Any], edges: Sequence[tuple[str, str]]) -> Graph:
    """Return the graph with the shapes that flow through it."""
    before: dict[str, list[str]] = {name: [] for name in nodes}
    for source, target in edges:
        before[target].append(source)
    shapes = Shapes(nodes, before)
    for name in nodes:
        try:
            shapes.of(name)
        except ValueError as error:
            raise NIRError(f"NIR node {name!r}: {error}") from None
    return Graph(nodes=nodes, before=before, shapes=shapes)


def _neuron(
    key: str, node: Any, shape: Shape, bias: Array, rule: Convention
) -> Neuron:
    try:
        return read_neuron(node, shape, bias, rule)
    except ValueError as error:
        raise NIRError(f"NIR node {key!r}: {error}") from None


def _projection(
    path: Pathway, names: dict[str, str], key: str, neuron: Neuron, rule: Convention
) -> Projection:
    weight = (path.weight @ sparse.diags(neuron.jump)).tocsr()
    weight.eliminate_zeros()
    weight.sort_indices()
    place = weight.tocoo()
    delay = path.before[place.row] + path.after[place.col] + rule.dt
    steps = np.rint(delay / rule.dt) * rule.dt
    same = steps.size == 0 or not np.ptp(steps)
    return Projection(
        source=names[path.source],
        target=names[key],
        weights=weight,
        delay=(float(steps[0]) if steps.size else rule.dt) if same else steps,
        synapse=neuron.synapse,
    )


def _names(keys: Sequence[str]) -> dict[str, str]:
    out: dict[str, str] = {}
    for key in keys:
        name = _name(key)
        while name in out.values():
            name += "_"
        out[key] = name
    return out


def _name(key: str) -> str:
    name = re.sub(r"[^A-Za-z0-9_]", "_", key)
    return name if re.match(r"[A-Za-z_]", name) else f"n{name}"
