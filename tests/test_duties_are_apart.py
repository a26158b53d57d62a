"""Nobody is operator, publisher and custodian at once, as far as names, keys and the database can tell."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from api.clock import stamp, utc_now
from api.config import read_settings
from api.console_accounts import disable_account, invite_account, reset_account
from api.names_alike import look_like_one
from api.overview.attention_privacy import privacy_notices
from api.reidentifying import enrol_approver
from api.separation import overlaps
from api.store import ledger, schema, schema_console
from api.store.database import Database
from linkage.errors import InputError
from linkage.wire.canonical import canonical
from linkage.wire.cards import card_fingerprint
from linkage.wire.ledger import EntryKind
from tests.support.agency_desk import clew
from tests.support.unit import Unit, make_custodian, make_unit

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
def unit(tmp_path: Path) -> Unit:
    return make_unit(tmp_path / "data")


@pytest.fixture
def database(unit: Unit) -> Iterator[Database]:
    opened = unit.database()
    yield opened
    opened.close()


def _invite(database: Database, name: str, *roles: str) -> None:
    with database.write() as connection:
        invite_account(connection, name, roles, now=utc_now())


def _custodian(database: Database, name: str) -> None:
    """Let a custodian have this name, as one who came by a succession would."""
    with database.write() as connection:
        row = {"signing_key": "ab" * 32, "name": name, "pinned_at": "2026-01-01T00:00:00.000000Z"}
        connection.execute(insert(schema.custodians).values(**row))
        ledger.append(
            connection, EntryKind.SUCCESSION, {"serial": 1}, now=stamp(utc_now()), rows={"custodians": None}
        )


def _approver(database: Database, name: str) -> None:
    card = make_custodian(name).card
    with database.write() as connection:
        enrol_approver(connection, canonical(card), fingerprint=card_fingerprint(card), now=utc_now())


def _kinds(database: Database) -> list[str]:
    with database.read() as connection:
        return sorted(one.kind for one in overlaps(connection))


@pytest.mark.parametrize("first", ["operator", "publisher"])
def test_an_operator_and_a_publisher_are_two_people(database: Database, first: str) -> None:
    other = {"operator": "publisher", "publisher": "operator"}[first]
    _invite(database, "p.smith", first)
    with pytest.raises(InputError, match="may be one person"):
        _invite(database, "paul.smith", other)
    _invite(database, "paul.smith", first)  # two accounts with one duty are nobody's harm
    _invite(database, "maria.lopez", other)
    assert _kinds(database) == []


def test_no_account_is_a_custodian_and_no_operator_an_approver(database: Database) -> None:
    _custodian(database, "Ada Byron")
    for role in ("operator", "reviewer", "governance", "publisher"):
        with pytest.raises(InputError, match="custodian Ada Byron"):
            _invite(database, "a.byron", role)
    with pytest.raises(InputError, match="custodian"):
        _approver(database, "Ada Byron")
    _approver(database, "Asha Patel")
    with pytest.raises(InputError, match="approver Asha Patel"):
        _invite(database, "asha.patel", "operator")
    _invite(database, "asha.patel", "publisher")
    assert _kinds(database) == []


def test_one_person_with_accounts_as_departments_make_them_is_told(database: Database) -> None:
    _invite(database, "psmith", "operator")
    with pytest.raises(InputError, match="may be one person"):
        _invite(database, "smithp", "publisher")
    _custodian(database, "Paul Smith")
    assert _kinds(database) == ["custodian's account"]
    with pytest.raises(InputError, match="custodian Paul Smith"):
        _invite(database, "pauls", "publisher")


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("p.smith", "Paul Smith", True),
        ("paulsmith", "Paul Smith", True),
        ("paul", "Paul Smith", True),
        ("smith.paul", "Paul Smith", True),
        ("p.s", "Paul Smith", False),  # initials alone are many people's
        ("invited.c", "custodian 0", False),
        ("maria.smith", "Paul Smith", False),
    ],
)
def test_names_are_alike_by_a_whole_word_and_not_by_initials(one: str, other: str, alike: bool) -> None:
    assert look_like_one(one, other) == look_like_one(other, one) == alike


def test_what_came_later_is_told_everywhere_and_undone_by_disabling(unit: Unit, database: Database) -> None:
    _invite(database, "ada.byron", "operator")
    _custodian(database, "Ada Byron")
    assert _kinds(database) == ["custodian's account"]
    with database.read() as connection:
        settings = read_settings(unit.folder.settings)
        found = [one for one in privacy_notices(connection, settings, utc_now()) if one.place == "accounts"]
    assert [one.weight for one in found] == ["now"]
    assert "account ada.byron and custodian Ada Byron may be one person" in found[0].words
    said = clew("register", "check", "--data", unit.folder.root)
    assert "caution: account ada.byron and custodian Ada Byron may be one person" in said.err
    with database.write() as connection, pytest.raises(InputError, match="custodian Ada Byron"):
        reset_account(connection, "ada.byron", now=utc_now())
    with database.write() as connection:
        disable_account(connection, "ada.byron", now=utc_now())
    assert _kinds(database) == []


def test_the_database_itself_refuses_an_account_of_both_duties(database: Database) -> None:
    table = schema_console.accounts
    _invite(database, "maria.lopez", "publisher")
    row = {"name": "x", "state": "active", "handle": "x", "made_at": "2026-01-01T00:00:00.000000Z"}
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(insert(table).values(**row, roles="operator publisher"))
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(table.update().values(roles="governance operator publisher"))
    with database.write() as connection:
        connection.execute(table.update().values(roles="governance operator"))
