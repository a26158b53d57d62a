"""What the machines of a cluster run: one tile, one strip's lists, one part of the components.

These functions get and give record batches whose cells are sealed (:mod:`api.spark.cells`), and do their work
with the very functions that the linking worker uses by itself.  This module, what it imports and the packages
that those need are all that has to be on the cluster's machines: nothing of the service, of its stores or of
the web is loaded there, and pyproject.toml has a contract that says so.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from api.spark.cells import Arrays, Cells
from api.spark.same_code import require_same_code
from linkage.errors import InputError
from linkage.match.candidates import pair_scores
from linkage.match.clustering import cluster
from linkage.match.engine import tile_candidates
from linkage.match.kernel_lists import NearestLists, empty_lists, listed_pairs, offer
from linkage.match.plan import Comparison
from linkage.match.rows import Rows

__all__ = [
    "CHUNK",
    "FOUND",
    "LABELS",
    "PART",
    "REDUCED",
    "Arrays",
    "chunk_name",
    "chunks_of",
    "cluster_parts",
    "compare_tile",
    "found_name",
    "labels_name",
    "part_name",
    "reduce_strip",
    "reduced_name",
    "table_of",
]

CHUNK: Final = "strip int, chunk int, cell binary"
"""Rows of a strip, as they are staged; tiles are added by a join: ``task, left, right``."""

FOUND: Final = "strip int, tile int, piece int, cell binary"
"""What one tile found for the lists of one of its strips."""

REDUCED: Final = "strip int, piece int, cell binary"
"""The candidates of one strip's rows, after all tiles."""

PART: Final = "part int, cell binary"
LABELS: Final = "part int, contradiction boolean, cell binary"

_CHUNK_BYTES: Final = 4 << 20
_PAIRS_AT_A_TIME: Final = 1 << 22
_PAIRS_IN_A_CELL: Final = 1 << 17

Batches = Iterable[Any]


def chunk_name(strip: int, chunk: int) -> str:
    """Say what a cell of staged rows is."""
    return f"rows {strip}/{chunk}"


def found_name(strip: int, tile: int, piece: int) -> str:
    """Say what a cell of a tile's pairs is."""
    return f"found {strip}/{tile}/{piece}"


def reduced_name(strip: int, piece: int) -> str:
    """Say what a cell of a strip's candidates is."""
    return f"reduced {strip}/{piece}"


def part_name(part: int) -> str:
    """Say what a cell of pairs to be clustered is."""
    return f"part {part}"


def labels_name(part: int) -> str:
    """Say what a cell of clusters is."""
    return f"labels {part}"


