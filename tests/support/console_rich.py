"""A unit that has something for every page of the console: linked, reviewed, published, erased."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api.clock import stamp, utc_now
from api.making_releases import propose_release
from api.releasing import enter
from api.reviewing import give_verdict
from api.store import areas, releases
from linkage.register.areas import Area, AreaDirectory
from linkage.register.statistics.periods import read_period
from tests.support.console_world import add_conflicts, add_kept, add_work
from tests.support.reviewable import reviewable_unit, send
from tests.support.served import Served

__all__ = ["rich_unit"]

_AREAS = (
    Area("E09", "Eastmere", "E12000001", "North", "E92000001", "Merrowland", "P01", "Eastmere Police"),
    Area("E10", "Wexholme", "E12000001", "North", "E92000001", "Merrowland", "P01", "Eastmere Police"),
)

_YEAR = "2024-04-01..2025-03-31"


@contextmanager
def rich_unit(folder: Path) -> Iterator[Served]:
    """Make it with the real service and workers; what they would take long to come to is written by hand."""
    with reviewable_unit(folder) as served:
        now, database = utc_now(), served.workers.database
        # So many that disclosure control finds something to print.
        send(served, served.other_council, (1, *range(20, 40)), 2)
        send(served, served.police, (*range(1, 12), *range(20, 40)), 2)
        served.workers.settle()
        assert served.workers.cycle() == 1
        _release(served, now, approved=True)
        _release(served, now, approved=False)
        with database.write() as connection:
            # Not before: by area the counts of so small a world could not be protected.
            areas.replace_directory(connection, AreaDirectory(_AREAS), now=stamp(now))
            add_work(connection, now)
            add_conflicts(connection, now)
            add_kept(connection, served.unit, now)
            for name in ("ann", "ben"):
                give_verdict(connection, 1, name, "link" if name == "ann" else "cannot-tell", now=now)
        yield served


def _release(served: Served, now: dt.datetime, *, approved: bool) -> None:
    database = served.workers.database
    made = propose_release(
        served.unit.folder, database, read_period(_YEAR), area=None, numbers=("T1",), by="Paul", now=now
    )
    if approved:
        with database.write() as connection:
            releases.set_release(
                connection, made.number, state="approved", decided_by="Petra", decided_at=stamp(now)
            )
            enter(connection, "approved", made.number, made.digest, now)
