"""Custodians revoke only what they checked, and a revocation is read only as they signed it."""

import hashlib
import random
import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import structs

from keys.custody_log import CustodyLog
from keys.identity import create_identity
from linkage.errors import ClewError, FormatError, VerificationError
from linkage.wire.canonical import canonical
from linkage.wire.epochs import add_signature, content_digest, read_descriptor, signed_bytes, verify_quorum
from linkage.wire.fingerprints import in_words
from linkage.wire.moments import Moment
from linkage.wire.revocations import (
    Revocation,
    RevokedAgency,
    RevokedEpoch,
    read_revocation,
)
from linkage.wire.signing import public_text
from tests.support.custody import agency_card
from tests.support.custody_world import Outcome, Stages, World, clew_keys, in_the_epoch, refused, stages

__all__ = ["in_the_epoch", "stages"]

SPEC = (Path(__file__).parents[1] / "docs/spec/keys-v1.md").read_text(encoding="utf-8")
KEYS = tuple(Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (1, 2, 3))
PINNED = [public_text(key.public_key()) for key in KEYS]
PLAIN = Revocation(
    subject=RevokedEpoch(epoch="2025-26", descriptor="a" * 64),
    reason="key seen outside",
    decided=Moment.parse("2025-06-01T09:30Z"),
)


# The document


def test_the_vector_of_the_specification() -> None:
    signed = add_signature(PLAIN, KEYS[0])
    assert hashlib.sha256(signed_bytes(signed)).hexdigest() in SPEC
    signature = signed.signatures[0].signature
    assert signature[:64] in SPEC
    assert signature[64:] in SPEC
    assert read_revocation(canonical(signed)) == signed


def test_a_revocation_counts_with_the_quorum_of_the_pinned_custodians() -> None:
    one = add_signature(PLAIN, KEYS[0])
    foreign = add_signature(one, Ed25519PrivateKey.generate())
    for under in (PLAIN, one, foreign, add_signature(one, KEYS[0])):
        with pytest.raises(VerificationError, match="clew-revocation: signed by"):
            verify_quorum(under, pinned=PINNED, threshold=2)
    verify_quorum(add_signature(one, KEYS[2]), pinned=PINNED, threshold=2)


@pytest.mark.parametrize(
    "changes",
    [
        {"reason": "another reason"},
        {"decided": Moment.parse("2025-06-01T09:31Z")},
        {"subject": RevokedEpoch(epoch="2025-27", descriptor="a" * 64)},
        {"subject": RevokedEpoch(epoch="2025-26", descriptor="b" * 64)},
        {"subject": RevokedAgency(agency="E09", signing_key="a" * 64)},
    ],
)
def test_attack_a_revocation_changed_after_it_was_signed(changes: dict[str, object]) -> None:
    signed = add_signature(add_signature(PLAIN, KEYS[0]), KEYS[1])
    with pytest.raises(VerificationError, match="does not verify"):
        verify_quorum(structs.replace(signed, **changes), pinned=PINNED, threshold=2)


@pytest.mark.parametrize(
    "changes",
    [
        {"reason": ""},
        {"reason": "   "},
        {"reason": "x" * 201},
        {"reason": "clear\x1b[2J"},
        {"decided": "2025-06-01"},
        {"version": 2},
        {"format": "clew-epoch"},
        {"subject": {"kind": "custodian", "agency": "E09"}},
        {"subject": {"kind": "agency", "agency": "E09"}},
        {"subject": {"kind": "agency", "agency": "e09", "signing_key": "a" * 64}},
        {"subject": {"kind": "epoch", "epoch": "2025-26", "descriptor": "a" * 64, "more": 1}},
    ],
)
def test_what_is_not_in_form_is_refused(changes: dict[str, object]) -> None:
    content = {
        "format": "clew-revocation",
        "version": 1,
        "subject": {"kind": "epoch", "epoch": "2025-26", "descriptor": "a" * 64},
        "reason": "key seen outside",
        "decided": "2025-06-01T09:30Z",
        "signatures": [],
    }
    assert read_revocation(canonical(content)) == PLAIN
    with pytest.raises(FormatError):
        read_revocation(canonical(content | changes))


def test_a_random_bit_turned_over_never_leaves_a_quorum() -> None:
    signed = add_signature(add_signature(PLAIN, KEYS[0]), KEYS[1])
    good, draw = canonical(signed), random.Random(11)
    for _ in range(1000):
        data = bytearray(good)
        bit = draw.randrange(8 * len(data))
        data[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ClewError):
            verify_quorum(read_revocation(bytes(data)), pinned=PINNED, threshold=2)


# Commands


def _revoke(world: World, name: str, *what: str | Path, reason: str = "laptop stolen") -> Outcome:
    out = world.path / "revoked.json"
    return world.run(
        "revoke", *what, "--reason", reason, "--identity", world.path / name, "--out", out
    )  # fmt: skip


def _sign(world: World, name: str, *what: str | Path) -> Outcome:
    return world.sign(world.path / "revoked.json", name, *what)


def _read(world: World) -> Revocation:
    return read_revocation((world.path / "revoked.json").read_bytes())


