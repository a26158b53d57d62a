"""A card that is read has a name that can be shown and keys that can be sealed to, or it is refused."""

import pytest

from keys.identity import Identity, create_identity
from linkage.errors import FormatError
from linkage.wire.canonical import canonical
from linkage.wire.cards import AgencyCard, CustodianCard, UnitCard, read_card, sign_card
from tests.support.custody import agency_card, opened, parties, unit_card

NO_KEY = "ff" * 1216
"""No coefficient of an ML-KEM key is as large as this."""

HOSTILE_NAMES = {
    "clears the terminal": "North\x1b[2J\x1b[1;1H",
    "adds a column": "North\tE09",
    "adds a line": "North\nE09\tcouncil\tenrolled",
    "turns the direction": "North \u202etsae",
    "hides a letter": "No\u200brth",
    "blank": "   ",
}


def _custodian(identity: Identity, *, name: str = "Mallory", sealing_key: str = "") -> CustodianCard:
    key = sealing_key or identity.sealing.public_text()
    card = CustodianCard(name=name, signing_key=identity.public_key, sealing_key=key)
    return sign_card(card, identity.signing)


@pytest.mark.parametrize("name", HOSTILE_NAMES.values(), ids=HOSTILE_NAMES.keys())
def test_attack_a_name_that_steers_a_terminal(name: str) -> None:
    identity = create_identity()
    with pytest.raises(FormatError, match="name"):
        read_card(canonical(_custodian(identity, name=name)), CustodianCard)
    with pytest.raises(FormatError, match="name"):
        read_card(canonical(agency_card(identity, name=name)), AgencyCard)
    with pytest.raises(FormatError, match="name"):
        read_card(canonical(unit_card(name)), UnitCard)


def test_attack_a_sealing_key_that_is_none_stops_a_ceremony_before_it_is_held() -> None:
    identity = create_identity()
    with pytest.raises(FormatError, match="sealing key"):
        read_card(canonical(_custodian(identity, sealing_key=NO_KEY)), CustodianCard)


@pytest.mark.parametrize("encodings", [True, False])
def test_attack_a_unit_nobody_can_seal_to(encodings: bool) -> None:
    identity, key = create_identity(), create_identity().sealing.public_text()
    card = UnitCard(
        name="Unit",
        signing_key=identity.public_key,
        encodings_key=NO_KEY if encodings else key,
        payload_key=key if encodings else NO_KEY,
    )
    with pytest.raises(FormatError, match="sealing key"):
        read_card(canonical(sign_card(card, identity.signing)), UnitCard)


@pytest.mark.parametrize("twin", ["ASHA", "\uff21sha", "As\u00adha", "Asha "])
def test_attack_two_custodians_whose_names_look_the_same(twin: str) -> None:
    asha, ben = parties(2)
    with pytest.raises(FormatError, match="name"):
        opened([asha, type(ben)(ben.identity, _custodian(ben.identity, name=twin), ben.contribution)])


def test_names_of_people_and_places_are_names() -> None:
    identity = create_identity()
    for name in ("Ash\u00e1 O\u2019Neill-Bj\u00f6rk", "\u9648 Li", "Kinder- & Jugendhilfe (Nord)"):
        assert read_card(canonical(agency_card(identity, name=name)), AgencyCard).name == name
