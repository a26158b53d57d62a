"""Made-up sources without a fault, and how they are written: as CSV, workbooks, one workbook or XML."""

import csv
import datetime as dt
import io
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from xml.sax.saxutils import escape

import xlsxwriter

Cell = str | int | bool | dt.date | dt.datetime
Owed = Literal["same", "part", "refused"]
Kind = Literal["council", "police", "ssda903"]
ROWS = 24
REFERENCES = ("child_id", "child_ref", "CHILD")
NAMES = ("José", "Zoë", "O’Brien", "Núñez", "Łukasz", "Ada", "Bo", "Ngọc")
WESTERN = ("José", "Zoë", "O’Brien", "Núñez", "Ada", "Bo")
_SERIAL_ZERO = dt.datetime(1899, 12, 30)


@dataclass
class Sheet:
    header: list[str]
    rows: list[list[Cell]]
    above: list[list[str]] = field(default_factory=list)
    layout: dict[str, str] = field(default_factory=dict)
    """How the dates of a column are written; otherwise as the whole source's."""

    def column(self, name: str) -> int:
        return self.header.index(name)


@dataclass
class Source:
    """A source about to be written; ``counts`` are the rows that a reader must account for."""

    kind: Kind
    seed: int
    sheets: dict[str, Sheet]
    chance: random.Random
    form: str = "csv"
    encoding: str = "utf-8"
    delimiter: str = ","
    ending: str = "\r\n"
    layout: str = "%d/%m/%Y"
    pad: str = ""
    first: list[str] = field(default_factory=list)
    damage: Callable[[Path], None] | None = None
    owed: Owed = "same"
    done: list[str] = field(default_factory=list)

    def owe(self, owed: Owed) -> None:
        order = ("same", "part", "refused")
        self.owed = max(self.owed, owed, key=order.index)

    @property
    def counts(self) -> dict[str, int]:
        return {name: len(sheet.rows) for name, sheet in self.sheets.items()}

    def any_sheet(self) -> tuple[str, Sheet]:
        name = self.chance.choice(sorted(self.sheets))
        return name, self.sheets[name]


def made(kind: Kind, seed: int) -> Source:
    """A source without a fault; the same for a seed every time."""
    chance = random.Random(f"{kind}{seed}")
    source = Source(kind, seed, {}, chance)
    children = [f"00{chance.randrange(10**9, 10**10)}" for _ in range(ROWS)]
    births = [dt.date(2009, 1, 2) + dt.timedelta(days=chance.randrange(1800)) for _ in range(ROWS)]
    starts = [dt.date(2025, 4, 2) + dt.timedelta(days=chance.randrange(300)) for _ in range(ROWS)]
    ends = [start + dt.timedelta(days=chance.randrange(1, 9)) for start in starts]
    # No birth on a day that stands for unknown, and some on days that can be no month.
    births = [born.replace(day=13 + number % 15) if number % 2 else born.replace(day=2 + number % 11)
              for number, born in enumerate(births)]  # fmt: skip
    pool = NAMES if seed % 2 else WESTERN
    names = [(chance.choice(pool), f"{chance.choice(pool)}{chr(97 + n)}x") for n in range(ROWS)]
    source.sheets = _SHEETS[kind](children, births, starts, ends, names)
    return source


def _council(children: list[str], births: list[dt.date], starts: list[dt.date], ends: list[dt.date],
             names: list[tuple[str, str]]) -> dict[str, Sheet]:  # fmt: skip
    people = [[child, first, last, born, "F", "WBRI", "N"]
              for child, (first, last), born in zip(children, names, births, strict=True)]  # fmt: skip
    spells = [
        [child, dt.date(2024, 2, 1) + dt.timedelta(days=n), "", "C2", "U1"]
        for n, child in enumerate(children)
    ]
    gone = [
        [f"E{n:05}", child, "M" if n % 3 else "A", _at(start, n), _at(end, n)]
        for n, (child, start, end) in enumerate(zip(children, starts, ends, strict=True))
    ]
    return {
        "children": Sheet(
            ["child_id", "forename", "surname", "date_of_birth", "sex", "ethnicity", "uasc"], people
        ),
        "care_spells": Sheet(["child_id", "start", "end", "legal_status", "placement_type"], spells),
        "episodes": Sheet(["episode_id", "child_id", "type", "start", "end"], gone),
    }


