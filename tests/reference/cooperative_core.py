"""The cooperative core in unbounded Python integers, written from its description alone."""


def shifted(x, s):
    return (x + 2 ** (s - 1)) // 2**s if s > 0 else x * 2**-s


def clamp(x):
    return max(-(2**31), min(2**31 - 1, x))


def transfer(code, r, c, f, beta=0, tanh=(0,), highest=0):
    one = 2**f
    q = shifted(clamp(shifted(r * c, f)) * beta, f)
    by_table = shifted(r * (1 if q >= 0 else -1) * tanh[min(abs(q), highest)], 16)
    return clamp((
        r, r + c, shifted(r * (one + c), f), shifted(r * c, f),
        shifted(r * r, f) + 2 * r + shifted(c * (one + abs(r)), f), r + by_table,
    )[code])  # fmt: skip


def root(i):
    """2**-(i / 256) in 16 bits, halves up: exact 256th roots compared as integers."""
    low, high = 0, 65536
    while low < high:  # largest v with ((2 v - 1) / 2**17)**256 <= 2**-i
        v = (low + high + 1) // 2
        low, high = (v, high) if (2 * v - 1) ** 256 <= 2 ** (17 * 256 - i) else (low, v - 1)
    return low


POWER = [root(i) for i in range(256)]


def shares(scores, scale, f, bits, most):
    """The softmax of scores of f fraction bits, scale = beta log2(e) 2**16, in ``bits`` bits."""
    steps = [shifted((max(scores) - s) * scale, f + 8) for s in scores]
    parts = [POWER[t % 256] >> (t // 256) for t in steps]
    return [min((2 * p * 2**bits + sum(parts)) // (2 * sum(parts)), most) for p in parts]


def run(sources, layers, f, frames, *, no_context=False, dense=False, tanh=(0,)):
    """Return per frame the outputs of all layers in order, and (products done, skipped)."""
    before, out, done, skipped, memory = {}, [], 0, 0, {}
    for frame in frames:
        now, at = {}, 0
        for name, n in sources.items():
            now[name] = [int(v) for v in frame[at : at + n]]
            at += n
        given = []
        for layer in layers:
            bias, context_bias, theta, beta = ([int(v) for v in row] for row in layer.tables)
            n = len(bias)
            r, c = list(bias), list(context_bias)
            gain = [0] * n
            for wire in layer.wires:
                context = wire.context or wire.keep is not None
                if context and no_context:
                    continue
                seen = (before if wire.lag else now).get(wire.source, [0] * len(wire.weight))
                for j in range(n):
                    count = len(seen) if dense else sum(x != 0 for x in seen)
                    gain[j] = c[j] if layer.code == 3 else 2**f + c[j]
                    if not context and layer.skips and not no_context and gain[j] <= 0:
                        skipped += len(seen)
                        continue
                    total = sum(x * int(row[j]) for x, row in zip(seen, wire.weight, strict=True))
                    done += count
                    skipped += len(seen) - count
                    total = shifted(total, int(wire.shift[j]))
                    if wire.keep is not None:
                        old = memory.get((layer.name, j), 0)
                        total = clamp(old + shifted((clamp(total) - old) * wire.keep, 16))
                        memory[layer.name, j] = total
                    (c if context else r)[j] += total
            y = []
            for j in range(n):
                gain = clamp(c[j]) + (0 if layer.code == 3 else 2**f)
                if layer.skips and not no_context and gain <= 0:
                    y.append(0)
                    continue
                code = 0 if no_context else layer.code
                u = transfer(code, clamp(r[j]), clamp(c[j]), f, beta[j], tanh,
                             layer.highest) - theta[j]  # fmt: skip
                if layer.gate == 2:
                    y.append(layer.top if u >= 0 else -layer.top)
                elif layer.gate in (0, 3):
                    y.append(clamp(u))
                else:
                    y.append(max(0, min(shifted(u, layer.shift), layer.top)))
            if layer.gate == 3:
                y = shares(y, layer.scale, f, layer.fraction, layer.top)
            now[layer.name] = y
            given += y
        before = now
        out.append(given)
    return out, (done, skipped)
