"""What one process alone may do to an epoch: its place is held for as long as a job works on it.

A lease says whose job it is, not who is still at work.  A process that was stopped for longer than its lease
(a machine that slept, a disk that hung) goes on when it wakes, while another has its job: what it would write
in the shared database is rolled back, but by then it has also written, moved or erased files and rows of its
worker's own store, of which no token knows; after an epoch's destruction it could leave something of that
epoch behind.  So whoever works on an epoch holds a lock of the server that ends with its connection, and not
before.  On SQLite there is one process of each worker on one machine, and nothing to hold.
"""

from collections.abc import Callable, Collection

from sqlalchemy import Connection

from api.store import epochs
from api.store.database import Database
from api.store.jobs import Job, WorkerName
from api.worker import Handler, Task

__all__ = ["in_place", "of_destruction", "standing_epochs"]

IN_FORCE = ""
"""Stands for the epoch that is in force, whichever that will be once the job looks."""

Choose = Callable[[Connection, Job], Collection[str]]


def in_place(database: Database, worker: WorkerName, handler: Handler, choose: Choose) -> Handler:
    """Return a handler that runs while nobody else of that worker is at work on the epochs chosen.

    Raises :class:`api.store.database.PlaceTakenError` if somebody is: the job waits, and costs no attempt.
    """

    def handle(task: Task) -> None:
        with database.read() as connection:
            wanted = choose(connection, task.job)
        with database.places(f"{worker}/{epoch}" for epoch in wanted) as require:
            task.require = require
            handler(task)

    return handle


def standing_epochs(connection: Connection, job: Job) -> Collection[str]:  # noqa: ARG001
    """Choose every epoch of which something may still be read, and the one in force."""
    gone = {"being destroyed", "destroyed"}
    return {IN_FORCE, *(one.name for one in epochs.all_epochs(connection) if one.state not in gone)}


def of_destruction(connection: Connection, job: Job) -> Collection[str]:
    """Choose the epoch that a job destroys."""
    return {epochs.destruction_of_job(connection, job.id).epoch}
