"""The children-looked-after return as XML, read into the tables that its CSV files would be.

One element is one row: a HEADER gives a row of header.csv, an EPISODE one of episodes.csv, an AMISSING
inside a HEADER one of missing.csv.  The child's identifier stands once for each child and is carried over to
its other rows.  Which elements and names those are the mapping says, for councils' systems differ.

The file is parsed as it streams by, with expat; a document type, and so every entity of one's own making, is
refused.  Rows are numbered by the line on which their element begins.
"""

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from cli.sources.mapping import XmlSource, XmlTable
from cli.sources.tables import Row, Table
from linkage.errors import InputError, LimitError

__all__ = ["MAX_DEPTH", "read_return"]

MAX_DEPTH = 32
_MAX_TEXT = 64 * 1024
_NOTHING = frozenset(("", "0", "n", "no", "false"))


@dataclass(slots=True)
class _Element:
    """One open element: its text, and the values found directly inside it."""

    name: str
    line: int
    text: list[str] = field(default_factory=list)
    leaves: dict[str, str] = field(default_factory=dict)
    is_leaf: bool = True
    child: str | None = None
    """The child that the rows inside belong to, once that is known."""

    waiting: list[dict[str, str]] = field(default_factory=list)
    """Rows inside of which nobody knows yet whose they are."""


def read_return(name: str, data: bytes, source: XmlSource) -> Mapping[str, Table]:
    """Return the tables of a return by the mapping's file names, in lower case.

    Raises :class:`InputError` naming the line for what is not well-formed, has a document type, or holds no
    child, and :class:`LimitError` for elements nested too deep or texts too long.
    """
    return _Reader(name, source).tables(data)


