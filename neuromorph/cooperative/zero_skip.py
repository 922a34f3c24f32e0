"""Inference that computes only what is not zero, as a doubly sparse machine does.

For each projection the nonzero outputs of the source are listed; for a target whose units can be
closed, contexts come first and only open units gather their receptive field (weights stored per
unit); for any other target the rows of the active sources are added up (weights stored per
source). One thread, one compiled pass over all frames of a sequence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from neuromorph.cooperative.gate import gate
from neuromorph.cooperative.layer_kernel import evaluate, margin
from neuromorph.cooperative.plan import Array, Layer, Plan
from neuromorph.cooperative.softmax import softmax
from neuromorph.cooperative.transfer import TABLE
from neuromorph.description.frame_cell import GATES

BASAL, CONTEXT, UNIVERSAL, GATHERED = range(4)
#: Codes of the gates; softmax is one here.
GATE_CODE = {name: code for code, name in enumerate((*GATES, "softmax"))}
SOFTMAX = GATE_CODE["softmax"]
_TURN = {CONTEXT: 0, UNIVERSAL: 1, BASAL: 2, GATHERED: 2}
_PORTS = {"basal": BASAL, "proximal": CONTEXT, "distal": CONTEXT, "universal": UNIVERSAL}


class Program(NamedTuple):
    """A network as flat arrays.

    ``layer`` (n_layer, 6): first unit, n, transfer, gate, first wire, end of wires; ``wire``
    (n_wire, 6): first unit of the source, its n, lag, way (BASAL, CONTEXT, UNIVERSAL, GATHERED),
    place of its weights, number of its projection; ``unit`` (6, n_unit): bias, context bias,
    theta, a, b, sigma; ``own`` (2, n_layer): clip, decay.
    """

    layer: Array
    wire: Array
    weight: Array
    unit: Array
    own: Array


@njit(cache=True, error_model="numpy", fastmath={"reassoc", "contract"})
def scatter(index: Any, value: Any, count: int, rows: Any, out: Any) -> None:
    """Add ``value[k] rows[index[k]]`` to out (n,) for k < count, four rows at a time."""
    k = 0
    while k + 4 <= count:
        a, b, c, d = value[k], value[k + 1], value[k + 2], value[k + 3]
        ra, rb, rc, rd = rows[index[k]], rows[index[k + 1]], rows[index[k + 2]], rows[index[k + 3]]
        for j in range(out.shape[0]):
            out[j] += a * ra[j] + b * rb[j] + c * rc[j] + d * rd[j]
        k += 4
    while k < count:
        a, ra = value[k], rows[index[k]]
        for j in range(out.shape[0]):
            out[j] += a * ra[j]
        k += 1


@njit(cache=True, error_model="numpy", fastmath={"reassoc", "contract"})
def gather(
    code: int, index: Any, value: Any, count: int, seen: Any, columns: Any, context: Any, out: Any
) -> Any:
    """Add the sum over active sources to each open unit of out (n,); return how many are open.

    Where more than an eighth of the source is active, seen (n_source,) is read straight through,
    zeros and all: that vectorises, and eight lanes at once are faster than a list.
    """
    opened, n_source = 0, columns.shape[1]
    through = 8 * count > n_source
    for j in range(out.shape[0]):
        if margin(code, context[j]) > 0.0:
            row, total = columns[j], out[j]
            if through:
                for k in range(n_source):
                    total += seen[k] * row[k]
            else:
                for k in range(count):
                    total += value[k] * row[index[k]]
            out[j] = total
            opened += 1
    return opened


@njit(cache=True, error_model="numpy")
def list_active(y: Any, index: Any, value: Any) -> Any:
    """Write positions and values of the nonzero entries of y (n,); return how many."""
    count = 0
    for i in range(y.shape[0]):
        if y[i] != 0:
            index[count] = i
            value[count] = y[i]
            count += 1
    return count


@njit(cache=True, error_model="numpy")
def run_frames(p: Program, y: Any, previous: Any, memory: Any) -> Any:
    """Compute all units of all frames in place; return the products made, and those without gates.

    Parameters
    ----------
    p : Program
    y : (n_frame, n_unit)
        Sources are filled in.
    previous : (n_unit,)
        Outputs of the frame before the first.
    memory : (n_unit,)
        Universal contexts; moved on.
    """
    n_unit = y.shape[1]
    index = np.empty((2, n_unit), np.int64)
    value = np.empty((2, n_unit), y.dtype)
    r, c, u = np.empty(n_unit, y.dtype), np.empty(n_unit, y.dtype), np.empty(n_unit, y.dtype)
    known = np.empty((2, n_unit), np.int64)
    products, ungated = 0, 0
    for frame in range(y.shape[0]):
        before = previous if frame == 0 else y[frame - 1]
        known[:] = -1
        for number in range(p.layer.shape[0]):
            first, n, code, gate_code, begin, end = p.layer[number]
            stop = first + n
            for j in range(first, stop):
                r[j], c[j] = p.unit[0, j], p.unit[1, j]
            for w in range(begin, end):
                at, n_source, lag, way, place, _ = p.wire[w]
                seen = before if lag else y[frame]
                until = at + n_source
                if known[lag, at] < 0:
                    known[lag, at] = list_active(
                        seen[at:until], index[lag, at:until], value[lag, at:until]
                    )
                count = known[lag, at]
                flat = p.weight[place : place + n_source * n]
                ungated += count * n
                if way == GATHERED:
                    products += count * gather(
                        code, index[lag, at:until], value[lag, at:until], count, seen[at:until],
                        flat.reshape((n, n_source)), c[first:stop], r[first:stop],
                    )  # fmt: skip
                    continue
                into = r if way == BASAL else c if way == CONTEXT else u
                if way == UNIVERSAL and (w == begin or p.wire[w - 1, 3] != UNIVERSAL):
                    u[first:stop] = 0.0
                scatter(index[lag, at:until], value[lag, at:until], count,
                        flat.reshape((n_source, n)), into[first:stop])  # fmt: skip
                products += count * n
                if way == UNIVERSAL and (w + 1 == end or p.wire[w + 1, 3] != UNIVERSAL):
                    decay = p.own[1, number]
                    for j in range(first, stop):
                        memory[j] = decay * memory[j] + (1.0 - decay) * u[j]
                        c[j] += memory[j]
            if gate_code == SOFTMAX:
                softmax(r[first:stop], p.unit[3, first], y[frame, first:stop])
                continue
            for j in range(first, stop):
                t, _, _, _, _ = evaluate(
                    code, r[j], c[j], p.unit[3, j], p.unit[4, j], p.own[0, number]
                )
                out, _ = gate(gate_code, t - p.unit[2, j], p.unit[5, j])
                y[frame, j] = out if margin(code, c[j]) > 0.0 else 0.0
    return products, ungated


class SkippingMachine:
    """Runs a network with what is zero left out.

    Attributes
    ----------
    products : int
        Multiplications of a source's output by a weight so far. Absent synapses of a sparse
        projection are stored zeros here and count.
    effective_macs : int
        What they would have been if closed units were computed too.
    """

    def __init__(self, plan: Plan) -> None:
        self.products = self.effective_macs = 0
        self._plan = plan
        self._program, self._span = compile_program(plan)
        self._n_unit = max(span.stop for span in self._span.values())
        self._dtype = plan.vector.dtype

    def run(
        self, inputs: Mapping[str, Array], start: Mapping[str, Array] | None = None
    ) -> tuple[dict[str, Array], dict[str, Array]]:
        """Compute a sequence.

        Parameters
        ----------
        inputs : dict of (n_frame, n) by source
        start : dict of (n,), optional
            What an earlier call returned as the end; 0 if left out.

        Returns
        -------
        outputs : dict of (n_frame, n) by population
        end : dict of (n,)
            Last outputs, and ``name.universal``: memories.
        """
        previous, memory = np.zeros((2, self._n_unit), self._dtype)
        for key, value in (start or {}).items():
            name, _, port = key.partition(".")
            (memory if port else previous)[self._span[name]] = value
        y = self._advance(inputs, previous, memory)
        end = {name: y[-1, span] for name, span in self._span.items()}
        for layer in self._plan.layers:
            if any(bundle.port == "universal" for bundle in layer.inputs):
                end[f"{layer.name}.universal"] = memory[self._span[layer.name]]
        return {name: y[:, span] for name, span in self._span.items()}, end

    def read(self, inputs: Mapping[str, Array], population: str) -> Array:
        """Return one population's outputs (n_frame, n) of a sequence: the least overhead."""
        nothing = np.zeros((2, self._n_unit), self._dtype)
        return self._advance(inputs, nothing[0], nothing[1])[:, self._span[population]]

    def _advance(self, inputs: Mapping[str, Array], previous: Array, memory: Array) -> Array:
        y = np.empty((len(next(iter(inputs.values()))), self._n_unit), self._dtype)
        for name, value in inputs.items():
            y[:, self._span[name]] = value
        products, ungated = run_frames(self._program, y, previous, memory)
        self.products += products
        self.effective_macs += ungated
        return y


