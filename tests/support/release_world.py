"""A register of two councils and a force with enough in it for figures, and too little for some of them."""

import datetime as dt
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from api.clock import stamp, utc_now
from api.store import areas
from linkage.register.areas import Area, AreaDirectory
from linkage.wire.moments import Moment
from linkage.wire.records import Child, Coverage, Episode, Payload, ReturnInterview
from tests.support.served import Served, served_unit
from tests.support.unit import Desk, handle, make_sent
from tests.test_releases_need_two_people import enrol

AREAS = AreaDirectory(
    [
        Area("E09", "Eastmere", "E12000001", "North", "E92000001", "Merrowland", "P01", "Eastmere Police"),
        Area("E10", "Wexholme", "E12000001", "North", "E92000001", "Merrowland", "P01", "Eastmere Police"),
    ]
)
YEAR = "2024-04-01", "2025-03-31"
_FIRST = dt.datetime(2024, 4, 1, 20, tzinfo=dt.UTC)
_MONTHS = tuple(f"{2024 + month // 13}-{month - 12 * (month // 13):02d}" for month in range(4, 16))
_HOMES: Mapping[str, Sequence[int]] = {"E09": range(1, 71), "E10": range(71, 101)}
_HOURS = (3, 6, 11, 15, 20, 30, 40, 70, 200)


def _absences(children: Sequence[int], seed: int) -> Iterator[tuple[int, int, dt.datetime, int]]:
    """Yield child, number, start and hours of absences that do not overlap."""
    draw = random.Random(seed)
    for child in children:
        for number in range(draw.choice((1, 1, 2, 3))):
            start = _FIRST + dt.timedelta(
                days=120 * number + draw.randrange(100), minutes=draw.randrange(600)
            )
            yield child, number, start, draw.choice(_HOURS)


def _payload(desk: Desk, homes: Mapping[str, Sequence[int]], *, share: float, seed: int) -> Payload:
    """What one agency holds of the absences of some councils' children."""
    draw = random.Random(f"{seed} {desk.code}")
    episodes, interviews = [], []
    children: set[int] = set()
    for council, known in homes.items():
        children.update(known)
        for child, number, start, hours in _absences(known, seed):
            if draw.random() > share:
                continue
            late = draw.choice((0, 0, 0, 0, 60 * 9))
            end = start + dt.timedelta(hours=hours, minutes=late if desk.role == "police" else 0)
            one = Episode(
                handle=handle(desk.code, child, str(number)),
                child=handle(desk.code, child),
                version=1,
                kind="missing",
                start=Moment.minute(start),
                end=Moment.minute(end),
                missing_from="care" if desk.role == "council" else "unknown",
                responsible=council,
                host=council if child % 3 else {"E09": "E10", "E10": "E09"}[council],
                age_band="10-15" if child % 4 else "16+",
            )
            episodes.append(one)
            if desk.role == "council" and draw.random() < 0.8:
                held = end + dt.timedelta(hours=draw.choice((20, 50, 66, 100)))
                interviews.append(
                    ReturnInterview(
                        episode=one.handle,
                        version=1,
                        offered=True,
                        offered_on=Moment.minute(end),
                        outcome="accepted",
                        completed=Moment.minute(held),
                    )
                )
    return Payload(
        agency=desk.code,
        children=tuple(
            Child(handle=handle(desk.code, one), version=1, sex="F" if one % 2 else "M")
            for one in sorted(children)
        ),
        episodes=tuple(episodes),
        interviews=tuple(interviews),
        coverage=tuple(Coverage(area=area, month=month) for area in homes for month in _MONTHS),
    )


def _send(
    served: Served, desk: Desk, homes: Mapping[str, Sequence[int]], *, share: float, sequence: int = 1
) -> None:
    payload = _payload(desk, homes, share=share, seed=5)
    children = [child for some in homes.values() for child in some]
    sent = make_sent(served.unit, desk, children=children, payload=payload, sequence=sequence)
    served.client(desk).submit(sent)


def send_again(served: Served) -> None:
    """Let a council send its year again without some that were none, and close another cycle."""
    _send(served, served.council, {"E09": _HOMES["E09"]}, share=0.4, sequence=2)
    served.workers.settle()
    served.workers.cycle()


@contextmanager
def release_unit(folder: Path, *, approvers: Sequence[str] = ("Petra Novak",)) -> Iterator[Served]:
    """Serve a unit whose register is linked and reconciled, with approvers enrolled."""
    with served_unit(folder) as served:
        _send(served, served.council, {"E09": _HOMES["E09"]}, share=0.9)
        _send(served, served.other_council, {"E10": _HOMES["E10"]}, share=0.75)
        _send(served, served.police, _HOMES, share=0.85)
        with served.workers.database.write() as connection:
            areas.replace_directory(connection, AREAS, now=stamp(utc_now()))
            enrol(connection, *approvers)
        served.workers.settle()
        assert served.workers.cycle() == 1
        yield served
