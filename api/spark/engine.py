"""The Spark engine: tiles as tasks, candidates reduced strip by strip, clusters component by component.

What the cluster moves are a few large sealed cells, so that nothing of it works row by row.  Each of n rows
is sent to as many tiles as there are strips: n · strips · bytes of a row, of which ``partitions`` tiles are
under way at a time.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from api.spark import tasks
from api.spark.cells import Cells
from api.spark.components import EDGES, components
from api.spark.running import Cluster
from api.spark.same_code import code_digest
from api.spark.staging import Staged, staged
from linkage.match.candidates import Candidates
from linkage.match.clustering import Link, whole_weights
from linkage.match.clustering_merging import contradiction
from linkage.match.engine import require_few
from linkage.match.kernel import Progress
from linkage.match.plan import STRIP_ROWS, Comparison, Plan, Tile
from linkage.match.rows import Rows

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["SparkEngine"]

_BYTES_AT_A_TIME: Final = 64 << 20
_PAIRS_OF_A_PART: Final = 1 << 21
"""Pairs that one task clusters: 24 bytes each."""

_Pairs = tuple[NDArray[np.int64], NDArray[np.int64]]


@dataclass(frozen=True, slots=True, eq=False)
class _Roots:
    """Components that were found: of which edges, and the smallest record (n,) of each record's."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    linked: NDArray[np.bool_]
    same: NDArray[np.int64]
    of: NDArray[np.int64]

    def hold_for(
        self,
        left: NDArray[np.int64],
        right: NDArray[np.int64],
        linked: NDArray[np.bool_],
        same: NDArray[np.int64],
    ) -> bool:
        """Tell whether no edge of these goes from one component to another.

        Weights that fall take edges away: components then fall apart within what is clustered together.
        """
        if left is not self.left or right is not self.right or not np.array_equal(same, self.same):
            return False
        return not (linked & ~self.linked).any()


