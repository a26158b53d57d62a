"""A custodian signs only what it checked itself."""

import datetime as dt
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from cli.custodian.signing import examine_descriptor, open_own_share
from keys.ceremony_folder import CeremonyFolder
from keys.custodian_folder import CustodianFolder
from keys.identity import create_identity
from keys.sealed_shares import require_listed, seal_share
from keys.shares import share_digest, split
from linkage.errors import ClewError, VerificationError
from linkage.wire.canonical import canonical
from linkage.wire.epochs import SealedShare, read_descriptor, read_sealed_share, read_wrapped_key
from tests.support.custody import CHEAP, agency_card, flip, hold, parties
from tests.support.custody_world import Stages, World, in_the_epoch, refused, stages

__all__ = ["in_the_epoch", "stages"]

HELD = hold()
FILES = ("terms", "transcript", "descriptor", "share", "commitment", "contribution")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[CeremonyFolder, CustodianFolder]:
    """A closed ceremony and Asha's folder, without any passphrase work."""
    root = tmp_path_factory.mktemp("signing")
    shared, own = CeremonyFolder(root / "ceremony"), CustodianFolder(root / "asha", cost=CHEAP, floor=CHEAP)
    shared.write_opening(HELD.terms, key_file=root / "one-time-key.json", one_time_key=b"not used here")
    for card in HELD.terms.custodians:
        shared.commitment(card).write_bytes(canonical(HELD.exchanged.commitments[card.signing_key]))
        shared.contribution(card).write_bytes(canonical(HELD.exchanged.contributions[card.signing_key]))
    shared.write_closing(HELD.terms, HELD.closing)
    own.path.mkdir()
    own.pin(HELD.terms)
    return shared, own


def _check(folders: tuple[CeremonyFolder, CustodianFolder]) -> SealedShare:
    shared, own = folders
    descriptor = examine_descriptor(shared.descriptor, shared, own)
    return open_own_share(descriptor, shared, HELD.of("Asha").identity)


@given(which=st.sampled_from(FILES), who=st.sampled_from(["Asha", "Ben"]), bit=st.integers(min_value=0))
def test_a_single_flipped_bit_of_any_file_of_the_ceremony_stops_the_signature(
    folders: tuple[CeremonyFolder, CustodianFolder], which: str, who: str, bit: int
) -> None:
    place = getattr(folders[0], which)
    if which in ("share", "commitment", "contribution"):
        place = place(HELD.of("Asha" if which == "share" else who).card)
    good = place.read_bytes()
    try:
        place.write_bytes(flip(good, bit))
        with pytest.raises(ClewError):
            _check(folders)
    finally:
        place.write_bytes(good)
    _check(folders)


def test_an_own_share_is_kept_when_signing(stages: Stages) -> None:
    world = stages.stages["signed"]
    kept = read_sealed_share((world.path / "asha" / "share-2025-26.json").read_bytes())
    assert kept == read_sealed_share(world.message("share", "asha").read_bytes())
    assert kept.holder == world.identity("asha").public_key
    assert not (world.path / "carol" / "share-2025-26.json").exists()


def test_attack_an_opener_who_hands_out_something_else_than_the_descriptor_lists(
    folders: tuple[CeremonyFolder, CustodianFolder],
) -> None:
    asha = HELD.of("Asha").card
    descriptor = HELD.closing.descriptor
    again = split(HELD.key, threshold=2, count=3)[descriptor.custodians.index(asha.signing_key)]
    place = folders[0].share(asha)
    good = place.read_bytes()
    for share in (again, HELD.share("Ben")):
        place.write_bytes(canonical(seal_share(share, descriptor, holder=asha)))
        with pytest.raises(VerificationError, match=r"not one of those|another custodian's"):
            _check(folders)
    place.write_bytes(good)
    _check(folders)


def test_attack_an_opener_who_split_the_key_among_fewer_than_k() -> None:
    held = hold(parties(), threshold=3)
    weak = split(held.key, threshold=2, count=3)
    keys = held.terms.custodian_keys
    digests = [share_digest(s, ceremony=held.terms.id, custodian=k) for s, k in zip(weak, keys, strict=True)]
    descriptor = structs.replace(held.closing.descriptor, shares=tuple(digests))
    with pytest.raises(VerificationError, match="not one of those that the epoch descriptor lists"):
        require_listed(weak[0], descriptor, [held.terms.id])
    at_two = structs.replace(descriptor, threshold=2)
    assert require_listed(weak[0], at_two, [held.terms.id]) == keys[0]


