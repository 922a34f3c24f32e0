"""Integer networks for the tests of the cooperative core: all transfers, lags, gates."""

import numpy as np

from neuromorph.cooperative.integer import POWER
from neuromorph.fpga.frame_model import CLIPPED, LINEAR, M3, POINT, SCORE, SIGN
from neuromorph.fpga.frame_program import FrameLayer, FrameWire, compile_frames

TANH = np.minimum(np.rint(65536 * np.tanh(np.arange(1024) / 256)), 65535).astype(np.int64)
PEAK = {8: 127, 4: 7, 2: 1, 1: 1}
KINDS = {"point": (0, False), "additive": (1, False), "m2": (2, False), "m2h": (2, True),
         "glu": (3, True), "coop": (4, False), "mask": (0, True), "m3": (5, False)}  # fmt: skip


def matrix(rng, n_source, n, bits):
    if bits == 1:
        return rng.choice([-1, 1], (n_source, n)).astype(np.int64)
    return rng.integers(-PEAK[bits], PEAK[bits] + 1, (n_source, n))


def case(seed, *, bits=8, lane_bits=2, n_frame=6, corner=False, size=14):
    """Return sources, layers, program and integer inputs (n_frame, n_input)."""
    rng = np.random.default_rng(seed)
    f = int(rng.integers(4, 13))
    sources = {"x": int(rng.integers(1, size)), "z": int(rng.integers(1, 6))}
    names = list(KINDS)
    layers, sizes = [], dict(sources)
    for k in range(3):
        name = f"layer{k}"
        code, skips = KINDS[names[(seed + 2 * k) % len(names)]]
        n = int(rng.integers(1, size))
        inputs = [("x", False), ("z", True)] if k == 0 else [
            (f"layer{k - 1}", False), ("z", True), (f"layer{k}", False)]  # fmt: skip
        sizes[name] = n
        wires = []
        for source, context in sorted(inputs, key=lambda pair: not pair[1]):
            if context and code == POINT and not skips:
                continue
            low = 0 if corner else 3
            wires.append(FrameWire(
                source=source, lag=source == name, context=context,
                weight=matrix(rng, sizes[source], n, bits),
                shift=rng.integers(low - 2, low + 8, n),
            ))  # fmt: skip
        if k != 1 and not (code == POINT and not skips):
            wires.insert(0, FrameWire(
                source="z" if seed % 2 else name, lag=True, context=False,
                keep=int(rng.choice([0, 6554, 40000, 65536])),
                weight=matrix(rng, sizes["z" if seed % 2 else name], n, bits),
                shift=rng.integers(-2, 8, n),
            ))  # fmt: skip
        one = 1 << f
        tables = rng.integers(-2 * one, 2 * one + 1, (4, n))
        beta = rng.integers(-600, 600, n)
        if corner:
            tables = rng.choice([-(2**31), 2**31 - 1, -one, 0, 1, -1], (4, n))
            beta = rng.choice([-(2**15), 2**15 - 1, 0, 256], n)
        tables[3] = beta if code == M3 else 0
        gate = (CLIPPED, LINEAR, SIGN)[int(rng.integers(3))] if k == 2 else CLIPPED
        layers.append(FrameLayer(
            name=name, code=code, skips=skips, gate=gate, shift=int(rng.integers(-2, 5)),
            top=int(rng.choice([6 * one, 32767, 300])), tables=tables, wires=tuple(wires),
            highest=int(rng.choice([1023, 768, 5])),
        ))  # fmt: skip
    n_input = sum(sources.values())
    x = rng.integers(-32768, 32768, (n_frame, n_input))
    x[rng.random(x.shape) < rng.choice([0.1, 0.6, 1.0])] = 0
    if corner:
        x = rng.choice([-32768, 32767, 0], x.shape)
    outputs = ("layer2", "layer0") if seed % 5 == 2 else ()
    program = compile_frames(sources, tuple(layers), fraction=f, bits=bits, lane_bits=lane_bits,
                             outputs=outputs, tanh=TANH)  # fmt: skip
    return sources, layers, f, program, x


def attention(seed, *, bits=8, lane_bits=2, n_frame=6, size=14):
    """As :func:`case`: x -> shares of 1 -> linear, and back to the shares a frame later."""
    rng = np.random.default_rng(seed)
    f, n, n_out = (int(rng.integers(*span)) for span in ((4, 13), (1, size), (1, size)))
    sources, corner = {"x": int(rng.integers(1, size))}, seed % 4 == 3

    def wire(source, size, lag, n):
        return FrameWire(source=source, lag=lag, context=False, weight=matrix(rng, size, n, bits),
                         shift=rng.integers(0 if corner else 5, 12, n)
                         + (0 if corner else 9 * lag))  # fmt: skip

    def tables(n):
        wide = rng.choice([-(2**31), 2**31 - 1, 0], (4, n))
        return (wide if corner else rng.integers(-50, 50, (4, n))) * [[1], [0], [0], [0]]

    layers = (
        FrameLayer(
            name="match", code=POINT, skips=False, gate=SCORE, shift=0, tables=tables(n),
            top=int(rng.choice([127, 32767])),
            scale=int(rng.choice([0, 900, 9000, 30000, 94548, 2**30 - 1])),
            fraction=int(rng.choice([0, 7, 12, 15, 15, 24])),
            wires=(wire("x", sources["x"], False, n), wire("out", n_out, True, n)),
        ),
        FrameLayer(name="out", code=POINT, skips=False, gate=LINEAR, shift=0, top=0,
                   tables=tables(n_out), wires=(wire("match", n, False, n_out),)),
    )  # fmt: skip
    peak = int(rng.choice([300, 3000, 32768]))
    x = rng.integers(-peak, peak, (n_frame, sources["x"]))
    program = compile_frames(sources, layers, fraction=f, bits=bits, lane_bits=lane_bits,
                             power=POWER)  # fmt: skip
    return sources, layers, f, program, x