def _police(children: list[str], births: list[dt.date], starts: list[dt.date], ends: list[dt.date],
            names: list[tuple[str, str]]) -> dict[str, Sheet]:  # fmt: skip
    rows: list[list[Cell]] = [
        [f"R{n:05}", child, *name, born, "F", _at(start, n), _at(end, n), "M" if n % 3 else "NAR"]
        for n, (child, name, born, start, end) in enumerate(
            zip(children, names, births, starts, ends, strict=True)
        )
    ]
    header = ["report_ref", "child_ref", "forenames", "surname", "date_of_birth", "sex", "last_seen", "found"]
    return {"episodes": Sheet([*header, "risk_highest"], rows)}


def _return(children: list[str], births: list[dt.date], starts: list[dt.date], ends: list[dt.date],
            names: list[tuple[str, str]]) -> dict[str, Sheet]:  # fmt: skip
    return {
        "header": Sheet(["CHILD", "SEX", "DOB", "ETHNIC", "UPN"],
                        [[c, "2", b, "WBRI", "UN1"] for c, b in zip(children, births, strict=True)]),
        "names": Sheet(["CHILD", "FORENAME", "SURNAME"],
                       [[c, *name] for c, name in zip(children, names, strict=True)]),
        "episodes": Sheet(["CHILD", "DECOM", "LS", "PLACE", "PLACE_PROVIDER", "DEC"],
                          [[c, dt.date(2024, 2, 1) + dt.timedelta(days=n), "C2", "U1", "PR1", ""]
                           for n, c in enumerate(children)]),
        "missing": Sheet(["CHILD", "MISSING", "MIS_START", "MIS_END"],
                         [[c, "M", s, e] for c, s, e in zip(children, starts, ends, strict=True)]),
    }  # fmt: skip


_SHEETS = {"council": _council, "police": _police, "ssda903": _return}


def _at(day: dt.date, number: int) -> dt.date:
    """Every other source has times of day; never midnight, which would say that it has none."""
    return dt.datetime(day.year, day.month, day.day, 8 + number % 12, 7 * (number % 8) + 1)


