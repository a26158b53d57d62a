"""Compiled functions: one typed decorator, and two instructions on words that numba has no name for.

The compiler's cache looks at the file of the function that is cached, and not at this one or at
:mod:`linkage.match.kernel_block`: after a change there, empty ``__pycache__``.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

__all__ = ["compiled", "lowest_bit", "popcount"]

_F = TypeVar("_F", bound=Callable[..., Any])


def compiled(function: _F) -> _F:
    """Compile a function for running without the interpreter's lock, cached between processes.

    Where no folder can hold the cache (a read-only system without a home) it is compiled afresh instead.
    """
    try:
        return numba.njit(function, cache=True, nogil=True, boundscheck=False)  # type: ignore[no-any-return]
    except RuntimeError:
        return numba.njit(function, nogil=True, boundscheck=False)  # type: ignore[no-any-return]


def _popcount(_typing: Any, word: Any) -> Any:
    """Count the bits set in one unsigned 64-bit word."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate if word == types.uint64 else None


def _lowest_bit(_typing: Any, word: Any) -> Any:
    """Return the number of the lowest bit set in one unsigned 64-bit word, 64 if there is none."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), generate if word == types.uint64 else None


# Typed here as plain callables: what the compiler passes in (a typing context) is no business of the callers.
popcount = cast("Callable[[Any], Any]", intrinsic(_popcount))
lowest_bit = cast("Callable[[Any], Any]", intrinsic(_lowest_bit))
