"""What the compiler is told of loops that run on vectors, and views of what they run over."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import make_array, populate_array


def _wide_vectors(typingctx: Any) -> Any:
    """Let the loops of the calling kernel use 512-bit vectors where the processor has them.

    LLVM keeps to 256 bits on processors that once slowed down for more. The attributes are the
    function's own: nothing else that numba compiles changes, nor does any result. The stack is
    aligned for constants that do not fit the registers.
    """

    def mark(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        # llvmlite knows neither attribute: written as LLVM's text has it
        set.add(builder.function.attributes, '"prefer-vector-width"="512" "stackrealign"')
        return context.get_dummy_value()

    return types.void(), mark


def _prefetch(typingctx: Any, array: Any, i: Any) -> Any:
    """Ask for the line of memory of ``array[i]``, for reading soon; i may lie beyond the end."""

    def ask(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        held = make_array(signature.args[0])(context, builder, arguments[0])
        at = builder.gep(held.data, [arguments[1]])
        byte = builder.bitcast(at, ir.IntType(8).as_pointer())
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte.type, number, number, number])
        name = "llvm.prefetch.p0i8" if str(byte.type) == "i8*" else "llvm.prefetch.p0"
        function = cgutils.get_or_insert_function(builder.module, kind, name)
        builder.call(function, [byte, number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(array, types.int64), ask


def _stretch_of(typingctx: Any, constants: Any, a: Any, b: Any) -> Any:
    """Return a NamedTuple whose arrays are cut to a ... b; numbers stay."""
    if not isinstance(constants, types.BaseNamedTuple):
        return None
    held: Any = constants
    kinds = tuple(held.types)

    def cut(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        given, first, last = arguments
        out = []
        for k, kind in enumerate(kinds):
            value = builder.extract_value(given, k)
            if isinstance(kind, types.Array):
                value = _cut(context, builder, kind, value, first, last)
            out.append(value)
        return context.make_tuple(builder, signature.return_type, out)

    return constants(constants, a, b), cut


def _row_of(typingctx: Any, rows: Any, j: Any, a: Any, b: Any) -> Any:
    """Return the view ``rows[j, a:b]`` of a whole array (n_row, n), or None for None."""
    if isinstance(rows, types.NoneType):

        def nothing(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return context.get_dummy_value()

        return types.none(rows, j, a, b), nothing
    if not isinstance(rows, types.Array) or rows.layout != "C":
        return None
    kind = rows.copy(ndim=1)

    def view(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        value, row, first, last = arguments
        held, out = make_array(rows)(context, builder, value), make_array(kind)(context, builder)
        width = cgutils.unpack_tuple(builder, held.shape, 2)[1]
        at = builder.add(builder.mul(row, width), first)
        stride = cgutils.unpack_tuple(builder, held.strides, 2)[1]
        populate_array(
            out, data=builder.gep(held.data, [at]), shape=[builder.sub(last, first)],
            strides=[stride], itemsize=held.itemsize, meminfo=None, parent=held.parent,
        )  # fmt: skip
        return out._getvalue()

    return kind(rows, types.int64, types.int64, types.int64), view


def _cut(context: Any, builder: Any, kind: Any, value: Any, first: Any, last: Any) -> Any:
    """Return the view ``value[first:last]``, which owns nothing."""
    held, out = make_array(kind)(context, builder, value), make_array(kind)(context, builder)
    populate_array(
        out, data=builder.gep(held.data, [first]), shape=[builder.sub(last, first)],
        strides=held.strides, itemsize=held.itemsize, meminfo=None, parent=held.parent,
    )  # fmt: skip
    return out._getvalue()


wide_vectors: Any = intrinsic(_wide_vectors)
prefetch: Any = intrinsic(_prefetch)
stretch_of: Any = intrinsic(_stretch_of)
row_of: Any = intrinsic(_row_of)
