"""Whoever approves a release is an enrolled approver who did not prepare it, by whatever name."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from api.approving import approver_of, find_approver
from api.clock import utc_now
from api.names_alike import may_be_one
from api.reidentifying import enrol_approver, remove_approver
from api.releasing import approve_release
from api.store import releases
from api.store.database import Database
from linkage.errors import InputError
from linkage.wire.canonical import canonical
from linkage.wire.cards import card_fingerprint
from tests.support.unit import make_custodian, make_unit


def enrol(connection: Connection, *names: str) -> None:
    for name in names:
        card = make_custodian(name).card
        enrol_approver(connection, canonical(card), fingerprint=card_fingerprint(card), now=utc_now())


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = make_unit(tmp_path / "data").database()
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("paul", "  PAUL "),
        ("asha.patel", "Asha Patel"),
        ("asha-patel", "Patel,  Asha"),
        ("asha.patel", "Asha Pátel"),
        ("paul", "Paul Smith"),
        ("p.smith", "Paul Smith"),
        ("paul2", "Paul Smith"),
        ("paul.peter", "P. Paul Jones"),
        ("obrien", "O'Brien"),
        ("\uff30aul", "paul"),  # a wide letter
        ("--", "Paul Smith"),  # nothing is known of it
    ],
)
def test_names_that_may_be_one_persons_are_taken_for_one(one: str, other: str) -> None:
    assert may_be_one(one, other)
    assert may_be_one(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [("paul", "petra"), ("paul.smith", "Paula Smith"), ("j.smith", "Paul Smith"), ("p.p", "Paul Smith")],
)
def test_names_that_tell_two_apart_are_two(one: str, other: str) -> None:
    assert not may_be_one(one, other)
    assert not may_be_one(other, one)


def test_an_account_stands_for_the_enrolled_approver_of_its_name(database: Database) -> None:
    with database.write() as connection:
        assert find_approver(connection, "asha.patel") is None
        enrol(connection, "Asha Patel", "Ben O'Hara", "Cy-Lee", "Cy Lee")
        assert approver_of(connection, "asha.patel") == "Asha Patel"
        assert find_approver(connection, "ben.ohara") == "Ben O'Hara"
        assert [find_approver(connection, one) for one in ("asha", "a.patel", "cy.lee", "..")] == [None] * 4
        remove_approver(connection, "asha  patel", now=utc_now())
        with pytest.raises(InputError, match="no approver of this name"):
            approver_of(connection, "asha.patel")


@pytest.mark.parametrize("proposer", ["asha.patel", "ASHA  PATEL", "asha", "A. Patel"])
@pytest.mark.parametrize("approver", ["asha.patel", "Asha Patel"])
def test_nobody_approves_what_they_proposed_by_another_of_their_names(
    database: Database, proposer: str, approver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = hashlib.sha256(b"{}").hexdigest()
    monkeypatch.setattr("api.releasing.read_proposal", lambda _: None)
    monkeypatch.setattr("api.releasing.known_release", releases.find_release)
    with database.write() as connection:
        enrol(connection, "Asha Patel")
        number = releases.add_release(
            connection, digest=digest, proposal="{}", proposed_by=proposer, now="2026-01-01"
        )
        with pytest.raises(InputError, match="may be this person's"):
            approve_release(connection, number, by=approver, digest=digest, now=utc_now())
        found = releases.find_release(connection, number)
    assert found is not None
    assert found.state == "proposed"
