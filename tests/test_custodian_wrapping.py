"""Any k custodians on one machine give agencies the key whose cards they checked; fewer give nothing."""

import shutil
import stat
from pathlib import Path

import pytest
from msgspec import structs

from keys.identity import create_identity
from keys.sealed_shares import seal_share
from keys.shares import combine, split
from keys.wrapping import unwrap_key
from linkage.wire.canonical import canonical
from linkage.wire.cards import CustodianCard, card_fingerprint, read_card
from linkage.wire.epochs import add_signature, read_descriptor, read_wrapped_key, verify_quorum
from tests.support.custody import agency_card, flip
from tests.support.custody_world import (
    CUSTODIANS,
    PHRASE,
    Stages,
    World,
    clew_keys,
    fill_disk,
    in_the_epoch,
    refused,
    stages,
)

__all__ = ["in_the_epoch", "stages"]

SHARE = "share-2025-26.json"
ONE = ("--agency", "x", "--fingerprint", "z")


def _all_signed(stages: Stages, tmp_path: Path) -> World:
    world = stages.at("signed", tmp_path)
    assert world.sign(world.descriptor, "carol").code == 0
    return world


def _holding(world: World) -> list[Path]:
    return sorted(world.path.rglob("wrapped-*.json"))


@pytest.mark.parametrize("names", [("asha", "ben"), ("ben", "asha"), ("carol", "ben"), CUSTODIANS])
def test_any_k_custodians_wrap_and_all_who_are_present_sign(
    stages: Stages, tmp_path: Path, names: tuple[str, ...]
) -> None:
    world = _all_signed(stages, tmp_path)
    outcome = world.wrap(*names)
    assert outcome.code == 0, outcome.err
    assert outcome.out == f"{world.path / 'wrapped-E06.json'}\n"
    assert f"signatures on each wrapped key: {len(names)}" in outcome.err
    descriptor = read_descriptor(world.descriptor.read_bytes())
    wrapped = read_wrapped_key((world.path / "wrapped-E06.json").read_bytes())
    signers = [world.identity(name).public_key for name in names]
    verify_quorum(wrapped, pinned=signers, threshold=len(names))
    assert unwrap_key(wrapped, world.agency, descriptor).matches(descriptor.key_check_value)


def test_several_agencies_are_served_at_once_all_or_none(stages: Stages, tmp_path: Path) -> None:
    world, out = stages.at("signed", tmp_path), tmp_path / "out" / "box"
    identities = {code: create_identity() for code in ("E06", "E07", "E09")}
    words: list[str | Path] = []
    for code, identity in identities.items():
        card, path = agency_card(identity, code), world.path / f"{code}.json"
        path.write_bytes(canonical(card))
        words += ["--agency", path, "--fingerprint", card_fingerprint(card)]
    wrong = [*words[:-1], words[3]]
    refused(world.wrap("asha", "ben", out=out, agencies=wrong), "not that of the card E09.json")
    assert not out.exists()
    outcome = world.wrap("asha", "ben", out=out, agencies=words)
    assert outcome.code == 0, outcome.err
    assert [Path(line).name for line in outcome.out.splitlines()] == [
        f"wrapped-{code}.json" for code in identities
    ]
    descriptor = read_descriptor(world.descriptor.read_bytes())
    for code, identity in identities.items():
        file = out / f"wrapped-{code}.json"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        unwrap_key(read_wrapped_key(file.read_bytes()), identity, descriptor)
    (out / "wrapped-E06.json").unlink()
    refused(world.wrap("asha", "ben", out=out, agencies=words), "wrapped-E07.json: is there already")
    assert not (out / "wrapped-E06.json").exists()


