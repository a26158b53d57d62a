"""Made-up sources, mangled as files of real case systems are: by seed, one to three manglings at a time.

What a mangling does to a file is written down with what a reader owes: ``same`` (everything is read as if
nothing had happened), ``part`` (what is read is right; rows may be refused) or ``refused``.
"""

import datetime as dt
import io
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.support.made_sources import REFERENCES, ROWS, Cell, Sheet, Source, made, written

_LAYOUTS = ("%d/%m/%Y", "%Y-%m-%d", "%d-%b-%Y", "%d.%m.%Y", "%d/%m/%y")


def mangled(seed: int) -> Source:
    """A source with one to three manglings that go together."""
    chance = random.Random(seed)
    source = made(chance.choice(("council", "police", "ssda903")), seed)
    source.chance = chance
    forms = ["csv", "csv", "csv", "books", "book", *(["xml", "xml"] if source.kind == "ssda903" else [])]
    source.form = chance.choice(forms)
    everywhere = [*_CONTENT, *_BY_FORM[source.form]]
    wanted = chance.randrange(1, 4)
    for mangle in chance.sample(everywhere, len(everywhere)):
        if len(source.done) < wanted and mangle(source):
            source.done.append(mangle.__name__.strip("_"))
    return source


# what happens to the content, whatever the file


def _reordered_columns(source: Source) -> bool:
    for sheet in source.sheets.values():
        order = source.chance.sample(range(len(sheet.header)), len(sheet.header))
        sheet.header = [sheet.header[at] for at in order]
        sheet.rows = [[row[at] for at in order] for row in sheet.rows]
    return True


def _headers_in_another_style(source: Source) -> bool:
    for sheet in source.sheets.values():
        style = source.chance.choice((str.upper, str.title, lambda name: f" {name.replace('_', ' ')} "))
        sheet.layout = {style(name): one for name, one in sheet.layout.items()}
        sheet.header = [style(name) for name in sheet.header]
    return True


def _header_renamed(source: Source) -> bool:
    if source.owed == "refused":
        return False
    _, sheet = source.any_sheet()
    needed = {
        "child_id",
        "child_ref",
        "CHILD",
        "surname",
        "start",
        "last_seen",
        "MIS_START",
        "DOB",
        "episode_id",
    }
    for at, name in enumerate(sheet.header):
        if name in needed and not source.form.startswith("xml"):
            sheet.header[at] = "Column of the system"
            source.owe("refused")
            return True
    return False


def _header_twice(source: Source) -> bool:
    if source.form.startswith("xml"):
        return False
    for sheet in source.sheets.values():
        for name in REFERENCES:
            if name in sheet.header:
                sheet.header.append(name)
                for row in sheet.rows:
                    row.append("1")
                source.owe("refused")
                return True
    return False


def _notes_with_line_feeds(source: Source) -> bool:
    _, sheet = source.any_sheet()
    sheet.header.append("notes")
    for number, row in enumerate(sheet.rows):
        row.append('said; "later",\nthen\tmore' if number % 3 else "")
    return True


def _titles_above(source: Source) -> bool:
    if source.form.startswith("xml"):
        return False
    for name, sheet in source.sheets.items():
        sheet.above = [[f"Export of {name}"], [], ["Made on 1 May", "page 1"]][
            : source.chance.randrange(1, 4)
        ]
    return True


def _total_below(source: Source) -> bool:
    if source.form.startswith("xml"):
        return False
    name, sheet = source.any_sheet()
    at = next((sheet.column(one) for one in REFERENCES if one in sheet.header), -1)
    if name == "names" or at < 0:
        return False
    total: list[Cell] = [""] * len(sheet.header)
    total[at], total[(at + 1) % len(total)] = "Total", ROWS
    sheet.rows.append(total)
    source.owe("part")
    return True


def _dates_in_both_orders(source: Source) -> bool:
    """Half of a column the other way round, some of them days that can be no month."""
    for sheet in source.sheets.values():
        for name in ("start", "last_seen", "MIS_START"):
            if name in sheet.header and not sheet.layout:
                at = sheet.column(name)
                mixed = [
                    written(row[at], "%m/%d/%Y" if number % 2 else "%d/%m/%Y")
                    for number, row in enumerate(sheet.rows)
                ]
                if not _shows_both(mixed):
                    continue
                for row, text in zip(sheet.rows, mixed, strict=True):
                    row[at] = text
                source.owe("part")
                return True
    return False


