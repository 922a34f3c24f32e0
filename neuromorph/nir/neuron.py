"""NIR's neurons as our cells."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from neuromorph.description import LIF, Exponential
from neuromorph.nir.convention import Array, Convention

#: Time constant of an integrator: exp(-dt / FOREVER) is 1 for every dt of a second or less.
FOREVER = 1e30
#: Threshold of a cell that never fires [V].
NEVER = 1e30
#: What is left of a stateless threshold unit after one step.
FORGET = 1e-13

NEURONS = ("CubaLIF", "IF", "LI", "LIF", "Threshold")


@dataclass(frozen=True, slots=True, kw_only=True)
class Neuron:
    """A cell, and how far a weight of 1 moves its v (or its synaptic current): shape (n,)."""

    cell: LIF
    jump: Array
    synapse: Exponential | None = None


def read_neuron(node: Any, shape: tuple[int, ...], bias: Array, convention: Convention) -> Neuron:
    """Return the cell of a NIR neuron of units in ``shape`` under a constant input ``bias``.

    * ``LIF``: see :class:`Convention`; the bias moves ``v_leak`` by ``r bias``.
    * ``CubaLIF``: a LIF with exponential synapses on its way in; a weight of 1 adds ``w_in`` times
      ``dt / tau_syn`` (step, Euler), ``1 - exp(-dt / tau_syn)`` (step, exact) or ``1 / tau_syn``
      (Dirac) to the current. A bias moves ``v_leak`` by ``r w_in bias``: its steady state.
    * ``IF``: a LIF whose time constant has no end.
    * ``LI``: a LIF that never fires (record ``v``); the fixed-point backends cannot hold it.
    * ``Threshold``: a LIF that forgets within a step; a spike counts 1.

    Raises
    ------
    ValueError
        A ``tau_syn`` that differs between units; a bias into an ``IF`` or ``Threshold``, whose
        constant drift our LIF cannot hold; what the cell itself refuses.
    """
    kind, n = type(node).__name__, math.prod(shape)

    def full(name: str) -> Array:
        given = np.asarray(getattr(node, name), dtype=np.float64)
        whole = given.size in (1, n)
        return np.array(np.broadcast_to(given.ravel(), (n,)) if whole
                        else np.broadcast_to(given, shape).ravel())  # fmt: skip

    if kind == "CubaLIF":
        return _current_based(full, n, bias, convention)
    if kind in ("IF", "Threshold") and np.any(bias):
        raise ValueError(f"a bias into {kind} came, none is allowed: use LIF")
    if kind == "Threshold":
        return _threshold(full("threshold"), n, convention)
    if kind == "IF":
        jump = convention.jump_without_leak(full("r"))
        zero = np.zeros(n)
        return _fires(FOREVER, zero, full("v_threshold"), full("v_reset"), zero + 1.0, jump,
                      convention, np.ones(n))  # fmt: skip
    tau, r = full("tau"), full("r")
    decay = _decay(tau, convention)
    tau_m, leak = -convention.dt / np.log(decay), full("v_leak") + r * bias
    jump = convention.jump(tau, r)
    if kind == "LI":
        never = LIF(tau_m=tau_m, v_th=NEVER, v_subtract=NEVER, v_leak=leak, r_m=np.abs(r))
        return Neuron(cell=never, jump=jump)
    return _fires(tau_m, leak, full("v_threshold"), full("v_reset"), np.abs(r), jump, convention,
                  decay)  # fmt: skip


def _decay(tau: Array, convention: Convention) -> Array:
    decay = convention.decay(tau)
    if (decay <= 0).any():
        raise ValueError(
            f"tau {tau[decay <= 0][0]:g} s at dt {convention.dt:g} s came, a longer tau is "
            "allowed with scheme 'euler': use scheme='exact' or a smaller dt"
        )
    return decay


def _current_based(full: Any, n: int, bias: Array, convention: Convention) -> Neuron:
    tau_syn, w_in, r = full("tau_syn"), full("w_in"), full("r")
    if np.ptp(tau_syn):
        raise ValueError(
            f"tau_syn from {tau_syn.min():g} to {tau_syn.max():g} s came, one for all units is "
            "allowed"
        )
    if (r <= 0).any():
        raise ValueError(f"r = {r.min():g} came, a positive resistance is allowed")
    decay = _decay(full("tau_mem"), convention)
    leak = full("v_leak") + r * w_in * bias
    made = _fires(
        -convention.dt / np.log(decay), leak, full("v_threshold"), full("v_reset"), r,
        convention.jump(tau_syn, w_in), convention, decay,
    )  # fmt: skip
    kept = float(_decay(tau_syn, convention)[0])
    return replace(made, synapse=Exponential(tau=-convention.dt / float(np.log(kept))))


def _fires(
    tau_m: Any, leak: Array, threshold: Array, reset: Array, r: Array, jump: Array,
    convention: Convention, decay: Array,
) -> Neuron:  # fmt: skip
    v_th = leak + decay * (threshold - leak)
    how = (
        {"v_subtract": threshold - reset}
        if convention.reset == "subtract"
        else {"v_reset": reset}
    )
    cell = LIF(tau_m=tau_m, v_th=v_th, v_leak=leak, r_m=r, **how)
    return Neuron(cell=cell, jump=jump)


def _threshold(threshold: Array, n: int, convention: Convention) -> Neuron:
    tau = -convention.dt / np.log(FORGET)
    cell = LIF(tau_m=tau, v_th=FORGET * threshold, v_subtract=FORGET)
    return Neuron(cell=cell, jump=np.ones(n))
