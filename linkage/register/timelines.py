"""When some child records' episodes were, by month and no more exactly, for whoever looks at one person."""

import datetime as dt
from collections.abc import Sequence
from typing import Literal

from msgspec import Struct, json

from linkage.register.coverage import CoverageCalendar
from linkage.register.snapshots import AgencyRecords, standing_records
from linkage.register.spans import Span, Tolerance, child_spans

__all__ = ["MonthSpan", "Timeline", "timeline"]

RecordKey = tuple[str, str]


class MonthSpan(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One episode: its record by place, its first and last month, whether it is still open.

    ``told``: how many of the other agencies' records tell of the same absence, within the tolerance.
    """

    record: int
    first: str
    last: str
    open: bool
    told: int


class Timeline(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The episodes of some child records, in order of record and start; ``held``: records in the payload."""

    version: Literal[1] = 1
    held: tuple[int, ...]
    episodes: tuple[MonthSpan, ...]

    def text(self) -> str:
        """Return it as it is stored."""
        return json.encode(self).decode()


def timeline(records: Sequence[AgencyRecords], wanted: Sequence[RecordKey], tolerance: Tolerance) -> Timeline:
    """Return the episodes of child records, given by agency and handle, whose places number them."""
    standing = standing_records(records)
    calendar = CoverageCalendar(standing)
    spans: dict[int, list[Span]] = {}
    held = []
    for place, (agency, child) in enumerate(wanted):
        entry = standing.get(agency)
        if entry is None or not any(one.handle == child for one in entry.payload.children):
            continue
        held.append(place)
        own = [one for one in entry.payload.episodes if one.child == child]
        end = calendar.snapshot_end(agency)
        spans[place] = child_spans(agency, own, snapshot_end=end, tolerance=tolerance)
    return Timeline(
        held=tuple(held),
        episodes=tuple(
            MonthSpan(
                record=place,
                first=_month(span.start.day),
                last=_month(span.end.day),
                open=span.open,
                told=_told(span, place, wanted, spans, tolerance),
            )
            for place in held
            for span in spans[place]
        ),
    )


def _told(
    span: Span,
    place: int,
    wanted: Sequence[RecordKey],
    spans: dict[int, list[Span]],
    tolerance: Tolerance,
) -> int:
    """Count the records of other agencies that tell of the same absence."""
    return sum(
        any(tolerance.same_absence(span, other) for other in others)
        for number, others in spans.items()
        if wanted[number][0] != wanted[place][0]
    )


def _month(day: int) -> str:
    return f"{dt.date.fromordinal(day):%Y-%m}"
