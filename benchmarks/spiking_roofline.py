"""The roofline of the pyramidal network: what this processor could do at best, measured here.

Operations per neuron-step are counted in the text of the kernels (additions, multiplications,
divisions of the cell's step, of its logistic and of both ports); bytes are what the arrays of a
step hold. Two small kernels measure how fast this processor multiplies and adds in turn (fused
operations are not allowed: they change last bits) and how fast it reads and writes as many rows of
its first cache. The roofline is the longer of the two times.
"""

import ast
import inspect
import textwrap
import time

import numpy as np

import neuromorph as nm
from neuromorph.backends.cell_stepper import aligned
from neuromorph.cells.delivery import TILE
from neuromorph.cells.exponential import logistic_64
from neuromorph.cells.kernel import kernel
from neuromorph.cells.port import PortDrive, port_current
from neuromorph.cells.two_compartment import TWO_COMPARTMENT, two_compartment_step
from neuromorph.cells.vector import wide_vectors

READ, WRITTEN = 12, 8  # 8 state rows, values and gain of two ports; the state again
CHAIN = 16  # multiplications and additions in turn, in each of two chains


def operations(function, inlined=()):
    """Return +, -, * and / in the loop of a kernel's text, those of inlined calls included."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function.py_func)))
    loops = [node for node in ast.walk(tree) if isinstance(node, ast.For)]
    known, total = dict(inlined), 0
    for node in ast.walk(loops[-1] if loops else tree):
        if isinstance(node, ast.BinOp):
            total += isinstance(node.op, (ast.Add, ast.Sub, ast.Mult, ast.Div))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            total += known.get(node.func.id, 0)
    return total


def flops():
    """Return floating-point operations per neuron-step without synaptic events."""
    sigmoid = operations(logistic_64) - 1  # one addition is of integers
    step = operations(two_compartment_step, (("logistic", sigmoid), ("into", 1)))
    return step + 2 * operations(port_current)


def bytes_per_step():
    """Return bytes that a step must read and write in float64: the rows, and one flag."""
    return 8 * (READ + WRITTEN) + 1


@kernel()
def chains(x, a, b, repeats):
    wide_vectors()
    for _ in range(repeats):
        for i in range(x.shape[0]):
            v, w = x[i], x[i]
            v = ((((v * a + b) * a + b) * a + b) * a + b) * a + b
            w = ((((w * b + a) * b + a) * b + a) * b + a) * b + a
            v = ((((v * a + b) * a + b) * a + b) * a + b) * a + b
            w = ((((w * b + a) * b + a) * b + a) * b + a) * b + a
            v = (((((v * a + b) * a + b) * a + b) * a + b) * a + b) * a + b
            w = (((((w * b + a) * b + a) * b + a) * b + a) * b + a) * b + a
            x[i] = v + w


@kernel()
def traffic(x, y, repeats):
    wide_vectors()
    a, b, c, d, e, f, g, h = x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7]
    p, q, r, s = y[0], y[1], y[2], y[3]
    for _ in range(repeats):
        for i in range(a.shape[0]):
            more = (p[i] + q[i]) + (r[i] + s[i])
            a[i], b[i], c[i], d[i] = a[i] + more, b[i] + more, c[i] + more, d[i] + more
            e[i], f[i], g[i], h[i] = e[i] + more, f[i] + more, g[i] + more, h[i] + more


@kernel()
def updates(x, ports, fired, c, repeats):
    for _ in range(repeats):
        two_compartment_step(x, ports, fired, c, None)


def best(function, arguments, repeats, n=TILE):
    """Return the least nanoseconds per repeat and element of five runs."""
    function(*arguments, 1)
    least = np.inf
    for _ in range(5):
        begun = time.process_time()
        function(*arguments, repeats)
        least = min(least, time.process_time() - begun)
    return least / (repeats * n) * 1e9


def roofline(repeats=20_000):
    """Return a dict: flop, bytes, Gflop/s, GB/s, and ns per neuron-step of roofline and update.

    ``update_ns`` is the cell's step alone, everything in the first cache.
    """
    flat = aligned((TILE,), np.float64)
    a_flop = best(chains, (flat, 0.5, 0.25), repeats) / (4 * CHAIN + 1)
    rows = best(traffic, (aligned((WRITTEN, TILE), np.float64),
                          aligned((READ - WRITTEN, TILE), np.float64)), repeats)  # fmt: skip
    a_byte = rows / (8 * (READ + WRITTEN))
    x = aligned((8, TILE), np.float64)
    x[:2] = -0.07
    ports = tuple(PortDrive(aligned((TILE,), np.float64), None) for _ in range(2))
    c = TWO_COMPARTMENT.constants(nm.TwoCompartment(), 1e-4)
    c = type(c)(*(float(value) for value in c))
    update = best(updates, (x, ports, aligned((TILE,), np.bool_), c), repeats)
    return {
        "flop": flops(), "bytes": bytes_per_step(), "gflops": 1.0 / a_flop, "gbytes": 1.0 / a_byte,
        "roofline_ns": max(flops() * a_flop, bytes_per_step() * a_byte), "update_ns": update,
    }  # fmt: skip


def told(found):
    """Return the roofline in one line."""
    return (
        f"roofline of this processor: {found['flop']} flop at {found['gflops']:.1f} Gflop/s, "
        f"{found['bytes']} bytes at {found['gbytes']:.0f} GB/s: {found['roofline_ns']:.2f} ns per "
        f"neuron-step; state update alone, in cache: {found['update_ns']:.2f} ns"
    )
