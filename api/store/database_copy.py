"""COPY into a table of PostgreSQL, within the transaction that is open.

Values travel in the binary form of each column's own type, so that nothing is quoted, and a sealed record is
not written twice as long in hex.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import (
    BigInteger,
    Boolean,
    Connection,
    Float,
    Integer,
    LargeBinary,
    String,
    Table,
    types,
)
from sqlalchemy.exc import DBAPIError

from api.store.database_postgresql import say_nothing_of_values

__all__ = ["copy_rows"]

# A BigInteger is an Integer too, so it stands before it.
_SENT_AS: tuple[tuple[type[types.TypeEngine[Any]], str], ...] = (
    (BigInteger, "int8"),
    (Integer, "int4"),
    (Boolean, "bool"),
    (Float, "float8"),
    (LargeBinary, "bytea"),
    (String, "text"),
)


def copy_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Stream rows into a table; all of them name the columns that the first one names.

    Raises :class:`sqlalchemy.exc.DBAPIError` of the kind that an INSERT would have raised.
    """
    driver = connection.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError("the driver's own connection")
    names = list(rows[0])
    try:
        with driver.cursor() as cursor, cursor.copy(_statement(table, names)) as copy:
            copy.set_types([_sent_as(table, name) for name in names])
            for row in rows:
                copy.write_row([row[name] for name in names])
    except psycopg.Error as fault:
        said = say_nothing_of_values(fault)
        raise DBAPIError.instance(
            None, None, said, psycopg.Error, hide_parameters=True, dialect=connection.dialect
        ) from None


def _statement(table: Table, names: Sequence[str]) -> sql.Composed:
    return sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, names))
    )


def _sent_as(table: Table, name: str) -> str:
    kind = table.c[name].type
    for known, sent in _SENT_AS:
        if isinstance(kind, known):
            return sent
    raise TypeError(f"{table.name}.{name}: a type that COPY was not taught")
