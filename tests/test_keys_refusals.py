"""What key custody refuses, and the words in which it says so and what to do: all of them, to the letter."""

import dataclasses
import datetime as dt
import pickle
from pathlib import Path

import pytest
from msgspec import structs

from keys.ceremony import (
    Exchanged,
    check_closing,
    check_transcript,
    close_ceremony,
    make_contribution,
    require_member,
)
from keys.custodian_folder import CustodianFolder
from keys.custody_log import NO_ENTRY, CustodyLog, CustodyLogExport, Head, LogLines, check_lines, read_export
from keys.identity import Identity, create_identity, load_identity, save_identity, usable_name
from keys.messages import Ceremony, Commitment, Contribution, read_ceremony, signed
from keys.protected import protect, read_protected
from keys.sealed_shares import open_share, recover, require_listed
from keys.wrapping import unwrap_key, wrap_key
from linkage.errors import ClewError, FormatError, InputError, VerificationError
from linkage.wire.canonical import canonical
from linkage.wire.cards import MAX_NAME
from linkage.wire.moments import Moment
from linkage.wire.revocations import Revocation, RevokedAgency, RevokedEpoch
from linkage.wire.seal import seal
from tests.support.custody import CHEAP, PASSPHRASE, Held, agency_card, conformance, hold, opened
from tests.support.refusals import told

HELD, OTHER = hold(), hold()
SIGNED = HELD.signed("Asha", "Ben")
ASHA, BEN = HELD.of("Asha"), HELD.of("Ben")


def _exchanged(
    *, commitment: Commitment | None = None, contribution: Contribution | None = None, held: Held = HELD
) -> Exchanged:
    """Return the messages of a ceremony with one in the place of Asha's."""
    key = held.of("Asha").identity.public_key
    commitments, contributions = dict(held.exchanged.commitments), dict(held.exchanged.contributions)
    if commitment is not None:
        commitments[key] = commitment
    if contribution is not None:
        contributions[key] = contribution
    return Exchanged(commitments, contributions)


def _close(exchanged: Exchanged, *, one_time: Identity = HELD.one_time) -> object:
    return close_ceremony(HELD.terms, one_time, exchanged, conformance=conformance)


# A ceremony


def test_an_identity_with_another_sealing_key_is_no_member() -> None:
    changed = dataclasses.replace(ASHA.identity, sealing=create_identity().sealing)
    assert told(lambda: require_member(HELD.terms, changed)) == (
        "the ceremony names another sealing key than this identity's",
        "have the ceremony opened again with your present card",
    )


def test_whose_halves_a_card_shows() -> None:
    own, other = ASHA.identity, create_identity()
    assert own.has_halves(own.public_key, own.sealing.public_text())
    assert not own.has_halves(other.public_key, own.sealing.public_text())
    assert not own.has_halves(own.public_key, other.sealing.public_text())


def test_a_name_can_be_shown_and_fits_on_a_card() -> None:
    for name in ("", "  ", "As\tha", "\u202eahsA"):
        assert told(lambda n=name: usable_name(n), InputError) == (
            "the name is empty or holds characters that cannot be shown",
            "give a plain name",
        )
    assert usable_name(f" {'a' * MAX_NAME} ") == "a" * MAX_NAME
    assert told(lambda: usable_name("a" * (MAX_NAME + 1)), InputError) == (
        "the name is too long",
        f"use at most {MAX_NAME} characters",
    )


def test_a_stranger_is_no_member() -> None:
    assert told(lambda: require_member(HELD.terms, create_identity())) == (
        "not a custodian of this ceremony",
        "check that identity and ceremony belong together",
    )


def test_another_contribution_than_was_committed_to_is_not_handed_over() -> None:
    commitments = HELD.exchanged.commitments
    for secret in (bytes(32), ASHA.contribution + b"\x00", ASHA.contribution[:-1], b""):
        words = told(lambda s=secret: make_contribution(HELD.terms, ASHA.identity, s, commitments))
        assert words == (
            "the commitment in the ceremony is not to the contribution that you keep",
            "use the folder in which you committed; if it is lost, the ceremony must be opened again",
        )


def test_a_missing_message_is_named() -> None:
    key = ASHA.identity.public_key
    less = {one: message for one, message in HELD.exchanged.commitments.items() if one != key}
    assert told(lambda: _close(Exchanged(less, HELD.exchanged.contributions)), InputError) == (
        "the commitment of Asha is missing",
        "get their file into the ceremony's folder: all must have committed before",
    )
    fewer = {one: message for one, message in HELD.exchanged.contributions.items() if one != key}
    assert told(lambda: _close(Exchanged(HELD.exchanged.commitments, fewer)), InputError) == (
        "the contribution of Asha is missing",
        "get their file into the ceremony's folder: all must have contributed before",
    )


