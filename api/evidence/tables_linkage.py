"""Tables about the linkage: what it says of itself, group by group, and what was measured with the truth."""

from collections.abc import Iterator

from api.console_app.linkage_words import group_rows
from api.evidence.evaluated import left_out_words, rows_of
from api.evidence.gathering import Seen
from api.evidence.handed_in import told_evaluations
from api.evidence.values import DataTable, Heads, Source, table_of
from api.open_releases import open_tables
from api.overview import quality
from api.overview.group_quality import ESTIMATOR_WORDS, pack_rows, pack_sentences
from api.overview.groups import GroupShare, held_by_both
from api.store import releases, review
from linkage.errors import ClewError

__all__ = ["linkage_tables"]

_RUNS = 24

_PAIRS: tuple[Heads, ...] = (
    ("pairs", "True pairs", "count"),
    ("precision", "Precision", "percent"),
    ("precision_low", "From", "percent"),
    ("precision_high", "To", "percent"),
    ("recall", "Recall", "percent"),
    ("recall_low", "From", "percent"),
    ("recall_high", "To", "percent"),
)


def linkage_tables(seen: Seen) -> Iterator[DataTable]:
    """Yield the tables."""
    counts = seen.counts
    sql = "select id, finished_at, epoch, records, pairs, links, possible, persons, precision from link_runs"
    yield table_of(
        "quality-runs",
        "The newest linkages, with what each says of its own links",
        [
            ("run", "Linkage", "count"),
            ("day", "Day", "day"),
            ("epoch", "Epoch"),
            ("records", "Records", "count"),
            ("links", "Links", "count"),
            ("possible", "Possible links", "count"),
            ("persons", "Persons", "count"),
            ("precision", "Precision", "percent"),
            ("low", "From", "percent"),
            ("high", "To", "percent"),
        ],
        [
            (
                one.id,
                one.finished_at[:10],
                one.epoch,
                *(counts.of(count) for count in (one.records, one.links, one.possible, one.persons)),
                one.precision,
                one.precision_low,
                one.precision_high,
            )
            for one in reversed(quality.recent_runs(seen.connection, _RUNS))
        ],
        Source("query", f"{sql} order by id desc limit {_RUNS}", "rounded"),
        note="Precision is the share of links that are expected to be right. Counts are rounded.",
        empty="Nothing was linked yet.",
    )
    yield _groups(seen)
    yield from _told(seen)
    yield _shares(seen)
    yield _evaluated(seen)
    yield table_of(
        "evaluation-findings",
        "Which groups were linked differently, as the evaluation says",
        [("name", "Records"), ("sentence", "Sentence")],
        [
            (one.name, sentence)
            for _, one in told_evaluations(seen.handed_in, seen.counts)
            for sentence in (*one.sentences, *left_out_words(one))
        ],
        Source("handed in", "--evaluation"),
        empty="No evaluation that tells of differences was handed in.",
    )


def _groups(seen: Seen) -> DataTable:
    found = review.link_figures(seen.connection)
    names = {one.agency.code: one.agency.name for one in seen.agencies}
    return table_of(
        "quality-groups",
        "The newest linkage by what the linking worker can tell apart",
        [
            ("kind", "Groups"),
            ("name", "Group"),
            ("records", "Records", "count"),
            ("links", "Links", "count"),
            ("possible", "Possible links", "count"),
            ("precision", "Precision", "percent"),
            ("low", "From", "percent"),
            ("high", "To", "percent"),
        ],
        [
            (
                one.heading,
                one.name,
                *(seen.counts.of(count) for count in (one.seen.records, one.seen.links, one.seen.possible)),
                *(
                    seen.counts.share(share, one.seen.links)
                    for share in (one.seen.precision, one.seen.low, one.seen.high)
                ),
            )
            for one in ([] if found is None else group_rows(found, names))
        ],
        Source("query", "select body from review_views where position = -1", "rounded"),
        note="The linking worker sees no sex, age or ethnicity; the table below speaks of those. c: few.",
        empty="Nothing was linked yet, or a record was erased since.",
    )


def _told(seen: Seen) -> Iterator[DataTable]:
    """Yield what estimators without the truth tell of groups (docs/governance/linkage-quality.md)."""
    source = Source("query", "select * from group_quality", "rounded")
    rows = [one for one in pack_rows(seen.connection) if one.estimator in ESTIMATOR_WORDS.values()]
    yield table_of(
        "group-quality",
        "Estimates of recall and precision by group, without the truth",
        [
            ("estimator", "Rests on"),
            ("kind", "By"),
            ("name", "Group"),
            ("count", "How many"),
            ("share", "Share"),
            ("interval", "Interval, 95 %"),
            ("difference", "Difference from all others"),
            ("verdict", "What it says"),
        ],
        [
            (
                one.estimator,
                one.kind,
                one.group,
                one.count,
                one.share,
                one.interval,
                one.difference,
                one.verdict,
            )
            for one in rows
        ],
        source,
        note="How many: rounded to tens. Groups of fewer than ten have no figure.",
        empty="No cycle has told anything of groups yet.",
    )
    yield table_of(
        "group-findings",
        "The same in sentences: which groups differ, and what cannot be told and why",
        [("number", "Number", "count"), ("sentence", "Sentence")],
        list(enumerate(pack_sentences(seen.connection) if rows else [], start=1)),
        Source("query", "select * from group_quality"),
        empty="No cycle has told anything of groups yet.",
    )


def _shares(seen: Seen) -> DataTable:
    shares, empty = _released(seen)
    return table_of(
        "quality-shares",
        "Children whom both councils and police hold, as the newest approved release prints them",
        [
            ("kind", "By"),
            ("name", "Group"),
            ("children", "Children", "count"),
            ("share", "Held by both", "percent"),
            ("low", "From", "percent"),
            ("high", "To", "percent"),
        ],
        [
            (
                one.kind,
                one.name,
                *("c" if said is None else said for said in (one.children, one.share, one.low, one.high)),
            )
            for one in shares
        ],
        Source("query", "select sealed from release_contents where part = 'shown-tables'"),
        note="Rounded and suppressed as published. A lower share may be worse linkage, or other children.",
        empty=empty,
    )


def _released(seen: Seen) -> tuple[list[GroupShare], str]:
    """Return the shares of the newest approved release, or why there are none."""
    known = releases.all_releases(seen.connection)
    newest = next((one for one in reversed(known) if one.state == "approved"), None)
    if newest is None:
        return [], "No release was approved yet."
    try:
        tables = open_tables(seen.folder, seen.connection, newest)
    except ClewError:
        return [], "The account that built the pack may not open the newest release: build it as root."
    if tables is None:
        return [], "An older release of Clew made the newest release; nobody can look at its tables here."
    return held_by_both(tables), "The newest release has none of the tables T16b to T16d."


def _evaluated(seen: Seen) -> DataTable:
    rows = [row for _, one in told_evaluations(seen.handed_in, seen.counts) for row in rows_of(one)]
    return table_of(
        "evaluation",
        "Linkage of labelled records, measured with the truth, by group",
        [("name", "Records"), ("kind", "By"), ("group_name", "Group"), *_PAIRS],
        rows,
        Source("handed in", "--evaluation", "rounded"),
        note="c: few. Groups with names that this release does not know are numbered.",
        empty="No evaluation was handed in.",
    )
