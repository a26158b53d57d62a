"""What check and encode say on the terminal: counts, rules, rows; never a value or a reference."""

from collections import Counter
from collections.abc import Iterator, Sequence

from cli.agency.encoding import Encoded
from cli.sources.extract import Extract
from cli.sources.faults import Fault, FaultLog

__all__ = ["encoded_words", "extract_words"]

_ROWS_SHOWN = 5


def extract_words(extract: Extract) -> Iterator[str]:
    """Say where every row of a source went, and what is wrong with those in quarantine."""
    yield f"{'table':<14}{'read':>10}{'good':>10}{'quarantined':>13}{'shielded':>10}{'outside':>10}"
    for name, tally in extract.log.tallies.items():
        columns = f"{tally.read:>10,}{tally.kept:>10,}{tally.quarantined:>13,}"
        yield f"{name.replace('_', ' '):<14}{columns}{tally.shielded:>10,}{tally.outside:>10,}"
    if any(tally.outside for tally in extract.log.tallies.values()):
        yield "outside: lies wholly outside the period (rules 570, 571 for episodes) and is not sent"
    if any(tally.shielded for tally in extract.log.tallies.values()):
        yield "shielded: belongs to a child on your shield list, and is neither judged nor sent"
    yield from _lost_words(extract.log)
    variants = sum(len(child.variants) > 1 for child in extract.children)
    if variants:
        yield f"{variants:,} children have more than one set of identifiers (other names, other postcodes)"
    yield from _fault_words("errors: these rows are in quarantine", extract.log.errors())
    yield from _fault_words("warnings: these rows are used", extract.log.warnings())
    yield from _unmapped_words(extract.log)


def _lost_words(log: FaultLog) -> Iterator[str]:
    """Say what quarantine means to the other side: a row left out looks like a record that never was."""
    names = {"episodes": ("episode", "episodes"), "children": ("child", "children")}
    counts = {name: log.tallies[name].quarantined for name in names if name in log.tallies}
    said = [f"{count:,} {names[name][count != 1]}" for name, count in counts.items() if count]
    if said:
        verb = "is" if sum(counts.values()) == 1 else "are"
        yield (
            f"{' and '.join(said)} {verb} in quarantine: the other side will be told that you hold none of "
            "them; mend the rows and encode again"
        )


def _fault_words(title: str, faults: Sequence[Fault]) -> Iterator[str]:
    if not faults:
        return
    yield ""
    yield f"{title} ({len(faults):,})"
    groups = Counter(_kind(fault) for fault in faults)
    for kind, count in groups.most_common():
        rows = [str(fault.row) for fault in faults if _kind(fault) == kind][:_ROWS_SHOWN]
        more = " …" if count > len(rows) else ""
        file, column, rule, problem = kind
        place = f"{file}, {column}" if column else file
        number = f"rule {rule}: " if rule else ""
        yield f"{count:>8,}  {place}: {number}{problem} (row {', '.join(rows)}{more})"
        cure = next(fault.cure for fault in faults if _kind(fault) == kind)
        yield f"{'':>10}{cure}"


def _kind(fault: Fault) -> tuple[str, str, str, str]:
    # Row numbers within a problem's words would make every fault a kind of its own.
    problem = "".join("#" if character.isdigit() else character for character in fault.problem)
    while "##" in problem:
        problem = problem.replace("##", "#")
    return fault.file, fault.column, fault.rule, problem.replace("row #", "another row")


def _unmapped_words(log: FaultLog) -> Iterator[str]:
    if log.unmapped:
        yield ""
        yield "values that the mapping gives no meaning"
        for (table, column), count in log.unmapped.most_common():
            yield f"{count:>8,}  {table}, {column}"


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
