"""Tables about the linkage: what it says of itself, group by group, and what was measured with the truth."""

from collections.abc import Iterator, Sequence

from api.console_app.linkage_words import GroupRow, group_rows
from api.evidence.coarse import expected_shares
from api.evidence.gathering import Seen
from api.evidence.tables_evaluation import evaluation_tables
from api.evidence.values import BY_GROUP, FROM_TO, Counts, DataTable, Source, Value, table_of
from api.open_releases import open_tables
from api.overview import quality
from api.overview.group_quality import EstimatorTold, group_name, pack_sentences, told_by_groups, verdict_of
from api.overview.groups import GroupShare, held_by_both
from api.store import releases, review
from linkage.errors import ClewError

__all__ = ["linkage_tables"]

_RUNS = 24


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
            *FROM_TO,
        ],
        [
            (
                one.id,
                one.finished_at[:10],
                one.epoch,
                *(counts.of(count) for count in (one.records, one.links, one.possible, one.persons)),
                *expected_shares(counts, (one.precision, one.precision_low, one.precision_high), one.links),
            )
            for one in reversed(quality.recent_runs(seen.connection, _RUNS))
        ],
        Source("query", f"{sql} order by id desc limit {_RUNS}", "rounded"),
        note=(
            "Precision is the share of links that are expected to be right. Counts are rounded, and shares "
            "are made of rounded counts, in whole per cent; ends are rounded outwards."
        ),
        empty="Nothing was linked yet.",
    )
    yield _groups(seen)
    yield from _told(seen)
    yield _shares(seen)
    yield from evaluation_tables(seen)


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
            *FROM_TO,
        ],
        _group_rows(seen.counts, [] if found is None else group_rows(found, names)),
        Source("query", "select body from review_views where position = -1", "rounded"),
        note=(
            "The linking worker sees no sex, age or ethnicity; the tables below speak of those. c: few, or "
            "beside the only group that is few. Shares are of rounded counts, in whole per cent."
        ),
        empty="Nothing was linked yet, or a record was erased since.",
    )


def _group_rows(counts: Counts, rows: Sequence[GroupRow]) -> list[tuple[Value, ...]]:
    """Round and suppress; where one group of several is few in something, the next smallest goes with it."""
    hidden = {
        (name, place)
        for name in ("records", "links", "possible")
        for kind in dict.fromkeys(one.heading for one in rows)
        for place in _hidden(counts, name, kind, rows)
    }
    made: list[tuple[Value, ...]] = []
    for place, one in enumerate(rows):
        seen = one.seen
        told = [
            "c" if (name, place) in hidden else counts.of(count)
            for name, count in (("records", seen.records), ("links", seen.links), ("possible", seen.possible))
        ]
        shares: list[Value] = expected_shares(counts, (seen.precision, seen.low, seen.high), seen.links)
        made.append((one.heading, one.name, *told, *(["c"] * 3 if told[1] == "c" else shares)))
    return made


def _hidden(counts: Counts, name: str, heading: str, rows: Sequence[GroupRow]) -> list[int]:
    of = {place: getattr(one.seen, name) for place, one in enumerate(rows) if one.heading == heading}
    few = [place for place, count in of.items() if counts.of(count) == "c"]
    others = sorted((count, place) for place, count in of.items() if count and place not in few)
    return [*few, others[0][1]] if len(few) == 1 and others else few


def _told(seen: Seen) -> Iterator[DataTable]:
    """Yield what estimators without the truth tell of groups (docs/governance/linkage-quality.md)."""
    source = Source("query", "select * from group_quality", "rounded")
    empty = "No cycle has told anything of groups yet."
    told = told_by_groups(seen.connection)
    estimators = () if told is None else told.estimators
    rules = (
        ""
        if told is None
        else f"Rounded to {told.base}; c: 1 to {told.threshold}, or what would give such a count away. "
    )
    yield table_of(
        "group-quality",
        "Estimates of recall and precision by group, without the truth",
        [
            ("estimator", "Rests on"),
            *BY_GROUP,
            ("count", "Children", "count"),
            ("missed", "Of them missed or wrong", "count"),
            ("share", "Share", "percent"),
            *FROM_TO,
            ("verdict", "What it says"),
        ],
        _estimate_rows(estimators),
        source,
        note=f"{rules}Shares and their intervals are made of the rounded counts.",
        empty=empty,
    )
    yield table_of(
        "group-differences",
        "How far the share of a group is from that of all others",
        [
            ("estimator", "Rests on"),
            *BY_GROUP,
            ("difference", "Difference", "percent"),
            *FROM_TO,
            ("verdict", "What it says"),
        ],
        _difference_rows(estimators),
        source,
        note=(
            "Made of rounded counts. A difference is more than chance only if it is so whatever stands "
            "behind the roundings."
        ),
        empty="No group has counts enough to be compared with all others.",
    )
    yield table_of(
        "group-findings",
        "The table of estimates in sentences: which groups differ, and what cannot be told and why",
        [("number", "Number", "count"), ("sentence", "Sentence")],
        list(enumerate(pack_sentences(seen.connection) if told is not None else [], start=1)),
        Source("query", "select * from group_quality"),
        empty=empty,
    )
    yield table_of(
        "group-captures",
        "How many children go missing from care at least, by councils' and police lists",
        [
            ("group_name", "Group"),
            ("both", "On both lists", "count"),
            ("only_council", "Councils' alone", "count"),
            ("only_police", "Police alone", "count"),
            ("estimate", "At least", "count"),
            ("low", "From", "count"),
            ("high", "To", "count"),
            ("why", "If nothing is told, why"),
        ],
        [
            (
                group_name(one),
                one.both,
                one.only_council,
                one.only_police,
                one.estimate,
                one.low,
                one.high,
                one.why,
            )
            for one in (() if told is None else told.captures)
        ],
        source,
        note=(
            f"{rules}Chapman's estimate, missed links allowed for. Nobody can test with two lists whether "
            "they are independent; if one side tells the other, there are more children."
        ),
        empty=empty,
    )


def _estimate_rows(estimators: Sequence[EstimatorTold]) -> list[tuple[Value, ...]]:
    return [
        (
            one.name,
            row.kind,
            row.group,
            *(
                ("c" if shown is None and not row.why else shown)
                for shown in (row.children, row.missed, row.share, row.low, row.high)
            ),
            verdict_of(row),
        )
        for one in estimators
        for row in (*one.rows, *one.untold)
    ]


def _difference_rows(estimators: Sequence[EstimatorTold]) -> list[tuple[Value, ...]]:
    return [
        (
            one.name,
            row.kind,
            row.group,
            row.difference,
            row.difference_low,
            row.difference_high,
            verdict_of(row),
        )
        for one in estimators
        for row in one.rows
        if row.tested
    ]


def _shares(seen: Seen) -> DataTable:
    shares, empty = _released(seen)
    return table_of(
        "quality-shares",
        "Children whom both councils and police hold, as the newest approved release prints them",
        [
            *BY_GROUP,
            ("children", "Children", "count"),
            ("share", "Held by both", "percent"),
            *FROM_TO,
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
