"""Figures and tables of the pack, each with its source; and counts as they may stand in it.

A count of children, records, persons, links or answers is rounded and suppressed by the unit's own rules for
what is published.  Counts of what the service does (entries, submissions, accounts, releases) stand as they
are: they tell of no child.  The argument is in docs/decisions/0038.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from api.config import Settings
from linkage.errors import InputError
from linkage.register.disclosure.rounding import rounded

__all__ = [
    "BY_GROUP",
    "FROM_TO",
    "NOTHING",
    "Column",
    "ColumnKind",
    "Counts",
    "DataTable",
    "Fact",
    "Heads",
    "Source",
    "Value",
    "shown",
    "table_of",
]

Value = str | int | float | None

SourceKind = Literal["query", "setting", "ledger", "file", "code", "handed in", "moment"]
Rule = Literal["as it is", "rounded"]
ColumnKind = Literal["text", "code", "day", "count", "percent", "figure"]

Heads = tuple[str, str] | tuple[str, str, ColumnKind]

NOTHING = "–"

BY_GROUP: tuple[Heads, ...] = (("kind", "By"), ("name", "Group"))
FROM_TO: tuple[Heads, ...] = (("low", "From", "percent"), ("high", "To", "percent"))
"""Columns of every table of groups, and of every share or difference with its interval."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a figure comes from, so that somebody else finds it again.

    ``where`` of a ``query``: SQL for the shared database; of a ``setting``: its name in ``unit.toml``; of a
    ``file``: its name in the data folder; of ``code``: what this release holds, by its name; of what was
    ``handed in``: the option and the file.  ``rule``: what happened to a count before it was put in.
    """

    kind: SourceKind
    where: str
    rule: Rule = "as it is"


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure or word: ``shown`` is what a text prints, ``value`` what the database holds."""

    name: str
    what: str
    value: Value | bool
    source: Source

    @property
    def shown(self) -> str:
        """Return it as a text prints it."""
        return shown(int(self.value) if isinstance(self.value, bool) else self.value)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in the database, its head, and what it holds; shares are of one."""

    name: str
    head: str
    kind: ColumnKind = "text"


@dataclass(frozen=True, slots=True)
class DataTable:
    """One table of evidence; ``empty``: what is said where it has no row."""

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    source: Source
    note: str = ""
    empty: str = "None so far."


def table_of(
    name: str,
    caption: str,
    columns: Sequence[Heads],
    rows: Sequence[Sequence[Value]],
    source: Source,
    *,
    note: str = "",
    empty: str = "None so far.",
) -> DataTable:
    """Return a table; raises ``ValueError`` for a row of another length."""
    made = tuple(Column(*one) for one in columns)
    if any(len(row) != len(made) for row in rows):
        raise ValueError(f"a row of {name} does not fit its columns")
    return DataTable(name, caption, made, tuple(tuple(row) for row in rows), source, note, empty)


def shown(value: Value, kind: ColumnKind = "text") -> str:
    """Return a value as it is printed."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, str):
        return value
    if kind == "percent":
        return f"{100 * value:.1f}\u00a0%"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.4f}" if 0.1 <= abs(value) < 1 else f"{value:,.4g}"


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts about children, as they may stand in the pack."""

    base: int
    threshold: int

    @classmethod
    def set_by(cls, settings: Settings) -> "Counts":
        """Return the rules of a unit: rounded as its releases, suppressed as their finest cells."""
        return cls(settings.disclosure.base, settings.disclosure.cross_threshold)

    def of(self, count: int | None) -> int | str | None:
        """Return a count rounded, or ``c`` where it is of few children."""
        if count is None:
            return None
        if count < 0:
            raise InputError("a count is below nothing", hint="see `clew register audit check --data DIR`")
        return "c" if 0 < count <= self.threshold else rounded(count, self.base)

    def share(self, share: float | None, count: int) -> float | str | None:
        """Return a share of so many, or ``c`` where it is of few."""
        return "c" if 0 < count <= self.threshold else share
