"""One row's identifiers: the principal names, the aliases beside them, and the date of birth.

The encoder's own normaliser judges every value here, so that ``clew agency check`` says what encoding
will make of it.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

from cli.sources.codes import NO_VALUE, YES_NO, code_key
from cli.sources.columns import Accessor, Line, Sheet
from cli.sources.date_orders import DOUBTFUL, may_be_either, require_order, weigh
from cli.sources.dates import DateReader
from cli.sources.faults import RowFaults
from cli.sources.mapping import ChildTable, Mapping, Spec, as_column, by_name
from cli.sources.names import aliases, parted_forenames, parted_name
from cli.sources.postcodes import PlacePostcode, PostcodeReader
from cli.sources.remarks import NOTHING_TO_MEND, cure, problem
from linkage.encode.dates import BirthDate, parse_date
from linkage.encode.identifiers import Identifiers
from linkage.encode.normalise import Normaliser
from linkage.encode.places import other_postcodes, read_postcode
from linkage.encode.reasons import Notice, Refusal, notice, refusal
from linkage.encode.variants import variants_of

__all__ = ["PeopleReader", "Person"]

_OLDEST_YEARS = 30
_NO_DATE = frozenset({"placeholder-date"})
"""Reasons for which a date of birth is not used although nobody made a slip in writing it."""


@dataclass(frozen=True, slots=True, repr=False)
class Person:
    """What one row says of who a child is: the principal identifiers first, then other names.

    ``born`` is the date of birth as the source wrote it, placeholders included: it decides the age band,
    while the encoder decides for itself how far to trust it.  ``places``: postcodes besides the home's.
    """

    variants: tuple[Identifiers, ...]
    born: dt.date | None
    places: tuple[PlacePostcode, ...] = ()

    @property
    def principal(self) -> Identifiers:
        """The identifiers by which the agency files the child."""
        return self.variants[0]


class PeopleReader:
    """Reads identifiers from the children's table; columns are resolved when it is made."""

    def __init__(self, sheet: Sheet, table: ChildTable, mapping: Mapping, *, today: dt.date) -> None:
        """``today`` is the day after which nobody can have been born."""
        self._columns = _found(sheet, by_name(table.identifiers), "identifiers")
        self._variants = [
            _found(sheet, by_name(specs), f"variants {number}")
            for number, specs in enumerate(table.variants, 1)
        ]
        self._postcodes = PostcodeReader(sheet, table.postcodes)
        born = table.identifiers.get("date_of_birth")
        self._order = (as_column(born).date_order if born is not None else None) or mapping.date_order
        self._doubtful = self._are_doubtful(sheet)
        self._today = today
        self._dates = DateReader(self._order, days_only=True)
        self._normalise = Normaliser(today=today)

    def _are_doubtful(self, sheet: Sheet) -> bool:
        """Tell whether the dates of birth are in both orders; refuses those that are all in the other one."""
        column = self._columns.get("date_of_birth")
        if column is None:
            return False
        evidence = weigh((line.row.number, column.text(line)) for line in sheet.lines())
        require_order(evidence, self._order, file=sheet.table.file, column=column.label)
        return evidence.conflicts

    @property
    def birth_label(self) -> str:
        """The header of the dates of birth."""
        return self._label("date_of_birth")

    def birth_text(self, line: Line) -> str:
        """Return the date of birth as it is written."""
        column = self._columns.get("date_of_birth")
        return column.text(line) if column else ""

    def who(self, line: Line) -> tuple[str, ...]:
        """Return a row's names and date of birth as they are written, to tell whether two are one child."""
        named = ("forename", "forenames", "middle_name", "surname", "full_name", "date_of_birth")
        return tuple(code_key(self._columns[name].text(line)) for name in named if name in self._columns)

    def read(self, line: Line, sex: str, faults: RowFaults) -> Person:
        """Return one row's identifiers; ``sex`` is the code read elsewhere."""
        text = {name: column.text(line) for name, column in self._columns.items()}
        forename, middle_name, surname = _names(text)
        home, *more = _postcodes(text.get("postcode", ""))
        principal = Identifiers(
            forename=forename,
            surname=surname,
            middle_name=middle_name,
            date_of_birth=self._born(text.get("date_of_birth", ""), faults),
            sex="" if sex == "U" else sex,
            postcode=home,
            address=text.get("address", ""),
            locality=text.get("locality", ""),
            phone=text.get("phone", ""),
            birth_uncertain=YES_NO.get(code_key(text.get("birth_uncertain", "")), False),
            nhs_number=_number(text.get("nhs_number", "")),
            upn=_number(text.get("upn", "")),
        )
        self._judge(principal, text, faults)
        others = (self._other_names(columns, line, principal) for columns in self._variants)
        variants = (*variants_of(principal), *chain.from_iterable(others))
        places = (*map(PlacePostcode, more), *self._postcodes.read(line, faults))
        return Person(variants, self._day(text.get("date_of_birth", "")), places)

    def _label(self, name: str) -> str:
        """Return the header under which an identifier stands, whichever entry of the mapping names it."""
        entries = {"forename": ("forename", "forenames", "full_name"), "surname": ("surname", "full_name")}
        found = (self._columns.get(entry) for entry in entries.get(name, (name,)))
        return next((column.label for column in found if column), name)

    def _judge(self, principal: Identifiers, text: dict[str, str], faults: RowFaults) -> None:
        normalised = self._normalise(principal)
        remarks: tuple[Refusal | Notice, ...] = (*normalised.refusals, *normalised.notices)
        for one in remarks:
            if one.field != "date_of_birth" and one.reason not in NOTHING_TO_MEND:
                label = self._label(one.field)
                found = text.get(one.field) or getattr(principal, one.field)
                faults.warn(label, found, problem(one.reason), cure(one.hint))
        names = {"forename": normalised.forename, "surname": normalised.surname}
        missing = [name for name, value in names.items() if not value]
        if len(missing) == len(names):
            faults.error(
                self._label("surname"), "", "neither a forename nor a surname", "fill in the child's names"
            )
        elif missing and not getattr(principal, missing[0]):
            faults.warn(self._label(missing[0]), "", f"no {missing[0]}", "fill it in: links will be missed")

    def _born(self, text: str, faults: RowFaults) -> str:
        """Return a date of birth in ISO form, so that nothing after this has to know the source's order."""
        label = self._label("date_of_birth")
        if code_key(text) in NO_VALUE:
            faults.warn(label, text, "no date of birth", "fill it in: links will be missed")
            return ""
        if self._doubtful and may_be_either(text):
            faults.error(label, text, *DOUBTFUL)
            return ""
        birth = parse_date(text, self._order, today=self._today)
        if birth.refused:
            return self._refused(birth.refused, text, label, faults)
        if birth.year and self._today.year - birth.year > _OLDEST_YEARS:
            faults.warn(label, text, f"born more than {_OLDEST_YEARS} years ago", "check the date of birth")
        for reason in birth.noticed:
            if reason not in NOTHING_TO_MEND:
                faults.warn(label, text, problem(reason), cure(notice("date_of_birth", reason).hint))
        return _written(birth) or text

    def _refused(self, reason: str, text: str, label: str, faults: RowFaults) -> str:
        what_to_do = cure(refusal("date_of_birth", reason).hint)
        if reason in _NO_DATE:
            faults.warn(label, text, problem(reason), what_to_do)
        else:
            faults.error(
                label, text, problem(reason), what_to_do, rule="586" if reason == "future-date" else ""
            )
        return ""

    def _day(self, text: str) -> dt.date | None:
        try:
            return self._dates.read(text).date
        except (ValueError, OverflowError):
            return None

    def _other_names(
        self, columns: dict[str, Accessor], line: Line, principal: Identifiers
    ) -> Iterator[Identifiers]:
        text = {name: column.text(line) for name, column in columns.items()}
        for name in aliases(text.get("full_name", "")):
            forename, surname = parted_name(name, forename=principal.forename, surname=principal.surname)
            yield replace(principal, forename=forename, surname=surname)
        birth = parse_date(text.get("date_of_birth", ""), self._order, today=self._today)
        born = "" if birth.refused else _written(birth)
        other = replace(
            principal,
            forename=text.get("forename") or principal.forename,
            surname=text.get("surname") or principal.surname,
            middle_name=text.get("middle_name") or principal.middle_name,
            date_of_birth=born or principal.date_of_birth,
        )
        if other != principal:
            yield other


