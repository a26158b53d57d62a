"""Children: one record a reference, with every set of names under which the agency knows the child."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping as Mapped
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from cli.sources.columns import SPOILT, KeyReader, Line, Sheet, spoilt
from cli.sources.context import Context
from cli.sources.doubts import birth_doubt, crowded_days
from cli.sources.faults import FaultLog, RowFaults
from cli.sources.fields import Fields, FlagFields
from cli.sources.mapping import ChildTable, Mapping, by_name
from cli.sources.opening import record_misfits
from cli.sources.people import PeopleReader, Person
from cli.sources.postcodes import PlacePostcode, shared_postcodes, with_postcodes, with_shared_marked
from cli.sources.shield_list import bare_reference
from linkage.encode.identifiers import Identifiers
from linkage.encode.names import read_name
from linkage.encode.places import read_postcode
from linkage.wire.canonical import from_builtins
from linkage.wire.limits import MAX_VARIANTS
from linkage.wire.records import Child

__all__ = ["NO_HANDLE", "ChildFacts", "Children", "read_children", "settle_postcodes"]

NO_HANDLE = "0" * 32
"""Stands where a handle will be once the crosswalk has given one."""


@dataclass(frozen=True, slots=True, repr=False)
class ChildFacts:
    """A child as read: the agency's own reference, identifiers, and the record that will travel.

    ``places``: further postcodes, the latest row's first, until :func:`settle_postcodes` has made sets of
    identifiers of them.
    """

    reference: str
    row: int
    variants: tuple[Identifiers, ...]
    born: dt.date | None
    record: Child
    places: tuple[PlacePostcode, ...] = ()


@dataclass(slots=True)
class Children:
    """Children by reference, for those in quarantine the row that is at fault, and those on the shield list.

    ``file`` is where they stand, for messages.  ``not_found``: rows of the shield list that name none
    of them.
    """

    file: str = ""
    kept: dict[str, ChildFacts] = field(default_factory=dict)
    quarantined: dict[str, int] = field(default_factory=dict)
    shielded: set[str] = field(default_factory=set)
    not_found: tuple[int, ...] = ()
    _spelt: frozenset[str] | None = None
    _bare: frozenset[str] | None = None

    def cure_for(self, reference: str) -> str:
        """Return what to do about a reference that no child has, by how it differs from one that there is."""
        references = (*self.kept, *self.quarantined)
        if self._spelt is None or self._bare is None:
            self._spelt = frozenset(map(_spelling, references))
            self._bare = frozenset(map(bare_reference, references))
        if _spelling(reference) in self._spelt:
            return (
                "it is written with other capitals or spaces than in the child's row: write both alike, "
                "without spaces"
            )
        if bare_reference(reference) in self._bare:
            return (
                "a spreadsheet took zeros off the beginning, or put them there: export again with the column "
                "of references as text"
            )
        return "add the child's row, or correct the reference"


def _spelling(reference: str) -> str:
    """Return a reference without spaces and capitals."""
    return "".join(reference.split()).casefold()


def read_children(sheet: Sheet, mapping: Mapping, context: Context, log: FaultLog) -> Children:
    """Read every child; a row that cannot be used is a fault and in quarantine."""
    return _ChildReader(sheet, mapping, context, log).read()


def settle_postcodes(children: Children, placements: Mapped[str, Sequence[PlacePostcode]]) -> None:
    """Make sets of identifiers of every child's further postcodes, and mark those that many children share.

    ``placements``: by child's reference, the postcodes of care spells, the latest first.
    """
    places: list[PlacePostcode] = []
    for reference, child in children.kept.items():
        own = (*child.places, *placements.get(reference, ()))
        children.kept[reference] = replace(child, variants=with_postcodes(child.variants, own), places=())
        places += own
    shared = shared_postcodes((child.variants for child in children.kept.values()), places)
    for reference, child in children.kept.items():
        children.kept[reference] = replace(child, variants=with_shared_marked(child.variants, shared))


class _ChildReader:
    def __init__(self, sheet: Sheet, mapping: Mapping, context: Context, log: FaultLog) -> None:
        table: ChildTable = mapping.children
        self._sheet = sheet
        self._log = log
        self._shield = context.shield
        self._merges = table.repeat == "variants"
        # Where one file holds children and episodes, its faulty rows are counted once, as episodes.
        self._shared = self._merges and any(
            other is not None and other.file.casefold() == table.file.casefold()
            for other in (mapping.episodes, mapping.care_spells)
        )
        self._key = KeyReader(sheet, table.key, entry="key")
        self._people = PeopleReader(sheet, table, mapping, today=context.latest)
        self._fields = Fields(sheet, by_name(table.fields), mapping, agency=context.agency)
        self._flags = FlagFields(sheet, by_name(table.flags), mapping, agency=context.agency)
        self._own_area = context.agency if context.role == "council" else None

    def read(self) -> Children:
        tally = self._log.tally("children")
        if not self._shared:
            record_misfits(self._sheet, self._log)
        children = Children(self._sheet.table.file)
        for reference, lines in self._grouped().items():
            tally.read += 1
            if reference in self._shield.references:
                tally.shielded += 1
                children.shielded.add(reference)
                continue
            child = self._child(reference, lines)
            if child is None:
                tally.quarantined += 1
                children.quarantined[reference] = lines[0].row.number
            else:
                tally.kept += 1
                children.kept[reference] = child
        self._doubt_births(children)
        known = {*children.kept, *children.quarantined, *children.shielded}
        children.not_found = self._shield.unknown(known)
        return children

    def _grouped(self) -> dict[str, list[Line]]:
        groups: dict[str, list[Line]] = {}
        for line in self._sheet.lines():
            reference = self._key.text(line)
            if not reference or spoilt(reference):
                self._without_reference(line, reference)
            elif reference in groups and not self._may_join(line, groups[reference][0]):
                self._again(line, reference, groups[reference][0])
            else:
                groups.setdefault(reference, []).append(line)
        return groups

    def _may_join(self, line: Line, first: Line) -> bool:
        """Tell whether a further row is of the same child: a list of placements names its child in each."""
        return self._merges or self._people.who(line) == self._people.who(first)

    def _faults(self, line: Line, reference: str = "") -> RowFaults:
        return RowFaults(self._log, "children", self._sheet.table.file, line.row.number, reference)

    def _quarantine_row(self) -> None:
        tally = self._log.tally("children")
        tally.read += 1
        tally.quarantined += 1

    def _without_reference(self, line: Line, found: str) -> None:
        if self._shared:
            return
        self._quarantine_row()
        faults = self._faults(line)
        if found:
            faults.error(self._key.label, found, *SPOILT)
        else:
            faults.error(
                self._key.label,
                "",
                "no reference",
                "fill in the child's reference, or take the row out if it is a total or a remark",
            )

    def _again(self, line: Line, reference: str, first: Line) -> None:
        self._quarantine_row()
        self._log.tally("children").repeated += 1
        self._faults(line, reference).error(
            self._key.label,
            reference,
            f"the same reference as row {first.row.number}, with another name or date of birth",
            "keep one row for each child; other names go into a column for aliases",
        )

    def _child(self, reference: str, lines: Sequence[Line]) -> ChildFacts | None:
        """Read the rows of one child; the child is lost only if none of them can be used."""
        before = len(self._log.faults)
        rows = [self._row(line, reference) for line in lines]
        usable = [row for row in rows if not row.faults.failed]
        if not usable:
            return None
        if len(usable) < len(rows):
            self._soften(before)
        first = usable[0].faults
        for file in self._sheet.repeated_in(reference):
            first.warn("", "", f"several rows in {file} for this child; the first is used", "keep one row")
        self._compare_sexes({row.sex for row in usable}, first)
        variants = _merged([row.person for row in usable], first)
        filed = variants[0].date_of_birth
        born = next((row.person.born for row in usable if row.person.principal.date_of_birth == filed), None)
        places = _places([row.person for row in usable])
        record = self._record(usable)
        self._doubt_birth(born, usable[0], uasc="uasc" in record.flags)
        return ChildFacts(reference, lines[0].row.number, variants, born, record, places)

    def _doubt_birth(self, born: dt.date | None, row: "_ChildRow", *, uasc: bool) -> None:
        stated = born is None or row.person.principal.birth_uncertain
        doubt = None if born is None or stated else birth_doubt(born, uasc=uasc)
        if doubt is not None:
            row.faults.warn(self._people.birth_label, self._people.birth_text(row.line), *doubt)

    def _doubt_births(self, children: Children) -> None:
        """Warn once of a day of the month that stands for unknown in too many dates of birth."""
        born = {child.row: child.born for child in children.kept.values() if child.born is not None}
        for day, count in crowded_days(list(born.values())):
            first = min(row for row, one in born.items() if one.day == day)
            faults = RowFaults(self._log, "children", self._sheet.table.file, first)
            faults.warn(
                self._people.birth_label,
                "",
                f"{count:,} of {len(born):,} dates of birth are the {day}. of a month, beginning with this "
                "row: some stand for a day that is not known",
                "say in a column which dates of birth are estimated (birth_uncertain)",
            )

    def _row(self, line: Line, reference: str) -> "_ChildRow":
        faults = self._faults(line, reference)
        sex = self._fields.code("sex", line, faults, unknown="U")
        return _ChildRow(line, faults, self._people.read(line, sex, faults), sex)

    def _soften(self, start: int) -> None:
        """Make errors warnings where other rows of the child stand in for the row that cannot be used."""
        self._log.faults[start:] = [replace(fault, severity="warning") for fault in self._log.faults[start:]]

    def _compare_sexes(self, sexes: set[str], faults: RowFaults) -> None:
        if len(sexes - {"U"}) > 1:
            label = self._fields.label("sex")
            faults.warn(label, "", "the rows of this child give different sexes", "correct one of them")

    def _record(self, rows: Sequence["_ChildRow"]) -> Child:
        ethnicities = [self._fields.code("ethnicity", row.line, row.faults) for row in rows]
        areas = [self._fields.area("responsible", row.line, row.faults) for row in rows]
        flags = {flag for row in rows for flag in self._flags.read(row.line, row.faults)}
        return from_builtins(
            {
                "type": "child",
                "handle": NO_HANDLE,
                "version": 1,
                "sex": next((row.sex for row in rows if row.sex != "U"), "U"),
                "ethnicity": next((group for group in ethnicities if group != "unknown"), "unknown"),
                # The last row is the latest that the agency wrote.
                "responsible": next((area for area in reversed(areas) if area), self._own_area),
                "flags": sorted(flags),
            },
            Child,
        )


@dataclass(frozen=True, slots=True, repr=False)
class _ChildRow:
    line: Line
    faults: RowFaults
    person: Person
    sex: str


def _merged(people: Sequence[Person], faults: RowFaults) -> tuple[Identifiers, ...]:
    """Merge the rows of one child into variants: those that differ in name or date of birth.

    The names most often written come first; a postcode is the last one written beside them.
    """
    written = [person.principal for person in people]
    others = [other for person in people for other in person.variants[1:]]
    counts = Counter(_who(one) for one in written)
    ordered = sorted(counts, key=lambda who: -counts[who])
    ordered += [who for who in dict.fromkeys(_who(one) for one in others) if who not in counts]
    ordered = [who for who in ordered if not any(_says_less(who, other) for other in ordered)]
    latest = {_who(one): one for one in (*others, *written)}
    with_postcode = {_who(one): one for one in (*others, *written) if one.postcode}
    variants = [with_postcode.get(who, latest[who]) for who in ordered]
    if len(variants) > MAX_VARIANTS:
        faults.warn(
            "",
            "",
            f"{len(variants)} different names and dates of birth; the first {MAX_VARIANTS} are used",
            "check whether these rows are one child",
        )
    return tuple(variants[:MAX_VARIANTS])


def _places(people: Sequence[Person]) -> tuple[PlacePostcode, ...]:
    """Return the postcodes of one child's rows, the latest row's first and each row's home before others."""
    found: list[PlacePostcode] = []
    for person in reversed(people):
        home = read_postcode(person.principal.postcode).value
        found += [PlacePostcode(home)] if home else []
        found += person.places
    return tuple(found)


def _who(identifiers: Identifiers) -> tuple[str, ...]:
    names = (identifiers.forename, identifiers.middle_name, identifiers.surname)
    return (*(read_name(name).value for name in names), identifiers.date_of_birth)


def _says_less(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Tell whether one set of names and date of birth is another with something left out."""
    return one != other and all(mine in ("", theirs) for mine, theirs in zip(one, other, strict=True))
