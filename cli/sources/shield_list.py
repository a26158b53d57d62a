"""The shield list: the agency's own references of children who are left out before anything is encoded.

A child who was adopted, or is under protection, must not be found again under an old name.  Because a
reference that is written differently would let such a child through, a list that almost names a child is
refused.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cli.sources.columns import SPOILT, spoilt
from cli.sources.files import content_of, kind_of, text_rows
from cli.sources.mapping import Key, key_columns
from cli.sources.tables import HEADER_ROWS, Row, header_hits, header_key
from cli.sources.workbooks import Workbook
from linkage.errors import InputError

__all__ = ["ShieldList", "bare_reference", "read_shield_list"]

_HEADERS = ("reference", "child", "child_id", "child_reference", "local_reference", "your_reference")


@dataclass(frozen=True, slots=True)
class ShieldList:
    """References, each with its row in the list; empty without a list."""

    file: str = ""
    references: Mapping[str, int] = field(default_factory=dict, repr=False)

    def unknown(self, children: Collection[str]) -> tuple[int, ...]:
        """Return the rows of references that no child of the extract has.

        Raises :class:`InputError` if one of them is a child's but for zeros before it or capitals.
        """
        missing = {reference: row for reference, row in self.references.items() if reference not in children}
        if missing:
            bare = frozenset(map(bare_reference, children))
            near = [row for reference, row in missing.items() if bare_reference(reference) in bare]
            if near:
                raise InputError(
                    f"{self.file}: row {near[0]}: almost the reference of a child in the extract, but for "
                    "zeros at the beginning or capitals",
                    hint="write it as the extract does: otherwise this child would not be shielded",
                )
        return tuple(missing.values())


def bare_reference(reference: str) -> str:
    """Return a reference without what spreadsheets take off or add: zeros before it, capitals, ``.0``."""
    return "".join(reference.split()).removesuffix(".0").lstrip("0").casefold()


def read_shield_list(path: Path, key: Key) -> ShieldList:
    """Read a list: text with a reference a line, or a table with a column of references.

    ``key``: the mapping's column of the child's reference, under which the table may have it.
    Raises :class:`InputError` naming the row of a reference that a spreadsheet spoilt, for a table without
    such a column, and for a list without references: an empty file is more likely a mistake.
    """
    data = content_of(path)
    if kind_of(path.name, data) == "workbook":
        book = Workbook(path.name, data)
        rows = book.rows(book.sheets[0]) if book.sheets else []
    else:
        rows, _, _ = text_rows(path.name, data)
    found: dict[str, int] = {}
    for row, reference in _references(path.name, rows, {header_key(name) for name in key_columns(key)}):
        if spoilt(reference):
            problem, cure = SPOILT
            raise InputError(f"{path.name}: row {row}: {problem}", hint=cure)
        found.setdefault(reference, row)
    if not found:
        raise InputError(f"{path.name}: no reference in it", hint="write one reference a line")
    return ShieldList(path.name, found)


def _references(name: str, rows: list[Row], keys: set[str]) -> Iterable[tuple[int, str]]:
    wanted = keys | set(_HEADERS)
    if header_hits(rows, wanted):
        start = next(at for at, row in enumerate(rows[:HEADER_ROWS]) if header_hits([row], wanted))
        names = [header_key(cell) for cell in rows[start].cells]
        place = min((names.index(one) for one in keys if one in names), default=-1)
        place = place if place >= 0 else min(names.index(one) for one in _HEADERS if one in names)
        for row in rows[start + 1 :]:
            if len(row.cells) > place and row.cells[place]:
                yield row.number, row.cells[place]
        return
    for row in rows:
        filled = [cell for cell in row.cells if cell]
        if len(filled) > 1:
            raise InputError(
                f"{name}: row {row.number}: more than one cell, and no column known to hold references",
                hint="write one reference a line, or call the column reference",
            )
        yield row.number, filled[0]
