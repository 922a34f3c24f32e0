"""Our own description in the metadata of NIR's nodes.

A population's node carries ``neuromorph``: JSON of its cell. A projection's ``Linear`` node
carries JSON of its source, target, port, delay and probability, and its synapses as arrays
(``start``, ``target``, ``weight``: compressed rows). Other tools need not look at any of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from neuromorph.description import CELLS, Network, Population, Projection, Weights

KEY = "neuromorph"
VERSION = 1


def population_metadata(population: Population, order: int) -> dict[str, Any]:
    """Return what the node of a population carries."""
    cell = population.cell
    values = {f.name: _plain(getattr(cell, f.name)) for f in fields(cell)}  # type: ignore[arg-type]
    body = {
        "version": VERSION, "population": population.name, "n": population.n, "order": order,
        "cell": type(cell).__name__, "fields": values,
    }  # fmt: skip
    return {KEY: json.dumps(body)}


def projection_metadata(projection: Projection, order: int) -> dict[str, Any]:
    """Return what the ``Linear`` node of a projection carries."""
    weights = projection.weights
    body = {
        "version": VERSION, "order": order, "source": projection.source,
        "target": projection.target, "port": projection.port, "shape": list(weights.shape),
        "delay": _plain(projection.delay), "probability": _plain(projection.probability),
    }  # fmt: skip
    return {
        KEY: json.dumps(body), "start": weights.start, "target": weights.target,
        "weight": weights.value,
    }  # fmt: skip


def stored(nodes: Mapping[str, Any], name: str) -> Network | None:
    """Return the network that the metadata of a graph describes, or None if there is none.

    Raises
    ------
    ValueError
        A later version, or an unknown cell.
    """
    populations: list[tuple[int, Population]] = []
    projections: list[tuple[int, Projection]] = []
    for key, node in nodes.items():
        text = (getattr(node, "metadata", None) or {}).get(KEY)
        if text is None:
            continue
        body = json.loads(text if isinstance(text, str) else bytes(text).decode())
        if body["version"] > VERSION:
            raise ValueError(
                f"NIR node {key!r}: metadata of version {body['version']} came, up to {VERSION} "
                "is allowed: install a newer neuromorph, or read with metadata=False"
            )
        if "population" in body:
            populations.append((body["order"], _population(key, body)))
        else:
            projections.append((body["order"], _projection(node.metadata, body)))
    if not populations:
        return None
    populations.sort(key=lambda pair: pair[0])
    projections.sort(key=lambda pair: pair[0])
    return Network(
        name=name,
        populations=tuple(p for _, p in populations),
        projections=tuple(p for _, p in projections),
    )


def _population(key: str, body: Mapping[str, Any]) -> Population:
    if body["cell"] not in CELLS:
        raise ValueError(
            f"NIR node {key!r}: cell {body['cell']!r} came, {', '.join(CELLS)} are allowed"
        )
    values = {k: np.asarray(v) if isinstance(v, list) else v for k, v in body["fields"].items()}
    return Population(name=body["population"], n=body["n"], cell=CELLS[body["cell"]](**values))


def _projection(metadata: Mapping[str, Any], body: Mapping[str, Any]) -> Projection:
    weights = Weights(
        shape=tuple(body["shape"]),
        start=metadata["start"],
        target=metadata["target"],
        value=metadata["weight"],
    )
    return Projection(
        source=body["source"], target=body["target"], port=body["port"], weights=weights,
        delay=_array(body["delay"]), probability=_array(body["probability"]),
    )  # fmt: skip


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else value


def _array(value: Any) -> Any:
    return np.asarray(value) if isinstance(value, list) else value
