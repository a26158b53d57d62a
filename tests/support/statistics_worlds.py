"""Made-up registers for the tests of statistics: drawn children with care, absences and interviews."""

import datetime as dt

from hypothesis import strategies as st
from msgspec import structs

from linkage.register.areas import Area, AreaDirectory
from linkage.register.reconcile import AgencyRecords
from linkage.wire.moments import Moment
from linkage.wire.records import CareSpell, Child, Coverage, Episode, Payload, ReturnInterview
from tests.support.reconcile_worlds import ROLES, handle

DIRECTORY = AreaDirectory(
    [
        Area("E01", "Northolme", "R01", "North", "C01", "Country", "P01", "Northolme Police"),
        Area("E02", "Southolme", "R02", "South", "C01", "Country", "P02", "Southolme Police"),
        Area("E04", "Westholme", "R02", "South", "C01", "Country", "P02", "Southolme Police"),
    ]
)
TWO_COUNTRIES = AreaDirectory(
    [
        *list(DIRECTORY.areas.values())[:2],
        Area("E04", "Westholme", "R09", "West", "C02", "Other", "P02", "Southolme Police"),
    ]
)
MONTHS = ("2025-03", "2025-04", "2025-05", "2025-06", "2025-07")
AREAS = (None, "E01", "E02", "E03", "E04")
FIRST = dt.datetime(2025, 3, 10, tzinfo=dt.UTC)


def _moment(draw: st.DrawFn, minutes: int) -> Moment:
    at = FIRST + dt.timedelta(minutes=minutes)
    return draw(st.sampled_from([Moment.minute(at), Moment.day(at.date())]))


def _span(draw: st.DrawFn) -> dict[str, Moment | None]:
    start = draw(st.integers(0, 110 * 24)) * 60
    length = draw(st.sampled_from([30, 480, 600, 1440, 1500, 2880, 4000, 10080, 20000, 40320, 50000]))
    first = _moment(draw, start)
    last = draw(st.sampled_from([_moment(draw, start + length)] * 3 + [None]))
    return {"start": first, "end": last}


@st.composite
def stated_worlds(draw: st.DrawFn) -> tuple[list[AgencyRecords], dict[tuple[str, str], str]]:
    """Draw what two councils and two forces hold of a few children, and who is whom."""
    numbers = iter(range(1, 1000))
    parts: dict[str, dict[str, list]] = {
        agency: {"children": [], "care_spells": [], "episodes": [], "interviews": [], "coverage": []}
        for agency in ROLES
    }
    person_of: dict[tuple[str, str], str] = {}
    owners = []
    for agency in (*ROLES, *draw(st.lists(st.sampled_from(list(ROLES)), max_size=8))):
        child = Child(
            handle=handle(next(numbers)),
            version=1,
            sex=draw(st.sampled_from("FMU")),
            ethnicity=draw(st.sampled_from(["white", "black", "unknown"])),
            flags=draw(st.sampled_from([(), ("uasc",)])),
        )
        owners.append((agency, child.handle))
        parts[agency]["children"].append(child)
        person = draw(st.sampled_from(["p1", "p2", "p3", "p4", None]))
        if person is not None:
            person_of[agency, child.handle] = person
    for agency, child_handle in draw(st.lists(st.sampled_from(owners), max_size=8)):
        spell = CareSpell(
            handle=handle(next(numbers)),
            child=child_handle,
            version=1,
            **_span(draw),
            legal_status=draw(st.sampled_from(["C1", "C2", "V2", "V3", "unknown"])),
            placement=draw(st.sampled_from(["U4", "K2", "K3", "T4", "unknown"])),
            provider=draw(st.sampled_from(["PR1", "unknown"])),
            area=draw(st.sampled_from(["in", "out", "unknown"])),
            host=draw(st.sampled_from(AREAS)),
        )
        if ROLES[agency] == "council":
            parts[agency]["care_spells"].append(spell)
    for agency, child_handle in draw(st.lists(st.sampled_from(owners), min_size=1, max_size=14)):
        episode = _episode(draw, handle(next(numbers)), child_handle)
        parts[agency]["episodes"].append(episode)
        if ROLES[agency] == "council" and draw(st.booleans()):
            parts[agency]["interviews"].append(_interview(draw, episode))
    for agency in ROLES:
        cells = st.sampled_from([(area, month) for area in AREAS[1:] for month in MONTHS])
        for area, month in sorted(draw(st.sets(cells, max_size=8))):
            parts[agency]["coverage"].append(Coverage(area=area, month=month))
    return [
        AgencyRecords(
            agency,
            role,  # type: ignore[arg-type]
            Payload(agency=agency, **{kind: tuple(rows) for kind, rows in parts[agency].items()}),
        )
        for agency, role in ROLES.items()
    ], person_of


def _episode(draw: st.DrawFn, own: str, child: str) -> Episode:
    risks = st.sampled_from(["high", "medium", "no-apparent-risk", "unknown"])
    return Episode(
        handle=own,
        child=child,
        version=1,
        kind=draw(st.sampled_from(["missing", "missing", "away"])),
        **_span(draw),
        age_band=draw(st.sampled_from(["10-15", "16+", "unknown"])),
        missing_from=draw(st.sampled_from(["home", "care", "other", "unknown"])),
        responsible=draw(st.sampled_from(AREAS)),
        host=draw(st.sampled_from(AREAS)),
        legal_status=draw(st.sampled_from(["C2", "unknown"])),
        placement=draw(st.sampled_from(["K2", "unknown"])),
        risk_initial=draw(risks),
        risk_highest=draw(risks),
        risk_final=draw(risks),
    )


def _interview(draw: st.DrawFn, episode: Episode) -> ReturnInterview:
    completed = None
    if episode.end is not None and draw(st.booleans()):
        hours = draw(st.sampled_from([2, 30, 71, 72, 73, 97, 130, 200]))
        at = episode.end.at + dt.timedelta(hours=hours)
        completed = draw(st.sampled_from([Moment.minute(at), Moment.day(at.date())]))
    return ReturnInterview(
        episode=episode.handle,
        version=1,
        offered=draw(st.sampled_from([True, False, None])),
        outcome=draw(st.sampled_from(["accepted", "declined", "unable", "unknown"])),
        completed=completed,
        reasons=draw(st.sampled_from([(), ("friends",), ("friends", "school")])),
        harms=draw(st.sampled_from([(), ("none",), ("none", "sexual")])),
    )


def shuffled(records: list[AgencyRecords], random) -> list[AgencyRecords]:
    """Return the same records in another order."""
    mixed = [
        AgencyRecords(
            one.agency,
            one.role,
            structs.replace(
                one.payload,
                **{
                    name: tuple(random.sample(rows, len(rows)))
                    for name in ("children", "care_spells", "episodes", "interviews", "coverage")
                    for rows in [getattr(one.payload, name)]
                },
            ),
        )
        for one in records
    ]
    random.shuffle(mixed)
    return mixed
