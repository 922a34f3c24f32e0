"""A network of LIF cells in plain Python, written from the reference semantics alone.

Slow, obvious, and independent of the package's kernels: dictionaries, lists and ``math.exp``.
``integer`` computes the same in unbounded integers with the hardware's rounding and saturation.
"""

import math


def philox(counter0, counter1, key):
    """Philox2x32-10, first word, in unbounded integers."""
    left, right = counter0, counter1
    for _ in range(10):
        product = 0xD256D193 * left
        left, right = (product >> 32) ^ key ^ right, product & 0xFFFFFFFF
        key = (key + 0x9E3779B9) & 0xFFFFFFFF
    return left


def stream_key(seed, stream):
    return philox(stream, seed >> 32, seed & 0xFFFFFFFF)


def simulate(n_steps, dt, cells, synapses, sources, seed):
    """Run one population of LIF cells.

    cells: list of dicts tau_m v_th v_leak v_subtract|v_reset refractory (steps) v
    synapses: list of dicts source ("in" or "a", unit) target weight delay p stream number
    sources: set of (step, unit)
    Returns a list of (step, unit) and the v of each cell at the end.
    """
    v = [c["v"] for c in cells]
    left = [0] * len(cells)
    due, spikes = {}, []
    for k in range(n_steps):
        fired = []
        for i, c in enumerate(cells):
            if left[i] > 0:
                left[i] -= 1
            if left[i] == 0:
                v[i] = c["v_leak"] + (v[i] - c["v_leak"]) * math.exp(-dt / c["tau_m"])
                if v[i] > c["v_th"]:
                    fired.append(i)
                    left[i] = c["refractory"]
        sent = {("a", i) for i in fired} | {("in", u) for s, u in sources if s == k}
        for s in synapses:
            if s["source"] in sent:
                due.setdefault(k + s["delay"], []).append(s)
        arrived = [0.0] * len(cells)
        for s in due.pop(k, []):
            key = stream_key(seed, s["stream"])
            if philox(s["number"], k, key) < round(s["p"] * 2**32):
                arrived[s["target"]] += s["weight"]
        for i in range(len(cells)):
            if left[i] == 0:
                v[i] += arrived[i]
        for i in fired:
            c = cells[i]
            v[i] = v[i] - c["v_subtract"] if "v_subtract" in c else c["v_reset"]
            spikes.append((k, i))
    return spikes, v


def integer(n_steps, cell, arrived, bits, guard, decay_bits, fraction):
    """Run one integer LIF cell on given arrivals (integers of ``bits`` bits per step).

    cell: dict decay v_th v_leak amount (floats), subtract, refractory (steps), v (float).
    Returns spikes (steps) and v after each step.
    """

    def encode(x):
        low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
        units = x * 2**fraction
        nearest = math.floor(units + 0.5)
        if units + 0.5 == nearest and nearest % 2:  # halves to even
            nearest -= 1
        return min(max(nearest, low), high) * 2**guard

    low, high = -(2 ** (bits + guard - 1)), 2 ** (bits + guard - 1) - 1

    def saturate(x):
        return min(max(x, low), high)

    decay = math.floor(cell["decay"] * 2**decay_bits + 0.5)
    v_th, leak, amount = encode(cell["v_th"]), encode(cell["v_leak"]), encode(cell["amount"])
    v, left, spikes, trace = encode(cell["v"]), 0, [], []
    for k in range(n_steps):
        if left > 0:
            left -= 1
        fired = False
        if left == 0:
            product = (v - leak) * decay
            v = saturate(leak + (product + 2 ** (decay_bits - 1)) // 2**decay_bits)
            if v > v_th:
                fired, left = True, cell["refractory"]
        if left == 0:
            v = saturate(v + arrived[k] * 2**guard)
        if fired:
            v = saturate(v - amount) if cell["subtract"] else amount
            spikes.append(k)
        trace.append(v)
    return spikes, trace
