"""When a person's episodes were, by month: prepared by the register worker when an operator asks."""

from collections.abc import Callable, Mapping, Sequence

from api.amendment_watch import Review
from api.clock import Clock, stamp
from api.held_records import standing_persons
from api.store import person_sheets, persons, results
from api.store.database import Database
from api.store.results import HeldSnapshot
from api.worker import Task
from linkage.register.snapshots import AgencyRecords
from linkage.register.spans import Tolerance
from linkage.register.timelines import timeline

__all__ = ["EpisodeTelling"]

_Held = Callable[[int, Sequence[HeldSnapshot], Mapping[tuple[str, str], str], Review], list[AgencyRecords]]


class EpisodeTelling:
    """Fills sheets of persons with months, and erases sheets whose time is over."""

    def __init__(self, database: Database, clock: Clock, *, held: _Held, tolerance: Tolerance) -> None:
        """``held`` loads what counts of snapshots, as reconciliation does."""
        self._database = database
        self._clock = clock
        self._held = held
        self._tolerance = tolerance

    def tell(self, task: Task) -> None:
        """Prepare the timeline of every sheet that waits for it."""
        now = stamp(self._clock())
        with self._database.read() as connection:
            waiting = person_sheets.waiting_sheets(connection, "timeline", now=now)
            named = {one.id: person_sheets.records_of(connection, one.id) for one in waiting}
            run = persons.latest_run(connection)
            number = results.latest_reconciled(connection)
            snapshots = [] if run is None else results.run_snapshots(connection, run)
            person_of = standing_persons(connection) if waiting else {}
        concerned = {agency for some in named.values() for agency, _ in some}
        chosen = [one for one in snapshots if one.agency in concerned]
        held = self._held(number + 1, chosen, person_of, Review()) if waiting else []
        prepared = []
        for done, one in enumerate(waiting):
            task.progress(done, len(waiting), what="persons")
            prepared.append((one, timeline(held, named[one.id], self._tolerance)))
        with task.ending() as connection:
            for one, found in prepared:
                person_sheets.fill_sheet(connection, one, "timeline", found.text())
            person_sheets.forget_expired(connection, now=now)

    def forget_expired(self) -> None:
        """Erase sheets whose time is over."""
        now = stamp(self._clock())
        with self._database.read() as connection:
            over = person_sheets.any_expired(connection, now=now)
        if over:
            with self._database.write() as connection:
                person_sheets.forget_expired(connection, now=now)
