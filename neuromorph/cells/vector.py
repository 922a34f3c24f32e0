"""What the compiler is told of loops that run on vectors, and views of what they run over."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import make_array


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
                made = kind(kind, *signature.args[1:])
                value = context.compile_internal(builder, _cut, made, (value, first, last))
            out.append(value)
        return context.make_tuple(builder, signature.return_type, out)

    return constants(constants, a, b), cut


def _cut(array: Any, a: Any, b: Any) -> Any:
    return array[a:b]


wide_vectors: Any = intrinsic(_wide_vectors)
prefetch: Any = intrinsic(_prefetch)
stretch_of: Any = intrinsic(_stretch_of)