def _postcodes(text: str) -> tuple[str, ...]:
    """Return the postcodes of a home's cell: as written if it is one at most, so that it can be judged."""
    others = other_postcodes(text)
    return (read_postcode(text).value, *others) if others else (text,)


def _number(text: str) -> str:
    return "" if code_key(text) in NO_VALUE else text


def _names(text: dict[str, str]) -> tuple[str, str, str]:
    forename, middle_name = text.get("forename", ""), text.get("middle_name", "")
    surname = text.get("surname", "")
    if "," in surname and not (forename or text.get("forenames")):
        text = text | {"surname": "", "full_name": surname}
        surname = ""
    if not forename and text.get("forenames"):
        forename, rest = parted_forenames(text["forenames"])
        middle_name = middle_name or rest
    if not (forename or surname) and text.get("full_name"):
        forenames, surname = parted_name(text["full_name"], forename="", surname="")
        forename, rest = parted_forenames(forenames)
        middle_name = middle_name or rest
    return forename, middle_name, surname


def _written(birth: BirthDate) -> str:
    """Return what is known of a date of birth so that reading it again gives the same; blank for an age."""
    if birth.day:
        return f"{birth.year:04}-{birth.month:02}-{birth.day:02}"
    if "impossible-day" in birth.noticed:  # a month alone would read as a part, which is uncertain
        return f"{birth.year:04}-{birth.month:02}-31"
    if "first-of-january" in birth.noticed:
        return f"{birth.year:04}-01-01"
    if birth.month:
        return f"{birth.year:04}-{birth.month:02}"
    return f"{birth.year:04}" if birth.year else ""


def _found(sheet: Sheet, specs: dict[str, Spec], entry: str) -> dict[str, Accessor]:
    found = {name: sheet.find(spec, entry=f"{entry}.{name}") for name, spec in specs.items()}
    return {name: column for name, column in found.items() if column is not None}
