"""Arrays on loan: the same memory without a count of who holds it.

A compiled function counts the holders of each array it hands on, with a locked instruction that
waits for all stores before it: in a step of a hundred junctions these took longer than the
arithmetic. An array on loan has no count. Whoever lends has to hold the arrays as long as they
are used: a function lends what it was given as arguments, and nothing else.
"""

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import intrinsic


def _lent(typing: Any, value: Any) -> Any:
    """Return an array, or a tuple with all that is in it, on loan."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _without_count(context, builder, signature.args[0], arguments[0])

    return value(value), generate


lent: Any = intrinsic(_lent)


def _without_count(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    if isinstance(kind, types.Array):
        array = context.make_array(kind)(context, builder, value)
        array.meminfo = context.get_constant_null(types.MemInfoPointer(types.voidptr))
        return array._getvalue()
    if isinstance(kind, types.BaseTuple):
        inner: Any = kind
        parts = [_without_count(context, builder, part, builder.extract_value(value, k))
                 for k, part in enumerate(inner)]
        return context.make_tuple(builder, kind, parts)
    return value
