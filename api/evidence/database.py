"""The same evidence as a database: one table for each of the pack's, and where every figure comes from."""

import json
import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlite_utils import Database

from api.evidence.texts import Item
from api.evidence.values import ColumnKind, DataTable, Fact, Source

__all__ = ["Figure", "database_bytes", "datasette_metadata", "figures_of", "is_figure"]

_NAME = "evidence"
_NUMBER = re.compile(r"-?[0-9][0-9.,]*(\u00a0%)?( to -?[0-9][0-9.,]*(\u00a0%)?)?")

_TYPES: Mapping[ColumnKind, type] = {
    "text": str,
    "code": str,
    "day": str,
    "count": int,
    "percent": float,
    "figure": float,
}
"""Of columns; SQLite lets a suppressed count stand as text among numbers."""

_SOURCED: Mapping[str, type] = {"source_kind": str, "source": str, "rule": str}
_FIGURE: Mapping[str, type] = {"name": str, "what": str, "value": str, **_SOURCED}
"""Columns of whatever names where it comes from."""

Figure = dict[str, Any]


def figures_of(facts: Iterable[Fact], tables: Iterable[DataTable], items: Sequence[Item]) -> list[Figure]:
    """Return every figure of the pack: facts that texts print and numbers in tables, with sources."""
    used = {name for item in items for name in item.facts}
    shown = {name for item in items for name in item.tables}
    found = [
        _figure(f"fact.{one.name}", one.what, one.shown, one.source) for one in facts if one.name in used
    ]
    for table in tables:
        if table.name not in shown:
            continue
        for number, row in enumerate(table.rows, start=1):
            for column, value in zip(table.columns, row, strict=True):
                if is_figure(value, column.kind):
                    name = f"{table.name}.{number}.{column.name}"
                    found.append(_figure(name, f"{table.caption}: {column.head}", value, table.source))
    return found


def is_figure(value: object, kind: ColumnKind) -> bool:
    """Say whether a cell holds a number: as one, or in words as a share or an interval."""
    if kind == "code":
        return False
    return isinstance(value, int | float) or (isinstance(value, str) and _NUMBER.fullmatch(value) is not None)


def _figure(name: str, what: str, value: object, source: Source) -> Figure:
    return {"name": name, "what": what, "value": value, **_sourced(source)}


def _sourced(source: Source) -> dict[str, str]:
    return {"source_kind": source.kind, "source": source.where, "rule": source.rule}


def database_bytes(
    items: Sequence[Item], facts: Mapping[str, Fact], tables: Mapping[str, DataTable], figures: list[Figure]
) -> bytes:
    """Return the database as a file; the same evidence gives the same bytes."""
    with TemporaryDirectory(prefix="clew-evidence-") as folder:
        path = Path(folder) / f"{_NAME}.db"
        connection = sqlite3.connect(path)
        try:
            database = Database(connection)
            _add_items(database, items, tables, figures)
            for one in tables.values():
                _add_table(database, one)
            _add_facts(database, facts, items)
            connection.commit()
            database.vacuum()
        finally:
            connection.close()
        return path.read_bytes()


def _add_items(
    database: Database, items: Sequence[Item], tables: Mapping[str, DataTable], figures: list[Figure]
) -> None:
    made = _created(
        database,
        "items",
        {"item": int, "title": str, "summary": str, "page": str, "document": str},
        pk="item",
    )
    made.insert_all(
        {
            "item": one.number,
            "title": one.title,
            "summary": one.summary,
            "page": f"{one.stem}.html",
            "document": f"{one.stem}.docx",
        }
        for one in items
    )
    made = _created(
        database,
        "blanks",
        {"number": int, "item": int, "heading": str, "to_be_written": str},
        pk="number",
        foreign_keys=[("item", "items", "item")],
    )
    blanks = [(item.number, heading, text) for item in items for heading, text in item.blanks]
    made.insert_all(
        {"number": place, "item": item, "heading": heading, "to_be_written": text}
        for place, (item, heading, text) in enumerate(blanks, start=1)
    )
    _created(
        database, "evidence_tables", {"name": str, "caption": str, "held_in": str, **_SOURCED}, pk="name"
    ).insert_all(
        {
            "name": one.name,
            "caption": one.caption,
            "held_in": _table_name(one.name),
            **_sourced(one.source),
        }
        for one in tables.values()
    )
    _add_pairs(database, "tables", "evidence_tables", {one.number: one.tables for one in items})
    _created(database, "figures", _FIGURE, pk="name").insert_all(
        {**one, "value": str(one["value"])} for one in figures
    )


def _add_facts(database: Database, facts: Mapping[str, Fact], items: Sequence[Item]) -> None:
    _created(database, "facts", _FIGURE, pk="name").insert_all(
        _figure(one.name, one.what, one.shown, one.source) for one in facts.values()
    )
    _add_pairs(database, "facts", "facts", {one.number: one.facts for one in items})


def _add_pairs(database: Database, what: str, where: str, named: Mapping[int, Iterable[str]]) -> None:
    """Add which item uses which row of the table ``where``, each once."""
    made = _created(
        database,
        f"{what}_of_items",
        {"item": int, "name": str},
        pk=("item", "name"),
        foreign_keys=[("item", "items", "item"), ("name", where, "name")],
    )
    made.insert_all(
        {"item": item, "name": name} for item, names in named.items() for name in dict.fromkeys(names)
    )


def _add_table(database: Database, table: DataTable) -> None:
    kinds = {one.name: _TYPES[one.kind] for one in table.columns}
    made = _created(database, _table_name(table.name), {"row": int, **kinds}, pk="row")
    names = [one.name for one in table.columns]
    made.insert_all(
        {"row": number, **dict(zip(names, row, strict=True))}
        for number, row in enumerate(table.rows, start=1)
    )


def _created(
    database: Database,
    name: str,
    columns: Mapping[str, type],
    *,
    pk: str | tuple[str, str],
    foreign_keys: Sequence[tuple[str, str, str]] = (),
) -> Any:
    return database.table(name).create(dict(columns), pk=pk, foreign_keys=list(foreign_keys))


def _table_name(name: str) -> str:
    return name.replace("-", "_")


def datasette_metadata(unit: str, tables: Iterable[DataTable], built: str) -> bytes:
    """Return what Datasette shows beside the tables."""
    said = {
        "title": f"Evidence of {unit}",
        "description": f"Built {built}. The same evidence as the pages; nothing here identifies a child.",
        "databases": {
            _NAME: {
                "tables": {
                    _table_name(one.name): {
                        "title": one.caption,
                        "description": " ".join(filter(None, (one.note, f"Source: {one.source.where}"))),
                    }
                    for one in tables
                }
            }
        },
    }
    return (json.dumps(said, indent=2, ensure_ascii=False) + "\n").encode()
