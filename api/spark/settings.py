"""Settings of the Spark engine; a part of ``unit.toml``."""

from typing import Annotated

from msgspec import Meta, Struct

__all__ = ["SPARK_TEXT", "SparkSettings"]


class SparkSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which cluster, where it is given its rows, and into what pieces the work is cut."""

    master: Annotated[str, Meta(min_length=1, max_length=1024)] = "local[*]"
    staging: Annotated[str, Meta(max_length=1024)] = ""
    strip_rows: Annotated[int, Meta(ge=256, le=1_048_576)] = 65_536
    partitions: Annotated[int, Meta(ge=1, le=100_000)] = 64
    ship_code: bool = True


SPARK_TEXT = """
[spark]
# The cluster that links where [linkage] engine is "spark" (docs/operations/spark.md): "local[*]" for this
# machine, "spark://host:7077" for a standalone cluster, "yarn" or "k8s://...", or for Spark Connect
# "sc://host:15002/;use_ssl=true". No token may stand here: the linking worker reads it from the variable
# SPARK_CONNECT_AUTHENTICATE_TOKEN.
master = "local[*]"
# The folder, or the URI of one, in which rows lie for the cluster while a linkage runs: all its machines must
# reach it. What lies there is sealed under a key of that linkage, and removed at its end.
staging = ""
# Rows of a strip. Each row is sent to as many tasks as there are strips; a task holds two strips in memory.
strip_rows = 65536
# Tiles that are compared at once, each a task: some times as many as the cluster has cores.
partitions = 64
# Send the code of tasks with every linkage. With false the cluster's machines must have this very release.
ship_code = true
"""
