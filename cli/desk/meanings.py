"""Words of an agency's own: what they mean is asked on the page, and kept in the mapping's text."""

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cli.sources.codes import CODES, NO_VALUE, code_key
from cli.sources.faults import FaultLog
from cli.sources.fields import allowed_codes, check_value_maps
from cli.sources.mapping import parse_mapping
from cli.sources.value_uses import ValueLine, value_lines
from linkage.errors import InputError

__all__ = ["Unmeant", "given_meanings", "not_asked", "unmeant_values", "with_meanings"]

_MOST = 40
"""A column of free text must not become a form of thousands of questions."""

_LISTS = frozenset({"kind", "missing_from", "sex"})
_MOST_OF_A_LIST = 20
"""A column of these fields is filled in from a list, unless it has more words without a meaning than that."""


@dataclass(frozen=True, slots=True)
class Unmeant:
    """A value without a meaning; ``name`` is its question in the form, ``codes`` what it may mean."""

    name: str
    table: str
    column: str
    field: str
    value: str
    rows: int
    codes: tuple[str, ...]


def unmeant_values(log: FaultLog) -> tuple[Unmeant, ...]:
    """Return the values that can be asked about, those of a field without which a row is lost first.

    A column of few different words is a list of codes, and all of it is asked about, however rare or long a
    word is.  Elsewhere what is rare or long may be somebody's note; it is shown by its shape alone, and is
    not asked about.
    """
    found = [(use, rows) for use, rows in log.values.items() if not use.code and use.field in CODES]
    found = [(use, rows) for use, rows in found if code_key(use.value) not in NO_VALUE]
    columns = Counter((use.table, use.column, use.field) for use, _ in found)
    lists = {column for column, words in columns.items() if column[2] in _LISTS and words <= _MOST_OF_A_LIST}
    shown = {(line.table, line.column, line.field, line.value) for line in value_lines(log.values)}
    asked = [(use, rows) for use, rows in found if use[:3] in lists or use[:4] in shown]
    asked.sort(key=lambda one: (one[0].field != "kind", one[0][:3] not in lists, one[0][:3], -one[1]))
    return tuple(
        Unmeant(
            f"meaning.{number}",
            use.table,
            use.column,
            use.field,
            use.value,
            rows,
            tuple(sorted(allowed_codes(use.field) - ({"unknown"} if use.field == "kind" else set()))),
        )
        for number, (use, rows) in enumerate(asked[:_MOST])
    )


def not_asked(log: FaultLog) -> list[ValueLine]:
    """Return what has no meaning and is not asked about, as it can be shown."""
    asked = {(one.table, one.column, one.field, one.value) for one in unmeant_values(log)}
    uses = {use: rows for use, rows in log.values.items() if not use.code and use[:4] not in asked}
    return list(value_lines(Counter(uses)))


def given_meanings(values: tuple[Unmeant, ...], form: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return what a form says, by field; raises :class:`InputError` if it says nothing or another code."""
    given: dict[str, dict[str, str]] = {}
    for one in values:
        code = form.get(one.name, "")
        if code and code not in one.codes:
            raise InputError("a meaning is not one of those to choose from", hint="choose it from the list")
        if code:
            given.setdefault(one.field, {})[one.value] = code
    if not given:
        raise InputError("no meaning was chosen", hint="choose one for at least one value")
    return given


def with_meanings(text: str, given: Mapping[str, Mapping[str, str]]) -> str:
    """Return a mapping's text with more meanings, everything else as it was written.

    Raises :class:`InputError` where the text is written so that they cannot be added.
    """
    try:
        before = tomllib.loads(text).get("values", {})
        for field, words in given.items():
            text = _added(text, field, words)
        mapping = parse_mapping(text)
        check_value_maps(mapping)
        added = all(
            dict(mapping.values.get(field, {})) == before.get(field, {}) | dict(words)
            for field, words in given.items()
        )
    except (InputError, tomllib.TOMLDecodeError):
        added = False
    if not added:
        raise InputError(
            "the meanings cannot be added to your mapping as it is written",
            hint="write them under [values.…] in the mapping as text",
        )
    return text


def _added(text: str, field: str, words: Mapping[str, str]) -> str:
    lines = "".join(f"{entry}\n" for entry in _entries(words))
    header = re.search(rf"^\[values\.{re.escape(field)}\][^\n]*\n", text, re.M)
    if header is not None:
        return f"{text[: header.end()]}{lines}{text[header.end() :]}"
    return f"{text.rstrip()}\n\n[values.{field}]\n{lines}"


def _entries(words: Mapping[str, str]) -> Iterator[str]:
    for word, code in words.items():
        # JSON's escapes are TOML's too, but for DEL.
        yield f"{json.dumps(word, ensure_ascii=False)} = {json.dumps(code)}".replace("\x7f", "\\u007f")
