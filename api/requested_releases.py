"""Counting releases that were asked for at the console; the register worker's, for it opens payload."""

from api.clock import Clock
from api.folders import DataFolder
from api.releasing import read_request, refuse_request
from api.store import releases
from api.store.database import Database
from api.worker import Task
from linkage.errors import InputError
from linkage.register.statistics.periods import Period

__all__ = ["RequestedReleases"]


class RequestedReleases:
    """The handler of jobs that count a release; each counts the one that waits longest."""

    def __init__(self, folder: DataFolder, database: Database, clock: Clock) -> None:
        self._folder = folder
        self._database = database
        self._clock = clock

    def count(self, task: Task) -> None:
        """Count a release and let it be looked at, or record why it cannot be counted as it was asked for."""
        # Here and not above: charts load much that a worker without releases never needs.
        from api.making_releases import count_release, keep_requested, show_releases

        with self._database.read() as connection:
            found = releases.oldest_requested(connection)
        if found is None:  # it was rejected in the meantime
            with task.ending():
                return
        asked = read_request(found)
        task.progress(0, 2)
        try:
            show_releases(self._folder, self._database, now=self._clock())
            made = count_release(
                self._folder,
                self._database,
                Period(asked.first, asked.last),
                area=asked.area,
                numbers=asked.tables,
                by=asked.asked_by,
            )
        except InputError as error:
            with task.ending() as connection:
                refuse_request(connection, found.number, str(error), now=self._clock())
            return
        task.progress(1, 2)
        with task.ending() as connection:
            # While it was counted somebody may have taken it back.
            if releases.oldest_requested(connection) == found:
                keep_requested(connection, made, found.number, now=self._clock())