def _shows_both(texts: list[str]) -> bool:
    firsts = [text.split("/")[:2] for text in texts if text.count("/") == 2]
    return any(int(one) > 12 for one, _ in firsts) and any(int(other) > 12 for _, other in firsts)


def _dates_in_the_other_order(source: Source) -> bool:
    """A whole column month first, which the mapping does not expect."""
    for sheet in source.sheets.values():
        for name in ("end", "found", "MIS_END", "date_of_birth"):
            if name in sheet.header and not sheet.layout and _shows_a_day(sheet, name):
                sheet.layout[name] = "%m/%d/%Y"
                source.owe("refused")
                return True
    return False


def _shows_a_day(sheet: Sheet, name: str) -> bool:
    days = [cell.day for row in sheet.rows if isinstance(cell := row[sheet.column(name)], dt.date)]
    return any(day > 12 for day in days)


def _zeros_lost(source: Source) -> bool:
    if source.kind == "police" or source.form.startswith("xml"):
        return False
    sheet = source.sheets[{"council": "episodes", "ssda903": "missing"}[source.kind]]
    at = next((sheet.column(one) for one in REFERENCES if one in sheet.header), -1)
    if at < 0:
        return False
    for row in sheet.rows:
        row[at] = str(row[at]).lstrip("0")
    source.owe("part")
    return True


def _references_in_scientific_notation(source: Source) -> bool:
    if source.form.startswith("xml"):
        return False
    _, sheet = source.any_sheet()
    for name in REFERENCES:
        if name in sheet.header:
            at = sheet.column(name)
            for number, row in enumerate(sheet.rows):
                if number % 2 and str(row[at]).isdigit():
                    row[at] = f"{float(str(row[at])):.5E}"
            source.owe("part")
            return True
    return False


def _blanks_around_values(source: Source) -> bool:
    source.pad = source.chance.choice((" ", "\u00a0", "  "))
    return True


def _dates_in_another_layout(source: Source) -> bool:
    source.layout = source.chance.choice(_LAYOUTS)
    return True


def _dates_as_serial_numbers(source: Source) -> bool:
    source.layout = "serial"
    return True


def _rows_blank_between(source: Source) -> bool:
    if source.form.startswith("xml"):
        return False
    for sheet in source.sheets.values():
        for at in sorted(source.chance.sample(range(len(sheet.rows)), 3), reverse=True):
            sheet.rows.insert(at, [""] * len(sheet.header))
    return True


def _references_twice(source: Source) -> bool:
    name = {"council": "children", "police": "episodes", "ssda903": "missing"}[source.kind]
    source.sheets[name].rows.append(list(source.sheets[name].rows[0]))
    source.owe("part")
    return True


_CONTENT: list[Callable[[Source], bool]] = [
    _reordered_columns, _headers_in_another_style, _header_renamed, _header_twice, _notes_with_line_feeds,
    _titles_above, _total_below, _dates_in_both_orders, _dates_in_the_other_order, _zeros_lost,
    _references_in_scientific_notation, _blanks_around_values, _dates_in_another_layout,
    _dates_as_serial_numbers, _rows_blank_between, _references_twice,
]  # fmt: skip


# what happens to text


def _windows_characters(source: Source) -> bool:
    if source.seed % 2 or source.encoding != "utf-8":  # some names have other letters
        return False
    source.encoding = "cp1252"
    return True


def _byte_order_mark(source: Source) -> bool:
    if source.encoding != "utf-8":
        return False
    source.encoding = "utf-8-sig"
    return True


def _two_bytes_a_character(source: Source) -> bool:
    if source.encoding != "utf-8":
        return False
    source.encoding = "utf-16"
    return True


def _two_bytes_without_a_mark(source: Source) -> bool:
    if source.encoding != "utf-8":
        return False
    source.encoding = "utf-16-le"
    source.owe("refused")
    return True


def _another_delimiter(source: Source) -> bool:
    source.delimiter = source.chance.choice(";\t|")
    return True


def _other_line_ends(source: Source) -> bool:
    source.ending = source.chance.choice(("\n", "\r"))
    return True


def _one_file(source: Source, change: Callable[[bytes], bytes]) -> None:
    """Change one file of those that are there, once they are written."""
    at = source.chance.random()

    def damage(folder: Path) -> None:
        files = sorted(path for path in folder.iterdir() if path.stem != "names")
        file = files[int(at * len(files))]
        file.write_bytes(change(file.read_bytes()))

    source.damage = damage


