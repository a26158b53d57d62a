"""Linkage quality by group in words, for people who answer for it and for the evidence pack.

What is stored was rounded and suppressed by the register worker (:mod:`linkage.register.group_disclosure`);
what is written here follows from it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from msgspec.structs import replace
from sqlalchemy import Connection

from api.store import agencies, group_quality
from api.store.group_quality import GroupQuality
from linkage.register.child_facts import COUNCIL, FORCE
from linkage.register.group_quality import ALL, ANSWERS, ESTIMATORS, IN_CARE, KNOWN
from linkage.register.group_told import ToldCapture, ToldRow

__all__ = [
    "CONDITIONS",
    "ESTIMATOR_WORDS",
    "EstimatorTold",
    "QualityShown",
    "estimators_told",
    "group_name",
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
_TOLD_NOT = "cannot be told"
_TOO_FEW_MISSED = "too few were missed, here or of others, to compare"
_MORE, _NO_MORE = "more than chance", "not shown to be more than chance"


@dataclass(frozen=True, slots=True)
class EstimatorTold:
    """What one estimator tells: rows with figures, and rows of which nothing can be told, with the reason."""

    name: str
    condition: str
    rows: Sequence[ToldRow]
    untold: Sequence[ToldRow]

    @property
    def claimed(self) -> list[ToldRow]:
        """The groups that differ from all others by more than chance."""
        return [one for one in self.rows if one.claimed]


@dataclass(frozen=True, slots=True)
class QualityShown:
    """All estimators of a cycle, and the captures; ``base``, ``threshold``: by which rules it was told."""

    cycle: int
    base: int
    threshold: int
    estimators: Sequence[EstimatorTold]
    captures: Sequence[ToldCapture]


def told_by_groups(connection: Connection) -> QualityShown | None:
    """Return what the newest cycle told, with the names of agencies; None before the first."""
    found = group_quality.newest(connection)
    if found is None:
        return None
    names = {one.code: one.name for one in agencies.all_agencies(connection)}
    cycle, told = found
    return QualityShown(cycle, told.base, told.threshold, estimators_told(told, names), told.captures)


def estimators_told(told: GroupQuality, names: Mapping[str, str]) -> list[EstimatorTold]:
    """Divide rows by estimator, and what is told from what is not."""
    shown = []
    for name in ESTIMATORS:
        own = [one for one in told.rows if one.estimator == name]
        rows = [_named(one, names) for one in own if not one.why]
        untold = [_named(one, names) for one in own if one.why]
        shown.append(EstimatorTold(ESTIMATOR_WORDS[name], CONDITIONS[name], rows, untold))
    return shown


def _named(row: ToldRow, names: Mapping[str, str]) -> ToldRow:
    if row.kind not in {COUNCIL, FORCE}:
        return row
    return replace(row, group=names.get(row.group, row.group))


def group_name(row: ToldRow | ToldCapture) -> str:
    """Return a group in words: its kind and its name."""
    return "everybody" if row.kind == ALL else f"{row.kind}: {row.group}"


def verdict_of(row: ToldRow) -> str:
    """Say whether a group differs."""
    if row.why:
        return f"{_TOLD_NOT}: {row.why}"
    if not row.tested:
        return "" if row.kind == ALL else _TOO_FEW_MISSED
    return _MORE if row.claimed else _NO_MORE


def row_said(estimator: str, row: ToldRow) -> str:
    """Say in a plain sentence that a group differs from all others."""
    share, others = (100 * (value or 0.0) for value in (row.share, row.others))
    ends = sorted(abs(100 * (value or 0.0)) for value in (row.difference_low, row.difference_high))
    return (
        f"{estimator}: of 100 of {row.kind} “{row.group}” the linkage serves {share:.1f} rightly, of all "
        f"others {others:.1f}; the difference of {abs(share - others):.1f} ({ends[0]:.1f} to {ends[1]:.1f}) "
        "is more than chance."
    )


def pack_sentences(connection: Connection) -> list[str]:
    """Say what was found, and what cannot be told and why."""
    shown = told_by_groups(connection)
    if shown is None:
        return ["No cycle has told anything of groups yet."]
    return [sentence for one in shown.estimators for sentence in _sentences(one)]


def _sentences(one: EstimatorTold) -> Iterator[str]:
    yield from (row_said(one.name, row) for row in one.claimed)
    tested = sum(row.tested for row in one.rows)
    if tested and not one.claimed:
        yield (
            f"{one.name}: no group is shown to differ from all others by more than chance "
            f"({tested} comparisons)."
        )
    for why in dict.fromkeys(row.why for row in one.untold):
        rows = [row for row in one.untold if row.why == why]
        yield f"{one.name}: nothing can be told of {_listed(rows)}, because {_clause(why)}."


def _listed(rows: Sequence[ToldRow]) -> str:
    """List groups, those of one kind together."""
    if any(row.kind == ALL for row in rows):
        return "any group"
    kinds = {row.kind: [one.group for one in rows if one.kind == row.kind] for row in rows}
    return "; of ".join(
        kind if groups == ["every group"] else f"{kind} {_and([f'“{one}”' for one in groups])}"
        for kind, groups in kinds.items()
    )


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _clause(why: str) -> str:
    return f"there are {why}" if why.startswith(("too few", "fewer than")) else why
