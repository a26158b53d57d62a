"""Results of audits, and the attacks, as they are printed."""

from collections.abc import Iterator, Sequence
from textwrap import wrap

from linkage.audited.report import AuditReport, Described
from linkage.audited.setting import reduced_words
from linkage.audited.words import (
    SIDES,
    control_rows,
    figure,
    findings_of,
    light_words,
    limits_words,
    named,
    reach_words,
    taken_up_words,
    verdict,
)

__all__ = ["attack_words", "report_words"]

_WIDTH = 100


def report_words(report: AuditReport) -> Iterator[str]:
    """Say what an audit found, the result first."""
    yield f"{named(report)}  {report.digest[:16]}…"
    yield from _wrapped(f"  {verdict(report)}", 2)
    yield from _wrapped(f"  {report.setting}; {_seeds(report.seeds)}", 2)
    for said in (reduced_words(report.sizes, report.own_people), taken_up_words(report)):
        yield from _wrapped(f"  {said}", 2) if said else ()
    yield "  Attacks are lower bounds: red is known to fall, green is not known to."
    for side, words in SIDES.items():
        found = list(findings_of(report, side))
        if found:
            yield f"  {words}:"
        for one in found:
            light = light_words(report, one) if side == "none" else ""
            limits = f"; {limits_words(one)}" if one.light else ""
            by = f", by {one.method}" if one.method else ""
            reach = reach_words(one)
            unsettled = f"; {reach}: more --seeds or --people would tell" if reach else ""
            yield from _wrapped(f"    {light:<14} {one.words}: {figure(one)}{by}{limits}{unsettled}", 19)
    failed = [row for row in control_rows(report) if row[3] == "FAILED"]
    held = len(report.controls) - len(failed)
    yield f"  control experiments: {held} of {len(report.controls)} as they must"
    for words, wanted, came, how in failed:
        yield from _wrapped(f"    {how:<14} {words}: {came}, must be {wanted}", 19)
    for left in report.left_out:
        yield from _wrapped(f"  not run: {left}", 4)


def attack_words(attacks: Sequence[Described]) -> Iterator[str]:
    """Say of each attack what it does and knows, and where it was published."""
    for one in attacks:
        yield f"{one.title} ({one.attack})"
        yield from _wrapped(f"  {one.does}", 2)
        yield from _wrapped(f"  It knows: {one.knows}.", 4)
        for paper in one.papers:
            yield from _wrapped(f"  {paper}", 4)


def _seeds(seeds: Sequence[int]) -> str:
    return f"{'seed' if len(seeds) == 1 else 'seeds'} {', '.join(f'{seed}' for seed in seeds)}"


def _wrapped(line: str, indent: int) -> list[str]:
    return wrap(line, _WIDTH, subsequent_indent=" " * indent, break_on_hyphens=False)
