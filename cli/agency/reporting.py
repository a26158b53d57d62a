"""The agency's report: what the unit said of random handles, joined with the agency's own references."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from cli.agency.class_words import class_words, lacked_words
from cli.agency.crosswalk import Reference
from cli.agency.data_quality import DataQuality
from cli.agency.report_changes import ChangeLine, changes_of
from linkage.wire.codes import Role
from linkage.wire.results import QuestionKind, Results

__all__ = ["EpisodeLine", "MissingLine", "OverdueLine", "QuestionLine", "Report", "join_results"]


@dataclass(frozen=True, slots=True, repr=False)
class EpisodeLine:
    """One of the agency's own episodes, with its class in words; ``change`` is against the last report."""

    episode: str
    child: str
    reconciliation_class: str
    differs: str
    meaning: str
    action: str
    order: int
    change: str


@dataclass(frozen=True, slots=True, repr=False)
class MissingLine:
    """An episode of the agency's own child that only another agency holds."""

    child: str
    reconciliation_class: str
    meaning: str
    action: str
    order: int
    month: str
    contact: str
    query: str


@dataclass(frozen=True, slots=True, repr=False)
class OverdueLine:
    """An overdue return interview; of an episode that the agency lacks there is a query number only."""

    child: str
    episode: str
    query: str
    action: str


@dataclass(frozen=True, slots=True, repr=False)
class QuestionLine:
    """A question about the agency's own records; most were asked for no reason."""

    question: str
    child: str
    other: str
    query: str


@dataclass(frozen=True, slots=True, repr=False)
class Report:
    """Everything that goes into the spreadsheet; ``unknown`` counts handles the crosswalk does not have.

    ``periods`` are those of the bundles that this workspace submitted, as its journal has them.
    """

    agency: str
    role: Role
    cycle: int
    previous_cycle: int | None
    episodes: tuple[EpisodeLine, ...]
    missing: tuple[MissingLine, ...]
    overdue: tuple[OverdueLine, ...] = ()
    questions: tuple[QuestionLine, ...] = ()
    changes: tuple[ChangeLine, ...] = ()
    quality: DataQuality | None = None
    unknown: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    name: str = ""
    periods: tuple[str, ...] = ()
    date: dt.date | None = None

    @property
    def changed(self) -> int:
        """Number of episodes whose class is not that of the last report."""
        return sum(bool(line.change) for line in self.episodes)

    def changed_to(self, what: str) -> int:
        """Number of changes of one kind."""
        return sum(line.what == what for line in self.changes)


def join_results(
    results: Results, references: Mapping[str, Reference], *, role: Role, previous: Results | None = None
) -> Report:
    """Join results with the agency's own references (by handle), the most urgent first."""
    episodes = list(_episodes(results, references, role, previous))
    missing = list(_missing(results, references, role))
    return Report(
        agency=results.agency,
        role=role,
        cycle=results.cycle,
        previous_cycle=previous.cycle if previous else None,
        episodes=tuple(sorted(episodes, key=lambda one: (one.order, one.child, one.episode))),
        missing=tuple(sorted(missing, key=lambda one: (one.order, one.child, one.month, one.query))),
        overdue=tuple(
            sorted(_overdue(results, references), key=lambda one: (one.child, one.episode, one.query))
        ),
        questions=tuple(sorted(_questions(results, references), key=lambda one: one.query)),
        changes=tuple(changes_of(results, previous, references, role)) if previous else (),
        unknown=len(results.findings) + len(results.missing) - len(episodes) - len(missing),
        counts=Counter(one.reconciliation_class for one in results.findings),
    )


def _episodes(
    results: Results, references: Mapping[str, Reference], role: Role, previous: Results | None
) -> Iterator[EpisodeLine]:
    before = {one.episode: one.reconciliation_class for one in previous.findings} if previous else None
    for finding in results.findings:
        own = references.get(finding.episode)
        if own is None:
            continue
        words = class_words(finding.reconciliation_class, role)
        child = references.get(own.parent or "")
        yield EpisodeLine(
            episode=own.reference,
            child=child.reference if child else "",
            reconciliation_class=finding.reconciliation_class,
            differs=", ".join(finding.differs),
            meaning=words.meaning,
            action=words.action,
            order=words.order,
            change=_change(finding.episode, finding.reconciliation_class, before),
        )


def _change(episode: str, present: str, before: Mapping[str, str] | None) -> str:
    if before is None:
        return ""
    if episode not in before:
        return "new"
    return "" if before[episode] == present else f"was {before[episode]}"


def _missing(results: Results, references: Mapping[str, Reference], role: Role) -> Iterator[MissingLine]:
    for one in results.missing:
        child = references.get(one.child)
        if child is None:
            continue
        words = lacked_words(one.reconciliation_class, role)
        yield MissingLine(
            child=child.reference,
            reconciliation_class=one.reconciliation_class,
            meaning=words.meaning,
            action=words.action,
            order=words.order,
            month=one.month,
            contact=one.contact,
            query=one.query,
        )


_HOLD = "Hold the return interview, or record why there was none, and send it with the next snapshot."
_ASK = "First record the episode: see Missing from your records."


def _overdue(results: Results, references: Mapping[str, Reference]) -> Iterator[OverdueLine]:
    lacked = {one.query: one.child for one in results.missing}
    for one in results.overdue:
        own = references.get(one.episode or "")
        child = references.get((own.parent if own else lacked.get(one.query or "")) or "")
        if child is not None:
            action = _HOLD if own else _ASK
            yield OverdueLine(child.reference, own.reference if own else "", one.query or "", action)


_QUESTIONS: Mapping[QuestionKind, str] = {
    "date-of-birth": "Is this child's date of birth right?",
    "same-child": "Are these two records one child?",
}


def _questions(results: Results, references: Mapping[str, Reference]) -> Iterator[QuestionLine]:
    for one in results.questions:
        known = [references[child].reference for child in one.children if child in references]
        if len(known) == len(one.children):
            yield QuestionLine(_QUESTIONS[one.kind], known[0], known[1] if len(known) > 1 else "", one.query)