def test_two_custodians_shares_swapped(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("closed", tmp_path)
    one, other = world.message("share", "asha"), world.message("share", "ben")
    one.write_bytes(other.read_bytes())
    before = world.files()
    refused(
        world.sign(world.descriptor, "asha"),
        f"{one.name}: the share does not open for this identity in this epoch",
    )
    assert world.files() == before


def test_a_third_signature_may_follow(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    outcome = world.sign(world.descriptor, "carol")
    assert outcome.code == 0
    assert "signed so far by: " in outcome.err
    assert len(read_descriptor(world.descriptor.read_bytes()).signatures) == 3


def test_a_descriptor_away_from_its_ceremony_needs_the_folder(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("closed", tmp_path)
    away = world.path / "sent.json"
    away.write_bytes(world.descriptor.read_bytes())
    refused(world.sign(away, "asha"), "the ceremony that it came from is not in this folder", "--folder")
    assert world.sign(away, "asha", "--folder", world.shared).code == 0
    assert len(read_descriptor(away.read_bytes()).signatures) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"key_check_value": "00" * 16},
        {"conformance": "00" * 32},
        {"transcript": "00" * 32},
        {"epoch": "2026-27"},
        {"threshold": 3},
        {"shares": ("00" * 32,) * 3},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_attack_a_changed_descriptor_is_not_signed(
    stages: Stages, tmp_path: Path, changes: dict[str, object]
) -> None:
    world = stages.at("closed", tmp_path)
    descriptor = read_descriptor(world.descriptor.read_bytes())
    world.descriptor.write_bytes(canonical(structs.replace(descriptor, **changes)))
    before = world.files()
    refused(world.sign(world.descriptor, "asha"))
    assert world.files() == before


def test_attack_a_second_descriptor_for_one_epoch_is_not_signed(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    second = World(world.path, world.agency)
    folder = world.path / "second"
    assert second.open(folder).code == 0
    for step in ("commit", "contribute"):
        for name in ("asha", "ben", "carol"):
            outcome = world.step(step, name, folder=folder)
            assert outcome.code == 0, outcome.err
    assert world.run("ceremony", "close", "--folder", folder).code == 0
    before = world.files()
    refused(world.sign(folder / "epoch.json", "asha"), "you signed a different descriptor for this epoch")
    assert world.files() == before
    # Carol signed neither: for her the second is the first.
    assert world.sign(folder / "epoch.json", "carol").code == 0


def test_attack_a_broken_signature_is_not_joined(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    content = json.loads(world.descriptor.read_bytes())
    content["signatures"][0]["signature"] = "00" * 64
    world.descriptor.write_bytes(canonical(content))
    refused(world.sign(world.descriptor, "carol"), "epoch.json", "does not verify")


@pytest.mark.parametrize("file", ["asha/card.json", "passphrase", "ceremony/transcript.json"])
def test_only_descriptors_and_wrapped_keys_are_signed(stages: Stages, tmp_path: Path, file: str) -> None:
    world = stages.at("signed", tmp_path)
    refused(world.sign(world.path / file, "asha"), "not a file that custodians sign")


# Co-signing a wrapped key


def test_a_wrapped_key_is_co_signed_only_after_checking_epoch_and_card(
    stages: Stages, tmp_path: Path
) -> None:
    world = stages.at("wrapped", tmp_path)
    file, before = world.path / "wrapped-E06.json", world.files()
    epoch = ("--epoch", world.descriptor)
    refused(world.sign(file, "carol"), "signed against its epoch", "--epoch")
    refused(world.sign(file, "carol", *epoch), "whose card you have not checked", "--agency")
    refused(world.sign(file, "carol", *epoch, *world.for_agency("0000")), "fingerprint")
    other = create_identity()
    (world.path / "agency-card.json").write_bytes(canonical(agency_card(other)))
    fingerprint = World(world.path, other).fingerprint
    refused(world.sign(file, "carol", *epoch, *world.for_agency(fingerprint)), "made for another card")
    (world.path / "agency-card.json").write_bytes(before["agency-card.json"])
    assert world.files() == before
    assert world.sign(file, "carol", *epoch, *world.for_agency()).code == 0
    assert len(read_wrapped_key(file.read_bytes()).signatures) == 3


def test_a_wrapped_key_is_not_co_signed_under_a_descriptor_that_does_not_verify(
    stages: Stages, tmp_path: Path
) -> None:
    world = stages.at("wrapped", tmp_path)
    descriptor = read_descriptor(world.descriptor.read_bytes())
    unsigned = structs.replace(descriptor, signatures=descriptor.signatures[:1])
    world.descriptor.write_bytes(canonical(unsigned))
    file = world.path / "wrapped-E06.json"
    outcome = world.sign(file, "carol", "--epoch", world.descriptor, *world.for_agency())
    refused(outcome, "epoch.json", "signed by 1 of the custodians")


def test_a_wrapped_key_of_another_epoch_is_not_co_signed(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("wrapped", tmp_path)
    file = world.path / "wrapped-E06.json"
    wrapped = read_wrapped_key(file.read_bytes())
    file.write_bytes(canonical(structs.replace(wrapped, epoch="2024-25")))
    outcome = world.sign(file, "carol", "--epoch", world.descriptor, *world.for_agency())
    refused(outcome, "wrapped-E06.json: made for another epoch")


def test_the_descriptor_of_a_closed_epoch_is_not_signed(
    stages: Stages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = stages.at("closed", tmp_path)
    before = world.files()
    monkeypatch.setattr("cli.custodian.checks.today", lambda: dt.date(2026, 4, 1))
    outcome = world.sign(world.descriptor, "asha")
    assert outcome.code == 1
    assert "epoch 2025-26 closed on 2026-03-31" in outcome.err
    assert "ask the custodians for a new ceremony" in outcome.err
    assert world.files() == before
    monkeypatch.setattr("cli.custodian.checks.today", lambda: dt.date(2026, 3, 31))
    assert world.sign(world.descriptor, "asha").code == 0
