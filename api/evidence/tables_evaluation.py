"""Tables of evaluations that were handed in: labelled records, whose small groups are small all the same.

Pairs that were missed and links that are false are counted by group, rounded and suppressed as estimates
without the truth are; shares, intervals and differences are made of the rounded counts.
"""

from collections.abc import Iterator, Mapping

from api.disclosing import policy_set
from api.evidence.gathering import Seen
from api.evidence.handed_in import Evaluated
from api.evidence.values import DataTable, Heads, Source, Value, table_of
from linkage.register.group_disclosure import told_rows
from linkage.register.group_quality import ALL, QualityRow
from linkage.register.group_told import ToldRow

__all__ = ["evaluation_tables"]

_RECALL, _PRECISION = "recall", "precision"
_HEADS: tuple[Heads, ...] = (
    ("name", "Records"),
    ("kind", "By"),
    ("group_name", "Group"),
    ("pairs", "True pairs", "count"),
    ("precision", "Precision", "percent"),
    ("precision_low", "From", "percent"),
    ("precision_high", "To", "percent"),
    ("recall", "Recall", "percent"),
    ("recall_low", "From", "percent"),
    ("recall_high", "To", "percent"),
)
_SAID = {
    _RECALL: "true pairs with {} “{}” {:.0f} are found",
    _PRECISION: "links with {} “{}” {:.0f} are right",
}

_Group = tuple[str, str]
_Told = Mapping[str, Mapping[_Group, ToldRow]]


def evaluation_tables(seen: Seen) -> Iterator[DataTable]:
    """Yield the tables: by group, differences, and those of them in sentences that are more than chance."""
    told = [(one, _told(seen, one)) for _, one in seen.handed_in.evaluations]
    source = Source("handed in", "--evaluation", "rounded")
    empty = "No evaluation was handed in."
    yield table_of(
        "evaluation",
        "Linkage of labelled records, measured with the truth, by group",
        _HEADS,
        [_row(one, group, found) for one, found in told for group in found[_RECALL]],
        source,
        note="c: few pairs, or few of them missed or false. Shares are made of rounded counts.",
        empty=empty,
    )
    yield table_of(
        "evaluation-differences",
        "How far groups of labelled records fare otherwise than all others",
        [
            ("name", "Records"),
            ("measure", "Measure"),
            ("kind", "By"),
            ("group_name", "Group"),
            ("difference", "Difference", "percent"),
            ("low", "From", "percent"),
            ("high", "To", "percent"),
            ("verdict", "What the evaluation says"),
        ],
        [
            (
                one.name,
                measure,
                *group,
                row.difference,
                row.difference_low,
                row.difference_high,
                "more than chance" if (measure, *group) in _claimed(one) else "no more than chance",
            )
            for one, found in told
            for measure, rows in found.items()
            for group, row in rows.items()
            if row.difference is not None
        ],
        source,
        note=(
            "Made of rounded counts of pairs. Whether a difference is more than chance the evaluation tests "
            "person by person. Groups with few pairs, or few of them missed or false, are not here."
        ),
        empty="No evaluation was handed in that tells of groups with pairs enough.",
    )
    yield table_of(
        "evaluation-findings",
        "Which groups were linked differently, as the evaluation says",
        [("name", "Records"), ("sentence", "Sentence")],
        [(one.name, said) for one, found in told for said in _sentences(one, found)],
        Source("handed in", "--evaluation", "rounded"),
        empty="No evaluation that tells of differences was handed in.",
    )


def _told(seen: Seen, one: Evaluated) -> _Told:
    """Return what may be told of an evaluation's groups, recall and precision apart."""
    parts = [((ALL, ALL), one.pairs), *(((group.kind, group.name), group) for group in one.groups)]
    policy = policy_set(seen.settings.disclosure)
    found = {}
    for measure in (_RECALL, _PRECISION):
        rows = [
            QualityRow(
                estimator=measure,
                kind=kind,
                group=name,
                counted=(whole, whole - pairs.correct),
            )
            for (kind, name), pairs in parts
            for whole in [pairs.true if measure == _RECALL else pairs.found]
        ]
        found[measure] = {(row.kind, row.group): row for row in told_rows(rows, policy)}
    return found


def _row(one: Evaluated, group: _Group, found: _Told) -> tuple[Value, ...]:
    recall, precision = found[_RECALL][group], found[_PRECISION][group]
    shares = (part for row in (precision, recall) for part in (row.share, row.low, row.high))
    counts = (recall.children, *shares)
    return (one.name, *group, *("c" if value is None else value for value in counts))


def _claimed(one: Evaluated) -> set[tuple[str, str, str]]:
    """Return which groups differ by more than chance, as the evaluation tested it."""
    told = one.group_differences
    return set() if told is None else {(g.measure, g.kind, g.name) for g in told.groups if g.claimed}


def _sentences(one: Evaluated, found: _Told) -> Iterator[str]:
    if one.group_differences is None:
        return
    claimed, few = _claimed(one), 0
    for measure, kind, name in sorted(claimed):
        row = found.get(measure, {}).get((kind, name))
        if row is None or row.difference is None or row.share is None or row.others is None:
            few += 1
            continue
        yield (
            f"Of 100 {_SAID[measure].format(kind, name, 100 * row.share)}, of others {100 * row.others:.0f}; "
            "the difference is more than chance."
        )
    if few:
        yield f"More differ by more than chance, of pairs too few for names or figures here: {few}."
    if not claimed:
        yield "No group differs from all others by more than chance."