def test_a_full_disk_leaves_no_agencys_file(
    stages: Stages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = stages.at("signed", tmp_path)
    other, path = agency_card(create_identity(), "E07"), world.path / "E07.json"
    path.write_bytes(canonical(other))
    two = (*world.for_agency(), "--agency", path, "--fingerprint", card_fingerprint(other))
    for allowed in range(4):  # two files, each synced and then its folder
        with monkeypatch.context() as patched:
            fill_disk(patched, after=allowed)
            refused(world.wrap("asha", "ben", agencies=two), "not written: no space left on device")
        assert _holding(world) == []
    assert world.wrap("asha", "ben", agencies=two).code == 0


def test_wrapped_keys_go_into_a_folder(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    refused(world.wrap("asha", "ben", out=world.path / "passphrase"), "passphrase: not a folder", "--out")
    there = tmp_path / "there"
    there.mkdir(mode=0o755)
    assert world.wrap("asha", "ben", out=there).code == 0
    assert stat.S_IMODE(there.stat().st_mode) == 0o755
    assert world.wrap("asha", "ben", out=tmp_path / "new").code == 0
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_a_folder_without_its_card_is_named(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    (world.path / "ben" / "card.json").unlink()
    refused(world.wrap("asha", "ben"), "ben: card card.json: no such file or directory")


def test_without_passphrase_files_each_custodian_is_asked_by_name(
    stages: Stages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, asked = stages.at("signed", tmp_path), []

    def ask(prompt: str, **_: object) -> str:
        asked.append(prompt)
        return PHRASE

    monkeypatch.setattr("keys.passphrase.ask_hidden", ask)
    folders = ("--identity", world.path / "ben", "--identity", world.path / "asha")
    outcome = clew_keys(
        *("wrap", "--epoch", world.descriptor, "--out", world.path, *folders, *world.for_agency())
    )
    assert outcome.code == 0, outcome.err
    assert asked == ["passphrase of Ben", "passphrase of Asha"]


def test_a_card_given_twice_is_refused(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    twice = (*world.for_agency(), *world.for_agency())
    refused(world.wrap("asha", "ben", agencies=twice), "two cards of agency E06 are given")
    assert _holding(world) == []


@pytest.mark.parametrize(
    "words",
    [
        ("--identity", "a", "--agency", "x", "--agency", "y", "--fingerprint", "z"),
        (
            "--identity",
            "a",
            "--identity",
            "b",
            "--passphrase-file",
            "p",
            "--agency",
            "x",
            "--fingerprint",
            "z",
        ),
    ],
)
def test_options_that_do_not_pair_are_wrong_usage(words: tuple[str, ...]) -> None:
    outcome = clew_keys("wrap", "--epoch", "e", "--out", "o", *words)
    assert outcome.code == 2
    assert "in the same order" in outcome.err


# Fewer than k, the same one twice, wrong shares


def test_fewer_than_k_custodians_are_refused(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    refused(world.wrap("asha"), "custodians' folders given: 1, needed: 2")
    assert _holding(world) == []


def test_a_folder_given_twice_is_one_custodian(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    shutil.copytree(world.path / "asha", world.path / "copy")
    for second in ("asha", "copy"):
        refused(world.wrap("asha", second), f"{second}: a custodian who is given already")
    assert _holding(world) == []


def test_a_custodian_who_never_signed_has_no_share(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    refused(world.wrap("asha", "carol"), f"carol: {SHARE}: no share of this epoch", "clew keys sign")
    assert _holding(world) == []


def test_a_wrong_passphrase_says_whose(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    wrong = world.path / "wrong"
    wrong.write_text("not the one at all\n")
    wrong.chmod(0o600)
    outcome = clew_keys(
        *("wrap", "--epoch", world.descriptor, "--out", world.path, *world.for_agency()),
        *("--identity", world.path / "asha", "--passphrase-file", world.path / "passphrase"),
        *("--identity", world.path / "ben", "--passphrase-file", wrong),
    )
    refused(outcome, "ben: identity.json: ", "passphrase is wrong or the file is damaged")
    assert _holding(world) == []


def test_another_custodians_share_is_named(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    (world.path / "asha" / SHARE).write_bytes((world.path / "ben" / SHARE).read_bytes())
    refused(world.wrap("asha", "ben"), f"asha: {SHARE}: the share does not open for this identity")
    assert _holding(world) == []


@pytest.mark.parametrize("bit", [0, 500, 3000, 9000, 11111])
def test_a_damaged_share_is_named(stages: Stages, tmp_path: Path, bit: int) -> None:
    world = stages.at("signed", tmp_path)
    path = world.path / "ben" / SHARE
    path.write_bytes(flip(path.read_bytes(), bit))
    refused(world.wrap("asha", "ben"), f"ben: {SHARE}: ")
    assert _holding(world) == []


def test_attack_a_share_of_another_splitting_is_named(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    descriptor = read_descriptor(world.descriptor.read_bytes())
    asha, ben = (world.folder(name).read_share(descriptor, world.identity(name)) for name in ("asha", "ben"))
    card = read_card((world.path / "ben" / "card.json").read_bytes(), CustodianCard)
    foreign = split(combine([asha, ben]), threshold=2, count=3)[ben.index]
    (world.path / "ben" / SHARE).write_bytes(canonical(seal_share(foreign, descriptor, holder=card)))
    refused(
        world.wrap("asha", "ben"), f"ben: {SHARE}: the share is not one of those that the epoch descriptor"
    )
    # Somebody else's share, given on to Ben: one share, however many bring it.
    (world.path / "ben" / SHARE).write_bytes(canonical(seal_share(asha, descriptor, holder=card)))
    refused(world.wrap("asha", "ben"), "1 share is given, 2 are needed")
    assert _holding(world) == []


def test_a_share_of_another_epoch_is_named(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    second = _held_again(world, epoch="2026-27")
    (world.path / "ben" / SHARE).write_bytes((world.path / "ben" / "share-2026-27.json").read_bytes())
    refused(
        world.wrap("asha", "ben"), f"ben: {SHARE}: the share does not open for this identity in this epoch"
    )
    assert _holding(world) == []
    other = World(world.path, world.agency)
    (world.shared / "epoch.json").write_bytes((second / "epoch.json").read_bytes())
    assert other.wrap("asha", "ben").code == 0


def test_a_ceremony_opened_again_on_the_same_terms_wraps_too(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("committed", tmp_path)
    second = _held_again(world, epoch="2025-26")
    world.descriptor.write_bytes((second / "epoch.json").read_bytes())
    assert world.wrap("asha", "ben").code == 0


def _held_again(world: World, *, epoch: str) -> Path:
    folder = world.path / "second"
    assert world.open(folder, epoch=epoch).code == 0
    for step in ("commit", "contribute"):
        for name in CUSTODIANS:
            outcome = world.step(step, name, folder=folder)
            assert outcome.code == 0, outcome.err
    assert world.run("ceremony", "close", "--folder", folder).code == 0
    for name in ("asha", "ben"):
        assert world.sign(folder / "epoch.json", name).code == 0
    return folder


# The descriptor, this machine, and the cards


def test_attack_an_opener_who_states_another_conformance_digest(
    stages: Stages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = stages.at("signed", tmp_path)
    monkeypatch.setattr("cli.custodian.wrap_commands.conformance_of", lambda terms: lambda key: "00" * 32)
    refused(world.wrap("asha", "ben"), "this machine encodes otherwise", "conformance digest")
    assert _holding(world) == []


def test_wrapping_needs_a_descriptor_with_its_quorum(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("closed", tmp_path)
    refused(world.wrap("asha", "ben"), "asha: epoch.json: clew-epoch: signed by 0 of the custodians")
    assert world.sign(world.descriptor, "asha").code == 0
    refused(world.wrap("asha", "ben"), "signed by 1 of the custodians that you pinned, 2 are needed")
    forged = add_signature(read_descriptor(world.descriptor.read_bytes()), create_identity().signing)
    world.descriptor.write_bytes(canonical(forged))
    refused(world.wrap("asha", "ben"), "signed by 1 of the custodians that you pinned")
    assert _holding(world) == []


def test_attack_a_card_whose_fingerprint_the_agency_did_not_read_out(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    for given in (world.fingerprint[:9], " "):
        refused(world.wrap("asha", "ben", agencies=world.for_agency(given)), "fingerprint")
    (world.path / "agency-card.json").write_bytes(canonical(agency_card(create_identity())))
    outcome = world.wrap("asha", "ben")
    refused(outcome, "the fingerprint given is not that of the card agency-card.json")
    assert _holding(world) == []


def test_attack_a_card_changed_after_signing(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    card = agency_card(world.agency)
    theirs = structs.replace(card, sealing_key=agency_card(create_identity()).sealing_key)
    (world.path / "agency-card.json").write_bytes(canonical(theirs))
    refused(world.wrap("asha", "ben"), "agency-card.json", "does not verify")
    assert _holding(world) == []


def test_a_card_cannot_steer_the_terminal(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    card = agency_card(world.agency, name="North\x1b[2J\u202e")
    (world.path / "agency-card.json").write_bytes(canonical(card))
    outcome = world.wrap("asha", "ben", agencies=world.for_agency(card_fingerprint(card)))
    refused(outcome, "agency-card.json", "characters that cannot be shown")
    assert "\x1b" not in outcome.err
    assert "\u202e" not in outcome.err