def compile_program(plan: Plan) -> tuple[Program, dict[str, slice]]:
    """Return a plan as flat arrays, and where each population's units stand."""
    sizes = [population.n for population in plan.network.populations]
    first = [int(end) for end in np.cumsum([0, *sizes])]
    spans = {
        population.name: slice(first[i], first[i + 1])
        for i, population in enumerate(plan.network.populations)
    }
    dtype = plan.vector.dtype
    layers: list[tuple[int, ...]] = []
    wires: list[tuple[int, ...]] = []
    weights: list[Array] = []
    unit = np.zeros((6, first[-1]), dtype)
    place = 0
    for layer in plan.layers:
        begin = len(wires)
        ways = [(_way(layer, bundle.port), bundle) for bundle in layer.inputs]
        # contexts first, universal ones together: gates are known before receptive fields are read
        for way, bundle in sorted(ways, key=lambda pair: _TURN[pair[0]]):
            n_source = sizes[bundle.source]
            wires.append((first[bundle.source], n_source, bundle.lag, way, place, bundle.position))
            matrix = bundle.weight.T if way == GATHERED else bundle.weight
            weights.append(np.ascontiguousarray(matrix).ravel())
            place += weights[-1].size
        at, k = first[layer.number], layer.constants
        row = TABLE[layer.transfer]
        layers.append((at, layer.n, row.code, GATE_CODE[layer.gate], begin, len(wires)))
        span = slice(at, at + layer.n)
        for i, value in enumerate((layer.bias, layer.context_bias, k.theta, k.a, k.b, k.sigma)):
            unit[i, span] = value
    program = Program(
        np.array(layers, np.int64).reshape(-1, 6),
        np.array(wires, np.int64).reshape(-1, 6),
        np.concatenate([np.zeros(0, dtype), *weights]),
        unit,
        np.array([[k.constants.clip for k in plan.layers], [k.decay for k in plan.layers]], dtype),
    )
    return program, spans


def _way(layer: Layer, port: str) -> int:
    return GATHERED if layer.skipping and port == "basal" else _PORTS[port]