def _cut(source: Source) -> bool:
    if source.damage is not None:
        return False
    share = source.chance.uniform(0.4, 0.97)

    def change(data: bytes) -> bytes:
        end = max(1, int(len(data) * share))
        while end > 1 and data[end - 1 : end] in (b"\n", b"\r", b"\x00"):
            end -= 1
        return data[:end]

    _one_file(source, change)
    source.owe("part")
    return True


def _empty(source: Source) -> bool:
    if source.damage is not None:
        return False
    _one_file(source, lambda _: b"")
    source.owe("refused")
    return True


def _a_web_page(source: Source) -> bool:
    if source.damage is not None:
        return False
    _one_file(source, lambda _: b"<html><body><table><tr><td>child_id</td></tr></table></body></html>")
    source.owe("refused")
    return True


def _random_bytes(source: Source) -> bool:
    if source.damage is not None:
        return False
    noise = source.chance.randbytes(900)
    _one_file(source, lambda _: b"\x81\x8d" + noise)
    source.owe("refused")
    return True


def _an_open_quotation_mark(source: Source) -> bool:
    if source.damage is not None:
        return False

    def change(data: bytes) -> bytes:
        return (data.decode(source.encoding) + '"x').encode(source.encoding)

    _one_file(source, change)
    source.owe("refused")
    return True


def _named_otherwise(source: Source) -> bool:
    """Capitals, and the ending of another kind of text."""

    if source.damage is not None:
        return False

    def damage(folder: Path) -> None:
        for path in sorted(folder.iterdir()):
            path.rename(path.with_name(f"{path.stem.upper()}.txt"))

    source.damage = damage
    return True


# what happens to workbooks


def _other_sheets_first(source: Source) -> bool:
    source.first = ["Read me", "Lists"]
    return True


def _flipped_bytes(source: Source) -> bool:
    if source.damage is not None:
        return False
    at = source.chance.random()

    def change(data: bytes) -> bytes:
        start = int(at * (len(data) - 300))
        return data[:start] + bytes(255 - byte for byte in data[start : start + 300]) + data[start + 300 :]

    _one_file(source, change)
    source.owe("part")
    return True


def _true_dates(source: Source) -> bool:
    source.layout = "true"
    return True


def _a_stray_cell_far_out(source: Source) -> bool:
    if source.damage is not None:
        return False
    stray = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'

    def change(data: bytes) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
            for name in old.namelist():
                new.writestr(name, old.read(name).replace(b"</sheetData>", stray))
        return out.getvalue()

    _one_file(source, change)
    source.owe("refused")
    return True


def _named_csv(source: Source) -> bool:
    if source.form != "books" or source.damage is not None:
        return False

    def damage(folder: Path) -> None:
        for path in sorted(folder.iterdir()):
            path.rename(path.with_suffix(".csv"))

    source.damage = damage
    return True


# what happens to XML


def _flat(source: Source) -> bool:
    source.form = "xml flat"
    return True


def _grouped(source: Source) -> bool:
    source.form = "xml grouped"
    return True


def _declared_encoding(source: Source) -> bool:
    if source.damage is not None:
        return False
    source.encoding = source.chance.choice(("utf-16", "utf-8-sig", "utf-8"))
    return True


def _document_type(source: Source) -> bool:
    if source.damage is not None or source.encoding == "utf-16":
        return False
    _one_file(source, lambda data: data.replace(b"<Message>", b"<!DOCTYPE m [<!ENTITY a 'b'>]><Message>", 1))
    source.owe("refused")
    return True


def _other_tags(source: Source) -> bool:
    if source.damage is not None or source.encoding == "utf-16":
        return False
    _one_file(source, lambda data: data.replace(b"AMISSING>", b"MISSINGSPELL>"))
    source.owe("refused")
    return True


_TEXT: list[Callable[[Source], bool]] = [
    _windows_characters, _byte_order_mark, _two_bytes_a_character, _two_bytes_without_a_mark,
    _another_delimiter, _other_line_ends, _cut, _empty, _a_web_page, _random_bytes, _an_open_quotation_mark,
    _named_otherwise,
]  # fmt: skip
_BOOKS = [
    _other_sheets_first,
    _cut,
    _empty,
    _a_web_page,
    _flipped_bytes,
    _true_dates,
    _a_stray_cell_far_out,
    _named_csv,
]
_BY_FORM: dict[str, list[Callable[[Source], bool]]] = {
    "csv": _TEXT,
    "books": _BOOKS,
    "book": _BOOKS,
    "xml": [_flat, _grouped, _declared_encoding, _document_type, _other_tags, _cut, _empty, _a_web_page],
}


EVERY = (_CONTENT, *_BY_FORM.values())
"""Every mangling there is, by the form that it is for."""