def test_messages_of_two_ceremonies_are_told_apart() -> None:
    other = OTHER.exchanged.commitments[OTHER.of("Asha").identity.public_key]
    assert told(lambda: _close(_exchanged(commitment=other))) == (
        "the commitment of Asha belongs to another ceremony",
        "two ceremonies have been mixed up: keep each in its own folder",
    )
    message = OTHER.exchanged.contributions[OTHER.of("Asha").identity.public_key]
    assert told(lambda: _close(_exchanged(contribution=message))) == (
        "the contribution of Asha belongs to another ceremony",
        "two ceremonies have been mixed up: keep each in its own folder",
    )


def test_swapped_messages_are_told() -> None:
    bens = HELD.exchanged.commitments[BEN.identity.public_key]
    assert told(lambda: _close(_exchanged(commitment=bens))) == (
        "what stands for the commitment of Asha is another custodian's",
        "the files have been swapped: ask each custodian for its own again",
    )


def test_a_contribution_to_other_commitments_is_told() -> None:
    message = HELD.exchanged.contributions[ASHA.identity.public_key]
    changed = signed(structs.replace(message, commitments="00" * 32, signature=None), ASHA.identity.signing)
    assert told(lambda: _close(_exchanged(contribution=changed))) == (
        "Asha contributed to other commitments than these",
        "compare the commitment files with that custodian's: one of them has been exchanged",
    )


def _sealed(secret: bytes, *, context: bytes | None = None) -> Contribution:
    """Return a contribution of Asha's that seals something else, as only she can sign it."""
    from keys.ceremony import _seal_context

    message = HELD.exchanged.contributions[ASHA.identity.public_key]
    right = _seal_context(HELD.terms, ASHA.identity.public_key, bytes.fromhex(message.commitments))
    sealed = b"".join(seal([secret], HELD.terms.one_time_key, context=context or right)).hex()
    return signed(structs.replace(message, sealed=sealed, signature=None), ASHA.identity.signing)


def test_what_does_not_open_and_what_was_not_committed_to_are_told_apart() -> None:
    assert told(lambda: _close(_exchanged(contribution=_sealed(bytes(32), context=b"elsewhere")))) == (
        "the contribution of Asha does not open",
        "it is damaged or was made for something else: the ceremony must be opened again",
    )
    assert told(lambda: _close(_exchanged(contribution=_sealed(bytes(32))))) == (
        "Asha handed over something else than it committed to",
        "no key was made; find out why, then open a new ceremony",
    )


def test_a_one_time_key_of_another_ceremony_closes_nothing() -> None:
    halves = (
        OTHER.one_time,
        dataclasses.replace(HELD.one_time, sealing=OTHER.one_time.sealing),
        dataclasses.replace(HELD.one_time, signing=OTHER.one_time.signing),
    )
    for one in halves:
        message, _ = told(lambda key=one: _close(HELD.exchanged, one_time=key))
        assert message == "the one-time key belongs to another ceremony"


def test_an_exchanged_descriptor_is_not_what_the_ceremony_leads_to() -> None:
    changed = structs.replace(HELD.closing.descriptor, key_check_value="00" * 16)
    assert told(
        lambda: check_closing(HELD.terms, HELD.one_time, HELD.exchanged, changed, conformance=conformance)
    ) == (
        "not the epoch descriptor that this ceremony leads to",
        "the file was exchanged: find out by whom, and hold a new ceremony",
    )


def test_a_descriptor_or_transcript_of_something_else_is_not_signed() -> None:
    closing = HELD.closing
    check_transcript(HELD.terms, HELD.exchanged, closing.transcript, closing.descriptor)
    other = structs.replace(closing.descriptor, epoch="2026-27")
    assert told(lambda: check_transcript(HELD.terms, HELD.exchanged, closing.transcript, other)) == (
        "the epoch descriptor does not state the terms of this ceremony",
        "do not sign it; ask whoever closed the ceremony",
    )
    for transcript, descriptor in (
        (structs.replace(closing.transcript, epoch="2026-27"), closing.descriptor),
        (closing.transcript, structs.replace(closing.descriptor, transcript="00" * 32)),
    ):
        words = told(lambda t=transcript, d=descriptor: check_transcript(HELD.terms, HELD.exchanged, t, d))
        assert words == (
            "the transcript does not list the messages of this ceremony",
            "a file of the ceremony was exchanged after closing; do not sign",
        )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"threshold": 4}, "the threshold is higher than the number of custodians"),
        ({"opens": "2026-03-31"}, "the epoch closes before it opens"),
        ({"opens": "2026-04-01"}, "the epoch closes before it opens"),
    ],
)
def test_terms_that_make_no_sense(change: dict[str, object], words: str) -> None:
    assert told(lambda: opened(HELD.parties, **change), FormatError) == (  # type: ignore[arg-type]
        f"ceremony: {words}",
        "have the ceremony opened again with the right terms",
    )


