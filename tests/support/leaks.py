"""Searching everything that a party holds for what it must not have."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

MIN_BYTEWISE = 8


def spellings(value: str) -> set[bytes]:
    """Return the bytes under which a value might lie in a file."""
    forms = {value, value.lower(), value.upper(), value.casefold()}
    encoded = set()
    for form in forms:
        encoded |= {form.encode("utf-8"), form.encode("utf-16-le"), json.dumps(form)[1:-1].encode()}
    return encoded


def bytewise_hits(contents: Iterable[tuple[str, bytes]], values: Iterable[str]) -> list[tuple[str, str]]:
    """Return (value, where) for every value of eight bytes or more found in any content."""
    needles = {
        form: value for value in values if len(value.encode()) >= MIN_BYTEWISE for form in spellings(value)
    }
    hits = []
    for name, data in contents:
        hits += [(value, name) for form, value in needles.items() if form in data]
    return hits


def field_hits(fields: Iterable[tuple[str, str]], values: Iterable[str]) -> list[tuple[str, str]]:
    """Return (value, where) for every shorter value that is the whole of some field."""
    short = {value.casefold() for value in values if len(value.encode()) < MIN_BYTEWISE}
    return [(field, where) for where, field in fields if field.casefold() in short]


def files_below(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of every file below a folder, databases and logs included."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_bytes()


def database_fields(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield place and text of every field of every SQLite database below a folder."""
    for path in sorted(folder.rglob("*.db")):
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            tables = [
                row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")
            ]
            for table in tables:
                cursor = connection.execute(f'select * from "{table}"')
                columns = [column[0] for column in cursor.description]
                for row in cursor:
                    for column, value in zip(columns, row, strict=True):
                        if value is not None:
                            yield f"{path.name}:{table}.{column}", _text(value)
        finally:
            connection.close()


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def json_fields(where: str, value: object) -> Iterator[tuple[str, str]]:
    """Yield place and text of every leaf of a JSON value."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from json_fields(f"{where}.{key}", inner)
    elif isinstance(value, list):
        for inner in value:
            yield from json_fields(where, inner)
    elif value is not None:
        yield where, str(value)
