"""Where a submission stands, as agencies are told."""

from sqlalchemy import Connection

from api.store import submissions
from api.store.submissions import Submission
from linkage.wire.submission import SubmissionStatus

__all__ = ["full_status", "short_status"]


def full_status(connection: Connection, submission: Submission) -> SubmissionStatus:
    """Return the status with the chunks that are missing."""
    missing: tuple[str, ...] = ()
    if submission.state == "open":
        missing = submissions.missing_chunks(connection, submission.id)
    return short_status(submission, missing)


def short_status(submission: Submission, missing: tuple[str, ...] = ()) -> SubmissionStatus:
    """Return the status without asking which chunks are missing."""
    return SubmissionStatus(
        submission=submission.id,
        state=submission.state,
        missing=missing,
        reason=submission.reason,
        linked=submission.linked,
    )
