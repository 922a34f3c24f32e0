"""Frame-based networks in integers: what hardware without floating point computes, bit for bit.

Numbers (all widths are our choice; :mod:`neuromorph.cooperative.quantisation` chooses the scales):

* outputs: 16 bits (or fewer) with ``f_p`` fraction bits, one per population, saturated;
* weights: few bits times 2**-s, one s per projection and target unit;
* states: 32 bits with f fraction bits, saturated; ``one = 2**f``;
* a projection's sum is exact, then shifted right by ``s + f_source - f``, halves up, into the
  state, which is saturated once all projections of a port are added;
* products of two states are shifted right by f, halves up, and saturated;
* gate sign: 1 or -1; softmax: with t = (max R - R) beta log2(e) to 8 fraction bits (the constant
  has 16), 2**-t is a table of 256 entries of 16 bits for the fraction and a shift for the rest;
  each is divided by the exact sum, halves up, to f_p fraction bits, and saturated;
* universal memory: ``m <- m + ((u - m) (1 - decay) + half >> 16)``, 1 - decay in 16 bits, u
  saturated;
* m3: with p = R C (shifted and saturated), q = (p beta + half >> f), beta in 8 fraction bits, held
  within +-clip: ``T = R + (R sign(q) tanh[|q|] + half >> 16)``; the table has 1,024 entries of 16
  bits, 1/256 apart, so that T is that of real numbers to |R|/512, and beyond |q| = 4 to 0.0007 |R|;
* an output is ``T - theta``, shifted right by ``f - f_p``, halves up, then gated; that of a linear
  gate stays a state.

Transfers: point, additive, m2, m3, m2h, mask, hard_glu, coop, coop_v. The others need exp.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from neuromorph.cooperative.gate import CEILING
from neuromorph.cooperative.layer_kernel import ADDITIVE, COOP, COOP_V, HARD_GLU, M2, M2H, M3, MASK
from neuromorph.cooperative.plan import Array, Plan
from neuromorph.cooperative.quantisation import Quantised, Rounder
from neuromorph.cooperative.zero_skip import CONTEXT, GATHERED, UNIVERSAL, compile_program

__all__ = ["IntegerMachine", "Quantised"]

LOG2E = float(np.log2(np.e))
#: ``2**-(i / 256)`` in 16 bits.
POWER = np.rint(65536 * 2.0 ** (-np.arange(256) / 256)).astype(np.int64)
#: ``tanh(i / 256)`` in 16 bits.
TANH = np.minimum(np.rint(65536 * np.tanh(np.arange(1024) / 256)), 65535).astype(np.int64)
BETA_ONE, BETA_EDGE = 256, 1 << 15
#: What stands in place of the largest output for these gates.
NO_CEILING, SIGN, SOFTMAX = 0, -1, -2
_MARK = {"linear": NO_CEILING, "sign": SIGN, "softmax": SOFTMAX}
_STATE = 2**31 - 1


class IntegerProgram(NamedTuple):
    """As ``zero_skip.Program``, in int64.

    ``shift`` (n_wire, largest n of a target): of a projection's sums; ``keep`` (n_layer,):
    1 - decay; ``out`` (2, n_layer): shift from state to output, largest output (or NO_CEILING
    for a linear gate, SIGN, SOFTMAX); ``scale`` (n_layer,): beta log2(e) of a softmax with 16
    fraction bits; ``power``: POWER; ``tanh``: TANH; ``highest`` (n_layer,): largest entry of
    it that the clip of a layer allows.
    """

    layer: Array
    wire: Array
    weight: Array
    unit: Array  # (4, n_unit): bias, context bias, theta, beta of m3
    shift: Array
    keep: Array
    out: Array
    fraction: int
    scale: Array
    power: Array
    largest: int
    tanh: Array
    highest: Array


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
def by_table(r: Any, c: Any, f: int, beta: Any, tanh: Any, highest: Any) -> Any:
    """Return R tanh(beta R C) of states r and c with f fraction bits."""
    q = shifted(held(shifted(r * c, f), _STATE) * beta, f)
    entry = tanh[min(abs(q), highest)]
    return shifted(r * (entry if q >= 0 else -entry), 16)


@njit(cache=True)
def integer_transfer(
    code: int, r: Any, c: Any, f: int, beta: Any, tanh: Any, highest: Any
) -> Any:
    """Return T of states r and c with f fraction bits."""
    one = np.int64(1) << f
    if code == ADDITIVE:
        t = r + c
    elif code == M2 or code == M2H:  # noqa: SIM109 (numba folds this, not a tuple)
        t = shifted(r * (one + c), f)
    elif code == HARD_GLU:
        t = shifted(r * c, f)
    elif code == M3:
        t = r + by_table(r, c, f, beta, tanh, highest)
    elif code == COOP or code == COOP_V:  # noqa: SIM109
        t = shifted(r * r, f) + 2 * r + shifted(c * (one + abs(r)), f)
    else:
        t = r
    return held(t, _STATE)


@njit(cache=True)
def integer_softmax(p: IntegerProgram, number: int, r: Any, y: Any) -> None:
    """Write the softmax of the states r (n,) of layer ``number`` to y."""
    f, fraction = p.fraction, p.fraction - p.out[0, number]
    top, total = r[0], np.int64(0)
    for j in range(r.shape[0]):
        top = max(top, r[j])
    for j in range(r.shape[0]):
        t = shifted((top - r[j]) * p.scale[number], f + 8)
        whole = t >> 8
        y[j] = p.power[t & 255] >> whole if whole < 32 else 0
        total += y[j]
    for j in range(r.shape[0]):
        share = (y[j] << fraction) if fraction >= 0 else (y[j] >> -fraction)
        y[j] = min((share + (total >> 1)) // total, p.largest)


@njit(cache=True)
def integer_outputs(p: IntegerProgram, number: int, r: Any, c: Any, y: Any) -> None:
    """Write the outputs of layer ``number`` to y (n_unit,): transfer, threshold, gate."""
    first, n, code, f = p.layer[number, 0], p.layer[number, 1], p.layer[number, 2], p.fraction
    one = np.int64(1) << f
    skips = code in (HARD_GLU, M2H, MASK)
    for j in range(n):
        rj, cj = held(r[j], _STATE), held(c[j], _STATE)
        gain = cj if code == HARD_GLU else one + cj
        t = integer_transfer(code, rj, cj, f, p.unit[3, first + j], p.tanh, p.highest[number])
        u = t - p.unit[2, first + j]
        if skips and gain <= 0:
            y[first + j] = 0
        elif p.out[1, number] == SIGN:
            unit = min(shifted(one, p.out[0, number]), p.largest)
            y[first + j] = unit if u >= 0 else -unit
        elif p.out[1, number] == NO_CEILING:
            y[first + j] = held(u, _STATE)
        else:
            y[first + j] = min(max(shifted(u, p.out[0, number]), 0), p.out[1, number])


@njit(cache=True)
def run_integers(p: IntegerProgram, y: Any, previous: Any, memory: Any) -> Any:
    """Compute all units of all frames in place; return the products made.

    Parameters
    ----------
    p : IntegerProgram
    y : int64 (n_frame, n_unit)
        Sources are filled in.
    previous, memory : int64 (n_unit,)
    """
    n_unit, f = y.shape[1], p.fraction
    one = np.int64(1) << f
    r, c = np.empty(n_unit, np.int64), np.empty(n_unit, np.int64)
    moving = np.empty(n_unit, np.int64)
    products = 0
    for frame in range(y.shape[0]):
        before = previous if frame == 0 else y[frame - 1]
        for number in range(p.layer.shape[0]):
            first, n, code, _, begin, end = p.layer[number]
            for j in range(n):
                r[j], c[j] = p.unit[0, first + j], p.unit[1, first + j]
                moving[j] = 0
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
                    total = shifted(total, p.shift[w, j])
                    if way == UNIVERSAL:
                        moving[j] += total
                        if w + 1 < end and p.wire[w + 1, 3] == UNIVERSAL:
                            continue
                        apart = held(moving[j], _STATE) - memory[first + j]
                        move = shifted(apart * p.keep[number], 16)
                        memory[first + j] = held(memory[first + j] + move, _STATE)
                        c[j] += memory[first + j]
                    elif way == CONTEXT:
                        c[j] += total
                    else:
                        r[j] += total
            if p.out[1, number] == SOFTMAX:
                for j in range(n):
                    r[j] = held(r[j], _STATE)
                integer_softmax(p, number, r[:n], y[frame, first : first + n])
                continue
            integer_outputs(p, number, r, c, y[frame])
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
        A transfer or gate that is not there in integers, or an unknown population.
    """

    def __init__(self, plan: Plan, widths: Quantised) -> None:
        reason = widths.refusal(plan.network)
        if reason is not None:
            raise ValueError(f"network {plan.network.name!r}: {reason}")
        self.products, self.widths = 0, widths
        linear = {layer.name for layer in plan.layers if layer.gate == "linear"}
        self._fraction = {
            p.name: widths.fraction if p.name in linear else widths.output_fraction(p.name)
            for p in plan.network.populations
        }
        rounded = Rounder(plan, widths).integers(plan.vector)
        whole = plan.vector.astype(np.float64)
        for position, projection in enumerate(rounded):
            whole[plan.spans[str(position), "weight"]] = projection.q.ravel()
        base, self.span = compile_program(plan.like(whole))
        self.footprint = round(
            base.weight.size * widths.weight_bits / 8 + 12 * sum(x.n for x in plan.layers)
        )
        sources = [self._fraction[p.source] for p in plan.network.projections]
        shift = np.zeros((len(base.wire), max(x.n for x in plan.layers)), np.int64)
        for at, wire in enumerate(base.wire):
            own = rounded[wire[5]].shift
            shift[at, : own.size] = own + sources[wire[5]] - widths.fraction
        self._program = IntegerProgram(
            base.layer, base.wire, base.weight.astype(np.int64),
            self._units(plan, base.unit), shift,
            np.rint((1.0 - base.own[1]) * 65536).astype(np.int64), self._outputs(plan),
            widths.fraction,
            np.array([round(float(x.constants.a[0]) * LOG2E * 65536) for x in plan.layers]),
            POWER, widths.largest, TANH,
            np.minimum(np.rint(BETA_ONE * base.own[0]), TANH.size - 1).astype(np.int64),
        )  # fmt: skip

    def _units(self, plan: Plan, unit: Array) -> Array:
        """Return bias, context bias, theta and beta of every unit."""
        beta = np.zeros(unit.shape[1])
        for layer in plan.layers:
            if layer.transfer == "m3":
                beta[self.span[layer.name]] = unit[3, self.span[layer.name]]
        worst = float(np.max(np.abs(beta), initial=0.0))
        if worst * BETA_ONE >= BETA_EDGE:
            raise ValueError(
                f"network {plan.network.name!r}: beta {worst:g} came, below "
                f"{BETA_EDGE / BETA_ONE:g} is allowed in integers"
            )
        steady = encode(unit[:3], self.widths.fraction, _STATE)
        return np.concatenate([steady, encode(beta, 8, BETA_EDGE - 1)[None]])

    @property
    def program(self) -> IntegerProgram:
        """The network in integers, for hardware to be loaded with."""
        return self._program

    def fraction(self, population: str) -> int:
        """Return the fraction bits of a population's outputs."""
        return self._fraction[population]

    def _outputs(self, plan: Plan) -> Array:
        """Return, per layer, the shift from state to output and the largest output."""
        shifts, tops = [], []
        for layer in plan.layers:
            bits = self._fraction[layer.name]
            ceiling = round(CEILING * 2.0**bits) if layer.gate == "relu6" else self.widths.largest
            shifts.append(self.widths.fraction - bits)
            tops.append(_MARK.get(layer.gate, min(ceiling, self.widths.largest)))
        return np.array([shifts, tops], np.int64)

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Compute a sequence of inputs (n_frame, n) from cleared state; return integer outputs."""
        n_frame = next(iter(inputs.values())).shape[0]
        n_unit = max(span.stop for span in self.span.values())
        y = np.zeros((n_frame, n_unit), np.int64)
        for name, value in inputs.items():
            y[:, self.span[name]] = encode(value, self._fraction[name], self.widths.largest)
        previous, memory = np.zeros((2, n_unit), np.int64)
        self.products += int(run_integers(self._program, y, previous, memory))
        return {name: y[:, span] for name, span in self.span.items()}

    def real(self, population: str, integers: Array) -> Array:
        """Return a population's outputs as numbers."""
        return np.asarray(integers * 2.0 ** -self._fraction[population])


def encode(value: Array, fraction: int, limit: int) -> Array:
    """Return numbers as integers with that many fraction bits, within -limit - 1 and limit."""
    units = np.rint(np.asarray(value, np.float64) * 2.0**fraction)
    return np.clip(units, -limit - 1, limit).astype(np.int64)
