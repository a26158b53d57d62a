"""Fields: typed readers of a column's text, each recording what it cannot read as a fault of the row."""

import re
from collections.abc import Mapping as MappingType
from collections.abc import Sequence
from dataclasses import dataclass

from cli.sources.codes import CODES, NO_VALUE, YES_NO, code_key, says_open
from cli.sources.columns import Accessor, Line, Sheet
from cli.sources.date_orders import DOUBTFUL, may_be_either, require_order, weigh
from cli.sources.dates import DateReader, only_midnights
from cli.sources.faults import RowFaults
from cli.sources.mapping import Column, Mapping, Spec, as_column
from cli.sources.value_uses import ValueUse
from linkage.errors import InputError
from linkage.wire.moments import Moment

__all__ = ["AREA_CODES", "Fields", "FlagFields", "allowed_codes", "check_value_maps"]

AREA_CODES = "area_code"
"""The name under which a mapping's ``[values]`` turns names of councils into their codes."""

_AREA_FIELDS = frozenset({"responsible", "host", AREA_CODES})
_REQUIRED = frozenset({"kind"})
"""Fields without which a row is an error: whoever reads them says so, and in which way."""

_DATE_CURE = "write it as day/month/year, with the time after it where it is known"
_END_CURE = f"leave it empty if it has not ended, as when the child is still missing; otherwise {_DATE_CURE}"
_AREA = re.compile(r"[A-Z0-9]{2,12}")
_LIST = re.compile(r"[;,|/\n]+")


def allowed_codes(field: str) -> frozenset[str]:
    """Return the codes that a field may have, for checking a mapping's value maps."""
    return frozenset(CODES[field].values()) | {"unknown"}


@dataclass(frozen=True, slots=True)
class _Coded:
    """Where a field's text comes from and what its values mean."""

    accessor: Accessor | None
    meanings: MappingType[str, str]
    fallback: str | None

    def text(self, line: Line) -> str:
        return self.accessor.text(line) if self.accessor else ""

    @property
    def label(self) -> str:
        return self.accessor.label if self.accessor else ""


