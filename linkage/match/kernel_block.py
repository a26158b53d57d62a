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

__all__ = ["LANES", "ROWS_AT_ONCE", "hits_of_block", "hits_of_block_either"]

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


# Typed here as plain callables: what the compiler passes in (a typing context) is no business of the callers.
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
    before = builder.block
    names = ("stage", "some", "found", "done")
    looking, some, found, done = (builder.append_basic_block(name) for name in names)
    builder.branch(looking)
    builder.position_at_end(looking)
    stage, word = builder.phi(_WORD), builder.phi(_WORD)
    counts = [builder.phi(_BLOCK) for _ in place.row_starts]
    end = builder.load(builder.gep(place.ends, [stage]))
    sums = _distances(builder, place, counts, word, end)
    within = _within(builder, place, stage, sums)
    looked = builder.block
    builder.cbranch(_any(builder, within), some, done)
    builder.position_at_end(some)
    following = builder.add(stage, _constant(1))
    builder.cbranch(builder.icmp_signed("<", following, place.stages), looking, found)
    starts = [(stage, _constant(0), following), (word, _constant(0), end)]
    for phi, first, later in [
        *starts,
        *((count, _ZEROS, sum_) for count, sum_ in zip(counts, sums, strict=True)),
    ]:
        phi.add_incoming(first, before)
        phi.add_incoming(later, some)
    builder.position_at_end(found)
    mask = _as_mask(builder, within)
    builder.branch(done)
    builder.position_at_end(done)
    result = builder.phi(_WORD)
    result.add_incoming(_constant(0), looked)
    result.add_incoming(mask, found)
    return result


def _distances(builder: Any, place: _Place, counts: list[Any], word: Any, end: Any) -> list[Any]:
    """Write the loop over the words of a stage: xor, count, add, for every row against the eight columns."""
    counter = cgutils.get_or_insert_function(  # type: ignore[no-untyped-call]
        builder.module, ir.FunctionType(_BLOCK, [_BLOCK]), f"llvm.ctpop.v{LANES}i64"
    )
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


def _any(builder: Any, flags: list[Any]) -> Any:
    together = flags[0]
    for flag in flags[1:]:
        together = builder.or_(together, flag)
    return builder.icmp_unsigned("!=", builder.bitcast(together, ir.IntType(LANES)), ir.IntType(LANES)(0))


def _as_mask(builder: Any, flags: list[Any]) -> Any:
    mask = _constant(0)
    for row, flag in enumerate(flags):
        bits = builder.zext(builder.bitcast(flag, ir.IntType(LANES)), _WORD)
        mask = builder.or_(mask, builder.shl(bits, _constant(LANES * row)))
    return mask


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