def write(source: Source, folder: Path) -> Path:
    """Write a source into a folder and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    if source.form == "csv":
        for name, sheet in source.sheets.items():
            _write_text(source, folder / f"{name}.csv", sheet)
    elif source.form == "books":
        for name, sheet in source.sheets.items():
            _write_book(source, folder / f"{name}.xlsx", {name: sheet})
    elif source.form == "book":
        _write_book(source, folder / "extract.xlsx", source.sheets)
    else:
        _write_text(Source("council", 0, {}, source.chance), folder / "names.csv", source.sheets["names"])
        (folder / "return.xml").write_bytes(_xml(source))
    if source.damage is not None:
        source.damage(folder)
    for sheet in source.sheets.values():  # a blank row is no row
        sheet.rows = [row for row in sheet.rows if any(cell != "" for cell in row)]
    return folder


def written(value: Cell, layout: str) -> str:
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, dt.datetime):
        if layout == "serial":
            return f"{(value - _SERIAL_ZERO) / dt.timedelta(days=1):.6f}"
        return f"{value:{layout}} {value:%H:%M}"
    if isinstance(value, dt.date):
        return str((value - _SERIAL_ZERO.date()).days) if layout == "serial" else f"{value:{layout}}"
    return str(value)


def _lines(source: Source, sheet: Sheet) -> Iterator[list[str]]:
    yield from sheet.above
    yield sheet.header
    for row in sheet.rows:
        texts = [written(cell, sheet.layout.get(name, source.layout))
                 for name, cell in zip(sheet.header, row, strict=True)]  # fmt: skip
        yield [f"{source.pad}{text}{source.pad}" if text else "" for text in texts]


def _write_text(source: Source, path: Path, sheet: Sheet) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=source.delimiter, lineterminator=source.ending)
    writer.writerows(_lines(source, sheet))
    path.write_bytes(text.getvalue().encode(source.encoding))


def _write_book(source: Source, path: Path, sheets: dict[str, Sheet]) -> None:
    with xlsxwriter.Workbook(path, {"strings_to_numbers": False}) as book:
        formats = {kind: book.add_format({"num_format": text}) for kind, text in _FORMATS.items()}
        for name in source.first:
            book.add_worksheet(name).write_row(0, 0, ["Exported by", "the system"])
        for name, sheet in sheets.items():
            page = book.add_worksheet(name)
            if sheet.above and len(sheet.header) > 1:
                page.merge_range(0, 0, 0, len(sheet.header) - 1, sheet.above[0][0])
            for number, row in enumerate([sheet.header, *sheet.rows], start=len(sheet.above)):
                for column, cell in enumerate(row):
                    _put(source, sheet, page, formats, (number, column), cell)


_FORMATS = {"day": "dd/mm/yyyy", "time": "dd/mm/yyyy hh:mm"}


def _put(source: Source, sheet: Sheet, page: object, formats: dict[str, object], place: tuple[int, int],
         cell: Cell) -> None:  # fmt: skip
    layout = sheet.layout.get(sheet.header[place[1]], source.layout)
    if isinstance(cell, dt.date) and layout == "true":
        kind = "time" if isinstance(cell, dt.datetime) else "day"
        page.write_datetime(*place, cell, formats[kind])  # type: ignore[attr-defined]
    elif isinstance(cell, dt.date) and layout == "serial":
        page.write_number(*place, float(written(cell, layout)))  # type: ignore[attr-defined]
    elif cell != "":
        text = written(cell, layout)
        text = text if place[0] == len(sheet.above) else f"{source.pad}{text}{source.pad}"
        page.write_string(*place, text)  # type: ignore[attr-defined]


_RENAMED = {"CHILD": "CHILDID", "PLACE": "PL"}


def _leaves(source: Source, sheet: Sheet, row: list[Cell], without: str = "") -> str:
    parts = []
    for name, cell in zip(sheet.header, row, strict=True):
        tag = name.strip().replace(" ", "_")
        text = written(cell, sheet.layout.get(name, source.layout))
        if tag.upper() != without and text:
            element = _RENAMED.get(tag, tag)
            parts.append(f"<{element}>{escape(source.pad + text + source.pad)}</{element}>\n")
    return "".join(parts)


def _xml(source: Source) -> bytes:
    header, episodes, missing = (source.sheets[name] for name in ("header", "episodes", "missing"))

    def of(sheet: Sheet, child: str, element: str) -> str:
        key = [name.strip().upper() for name in sheet.header].index("CHILD")
        own = [row for row in sheet.rows if str(row[key]) == child]
        return "".join(f"<{element}>{_leaves(source, sheet, row, 'CHILD')}</{element}>\n" for row in own)

    pieces = []
    key = [name.strip().upper() for name in header.header].index("CHILD")
    for row in header.rows:
        child = str(row[key])
        head = f"<HEADER>{_leaves(source, header, row)}{of(missing, child, 'AMISSING')}</HEADER>\n"
        placed = of(episodes, child, "EPISODE")
        if source.form == "xml flat":
            pieces.append(head + placed)
        elif source.form == "xml grouped":
            pieces.append(f"<CHILD><EPISODES>{placed}</EPISODES>{head}</CHILD>\n")
        else:
            pieces.append(f"<CHILD>{head}{placed}</CHILD>\n")
    declared = "utf-16" if source.encoding == "utf-16" else "utf-8"
    text = f'<?xml version="1.0" encoding="{declared}"?>\n<Message>{"".join(pieces)}</Message>'
    return text.encode(source.encoding)
