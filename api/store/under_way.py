"""What workers have begun with and not ended: there a worker's own store may be ahead of the ledger.

A worker changes its own store first and the shared database, with the ledger's entry, last.  Where it was
killed in between, or a copy was made in between, the two differ until the job is done again.
"""

from sqlalchemy import ColumnElement, Connection, select

from api.store import record_tables, schema

__all__ = ["submissions_under_way"]

_UNENDED = ("waiting", "running", "failed")
_STANDING = ("open", "committed", "accepted")

_jobs, _submissions = schema.jobs, schema.submissions
_erasures, _targets = record_tables.erasures, record_tables.erasure_targets


def submissions_under_way(connection: Connection) -> frozenset[str]:
    """Return the submissions whose bodies or records a job that has not ended may have changed already."""
    own = select(_jobs.c.submission).where(_jobs.c.submission.is_not(None), _jobs.c.state.in_(_UNENDED))
    destroyed = (
        select(_submissions.c.id)
        .join(schema.destructions, schema.destructions.c.epoch == _submissions.c.epoch)
        .where(schema.destructions.c.destroyed_at.is_(None))
    )
    erased = select(_submissions.c.id).where(_erasures_touch(connection))
    return frozenset(connection.scalars(own.union(destroyed, erased)))


def _erasures_touch(connection: Connection) -> ColumnElement[bool]:
    """Choose what erasures are about: all snapshots of an agency, and of a scheduled one the replaced ones.

    Those go with it wherever they came from.
    """
    begun = (
        select(_erasures.c.id, _erasures.c.agency, _erasures.c.scope)
        .join(_jobs, _jobs.c.id.in_((_erasures.c.payload_job, _erasures.c.encodings_job)))
        .where(_jobs.c.state.in_(_UNENDED))
    )
    rows = connection.execute(begun).all()
    named = select(_targets.c.agency).where(_targets.c.erasure.in_([row.id for row in rows]))
    agencies = {row.agency for row in rows} | set(connection.scalars(named))
    touched: ColumnElement[bool] = _submissions.c.agency.in_(agencies - {None})
    if any(row.scope == "retention" for row in rows):
        touched |= _submissions.c.state.not_in(_STANDING)
    return touched
