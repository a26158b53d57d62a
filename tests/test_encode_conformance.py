"""The conformance digest changes with the key, the profile, and anything that normalisation rests on."""

import re
from collections.abc import Iterable

import pytest

from linkage.encode import latin, reasons, tables
from linkage.encode.conformance import MADE_UP_PEOPLE, conformance_digest
from linkage.encode.normalise import Normaliser
from linkage.errors import EpochError
from linkage.profile import EncodingProfile, Feature, Field, View
from linkage.shipped_profiles import shipped_profile

KEY = bytes(range(32))
PROFILE = shipped_profile("child-1")
TABLES = [name for name in tables.__all__ if name.isupper()]


def test_it_is_a_digest_and_stable() -> None:
    digest = conformance_digest(PROFILE, KEY)
    assert re.fullmatch("[0-9a-f]{64}", digest)
    assert conformance_digest(PROFILE, KEY) == digest


def test_it_changes_with_key_and_profile() -> None:
    narrow = EncodingProfile(
        name="child-1",
        length=64,
        diffusion=1,
        views=(
            View(
                name="y",
                salt=("year",),
                features=(Feature(field="forename", kind="bigrams", label="g", k=1),),
            ),
        ),
    )
    digests = {
        conformance_digest(profile, key)
        for profile in (PROFILE, narrow)
        for key in (KEY, bytes(reversed(KEY)))
    }
    assert len(digests) == 4


@pytest.mark.parametrize("name", TABLES)
def test_it_changes_when_a_table_does(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = conformance_digest(PROFILE, KEY)
    table = getattr(tables, name)
    changed: object
    if isinstance(table, dict):
        changed = {**table, "novel": next(iter(table.values()))}
    else:
        changed = type(table)([*table, "novel"])
    monkeypatch.setattr(tables, name, changed)
    assert conformance_digest(PROFILE, KEY) != before


def test_it_changes_when_the_transliteration_does(monkeypatch: pytest.MonkeyPatch) -> None:
    before = conformance_digest(PROFILE, KEY)
    monkeypatch.setattr(
        latin, "anyascii", lambda character: "u" if character == "ы" else latin_anyascii(character)
    )
    tables._folding_digest.cache_clear()
    changed = conformance_digest(PROFILE, KEY)
    monkeypatch.undo()
    tables._folding_digest.cache_clear()
    assert changed != before
    assert conformance_digest(PROFILE, KEY) == before


latin_anyascii = latin.anyascii


def test_it_changes_when_the_code_of_a_rule_does(monkeypatch: pytest.MonkeyPatch) -> None:
    before = conformance_digest(PROFILE, KEY)
    honest = Normaliser.read

    def drifted(self: Normaliser, field: Field, texts: Iterable[str]) -> list[str]:
        values = honest(self, field, texts)
        return [value.removeprefix("mac") for value in values] if field == "surname" else values

    monkeypatch.setattr(Normaliser, "read", drifted)
    assert conformance_digest(PROFILE, KEY) != before


def test_the_made_up_people_meet_every_reason() -> None:
    from linkage.encode.conformance import _TODAY

    people = [Normaliser(today=_TODAY)(person) for person in MADE_UP_PEOPLE]
    refused = {refusal.reason for person in people for refusal in person.refusals}
    noticed = {notice.reason for person in people for notice in person.notices}
    assert refused == set(reasons._REFUSED)
    assert noticed == set(reasons._NOTICED)


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(EpochError, match="32 bytes"):
        conformance_digest(PROFILE, KEY[:16])
