"""Many rows in one transaction: COPY and arrays on PostgreSQL, one statement run many times on SQLite.

A linkage of a nation writes a million memberships, a submission tens of thousands of records.  A statement
for each costs the server a parse, a plan and a round trip each; COPY streams them all
(``python -m benchmarks.postgresql`` measures how much faster).  Either way it is part of the transaction that
is open: all of it is kept, or nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    FromClause,
    Table,
    and_,
    bindparam,
    cast,
    column,
    delete,
    func,
    insert,
    literal,
    update,
)

__all__ = ["delete_rows", "insert_rows", "update_rows"]

_AT_A_TIME = 50_000
"""So many rows are held while they are written: of a nation's register all of them would be gigabytes."""

_WORTH_A_COPY = 16
"""Fewer rows than this go as they always did: a COPY has a beginning and an end of its own."""

Key = Sequence[object]


def insert_rows(connection: Connection, table: Table, rows: Iterable[Mapping[str, object]]) -> None:
    """Add rows that all name the same columns, some at a time; none at all is no statement.

    Raises what :meth:`Connection.execute` raises, without a value of any row in its words.
    """
    walked = iter(rows)
    while some := list(islice(walked, _AT_A_TIME)):
        _insert(connection, table, some)


def _insert(connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    if connection.dialect.name == "postgresql" and len(rows) >= _WORTH_A_COPY:
        # The driver is an extra.
        from api.store.database_copy import copy_rows

        copy_rows(connection, table, rows)
    else:
        connection.execute(insert(table), rows)


def delete_rows(connection: Connection, table: Table, columns: Sequence[str], keys: Sequence[Key]) -> None:
    """Delete the rows whose columns have one of these values; each key has a value for each column."""
    if not keys:
        return
    if connection.dialect.name == "postgresql":
        gone = _listed(table, columns, keys)
        same = and_(*(table.c[name] == gone.c[name] for name in columns))
        connection.execute(delete(table).where(same))
    else:
        connection.execute(delete(table).where(_bound(table, columns)), _named(columns, keys))


def update_rows(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    keys: Sequence[Key],
    values: Mapping[str, object],
) -> None:
    """Give the rows whose columns have one of these values other values, the same for all of them."""
    if not keys:
        return
    if connection.dialect.name == "postgresql":
        meant = _listed(table, columns, keys)
        same = and_(*(table.c[name] == meant.c[name] for name in columns))
        connection.execute(update(table).where(same).values(**values))
    else:
        statement = update(table).where(_bound(table, columns)).values(**values)
        connection.execute(statement, _named(columns, keys))


def _listed(table: Table, columns: Sequence[str], keys: Sequence[Key]) -> FromClause:
    """Return the keys as rows: an array for each column, so that a million keys are one statement."""
    values = zip(*keys, strict=True)
    arrays = [
        cast(literal(list(each), ARRAY(table.c[name].type)), ARRAY(table.c[name].type))
        for name, each in zip(columns, values, strict=True)
    ]
    listed = func.unnest(*arrays).table_valued(*(column(name, table.c[name].type) for name in columns))
    return listed.render_derived(name="listed")


def _bound(table: Table, columns: Sequence[str]) -> ColumnElement[bool]:
    return and_(*(table.c[name] == bindparam(f"of_{name}") for name in columns))


def _named(columns: Sequence[str], keys: Sequence[Key]) -> list[dict[str, object]]:
    return [{f"of_{name}": value for name, value in zip(columns, key, strict=True)} for key in keys]
