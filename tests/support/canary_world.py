"""A register that knows children whom nobody may recognise, and a store with something planted everywhere.

A council and a police force submit as they do, with their own commands: names, days of birth, postcodes and
numbers of their children are canaries.  Two more agencies have records that are possible links.  What no
agency sends is written into the store beside it.
"""

import datetime as dt
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec import json
from sqlalchemy import Connection, insert, select, update
from stdnum.gb import upn

from api.clock import stamp, utc_now
from api.folders import DataFolder
from api.store import (
    alerts,
    areas,
    erasures,
    known_links,
    record_tables,
    schema,
    schema_audiences,
    schema_persons,
    schema_review,
    submissions,
    urgent,
)
from api.store.database import open_database
from api.store.urgent import UrgentRow
from api.trust import adopt_epoch, enrol_agency
from api.unit import create_unit, read_unit_card
from linkage.register.areas import Area, AreaDirectory
from linkage.wire.canonical import canonical
from linkage.wire.cards import card_fingerprint
from tests.support import unit as unit_support
from tests.support.agency_desk import (
    PHRASE,
    Desk,
    child,
    episode,
    interview,
    joined_desk,
    make_epoch,
    report,
    write_council,
    write_table,
)
from tests.support.canaries import date_spellings
from tests.support.reviewable import send
from tests.support.served import Served
from tests.support.serving import serving
from tests.support.unit import handle, make_sent
from tests.support.working import working

__all__ = ["RAW_SCORES", "CanaryWorld", "canary_world", "plant_scores"]

_CHILDREN = 12
_REASON = "Reasoncanaryplanted"
_DOCUMENT = "Documentcanaryplanted"

RAW_SCORES = (0.8137264559, 4.2718281828, 0.5773502691, 0.6931471805, 0.9182736455)
"""Scores as no page may show them: all their digits stay in the linkage unit."""


@dataclass(frozen=True)
class CanaryWorld:
    """``identifiers``: of every child, by what it is; ``secret``: what opens something."""

    folder: DataFolder
    served: Served
    identifiers: Mapping[str, Sequence[str]]
    secret: Mapping[str, Sequence[bytes]]
    planted: Mapping[str, Sequence[str]]


@contextmanager
def canary_world(place: Path) -> Iterator[CanaryWorld]:
    """Make the world, and keep its service and workers at hand."""
    data = DataFolder(place / "unit")
    create_unit(data.root, "Test unit")
    unit_support.without_batches(data)
    card = read_unit_card(data)
    epoch = make_epoch(card)
    database = open_database(data.register_database, "register")
    with database.write() as connection:
        members = [one.card for one in epoch.members]
        adopt_epoch(
            connection, card, canonical(epoch.descriptor), custodians=members, threshold=2, now=utc_now()
        )
        areas.replace_directory(connection, _AREAS, now=stamp(utc_now()))
    desks = [
        joined_desk(place / code, epoch, card, code, role)
        for code, role in (("E09", "council"), ("P01", "police"))
    ]
    with database.write() as connection:
        for desk in desks:
            own = desk.card()
            enrol_agency(connection, canonical(own), fingerprint=card_fingerprint(own), now=utc_now())
    database.close()
    rows = _encode(place, *desks)
    unit = unit_support.Unit(data, card, (), epoch.descriptor)
    others = [unit.enrol(unit_support.Desk(*one)) for one in (("E10", "council"), ("P02", "police"))]
    with serving(data.root) as url, working(unit) as workers, ExitStack() as stack:
        served = Served(unit, url, others[0], others[0], others[1], workers, stack)
        for desk in desks:
            done = desk.run("submit", desk.bundle, "--url", url)
            assert done.code == 0, done.err
        for desk in others:
            send(served, desk, tuple(range(1, _CHILDREN)), 1)
        workers.settle()
        assert workers.cycle() == 1
        with workers.database.write() as connection:
            _plant(connection, utc_now())
            begun = make_sent(unit, others[0], sequence=2)
            submissions.add_submission(
                connection, begun.id, begun.registration(), digest="d" * 64, now=stamp(utc_now())
            )
        identities = [(one.workspace / "identity.json").read_bytes() for one in desks]
        secret = {
            "epoch key": [epoch.key._material],
            "passphrase": [PHRASE.encode()],
            "identity": identities,
            **{
                f"secrets/{one.name}": [one.read_bytes()]
                for one in (data.root / "secrets").rglob("*")
                if one.is_file()
            },
        }
        planted = {"reason": [_REASON], "document": [_DOCUMENT]}
        yield CanaryWorld(data, served, _identifiers(rows), secret, planted)


_AREAS = AreaDirectory(
    tuple(
        Area(code, name, "E12000001", "North", "E92000001", "Merrowland", force, f"{name} Police")
        for code, name, force in (("E09", "Eastmere", "P01"), ("E10", "Wexholme", "P02"))
    )
)


