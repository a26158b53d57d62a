"""The vector operation that the comparison rests on: eight rows against a block of eight columns.

It is written as LLVM vectors of eight 64-bit lanes, not left to the loop vectoriser, which prefers half as
wide registers.  Where the processor has AVX-512 it becomes ``vpopcntq`` on whole registers; elsewhere LLVM
breaks it down to what there is, with the same result.

Distances are looked at in stages.  With one stage at the last word every pair is counted in full.  With an
earlier stage the words that follow it are read only where one of the 64 pairs is still within its bounds.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, cast

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

__all__ = ["LANES", "ROWS_AT_ONCE", "distance", "hits_of_block", "hits_of_block_either"]

LANES = 8
"""Columns compared at once: the 64-bit lanes of a 512-bit register."""

ROWS_AT_ONCE = 8
"""Rows compared at once with a block of columns: each loaded column word is used this often."""

_WORD = ir.IntType(64)
_BLOCK = ir.VectorType(_WORD, LANES)
_ZEROS = ir.Constant(_BLOCK, [0] * LANES)

_MATRIX = types.Array(types.uint64, 2, "C")
_BLOCKS = types.Array(types.uint64, 3, "C")
_ENDS = types.Array(types.int64, 1, "C")
_ROW_BOUNDS = types.Array(types.int64, 2, "C")
_COLUMN_BOUNDS = types.Array(types.int64, 3, "C")


def _hits_of_block(
    _typing: Any, _rows: Any, _first: Any, _columns: Any, _block: Any, _ends: Any, _bounds: Any
) -> Any:
    """Compare eight rows with a block of eight columns and tell which pairs lie within their row's bounds.

    ``rows`` (n, words) uint64, ``first`` the first of eight rows; ``columns`` (blocks, words, 8) uint64 and
    ``block`` one of them; ``ends`` (stages,) int64, rising: after how many words distances are looked at;
    ``bounds`` (stages, n) int64: the largest distances that count then.
    Returns 64 bits: bit 8·r + l, for row ``first + r`` and lane ``l``, is set where the distance at the last
    stage is within its bound; all are 0 if at some stage no distance was.
    """
    return types.uint64(_MATRIX, types.intp, _BLOCKS, types.intp, _ENDS, _ROW_BOUNDS), _generate


def _hits_of_block_either(
    _typing: Any, _rows: Any, _first: Any, _columns: Any, _block: Any, _ends: Any, _bounds: Any, _others: Any
) -> Any:
    """Do as :func:`hits_of_block`, where a distance counts if it is within its row's bound or its column's.

    ``others`` (stages, blocks, 8) int64: the bounds of columns.
    """
    arguments = (_MATRIX, types.intp, _BLOCKS, types.intp, _ENDS, _ROW_BOUNDS, _COLUMN_BOUNDS)
    return types.uint64(*arguments), _generate


def _distance(_typing: Any, _words: Any, _a: Any, _b: Any) -> Any:
    """Return the Hamming distance of two rows; ``words`` (n, words) uint64, ``a`` and ``b`` row numbers."""
    return types.int64(_MATRIX, types.int64, types.int64), _generate_distance


# Typed here as plain callables: what the compiler passes in (a typing context) is no business of the callers.
distance = cast("Callable[[Any, Any, Any], Any]", intrinsic(_distance))
hits_of_block = cast("Callable[[Any, Any, Any, Any, Any, Any], Any]", intrinsic(_hits_of_block))
hits_of_block_either = cast(
    "Callable[[Any, Any, Any, Any, Any, Any, Any], Any]", intrinsic(_hits_of_block_either)
)


class _Place(NamedTuple):
    """Where the rows, the block and their bounds lie in memory, as LLVM values.

    ``bounds`` points at the first row's bound at the first stage, ``others`` at the first lane's; the bounds
    of the next stage lie ``row_step`` and ``column_step`` further.
    """

    row_starts: list[Any]
    column_start: Any
    ends: Any
    stages: Any
    bounds: Any
    row_step: Any
    others: Any = None
    column_step: Any = None


def _generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    def array(index: int) -> Any:
        return context.make_array(signature.args[index])(context, builder, arguments[index])

    rows, first, columns, block, ends, bounds = (
        array(0),
        arguments[1],
        array(2),
        arguments[3],
        array(4),
        array(5),
    )
    words = builder.extract_value(rows.shape, 1)
    place = _Place(
        row_starts=[
            builder.gep(rows.data, [builder.mul(builder.add(first, _constant(row)), words)])
            for row in range(ROWS_AT_ONCE)
        ],
        column_start=builder.gep(columns.data, [builder.mul(builder.mul(block, words), _constant(LANES))]),
        ends=ends.data,
        stages=builder.extract_value(ends.shape, 0),
        bounds=builder.gep(bounds.data, [first]),
        row_step=builder.extract_value(bounds.shape, 1),
    )
    if len(arguments) > 6:
        others = array(6)
        place = place._replace(
            others=builder.gep(others.data, [builder.mul(block, _constant(LANES))]),
            column_step=builder.mul(builder.extract_value(others.shape, 1), _constant(LANES)),
        )
    return _generate_stages(builder, place)


def _generate_stages(builder: Any, place: _Place) -> Any:
    """Write the loop over stages, which ends after the last one or when no pair is within its bounds."""
    before, looking = builder.block, builder.append_basic_block("stage")
    some, done = builder.append_basic_block("some"), builder.append_basic_block("done")
    builder.branch(looking)
    builder.position_at_end(looking)
    stage, word = builder.phi(_WORD), builder.phi(_WORD)
    counts = [builder.phi(_BLOCK) for _ in place.row_starts]
    end = builder.load(builder.gep(place.ends, [stage]))
    sums = _distances(builder, place, counts, word, end)
    mask = _as_mask(builder, _within(builder, place, stage, sums))
    following = builder.add(stage, _constant(1))
    last = builder.icmp_signed(">=", following, place.stages)
    none = builder.icmp_unsigned("==", mask, _constant(0))
    builder.cbranch(builder.or_(last, none), done, some)
    builder.position_at_end(some)
    builder.branch(looking)
    starts = [(stage, _constant(0), following), (word, _constant(0), end)]
    pairs = [(count, _ZEROS, total) for count, total in zip(counts, sums, strict=True)]
    for phi, first, later in [*starts, *pairs]:
        phi.add_incoming(first, before)
        phi.add_incoming(later, some)
    builder.position_at_end(done)
    return mask


def _distances(builder: Any, place: _Place, counts: list[Any], word: Any, end: Any) -> list[Any]:
    """Write the loop over the words of a stage: xor, count, add, for every row against the eight columns."""
    counter = _counter(builder)
    before, loop, after = (
        builder.block,
        builder.append_basic_block("words"),
        builder.append_basic_block("counted"),
    )
    builder.branch(loop)
    builder.position_at_end(loop)
    at = builder.phi(_WORD)
    running = [builder.phi(_BLOCK) for _ in counts]
    at.add_incoming(word, before)
    column = _load_block(builder, builder.gep(place.column_start, [builder.mul(at, _constant(LANES))]))
    sums = []
    for start, count, counted in zip(place.row_starts, running, counts, strict=True):
        value = builder.load(builder.gep(start, [at]))
        different = builder.call(counter, [builder.xor(column, _spread(builder, value))])
        sums.append(builder.add(count, different))
        count.add_incoming(counted, before)
        count.add_incoming(sums[-1], loop)
    following = builder.add(at, _constant(1))
    at.add_incoming(following, loop)
    builder.cbranch(builder.icmp_signed("<", following, end), loop, after)
    builder.position_at_end(after)
    return sums


def _generate_distance(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """Write the loop over eight words at a time, of which the last may be fewer."""
    array = context.make_array(signature.args[0])(context, builder, arguments[0])
    words = builder.extract_value(array.shape, 1)
    starts = [builder.gep(array.data, [builder.mul(row, words)]) for row in arguments[1:]]
    before, loop, after = (
        builder.block,
        builder.append_basic_block("eight"),
        builder.append_basic_block("summed"),
    )
    builder.branch(loop)
    builder.position_at_end(loop)
    word, count = builder.phi(_WORD), builder.phi(_BLOCK)
    lanes = ir.Constant(_BLOCK, list(range(LANES)))
    there = builder.icmp_signed("<", lanes, _spread(builder, builder.sub(words, word)))
    left, right = (_load_some(builder, builder.gep(start, [word]), there) for start in starts)
    total = builder.add(count, builder.call(_counter(builder), [builder.xor(left, right)]))
    following = builder.add(word, _constant(LANES))
    for phi, start, later in [(word, _constant(0), following), (count, _ZEROS, total)]:
        phi.add_incoming(start, before)
        phi.add_incoming(later, loop)
    builder.cbranch(builder.icmp_signed("<", following, words), loop, after)
    builder.position_at_end(after)
    kind = ir.FunctionType(_WORD, [_BLOCK])
    name = f"llvm.vector.reduce.add.v{LANES}i64"
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), [total])  # type: ignore[no-untyped-call]


def _load_some(builder: Any, pointer: Any, there: Any) -> Any:
    """Load the lanes that are there; the others are 0, and their memory is not touched."""
    kind = ir.FunctionType(_BLOCK, [_BLOCK.as_pointer(), ir.IntType(32), there.type, _BLOCK])
    name = f"llvm.masked.load.v{LANES}i64.p0"
    load = cgutils.get_or_insert_function(builder.module, kind, name)  # type: ignore[no-untyped-call]
    align = ir.Constant(ir.IntType(32), 8)
    return builder.call(load, [builder.bitcast(pointer, _BLOCK.as_pointer()), align, there, _ZEROS])


def _counter(builder: Any) -> Any:
    kind = ir.FunctionType(_BLOCK, [_BLOCK])
    return cgutils.get_or_insert_function(builder.module, kind, f"llvm.ctpop.v{LANES}i64")  # type: ignore[no-untyped-call]


def _within(builder: Any, place: _Place, stage: Any, sums: list[Any]) -> list[Any]:
    """Return for every row eight flags: the distance is within the row's bound, or within the column's."""
    bounds = builder.gep(place.bounds, [builder.mul(stage, place.row_step)])
    others = None
    if place.others is not None:
        others = _load_block(builder, builder.gep(place.others, [builder.mul(stage, place.column_step)]))
    flags = []
    for row, distance in enumerate(sums):
        bound = builder.load(builder.gep(bounds, [_constant(row)]))
        flag = builder.icmp_signed("<=", distance, _spread(builder, bound))
        if others is not None:
            flag = builder.or_(flag, builder.icmp_signed("<=", distance, others))
        flags.append(flag)
    return flags


def _as_mask(builder: Any, flags: list[Any]) -> Any:
    """Put flags of eight rows side by side in one word."""
    while len(flags) > 1:
        width = flags[0].type.count
        order = ir.Constant(ir.VectorType(ir.IntType(32), 2 * width), list(range(2 * width)))
        flags = [
            builder.shuffle_vector(left, right, order)
            for left, right in zip(flags[::2], flags[1::2], strict=True)
        ]
    return builder.bitcast(flags[0], _WORD)


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
