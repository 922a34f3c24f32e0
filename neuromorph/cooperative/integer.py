"""Frame-based networks in integers: what hardware without floating point computes, bit for bit.

Numbers (all widths are our choice):

* outputs: 16 bits with ``fraction`` fraction bits f (12: from -8 to 8), saturated;
* weights: ``weight_bits`` bits times 2**-s, one s per projection: the largest that holds its
  weights for 8 and 4 bits; for 2 bits (-1, 0, 1) and 1 bit (-1, 1) the s of least squared error;
* a projection's sum is exact, then shifted right by s, halves up, into a state of 32 bits with f
  fraction bits, saturated once all projections of a port are added;
* products of two states are shifted right by f, halves up, and saturated; ``one = 2**f``;
* gate sign: 1 or -1; softmax: with t = (max R - R) beta log2(e) to 8 fraction bits (the constant
  has 16), 2**-t is a table of 256 entries of 16 bits for the fraction and a shift for the rest;
  each is divided by the exact sum, halves up, to f fraction bits;
* universal memory: ``m <- m + ((u - m) (1 - decay) + half >> 16)``, 1 - decay in 16 bits.

Transfers: point, additive, m2, m2h, mask, hard_glu, coop, coop_v. The others need exp or tanh.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from neuromorph.cooperative.gate import CEILING
from neuromorph.cooperative.layer_kernel import ADDITIVE, COOP, COOP_V, HARD_GLU, M2, M2H, MASK
from neuromorph.cooperative.plan import Array, Plan
from neuromorph.cooperative.zero_skip import CONTEXT, GATHERED, UNIVERSAL, compile_program
from neuromorph.description import Network, Softmax

TRANSFERS = ("point", "additive", "m2", "m2h", "mask", "hard_glu", "coop", "coop_v")
LOG2E = float(np.log2(np.e))
#: ``2**-(i / 256)`` in 16 bits.
POWER = np.rint(65536 * 2.0 ** (-np.arange(256) / 256)).astype(np.int64)
#: What stands in the list of largest outputs for these gates.
NO_CEILING, SIGN, SOFTMAX = 0, -1, -2
_STATE = 2**31 - 1
_OUTPUT = 2**15 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantised:
    """Widths of the integer network.

    Attributes
    ----------
    weight_bits : int
        8, 4, 2 (-1, 0, 1) or 1 (-1, 1).
    fraction : int
        Fraction bits of outputs and states, 4 to 13.

    Raises
    ------
    ValueError
        A width that is not there.
    """

    weight_bits: int = 8
    fraction: int = 12

    def __post_init__(self) -> None:
        if self.weight_bits not in (8, 4, 2, 1) or not 4 <= self.fraction <= 12:
            raise ValueError(
                f"Quantised: weight_bits {self.weight_bits} and fraction {self.fraction} came, "
                "8, 4, 2 or 1 and 4 to 12 are allowed"
            )

    def refusal(self, network: Network) -> str | None:
        """Return why a network cannot be computed in these integers, or None."""
        for population in network.populations:
            cell: Any = population.cell
            transfer = getattr(cell, "transfer", "point")
            if isinstance(cell, Softmax) and cell.beta * LOG2E >= 2.0**14:
                return (f"population {population.name!r}: beta {cell.beta:g} is too large for "
                        "integers; below 11,000 is allowed")  # fmt: skip
            if transfer not in TRANSFERS or getattr(cell, "gate", "") == "half_normal":
                return (
                    f"population {population.name!r}: transfer {transfer} with gate {cell.gate} is "
                    f"not there in integers; {', '.join(TRANSFERS)} with linear, relu, relu6 are"
                )
        return None


def quantise(weight: Array, bits: int) -> tuple[Array, int]:
    """Return integers q and the shift s so that ``q 2**-s`` is close to the weights."""
    peak = float(np.max(np.abs(weight), initial=0.0))
    if peak == 0.0:
        return np.zeros(weight.shape, np.int64), 0
    if bits >= 4:
        limit = 2 ** (bits - 1) - 1
        shift = int(np.floor(np.log2(limit / peak)))
        return np.clip(np.rint(weight * 2.0**shift), -limit, limit).astype(np.int64), shift
    top = int(np.ceil(-np.log2(peak)))
    tried = [(s, _few(weight * 2.0**s, bits)) for s in range(top - 1, top + 7)]
    shift, q = min(tried, key=lambda pair: float(np.sum((weight - pair[1] * 2.0 ** -pair[0]) ** 2)))
    return q, shift


def _few(scaled: Array, bits: int) -> Array:
    if bits == 1:
        return np.where(scaled < 0, -1, 1).astype(np.int64)
    return np.clip(np.rint(scaled), -1, 1).astype(np.int64)


def rounded(plan: Plan, vector: Array, bits: int) -> Array:
    """Return the vector with the weights of every projection rounded as ``quantise`` does."""
    out = vector.copy()
    for position, projection in enumerate(plan.network.projections):
        span = plan.spans[str(position), "weight"]
        w = projection.weights
        place = w.source * w.shape[1] + w.target
        q, shift = quantise(vector[span][place], bits)
        out[span][place] = q * 2.0**-shift
    return out


class IntegerProgram(NamedTuple):
    """As ``zero_skip.Program``, in int64; ``shift`` (n_wire,), ``keep`` (n_layer,): 1 - decay."""

    layer: Array
    wire: Array
    weight: Array
    unit: Array  # (3, n_unit): bias, context bias, theta
    shift: Array
    keep: Array
    fraction: int
    scale: Array  # (n_layer,): beta log2(e) of a softmax, in 16 fraction bits


@njit(cache=True, inline="always")
def shifted(x: Any, shift: Any) -> Any:
    """Return x 2**-shift rounded to nearest, halves up; exact for shift <= 0."""
    if shift > 0:
        return (x + (np.int64(1) << (shift - 1))) >> shift
    return x << -shift


@njit(cache=True, inline="always")
def held(x: Any, limit: Any) -> Any:
    """Return x within -limit - 1 and limit."""
    return min(max(x, -limit - 1), limit)


@njit(cache=True)
def integer_transfer(code: int, r: Any, c: Any, f: int) -> Any:
    """Return T of states r and c with f fraction bits."""
    one = np.int64(1) << f
    if code == ADDITIVE:
        t = r + c
    elif code == M2 or code == M2H:  # noqa: SIM109 (numba folds this, not a tuple)
        t = shifted(r * (one + c), f)
    elif code == HARD_GLU:
        t = shifted(r * c, f)
    elif code == COOP or code == COOP_V:  # noqa: SIM109
        t = shifted(r * r, f) + 2 * r + shifted(c * (one + abs(r)), f)
    else:
        t = r
    return held(t, _STATE)


@njit(cache=True)
def integer_softmax(r: Any, scale: Any, f: Any, power: Any, y: Any) -> None:
    """Write the softmax of states r (n,) with f fraction bits to y."""
    top, total = r[0], np.int64(0)
    for j in range(r.shape[0]):
        top = max(top, r[j])
    for j in range(r.shape[0]):
        t = shifted((top - r[j]) * scale, f + 8)
        whole = t >> 8
        y[j] = power[t & 255] >> whole if whole < 32 else 0
        total += y[j]
    for j in range(r.shape[0]):
        y[j] = ((y[j] << f) + (total >> 1)) // total


@njit(cache=True)
def run_integers(
    p: IntegerProgram, gates: Any, power: Any, y: Any, previous: Any, memory: Any
) -> Any:
    """Compute all units of all frames in place; return the products made.

    Parameters
    ----------
    p : IntegerProgram
    gates : (n_layer,)
        Largest output: 0 for a linear gate (a state, not cut to 16 bits), or SIGN or SOFTMAX.
    power : (256,)
        ``POWER``.
    y : int64 (n_frame, n_unit)
        Sources are filled in.
    previous, memory : int64 (n_unit,)
    """
    n_unit, f = y.shape[1], p.fraction
    one = np.int64(1) << f
    r, c = np.empty(n_unit, np.int64), np.empty(n_unit, np.int64)
    products = 0
    for frame in range(y.shape[0]):
        before = previous if frame == 0 else y[frame - 1]
        for number in range(p.layer.shape[0]):
            first, n, code, _, begin, end = p.layer[number]
            for j in range(n):
                r[j], c[j] = p.unit[0, first + j], p.unit[1, first + j]
            for w in range(begin, end):
                at, n_source, lag, way, place, _ = p.wire[w]
                seen = before if lag else y[frame]
                for j in range(n):
                    if way == GATHERED:
                        gain = c[j] if code == HARD_GLU else one + held(c[j], _STATE)
                        if gain <= 0:
                            continue
                    total, step = np.int64(0), 1 if way == GATHERED else n
                    base = place + (j * n_source if way == GATHERED else j)
                    for i in range(n_source):
                        x = seen[at + i]
                        if x != 0:
                            total += x * p.weight[base + i * step]
                            products += 1
                    total = shifted(total, p.shift[w])
                    if way == UNIVERSAL:
                        move = shifted((total - memory[first + j]) * p.keep[number], 16)
                        memory[first + j] = held(memory[first + j] + move, _STATE)
                        c[j] += memory[first + j]
                    elif way == CONTEXT:
                        c[j] += total
                    else:
                        r[j] += total
            if gates[number] == SOFTMAX:
                for j in range(n):
                    r[j] = held(r[j], _STATE)
                integer_softmax(r[:n], p.scale[number], f, power, y[frame, first : first + n])
                continue
            for j in range(n):
                rj, cj = held(r[j], _STATE), held(c[j], _STATE)
                gain = cj if code == HARD_GLU else one + cj
                skips = code in (HARD_GLU, M2H, MASK)
                closed = skips and gain <= 0
                u = integer_transfer(code, rj, cj, f) - p.unit[2, first + j]
                if closed:
                    y[frame, first + j] = 0
                elif gates[number] == SIGN:
                    y[frame, first + j] = one if u >= 0 else -one
                elif gates[number] == NO_CEILING:
                    y[frame, first + j] = held(u, _STATE)
                else:
                    y[frame, first + j] = min(max(u, 0), gates[number])
    return products


class IntegerMachine:
    """Runs a network in integers.

    Attributes
    ----------
    products : int
        Multiplications made so far: nonzero inputs times open units.
    footprint : int [byte]
        Weights at their width, thresholds and biases at 4 bytes.

    Raises
    ------
    ValueError
        A transfer or gate that is not there in integers.
    """

    def __init__(self, plan: Plan, widths: Quantised) -> None:
        reason = widths.refusal(plan.network)
        if reason is not None:
            raise ValueError(f"network {plan.network.name!r}: {reason}")
        self.products = 0
        self._one = 2.0**widths.fraction
        base, self.span = compile_program(plan)
        weights, shifts = [], []
        for at, wire in enumerate(base.wire):
            end = base.wire[at + 1][4] if at + 1 < len(base.wire) else base.weight.size
            q, shift = quantise(base.weight[wire[4] : end], widths.weight_bits)
            weights.append(q)
            shifts.append(shift)
        self.footprint = round(
            base.weight.size * widths.weight_bits / 8 + 12 * sum(x.n for x in plan.layers)
        )
        self._program = IntegerProgram(
            base.layer, base.wire, np.concatenate(weights), self._encode(base.unit[:3], _STATE),
            np.array(shifts, np.int64),
            np.rint((1.0 - base.own[1]) * 65536).astype(np.int64), widths.fraction,
            np.array([round(float(x.constants.a[0]) * LOG2E * 65536) for x in plan.layers]),
        )  # fmt: skip
        ceiling = {"linear": NO_CEILING, "relu": _OUTPUT, "relu6": round(CEILING * self._one),
                   "sign": SIGN, "softmax": SOFTMAX}  # fmt: skip
        self._gates = np.array([min(ceiling[x.gate], _OUTPUT) for x in plan.layers], np.int64)

    def _encode(self, value: Array, limit: int) -> Array:
        units = np.rint(np.asarray(value, np.float64) * self._one)
        return np.clip(units, -limit - 1, limit).astype(np.int64)

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Compute a sequence of inputs (n_frame, n) from cleared state; return integer outputs."""
        n_frame = next(iter(inputs.values())).shape[0]
        n_unit = max(span.stop for span in self.span.values())
        y = np.zeros((n_frame, n_unit), np.int64)
        for name, value in inputs.items():
            y[:, self.span[name]] = self._encode(value, _OUTPUT)
        previous, memory = np.zeros((2, n_unit), np.int64)
        self.products += int(run_integers(self._program, self._gates, POWER, y, previous, memory))
        return {name: y[:, span] for name, span in self.span.items()}

    def real(self, integers: Array) -> Array:
        """Return outputs as numbers."""
        return np.asarray(integers / self._one)
