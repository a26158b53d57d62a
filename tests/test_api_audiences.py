"""Every audience has pseudonyms of its own: two cannot join theirs; a rotation translates the old ones."""

import csv
import os
import random
from pathlib import Path

import pytest

from api.audiences import OPERATOR, add_audience, in_use, prepare_operator, rotate_audience
from api.clock import utc_now
from api.pseudonyms import Pseudonymiser
from api.secret_files import write_secret
from api.store import audiences
from linkage.errors import InputError, VerificationError
from linkage.wire.pseudonyms import ALPHABET, read_pseudonym
from tests.support.agency_desk import clew
from tests.support.served import Served, served_unit
from tests.support.unit import Unit, make_sent, make_unit

_CHANCE = random.Random(5)
PERSONS = [_CHANCE.randbytes(16).hex() for _ in range(4000)]


def _key(name: str, key: bytes | None = None) -> Pseudonymiser:
    return Pseudonymiser(name, "research", 1, key or os.urandom(32))


def test_two_audiences_share_nothing_that_could_be_counted() -> None:
    north, south = _key("north"), _key("south")
    ours, theirs = [north.of(one) for one in PERSONS], [south.of(one) for one in PERSONS]
    assert len(set(ours)) == len(PERSONS)
    assert not set(ours) & set(theirs)
    # Symbols at each place agree as often as those of strangers do: once in 23.
    places = [
        sum(a == b for a, b in zip(mine, other, strict=True))
        for mine, other in zip(*([_body(one) for one in side] for side in (ours, theirs)), strict=True)
    ]
    expected = len(PERSONS) * 18 / len(ALPHABET)
    assert abs(sum(places) - expected) < 5 * (expected * (1 - 1 / len(ALPHABET))) ** 0.5
    # Neither order nor distance carries over: ranks of the same persons are unrelated.
    assert abs(_rank_correlation(ours, theirs)) < 5 / len(PERSONS) ** 0.5


def _body(text: str) -> str:
    return text.replace("-", "")[4:22]


def _rank_correlation(left: list[str], right: list[str]) -> float:
    ranks = []
    for side in (left, right):
        order = sorted(range(len(side)), key=side.__getitem__)
        found = [0.0] * len(side)
        for rank, place in enumerate(order):
            found[place] = rank - (len(side) - 1) / 2
        ranks.append(found)
    both = sum(a * b for a, b in zip(*ranks, strict=True))
    return both / sum(a * a for a in ranks[0])


def test_the_same_key_bytes_under_another_name_or_generation_make_other_pseudonyms() -> None:
    key = bytes(range(32))
    makers = [_key("north", key), _key("south", key), Pseudonymiser("north", "research", 2, key)]
    assert len({one.of(PERSONS[0])[5:] for one in makers}) == len(makers)
    assert len({one.check_value() for one in makers}) == len(makers)


def test_symbols_are_as_frequent_as_one_another() -> None:
    maker = _key("north")
    counts = dict.fromkeys(ALPHABET, 0)
    for one in PERSONS:
        for symbol in _body(maker.of(one)):
            counts[symbol] += 1
    expected = len(PERSONS) * 18 / len(ALPHABET)
    assert sum((one - expected) ** 2 / expected for one in counts.values()) < 60  # chi-squared, 22 degrees


def test_only_the_operators_own_audience_is_of_its_kind_and_gets_handles(tmp_path: Path) -> None:
    unit = make_unit(tmp_path / "data")
    database = unit.database()
    with database.write() as connection, pytest.raises(InputError, match="only one of its kind"):
        add_audience(unit.folder, connection, "second", "operator", now=utc_now())
    with database.write() as connection:  # as an older release may have made it
        audiences.add_audience(connection, "second", "operator", now="2026-01-01")
        write_secret(unit.folder.audience_keys / "second-1.key", "audience-pseudonyms", bytes(32))
        value = Pseudonymiser("second", "operator", 1, bytes(32)).check_value()
        audiences.add_key(connection, "second", 1, check_value=value, now="2026-01-01")
    database.close()
    listed = tmp_path / "persons.csv"
    told = ("--data", unit.folder.root, "--audience", "second", "--output", listed)
    assert clew("register", "persons", *told).code == 0
    assert listed.read_text().split() == ["pseudonym"]


