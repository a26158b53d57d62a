"""What check and encode say on the terminal: counts, rules, rows; never a value or a reference."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cli.agency.encoding import Encoded
from cli.sources.extract import Extract
from cli.sources.faults import Fault, FaultLog
from cli.sources.rules import RULES
from cli.sources.value_uses import ValueLine, value_lines

__all__ = ["FaultGroup", "encoded_words", "extract_words", "fault_groups", "lost_words"]

_ROWS_SHOWN = 5
_VALUES_SHOWN = 6


def extract_words(extract: Extract) -> Iterator[str]:
    """Say where every row of a source went, and what is wrong with those in quarantine."""
    yield f"{'table':<14}{'read':>10}{'good':>10}{'quarantined':>13}{'shielded':>10}{'outside':>10}"
    for name, tally in extract.log.tallies.items():
        columns = f"{tally.read:>10,}{tally.kept:>10,}{tally.quarantined:>13,}"
        yield f"{name.replace('_', ' '):<14}{columns}{tally.shielded:>10,}{tally.outside:>10,}"
    if any(tally.outside for tally in extract.log.tallies.values()):
        yield "outside: lies wholly outside the period (rules 570, 571 for episodes) and is not sent"
        for rule, rows in sorted(extract.log.outside.items()):
            yield f"{len(rows):>8,}  episodes: rule {rule}: {RULES[rule]}"
    if any(tally.shielded for tally in extract.log.tallies.values()):
        yield "shielded: belongs to a child on your shield list, and is neither judged nor sent"
    yield from lost_words(extract.log)
    variants = sum(len(child.variants) > 1 for child in extract.children)
    if variants:
        yield f"{variants:,} children have more than one set of identifiers (other names, other postcodes)"
    yield from _fault_words("errors: these rows are in quarantine", extract.log.errors())
    yield from _fault_words("warnings: these rows are used", extract.log.warnings())
    yield from _unmapped_words(extract.log)


def lost_words(log: FaultLog) -> Iterator[str]:
    """Say what quarantine means to the other side: a row left out looks like a record that never was.

    A row that repeats the reference of another is no record more: the other row says whether that is held.
    """
    names = {"episodes": ("episode", "episodes"), "children": ("child", "children")}
    tallies = {name: log.tallies[name] for name in names if name in log.tallies}
    counts = {name: tally.quarantined - tally.repeated for name, tally in tallies.items()}
    said = [f"{count:,} {names[name][count != 1]}" for name, count in counts.items() if count]
    if said:
        verb = "is" if sum(counts.values()) == 1 else "are"
        yield (
            f"{' and '.join(said)} {verb} in quarantine: the other side will be told that you hold none of "
            "them; mend the rows and encode again"
        )


@dataclass(frozen=True, slots=True)
class FaultGroup:
    """Faults of one kind: where, which rule, what is wrong, what to do, how many, and the first rows."""

    file: str
    column: str
    rule: str
    problem: str
    cure: str
    count: int
    rows: tuple[int, ...]


def fault_groups(faults: Sequence[Fault]) -> Iterator[FaultGroup]:
    """Yield faults by kind, the most frequent first."""
    groups: dict[tuple[str, str, str, str, str], list[Fault]] = {}
    for fault in faults:
        groups.setdefault(_kind(fault), []).append(fault)
    for (file, column, rule, problem, _), own in sorted(groups.items(), key=lambda one: -len(one[1])):
        rows = tuple(fault.row for fault in own[:_ROWS_SHOWN])
        said = {_without_row(fault.problem) for fault in own}
        # Digits that all of them have are a file's name, or a count; only what differs is masked.
        words = said.pop() if len(said) == 1 else problem
        yield FaultGroup(file, column, rule, words, own[0].cure, len(own), rows)


def _fault_words(title: str, faults: Sequence[Fault]) -> Iterator[str]:
    if not faults:
        return
    yield ""
    yield f"{title} ({len(faults):,})"
    for group in fault_groups(faults):
        more = " …" if group.count > len(group.rows) else ""
        place = f"{group.file}, {group.column}" if group.column else group.file
        number = f"rule {group.rule}: " if group.rule else ""
        rows = ", ".join(map(str, group.rows))
        yield f"{group.count:>8,}  {place}: {number}{group.problem} (row {rows}{more})"
        yield f"{'':>10}{group.cure}"


def _kind(fault: Fault) -> tuple[str, str, str, str, str]:
    # Row numbers within a problem's words would make every fault a kind of its own.
    problem, cure = (re.sub(r"\d+", "#", _without_row(words)) for words in (fault.problem, fault.cure))
    return fault.file, fault.column, fault.rule, problem, cure


def _without_row(problem: str) -> str:
    return re.sub(r"\brow \d+", "another row", problem)


def _unmapped_words(log: FaultLog) -> Iterator[str]:
    lines = list(value_lines(log.values))
    mapped = [line for line in lines if line.code]
    if mapped:
        yield ""
        yield "what values were taken for (all of them stand in a fix list as .xlsx)"
        yield from _by_column(mapped)
    if any(not line.code for line in lines):
        yield ""
        yield "values that the mapping gives no meaning"
        for (table, column), count in log.unmapped().most_common():
            found = [one for one in lines if not one.code and (one.table, one.column) == (table, column)]
            yield f"{count:>8,}  {table}, {column}: {_listed(f'{one.value} ({one.rows:,})' for one in found)}"


def _by_column(lines: Sequence[ValueLine]) -> Iterator[str]:
    groups: dict[tuple[str, str, str], list[ValueLine]] = {}
    for line in lines:
        groups.setdefault((line.table, line.column, line.field), []).append(line)
    for (table, column, field), own in groups.items():
        rows = sum(line.rows for line in own)
        said = _listed(f"{line.value} → {line.code} ({line.rows:,})" for line in own)
        name = f"{table.replace('_', ' ')}, {column}"
        yield f"{rows:>8,}  {name if field == column.casefold() else f'{name} as {field}'}: {said}"


def _listed(words: Iterable[str]) -> str:
    shown = list(words)
    more = len(shown) - _VALUES_SHOWN
    return ", ".join(shown[:_VALUES_SHOWN]) + (f" and {more:,} more" if more > 0 else "")


def encoded_words(encoded: Encoded) -> Iterator[str]:
    """Say what a bundle holds and how it differs from the last one of its period."""
    manifest, changes = encoded.manifest, encoded.changes
    counts = manifest.counts
    dummies = f" ({counts.dummies:,} of them dummies)" if counts.dummies else ""
    yield f"bundle {manifest.sequence} of {manifest.agency}, {manifest.period.start} to {manifest.period.end}"
    yield (
        f"{counts.children:,} children{dummies} in {counts.rows:,} encoding rows, "
        f"{counts.care_spells:,} care spells, {counts.episodes:,} episodes, "
        f"{counts.interviews:,} return interviews, {counts.coverage:,} areas and months"
    )
    yield (
        f"{changes.new:,} new records, {changes.changed:,} changed, {changes.unchanged:,} as before, "
        f"{changes.withdrawn:,} withdrawn (compared with your last encoding for this period)"
    )
