"""Three custodians make a key with the real commands; every step is refused clearly or harmless to repeat."""

import re
from pathlib import Path

import pytest
from msgspec import structs

import cli.custodian.checks
from keys.ceremony import make_commitment
from keys.messages import read_ceremony
from keys.sealed_shares import recover
from keys.wrapping import unwrap_key
from linkage.wire.canonical import canonical
from linkage.wire.cards import card_fingerprint
from linkage.wire.epochs import read_descriptor, read_wrapped_key, verify_quorum
from tests.support.custody_world import CUSTODIANS, Stages, clew_keys, in_the_epoch, refused, stages

__all__ = ["in_the_epoch", "stages"]


def test_the_agency_opens_the_key_that_the_ceremony_made(stages: Stages) -> None:
    world = stages.stages["wrapped"]
    terms = read_ceremony((world.shared / "ceremony.json").read_bytes())
    descriptor = read_descriptor(world.descriptor.read_bytes())
    wrapped = read_wrapped_key((world.path / "wrapped-E06.json").read_bytes())
    for document in (descriptor, wrapped):
        verify_quorum(document, pinned=terms.custodian_keys, threshold=terms.threshold)
    opened = unwrap_key(wrapped, world.agency, descriptor)
    assert opened.matches(descriptor.key_check_value)
    shares = [world.folder(name).read_share(descriptor, world.identity(name)) for name in ("asha", "ben")]
    assert recover(shares, descriptor).to_bytes() == opened.to_bytes()


def test_each_command_writes_what_it_made_to_stdout_and_all_else_to_stderr(stages: Stages) -> None:
    identity, *_ = stages.outputs
    assert re.fullmatch(r"([0-9a-f]{4} ){9}[0-9a-f]{4}\n", identity.out)
    for outcome in stages.outputs:
        assert len(outcome.out.splitlines()) == 1
        assert outcome.err == "" or outcome.err == outcome.err.lstrip()


def test_a_custodian_sees_the_terms_before_committing(stages: Stages, tmp_path: Path) -> None:
    outcome = stages.at("opened", tmp_path).step("commit", "asha")
    assert all(name.title() in outcome.err for name in CUSTODIANS)
    assert "2 of 3 must sign" in outcome.err
    assert "2025-26, 2025-04-01 to 2026-03-31" in outcome.err