def _encode(place: Path, council: Desk, police: Desk) -> list[dict[str, str]]:
    """Write both extracts about the same children, and encode them; returns their rows."""
    numbers = range(1, _CHILDREN + 1)
    children = [_numbered(child(number), number) for number in numbers]
    episodes = [episode(number) for number in numbers]
    source = write_council(place / "extract", children=children, episodes=episodes, interviews=[interview(1)])
    done = council.encode(source, "council-csv")
    assert done.code == 0, done.err
    reports = [report(number) for number in numbers if number % 3]
    for row in reports:
        own = children[int(row["child_ref"][-2:]) - 1]
        born = "-".join(reversed(own["date_of_birth"].split("/")))
        row |= {"forenames": own["forename"], "surname": own["surname"], "date_of_birth": born}
        row |= {"home_postcode": own["postcode"]}
    done = police.encode(write_table(place / "reports.csv", reports), "police-csv", "--area", "E09")
    assert done.code == 0, done.err
    return [*children, *episodes, *reports]


def _numbered(row: dict[str, str], number: int) -> dict[str, str]:
    code = f"8231299{number:05d}"
    return row | {"upn": upn.calc_check_digit(code) + code, "known_as": f"Nicknamecanary {number:03d}"}


_IDENTIFYING = (
    *("forename", "surname", "known_as", "postcode", "upn", "child_id", "episode_id"),
    *("report_ref", "child_ref", "forenames", "home_postcode"),
)


def _identifiers(rows: Sequence[Mapping[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows:
        for name in _IDENTIFYING:
            found.setdefault(name, []).extend(part for part in {row.get(name, "")} if part)
        if "date_of_birth" in row:
            day = _day(row["date_of_birth"])
            found.setdefault("date_of_birth", []).extend(date_spellings(day))
    return found


def _day(text: str) -> dt.date:
    if "/" in text:
        day, month, year = map(int, text.split("/"))
        return dt.date(year, month, day)
    return dt.date.fromisoformat(text)


def _plant(connection: Connection, now: dt.datetime) -> None:
    """Write canaries where a page might read them, and something into every table that pages read."""
    at = stamp(now)
    record = ("E10", handle("E10", 1))
    erasures.add(
        connection,
        "agency",
        {"E10": [handle("E10", 2)]},
        name=secrets.token_hex(16),
        agency="E10",
        lasting=True,
        now=at,
        reason=_REASON,
        code="5f3a9c01",
    )
    connection.execute(update(record_tables.erasures).values(certificate='{"format":"canary"}'))
    known_links.add(connection, record, ("P02", handle("P02", 5)), same=False, reason=_REASON, now=at)
    rows = (("E10", "P02", "Q-00000000A1"), ("P02", "E10", "Q-00000000A2"))
    urgent.add(
        connection,
        [
            UrgentRow(one, handle(one, "e"), other, query, 1, at, None, standing=True)
            for one, other, query in rows
        ],
    )
    alerts.add_alert(connection, "E10", "short-lived", 7, cycle=1, now=at)
    person = connection.scalar(select(schema.persons.c.id).limit(1))
    asked = {"number": "R-00000000A1", "audience": "operator", "person": person, "state": "requested"}
    times = {"requested_at": at, "expires_at": stamp(now + dt.timedelta(days=3))}
    document = json.encode({"reason": _DOCUMENT}).decode()
    connection.execute(insert(schema_audiences.reidentifications).values(**asked, **times, document=document))
    buried = {"worker": "register", "agency": "E10", "digest": secrets.token_hex(32), "erased_at": at}
    connection.execute(insert(record_tables.tombstones).values(**buried))
    shielded = {"agency": "E10", "handle": handle("E10", 3), "shielded_at": at}
    connection.execute(insert(record_tables.shields).values(**shielded))


def plant_scores(world: CanaryWorld) -> None:
    """Let scores that workers left for pages have all their digits, as if they had not been rounded."""
    similarity, odds, probability, value, precision = RAW_SCORES
    raw = {"similarity": similarity, "weight": odds, "log_odds": odds, "probability": probability}
    pairs, sheets, runs = schema_review.review_pairs, schema_persons.person_sheets, schema.link_runs
    with world.served.workers.database.write() as connection:
        connection.execute(update(runs).values(precision=precision, precision_low=0.9071625346))
        for table in (pairs, sheets):
            query = select(table.c.id, table.c.evidence).where(table.c.evidence.is_not(None))
            for row in connection.execute(query).all():
                evidence = json.encode(_with(json.decode(row.evidence), raw)).decode()
                connection.execute(update(table).where(table.c.id == row.id).values(evidence=evidence))
        connection.execute(update(pairs).values(value=value))


def _with(said: Any, raw: Mapping[str, float]) -> Any:
    """Return JSON in which every number of these names is another one."""
    if isinstance(said, dict):
        return {
            name: raw[name] if name in raw and isinstance(one, float) else _with(one, raw)
            for name, one in said.items()
        }
    return [_with(one, raw) for one in said] if isinstance(said, list) else said
