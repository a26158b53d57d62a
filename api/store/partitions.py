"""Records of the payload in partitions, on PostgreSQL: by epoch, and within an epoch by submission.

What is read together is a submission, and one partition of an epoch holds all of it.  What goes together is
an epoch: once nothing of it stays its tables are dropped, which costs the same for ten records and for ten
million.  And what must be written anew after an erasure, so that no deleted row is left in a file, is the
partitions that it touched and no others (:mod:`api.store.payload`).

A database of an older release has all its records in one table.  It becomes the partition of no epoch as it
stands (:func:`become_partitioned`), without a row being copied, and its rows go to where they belong in
batches while the unit works (:mod:`api.store.partitioning`).  At every moment a record is in one place, and
every query finds it there.  On SQLite there is one table, and ``epoch`` is empty.
"""

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, bindparam, text

__all__ = [
    "UNSORTED",
    "become_partitioned",
    "drop_without",
    "ensure_partition",
    "epochs_of_partitions",
    "is_partitioned",
    "tables_of",
]

PARTS = 8
"""Partitions of an epoch: an erasure writes an eighth of it anew."""

UNSORTED = "records__unsorted"
"""Holds what was stored before there were partitions; no epoch's name begins with an underscore."""


def is_partitioned(connection: Connection) -> bool:
    """Say whether the records of this database are in partitions."""
    if connection.dialect.name != "postgresql":
        return False
    kind = "SELECT relkind FROM pg_class WHERE oid = 'public.records'::regclass"
    return connection.exec_driver_sql(kind).scalar() in {"p", b"p"}


def ensure_partition(connection: Connection, epoch: str) -> str:
    """Make the partition of an epoch unless it is there; returns what records are to be stored under.

    It is made whole before it is attached, for which nobody has to stop reading.
    """
    if not is_partitioned(connection):
        return ""
    if epoch not in epochs_of_partitions(connection):
        whole = _quoted(f"records_{epoch}")
        connection.exec_driver_sql(
            f"CREATE TABLE {whole} (LIKE records INCLUDING DEFAULTS) PARTITION BY HASH (submission)"
        )
        for part in range(PARTS):
            connection.exec_driver_sql(
                f"CREATE TABLE {_quoted(f'records_{epoch}_{part}')} PARTITION OF {whole} "
                f"FOR VALUES WITH (MODULUS {PARTS}, REMAINDER {part})"
            )
        connection.exec_driver_sql(f"ALTER TABLE records ATTACH PARTITION {whole} FOR VALUES IN ('{epoch}')")
    return epoch


def epochs_of_partitions(connection: Connection) -> list[str]:
    """Return the epochs that have a partition, in order."""
    query = """
        SELECT substr(c.relname, 9) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'public.records'::regclass ORDER BY 1
    """
    found = [str(one) for one in connection.exec_driver_sql(query).scalars()]
    return [one for one in found if f"records_{one}" != UNSORTED]


def tables_of(connection: Connection, submissions: Collection[str]) -> list[str]:
    """Return the tables that hold records of some submissions now, in order."""
    if not is_partitioned(connection):
        return ["records"]
    query = text("SELECT DISTINCT tableoid::regclass::text FROM records WHERE submission = ANY(:some)")
    found = connection.execute(query, {"some": sorted(submissions)})
    return sorted(str(one).strip('"') for one in found.scalars())


def drop_without(connection: Connection, going: Iterable[str]) -> list[str]:
    """Drop the partitions that hold nothing but records of submissions that go; returns their epochs."""
    if not is_partitioned(connection):
        return []
    stays = text(
        "SELECT EXISTS (SELECT 1 FROM records WHERE epoch = :epoch AND submission <> ALL(:going))"
    ).bindparams(bindparam("going", sorted(going)))
    dropped = [
        epoch for epoch in epochs_of_partitions(connection) if not connection.scalar(stays, {"epoch": epoch})
    ]
    for epoch in dropped:
        whole = _quoted(f"records_{epoch}")
        connection.exec_driver_sql(f"ALTER TABLE records DETACH PARTITION {whole}")
        connection.exec_driver_sql(f"DROP TABLE {whole}")
    return dropped


def become_partitioned(connection: Connection, *, key: str | None = None) -> None:
    """Put the table of all records under a partitioned one, as the partition of no epoch.

    ``key``: a unique index of epoch, submission and number that was built beforehand; with it, and with a
    constraint that was validated beforehand, nothing here takes longer for a larger table.
    """
    run = connection.exec_driver_sql
    run("ALTER TABLE records DROP CONSTRAINT records_pkey")
    run(f"ALTER TABLE records RENAME TO {UNSORTED}")
    named = "epoch, submission, id" if key is None else None
    how = f"({named})" if named else f"USING INDEX {key}"
    run(f"ALTER TABLE {UNSORTED} ADD CONSTRAINT {UNSORTED}_pkey PRIMARY KEY {how}")
    run(f"ALTER INDEX records_by_submission RENAME TO {UNSORTED}_by_submission")
    run(f"CREATE TABLE records (LIKE {UNSORTED} INCLUDING DEFAULTS) PARTITION BY LIST (epoch)")
    run("ALTER TABLE records ADD CONSTRAINT records_pkey PRIMARY KEY (epoch, submission, id)")
    run("CREATE INDEX records_by_submission ON records (submission, kind, handle)")
    run(
        "ALTER TABLE records ADD CONSTRAINT records_submission_fkey "
        "FOREIGN KEY (submission) REFERENCES snapshots (submission)"
    )
    run("ALTER SEQUENCE records_id_seq OWNED BY records.id")
    run(f"ALTER TABLE records ATTACH PARTITION {UNSORTED} FOR VALUES IN ('')")
    run(f"UPDATE unscrubbed SET name = '{UNSORTED}' WHERE name = 'records'")  # noqa: S608 (ours)


def _quoted(name: str) -> str:
    """Quote a name made of an epoch's, which has small letters, digits and hyphens only."""
    return f'"{name}"'
