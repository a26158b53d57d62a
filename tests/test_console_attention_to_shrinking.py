"""Operators are told of a snapshot that holds far fewer records than the one that it replaced."""

from pathlib import Path

import pytest
from sqlalchemy import Connection

from api.clock import stamp, utc_now
from api.overview.attention import notices
from api.store import submissions
from linkage.wire.manifest import Period
from tests.support.unit import PERIOD, Desk, Unit, make_sent, make_unit


def accept(
    connection: Connection, unit: Unit, desk: Desk, sequence: int, children: int, period: Period = PERIOD
) -> None:
    """Let a snapshot of so many children stand, in place of those of the same period."""
    sent = make_sent(unit, desk, sequence=sequence, children=range(children), period=period)
    now = stamp(utc_now())
    submissions.add_submission(connection, sent.id, sent.registration(), digest="d" * 64, now=now)
    submissions.set_state(connection, sent.id, "committed", now=now, committed_at=now)
    for one in submissions.accepted(connection):
        if (one.agency, one.manifest.period) == (desk.code, period):
            submissions.set_state(connection, one.id, "superseded", now=now, ended_at=now)
    submissions.set_state(connection, sent.id, "accepted", now=now, settled_at=now)


@pytest.mark.parametrize(
    ("sizes", "said"), [((20, 7), "65"), ((20, 16), ""), ((20, 30), ""), ((20, 3, 3), "")]
)
def test_who_withdrew_much_is_named(tmp_path: Path, sizes: tuple[int, ...], said: str) -> None:
    unit = make_unit(tmp_path / "data")
    desk = unit.enrol(Desk("E09", "council"))
    database = unit.database()
    with database.write() as connection:
        for sequence, size in enumerate(sizes, 1):
            accept(connection, unit, desk, sequence, size)
        found = [
            one for one in notices(connection, unit.folder, now=utc_now()) if "fewer records" in one.title
        ]
    database.close()
    titles = [(one.weight, one.title, one.place) for one in found]
    words = f"Agency E09: the newest snapshot holds {said}\u00a0% fewer records"
    assert titles == ([("soon", words, "agencies")] if said else [])
