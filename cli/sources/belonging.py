"""Rows that belong to a child: whose they are, and what becomes of them when the child is in quarantine."""

from collections.abc import Iterator
from dataclasses import dataclass

from cli.sources.children import ChildFacts, Children
from cli.sources.columns import SPOILT, KeyReader, Line, Sheet, spoilt
from cli.sources.faults import FaultLog, RowFaults
from cli.sources.mapping import Key
from cli.sources.opening import record_misfits

__all__ = ["Belonging", "ChildRows"]

_NO_ROW = "or take the row out if it is a total or a remark"


@dataclass(frozen=True, slots=True, repr=False)
class Belonging:
    """One row of a table of a child's records: its reference, its child, where its faults go.

    The reference is empty where a column of several that make it up is blank, as a start: whoever reads the
    row says by which rule that is wrong, and :meth:`ChildRows.lacks_reference` that it is in any case.
    """

    reference: str
    child: ChildFacts
    line: Line
    faults: RowFaults


class ChildRows:
    """Walks a table row by row, counting every row and quarantining those that belong to nobody."""

    def __init__(self, sheet: Sheet, *, key: Key, child: Key, children: Children, log: FaultLog) -> None:
        self._sheet = sheet
        self._key = KeyReader(sheet, key, entry="key")
        self._child = KeyReader(sheet, child, entry="child")
        self._children = children
        self._children_file = children.file
        self._log = log
        self._seen: dict[str, int] = {}
        self.shielded: set[str] = set()
        """References of rows that were left out because their child is on the shield list."""

        record_misfits(sheet, log)

    def __iter__(self) -> Iterator[Belonging]:
        tally = self._log.tally(self._sheet.name)
        for line in self._sheet.lines():
            tally.read += 1
            if self._child.text(line) in self._children.shielded:
                tally.shielded += 1
                self.shielded.add(self._key.text(line))
                continue
            found = self._belonging(line)
            if found is None:
                tally.quarantined += 1
            else:
                yield found

    def lacks_reference(self, row: Belonging) -> bool:
        """Tell whether a row has no reference, which is an error unless it has others already."""
        if not row.reference and not row.faults.failed:
            row.faults.error(self._key.label, "", "no reference", "fill in every column that makes it up")
        return not row.reference

    def quarantine(self) -> None:
        """Count a row that turned out to be unusable after it was handed out."""
        self._log.tally(self._sheet.name).quarantined += 1

    def _belonging(self, line: Line) -> Belonging | None:
        reference = self._key.text(line)
        number = line.row.number
        faults = RowFaults(self._log, self._sheet.name, self._sheet.table.file, number, reference)
        if not reference and not self._key.has_first(line):
            faults.error(
                self._key.label, "", "no reference", f"fill in the record's own reference, {_NO_ROW}"
            )
            return None
        if spoilt(reference):
            faults.error(self._key.label, reference, *SPOILT)
            return None
        first = self._seen.setdefault(reference, number) if reference else number
        if first != number:
            self._log.tally(self._sheet.name).repeated += 1
            faults.error(
                self._key.label,
                reference,
                f"the same reference as row {first}",
                "keep one row a record",
            )
            return None
        child = self._owner(line, faults)
        return Belonging(reference, child, line, faults) if child else None

    def _owner(self, line: Line, faults: RowFaults) -> ChildFacts | None:
        text = self._child.text(line)
        child = self._children.kept.get(text)
        if child is not None:
            return child
        if text in self._children.quarantined:
            where = f"row {self._children.quarantined[text]} of {self._children_file}"
            faults.error(
                self._child.label, text, f"its child is in quarantine ({where})", "mend the child's row first"
            )
        elif text:
            faults.error(
                self._child.label,
                text,
                f"no such child in {self._children_file}",
                self._children.cure_for(text),
            )
        else:
            faults.error(
                self._child.label, "", "no child's reference", f"fill in whose record it is, {_NO_ROW}"
            )
        return None
