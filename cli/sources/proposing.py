"""Proposing a mapping: from the headings and the values of whatever tables a source holds.

Headings decide; values speak where no heading does, and against one that they contradict.  Nothing is
proposed that a person cannot check: every column is shown with what it was taken for and the shape of one
value.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cli.sources.codes import says_open
from cli.sources.date_orders import weigh
from cli.sources.dates import DateOrder
from cli.sources.files import content_of, kind_of, text_rows
from cli.sources.headings import HEADINGS, Section
from cli.sources.shapes import is_like
from cli.sources.tables import Row, Table, header_key, table_of
from cli.sources.workbooks import Workbook
from linkage.errors import InputError

__all__ = ["Found", "Proposal", "Seen", "matched", "note_orders", "propose", "tables_in", "why_unused"]

_ENDINGS = (".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".xls")
_DATES = ("date_of_birth", "start", "end", "offered_on", "completed", "shared_with_police_on")
_BY_SHAPE = {"children": ("nhs_number", "upn", "postcode", "sex"), "episodes": ("kind",)}
_CHILD_KEY = "the child's reference"
_NEEDS: Mapping[Section, Mapping[str, tuple[str, ...]]] = {
    "children": {
        _CHILD_KEY: ("key",),
        "the first name": ("forename", "forenames", "full_name"),
        "the surname": ("surname", "full_name"),
    },
    "care_spells": {
        _CHILD_KEY: ("child",),
        "the start (a date)": ("start",),
        "the legal status or the type of placement": ("legal_status", "placement"),
    },
    "episodes": {
        _CHILD_KEY: ("child",),
        "the start (a date)": ("start",),
        "the end (a date)": ("end",),
        "the type, the risk, or the episode's own reference": ("kind", "key", "risk_highest"),
    },
    "interviews": {
        "the episode's reference": ("key",),
        "the offer, what came of it, or the day of the interview": ("offered", "outcome", "completed"),
    },
    "coverage": {"the area": ("area",), "the month": ("month",)},
}
"""For every table, in words, groups of meanings of which one must be found."""


_KNOWN = frozenset(word for headings in HEADINGS.values() for words in headings.values() for word in words)
"""Every heading that means something: the row with most of them is the header."""


@dataclass(frozen=True, slots=True, repr=False)
class Seen:
    """One table of a source; ``file`` is what a mapping calls it."""

    file: str
    table: Table

    def values(self, column: int) -> list[str]:
        """Return one column."""
        return [row.cells[column] for row in self.table.rows]


@dataclass(slots=True)
class Found:
    """What a table was taken for: by meaning, the place of its column; and each column's date order."""

    seen: Seen
    columns: dict[str, int] = field(default_factory=dict)
    orders: dict[str, DateOrder] = field(default_factory=dict)

    def heading(self, meaning: str) -> str:
        """Return the heading of a meaning's column."""
        return self.seen.table.header[self.columns[meaning]]


@dataclass(slots=True)
class Proposal:
    """Which table is which; ``names`` are the children's names where they stand in a table of their own."""

    sections: dict[Section, Found]
    names: Found | None
    unused: tuple[Seen, ...]

    def missing(self) -> tuple[str, ...]:
        """Return what a mapping cannot do without and nothing was found for, in words."""
        children = self.sections.get("children")
        lacking = [] if children else ["a table of children, with their reference and names"]
        if children and "date_of_birth" not in children.columns:
            lacking.append(f"a date of birth in {children.seen.file}")
        if children and "sex" not in children.columns:
            lacking.append(f"the sex in {children.seen.file}")
        if "episodes" not in self.sections:
            lacking.append("a table of episodes, with the child's reference, start and end")
        return tuple(lacking)

    @property
    def order(self) -> DateOrder:
        """The date order that most columns show."""
        shown = [one for found in self._all() for one in found.orders.values()]
        return "mdy" if shown.count("mdy") > shown.count("dmy") else "dmy"

    def _all(self) -> Iterator[Found]:
        yield from self.sections.values()
        if self.names is not None:
            yield self.names


