"""What is wrong with a row: where, what (masked), which rule, what to do about it.

A fault of severity ``error`` puts its row in quarantine; a ``warning`` leaves the row in.  DOMAIN rule
numbers are those of the children-looked-after return, which analysts know by heart.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from cli.sources.masking import masked
from cli.sources.value_uses import ValueUse

__all__ = ["Fault", "FaultLog", "RowFaults", "Severity", "Tally"]

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of one row; ``found`` is masked, ``reference`` is the agency's own and stays local."""

    table: str
    file: str
    row: int
    column: str
    found: str
    rule: str
    problem: str
    cure: str
    severity: Severity
    reference: str = field(default="", repr=False)


@dataclass(slots=True)
class Tally:
    """Where the rows of one table went: ``read == kept + quarantined + outside + shielded``, always.

    ``repeated`` are those in quarantine whose reference an earlier row has: no record is lost with them.
    """

    read: int = 0
    kept: int = 0
    quarantined: int = 0
    outside: int = 0
    shielded: int = 0
    repeated: int = 0


@dataclass(slots=True)
class FaultLog:
    """Every fault and every table's tally, in the order in which they came up."""

    faults: list[Fault] = field(default_factory=list)
    tallies: dict[str, Tally] = field(default_factory=dict)
    values: Counter[ValueUse] = field(default_factory=Counter, repr=False)
    """What every coded value was taken for; they may be anything, and are shown as value_lines does."""

    outside: dict[str, list[int]] = field(default_factory=dict)
    """Rows of episodes outside the period, by the rule that says so."""

    def tally(self, table: str) -> Tally:
        """Return one table's tally, beginning it if need be."""
        return self.tallies.setdefault(table, Tally())

    def unmapped(self) -> Counter[tuple[str, str]]:
        """Return how many values had no meaning, by table and column."""
        counts: Counter[tuple[str, str]] = Counter()
        for use, rows in self.values.items():
            if not use.code:
                counts[use.table, use.column] += rows
        return counts

    def rule_rows(self) -> dict[str, set[tuple[str, int]]]:
        """Return the rows that each rule flags, with their files; those outside the period among them."""
        flagged: dict[str, set[tuple[str, int]]] = {}
        for fault in self.faults:
            if fault.rule:
                flagged.setdefault(fault.rule, set()).add((fault.file, fault.row))
        for rule, rows in self.outside.items():
            flagged.setdefault(rule, set()).update(("", row) for row in rows)
        return flagged

    def errors(self) -> list[Fault]:
        """Return the faults that put a row in quarantine."""
        return [fault for fault in self.faults if fault.severity == "error"]

    def warnings(self) -> list[Fault]:
        """Return the faults that left their row in."""
        return [fault for fault in self.faults if fault.severity == "warning"]


@dataclass(slots=True)
class RowFaults:
    """Collects the faults of one row; ``failed`` says whether it goes into quarantine."""

    log: FaultLog
    table: str
    file: str
    row: int
    reference: str = field(default="", repr=False)
    failed: bool = False

    def error(self, column: str, found: str, problem: str, cure: str, *, rule: str = "") -> None:
        """Record a fault for which the row cannot be used."""
        self.failed = True
        self._add(column, found, problem, cure, rule, "error")

    def warn(self, column: str, found: str, problem: str, cure: str, *, rule: str = "") -> None:
        """Record a fault with which the row can still be used."""
        self._add(column, found, problem, cure, rule, "warning")

    def _add(self, column: str, found: str, problem: str, cure: str, rule: str, severity: Severity) -> None:
        self.log.faults.append(
            Fault(
                table=self.table,
                file=self.file,
                row=self.row,
                column=column,
                found=masked(found),
                rule=rule,
                problem=problem,
                cure=cure,
                severity=severity,
                reference=self.reference,
            )
        )
