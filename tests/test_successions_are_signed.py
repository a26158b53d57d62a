"""A succession counts only with k of those who go and all of those who come, and never comes back."""

import hashlib
import random
from pathlib import Path

import pytest
from msgspec import structs

from keys.identity import Identity, create_identity, custodian_card
from linkage.errors import ClewError, FormatError, VerificationError
from linkage.wire.canonical import canonical, to_builtins
from linkage.wire.cards import CustodianCard, UnitCard, sign_card
from linkage.wire.custodian_sets import CustodianSet
from linkage.wire.epochs import add_signature, signed_bytes
from linkage.wire.moments import Moment
from linkage.wire.revocations import Revocation, RevokedEpoch
from linkage.wire.seal import SealingKey
from linkage.wire.successions import (
    Incoming,
    Succession,
    read_succession,
    require_apart,
    require_complete,
    verify_succession,
)
from tests.support.custody import flip

SPEC = (Path(__file__).parents[1] / "docs/spec/keys-v1.md").read_text(encoding="utf-8")
MOMENT = Moment.parse("2025-06-01T09:30Z")
NAMES = ("Asha", "Ben", "Carol", "Dev", "Esi", "Fay")


def _identity(number: int) -> Identity:
    return Identity.from_bytes(bytes([number]) * 128)


PEOPLE = {name: _identity(number) for number, name in enumerate(NAMES, 1)}


def card(name: str) -> CustodianCard:
    return custodian_card(PEOPLE[name], name)


def of(*names: str, threshold: int = 2) -> CustodianSet:
    keys = tuple(sorted(PEOPLE[name].public_key for name in names))
    return CustodianSet(threshold=threshold, custodians=keys)


def made(go: CustodianSet, come: tuple[str, ...], *, serial: int = 1, threshold: int = 2) -> Succession:
    cards = tuple(sorted(map(card, come), key=lambda one: one.signing_key))
    return Succession(
        serial=serial,
        outgoing=go,
        incoming=Incoming(threshold=threshold, custodians=cards),
        decided=MOMENT,
    )


def signed(succession: Succession, *names: str) -> Succession:
    for name in names:
        succession = add_signature(succession, PEOPLE[name].signing)
    return succession


FIRST = of("Asha", "Ben", "Carol")
PLAIN = made(FIRST, ("Ben", "Dev", "Esi"))
FULL = signed(PLAIN, "Asha", "Ben", "Dev", "Esi")
SECOND = PLAIN.coming


def test_the_vector_of_the_specification() -> None:
    once = signed(PLAIN, "Asha")
    assert hashlib.sha256(signed_bytes(once)).hexdigest() in SPEC
    assert once.signatures[0].signature[:64] in SPEC
    assert once.signatures[0].signature[64:] in SPEC
    assert f"`{PLAIN.fingerprint}`" in SPEC
    assert read_succession(canonical(once)) == once


def test_a_complete_one_counts_for_whoever_pins_those_who_go() -> None:
    verify_succession(read_succession(canonical(FULL)), pinned=FIRST, serial=0)
    assert FULL.fingerprint == PLAIN.fingerprint


def test_attack_fewer_than_must_sign_of_those_who_go() -> None:
    for names in (("Dev", "Esi"), ("Ben", "Dev", "Esi")):
        with pytest.raises(VerificationError, match="custodians that you pinned, 2 are"):
            verify_succession(signed(PLAIN, *names), pinned=FIRST, serial=0)
    strangers = add_signature(signed(PLAIN, "Ben", "Dev", "Esi"), create_identity().signing)
    with pytest.raises(VerificationError, match="signed by 1"):
        verify_succession(strangers, pinned=FIRST, serial=0)


@pytest.mark.parametrize("absent", ["Ben", "Dev", "Esi"])
def test_attack_one_who_comes_has_not_signed(absent: str) -> None:
    names = {"Asha", "Ben", "Carol", "Dev", "Esi"} - {absent}
    with pytest.raises(VerificationError, match="1 of the custodians who come have not signed"):
        verify_succession(signed(PLAIN, *sorted(names)), pinned=FIRST, serial=0)