def tables_in(path: Path) -> list[Seen]:
    """Return every table of a folder or a file: text, and each visible sheet of a workbook.

    Raises :class:`InputError` for what is neither, and for XML, which the mapping ssda903 reads.
    """
    files = [path] if path.is_file() else _files(path)
    seen = [one for file in files for one in _tables(file)]
    if not seen:
        raise InputError(
            f"source {path.name}: no table in it",
            hint="name a folder of CSV files or workbooks, or one such file",
        )
    return seen


def _files(folder: Path) -> list[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise InputError(
            f"source {folder.name}: {reason}",
            hint="name a folder of CSV files or workbooks, or one such file",
        ) from None
    return [
        path
        for path in entries
        if path.is_file() and path.suffix.casefold() in _ENDINGS and not path.name.startswith(("~$", "."))
    ]


def _tables(path: Path) -> Iterator[Seen]:
    data = content_of(path)
    kind = kind_of(path.name, data)
    if kind == "xml":
        raise InputError(
            f"{path.name}: XML, for which nothing is proposed",
            hint="the children-looked-after return is read with the mapping ssda903",
        )
    if kind == "workbook":
        book = Workbook(path.name, data)
        for sheet in book.sheets:
            if rows := book.rows(sheet):
                yield _seen(path.name if len(book.sheets) == 1 else f"{path.name}#{sheet}", rows)
    else:
        rows, _, _ = text_rows(path.name, data)
        if rows:
            yield _seen(path.name, rows)


def _seen(file: str, rows: list[Row]) -> Seen:
    return Seen(file, table_of(file, rows, _KNOWN, encoding="", delimiter=""))


def propose(tables: Sequence[Seen]) -> Proposal:
    """Return what the tables may be.

    Raises :class:`InputError` for a column whose dates are written in both orders: no mapping could say how
    to read them.
    """
    sections: dict[Section, Found] = {}
    for section in ("children", "episodes", "care_spells", "interviews", "coverage"):
        taken = {id(found.seen) for name, found in sections.items() if not _may_share(section, name)}
        free = [one for one in tables if id(one) not in taken]
        best = _best(section, free, sections)
        if best is not None:
            sections[section] = best
    names = _names_apart(sections, tables)
    used = {id(found.seen) for found in (*sections.values(), *([names] if names else []))}
    for section, found in sections.items():
        _by_shape(section, found, sections)
    for found in (*sections.values(), *([names] if names else [])):
        note_orders(found)
    return Proposal(sections, names, tuple(one for one in tables if id(one) not in used))


def _may_share(section: Section, other: Section) -> bool:
    """Tell whether one table may be both.

    A police force's one table has children and episodes; some have interviews beside their episodes; a
    council's list of looked-after children has a row for each placement.
    """
    return {section, other} in (
        {"children", "episodes"},
        {"episodes", "interviews"},
        {"children", "care_spells"},
    )


def _best(section: Section, tables: Sequence[Seen], sections: Mapping[Section, Found]) -> Found | None:
    candidates = [_candidate(section, one, sections) for one in tables]
    serving = [found for found in candidates if not _lacks(section, found)]
    # Care spells of their own are whole; beside children there may be the present placement alone.
    shared = {id(found.seen) for found in sections.values()} if section == "care_spells" else set()
    return max(serving, key=lambda found: (id(found.seen) not in shared, len(found.columns)), default=None)


def _candidate(section: Section, seen: Seen, sections: Mapping[Section, Found]) -> Found:
    """Match one table by its headings; a type of episode is found by its values too."""
    found = matched(section, seen)
    if section == "episodes" and "kind" not in found.columns:
        _by_shape(section, found, {**sections, section: found}, unknown_alone=True)
    return found


def _lacks(section: Section, found: Found) -> list[str]:
    """Return in words what a table must have for a section and has not."""
    needs = _NEEDS[section]
    return [words for words, group in needs.items() if not any(one in found.columns for one in group)]


def why_unused(seen: Seen) -> str:
    """Say of a table that was taken for nothing which columns it lacks for what it is nearest to."""
    lacks = {section: _lacks(section, _candidate(section, seen, {})) for section in _NEEDS}
    whole = [section for section, lacking in lacks.items() if not lacking]
    if whole:
        return f"another table was taken for {_listed(section.replace('_', ' ') for section in whole)}"
    near = [section for section, lacking in lacks.items() if 2 * len(lacking) <= len(_NEEDS[section])]
    if not near:
        return "too few of its headings are known"
    said = (f"for {section.replace('_', ' ')} it lacks {_listed(lacks[section])}" for section in near)
    return "; ".join(said)


def _listed(words: Iterable[str]) -> str:
    return " and ".join(words)


def matched(section: Section, seen: Seen) -> Found:
    """Return what the columns of one table are by their headings, if it is the table of a section."""
    keys = [header_key(name) for name in seen.table.header]
    found = Found(seen)
    for meaning, words in HEADINGS[section].items():
        place = next((keys.index(word) for word in words if word in keys), None)
        if place is None or place in found.columns.values() or not _believed(meaning, seen.values(place)):
            continue
        found.columns[meaning] = place
    return found


def _believed(meaning: str, values: Sequence[str]) -> bool:
    """Tell whether values do not contradict a heading: dates must be dates, unless the column is empty."""
    if meaning == "end":
        values = [value for value in values if not says_open(value)]
    return meaning not in _DATES or not any(values) or is_like(values, "date")


def _names_apart(sections: dict[Section, Found], tables: Sequence[Seen]) -> Found | None:
    """Find the children's own table where names stand apart, as beside a return that has none.

    The table with names then becomes the joined one.
    """
    names = sections.get("children")
    if names is None or "date_of_birth" in names.columns:
        return None
    others = [matched("children", one) for one in tables if one is not names.seen]
    taken = {id(found.seen) for section, found in sections.items() if section != "children"}
    own = [
        found
        for found in others
        if {"key", "date_of_birth"} <= found.columns.keys() and id(found.seen) not in taken
    ]
    if not own:
        return None
    sections["children"] = max(own, key=lambda found: len(found.columns))
    return names


def _by_shape(
    section: Section, found: Found, sections: Mapping[Section, Found], *, unknown_alone: bool = False
) -> None:
    """Take columns without a known heading for what their values can only be.

    ``unknown_alone``: none whose heading says something else, as before all sections were looked for.
    """
    others = [one for one in sections.values() if one.seen is found.seen]
    for meaning in _BY_SHAPE.get(section, ()):
        taken = {place for one in others for place in one.columns.values()}
        header = found.seen.table.header
        free = [place for place in range(len(header)) if place not in taken]
        if unknown_alone:
            free = [place for place in free if header_key(header[place]) not in _KNOWN]
        alike = [place for place in free if is_like(found.seen.values(place), meaning)]
        if meaning not in found.columns and len(alike) == 1:
            found.columns[meaning] = alike[0]


def note_orders(found: Found) -> None:
    """Find out in which order each column of dates is written; raises :class:`InputError` for both in one."""
    rows = found.seen.table.rows
    found.orders.clear()
    for meaning in _DATES:
        if meaning not in found.columns:
            continue
        place = found.columns[meaning]
        evidence = weigh((row.number, row.cells[place]) for row in rows)
        if evidence.conflicts:
            raise InputError(
                f"{found.seen.file}, {found.heading(meaning)}: row {evidence.first_dmy} has the day before "
                f"the month, row {evidence.first_mdy} the month before the day",
                hint="export the column's dates in one order, best as 2025-06-05: no mapping can "
                "tell them apart",
            )
        if evidence.order is not None:
            found.orders[meaning] = evidence.order