def test_closing_says_whose_each_share_is_and_what_comes_next(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("contributed", tmp_path)
    outcome = world.close()
    for name in CUSTODIANS:
        assert f"{world.message('share', name).name} is for {name.title()}" in outcome.err
    assert "any 2 of the 3 shares give the key, fewer give nothing" in outcome.err
    assert "next: 2 custodians or more sign epoch.json" in outcome.err


def test_files_have_the_names_that_the_specification_gives_them(stages: Stages) -> None:
    world = stages.stages["wrapped"]
    terms = read_ceremony((world.shared / "ceremony.json").read_bytes())
    ceremony_id = terms.id.hex()[:16]
    own = {one.name for one in (world.path / "asha").iterdir()}
    kept = {f"{what}-{ceremony_id}.json" for what in ("ceremony", "contribution", "contributed")}
    signed = {"epoch-2025-26.json", "share-2025-26.json"}
    assert own == {"identity.json", "card.json", "custody-log.jsonl"} | kept | signed
    names = {card_fingerprint(card).replace(" ", "")[:16] for card in terms.custodians}
    messages = {f"{kind}-{name}.json" for kind in ("commitment", "contribution", "share") for name in names}
    assert {one.name for one in world.shared.iterdir()} == messages | {
        "ceremony.json",
        "custody-log.jsonl",
        "transcript.json",
        "epoch.json",
    }


@pytest.mark.parametrize(
    "arguments",
    [
        ("identity", "Asha"),
        ("ceremony", "open", "--epoch", "e", "--profile", "child-1", "--threshold", "2"),
        ("ceremony", "commit", "--folder", "x", "--fingerprint", "x"),
        ("ceremony", "commit", "--folder", "x", "--identity", "x"),
        ("ceremony", "contribute", "--identity", "x"),
        ("ceremony", "close"),
        ("sign", "x"),
        ("wrap", "--epoch", "x", "--identity", "x", "--agency", "x", "--out", "x"),
        ("wrap", "--epoch", "x", "--identity", "x", "--fingerprint", "x", "--out", "x"),
        ("wrap", "--identity", "x", "--agency", "x", "--fingerprint", "x", "--out", "x"),
    ],
    ids=" ".join,
)
def test_a_missing_option_is_wrong_usage(arguments: tuple[str, ...]) -> None:
    assert clew_keys(*arguments).code == 2


# Repeating a step


def test_an_identity_is_made_once(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("prepared", tmp_path)
    before = world.files()
    refused(world.run("identity", "Asha", "--out", world.path / "asha"), "identity.json: is there already")
    assert world.files() == before


def test_a_ceremony_is_opened_once(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("opened", tmp_path)
    before = world.files()
    refused(world.open(), "ceremony.json: is there already")
    assert world.files() == before


def test_committing_and_contributing_again_change_nothing(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("contributed", tmp_path)
    before = world.files()
    for step, word in (("commit", "committed"), ("contribute", "contributed")):
        outcome = world.step(step, "ben")
        assert outcome.code == 0
        assert f"you had {word} already: nothing was changed" in outcome.err
    assert world.files() == before


def test_a_contribution_to_commitments_since_exchanged_is_not_called_done(
    stages: Stages, tmp_path: Path
) -> None:
    world = stages.at("contributed", tmp_path)
    terms = read_ceremony((world.shared / "ceremony.json").read_bytes())
    other = make_commitment(terms, world.identity("ben"), bytes(32))
    world.message("commitment", "ben").write_bytes(canonical(other))
    path = world.message("contribution", "asha")
    refused(world.step("contribute", "asha"), path.name, "Asha contributed to other commitments than these")
    status = clew_keys("ceremony", "status", "--folder", world.shared)
    refused(status, "contributed to other commitments than these")
    refused(world.step("commit", "ben"), "not the commitment to the contribution that you keep")


def test_a_lost_commitment_is_made_again_from_the_kept_contribution(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("committed", tmp_path)
    path = world.message("commitment", "ben")
    before = path.read_bytes()
    path.unlink()
    assert world.step("commit", "ben").code == 0
    assert path.read_bytes() == before


def test_closing_again_isrefused(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("closed", tmp_path)
    before = world.files()
    refused(world.close(), "the ceremony is closed")
    assert world.files() == before


def test_closing_is_finished_after_a_power_cut_before_the_key_was_destroyed(
    stages: Stages, tmp_path: Path
) -> None:
    world = stages.at("closed", tmp_path)
    key = (stages.stages["contributed"].shared / "one-time-key.json").read_bytes()
    (world.shared / "one-time-key.json").write_bytes(key)
    before = world.files()
    outcome = world.close()
    assert outcome.code == 0
    assert "the ceremony was closed already: no other shares are made" in outcome.err
    del before["ceremony/one-time-key.json"]
    assert world.files() == before


def test_closing_after_a_power_cut_between_the_shares_and_the_descriptor_makes_all_of_them_anew(
    stages: Stages, tmp_path: Path
) -> None:
    world = stages.at("contributed", tmp_path)
    for path in stages.stages["closed"].shared.glob("share-*.json"):
        (world.shared / path.name).write_bytes(path.read_bytes())
    assert world.close().code == 0
    for name in CUSTODIANS:
        assert world.sign(world.descriptor, name).code == 0
    assert world.wrap("carol", "asha").code == 0


def test_attack_a_descriptor_put_there_before_closing_does_not_cost_the_one_time_key(
    stages: Stages, tmp_path: Path
) -> None:
    world = stages.at("contributed", tmp_path)
    planted = read_descriptor((stages.stages["closed"].shared / "epoch.json").read_bytes())
    world.descriptor.write_bytes(canonical(structs.replace(planted, key_check_value="00" * 16)))
    before = world.files()
    refused(world.close(), "epoch.json: not the epoch descriptor that this ceremony leads to")
    assert world.files() == before


def test_signing_twice_changes_nothing(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("signed", tmp_path)
    before = world.descriptor.read_bytes()
    outcome = world.sign(world.descriptor, "asha")
    assert outcome.code == 0
    assert "you had signed already" in outcome.err
    assert world.descriptor.read_bytes() == before


def test_a_wrapped_key_is_not_overwritten(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("wrapped", tmp_path)
    before = world.files()
    refused(world.wrap("asha", "ben"), "wrapped-E06.json: is there already")
    assert world.files() == before


# Steps out of order


def test_nobody_contributes_before_everyone_has_committed(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("opened", tmp_path)
    assert world.step("commit", "asha").code == 0
    refused(world.step("contribute", "asha"), "commitment of", "is missing")
    assert list(world.shared.glob("contribution-*")) == []


def test_a_missing_contribution_is_named_at_closing(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("contributed", tmp_path)
    world.message("contribution", "carol").unlink()
    before = world.files()
    refused(world.close(), "the contribution of Carol is missing")
    assert world.files() == before


def test_status_says_who_is_still_awaited(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("committed", tmp_path)
    assert world.step("contribute", "ben").code == 0
    outcome = clew_keys("ceremony", "status", "--folder", world.shared)
    assert outcome.code == 0
    assert set(outcome.out.splitlines()) == {
        "Asha: committed, not contributed",
        "Ben: committed, contributed",
        "Carol: committed, not contributed",
        "not closed",
    }
    finished = clew_keys("ceremony", "status", "--folder", stages.stages["closed"].shared)
    assert finished.out.splitlines()[-1] == "closed"


# Wrong passphrases, folders, fingerprints and terms


def test_a_wrong_passphrase_writes_nothing(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("opened", tmp_path)
    (world.path / "passphrase").write_text("not the one at all\n")
    before = world.files()
    refused(world.step("commit", "asha"), "identity.json", "passphrase is wrong or the file is damaged")
    assert world.files() == before
    closing = stages.at("contributed", tmp_path / "second")
    (closing.path / "passphrase").write_text("not the one at all\n")
    before = closing.files()
    refused(closing.close(), "one-time-key.json", "passphrase is wrong or the file is damaged")
    assert closing.files() == before


def test_a_short_new_passphrase_makes_nothing(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("prepared", tmp_path)
    (world.path / "passphrase").write_text("short\n")
    before = world.files()
    refused(world.run("identity", "Dev", "--out", world.path / "dev"), "shorter than 8")
    refused(world.open(), "shorter than 8")
    assert world.files() == before


def test_the_wrong_fingerprint_stops_the_commitment(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("opened", tmp_path)
    before = world.files()
    refused(world.step("commit", "asha", "--fingerprint", "0000 1111"), "fingerprint")
    assert world.files() == before
    right = read_ceremony((world.shared / "ceremony.json").read_bytes()).fingerprint
    assert world.step("commit", "asha", "--fingerprint", right.upper().replace(" ", "")).code == 0


def test_nobody_commits_to_a_ceremony_that_was_not_read_out(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("opened", tmp_path)
    before = world.files()
    place = ("--folder", world.shared, "--identity", world.path / "asha")
    left_out = world.run("ceremony", "commit", *place)
    assert left_out.code == 2
    assert "Missing option '--fingerprint'" in left_out.err
    # Refused before the passphrase is asked for: there is none to be had here.
    refused(clew_keys("ceremony", "commit", *place, "--fingerprint", ""), "not that of this ceremony")
    assert world.files() == before


def test_a_custodian_who_committed_elsewhere_is_told_so(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("committed", tmp_path)
    for path in (world.path / "ben").glob("contribution-*"):
        path.unlink()
    refused(world.step("commit", "ben"), "from another folder")
    refused(world.step("contribute", "ben"), "have not committed to this ceremony from this folder")


def test_a_stranger_is_refused_at_every_step(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("contributed", tmp_path)
    assert world.run("identity", "Mallory", "--out", world.path / "mallory").code == 0
    for step in ("commit", "contribute"):
        refused(world.step(step, "mallory"), "not a custodian of this ceremony")
    closed = stages.at("closed", tmp_path / "second")
    assert closed.run("identity", "Mallory", "--out", closed.path / "mallory").code == 0
    refused(closed.sign(closed.descriptor, "mallory"), "you did not take part in this ceremony")
    outcome = closed.wrap("mallory", "asha")
    refused(outcome, "mallory: epoch.json: ", "not of a ceremony that you took part in")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"threshold": "1"}, "threshold"),
        ({"threshold": "4"}, "threshold is higher"),
        ({"closes": "2025-03-31"}, "closes before it opens"),
        ({"closes": "2025-04-01"}, "or on the same day"),
        ({"opens": "2024-04-01", "closes": "2025-05-31"}, "would have closed on 2025-05-31"),
        ({"profile": "nobody-1"}, "no encoding profile of that name"),
    ],
)
def test_terms_that_make_no_sense_open_nothing(
    stages: Stages, tmp_path: Path, changes: dict[str, str], words: str
) -> None:
    world = stages.at("prepared", tmp_path)
    refused(world.open(**changes), words)
    assert not world.shared.exists()


@pytest.mark.parametrize("changes", [{"epoch": "../x"}, {"opens": "1 April"}, {"opens": "2025-04-01T00:00Z"}])
def test_a_malformed_option_is_wrong_usage(stages: Stages, tmp_path: Path, changes: dict[str, str]) -> None:
    world = stages.at("prepared", tmp_path)
    assert world.open(**changes).code == 2
    assert not world.shared.exists()


def test_a_release_with_another_profile_of_that_name_takes_no_part(
    stages: Stages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, contributed = stages.at("opened", tmp_path), stages.at("contributed", tmp_path / "second")
    monkeypatch.setattr(cli.custodian.checks, "profile_digest", lambda name: "00" * 32)
    before = opened.files(), contributed.files()
    for outcome in (opened.step("commit", "asha"), contributed.close()):
        refused(outcome, "this release has another encoding profile under the name child-1")
    assert (opened.files(), contributed.files()) == before


def test_a_card_in_the_wrong_place_opens_nothing(stages: Stages, tmp_path: Path) -> None:
    world = stages.at("prepared", tmp_path)
    card = world.path / "ben" / "card.json"
    card.write_bytes((world.path / "agency-card.json").read_bytes())
    refused(world.open(), "card.json", "a custodian's card is wanted")
    card.write_bytes((world.path / "asha" / "card.json").read_bytes())
    refused(world.open(), "a custodian occurs twice")
    card.unlink()
    refused(world.open(), "card card.json: no such file or directory")
    assert not world.shared.exists()