class _Reader:
    def __init__(self, name: str, source: XmlSource) -> None:
        self._name = name
        self._source = source
        self._rename = {old.upper(): new.upper() for old, new in source.rename.items()}
        self._rows: dict[str, list[tuple[int, dict[str, str]]]] = {file: [] for file in source.tables}
        self._key = source.child.upper()
        self._first = _upper(next(iter(source.tables.values())).elements)
        self._tags = _upper(tag for table in source.tables.values() for tag in table.elements)
        self._columns = {file: _upper(table.columns) for file, table in source.tables.items()}
        self._open: list[_Element] = []
        self._parser = expat.ParserCreate()

    def tables(self, data: bytes) -> Mapping[str, Table]:
        parser = self._parser
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._doctype
        try:
            parser.ParseFile(io.BytesIO(data))
        except expat.ExpatError as error:
            raise InputError(
                f"{self._name}: row {error.lineno}: not well-formed XML (rows are lines here)",
                hint="the file is damaged or was cut: export the return again",
            ) from None
        except (LookupError, ValueError):  # what expat raises for an encoding that Python does not know
            raise InputError(
                f"{self._name}: row 1: the XML declares an encoding that is not known",
                hint="export the return again, as UTF-8",
            ) from None
        if not self._rows[next(iter(self._rows))]:
            raise InputError(
                f"{self._name}: XML without any element {' or '.join(sorted(self._first))}",
                hint="is it the children-looked-after return? the mapping's section [xml] names its elements",
            )
        return {file.casefold(): self._table(file, spec) for file, spec in self._source.tables.items()}

    def _table(self, file: str, spec: XmlTable) -> Table:
        rows = self._rows[file]
        names = dict.fromkeys([self._key, *(name.upper() for name in spec.columns)])
        for _, row in rows:
            names |= dict.fromkeys(row)
        header = tuple(names)
        made = tuple(Row(line, tuple(row.get(name, "") for name in header)) for line, row in rows)
        return Table(f"{self._name}#{file.rpartition('.')[0] or file}", header, made, (), "xml", "")

    def _doctype(self, *_: object) -> None:
        raise InputError(
            f"{self._name}: row {self._parser.CurrentLineNumber}: the XML declares a document type",
            hint="a return has none; ask whoever made the file to leave the line <!DOCTYPE …> out",
        )

    def _start(self, tag: str, _: dict[str, str]) -> None:
        if self._open:
            self._open[-1].is_leaf = False
            self._open[-1].text.clear()
        name = tag.rpartition(":")[2].upper()
        if len(self._open) >= MAX_DEPTH:
            raise LimitError(
                f"{self._name}: row {self._parser.CurrentLineNumber}: elements nested too deep",
                hint="is it the children-looked-after return?",
            )
        self._open.append(_Element(self._rename.get(name, name), self._parser.CurrentLineNumber))

    def _characters(self, text: str) -> None:
        if not self._open or not self._open[-1].is_leaf:
            return
        element = self._open[-1]
        element.text.append(text)
        if len(element.text) > 1 and sum(map(len, element.text)) > _MAX_TEXT:
            raise LimitError(
                f"{self._name}: row {element.line}: {element.name} holds more than {_MAX_TEXT} characters",
                hint="is it the children-looked-after return?",
            )

    def _end(self, _: str) -> None:
        element = self._open.pop()
        around = self._open[-1] if self._open else None
        if element.is_leaf:
            self._leaf(element, around)
        elif element.name in self._first:
            self._child(element, around)
        else:
            if element.name in self._tags:
                self._place(element.leaves, around)
                self._keep(element)
            else:
                self._refuse_unread(element)
            for row in element.waiting:
                self._place(row, element if self._owner(element) is not None else around)

    def _leaf(self, element: _Element, around: _Element | None) -> None:
        """Give a value to the element it stands in."""
        if around is None:
            return
        value = " ".join("".join(element.text).split())
        if around.leaves.setdefault(element.name, value) != value:
            raise InputError(
                f"{self._name}: row {element.line}: {element.name} stands twice in one {around.name}, "
                "with different values",
                hint="correct it in your case system and export the return again",
            )

    def _child(self, element: _Element, around: _Element | None) -> None:
        """Close a child's own row: it says whose the rows inside it and beside it are."""
        owner = around.leaves.get(self._key, "") if around else ""
        child = element.leaves.get(self._key) or owner
        for row in (element.leaves, *element.waiting):
            row[self._key] = row.get(self._key) or child
        self._keep(element)
        if around is None:
            return
        around.child = child
        if len(self._open) > 1:  # directly under the root, what stands before a child is not the child's
            for row in around.waiting:
                row[self._key] = child
            around.waiting.clear()

    def _refuse_unread(self, element: _Element) -> None:
        """Refuse an element that holds a table's columns and is none of its rows: it would be lost."""
        for file, wanted in self._columns.items():
            held = wanted & element.leaves.keys()
            if len(held) > 1:
                raise InputError(
                    f"{self._name}: row {element.line}: {element.name} holds {' and '.join(sorted(held)[:2])}"
                    f", and the mapping does not read it as rows of {file}",
                    hint=f'add it to elements of [xml.tables."{file}"] in a mapping of your own',
                )

    def _place(self, row: dict[str, str], around: _Element | None) -> None:
        """Say whose a row is, now or once the element around it knows."""
        if row.get(self._key) or around is None:
            return
        owner = self._owner(around)
        if owner is None:
            around.waiting.append(row)
        else:
            row[self._key] = owner

    def _owner(self, element: _Element) -> str | None:
        return element.child if element.child is not None else element.leaves.get(self._key)

    def _keep(self, element: _Element) -> None:
        for file, spec in self._source.tables.items():
            if element.name in _upper(spec.elements) and _counts(element.leaves, spec):
                self._rows[file].append((element.line, element.leaves))


def _upper(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.upper() for name in names)


def _counts(row: Mapping[str, str], spec: XmlTable) -> bool:
    if not spec.having:
        return True
    return any(row.get(name.upper(), "").casefold() not in _NOTHING for name in spec.having)
