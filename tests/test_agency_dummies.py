"""Dummies are off unless turned on, stay the same, look like any child, and are counted nowhere."""

import datetime as dt
import json
import random
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from cli.agency import dummies as dummies_module
from cli.agency.bundles import lines, opened_bundle
from cli.agency.dummies import Dummies, load_dummies, save_dummies
from cli.agency.mixing import LEAST_CHILDREN, Mixer
from keys.identity import create_identity
from linkage.encode.identifiers import Identifiers
from linkage.encode.normalise import normalise
from linkage.errors import FormatError, InputError, VerificationError
from linkage.register.reconcile import AgencyRecords, reconcile
from linkage.wire.canonical import canonical
from linkage.wire.encodings import Encodings, read_encodings
from linkage.wire.manifest import Manifest
from linkage.wire.moments import Moment
from linkage.wire.records import Child, Coverage, Episode, Payload, payload_lines, read_payload
from tests.support.agency_desk import (
    Desk,
    child,
    desk,
    epoch,
    unit,
    write_council,
)

__all__ = ["desk", "epoch", "unit"]

TODAY = dt.date(2026, 3, 31)
COUNT = 40


def _dummies(desk: Desk, *words: str | Path, secret: bool = True) -> str:
    outcome = desk.run("dummies", *words, secret=secret)
    assert outcome.code == 0, outcome.err
    return outcome.out


def _on(desk: Desk, source: Path, share: str = "0.25") -> str:
    return _dummies(desk, "on", source, "--share", share, "--mapping", "council-csv")


def _encode(desk: Desk, source: Path, *more: str) -> tuple[Manifest, Payload, Encodings, str]:
    outcome = desk.encode(source, "council-csv", *more)
    assert outcome.code == 0, outcome.err
    with opened_bundle(desk.open_bundle) as bundle:
        payload = read_payload(lines(bundle.pieces("payload")))
        return bundle.manifest, payload, read_encodings(bundle.pieces("encodings"))[1], outcome.out


def _made(payload: Payload) -> set[str]:
    return {one.handle for one in payload.children if one.dummy}


def _rows(encodings: Encodings, handles: set[str]) -> dict[str, bytes]:
    texts = encodings.handle_texts()
    return {text: bits.tobytes() for text, bits in zip(texts, encodings.bits, strict=True) if text in handles}


def test_dummies_are_off_until_they_are_turned_on(tmp_path: Path, desk: Desk) -> None:
    source = write_council(tmp_path / "source", COUNT)
    manifest, payload, _, said = _encode(desk, source)
    assert not _made(payload)
    assert manifest.counts.dummies == 0
    assert b"dumm" not in canonical(manifest)
    assert b"dumm" not in b"".join(payload_lines(payload))
    assert "dumm" not in said
    assert _dummies(desk, "show") == "dummies are off\n"


def test_they_persist_over_submissions_with_the_same_handles_and_bits(tmp_path: Path, desk: Desk) -> None:
    source = write_council(tmp_path / "source", COUNT)
    assert "10 dummies, mixed from 40 children" in _on(desk, source)
    assert "10 go with every bundle" in _dummies(desk, "show")
    _, first, bits, _ = _encode(desk, source)
    other = write_council(tmp_path / "other", COUNT, children=[child(n) for n in range(1, COUNT + 1)])
    _, second, bits_again, _ = _encode(desk, other)
    assert len(_made(first)) == 10
    assert _made(first) == _made(second)
    rows = _rows(bits, _made(first))
    assert len(rows) == 10
    assert rows == _rows(bits_again, _made(first))
    records = {one.handle: one for one in first.children if one.dummy}
    assert records == {one.handle: one for one in second.children if one.dummy}


def test_they_are_counted_as_what_they_are_and_never_as_changes(tmp_path: Path, desk: Desk) -> None:
    source = write_council(tmp_path / "source", COUNT)
    _on(desk, source)
    manifest, payload, encodings, said = _encode(desk, source)
    assert (manifest.counts.children, manifest.counts.dummies) == (50, 10)
    assert manifest.counts.rows == len(encodings) == 50
    assert "50 children (10 of them dummies)" in said
    assert f"{COUNT * 4:,} new records" in said
    assert {episode.child for episode in payload.episodes}.isdisjoint(_made(payload))
    assert {spell.child for spell in payload.care_spells}.isdisjoint(_made(payload))
    _, _, _, said = _encode(desk, source)
    assert "0 new records" in said
    assert "0 withdrawn" in said