class SparkEngine:
    """Compares and clusters on a cluster; ``folder``: where it lays its sealed rows, a path or a URI.

    ``partitions``: how many tiles are compared at once, each a task of its own.
    """

    def __init__(
        self, cluster: Cluster, folder: str, *, strip_rows: int = STRIP_ROWS, partitions: int = 64
    ) -> None:
        self._cluster, self._folder = cluster, folder
        self._strip_rows, self._partitions = strip_rows, partitions
        self._roots: _Roots | None = None

    @property
    def name(self) -> str:
        """What it is called in a run: the engine and its version."""
        return f"spark {self._cluster.session.version}"

    @property
    def strip_rows(self) -> int:
        """How many rows a strip of its plans has."""
        return self._strip_rows

    def candidates(
        self, rows: Rows, plan: Plan, comparison: Comparison, progress: Progress | None = None
    ) -> Candidates:
        """Compare the tiles of a plan; raises :class:`LimitError` where far too many pairs are kept.

        Only exact comparisons: what a sequential test misses rests on all rows at once.
        """
        if comparison.miss:
            raise ValueError("only exact comparisons are done on a cluster")
        if len(plan) == 0:
            return Candidates.of(rows, np.zeros((0, 2), dtype=np.int64))
        cells, told = Cells.fresh(), _Told(plan.comparisons(rows), progress)
        with staged(self._cluster, self._folder) as place:
            self._stage(place, cells, rows, plan, told)
            for wave in _waves(plan, self._partitions):
                self._compare(place, cells, comparison, wave, told)
            self._reduce(place, cells, comparison.nearest, len(plan.strips), told)
            return self._collected(place, cells, rows, told)

    def clusters(
        self,
        count: int,
        left: NDArray[np.int64],
        right: NDArray[np.int64],
        weights: NDArray[np.float64],
        *,
        apart: NDArray[np.int32],
        same: Iterable[Link],
        different: Iterable[Link],
    ) -> NDArray[np.int32]:
        """Cluster weighed pairs as :func:`linkage.match.clustering.cluster` does, component by component."""
        joined, kept_apart = _links(same), _links(different)
        linked = np.asarray(whole_weights(weights) > 0)
        roots = self._components(count, left, right, linked, joined)
        labels = np.arange(count, dtype=np.int32)
        sizes = np.bincount(roots, minlength=count)
        if sizes.max(initial=0) < 2:
            return labels
        cells, pairs = Cells.fresh(), int(np.count_nonzero(roots[left] == roots[right]))
        parts = list(
            _parts(
                roots, sizes, max(self._partitions, -(-pairs // _PAIRS_OF_A_PART)),
                left=left, right=right, weights=weights, apart=apart, same=joined, different=kept_apart,
            )
        )  # fmt: skip
        rows = [
            {"part": part, "cell": cells.seal(tasks.part_name(part), arrays)}
            for part, (_, arrays) in enumerate(parts)
        ]
        for part, found in self._clustered(cells, rows):
            members = parts[part][0]
            labels[members] = members[found]
        return labels

    def _stage(self, place: Staged, cells: Cells, rows: Rows, plan: Plan, told: "_Told") -> None:
        """Write all strips, some chunks at a time."""
        for some in _in_bulk(_sealed_chunks(cells, rows, plan)):
            self._cluster.run("rows", partial(self._add, place, "rows", tasks.CHUNK, some), told.waiting)

    def _compare(
        self,
        place: Staged,
        cells: Cells,
        comparison: Comparison,
        wave: Sequence[tuple[int, Tile]],
        told: "_Told",
    ) -> None:
        """Compare some tiles, each in a task, and write what they found."""
        from pyspark.sql import functions as sf

        wanted = [
            {"strip": strip, "task": number, "left": tile.left, "right": tile.right}
            for number, tile in wave
            for strip in sorted(set(tile))
        ]
        run = partial(tasks.compare_tile, cells=cells, comparison=comparison, code=code_digest())

        def compare() -> None:
            tiles = self._frame("strip int, task int, left int, right int", wanted)
            strips = sorted({one["strip"] for one in wanted})
            chunks = place.read("rows", tasks.CHUNK).where(sf.col("strip").isin(strips))
            tiled = chunks.join(sf.broadcast(tiles), "strip").repartitionById(len(wave), "task")
            place.add("found", tiled.mapInArrow(run, tasks.FOUND))

        numbers = [number for number, _ in wave]
        self._cluster.run("tiles", compare, partial(told.part_of, numbers), tasks=len(wave))
        told.done(numbers)

    def _reduce(self, place: Staged, cells: Cells, nearest: int, strips: int, told: "_Told") -> None:
        run = partial(tasks.reduce_strip, cells=cells, nearest=nearest, code=code_digest())

        def reduce() -> None:
            found = place.read("found", tasks.FOUND).repartitionById(strips, "strip")
            place.add("reduced", found.mapInArrow(run, tasks.REDUCED))

        self._cluster.run("lists", reduce, told.waiting)

    def _collected(self, place: Staged, cells: Cells, rows: Rows, told: "_Told") -> Candidates:
        def collect() -> list[Candidates]:
            found = [Candidates.of(rows, np.zeros((0, 2), dtype=np.int64))]
            for one in place.read("reduced", tasks.REDUCED).toLocalIterator(prefetchPartitions=True):
                name = tasks.reduced_name(one["strip"], one["piece"])
                arrays: dict[str, Any] = cells.open(name, bytes(one["cell"]))
                found.append(Candidates(arrays["pairs"].astype(np.int64), arrays["distances"]))
            return found

        joined = Candidates.joined(self._cluster.run("collect", collect, told.waiting))
        require_few(len(joined), len(rows))
        return joined

    def _components(
        self,
        count: int,
        left: NDArray[np.int64],
        right: NDArray[np.int64],
        linked: NDArray[np.bool_],
        same: NDArray[np.int64],
    ) -> NDArray[np.int64]:
        """Return the smallest record (n,) of each record's component, found on the cluster."""
        if (
            self._roots is not None
            and len(self._roots.of) == count
            and self._roots.hold_for(left, right, linked, same)
        ):
            return self._roots.of
        roots = np.arange(count, dtype=np.int64)
        ends = np.concatenate([left[linked], same[:, 0]]), np.concatenate([right[linked], same[:, 1]])
        if len(ends[0]):
            with staged(self._cluster, self._folder) as place:
                found = self._cluster.run("components", partial(self._connected, place, ends, count))
            roots[found[0]] = found[1]
        self._roots = _Roots(left, right, linked, same, roots)
        return roots

    def _connected(self, place: Staged, ends: _Pairs, count: int) -> _Pairs:
        import pyarrow as pa

        edges = self._cluster.session.createDataFrame(pa.table({"a": ends[0], "b": ends[1]}), EDGES)
        found = components(place, edges, count).toArrow()
        return found["a"].to_numpy(), found["b"].to_numpy()

    def _clustered(
        self, cells: Cells, rows: Sequence[dict[str, Any]]
    ) -> Iterator[tuple[int, NDArray[np.int32]]]:
        run = partial(tasks.cluster_parts, cells=cells, code=code_digest())

        def collect() -> list[dict[str, Any]]:
            parts = self._frame(tasks.PART, rows).repartitionById(len(rows), "part")
            return list(parts.mapInArrow(run, tasks.LABELS).toArrow().to_pylist())

        for one in self._cluster.run("clusters", collect):
            if one["contradiction"]:
                raise contradiction()
            found: dict[str, Any] = cells.open(tasks.labels_name(one["part"]), one["cell"])
            yield one["part"], found["labels"]

    def _add(self, place: Staged, name: str, columns: str, rows: Sequence[dict[str, Any]]) -> None:
        place.add(name, self._frame(columns, rows))

    def _frame(self, columns: str, rows: Sequence[dict[str, Any]]) -> "DataFrame":
        return self._cluster.session.createDataFrame(tasks.table_of(columns, rows), columns)


class _Told:
    """Who is told how many comparisons are done."""

    def __init__(self, counts: NDArray[np.int64], progress: Progress | None) -> None:
        self._counts, self._progress = counts, progress
        self._total, self._done, self._told = int(counts.sum()), 0, 0
        self._tell(0)

    def waiting(self, _share: float) -> None:
        """Say what was said before, so that whoever is to stop does."""
        self._tell(self._done)

    def part_of(self, tiles: Sequence[int], share: float) -> None:
        """Say that a share of some tiles is done; it may fall, where a machine is lost."""
        self._tell(self._done + int(share * int(self._counts[list(tiles)].sum())))

    def done(self, tiles: Sequence[int]) -> None:
        """Say that some tiles are done."""
        self._done += int(self._counts[list(tiles)].sum())
        self._tell(self._done)

    def _tell(self, done: int) -> None:
        self._told = max(self._told, done)
        if self._progress is not None:
            self._progress(self._told, self._total)


def _waves(plan: Plan, size: int) -> Iterator[list[tuple[int, Tile]]]:
    """Yield the tiles of a plan with their numbers, so many at a time."""
    tiles = list(enumerate(plan.tiles()))
    for start in range(0, len(tiles), size):
        yield tiles[start : start + size]


def _sealed_chunks(cells: Cells, rows: Rows, plan: Plan) -> Iterator[dict[str, Any]]:
    for strip, numbers in enumerate(plan.strips):
        for chunk, arrays in enumerate(tasks.chunks_of(rows, numbers)):
            cell = cells.seal(tasks.chunk_name(strip, chunk), arrays)
            yield {"strip": strip, "chunk": chunk, "cell": cell}


def _in_bulk(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Yield rows in lists of a bounded number of bytes."""
    held: list[dict[str, Any]] = []
    size = 0
    for one in rows:
        held.append(one)
        size += len(one["cell"])
        if size >= _BYTES_AT_A_TIME:
            yield held
            held, size = [], 0
    if held:
        yield held


def _links(pairs: Iterable[Link]) -> NDArray[np.int64]:
    return np.array(sorted(set(pairs)), dtype=np.int64).reshape(-1, 2)


def _parts(
    roots: NDArray[np.int64],
    sizes: NDArray[np.intp],
    parts: int,
    *,
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    weights: NDArray[np.float64],
    apart: NDArray[np.int32],
    same: NDArray[np.int64],
    different: NDArray[np.int64],
) -> Iterator[tuple[NDArray[np.int64], tasks.Arrays]]:
    """Yield whole components, shared out: their records, and what they are clustered by, numbered within.

    Records stay in their order, for ties go to the smallest.
    """
    several = np.flatnonzero(sizes[roots] > 1)
    rank = np.unique(roots[several], return_inverse=True)[1]
    part_of = np.full(len(roots), -1, dtype=np.int64)
    part_of[several] = rank % parts
    place = np.full(len(roots), -1, dtype=np.int64)
    inside = np.flatnonzero((roots[left] == roots[right]) & (part_of[left] >= 0))
    kept = different[roots[different[:, 0]] == roots[different[:, 1]]]
    for part in range(min(parts, int(rank.max()) + 1)):
        members = several[part_of[several] == part]
        place[members] = np.arange(len(members))
        pairs = inside[part_of[left[inside]] == part]
        yield (
            members,
            {
                "left": place[left[pairs]],
                "right": place[right[pairs]],
                "weights": weights[pairs],
                "apart": apart[members],
                "same": place[same[part_of[same[:, 0]] == part]],
                "different": place[kept[part_of[kept[:, 0]] == part]],
            },
        )