def test_a_key_never_shows() -> None:
    key = os.urandom(32)
    assert key.hex() not in repr(_key("north", key))


@pytest.fixture
def unit(tmp_path: Path) -> Unit:
    return make_unit(tmp_path / "data")


def test_keys_of_audiences_are_random_and_their_owners_alone(unit: Unit) -> None:
    database = unit.database()
    with database.write() as connection:
        for name in ("north", "south"):
            add_audience(unit.folder, connection, name, "research", now=utc_now())
        rotate_audience(unit.folder, connection, "north", now=utc_now())
        with pytest.raises(InputError, match="there is or was"):
            add_audience(unit.folder, connection, "north", "research", now=utc_now())
    files = sorted(unit.folder.audience_keys.iterdir())
    assert [one.name for one in files] == ["north-1.key", "north-2.key", "operator-1.key", "south-1.key"]
    assert {one.stat().st_mode & 0o777 for one in files} == {0o600}
    assert len({one.read_bytes() for one in files}) == 4
    database.close()


def test_a_key_file_that_was_swapped_for_anothers_is_refused(unit: Unit) -> None:
    database = unit.database()
    with database.write() as connection:
        for name in ("north", "south"):
            add_audience(unit.folder, connection, name, "research", now=utc_now())
    folder = unit.folder.audience_keys
    (folder / "north-1.key").write_bytes((folder / "south-1.key").read_bytes())
    with database.read() as connection, pytest.raises(VerificationError, match="another one"):
        in_use(unit.folder, connection, "north")
    database.close()


def test_a_unit_of_an_older_release_keeps_its_key_as_generation_0(unit: Unit, tmp_path: Path) -> None:
    database, key = unit.database(), os.urandom(32)
    with database.write() as connection:
        connection.exec_driver_sql("DELETE FROM audience_keys")
        connection.exec_driver_sql("DELETE FROM audiences")
        write_secret(unit.folder.pseudonyms_key, "operator-pseudonyms", key)
        prepare_operator(unit.folder, connection, now=utc_now())
        prepare_operator(unit.folder, connection, now=utc_now())
        keys = audiences.keys_of(connection, OPERATOR)
    database.close()
    assert [(one.generation, one.state) for one in keys] == [(0, "retained"), (1, "in use")]
    person = _with_person(unit)
    old = tmp_path / "old.txt"
    old.write_text(Pseudonymiser("operator", "operator", 0, key).of(person).lower() + "\n")
    done = clew(
        *("register", "pseudonym", "translate", "--data", unit.folder.root),
        *("--input", old, "--output", tmp_path / "new.csv"),
    )
    assert done.code == 0, done.err
    with (tmp_path / "new.csv").open(newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert row["old"].startswith("P-")
    assert read_pseudonym(row["new"]).generation == 1


def _with_person(unit: Unit) -> str:
    database, person = unit.database(), "5a" * 16
    with database.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO jobs (kind, worker, state, not_before, queued_at) "
            "VALUES ('link', 'linking', 'done', '', '')"
        )
        connection.exec_driver_sql(
            "INSERT INTO link_runs (job, records, pairs, links, persons, finished_at) VALUES (1,1,0,0,1,'')"
        )
        connection.exec_driver_sql(f"INSERT INTO persons VALUES ('{person}', 1)")
    database.close()
    return person


@pytest.fixture
def served(tmp_path: Path) -> object:
    with served_unit(tmp_path / "data") as one:
        for desk in (one.council, one.police):
            one.client(desk).submit(make_sent(one.unit, desk, children=(1, 2, 3, 4)))
        one.workers.settle()
        yield one


