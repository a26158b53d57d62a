"""Tables of evaluations that were handed in: labelled records, whose small groups are small all the same."""

from collections.abc import Iterator

from api.evidence.evaluated import left_out_words, rows_of
from api.evidence.gathering import Seen
from api.evidence.handed_in import told_evaluations
from api.evidence.values import FROM_TO, DataTable, Heads, Source, table_of

__all__ = ["evaluation_tables"]

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


def evaluation_tables(seen: Seen) -> Iterator[DataTable]:
    """Yield the tables: by group, differences, and those of them in sentences that are more than chance."""
    told = [one for _, one in told_evaluations(seen.handed_in, seen.counts)]
    source = Source("handed in", "--evaluation", "rounded")
    yield table_of(
        "evaluation",
        "Linkage of labelled records, measured with the truth, by group",
        _HEADS,
        [row for one in told for row in rows_of(one)],
        source,
        note=(
            "c: few pairs, or few of them missed or false. Shares are made of rounded counts. Groups with "
            "names that this release does not know are numbered."
        ),
        empty="No evaluation was handed in.",
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
            *FROM_TO,
            ("verdict", "What the evaluation says"),
        ],
        [
            (
                one.name,
                row.measure,
                row.kind,
                row.name,
                row.difference,
                row.low,
                row.high,
                "more than chance" if row.claimed else "no more than chance",
            )
            for one in told
            for row in one.differences
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
        [(one.name, said) for one in told for said in (*one.sentences, *left_out_words(one))],
        source,
        empty="No evaluation that tells of differences was handed in.",
    )
