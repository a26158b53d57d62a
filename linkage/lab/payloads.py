"""A made-up world as the register receives it: payloads under handles, and who is who.

The fields are those that reconciliation looks at; reading real extracts is the business of agencies.
"""

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from linkage.lab.extracts import Extract, Table
from linkage.lab.world import World
from linkage.register.snapshots import AgencyRecords
from linkage.wire.moments import Moment
from linkage.wire.records import CareSpell, Child, Coverage, Episode, Payload, ReturnInterview

__all__ = ["WorldRecords", "records_of"]

_LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True, slots=True)
class WorldRecords:
    """Every agency's records; ``person_of`` is the truth's, ``reference_of`` names each episode's own."""

    records: tuple[AgencyRecords, ...]
    person_of: Mapping[tuple[str, str], str]
    reference_of: Mapping[tuple[str, str], str]
    """(agency, episode handle) to the agency's own reference."""


def records_of(world: World) -> WorldRecords:
    """Turn a world's extracts into payloads, all children linked as in truth."""
    records = tuple(_records(extract) for extract in world.extracts)
    person_of = {
        (agency, _handle(agency, "child", reference)): entity
        for (agency, reference), entity in world.truth.entity_of.items()
    }
    reference_of = {
        (agency, _handle(agency, "episode", reference)): reference
        for agency, reference in world.truth.episode_class
    }
    return WorldRecords(records, person_of, reference_of)


def _handle(agency: str, kind: str, reference: str) -> str:
    return hashlib.sha256(f"{agency} {kind} {reference}".encode()).hexdigest()[:32]


def _rows(table: Table | None) -> Iterator[dict[str, str]]:
    if table is not None:
        for row in table.rows:
            yield dict(zip(table.columns, row, strict=True))


def _records(extract: Extract) -> AgencyRecords:
    code, role = extract.agency.code, extract.agency.role
    read = _council_payload if role == "council" else _police_payload
    return AgencyRecords(code, "council" if role == "council" else "police", read(extract, code))


def _coverage(extract: Extract) -> tuple[Coverage, ...]:
    return tuple(Coverage(area=area, month=month) for area, month in extract.coverage)


def _council_payload(extract: Extract, code: str) -> Payload:
    tables = extract.tables
    children = {row["child_id"]: row["responsible_council"] for row in _rows(tables["children"])}
    return Payload(
        agency=code,
        children=tuple(
            Child(handle=_handle(code, "child", one), version=1, responsible=responsible)
            for one, responsible in children.items()
        ),
        care_spells=tuple(
            _spell(code, number, row) for number, row in enumerate(_rows(tables["care_spells"]))
        ),
        episodes=tuple(
            Episode(
                handle=_handle(code, "episode", row["episode_id"]),
                child=_handle(code, "child", row["child_id"]),
                version=1,
                kind="missing" if row["type"] == "M" else "away",
                start=_day(row["start"]),
                end=_day(row["end"]) if row["end"] else None,
                responsible=children[row["child_id"]],
            )
            for row in _rows(tables["episodes"])
        ),
        interviews=tuple(_interview(code, row) for row in _rows(tables["interviews"])),
        coverage=_coverage(extract),
    )


def _spell(code: str, number: int, row: Mapping[str, str]) -> CareSpell:
    return CareSpell(
        handle=_handle(code, "care-spell", str(number)),
        child=_handle(code, "child", row["child_id"]),
        version=1,
        start=_day(row["start"]),
        end=_day(row["end"]) if row["end"] else None,
        legal_status=row["legal_status"],  # type: ignore[arg-type]
        placement=row["placement_type"],
        area="in" if row["in_area"] == "Y" else "out",
        host=row["host_council"],
    )


def _interview(code: str, row: Mapping[str, str]) -> ReturnInterview:
    return ReturnInterview(
        episode=_handle(code, "episode", row["episode_id"]),
        version=1,
        offered=row["offered"] == "Y",
        offered_on=_day(row["offered_date"]) if row["offered_date"] else None,
        outcome=row["outcome"] or "unknown",  # type: ignore[arg-type]
        completed=_minute(row["completed"], "%d/%m/%Y %H:%M") if row["completed"] else None,
    )


def _police_payload(extract: Extract, code: str) -> Payload:
    responsible: dict[str, str | None] = defaultdict(lambda: None)
    episodes = []
    for row in _rows(extract.tables["episodes"]):
        responsible[row["child_ref"]] = row["responsible_council"] or responsible[row["child_ref"]]
        episodes.append(
            Episode(
                handle=_handle(code, "episode", row["report_ref"]),
                child=_handle(code, "child", row["child_ref"]),
                version=1,
                kind="away" if row["risk_highest"] == "NAR" else "missing",
                start=_minute(row["last_seen"]),
                end=_minute(row["found"]) if row["found"] else None,
                responsible=row["responsible_council"] or None,
                host=row["area"],
            )
        )
    return Payload(
        agency=code,
        children=tuple(
            Child(handle=_handle(code, "child", one), version=1, responsible=council)
            for one, council in responsible.items()
        ),
        episodes=tuple(episodes),
        coverage=_coverage(extract),
    )


def _day(text: str) -> Moment:
    day, month, year = text.split("/")
    return Moment.day(dt.date(int(year), int(month), int(day)))


def _minute(text: str, form: str = "%Y-%m-%dT%H:%M") -> Moment:
    return Moment.minute(dt.datetime.strptime(text, form).replace(tzinfo=_LONDON).astimezone(dt.UTC))
