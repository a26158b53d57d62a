"""Linkage quality by group in words, for people who answer for it and for the evidence pack."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from msgspec.structs import replace
from sqlalchemy import Connection

from api.store import agencies, group_quality, review
from api.store.group_quality import GroupQuality
from api.store.link_figures import GroupFigures
from linkage.register.capture import CaptureRow
from linkage.register.child_facts import COUNCIL, FORCE
from linkage.register.group_quality import ALL, ANSWERS, ESTIMATORS, IN_CARE, KNOWN, QualityRow

__all__ = [
    "CONDITIONS",
    "ESTIMATOR_WORDS",
    "EstimatorTold",
    "PackRow",
    "QualityShown",
    "estimators_told",
    "group_name",
    "pack_rows",
    "pack_sentences",
    "row_said",
    "told_by_groups",
    "verdict_of",
]

ESTIMATOR_WORDS: Mapping[str, str] = {
    IN_CARE: "Children in care whom police recorded",
    KNOWN: "Links known from outside",
    ANSWERS: "Links that agencies were asked about",
}

CONDITIONS: Mapping[str, str] = {
    IN_CARE: (
        "Of the children whom police recorded as missing from care, under a council that handed in that "
        "month, the share with whom some council’s record is linked. A council hands in every child that it "
        "looks after, so all of them should be. It holds as far as police know who is in care; where they "
        "err for one group more than for others, that looks like a difference of linkage."
    ),
    KNOWN: (
        "Of pairs of records that somebody knew to be one child before anybody looked at the linkage, the "
        "share that the linkage joins without being told. It holds as far as those pairs were drawn without "
        "regard to how alike they are."
    ),
    ANSWERS: (
        "Of the links behind discrepancies that agencies answered about, the share that is right. It speaks "
        "of those links alone, and says nothing of links that were missed."
    ),
}
_WEIGHTS = "The linkage’s own weights of evidence"
_TOLD_NOT = "cannot be told"
_MORE, _NO_MORE = "more than chance", "no more than chance"


@dataclass(frozen=True, slots=True)
class PackRow:
    """One group by one estimator, as text; ``count`` is rounded to ten."""

    estimator: str
    kind: str
    group: str
    count: str
    share: str
    interval: str
    difference: str
    verdict: str


@dataclass(frozen=True, slots=True)
class EstimatorTold:
    """What one estimator tells: rows with figures, and of what it cannot tell, each with its reason."""

    name: str
    condition: str
    rows: Sequence[QualityRow]
    untold: Sequence[tuple[str, str]]

    @property
    def claimed(self) -> list[QualityRow]:
        """The groups that differ from all others by more than chance."""
        return [one for one in self.rows if one.claimed]


@dataclass(frozen=True, slots=True)
class QualityShown:
    """All estimators of a cycle, and the captures."""

    cycle: int
    estimators: Sequence[EstimatorTold]
    captures: Sequence[CaptureRow]


def told_by_groups(connection: Connection) -> QualityShown | None:
    """Return what the newest cycle told, with the names of agencies; None before the first."""
    found = group_quality.newest(connection)
    if found is None:
        return None
    names = {one.code: one.name for one in agencies.all_agencies(connection)}
    cycle, told = found
    return QualityShown(cycle, estimators_told(told, names), told.captures)


def estimators_told(told: GroupQuality, names: Mapping[str, str]) -> list[EstimatorTold]:
    """Divide rows by estimator, and what is told from what is not."""
    shown = []
    for name in ESTIMATORS:
        own = [one for one in told.rows if one.estimator == name]
        rows = [_named(one, names) for one in own if not one.why]
        untold = [(group_name(_named(one, names)), one.why) for one in own if one.why]
        shown.append(EstimatorTold(ESTIMATOR_WORDS[name], CONDITIONS[name], rows, untold))
    return shown


def _named(row: QualityRow, names: Mapping[str, str]) -> QualityRow:
    if row.kind not in {COUNCIL, FORCE}:
        return row
    return replace(row, group=names.get(row.group, row.group))


def group_name(row: QualityRow | CaptureRow) -> str:
    """Return a group in words: its kind and its name."""
    return "everybody" if row.kind == ALL else f"{row.kind}: {row.group}"


def verdict_of(row: QualityRow) -> str:
    """Say whether a group differs."""
    if row.why:
        return f"{_TOLD_NOT}: {row.why}"
    if row.chance is None:
        return ""
    return _MORE if row.claimed else _NO_MORE


def row_said(estimator: str, row: QualityRow) -> str:
    """Say in a plain sentence that a group differs from all others."""
    share, others = (100 * (value or 0.0) for value in (row.share, row.others))
    ends = sorted(abs(100 * (value or 0.0)) for value in (row.difference_low, row.difference_high))
    return (
        f"{estimator}: of 100 of {row.kind} “{row.group}” the linkage serves {share:.1f} rightly, of all "
        f"others {others:.1f}; the difference of {abs(share - others):.1f} ({ends[0]:.1f} to {ends[1]:.1f}) "
        "is more than chance."
    )


def pack_rows(connection: Connection) -> list[PackRow]:
    """Return the table of the evidence pack, of the newest cycle and linkage; empty before them."""
    rows: list[PackRow] = []
    shown = told_by_groups(connection)
    for one in () if shown is None else shown.estimators:
        rows += [_pack(one.name, row) for row in one.rows]
        rows += [PackRow(one.name, "", group, "", _TOLD_NOT, "", "", why) for group, why in one.untold]
    figures = review.link_figures(connection)
    names = {one.code: one.name for one in agencies.all_agencies(connection)}
    if figures is not None:
        rows += [_of_weights(one, names) for one in figures.groups if one.links]
    return rows


def _pack(estimator: str, row: QualityRow) -> PackRow:
    difference = ""
    if row.difference is not None and row.difference_low is not None and row.difference_high is not None:
        points = [100 * one for one in (row.difference, row.difference_low, row.difference_high)]
        difference = "{:+.1f} points ({:+.1f} to {:+.1f})".format(*points)
    return PackRow(
        estimator=estimator,
        kind=row.kind,
        group=row.group,
        count=_tens(row.children or 0),
        share=_percent(row.share),
        interval=_interval(row.low, row.high),
        difference=difference,
        verdict=verdict_of(row),
    )


def _of_weights(one: GroupFigures, names: Mapping[str, str]) -> PackRow:
    return PackRow(
        estimator=_WEIGHTS,
        kind=one.kind,
        group=names.get(one.name, one.name) if one.kind == "agency" else one.name,
        count=_tens(one.links),
        share=_percent(one.precision),
        interval=_interval(one.low, one.high),
        difference="",
        verdict="expected precision of its links; no test, for all weights may be off together",
    )


def pack_sentences(connection: Connection) -> list[str]:
    """Say what was found, and what cannot be told and why."""
    shown = told_by_groups(connection)
    if shown is None:
        return ["No cycle has told anything of groups yet."]
    return [sentence for one in shown.estimators for sentence in _sentences(one)]


def _sentences(one: EstimatorTold) -> Iterator[str]:
    yield from (row_said(one.name, row) for row in one.claimed)
    if one.rows and not one.claimed:
        tested = sum(row.chance is not None for row in one.rows)
        yield f"{one.name}: no group differs from all others by more than chance ({tested} comparisons)."
    reasons = dict.fromkeys(why for _, why in one.untold)
    for why in reasons:
        groups = "; ".join(group for group, reason in one.untold if reason == why)
        yield f"{one.name}: it cannot be told of {groups}: {why}."


def _tens(count: int) -> str:
    return f"{10 * round(count / 10):,}"


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{100 * low:.1f} to {100 * high:.1f} %"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f} %"
