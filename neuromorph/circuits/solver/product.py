"""The product of a small dense matrix and a vector, in vector registers.

Rows stand in blocks of 24, 16 or 8, column after column within a block, so that a column of a
block is one piece of memory. Sums of a block stay in registers, two sets in turn, because an
addition has to wait for the one before it. The loops of a compiler do neither: it keeps single
sums, or takes them to memory and back at every column.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import intrinsic

_WIDTH = 8
_U = np.uintp
_0, _1, _8, _16, _24 = (_U(k) for k in (0, 1, 8, 16, 24))


def _block(rows: int) -> Any:
    """Return a function that multiplies a block of so many rows by an even number of columns."""

    @intrinsic
    def block_times(typing, matrix, b, out, at, n, row):  # type: ignore[no-untyped-def]
        """Set ``out`` from ``row`` on to the block of ``matrix`` that begins at ``at``, times b."""
        signature = types.void(matrix, b, out, types.uintp, types.uintp, types.uintp)

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> None:
            arrays = [context.make_array(kind)(context, builder, array).data
                      for kind, array in zip(signature.args[:3], arguments[:3], strict=True)]
            _emit(builder, rows, arrays, *arguments[3:])

        return signature, generate

    return block_times


def _emit(builder: Any, rows: int, arrays: list[Any], at: Any, n: Any, row: Any) -> None:
    """Write the loop over pairs of columns."""
    from llvmlite import ir
    from numba.core import cgutils

    vector = ir.VectorType(ir.DoubleType(), _WIDTH)
    matrix, b, out = arrays
    zero = ir.Constant(vector, [0.0] * _WIDTH)
    starts = range(0, rows, _WIDTH)
    sums = [[cgutils.alloca_once_value(builder, zero) for _ in starts] for _ in range(2)]
    first = builder.gep(matrix, [at])

    def place(base: Any, offset: int) -> Any:
        return builder.bitcast(builder.gep(base, [ir.Constant(n.type, offset)]),
                               vector.as_pointer())

    with cgutils.for_range(builder, builder.lshr(n, ir.Constant(n.type, 1))) as loop:
        for k in range(2):
            j = builder.add(builder.shl(loop.index, ir.Constant(n.type, 1)),
                            ir.Constant(n.type, k))
            factor = _filled(builder, vector, builder.load(builder.gep(b, [j])))
            column = builder.gep(first, [builder.mul(j, ir.Constant(n.type, rows))])
            for total, start in zip(sums[k], starts, strict=True):
                piece = builder.load(place(column, start))
                piece.align = 8
                term = builder.fmul(piece, factor, flags=("contract",))
                builder.store(builder.fadd(term, builder.load(total), flags=("contract",)), total)
    end = builder.gep(out, [row])
    for one, other, start in zip(*sums, starts, strict=True):
        total = builder.fadd(builder.load(one), builder.load(other))
        builder.store(total, place(end, start)).align = 8


def _filled(builder: Any, vector: Any, value: Any) -> Any:
    """Return a vector of one value."""
    from llvmlite import ir

    nothing = ir.Constant(vector, ir.Undefined)
    single = builder.insert_element(nothing, value, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(single, nothing,
                                  ir.Constant(ir.VectorType(ir.IntType(32), _WIDTH), [0] * _WIDTH))


def _take_16(typing: Any, z: Any, at: Any, columns: Any, place: Any, factor: Any) -> Any:
    """Take ``factor`` times 16 numbers of ``columns`` from ``place`` on off those of ``z``."""
    signature: Any = types.void(z, types.uintp, columns, types.uintp, types.float64)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> None:
        from llvmlite import ir

        z, columns = (context.make_array(signature.args[k])(context, builder, arguments[k]).data
                      for k in (0, 2))
        vector = ir.VectorType(ir.DoubleType(), _WIDTH)
        x = _filled(builder, vector, arguments[4])
        for start in (0, _WIDTH):
            step = ir.Constant(arguments[1].type, start)
            to, source = (builder.bitcast(builder.gep(base, [builder.add(place, step)]),
                                          vector.as_pointer())
                          for base, place in ((z, arguments[1]), (columns, arguments[3])))
            old, piece = builder.load(to), builder.load(source)
            old.align = piece.align = 8
            term = builder.fmul(piece, x, flags=("contract",))
            builder.store(builder.fsub(old, term, flags=("contract",)), to).align = 8

    return signature, generate


take_16: Any = intrinsic(_take_16)
_times_8, _times_16, _times_24 = _block(8), _block(16), _block(24)


@njit(cache=True)
def _rows_of(left):  # type: ignore[no-untyped-def]
    """Return the rows of the next block when so many, a multiple of eight, are left."""
    if left % _24 == _0 or (left % _16 == _8 and left > _24):
        return _24
    return _16 if left >= _16 else _8


@njit(cache=True)
def packed(matrix):  # type: ignore[no-untyped-def]
    """Return a square matrix of a multiple of eight rows in blocks, on a cache line's start."""
    n = _U(matrix.shape[0])
    room = np.empty(n * n + _8)
    skipped = (_U(64) - _U(room.ctypes.data) % _U(64)) % _U(64) // _8
    out, at, row = room[skipped : skipped + n * n], _0, _0
    while row < n:
        rows = _rows_of(n - row)
        for j in range(n):
            for i in range(rows):
                out[at] = matrix[row + i, j]
                at += _1
        row += rows
    return out


@njit(cache=True)
def times(matrix, b, out):  # type: ignore[no-untyped-def]
    """Set ``out`` to a packed matrix times ``b``."""
    n, at, row = _U(b.size), _0, _0
    while row < n:
        rows = _rows_of(n - row)
        if rows == _24:
            _times_24(matrix, b, out, at, n, row)
        elif rows == _16:
            _times_16(matrix, b, out, at, n, row)
        else:
            _times_8(matrix, b, out, at, n, row)
        at += rows * n
        row += rows