def test_attack_it_is_replayed_after_it_was_adopted() -> None:
    with pytest.raises(VerificationError, match="this is succession 1, and succession 1 is adopted here"):
        verify_succession(FULL, pinned=SECOND, serial=1)


def test_attack_an_older_one_brings_the_old_custodians_back() -> None:
    """The set of the first succession counts again after the second: the first does not work twice."""
    back = signed(made(SECOND, ("Asha", "Ben", "Carol"), serial=2), "Dev", "Esi", "Asha", "Ben", "Carol")
    verify_succession(back, pinned=SECOND, serial=1)
    assert back.coming == FIRST
    with pytest.raises(VerificationError, match="succession 2 is adopted here"):
        verify_succession(FULL, pinned=FIRST, serial=2)


def test_attack_a_fork_from_the_same_custodians() -> None:
    """Two successions from one set: whoever adopted either refuses the other."""
    other = signed(made(FIRST, ("Asha", "Carol", "Fay")), "Asha", "Carol", "Fay")
    later = signed(made(FIRST, ("Asha", "Carol", "Fay"), serial=7), "Asha", "Carol", "Fay")
    with pytest.raises(VerificationError, match="succession 1 is adopted here"):
        verify_succession(other, pinned=SECOND, serial=1)
    with pytest.raises(VerificationError, match="other custodians than those pinned here"):
        verify_succession(later, pinned=SECOND, serial=1)


@pytest.mark.parametrize(
    "pinned",
    [
        of("Asha", "Ben", "Carol", threshold=3),
        of("Asha", "Ben"),
        of("Asha", "Ben", "Carol", "Dev"),
        SECOND,
    ],
)
def test_attack_it_is_of_another_set_or_threshold(pinned: CustodianSet) -> None:
    with pytest.raises(VerificationError, match="other custodians than those pinned here"):
        verify_succession(FULL, pinned=pinned, serial=0)


def test_attack_those_who_come_and_go_are_swapped() -> None:
    swapped = made(of("Ben", "Dev", "Esi"), ("Asha", "Ben", "Carol"))
    swapped = structs.replace(swapped, signatures=FULL.signatures)
    for pinned in (FIRST, SECOND):
        with pytest.raises(VerificationError):
            verify_succession(swapped, pinned=pinned, serial=0)


@pytest.mark.parametrize(
    "changes",
    [
        {"serial": 2},
        {"outgoing": of("Asha", "Ben", "Carol", threshold=1)},
        {"incoming": structs.replace(PLAIN.incoming, threshold=3)},
        {"decided": Moment.parse("2025-06-01T09:31Z")},
    ],
)
def test_attack_changed_after_it_was_signed(changes: dict[str, object]) -> None:
    with pytest.raises(VerificationError, match="does not verify"):
        require_complete(structs.replace(FULL, **changes))


def test_attack_a_signature_for_something_else() -> None:
    revocation = Revocation(subject=RevokedEpoch(epoch="e1", descriptor="a" * 64), reason="x", decided=MOMENT)
    other = add_signature(revocation, PEOPLE["Asha"].signing).signatures
    with pytest.raises(VerificationError, match="does not verify"):
        require_complete(structs.replace(FULL, signatures=other))


def test_attack_the_linkage_unit_is_among_those_who_come() -> None:
    def unit(identity: Identity) -> UnitCard:
        made = UnitCard(
            name="Unit",
            signing_key=identity.public_key,
            encodings_key=identity.sealing.public_text(),
            payload_key=SealingKey.generate().public_text(),
        )
        return sign_card(made, identity.signing)

    require_apart(FULL, unit(PEOPLE["Fay"]))
    with pytest.raises(VerificationError, match="the linkage unit is one of the custodians"):
        require_apart(FULL, unit(PEOPLE["Dev"]))


def _content(**changes: object) -> bytes:
    return canonical({**to_builtins(FULL), **changes})


def _come(*names: str, threshold: int = 2, cards: list[object] | None = None) -> dict[str, object]:
    found = [to_builtins(one) for one in sorted(map(card, names), key=lambda one: one.signing_key)]
    return {"threshold": threshold, "custodians": found if cards is None else cards}