def test_nothing_but_the_payload_tells_which_rows_are_dummies(tmp_path: Path, desk: Desk) -> None:
    source = write_council(tmp_path / "source", COUNT)
    _on(desk, source, "1")
    _, payload, encodings, _ = _encode(desk, source)
    made = np.array([text in _made(payload) for text in encodings.handle_texts()])
    assert made.sum() == COUNT
    assert encodings.handle_texts() == sorted(encodings.handle_texts())
    assert set(encodings.tiers[made]) == set(encodings.tiers[~made])
    assert set(encodings.present[made]) == set(encodings.present[~made])
    weights = np.bitwise_count(encodings.bits).sum(axis=(1, 2))
    # Dummies share their parts, so their mean wavers more than that of as many children who share none.
    assert abs(weights[made].mean() - weights[~made].mean()) < 2 * weights[~made].std()


def test_turned_off_they_are_withdrawn(tmp_path: Path, desk: Desk) -> None:
    source = write_council(tmp_path / "source", COUNT)
    _on(desk, source)
    _, before, _, _ = _encode(desk, source)
    assert desk.run("dummies", "on", source).code == 1
    _dummies(desk, "off", secret=False)
    assert not (desk.workspace / "dummies.sealed").exists()
    manifest, after, encodings, said = _encode(desk, source)
    assert not _made(after)
    assert _made(before).isdisjoint(encodings.handle_texts())
    assert manifest.counts.dummies == 0
    assert "0 withdrawn" in said
    assert desk.run("dummies", "off", secret=False).code == 1


def test_a_snapshot_without_children_has_no_dummies_either(tmp_path: Path, desk: Desk) -> None:
    _on(desk, write_council(tmp_path / "source", COUNT))
    none = write_council(tmp_path / "none", 1)
    for file in none.iterdir():
        file.write_text(file.read_text().splitlines()[0] + "\n")
    _, payload, encodings, _ = _encode(desk, none, "--allow-empty", "--allow-withdrawals")
    assert not payload.children
    assert not len(encodings)


def test_the_workspace_holds_them_sealed_and_its_journal_only_their_number(
    tmp_path: Path, desk: Desk
) -> None:
    _on(desk, write_council(tmp_path / "source", COUNT))
    for file in filter(Path.is_file, desk.workspace.rglob("*")):
        assert b"canary" not in file.read_bytes().lower()
    assert (desk.workspace / "dummies.sealed").stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(desk.workspace / "workspace.db") as database:
        details = database.execute("SELECT details FROM journal WHERE action = 'dummies on'").fetchone()[0]
    assert json.loads(details) == {"dummies": 10, "share": 0.25}


def test_another_identity_or_a_damaged_file_is_refused(tmp_path: Path) -> None:
    identity, path = create_identity(), tmp_path / "dummies.sealed"
    dummies = Dummies.of([(Identifiers("Amelia", "Hartley"),)])
    save_dummies(path, dummies, identity)
    assert load_dummies(path, identity) == dummies
    with pytest.raises(VerificationError):
        load_dummies(path, create_identity())
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(VerificationError):
        load_dummies(path, identity)
    assert dummies_module.load_dummies(tmp_path / "none", identity) is None


FORENAMES = ("Amelia", "Olivia", "Isla", "Ava", "Mia", "Ivy", "Lily", "Rosie", "Freya", "Willow")
SURNAMES = ("Hartley", "Okafor", "Singh", "Brown", "Novak", "Ali", "Jones", "Walsh", "Clark", "Hughes")


