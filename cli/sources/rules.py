"""Rules that compare rows of one child: 574, 575, 577, 578 and 581 of the children-looked-after return.

578 also holds between two times in care.  Rule 576 needs last year's file: :mod:`cli.sources.last_year`.

All are warnings: the rows contradict each other, yet each says something that the register must hear.  Rules
of single rows (564, 565, 567, 570, 571, 586, 1004, 1005) stand where those rows are read.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from cli.sources.care_spells import SpellFacts, covering
from cli.sources.episodes import EpisodeFacts
from cli.sources.faults import FaultLog, RowFaults

__all__ = ["OUTCOMES", "RULES", "compare_rows"]

RULES = {
    "564": "a type is given, but no start",
    "565": "a start is given, but no type",
    "567": "the episode ends before it starts",
    "570": "the episode starts after the period (outside: not sent), or in the future",
    "571": "the episode ends before the period (outside: not sent), or in the future",
    "574": "a new episode begins while another is open or not yet over",
    "575": "the placement has ended, but the episode is still open",
    "576": "the episode was open in last year's file and is not in this year's",
    "577": "the child is no longer looked after, but the episode is still open",
    "578": "the episode starts after the child ceased to be looked after",
    "581": "the episode starts before the child was looked after",
    "586": "the episode starts before the date of birth, or the date of birth is in the future",
    "1004": "the start is not a valid date",
    "1005": "the end is not a valid date",
}
"""What each rule number says, in our words."""

_WARNED = frozenset({"574", "575", "576", "577", "578", "581"})
OUTCOMES = {
    rule: "warning"
    if rule in _WARNED
    else "outside, or quarantine"
    if rule in ("570", "571")
    else "quarantine"
    for rule in RULES
}
"""What happens to a row that a rule flags."""


def compare_rows(
    episodes: Sequence[EpisodeFacts], spells: Sequence[SpellFacts], *, file: str, log: FaultLog
) -> None:
    """Check the episodes of one child against each other and against the child's care spells."""
    ordered = sorted(episodes, key=lambda episode: (episode.record.start.at, episode.row))
    for rule, episode, cure in (*_overlaps(ordered), *_against_care(ordered, spells)):
        faults = RowFaults(log, "episodes", file, episode.row, episode.reference)
        faults.warn("", "", RULES[rule], cure, rule=rule)


def _overlaps(ordered: Sequence[EpisodeFacts]) -> Iterator[tuple[str, EpisodeFacts, str]]:
    latest: EpisodeFacts | None = None
    for earlier, later in pairwise(ordered):
        latest = earlier if latest is None or earlier.last > latest.last else latest
        if _still_running(latest, later):
            yield "574", later, f"end the episode of row {latest.row}, or make one of the two"


def _still_running(earlier: EpisodeFacts, later: EpisodeFacts) -> bool:
    end = earlier.record.end
    if end is None:
        return True
    if "day" in (end.precision, later.record.start.precision):
        return earlier.last > later.first
    return end.at > later.record.start.at


def _against_care(
    ordered: Sequence[EpisodeFacts], spells: Sequence[SpellFacts]
) -> Iterator[tuple[str, EpisodeFacts, str]]:
    if not spells:
        return
    first = min(spell.first for spell in spells)
    for episode in ordered:
        if episode.first < first:
            yield "581", episode, "correct the start, or the start of the care spell"
        elif covering(spells, episode.first) is None:
            yield "578", episode, "correct the start, or the end of the care spell"
        if episode.record.end is None:
            yield from _left_open(episode, spells)


def _left_open(
    episode: EpisodeFacts, spells: Sequence[SpellFacts]
) -> Iterator[tuple[str, EpisodeFacts, str]]:
    spell = covering(spells, episode.first)
    if all(one.record.end for one in spells):
        yield "577", episode, "give the end of the episode"
    elif spell is not None and spell.record.end is not None:
        yield "575", episode, "give the end of the episode, or correct the placement's end"