def _again(terms: Ceremony, **changes: object) -> bytes:
    return canonical(signed(structs.replace(terms, **changes, signature=None), HELD.one_time.signing))


def test_terms_name_everybody_once_and_in_order() -> None:
    cards = HELD.terms.custodians
    twice = "ceremony: a custodian occurs twice, or the custodians are not in the order of their keys"
    for several in (cards[::-1], (cards[0], cards[0], cards[1])):
        message, hint = told(lambda c=several: read_ceremony(_again(HELD.terms, custodians=c)), FormatError)
        assert (message, hint) == (twice, "have the ceremony opened again with the right terms")
    unsigned = canonical(structs.replace(HELD.terms, signature=None))
    assert told(lambda: read_ceremony(unsigned))[0] == "clew-ceremony: not signed by the key that it names"


# Shares, wrapped keys


def test_a_share_that_does_not_open_or_is_not_listed() -> None:
    sealed = HELD.closing.shares[ASHA.identity.public_key]
    for identity, descriptor in (
        (BEN.identity, SIGNED),
        (ASHA.identity, OTHER.closing.descriptor),
        (ASHA.identity, structs.replace(SIGNED, epoch="2026-27")),
    ):
        assert told(lambda i=identity, d=descriptor: open_share(sealed, i, d)) == (
            "the share does not open for this identity in this epoch",
            "use the share that the ceremony made for you, with the descriptor of its epoch",
        )
    assert told(lambda: require_listed(HELD.share("Asha"), SIGNED, [OTHER.terms.id])) == (
        "the share is not one of those that the epoch descriptor lists",
        "it is of another ceremony, or of another closing of this one: ask for the right one",
    )


def test_shares_of_another_key() -> None:
    shares = [OTHER.share("Asha"), OTHER.share("Ben")]
    assert told(lambda: recover(shares, SIGNED)) == (
        "the shares give another key than the epoch descriptor states",
        "use shares of this epoch, and check each with `clew keys share check`",
    )


def test_a_key_that_is_not_the_epochs_is_not_wrapped() -> None:
    card = agency_card(create_identity())
    message, _ = told(lambda: wrap_key(OTHER.key, SIGNED, holder=card))
    assert message == "the epoch key is not the one that the epoch descriptor states"


def test_a_wrapped_key_opens_for_its_holder_alone() -> None:
    identity = create_identity()
    wrapped = wrap_key(HELD.key, SIGNED, holder=agency_card(identity))
    assert unwrap_key(wrapped, identity, SIGNED).matches(SIGNED.key_check_value)
    _, hint = told(lambda: unwrap_key(wrapped, create_identity(), SIGNED))
    assert hint == "ask the custodians for a wrapped key made for your card and this epoch descriptor"


def test_secrets_show_nothing_and_are_not_pickled() -> None:
    assert (repr(HELD.key), repr(ASHA.identity)) == ("EpochKey(…)", "Identity(…)")
    for secret, words in (
        (HELD.key, "an epoch key cannot be pickled"),
        (HELD.share("Asha"), "a share cannot be pickled"),
    ):
        with pytest.raises(TypeError) as caught:
            pickle.dumps(secret)
        assert str(caught.value) == words


# Folders


def test_two_revocations_are_kept_side_by_side(tmp_path: Path) -> None:
    folder = CustodianFolder(tmp_path, floor=CHEAP)
    decided = Moment.parse("2025-06-01T09:30Z")
    subjects = [RevokedEpoch(epoch=f"2025-{n}", descriptor=f"{n}a" * 32) for n in (26, 27)]
    agency = RevokedAgency(agency="E06", signing_key="ab" * 32)
    kept = [Revocation(subject=one, reason="lost", decided=decided) for one in (*subjects, agency)]
    for revocation in kept:
        folder.keep_revocation(revocation)
        folder.keep_revocation(revocation)
    files = {path.name: path.read_bytes() for path in tmp_path.glob("revoked-*.json")}
    assert sorted(files.values()) == sorted(map(canonical, kept))
    assert {len(name) for name in files} == {len("revoked-.json") + 16}


