"""The agency's own data-quality figures, from what its last encoding counted: for itself alone.

They are made on this machine, kept in the journal without any value or reference, and sent to nobody.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cli.sources.faults import Fault, FaultLog

__all__ = ["DataQuality", "FaultCount", "TableCount", "count_faults", "last_quality"]


@dataclass(frozen=True, slots=True)
class TableCount:
    """Where the rows of one table went."""

    table: str
    read: int
    kept: int
    quarantined: int
    outside: int
    shielded: int = 0


@dataclass(frozen=True, slots=True)
class FaultCount:
    """How many rows have one fault; an ``error`` kept them out, with a ``warning`` they were used."""

    severity: str
    table: str
    column: str
    rule: str
    problem: str
    cure: str
    rows: int


@dataclass(frozen=True, slots=True)
class DataQuality:
    """What the encoding of one period counted."""

    period: str
    at: str
    tables: tuple[TableCount, ...]
    faults: tuple[FaultCount, ...]


def count_faults(log: FaultLog) -> list[list[object]]:
    """Count faults by kind, as the journal keeps them: never what was found, nor in which row."""
    counts = Counter(_kind(fault) for fault in log.faults)
    return [[*kind, count] for kind, count in sorted(counts.items(), key=lambda one: (one[0][0], -one[1]))]


def _kind(fault: Fault) -> tuple[str, str, str, str, str, str]:
    # A row's number, or a date, within the words would make every fault a kind of its own.
    problem, cure = (
        "".join("#" if character.isdigit() else character for character in text)
        for text in (fault.problem, fault.cure)
    )
    return fault.severity, fault.table, fault.column, fault.rule, problem, cure


def last_quality(journal: Iterable[Mapping[str, Any]]) -> DataQuality | None:
    """Return what the newest encoding in a journal counted, or None if none counted anything."""
    for line in reversed(list(journal)):
        details = json.loads(line["details"]) if line["action"] == "encode" else {}
        if "tables" in details:
            return DataQuality(
                period=line["period"] or "",
                at=line["at"],
                tables=tuple(TableCount(table=name, **one) for name, one in details["tables"].items()),
                faults=tuple(FaultCount(*one) for one in details.get("faults", ())),
            )
    return None
