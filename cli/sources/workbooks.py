"""Excel workbooks: every cell as the text that a CSV export would have, every row under its own number.

Dates come as ISO dates, whole numbers without a decimal point, so that 1234567 is the reference 1234567.
Reading is calamine's.  Workbooks of before 2007 are not read: damaged ones make it panic.  What it would take
for granted is looked at first, in the workbook's own parts: how far the sheets reach (one stray cell in the
last corner costs 17 thousand million cells) and which cells hold an error such as #N/A, which it would give
as blank.
"""

import contextlib
import datetime as dt
import io
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any

import python_calamine as calamine

from cli.sources.sheet_parts import SheetPart, sheet_parts
from cli.sources.tables import Row, Table, header_hits, header_key, table_of
from linkage.errors import InputError

__all__ = ["ERROR_CELL", "Workbook"]

ERROR_CELL = "#ERROR"
"""Stands for a cell whose formula failed: it is not blank, and nothing that reads it takes it for a value."""

_EXACT = 10**15
_PANIC = "PanicException"


class Workbook:
    """One workbook, open; its sheets are read when they are asked for, each once."""

    def __init__(self, name: str, data: bytes) -> None:
        """Raises :class:`InputError` for what is no workbook, :class:`LimitError` for one too large."""
        self.name = name
        self._parts: Mapping[str, SheetPart] = sheet_parts(name, data)
        with self._telling():
            self._book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        self.sheets = tuple(
            one.name
            for one in self._book.sheets_metadata
            if one.typ == calamine.SheetTypeEnum.WorkSheet
            and one.visible == calamine.SheetVisibleEnum.Visible
        )
        self._rows: dict[str, list[Row]] = {}

    def rows(self, sheet: str) -> list[Row]:
        """Return the rows of a sheet that hold anything."""
        if sheet not in self._rows:
            with self._telling():
                cells = self._book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
            self._rows[sheet] = list(_numbered(cells, self._parts.get(sheet)))
        return self._rows[sheet]

    def called(self, sheet: str) -> str:
        """Return the sheet of a name, whatever the case of its letters, hidden ones too.

        Raises :class:`InputError` if there is none.
        """
        for name in self._book.sheet_names:
            if name.strip().casefold() == sheet.strip().casefold():
                return name
        raise InputError(
            f"{self.name}: there is no sheet called {sheet!r}",
            hint="name the sheet in the mapping as the workbook does, or leave # and the sheet out",
        )

    def table(self, wanted: Iterable[str], *, sheet: str = "") -> Table:
        """Return a sheet as a table: the one so called, or the one with most of the wanted columns."""
        names = tuple(wanted)
        chosen = self.called(sheet) if sheet else self._best({header_key(name) for name in names})
        file = f"{self.name}#{chosen}" if len(self._book.sheet_names) > 1 else self.name
        return table_of(file, self.rows(chosen), names, encoding="workbook", delimiter="")

    def _best(self, wanted: set[str]) -> str:
        if not self.sheets:
            raise InputError(f"{self.name}: a workbook without a sheet", hint="is it the right file?")
        return max(self.sheets, key=lambda sheet: header_hits(self.rows(sheet), wanted))

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        """Say what is wrong with a workbook in our words, whatever the reader says."""
        try:
            yield
        except calamine.PasswordError:
            raise InputError(
                f"{self.name}: the Excel workbook is protected by a password",
                hint="open it and save a copy without a password, in a folder that only you can read",
            ) from None
        except (calamine.CalamineError, OSError, ValueError):
            raise self._damaged() from None
        except BaseException as error:
            if type(error).__name__ == _PANIC:  # no subclass of Exception, and its class cannot be imported
                raise self._damaged() from None
            raise

    def _damaged(self) -> InputError:
        return InputError(
            f"{self.name}: a damaged Excel workbook, or none at all",
            hint="open it in a spreadsheet and save it again as .xlsx; if that fails, export it again",
        )


def _numbered(cells: list[list[Any]], part: SheetPart | None) -> Iterable[Row]:
    failed: Set[tuple[int, int]] = part.errors if part else frozenset()
    for number, values in enumerate(cells, start=1):
        texts = [_text(value) for value in values]
        if failed:
            texts = [ERROR_CELL if (number, place) in failed else text for place, text in enumerate(texts, 1)]
        if any(texts):
            yield Row(number, tuple(texts))


def _text(value: object) -> str:
    """Return a cell's text as a CSV export would have it."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        # Spreadsheets keep fifteen digits: what is longer is no longer the reference that somebody typed.
        return str(int(value)) if value.is_integer() and abs(value) < _EXACT else repr(value)
    if isinstance(value, dt.datetime):
        return value.replace(microsecond=0).isoformat(sep=" ")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, dt.time):
        return value.replace(microsecond=0).isoformat()
    return str(value)
