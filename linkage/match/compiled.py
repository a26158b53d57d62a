"""Compiled functions: one typed decorator, and the vector operation that the comparison rests on.

The hot operation is written as LLVM vectors of eight 64-bit lanes, not left to the loop vectoriser, which
prefers half as wide registers.  Where the processor has AVX-512 it becomes ``vpopcntq`` on whole registers;
elsewhere LLVM breaks it down to what there is, with the same result.

The compiler's cache looks at the file of the function that is cached and not at this one: after a change
here, empty ``__pycache__``.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

__all__ = ["LANES", "ROWS_AT_ONCE", "compiled", "hits_of_block", "popcount"]

LANES = 8
"""Columns compared at once: the 64-bit lanes of a 512-bit register."""

ROWS_AT_ONCE = 4
"""Rows compared at once with a block of columns: each loaded column word is used this often."""

_F = TypeVar("_F", bound=Callable[..., Any])
_WORD = ir.IntType(64)
_BLOCK = ir.VectorType(_WORD, LANES)


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


def _hits_of_block(_typing: Any, _rows: Any, _first: Any, _columns: Any, _block: Any, _bounds: Any) -> Any:
    """Compare four rows with a block of eight columns and tell which pairs lie within their row's bound.

    ``rows`` (n, words) uint64, ``first`` the first of four rows; ``columns`` (blocks, words, 8) uint64 and
    ``block`` one of them; ``bounds`` (n,) int64, the largest Hamming distance that counts for a row.
    Returns 32 bits: bit 8·r + l for row ``first + r`` and lane ``l``.
    """
    matrix = types.Array(types.uint64, 2, "C")
    blocks = types.Array(types.uint64, 3, "C")
    vector = types.Array(types.int64, 1, "C")
    signature = types.uint32(matrix, types.intp, blocks, types.intp, vector)
    return signature, _generate_block


# Typed here as plain callables: what the compiler passes in (a typing context) is no business of the callers.
popcount = cast("Callable[[Any], Any]", intrinsic(_popcount))
hits_of_block = cast("Callable[[Any, Any, Any, Any, Any], Any]", intrinsic(_hits_of_block))


def _generate_block(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    rows, first, columns, block, bounds = arguments
    array = context.make_array
    rows_struct = array(signature.args[0])(context, builder, rows)
    columns_data = array(signature.args[2])(context, builder, columns).data
    bounds_data = array(signature.args[4])(context, builder, bounds).data
    words = builder.extract_value(rows_struct.shape, 1)
    row_starts = [
        builder.gep(rows_struct.data, [builder.mul(builder.add(first, _constant(row)), words)])
        for row in range(ROWS_AT_ONCE)
    ]
    column_start = builder.gep(columns_data, [builder.mul(builder.mul(block, words), _constant(LANES))])
    distances = _distances(builder, row_starts, column_start, words)
    mask = ir.Constant(ir.IntType(32), 0)
    for row, distance in enumerate(distances):
        bound = builder.load(builder.gep(bounds_data, [builder.add(first, _constant(row))]))
        within = builder.icmp_signed("<=", distance, _spread(builder, bound))
        bits = builder.zext(builder.bitcast(within, ir.IntType(LANES)), ir.IntType(32))
        mask = builder.or_(mask, builder.shl(bits, ir.Constant(ir.IntType(32), LANES * row)))
    return mask


def _distances(builder: Any, row_starts: list[Any], column_start: Any, words: Any) -> list[Any]:
    """Write the loop over words: xor, count, add, for every row against the eight columns."""
    counter = cgutils.get_or_insert_function(  # type: ignore[no-untyped-call]
        builder.module, ir.FunctionType(_BLOCK, [_BLOCK]), f"llvm.ctpop.v{LANES}i64"
    )
    before = builder.block
    loop = builder.append_basic_block("words")
    after = builder.append_basic_block("counted")
    builder.branch(loop)
    builder.position_at_end(loop)
    word = builder.phi(_WORD)
    word.add_incoming(_constant(0), before)
    counts = [builder.phi(_BLOCK) for _ in row_starts]
    column = _load_block(builder, builder.gep(column_start, [builder.mul(word, _constant(LANES))]))
    sums = []
    for count, start in zip(counts, row_starts, strict=True):
        value = builder.load(builder.gep(start, [word]))
        different = builder.call(counter, [builder.xor(column, _spread(builder, value))])
        sums.append(builder.add(count, different))
        count.add_incoming(ir.Constant(_BLOCK, [0] * LANES), before)
        count.add_incoming(sums[-1], loop)
    following = builder.add(word, _constant(1))
    word.add_incoming(following, loop)
    builder.cbranch(builder.icmp_signed("<", following, words), loop, after)
    builder.position_at_end(after)
    return sums


def _constant(value: int) -> Any:
    return ir.Constant(_WORD, value)


def _load_block(builder: Any, pointer: Any) -> Any:
    # numpy promises alignment to words only, not to registers: without this an aligned load would fault.
    return builder.load(builder.bitcast(pointer, _BLOCK.as_pointer()), align=8)


def _spread(builder: Any, value: Any) -> Any:
    """Fill every lane with one value."""
    single = builder.insert_element(ir.Constant(_BLOCK, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
    lanes = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(single, ir.Constant(_BLOCK, ir.Undefined), lanes)