def _export(served: Served, folder: Path, name: str) -> list[dict[str, str]]:
    output = folder / f"{name}.csv"
    done = clew(
        *("register", "persons", "--data", served.unit.folder.root),
        *("--audience", name, "--output", output),
    )
    assert done.code == 0, done.err
    assert output.stat().st_mode & 0o777 == 0o600
    with output.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_life_of_an_audience_with_the_real_commands(served: Served, tmp_path: Path) -> None:
    data = served.unit.folder.root
    card = served.unit.folder.unit_card

    def run(*words: str | Path, code: int = 0) -> str:
        done = clew("register", *words)
        assert done.code == code, done.err
        return done.out if code == 0 else done.err

    for name in ("north", "south"):
        run("audience", "add", "--data", data, name, "--kind", "research")
    before = _export(served, tmp_path, "north")
    others = _export(served, tmp_path, "south")
    mine = _export(served, tmp_path, "operator")
    assert list(mine[0]) == ["agency", "handle", "pseudonym"]
    # Another audience gets no handle, and its order says nothing: nothing is left to join by.
    assert list(before[0]) == ["pseudonym"]
    assert len(before) == len(others) == len({row["pseudonym"] for row in mine}) == 4
    texts = [{row["pseudonym"] for row in rows} for rows in (before, others, mine)]
    assert not texts[0] & texts[1] | texts[0] & texts[2] | texts[1] & texts[2]
    assert {text[:5] for text in texts[0] | texts[1]} == {"RSC1-"}

    assert "generation" not in run("audience", "rotate", "--data", data, "north")
    after = _export(served, tmp_path, "north")
    assert {row["pseudonym"][:5] for row in after} == {"RSC2-"}
    old = tmp_path / "old.txt"
    lines = ["pseudonym", *(row["pseudonym"].lower().replace("-", " ") for row in before)]
    old.write_text("\n".join(lines))  # with the header that `persons` writes, or without
    into = ("--input", old, "--output", tmp_path / "new.csv", "--audience", "north")
    run("pseudonym", "translate", "--data", data, *into)
    with (tmp_path / "new.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["old"] for row in rows} == {row["pseudonym"] for row in before}
    assert {row["new"] for row in rows} == {row["pseudonym"] for row in after}
    wrong = ("--input", old, "--output", tmp_path / "no.csv", "--audience", "south")
    assert "line 2: no person" in run("pseudonym", "translate", "--data", data, *wrong, code=1)
    assert not (tmp_path / "no.csv").exists()

    gone = tmp_path / "gone.json"
    named = ("--data", data, "north", "--certificate", gone)
    assert "in use" in run("audience", "destroy", *named, "--generation", "2", code=1)
    run("audience", "destroy", *named, "--generation", "1")
    first = gone.read_bytes()
    run("audience", "destroy", *named, "--generation", "1")
    assert gone.read_bytes() == first
    assert not (served.unit.folder.audience_keys / "north-1.key").exists()
    assert "generation 1" in run("certificate", "check", gone, "--unit", card)
    assert "destroyed a key of generation 1" in run("pseudonym", "translate", "--data", data, *into, code=1)
    assert "1 destroyed" in run("audience", "list", "--data", data)

    last = tmp_path / "retired.json"
    run("audience", "retire", "--data", data, "south", "--certificate", last)
    assert "retired" in run("certificate", "check", last, "--unit", card)
    kept = run("persons", "--data", data, "--audience", "south", "--output", tmp_path / "x", code=1)
    assert "retired: audience south" in kept
    refused = run("audience", "retire", "--data", data, "operator", "--certificate", tmp_path / "y", code=1)
    assert "cannot be retired" in refused
    run("audit", "check", "--data", data)  # every change of an audience has its entry in the ledger
    last.write_bytes(last.read_bytes().replace(b'"retired":true', b'"retired":false'))
    assert "does not verify" in run("certificate", "check", last, "--unit", card, code=1)


def test_a_typed_pseudonym_is_checked_without_a_unit() -> None:
    good = _key("north").of(PERSONS[0])
    done = clew("register", "pseudonym", "check", good.lower().replace("-", " "))
    assert (done.code, done.out.strip()) == (0, good)
    bad = good[:-1] + ("2" if good[-1] != "2" else "3")
    done = clew("register", "pseudonym", "check", bad)
    assert (done.code, bad in done.err) == (1, False)
