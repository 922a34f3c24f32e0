"""A plan: the points of a sweep, each with its index, its parameters and its own seed."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point of a plan.

    Attributes
    ----------
    index : int
        Place in the plan.
    parameters : dict
        Plain values by name.
    entropy : int
        The plan's seed.
    """

    index: int
    parameters: Mapping[str, Any]
    entropy: int = 0

    @property
    def sequence(self) -> np.random.SeedSequence:
        """Child ``index`` of ``SeedSequence(entropy)``, whoever runs the point and when."""
        return np.random.SeedSequence(self.entropy, spawn_key=(self.index,))

    @property
    def seed(self) -> int:
        """A seed below 2**64 from :attr:`sequence`."""
        return int(self.sequence.generate_state(1, np.uint64)[0])

    def rng(self) -> np.random.Generator:
        """Return a fresh generator of this point's own random numbers."""
        return np.random.default_rng(self.sequence)

    def __getitem__(self, name: str) -> Any:
        return self.parameters[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a sweep computes.

    Attributes
    ----------
    parameters : sequence of dict
        The parameters of each point: plain values (what JSON holds; numpy scalars and tuples
        are turned into numbers and lists).
    seed : int
        From which each point's own seed is spawned.
    name : str
    settings : dict
        Plain values that all points share and that decide the results (the hash of a netlist,
        a duration): part of the plan's hash, not handed to the function.

    Raises
    ------
    TypeError
        A value that JSON does not hold.
    ValueError
        A number that is not finite, or a negative seed.
    """

    parameters: Sequence[Mapping[str, Any]]
    seed: int = 0
    name: str = "sweep"
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise ValueError(f"plan {self.name!r}, seed: {self.seed} came, 0 or more is allowed")
        where = f"plan {self.name!r}"
        for index, row in enumerate(self.parameters):
            if not isinstance(row, Mapping):
                raise TypeError(
                    f"{where}, point {index}: {type(row).__name__} came, a dict is allowed"
                )
        rows = tuple(
            plain(dict(row), f"{where}, point {index}")
            for index, row in enumerate(self.parameters)
        )
        object.__setattr__(self, "parameters", rows)
        object.__setattr__(self, "settings", plain(dict(self.settings), f"{where}, settings"))

    def __len__(self) -> int:
        return len(self.parameters)

    def __getitem__(self, index: int) -> Point:
        return Point(index=index, parameters=self.parameters[index], entropy=self.seed)

    def __iter__(self) -> Iterator[Point]:
        return (self[index] for index in range(len(self)))

    def record(self) -> dict[str, Any]:
        """Return the plan as plain values."""
        return {
            "name": self.name,
            "seed": self.seed,
            "settings": dict(self.settings),
            "parameters": [dict(row) for row in self.parameters],
        }

    @property
    def hash(self) -> str:
        """SHA-256 of the plan's canonical JSON text."""
        text = json.dumps(self.record(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8")).hexdigest()


def grid(
    axes: Mapping[str, Iterable[Any]],
    *,
    repeats: int = 1,
    seed: int = 0,
    name: str = "sweep",
    settings: Mapping[str, Any] | None = None,
) -> Plan:
    """Return the plan of every combination of the axes' values, the last axis fastest.

    With ``repeats`` above 1 each combination comes so many times, told apart by the parameter
    ``repeat`` and by its seed.

    Raises
    ------
    ValueError
        ``repeats`` is below 1, or an axis is called ``repeat`` while there are repeats.
    """
    if repeats < 1:
        raise ValueError(f"grid, repeats: {repeats} came, 1 or more is allowed")
    all_axes = {key: list(values) for key, values in axes.items()}
    if repeats > 1:
        if "repeat" in all_axes:
            raise ValueError("grid, axis 'repeat': the name is taken by repeats > 1")
        all_axes["repeat"] = list(range(repeats))
    rows = [dict(zip(all_axes, row, strict=True)) for row in itertools.product(*all_axes.values())]
    return Plan(parameters=rows, seed=seed, name=name, settings=settings or {})


def plain(value: Any, where: str) -> Any:
    """Return ``value`` as JSON would give it back.

    Raises
    ------
    TypeError
        A value that JSON does not hold.
    ValueError
        A number that is not finite.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{where}: {value!r} came, finite numbers are allowed")
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [plain(item, where) for item in value]
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise TypeError(f"{where}: key {key!r} came, a text is allowed")
        return {key: plain(item, f"{where}, {key!r}") for key, item in value.items()}
    raise TypeError(
        f"{where}: {type(value).__name__} came; numbers, texts, booleans, None, lists and dicts "
        "of them are allowed"
    )