def chunks_of(rows: Rows, numbers: NDArray[np.int32]) -> Iterator[Arrays]:
    """Yield some rows, by number, in pieces of a size that passes everywhere."""
    row_bytes = max(1, len(rows.words) * rows.words.shape[2] * 8)
    step = max(1, _CHUNK_BYTES // row_bytes)
    for start in range(0, len(numbers), step):
        some = numbers[start : start + step]
        yield {
            "numbers": some,
            "words": rows.words[:, some],
            "present": rows.present[:, some],
            "record": rows.record[some],
            "apart": rows.apart[some],
            "source": rows.source[some],
        }


def compare_tile(batches: Batches, *, cells: Cells, comparison: Comparison, code: str) -> Iterator[Any]:
    """Compare the two strips whose chunks come, and yield what belongs in the lists of each one's rows.

    A task is one tile: chunks of two strips, or of one that is compared with itself.
    """
    require_same_code(code)
    chunks = [one for batch in batches for one in batch.to_pylist()]
    if not chunks:
        return
    number, left, right = chunks[0]["task"], chunks[0]["left"], chunks[0]["right"]
    if any(one["task"] != number for one in chunks):
        raise ValueError("a task was given more than one tile")  # it would compare one, and nobody the other
    strips = [left] if left == right else [left, right]
    numbers, rows, places = _rows_of(chunks, strips, cells)
    chunks.clear()  # as much as the rows themselves
    found = tile_candidates(rows, places[0], None if len(places) == 1 else places[1], comparison)
    every = {
        "pairs": numbers[found.pairs],
        "distances": found.distances,
        "scores": pair_scores(rows, found),
        "source": rows.source[found.pairs],
    }
    for strip, place in zip(strips, places, strict=True):
        mine = np.zeros(len(rows), dtype=np.bool_)
        mine[place] = True
        kept = _best([{**every, "mine": mine[found.pairs]}], comparison.nearest)
        for piece, some in enumerate(_pieces(kept)):
            cell = cells.seal(found_name(strip, number, piece), some)
            yield _batch(FOUND, strip=strip, tile=number, piece=piece, cell=cell)


def reduce_strip(batches: Batches, *, cells: Cells, nearest: int, code: str) -> Iterator[Any]:
    """Bring what all tiles found for one strip's rows to their lists, and yield the pairs that stay.

    A task is one strip.  No more than some millions of pairs are held beyond those that stay.
    """
    require_same_code(code)
    held: list[Arrays] = []
    strip, waiting = -1, 0
    for one in (one for batch in batches for one in batch.to_pylist()):
        if strip not in {-1, one["strip"]}:
            raise ValueError("a task was given more than one strip")
        strip = one["strip"]
        held.append(cells.open(found_name(strip, one["tile"], one["piece"]), one["cell"]))
        waiting += len(held[-1]["pairs"])
        if waiting > _PAIRS_AT_A_TIME:
            held, waiting = [_best(held, nearest)], 0
    if not held:
        return
    kept = _best(held, nearest)
    for piece, some in enumerate(_pieces({name: kept[name] for name in ("pairs", "distances")})):
        yield _batch(REDUCED, strip=strip, piece=piece, cell=cells.seal(reduced_name(strip, piece), some))


def cluster_parts(batches: Batches, *, cells: Cells, code: str) -> Iterator[Any]:
    """Cluster the components of each part that comes, by the function that clusters them all elsewhere."""
    require_same_code(code)
    for one in (one for batch in batches for one in batch.to_pylist()):
        part = one["part"]
        arrays = cast("Mapping[str, NDArray[Any]]", cells.open(part_name(part), one["cell"]))
        try:
            labels = cluster(
                len(arrays["apart"]),
                arrays["left"],
                arrays["right"],
                arrays["weights"],
                apart=arrays["apart"],
                same=[(a, b) for a, b in arrays["same"].tolist()],
                different=[(a, b) for a, b in arrays["different"].tolist()],
            )
        except InputError:  # what is known contradicts itself; the linking worker says so, for it knows how
            yield _batch(LABELS, part=part, contradiction=True, cell=b"")
        else:
            cell = cells.seal(labels_name(part), {"labels": labels})
            yield _batch(LABELS, part=part, contradiction=False, cell=cell)


def _rows_of(
    chunks: list[dict[str, Any]], strips: list[int], cells: Cells
) -> tuple[NDArray[np.int32], Rows, list[NDArray[np.int32]]]:
    """Return the rows of some strips in the order of their numbers, those numbers, and where each strip is.

    In another order other rows would win among equals.
    """
    opened = [
        (one["strip"], cells.open(chunk_name(one["strip"], one["chunk"]), one["cell"])) for one in chunks
    ]
    arrays: dict[str, NDArray[Any]] = {
        name: np.concatenate(
            [part[name] for _, part in opened], axis=1 if name in {"words", "present"} else 0
        )
        for name in opened[0][1]
    }
    belongs = np.concatenate([np.full(len(part["numbers"]), strip, np.int32) for strip, part in opened])
    order = np.argsort(arrays["numbers"])
    belongs = belongs[order]
    # What is chosen of the middle of three dimensions lies otherwise in memory; kernels know one way only.
    words, present = (np.ascontiguousarray(arrays[name][:, order]) for name in ("words", "present"))
    rows = Rows(
        ids=(),
        words=words,
        weights=np.bitwise_count(words).sum(axis=2, dtype=np.int32),
        present=present,
        tiers=np.zeros(len(order), dtype=np.uint8),
        record=arrays["record"][order],
        apart=arrays["apart"][order],
        source=arrays["source"][order],
    )
    places = [np.flatnonzero(belongs == strip).astype(np.int32) for strip in strips]
    return arrays["numbers"][order], rows, places


def _listed_of(lists: NearestLists, mine: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the pairs (m, 2) in the lists of some rows (n,), sorted, each once."""
    counts = np.where(mine[:, None], lists.counts, 0).astype(np.int32)
    keys = np.unique(listed_pairs(NearestLists(lists.keys, counts)))
    rows = max(len(mine), 1)
    return np.stack([keys // rows, keys % rows], axis=1)


def _best(held: list[Arrays], nearest: int) -> Arrays:
    """Return the pairs that are in the lists of the strip's rows once all that is held was offered."""
    every: dict[str, NDArray[Any]] = {name: np.concatenate([one[name] for one in held]) for name in held[0]}
    numbers, inverse = np.unique(every["pairs"], return_inverse=True)
    pairs = inverse.reshape(-1, 2)
    source = np.zeros(len(numbers), dtype=np.int32)
    mine = np.zeros(len(numbers), dtype=np.bool_)
    source[pairs], mine[pairs] = every["source"], every["mine"]
    left, right = np.ascontiguousarray(pairs.T)
    lists = empty_lists(len(numbers), nearest)
    offer(lists, left, right, source, every["scores"])
    kept = _listed_of(lists, mine)
    keys = left * len(numbers) + right
    order = np.argsort(keys)
    which = order[np.searchsorted(keys[order], kept[:, 0] * len(numbers) + kept[:, 1])]
    return {name: array[which] for name, array in every.items()}


def _pieces(arrays: Mapping[str, NDArray[Any]]) -> Iterator[Arrays]:
    count = len(arrays["pairs"])
    for start in range(0, max(count, 1), _PAIRS_IN_A_CELL):
        yield {name: array[start : start + _PAIRS_IN_A_CELL] for name, array in arrays.items()}


_TYPES: Final = {"int": pa.int32(), "binary": pa.binary(), "boolean": pa.bool_()}


def table_of(columns: str, rows: Sequence[Mapping[str, object]]) -> Any:
    """Return rows as an Arrow table; ``columns``: names and types as Spark writes them."""
    fields = [column.split() for column in columns.split(", ")]
    return pa.table({name: pa.array([row[name] for row in rows], type=_TYPES[kind]) for name, kind in fields})


def _batch(columns: str, **values: object) -> Any:
    """Return one row as a record batch."""
    return table_of(columns, [values]).to_batches()[0]