class Fields:
    """Reads the fields of one table by name; every entry is resolved when the table is opened.

    Raises :class:`InputError` for an entry whose column is not there or whose value map names no code.
    """

    def __init__(
        self,
        sheet: Sheet,
        specs: MappingType[str, Spec],
        mapping: Mapping,
        *,
        agency: str,
        moments: Sequence[str] = (),
    ) -> None:
        """``moments`` names the entries that hold dates or date-times."""
        self._agency = agency
        self._coded = {name: self._resolved(sheet, name, spec, mapping) for name, spec in specs.items()}
        self._doubtful: set[str] = set()
        self._dates = {
            name: self._reader(sheet, name, specs[name], mapping) for name in moments if name in specs
        }

    def _reader(self, sheet: Sheet, name: str, spec: Spec, mapping: Mapping) -> DateReader:
        order = as_column(spec).date_order or mapping.date_order
        accessor = self._coded[name].accessor
        if accessor is None:
            return DateReader(order)
        evidence = weigh((line.row.number, accessor.text(line)) for line in sheet.lines())
        require_order(evidence, order, file=sheet.table.file, column=accessor.label)
        if evidence.conflicts:
            self._doubtful.add(name)
        texts = (accessor.text(line) for line in sheet.lines())
        return DateReader(order, days_only=only_midnights(texts))

    def _resolved(self, sheet: Sheet, name: str, spec: Spec, mapping: Mapping) -> _Coded:
        column = as_column(spec)
        if column.filled:
            return _Coded(sheet.find(spec, entry=name), {}, None)
        fallback = column.constant if column.constant is not None else column.otherwise
        return _Coded(sheet.find(spec, entry=name), self._meanings(sheet, name, column, mapping), fallback)

    def _meanings(self, sheet: Sheet, name: str, column: Column, mapping: Mapping) -> MappingType[str, str]:
        given = column.values or mapping.values.get(AREA_CODES if name in _AREA_FIELDS else name, {})
        added = {code_key(word): code for word, code in given.items()}
        if name in CODES:
            fixed = (column.constant, column.otherwise)
            _check_targets(sheet.name, name, [*added.values(), *(code for code in fixed if code is not None)])
        # An entry's own values stand alone: its column means something else than the field's name says.
        return added if column.values else {**CODES.get(name, {}), **added}

    def label(self, name: str) -> str:
        """Return the header of a field's column, or the field's own name where it has none."""
        coded = self._coded.get(name)
        return (coded.label if coded else "") or name

    def text(self, name: str, line: Line) -> str:
        """Return a field's text; empty where the mapping or the row has none."""
        coded = self._coded.get(name)
        return coded.text(line) if coded else ""

    def code(self, name: str, line: Line, faults: RowFaults, *, unknown: str = "unknown") -> str:
        """Return a field's code, or ``unknown`` with a warning where its value has no meaning."""
        coded = self._coded.get(name)
        if coded is None:
            return unknown
        text = coded.text(line)
        meaning = coded.meanings.get(code_key(text))
        if meaning is not None:
            _note(faults, coded, name, text, meaning, known=True)
            return meaning
        if coded.fallback is not None:
            _note(faults, coded, name, text, coded.fallback)
            return coded.fallback
        if code_key(text) not in NO_VALUE:
            _note(faults, coded, name, text, "")
        if code_key(text) not in NO_VALUE and name not in _REQUIRED:
            faults.warn(
                coded.label,
                text,
                f"a value that has no meaning for {name.replace('_', ' ')}; it is sent as unknown",
                f"correct it, or add it to [values.{name}] in the mapping",
            )
        return unknown

    def codes(self, name: str, line: Line, faults: RowFaults) -> tuple[str, ...]:
        """Return the codes of a list such as ``family; placement``, sorted and each once."""
        coded = self._coded.get(name)
        if coded is None:
            return ()
        found = set()
        for word in _LIST.split(coded.text(line)):
            meaning = coded.meanings.get(code_key(word))
            if meaning is not None:
                _note(faults, coded, name, word, meaning, known=True)
                found.add(meaning)
            elif code_key(word) not in NO_VALUE:
                found.add("other")
                _note(faults, coded, name, word, "")
                faults.warn(
                    coded.label,
                    word,
                    f"a value that has no meaning for {name}; it is sent as other",
                    f"correct it, or add it to [values.{name}] in the mapping",
                )
        return tuple(sorted(found))

    def area(self, name: str, line: Line, faults: RowFaults) -> str | None:
        """Return the code of a council, or nothing where there is none."""
        coded = self._coded.get(name)
        if coded is None:
            return None
        text = coded.text(line)
        if code_key(text) in NO_VALUE:
            return self._own(coded.fallback) if coded.fallback else None
        code = self._own(coded.meanings.get(code_key(text), text)).upper()
        if _AREA.fullmatch(code):
            return code
        faults.warn(
            coded.label,
            text,
            "not the code of a council; it is not sent",
            f"write the council's code, or add its name to [values.{AREA_CODES}] in the mapping",
        )
        return None

    def _own(self, code: str) -> str:
        return self._agency if code == "@agency" else code

    def moment(
        self, name: str, line: Line, faults: RowFaults, *, rule: str = "", required: bool = False
    ) -> Moment | None:
        """Return a date or date-time; text that is none is an error of the row.

        An end that says in words that it has not come is none: the episode or the spell is open.
        """
        text = self.text(name, line)
        if code_key(text) in NO_VALUE:
            if required:
                what = name.replace("_", " ")
                faults.error(self.label(name), text, f"the {what} is blank", f"fill in the {what}", rule=rule)
            return None
        if name == "end" and says_open(text):
            _note(faults, self._coded[name], name, text, "open: no end", known=True)
            return None
        if name in self._doubtful and may_be_either(text):
            faults.error(self.label(name), text, *DOUBTFUL, rule=rule)
            return None
        try:
            return self._dates[name].read(text)
        except (ValueError, OverflowError):
            faults.error(
                self.label(name),
                text,
                "not a date",
                _END_CURE if name == "end" else _DATE_CURE,
                rule=rule,
            )
            return None

    def truth(self, name: str, line: Line, faults: RowFaults) -> bool | None:
        """Return yes or no, or nothing where the source does not say."""
        text = self.text(name, line)
        if code_key(text) in NO_VALUE:
            return None
        value = YES_NO.get(code_key(text))
        if value is None:
            faults.warn(self.label(name), text, "neither yes nor no; it is not sent", "write Y or N")
        return value


def _note(faults: RowFaults, coded: _Coded, name: str, text: str, code: str, *, known: bool = False) -> None:
    """Count what a value was taken for; blanks and constants are no news."""
    value = code_key(text)
    if coded.accessor is not None and value:
        faults.log.values[ValueUse(faults.table, coded.label, name, value, code, known)] += 1


class FlagFields:
    """Reads flags: each a column of yes and no, or one that counts when it is filled at all."""

    def __init__(self, sheet: Sheet, specs: MappingType[str, Spec], mapping: Mapping, *, agency: str) -> None:
        self._filled = {name for name, spec in specs.items() if as_column(spec).filled}
        self._names = sorted(specs)
        self._fields = Fields(sheet, specs, mapping, agency=agency)

    def read(self, line: Line, faults: RowFaults) -> tuple[str, ...]:
        """Return the flags that are set, in alphabetical order."""
        return tuple(name for name in self._names if self._is_set(name, line, faults))

    def _is_set(self, name: str, line: Line, faults: RowFaults) -> bool:
        if name in self._filled:
            return bool(self._fields.text(name, line))
        return bool(self._fields.truth(name, line, faults))


def check_value_maps(mapping: Mapping) -> None:
    """Refuse ``[values.…]`` for a field that is not coded, or with a code that does not exist."""
    for field, given in mapping.values.items():
        if field == AREA_CODES:
            continue
        if field not in CODES:
            raise InputError(
                f"mapping: [values.{field}] is not a field with codes",
                hint=f"there are: {', '.join(sorted([*CODES, AREA_CODES]))}",
            )
        _check_targets("values", field, list(given.values()))


def _check_targets(section: str, name: str, targets: Sequence[str]) -> None:
    allowed = allowed_codes(name)
    for target in targets:
        if target not in allowed:
            raise InputError(
                f"mapping: [{section}] {name}: {target!r} is not a code of this field",
                hint=f"there are: {', '.join(sorted(allowed))}",
            )