def _people(count: int) -> list[tuple[Identifiers, ...]]:
    found: list[tuple[Identifiers, ...]] = []
    for number in range(count):
        forename, surname = FORENAMES[number % 10], SURNAMES[number * 3 % 10]
        birth = f"{1 + number % 28:02}/{1 + number % 12:02}/{2008 + number % 9}"
        postcode = f"LS{1 + number % 9} {number % 10}HN" if number % 7 else ""
        principal = Identifiers(
            forename,
            surname,
            date_of_birth=birth if number % 5 else "2010",
            sex="F",
            postcode=postcode,
            nhs_number="9434765919" if number % 2 else "",
            upn="L825203509077",
        )
        alias = Identifiers(
            forename, "Zephyrine", date_of_birth=principal.date_of_birth, sex="F", postcode=postcode
        )
        found.append((principal, alias) if number % 4 == 0 else (principal,))
    return found


def test_a_dummy_is_never_a_child_of_the_source_but_reads_like_one() -> None:
    people = _people(60)
    real = [normalise(one) for variants in people for one in variants]
    names = {frozenset((one.forename, one.surname)) for one in real}
    births = {(one.forename, one.year, one.month, one.day) for one in real if one.day}
    shapes = {_shape(variants) for variants in people}
    made = list(Mixer(people, today=TODAY, chance=random.Random(1)).dummies(200))
    for variants in made:
        assert _shape(variants) in shapes
        for one in map(normalise, variants):
            assert not one.refusals
            assert frozenset((one.forename, one.surname)) not in names
            assert (one.forename, one.year, one.month, one.day) not in births
            assert one.nhs_number[:3] in ("", "999")
            assert one.upn[1:4] in ("", "999")
    assert {_shape(variants) for variants in made} == shapes
    assert len({variants[0] for variants in made}) > 150


def _shape(variants: tuple[Identifiers, ...]) -> tuple[object, ...]:
    read = list(map(normalise, variants))
    names = ("forename", "surname", "year", "month", "day", "sex", "postcode", "nhs_number", "upn")
    there = [(one.tier, *(bool(getattr(one, name)) for name in names)) for one in read]
    return (*there, len({one.surname for one in read}))


def test_too_few_or_too_many_alike_children_give_no_dummies() -> None:
    with pytest.raises(InputError, match="too few"):
        Mixer(_people(LEAST_CHILDREN - 1), today=TODAY, chance=random.Random(1))
    alike = [(Identifiers("Amelia", "Hartley", date_of_birth="04/07/2009"),)] * 30
    with pytest.raises(InputError, match="too alike"):
        list(Mixer(alike, today=TODAY, chance=random.Random(1)).dummies(1))


def _handle(number: int) -> str:
    return f"{number:032x}"


def _council(*, dummies: bool) -> Payload:
    numbers = range(1, 4)
    children = [Child(handle=_handle(one), version=1, sex="F") for one in numbers]
    cover = [Child(handle=_handle(one + 100), version=1, dummy=True) for one in range(5)]
    day = Moment.parse("2025-06-05")
    episodes = [
        Episode(handle=_handle(one + 50), child=_handle(one), version=1, kind="missing", start=day, end=day)
        for one in numbers
    ]
    return Payload(
        agency="E09",
        children=(*children, *(cover if dummies else ())),
        episodes=tuple(episodes),
        coverage=(Coverage(area="E09", month="2025-06"),),
    )


def test_no_statistic_and_no_result_changes_by_dummies_even_linked_ones() -> None:
    police = Payload(agency="P23", children=(Child(handle=_handle(900), version=1),))
    linked = {("E09", _handle(101)): "one", ("P23", _handle(900)): "one", ("E09", _handle(1)): "two"}
    without, with_dummies = (
        reconcile(
            [
                AgencyRecords("E09", "council", _council(dummies=dummies)),
                AgencyRecords("P23", "police", police),
            ],
            linked,
            query_number=lambda *_: "Q-1",
        )
        for dummies in (False, True)
    )
    assert with_dummies == without
    assert with_dummies.figures.children_in_register == 4


def test_a_dummy_with_an_episode_is_refused() -> None:
    payload = _council(dummies=True)
    episode = Episode(
        handle=_handle(77), child=_handle(101), version=1, kind="missing", start=Moment.parse("2025-06-05")
    )
    changed = Payload(agency="E09", children=payload.children, episodes=(episode,))
    with pytest.raises(FormatError, match="dummy"):
        read_payload(payload_lines(changed))
