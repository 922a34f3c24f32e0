"""The integer two-point layer in unbounded Python integers, written from its description."""


def shifted(x, s):
    return (x + 2 ** (s - 1)) // 2**s if s > 0 else x * 2**-s


def clamp(x, bits):
    return max(-(2 ** (bits - 1)), min(2 ** (bits - 1) - 1, x))


def layer(x, weight, shift, bias, z, q, q_shift, context_bias, theta, transfer, f, f_out):
    """One relu6 layer: x inputs, z context lines (integers); weight[i][j], q[i][j].

    shift[j], q_shift[j]: what a sum is shifted right by to f fraction bits; f_out: of the outputs.
    """
    out = []
    one = 2**f
    for j in range(len(bias)):
        above = shifted(sum(a * row[j] for a, row in zip(z, q, strict=True)), q_shift[j])
        c = clamp(context_bias[j] + above, 32)
        total = shifted(sum(a * row[j] for a, row in zip(x, weight, strict=True)), shift[j])
        r = clamp(bias[j] + total, 32)
        if transfer in ("m2", "m2h"):
            t = shifted(r * (one + c), f)
            closed = transfer == "m2h" and one + c <= 0
        elif transfer == "hard_glu":
            t, closed = shifted(r * c, f), c <= 0
        elif transfer == "mask":
            t, closed = r, one + c <= 0
        elif transfer == "coop":
            t, closed = shifted(r * r, f) + 2 * r + shifted(c * (one + abs(r)), f), False
        else:
            t, closed = r + c, False
        u = clamp(t, 32) - theta[j]
        out.append(0 if closed else max(0, min(shifted(u, f - f_out), 6 * 2**f_out)))
    return out