def test_a_contribution_of_another_ceremony_or_length(tmp_path: Path) -> None:
    folder = CustodianFolder(tmp_path, cost=CHEAP, floor=CHEAP)
    folder.keep_contribution(HELD.terms, ASHA.contribution, PASSPHRASE)
    (file,) = tmp_path.iterdir()
    assert file.name == f"contribution-{HELD.terms.id.hex()[:16]}.json"
    assert folder.read_contribution(HELD.terms, PASSPHRASE) == ASHA.contribution
    for content, subject, words in (
        (bytes(32), "ab" * 32, "the contribution was made for another ceremony"),
        (bytes(31), HELD.terms.id.hex(), "the contribution has the wrong length"),
    ):
        file.write_bytes(protect(content, PASSPHRASE, kind="contribution", subject=subject, cost=CHEAP))
        message, _ = told(lambda: folder.read_contribution(HELD.terms, PASSPHRASE), ClewError)
        assert message == f"{file.name}: {words}"


def test_an_identity_keeps_its_kind_and_its_cost(tmp_path: Path) -> None:
    file, identity = tmp_path / "key.json", create_identity()
    save_identity(file, identity, PASSPHRASE, kind="one-time-key", cost=CHEAP)
    protected = read_protected(file.read_bytes(), kind="one-time-key", floor=CHEAP)
    assert (protected.kdf.memory_kib, protected.subject) == (CHEAP.memory_kib, identity.public_key)
    again = load_identity(file, PASSPHRASE, kind="one-time-key", floor=CHEAP)
    assert again.to_bytes() == identity.to_bytes()
    with pytest.raises(ClewError):
        load_identity(file, PASSPHRASE, floor=CHEAP)


# The custody log


def _log(folder: Path, count: int = 3) -> CustodyLog:
    log = CustodyLog(folder)
    for number in range(count):
        log.append("committed", {"epoch": f"2025-{number}"}, ASHA.identity)
    return log


def test_a_log_is_checked_against_what_was_exported_before(tmp_path: Path) -> None:
    log = _log(tmp_path)
    lines = log.read().lines
    key = ASHA.identity.public_key
    check_lines(lines, key, against=Head(entries=0, digest=NO_ENTRY))
    check_lines((), key, against=Head(entries=0, digest=NO_ENTRY))
    for number in (1, 2, 3):
        check_lines(lines, key, against=LogLines(lines[:number]).head)
    _, hint = told(lambda: check_lines(lines[:2], key, against=log.read().head))
    assert hint == "ask its owner what happened; the export holds what is missing"
    with pytest.raises(VerificationError):
        check_lines(lines, key, against=Head(entries=0, digest="11" * 32))


def test_a_line_that_does_not_read_is_named_by_its_number(tmp_path: Path) -> None:
    log = _log(tmp_path)
    first, second, third = log.read().lines
    log.path.write_bytes(first + b"\n" + b"{}\n" + third + b"\n")
    message, _ = told(lambda: log.read().entries(), ClewError)
    assert "line 2" in message
    log.path.write_bytes(first + b"\n" + third + b"\n" + second + b"\n")
    message, _ = told(lambda: log.check(ASHA.identity.public_key))
    assert message == "custody-log.jsonl: the chain breaks at line 2: reordered: entry 2 stands further down"


def test_an_export_leads_to_the_head_that_it_states(tmp_path: Path) -> None:
    export = _log(tmp_path).export(ASHA.card)
    assert read_export(canonical(export)) == export
    cut = structs.replace(export, entries=export.entries[:2])
    assert told(lambda: read_export(canonical(cut)))[0] == (
        "the entries do not lead to the head that the export states: removed or added at the end"
    )
    with pytest.raises(FormatError):
        read_export(canonical(export) + b"\n")


def test_a_log_of_another_key_is_not_exported(tmp_path: Path) -> None:
    log = _log(tmp_path)
    message, _ = told(lambda: log.export(BEN.card))
    assert message.startswith("custody-log.jsonl: the chain breaks at line 1: a foreign signature")
    assert isinstance(log.export(ASHA.card), CustodyLogExport)
    assert log.export(ASHA.card).entries[0].at.at <= dt.datetime.now(dt.UTC)
