"""What both workers do with a part that arrived: verify its body, open it, and take it over or refuse it."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from api.clock import Clock, stamp
from api.settlement import part_refused, part_valid
from api.store import ledger, submissions
from api.store.bodies import BodyFolder, body_name
from api.store.database import Database
from api.store.submissions import Submission
from api.worker import Task
from linkage.errors import ClewError
from linkage.wire.ledger import Cover, EntryKind, Fact
from linkage.wire.manifest import PartName

__all__ = ["Keep", "PartIntake", "append_dropped"]

T = TypeVar("T")

Keep = Callable[[Submission, str, T], Cover]
"""Stores a part that was opened, and returns what the ledger is to say of it."""


class PartIntake:
    """The intake of one part's kind; it knows no worker's store."""

    def __init__(self, part: PartName, bodies: BodyFolder, database: Database, clock: Clock) -> None:
        self._part: PartName = part
        self._bodies = bodies
        self._database = database
        self._clock = clock

    def recover(self) -> None:
        """Remove bodies that a killed process had taken in and not yet removed from the intake."""
        # Names first: a body that arrives after the rows were read would look like one that nobody waits for.
        found = self._bodies.names(".sealed")
        with self._database.read() as connection:
            waiting = submissions.waiting_bodies(connection, self._part)
        self._bodies.remove(name for name in found if name not in waiting)

    def submission(self, task: Task) -> tuple[Submission, str, bool]:
        """Return a job's submission, the name of its body, and whether its part still waits."""
        if task.job.submission is None:
            raise LookupError("a job of this kind names a submission")
        with self._database.read() as connection:
            submission = submissions.get(connection, task.job.submission)
            waiting = submissions.part_state(connection, submission.id, self._part) == "waiting"
        return (
            submission,
            body_name(submission.id, submission.manifest.part(self._part).sealed_sha256),
            waiting,
        )

    def check(
        self,
        task: Task,
        *,
        opener: Callable[[Submission], Callable[[Iterable[bytes]], T]],
        keep: Keep[T],
    ) -> None:
        """Open one submission's part with what ``opener`` returns, and ``keep`` it or refuse the submission.

        Order: the worker's own store first, then the shared database, then the intake's copy goes.  A fault
        after any step leaves something that the next attempt does again without harm.  What ``opener``
        itself raises is the unit's own fault; what opening raises is the content's.
        """
        submission, name, waiting = self.submission(task)
        reason, kept = self._take_in(submission, name, opener, keep) if waiting else ("", None)
        with task.ending() as connection:
            fresh = submissions.get(connection, submission.id)
            if waiting and reason:
                part_refused(connection, fresh, self._part, reason=reason, now=self._clock())
            elif waiting:
                part_valid(connection, fresh, self._part, now=self._clock())
            if waiting:
                self._append(connection, fresh, name, kept)
        self._bodies.remove([name])

    def _take_in(
        self,
        submission: Submission,
        name: str,
        opener: Callable[[Submission], Callable[[Iterable[bytes]], T]],
        keep: Keep[T],
    ) -> tuple[str, Cover | None]:
        """Check and store a body; returns why it is refused, or what the ledger is to say of what was stored.

        A body that is no longer what the receipt vouches for is the unit's own fault and raises instead.
        """
        part = submission.manifest.part(self._part)
        self._bodies.verify(name, sha256=part.sealed_sha256, size=part.sealed_size)
        open_part = opener(submission)
        try:
            content = open_part(self._bodies.pieces(name))
        except ClewError as fault:
            return str(fault), None
        except (OSError, SQLAlchemyError):
            raise
        except Exception:  # noqa: BLE001
            # Content is the agency's to answer for: a fault let through here would end this worker at every
            # attempt, and whoever sent it could stop the register for all.
            return f"{self._part}: the content cannot be read", None
        return "", keep(submission, name, content)

    def _append(
        self,
        connection: Connection,
        submission: Submission,
        name: str,
        kept: Cover | None,
    ) -> None:
        facts: dict[str, Fact] = {"submission": submission.id, "part": self._part, "valid": kept is not None}
        ledger.append(
            connection,
            EntryKind.PART_CHECKED,
            facts,
            now=stamp(self._clock()),
            files={f"intake/{self._part}/{name}": None},
            covers=[] if kept is None else [kept],
        )


def append_dropped(
    connection: Connection, part: PartName, *, now: str, files: Sequence[str], covers: Sequence[Cover] = ()
) -> None:
    """Write the ledger's entry of bodies and records that a worker removed."""
    facts = {"part": part, "files": len(files)}
    gone = dict.fromkeys(files)
    ledger.append(connection, EntryKind.PART_DROPPED, facts, now=now, files=gone, covers=covers)
