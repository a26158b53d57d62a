"""Releases as publishers look at them, before anybody approved them and after; how one differs from another.

What is opened here holds what disclosure control lets pass (:mod:`api.publisher_seal`): exact counts stay
with the register worker.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from api.folders import DataFolder
from api.publisher_seal import PublisherSeal, ShownPart
from api.release_formats import (
    ReleasedTables,
    ReleaseFiles,
    digest_packed,
    manifest_of,
    tables_of,
    unpacked,
)
from api.releasing import Proposal, published_before, read_proposal
from api.store import releases
from api.store.releases import KeptRelease
from linkage.errors import VerificationError
from linkage.register.counts import Key
from linkage.register.released import ReleasedTable

__all__ = [
    "Change",
    "TableFigures",
    "changes",
    "open_files",
    "open_tables",
    "published_last",
    "table_figures",
]


@dataclass(frozen=True, slots=True)
class TableFigures:
    """How many cells of a table are printed as figures and how many as which symbol."""

    number: str
    title: str
    measure: str
    cells: int
    figures: int
    symbols: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Change:
    """How two releases differ in what both print of one table and measure.

    ``hidden``: a figure before, suppressed now; ``shown``: the other way round; ``examples``: some cells, by
    their words, with what was printed and what is.
    """

    number: str
    title: str
    measure: str
    common: int
    same: int
    changed: int
    hidden: int
    shown: int
    examples: Sequence[tuple[str, str, str]]


def open_tables(
    folder: DataFolder, connection: Connection, found: KeptRelease
) -> tuple[ReleasedTable, ...] | None:
    """Return a release's tables, or None while publishers cannot look at it.

    An older release of Clew made such a one; the next that is counted opens it too.  Raises
    :class:`linkage.errors.ClewError` if they are not what was proposed, and without the key.
    """
    content = _opened(folder, connection, found.number, "shown-tables")
    if content is None:
        return None
    if digest_packed(content) != _said(found).released:
        raise _changed(found.number)
    return tables_of(unpacked(content, ReleasedTables))


def open_files(folder: DataFolder, connection: Connection, found: KeptRelease) -> Mapping[str, bytes] | None:
    """Return a release's files, or None as :func:`open_tables` does; raises as that does."""
    content = _opened(folder, connection, found.number, "shown-files")
    if content is None:
        return None
    files = unpacked(content, ReleaseFiles).files
    if manifest_of(files) != _said(found).files:
        raise _changed(found.number)
    return files


def _opened(folder: DataFolder, connection: Connection, number: int, part: ShownPart) -> bytes | None:
    sealed = releases.read_part(connection, number, part)
    if sealed is None:
        return None
    return PublisherSeal.read(folder.releases_key).opened(number, part, sealed)


def _said(found: KeptRelease) -> Proposal:
    return read_proposal(found)


def _changed(number: int) -> VerificationError:
    return VerificationError(
        f"release {number}: what is kept of it is not what was proposed",
        hint="see `clew register audit check --data DIR`",
    )


def published_last(connection: Connection, before: KeptRelease) -> KeptRelease | None:
    """Return what was published last before a release, or None."""
    found = [one for one in published_before(connection) if one.number != before.number]
    if before.decided_at is not None and before.published:
        found = [one for one in found if (one.decided_at or "") < before.decided_at]
    return found[-1] if found else None


def table_figures(tables: Sequence[ReleasedTable]) -> list[TableFigures]:
    """Count figures and symbols of every table."""
    found = []
    for one in tables:
        symbols: dict[str, int] = {}
        for cell in one.cells.values():
            if cell.value is None:
                symbols[cell.text] = symbols.get(cell.text, 0) + 1
        figures = len(one.cells) - sum(symbols.values())
        found.append(TableFigures(one.number, one.title, one.measure, len(one.cells), figures, symbols))
    return found


def changes(
    older: Sequence[ReleasedTable], newer: Sequence[ReleasedTable], *, examples: int = 3
) -> list[Change]:
    """Compare cell by cell what two releases print of the same thing."""
    before = {(one.number, one.measure): one for one in older}
    return [
        _change(before[one.number, one.measure], one, examples)
        for one in newer
        if (one.number, one.measure) in before
    ]


def _change(older: ReleasedTable, newer: ReleasedTable, examples: int) -> Change:
    common = [key for key in newer.cells if key in older.cells]
    moved = [key for key in common if newer.cells[key].text != older.cells[key].text]
    hidden = [key for key in moved if older.cells[key].value is not None and newer.cells[key].value is None]
    shown = [key for key in moved if older.cells[key].value is None and newer.cells[key].value is not None]
    return Change(
        number=newer.number,
        title=newer.title,
        measure=newer.measure,
        common=len(common),
        same=len(common) - len(moved),
        changed=len(moved) - len(hidden) - len(shown),
        hidden=len(hidden),
        shown=len(shown),
        examples=[
            (_words(newer, key), older.cells[key].text, newer.cells[key].text) for key in moved[:examples]
        ],
    )


def _words(table: ReleasedTable, key: Key) -> str:
    """Return where a cell stands, leaving out what is the total."""
    said = [
        one.labels.get(code, code)
        for one, code in zip(table.dimensions, key, strict=True)
        if code != one.total
    ]
    return ", ".join(said) or "total"
