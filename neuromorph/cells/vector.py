"""What the compiler is told of loops that run on vectors, and views of what they run over."""

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import intrinsic


@intrinsic
def wide_vectors(typingctx: Any) -> Any:
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


@intrinsic
def stretch_of(typingctx: Any, constants: Any, a: Any, b: Any) -> Any:
    """Return a NamedTuple whose arrays are cut to a ... b; numbers stay."""
    if not isinstance(constants, types.BaseNamedTuple):
        return None
    kinds = tuple(constants.types)

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
