"""Snapshots that hold far fewer records than those that they replaced."""

from collections.abc import Sequence

from sqlalchemy import Connection, and_, func, select

from api.overview.submissions import SubmissionRow
from api.store import schema
from linkage.wire.manifest import read_manifest

__all__ = ["LARGE", "shrunk"]

LARGE = 0.2
"""A larger share of records an agency's own tool withdraws only if it is told to."""


def shrunk(connection: Connection, rows: Sequence[SubmissionRow]) -> dict[str, float]:
    """Return by agency what share of its records is gone, where it is large.

    ``rows``: one snapshot of each agency; it is compared with the one of the same period that it replaced,
    as far as manifests of both are there.
    """
    replaced, newer = schema.submissions.alias("replaced"), schema.submissions
    last = (
        select(newer.c.id, newer.c.agency, newer.c.manifest, func.max(replaced.c.sequence).label("before"))
        .join(
            replaced,
            and_(
                replaced.c.agency == newer.c.agency,
                replaced.c.period_start == newer.c.period_start,
                replaced.c.period_end == newer.c.period_end,
                replaced.c.sequence < newer.c.sequence,
                replaced.c.state == "superseded",
            ),
        )
        .where(newer.c.id.in_([one.id for one in rows]))
        .group_by(newer.c.id, newer.c.agency, newer.c.manifest)
        .subquery()
    )
    both = select(last.c.agency, last.c.manifest, replaced.c.manifest.label("older")).join(
        replaced, and_(replaced.c.agency == last.c.agency, replaced.c.sequence == last.c.before)
    )
    found = {}
    for row in connection.execute(both):
        before, now = _records(row.older), _records(row.manifest)
        if before - now > LARGE * before:
            found[row.agency] = (before - now) / before
    return found


def _records(manifest: str) -> int:
    counts = read_manifest(manifest.encode()).counts
    return counts.children + counts.care_spells + counts.episodes + counts.interviews