def _twin(name: str, like: str) -> object:
    """A card with a key of its own, and the name or the sealing key of another's."""
    identity = Identity(PEOPLE[name].signing, PEOPLE[like].sealing)
    return to_builtins(custodian_card(identity, name))


@pytest.mark.parametrize(
    "changes",
    [
        {"serial": 0},
        {"serial": 10_000},
        {"serial": True},
        {"version": 2},
        {"format": "clew-epoch"},
        {"decided": "2025-06-01"},
        {"more": 1},
        {"outgoing": {"threshold": 4, "custodians": list(FIRST.custodians)}},
        {"outgoing": {"threshold": 2, "custodians": list(reversed(FIRST.custodians))}},
        {"outgoing": {"threshold": 2, "custodians": [FIRST.custodians[0]] * 2}},
        {"outgoing": {"threshold": 0, "custodians": list(FIRST.custodians)}},
        {"incoming": _come("Asha", "Ben", "Carol")},
        {"incoming": _come("Ben", "Dev", "Esi", threshold=1)},
        {"incoming": _come("Ben", "Dev", "Esi", threshold=4)},
        {"incoming": _come("Ben")},
        {"incoming": _come(cards=list(reversed(_come("Ben", "Dev")["custodians"])))},  # type: ignore[arg-type]
        {"incoming": _come("Ben", "Ben")},
        {"incoming": _come(cards=sorted([_twin("Ben", "Dev"), _twin("Dev", "Dev")], key=str))},
        {"incoming": _come(cards=[{**to_builtins(card("Ben")), "name": "Dan"}, to_builtins(card("Dev"))])},
    ],
)
def test_what_is_not_in_form_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ClewError):
        read_succession(_content(**changes))


def _named(who: str, name: str) -> CustodianCard:
    """A card that its own key signed, with a name that no honest program would give it."""
    identity = PEOPLE[who]
    plain = CustodianCard(
        name=name, signing_key=identity.public_key, sealing_key=identity.sealing.public_text()
    )
    return sign_card(plain, identity.signing)


def _come_with(impostor: CustodianCard) -> bytes:
    """A succession that everybody signed who must, to Ben, Dev and whoever has the card."""
    cards = sorted((card("Ben"), card("Dev"), impostor), key=lambda one: one.signing_key)
    incoming = Incoming(threshold=2, custodians=tuple(cards))
    return canonical(signed(structs.replace(PLAIN, incoming=incoming), "Asha", "Ben", "Dev", "Esi"))


@pytest.mark.parametrize(
    "name",
    ["Esi\x1b[2J", "Esi\tkey 00", "Esi\nBen", "ise \u202e", "\u2066Esi", "E\u200bsi", "Es\u00adi", " "],
    ids=ascii,
)
def test_attack_a_name_among_those_who_come_that_steers_a_terminal(name: str) -> None:
    with pytest.raises(FormatError, match="the name is empty or holds characters that cannot be shown"):
        read_succession(_come_with(_named("Esi", name)))


@pytest.mark.parametrize(
    "name",
    ["Dev", "DEV", "Dev ", " dev", "\uff24ev", "D\u212fv", "\U0001d403ev", "De\u2174"],
    ids=ascii,
)
def test_attack_one_who_comes_has_a_name_like_anothers(name: str) -> None:
    with pytest.raises(FormatError, match="two custodians have the same name"):
        read_succession(_come_with(_named("Esi", name)))


def test_names_that_differ_are_names() -> None:
    for name in ("Esi", "Devi", "D\u00e9v", "Ash\u00e1 O\u2019Neill-Bj\u00f6rk"):
        assert read_succession(_come_with(_named("Esi", name))).incoming.custodians


def test_it_is_read_in_canonical_form_only() -> None:
    read_succession(_content())
    with pytest.raises(FormatError):
        read_succession(_content() + b"\n")


def test_a_random_bit_turned_over_never_leaves_a_succession() -> None:
    good, draw = canonical(FULL), random.Random(11)
    for _ in range(300):
        with pytest.raises(ClewError):
            verify_succession(
                read_succession(flip(good, draw.randrange(8 * len(good)))), pinned=FIRST, serial=0
            )
