"""Who links, by the unit's settings: this process, or a cluster."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING

from api.comparison_journal import ComparisonJournal
from api.policy_settings import LinkageSettings
from api.spark.settings import SparkSettings

if TYPE_CHECKING:
    from linkage.match.engine import Engine

__all__ = ["link_engine"]


@contextmanager
def link_engine(
    linkage: LinkageSettings, spark: SparkSettings, journal: ComparisonJournal
) -> "Iterator[tuple[Engine, str]]":
    """Open the engine that the settings name, and say what it is called in a run.

    Raises :class:`ClewError` where a cluster is wanted and cannot be had.
    """
    # Either takes seconds to load, and only a linkage needs it.
    if linkage.engine == "spark":
        from api.spark.session import open_engine

        with open_engine(spark) as engine:
            yield engine, engine.name
    else:
        from linkage.match.engine import LocalEngine

        yield LocalEngine(journal=journal), f"local {version('clew')}"
