"""Who links, by the unit's settings: this process, or a cluster."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING

from api.comparison_journal import ComparisonJournal
from api.policy_settings import LinkageSettings
from api.spark.settings import SparkSettings
from linkage.profile import EncodingProfile

if TYPE_CHECKING:
    from linkage.match.engine import Engine
    from linkage.match.hashing import HashPlan, HashReport

__all__ = ["link_engine"]


@contextmanager
def link_engine(
    linkage: LinkageSettings,
    spark: SparkSettings,
    journal: ComparisonJournal,
    profile: EncodingProfile,
    tell: Callable[[str], None],
) -> "Iterator[tuple[Engine, str]]":
    """Open the engine that the settings name, and say what it is called in a run.

    ``tell`` is told what hashing is going to do, and what it did.  Raises :class:`ClewError` where a cluster
    is wanted and cannot be had, and where candidates are to be hashed under a profile that would lose links.
    """
    # Either takes seconds to load, and only a linkage needs it.
    if linkage.engine == "spark":
        from api.spark.session import open_engine

        with open_engine(spark) as engine:
            yield engine, engine.name
        return
    from linkage.match.engine import LocalEngine

    local, name = LocalEngine(journal=journal), f"local {version('clew')}"
    if linkage.candidates == "exhaustive":
        yield local, name
        return
    from linkage.match.hashing import HashedEngine, Hashing

    def say(told: "HashPlan | HashReport") -> None:
        for line in told.lines():
            tell(line)

    hashing = Hashing(linkage.completeness)
    yield HashedEngine(profile, hashing, local, say, say), f"{name}, hashed at {linkage.completeness:g}"
