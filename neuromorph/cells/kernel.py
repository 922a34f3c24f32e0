"""How the kernels of the cells are compiled, and how they are called in a loop."""

from __future__ import annotations

from typing import Any

from numba import njit


def kernel(*, inner: bool = False, **options: Any) -> Any:
    """Return the decorator of a kernel: compiled, cached, and without counting references.

    An ``inner`` kernel is called by kernels only: nothing is compiled for calls from Python, and
    such a call would crash the interpreter.

    A kernel borrows its arrays and allocates none, so nothing need be counted; numba would count
    every view of an array, dozens per step, which took as long as the arithmetic. No wrapper for
    callbacks from C is compiled: nothing calls one.
    """
    compile_by: Any = njit
    return compile_by(
        cache=True, error_model="numpy", _nrt=False, no_cfunc_wrapper=True,
        no_cpython_wrapper=inner, **options,
    )  # fmt: skip


class Direct:
    """A kernel whose arguments always have the types of its first call.

    numba works the types of named tuples out anew in every call, which takes as long as a small
    population's window; the compiled function is called as it is instead.

    Parameters
    ----------
    function : kernel
        All its calls must bring arguments of the same types, layouts of arrays included.
    """

    __slots__ = ("_entry", "_function")

    def __init__(self, function: Any) -> None:
        self._function, self._entry = function, None

    def __call__(self, *arguments: Any) -> Any:
        if self._entry is not None:
            return self._entry(*arguments)
        out = self._function(*arguments)
        kinds = tuple(self._function.typeof_pyval(argument) for argument in arguments)
        self._entry = self._function.get_overload(kinds)
        return out
