"""The shape in which the episodes of two child records lie over each other: counts and days, never a date.

Two records of one child tend to tell of the same absences; two children who run away together do so too,
which is why a shape decides nothing by itself.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct, json

from linkage.register.coverage import CoverageCalendar
from linkage.register.snapshots import AgencyRecords, standing_records
from linkage.register.spans import Span, Tolerance, child_spans

__all__ = ["OverlapShape", "overlap", "overlaps"]

RecordKey = tuple[str, str]


class OverlapShape(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How two child records' episodes lie to each other.

    ``episodes``: how many each record has; ``matched``: how many of those are an absence that the other
    record tells of too, within the tolerance; ``days``: on how many calendar days each record says that the
    child was missing; ``common_days``: on how many both do; ``apart_days``: days between the two episodes
    that lie nearest, 0 where they touch, None unless both records have episodes.
    """

    episodes: tuple[int, int]
    matched: tuple[int, int]
    days: tuple[int, int]
    common_days: int
    apart_days: int | None

    def text(self) -> str:
        """Return it as it is stored."""
        return json.encode(self).decode()


def overlap(left: Sequence[Span], right: Sequence[Span], tolerance: Tolerance) -> OverlapShape:
    """Return the shape of two records' episodes; see :class:`OverlapShape`."""
    days = _days(left), _days(right)
    gaps = [max(a.start.day - b.end.day, b.start.day - a.end.day, 0) for a in left for b in right]
    return OverlapShape(
        episodes=(len(left), len(right)),
        matched=(_matched(left, right, tolerance), _matched(right, left, tolerance)),
        days=(len(days[0]), len(days[1])),
        common_days=len(days[0] & days[1]),
        apart_days=min(gaps, default=None),
    )


def overlaps(
    records: Sequence[AgencyRecords],
    pairs: Iterable[tuple[RecordKey, RecordKey]],
    tolerance: Tolerance,
) -> dict[tuple[RecordKey, RecordKey], OverlapShape]:
    """Return the shape of every pair of child records, given by agency and handle."""
    wanted = set(pairs)
    spans = _spans(records, {record for pair in wanted for record in pair}, tolerance)
    return {pair: overlap(spans.get(pair[0], ()), spans.get(pair[1], ()), tolerance) for pair in wanted}


def _spans(
    records: Sequence[AgencyRecords], wanted: set[RecordKey], tolerance: Tolerance
) -> Mapping[RecordKey, Sequence[Span]]:
    standing = standing_records(records)
    calendar = CoverageCalendar(standing)
    found: dict[RecordKey, Sequence[Span]] = {}
    for agency, entry in standing.items():
        end = calendar.snapshot_end(agency)
        for child in {handle for code, handle in wanted if code == agency}:
            own = [one for one in entry.payload.episodes if one.child == child]
            found[agency, child] = child_spans(agency, own, snapshot_end=end, tolerance=tolerance)
    return found


def _days(spans: Iterable[Span]) -> set[int]:
    return {day for span in spans for day in range(span.start.day, span.end.day + 1)}


def _matched(these: Sequence[Span], others: Sequence[Span], tolerance: Tolerance) -> int:
    return sum(any(tolerance.same_absence(one, other) for other in others) for one in these)
