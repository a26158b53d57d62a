"""Connected components by joins alone, on the cluster.

Large-star and small-star in turn (Kiveris, Lattanzi, Mirrokni, Rastogi, Vassilvitskii: Connected components
in MapReduce and beyond, SoCC 2014).  *Large-star* joins every larger neighbour of a record with its smallest
neighbour, *small-star* every smaller one; neither changes what is connected, and what stays is for every
record one edge, to the smallest of its component.  They prove O(log² n) rounds.

Every round is written down and read again: the plan of the next begins at files and not at the first round,
and an executor that is lost costs what it was doing.
"""

from typing import TYPE_CHECKING, Final

from api.spark.staging import Staged

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["EDGES", "components"]

EDGES: Final = "a long, b long"


def components(staged: Staged, edges: "DataFrame", records: int) -> "DataFrame":
    """Return for each record with an edge (``a``) the smallest record of its component (``b``), itself not.

    ``edges``: columns ``a`` and ``b``, in either order, any number of times.
    """
    current, before = _written(staged, 0, _directed(edges))
    for turn in range(1, _most_rounds(records) + 1):
        current, now = _written(staged, turn, _small_star(_large_star(current)))
        if now == before:
            return current
        before = now
    raise AssertionError("large-star and small-star did not settle")  # against what is proven


def _most_rounds(records: int) -> int:
    return 2 + max(records, 2).bit_length() ** 2


def _written(staged: Staged, turn: int, edges: "DataFrame") -> tuple["DataFrame", tuple[int, int]]:
    """Write a round's edges; return them as they are read, how many there are and a sum over all of them."""
    from pyspark.sql import functions as sf

    name = f"edges-{turn}"
    staged.add(name, edges)
    read = staged.read(name, EDGES)
    each = sf.xxhash64("a", "b").cast("decimal(38,0)")
    found = read.agg(sf.count("*").alias("edges"), sf.sum(each).alias("over")).collect()[0]
    return read, (int(found["edges"]), int(found["over"] or 0))


def _directed(edges: "DataFrame") -> "DataFrame":
    """Return each edge once, the larger record first."""
    from pyspark.sql import functions as sf

    larger, smaller = sf.greatest("a", "b").alias("a"), sf.least("a", "b").alias("b")
    return edges.where("a <> b").select(larger, smaller).distinct()


def _large_star(edges: "DataFrame") -> "DataFrame":
    """Join the larger neighbours of every record with the smallest of itself and its neighbours."""
    from pyspark.sql import functions as sf

    both = edges.union(edges.select(sf.col("b").alias("a"), sf.col("a").alias("b")))
    smallest = both.groupBy("a").agg(sf.min("b").alias("m")).select("a", sf.least("a", "m").alias("m"))
    larger = both.where("b > a")
    return larger.join(smallest, "a").select(sf.col("b").alias("a"), sf.col("m").alias("b")).distinct()


def _small_star(edges: "DataFrame") -> "DataFrame":
    """Join a record and its smaller neighbours with the smallest of them."""
    from pyspark.sql import functions as sf

    smallest = edges.groupBy("a").agg(sf.min("b").alias("m"))
    others = edges.join(smallest, "a").where("b <> m").select(sf.col("b").alias("a"), sf.col("m").alias("b"))
    return others.union(smallest.select("a", sf.col("m").alias("b"))).distinct()
