"""Forward and backward through a frame-based network, frame by frame, a batch of sequences at once.

Gradients are exact (truncated nowhere within the frames given): what a projection with lag 1
brought is paid back to the previous frame, and universal memory is unrolled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from neuromorph.cooperative.gate import ALWAYS
from neuromorph.cooperative.layer_kernel import HARD_GLU, M2H, MASK, add_row, parameter_slopes
from neuromorph.cooperative.plan import Array, Layer, Plan
from neuromorph.cooperative.rounding import OutputGrid
from neuromorph.cooperative.transfer import TABLE

_OPENS_ABOVE = {HARD_GLU: 0.0, M2H: -1.0, MASK: -1.0}


class Grid(NamedTuple):
    """Whole multiples of ``1 / scale`` between ``low / scale`` and ``high / scale``."""

    scale: float
    low: float
    high: float

    def rounded(self, y: Array) -> Array:
        """Return the values on the grid."""
        whole: Array = np.rint(y * y.dtype.type(self.scale))
        np.clip(whole, self.low, self.high, out=whole)
        whole *= y.dtype.type(1.0 / self.scale)
        return whole


@dataclass(slots=True, kw_only=True, eq=False)
class Tape:
    """All values of a forward pass: lists over frames of dicts by population number."""

    y: list[dict[int, Array]] = field(default_factory=list)
    r: list[dict[int, Array]] = field(default_factory=list)
    c: list[dict[int, Array]] = field(default_factory=list)
    memory: list[dict[int, Array]] = field(default_factory=list)

    def open(self, layer: Layer, frame: int) -> Array:
        """Return which units of a skipping layer are open, bool (batch, n)."""
        return self.c[frame][layer.number] > _OPENS_ABOVE[TABLE[layer.transfer].code]


class Workspace:
    """Arrays that one forward pass after another writes to, so that none allocates anew.

    A tape is valid until the next pass with the same workspace. Fresh arrays above some 100 KB come
    from the system a page at a time, which costs as much as computing them.
    """

    def __init__(self) -> None:
        self._held: dict[tuple[Any, ...], Array] = {}

    def take(self, key: tuple[Any, ...], shape: tuple[int, ...], dtype: Any) -> Array:
        """Return the array of a key, its content whatever was left there."""
        held = self._held.get(key)
        if held is None or held.shape != shape or held.dtype != dtype:
            held = self._held[key] = np.zeros(shape, dtype=dtype)
        return held

    def cleared(self, key: tuple[Any, ...], shape: tuple[int, ...], dtype: Any) -> Array:
        """Return the array of a key, all 0."""
        held = self.take(key, shape, dtype)
        held[...] = 0
        return held

    def product(self, key: tuple[Any, ...], x: Array, w: Array) -> Array:
        """Return the matrix product, written to the array of a key."""
        if x.dtype != w.dtype:
            return np.asarray(x @ w)
        return np.matmul(x, w, out=self.take(key, (x.shape[0], w.shape[1]), w.dtype))


def forward(
    plan: Plan,
    inputs: Mapping[str, Array],
    start: dict[str, Array] | None = None,
    grids: Mapping[int, OutputGrid] | None = None,
    workspace: Workspace | None = None,
) -> Tape:
    """Compute all populations for inputs of shape (n_frame, batch, n) by name of source.

    ``start`` holds, per population name, its outputs of the frame before the first, and per
    ``name.universal`` its memory; both are 0 if left out. ``grids`` says how the outputs of a
    population (by number) are rounded. ``workspace`` is used anew by every pass it is given to.
    """
    grids, space = grids or {}, workspace or Workspace()
    numbers = {plan.number(name): value for name, value in inputs.items()}
    for number in set(numbers) & set(grids):
        numbers[number] = grids[number].rounded(numbers[number])
    n_frame, batch = next(iter(inputs.values())).shape[:2]
    previous, memory = _begin(plan, batch, start)
    tape = Tape()
    for frame in range(n_frame):
        now: dict[int, Array] = {number: value[frame] for number, value in numbers.items()}
        r: dict[int, Array] = {}
        c: dict[int, Array] = {}
        kept: dict[int, Array] = {}
        for layer in plan.layers:
            place = (frame, layer.number)
            r[layer.number], c[layer.number] = _collect(
                layer, now, previous, memory, kept, batch, space, place
            )
            y = space.take((*place, "y"), (batch, layer.n), plan.vector.dtype)
            layer.kernels.forward(layer.constants, r[layer.number], c[layer.number], y)
            now[layer.number] = grids[layer.number].rounded(y) if layer.number in grids else y
        previous, memory = now, kept
        tape.y.append(now)
        tape.r.append(r)
        tape.c.append(c)
        tape.memory.append(kept)
    return tape


def _begin(
    plan: Plan, batch: int, start: dict[str, Array] | None
) -> tuple[dict[int, Array], dict[int, Array]]:
    previous = {
        number: np.zeros((batch, population.n), dtype=plan.vector.dtype)
        for number, population in enumerate(plan.network.populations)
    }
    memory = {layer.number: previous[layer.number] for layer in plan.layers}
    for key, value in (start or {}).items():
        name, _, port = key.partition(".")
        (memory if port else previous)[plan.number(name)] = value
    return previous, memory


def _collect(
    layer: Layer,
    now: dict[int, Array],
    previous: dict[int, Array],
    memory: dict[int, Array],
    kept: dict[int, Array],
    batch: int,
    space: Workspace,
    place: tuple[int, int],
) -> tuple[Array, Array]:
    """Return R and C of a layer, and keep its universal memory if it has one."""
    sums: dict[str, Array] = {}
    for bundle in layer.inputs:
        seen = (previous if bundle.lag else now)[bundle.source]
        port = bundle.port if bundle.port in ("basal", "universal") else "context"
        if port in sums:
            sums[port] += space.product((*place, "more"), seen, bundle.weight)
        else:
            sums[port] = space.product((*place, port), seen, bundle.weight)
    shape = (batch, layer.n)
    drive = sums.get("basal")
    if drive is None:
        drive = space.cleared((*place, "basal"), shape, layer.bias.dtype)
    add_row(drive, layer.bias)
    if layer.transfer == "point" and set(sums) <= {"basal"}:  # nobody reads its context
        return drive, space.take(("nothing", shape), shape, layer.bias.dtype)
    context = sums.get("context")
    if context is None:
        context = space.cleared((*place, "context"), shape, layer.bias.dtype)
    add_row(context, layer.context_bias)
    if "universal" in sums:
        old = memory[layer.number]
        kept[layer.number] = layer.decay * old + (1.0 - layer.decay) * sums["universal"]
        context += kept[layer.number]
    return drive, context


@dataclass(slots=True, kw_only=True, eq=False)
class Costs:
    """Pull of penalties: per frame and population, cost of one more firing or open unit, (batch,),
    and of one more unit of output."""

    fire: list[dict[int, Array]]
    open: list[dict[int, Array]]
    activity: float = 0.0


def backward(
    plan: Plan,
    tape: Tape,
    dy: list[dict[int, Array]],
    slopes: Plan,
    costs: Costs | None = None,
) -> None:
    """Write dL/d(vector) into the vector of ``slopes``, which is ``plan.like(a gradient)``.

    ``dy`` holds, per frame, dL/dy of the populations the loss reads; the arrays are used up.
    """
    slopes.vector[:] = 0.0
    later: dict[int, Array] = {}
    later_memory: dict[int, Array] = {}
    for frame in range(len(tape.y) - 1, -1, -1):
        pulled = dy[frame]
        for number, value in later.items():
            pulled[number] = pulled[number] + value if number in pulled else value
        later = {}
        for layer, slope in zip(reversed(plan.layers), reversed(slopes.layers), strict=True):
            _back(layer, slope, tape, frame, pulled, later, later_memory, costs)
    for layer in slopes.layers:
        for bundle in layer.inputs:
            _share(bundle.weight, bundle.place, bundle.tie)
    slopes.vector[:] *= plan.trainable


def _back(
    layer: Layer,
    slope: Layer,
    tape: Tape,
    frame: int,
    pulled: dict[int, Array],
    later: dict[int, Array],
    later_memory: dict[int, Array],
    costs: Costs | None,
) -> None:
    """Take one layer's pull at one frame to its parameters and its sources."""
    number = layer.number
    r, c, y = tape.r[frame][number], tape.c[frame][number], tape.y[frame][number]
    none = np.zeros(y.shape[0], dtype=y.dtype)
    own = pulled.get(number)
    if own is None:
        own = np.zeros_like(y)
    fire, opened = none, none
    if costs is not None and layer.gate not in ALWAYS:
        if costs.activity:
            own = own + np.asarray(costs.activity * np.sign(y), dtype=y.dtype)
        fire = costs.fire[frame].get(number, none)
        opened = costs.open[frame].get(number, none)
    du, dr, dc = np.empty_like(y), np.empty_like(y), np.empty_like(y)
    layer.kernels.backward(layer.constants, r, c, own, fire, opened, du, dr, dc)
    k, row = slope.constants, TABLE[layer.transfer]
    k.theta[...] -= du.sum(axis=0)
    if row.learned:
        parameter_slopes(row.code, layer.constants, r, c, du, k.a, k.b)
    slope.bias[...] += dr.sum(axis=0)
    slope.context_bias[...] += dc.sum(axis=0)
    remembered = _back_memory(layer, dc, later_memory)
    for bundle, grown in zip(layer.inputs, slope.inputs, strict=True):
        d = dr if bundle.port == "basal" else remembered if bundle.port == "universal" else dc
        if d is None or (bundle.lag and frame == 0):
            continue
        seen = tape.y[frame - bundle.lag][bundle.source]
        grown.weight[...] += seen.T @ d
        if bundle.source in tape.r[frame]:
            back = d @ bundle.weight.T
            into = later if bundle.lag else pulled
            into[bundle.source] = into[bundle.source] + back if bundle.source in into else back


def _back_memory(
    layer: Layer, dc: Array, later_memory: dict[int, Array]
) -> Array | None:
    """Return dL/d(sum of universal inputs): the memory's pull times (1 - decay)."""
    if not any(bundle.port == "universal" for bundle in layer.inputs):
        return None
    pull = dc + layer.decay * later_memory[layer.number] if layer.number in later_memory else dc
    later_memory[layer.number] = pull
    return np.asarray((1.0 - layer.decay) * pull, dtype=dc.dtype)


def _share(weight: Array, place: Any, tie: Any) -> None:
    """Clear the gradient where there is no synapse, and sum it over tied ones, in place."""
    if place is None:
        return
    flat = weight.reshape(-1)
    values = flat[place]
    if tie is not None:
        values = np.bincount(tie, weights=values)[tie]
    flat[:] = 0.0
    flat[place] = values