def test_two_custodians_revoke_an_agencys_card(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("wrapped", tmp_path)
    outcome = _revoke(world, "asha", *world.for_agency())
    assert outcome.code == 0, outcome.err
    assert outcome.out.strip() == str(world.path / "revoked.json")
    assert "laptop stolen" in outcome.err
    assert _sign(world, "ben", *world.for_agency()).code == 0
    revocation = _read(world)
    assert revocation.subject == RevokedAgency(agency="E06", signing_key=world.agency.public_key)
    keys = [world.identity(name).public_key for name in ("asha", "ben", "carol")]
    verify_quorum(revocation, pinned=keys, threshold=2)
    last = [CustodyLog(world.path / name).read().entries()[-1] for name in ("asha", "ben")]
    assert [entry.action for entry in last] == ["revoked", "signed-revocation"]
    assert last[0].subjects == {"agency": "E06", "card-key": world.agency.public_key}


def test_two_custodians_revoke_an_epoch(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    epoch = ("--epoch", world.descriptor)
    assert _revoke(world, "asha", *epoch).code == 0
    assert _sign(world, "carol", *epoch).code == 0
    again = _sign(world, "carol", *epoch)
    assert "you had signed already; signatures on the file: 2" in again.err
    descriptor = read_descriptor(world.descriptor.read_bytes())
    assert _read(world).subject == RevokedEpoch(epoch="2025-26", descriptor=content_digest(descriptor))
    # Signatures that come later do not make the descriptor another one.
    assert world.sign(world.descriptor, "carol").code == 0
    assert content_digest(read_descriptor(world.descriptor.read_bytes())) == _read(world).subject.descriptor


def test_a_custodian_names_one_thing_that_it_checked(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    card = ("--agency", world.path / "agency-card.json")
    before = world.files()
    refused(_revoke(world, "asha"), "what is to be revoked?", "--epoch DESCRIPTOR")
    refused(_revoke(world, "asha", *card), "what is to be revoked?")
    refused(
        _revoke(world, "asha", *world.for_agency(), "--epoch", world.descriptor), "what is to be revoked?"
    )
    refused(_revoke(world, "asha", *world.for_agency("0000")), "fingerprint")
    refused(_revoke(world, "asha", *world.for_agency(), reason=" "), "--reason: it is empty")
    refused(_revoke(world, "asha", *world.for_agency(), reason="x" * 201), "--reason")
    refused(_revoke(world, "asha", *world.for_agency(), reason="a\tb"), "--reason")
    assert world.files() == before


def test_a_descriptor_without_its_quorum_is_not_revoked(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("closed", tmp_path)
    refused(
        _revoke(world, "asha", "--epoch", world.descriptor), "epoch.json", "signed by 0 of the custodians"
    )


def test_a_revocation_is_not_overwritten(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    assert _revoke(world, "asha", *world.for_agency()).code == 0
    before = world.files()
    refused(_revoke(world, "asha", *world.for_agency()), "revoked.json: is there already")
    assert world.files() == before


def test_attack_a_revocation_of_something_else_is_not_signed(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    assert _revoke(world, "asha", *world.for_agency()).code == 0
    other = create_identity()
    (world.path / "agency-card.json").write_bytes(canonical(agency_card(other)))
    before = world.files()
    refused(_sign(world, "ben"), "what is to be revoked?")
    fingerprint = World(world.path, other).fingerprint
    refused(_sign(world, "ben", *world.for_agency(fingerprint)), "revoked.json: it revokes something else")
    refused(_sign(world, "ben", "--epoch", world.descriptor), "revoked.json: it revokes something else")
    assert world.files() == before


def test_attack_a_broken_signature_is_not_joined(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    assert _revoke(world, "asha", *world.for_agency()).code == 0
    changed = structs.replace(_read(world), reason="another reason")
    (world.path / "revoked.json").write_bytes(canonical(changed))
    refused(_sign(world, "ben", *world.for_agency()), "revoked.json", "does not verify")


# What is shown, and whose signature counts


def test_the_card_is_shown_as_its_agency_reads_it_out(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    made = _revoke(world, "asha", *world.for_agency())
    signed = _sign(world, "ben", *world.for_agency())
    for outcome in (made, signed):
        assert outcome.code == 0, outcome.err
        assert f"revocation of the card of agency E06: North  {world.fingerprint}\n" in outcome.err
        assert f"in words: {in_words(world.fingerprint)}\n" in outcome.err
        assert world.agency.public_key not in outcome.err


def _stranger(world: World) -> None:
    """An identity made after the ceremony, for which Asha's share was restored: it knows the terms."""
    assert world.run("identity", "Asha again", "--out", world.path / "again").code == 0
    for path in (world.path / "asha").glob("ceremony-*.json"):
        shutil.copy(path, world.path / "again")


def test_attack_an_identity_that_is_no_custodian_signs_no_revocation(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    _stranger(world)
    before = world.files()
    epoch = ("--epoch", world.descriptor)
    refused(_revoke(world, "again", *world.for_agency()), "this identity is not a custodian of any epoch")
    refused(_revoke(world, "again", *epoch), "this identity is not a custodian of this epoch")
    assert world.files() == before
    for what, told in ((world.for_agency(), "of any epoch known here"), (epoch, "of this epoch")):
        assert _revoke(world, "asha", *what).code == 0
        before = world.files()
        refused(_sign(world, "again", *what), f"revoked.json: this identity is not a custodian {told}")
        # Said before a passphrase is asked for: there is none to be had here.
        own = ("--identity", world.path / "again")
        refused(clew_keys("sign", world.path / "revoked.json", *own, *what), "its signature would not count")
        assert world.files() == before
        (world.path / "revoked.json").unlink()


def test_attack_another_custodians_card_lets_no_other_identity_in(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    _stranger(world)
    shutil.copy(world.path / "asha" / "card.json", world.path / "again" / "card.json")
    before = world.files()
    refused(_revoke(world, "again", *world.for_agency()), "the identity is not the one of the card")
    assert world.files() == before


def test_a_custodian_who_signed_no_descriptor_yet_signs(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    outcome = _revoke(world, "carol", *world.for_agency())
    assert outcome.code == 0, outcome.err
