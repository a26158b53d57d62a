"""What a session at a distance refuses, and the words in which it says so: all of them, to the letter."""

import dataclasses
from pathlib import Path

import pytest
from msgspec import structs

from keys.identity import create_identity
from keys.messages import signed
from keys.session import (
    MAX_AGENCIES,
    HandedShare,
    check_handed,
    hand_over,
    open_handed,
    open_session,
    read_session,
    require_custodian,
    require_descriptor,
    require_enough,
    require_opener,
)
from keys.session_folder import SessionFolder
from keys.wrapping import wrap_key
from linkage.errors import ClewError, FormatError, InputError, LimitError
from linkage.wire.canonical import canonical
from linkage.wire.cards import AgencyCard
from linkage.wire.epochs import SHARE_TEXT_BYTES
from linkage.wire.limits import MAX_MANIFEST_BYTES
from linkage.wire.seal import seal
from tests.support.custody import agency_card, hold
from tests.support.refusals import told

HELD, OTHER = hold(), hold()
SIGNED = HELD.signed("Asha", "Ben")
ONE_TIME = create_identity()
AGENCIES = (agency_card(create_identity(), "E06", "North"), agency_card(create_identity(), "E07", "South"))
SESSION = open_session(ONE_TIME, descriptor=SIGNED, agencies=AGENCIES)
ASHA, BEN = HELD.of("Asha"), HELD.of("Ben")


def _handed(name: str) -> HandedShare:
    return hand_over(SESSION, HELD.of(name).identity, HELD.share(name), SIGNED)


def _all_handed(**instead: HandedShare) -> dict[str, HandedShare]:
    names = ("Asha", "Ben")
    return {HELD.of(name).identity.public_key: instead.get(name, _handed(name)) for name in names}


def _open(handed: dict[str, HandedShare]) -> object:
    return open_handed(SESSION, ONE_TIME, handed, SIGNED, [HELD.terms])


def test_for_whom_a_session_is() -> None:
    hint = "open another session for the others"
    assert told(lambda: open_session(ONE_TIME, descriptor=SIGNED, agencies=()), InputError) == (
        f"agencies' cards given: 0, a session takes 1 to {MAX_AGENCIES}",
        hint,
    )
    many = (AGENCIES[0],) * (MAX_AGENCIES + 1)
    assert told(lambda: open_session(ONE_TIME, descriptor=SIGNED, agencies=many), InputError) == (
        f"agencies' cards given: {MAX_AGENCIES + 1}, a session takes 1 to {MAX_AGENCIES}",
        hint,
    )
    twice = (*AGENCIES, agency_card(create_identity(), "E07", "South again"))
    assert told(lambda: open_session(ONE_TIME, descriptor=SIGNED, agencies=twice), InputError) == (
        "an agency occurs twice: E07",
        "give one card for each agency",
    )


def test_a_session_takes_as_many_agencies_as_it_says() -> None:
    cards = [agency_card(create_identity(), f"E{number:03d}", "West") for number in range(MAX_AGENCIES)]
    opened = open_session(ONE_TIME, descriptor=SIGNED, agencies=cards[::-1])
    assert read_session(canonical(opened)).agencies == tuple(cards)


def test_a_session_names_every_agency_once_and_in_order() -> None:
    identity = create_identity()
    same_signing = agency_card(identity, "E08", "West")
    same_sealing = dataclasses.replace(create_identity(), sealing=identity.sealing)
    for cards in (
        AGENCIES[::-1],
        (AGENCIES[0], AGENCIES[0]),
        (AGENCIES[0], agency_card(create_identity(), "E06", "North again")),
        (agency_card(identity, "E05", "East"), same_signing),
        (agency_card(same_sealing, "E05", "East"), same_signing),
    ):
        made = signed(structs.replace(SESSION, agencies=cards, signature=None), ONE_TIME.signing)
        assert told(lambda m=made: read_session(canonical(m)), FormatError) == (
            "session: an agency occurs twice, or the agencies are not in the order of their codes",
            "have the session opened again with one card for each agency",
        )


def test_a_session_is_for_one_descriptor_and_one_key() -> None:
    require_descriptor(SESSION, SIGNED)
    for other in (OTHER.closing.descriptor, structs.replace(SIGNED, epoch="2026-27")):
        assert told(lambda d=other: require_descriptor(SESSION, d)) == (
            "the session was opened for another epoch descriptor",
            "use the descriptor of its epoch, or have the session opened again",
        )
    require_opener(SESSION, ONE_TIME)
    stranger = create_identity()
    for key in (
        stranger,
        dataclasses.replace(ONE_TIME, sealing=stranger.sealing),
        dataclasses.replace(ONE_TIME, signing=stranger.signing),
    ):
        assert told(lambda k=key: require_opener(SESSION, k)) == (
            "the one-time key belongs to another session",
            "use the key that was made when this session was opened",
        )


def test_whose_share_is_handed_over() -> None:
    assert told(lambda: hand_over(SESSION, BEN.identity, HELD.share("Asha"), SIGNED)) == (
        "the share is another custodian's",
        "hand over your own share only",
    )
    assert told(lambda: require_custodian(HELD.terms, create_identity())) == (
        "not a custodian of this epoch",
        "hand over with the identity of the ceremony; a restored share serves `clew keys wrap` only",
    )
    assert require_custodian(HELD.terms, BEN.identity) == BEN.card


def test_handed_to_another_session_or_by_another_custodian() -> None:
    again = open_session(ONE_TIME, descriptor=SIGNED, agencies=AGENCIES[:1])
    assert told(lambda: check_handed(again, ASHA.card, _handed("Asha"))) == (
        "the share of Asha was handed to another session",
        (
            "the session was changed or opened again since: compare its fingerprint, then have it handed "
            "over again"
        ),
    )
    assert told(lambda: check_handed(SESSION, ASHA.card, _handed("Ben"))) == (
        "the handed share of Asha is another custodian's",
        "the files have been swapped: ask each custodian for its own again",
    )


def test_too_few_have_handed_over() -> None:
    one = dict([next(iter(_all_handed().items()))])
    words = (
        "shares handed over: 1, needed: 2",
        "closing waits until enough custodians have handed over theirs, your own included",
    )
    assert told(lambda: require_enough(one, HELD.terms), InputError) == words
    assert told(lambda: _open(one), InputError) == words
    require_enough(_all_handed(), HELD.terms)


def test_a_share_is_sealed_as_the_specification_says() -> None:
    label, key = b"clew/hand-over/1", ASHA.identity.public_key
    context = len(label).to_bytes(4, "big") + label + SESSION.id + bytes.fromhex(key)
    text = HELD.share("Asha").text.encode("ascii").ljust(SHARE_TEXT_BYTES)
    sealed = b"".join(seal([text], SESSION.one_time_key, context=context)).hex()
    handed = signed(structs.replace(_handed("Asha"), sealed=sealed, signature=None), ASHA.identity.signing)
    assert _open(_all_handed(Asha=handed)) == _open(_all_handed())


@pytest.mark.parametrize("content", [b"\xff" * 60, b"words that are none", b""])
def test_something_else_than_a_share_is_told_by_whom(content: bytes) -> None:
    from keys.session import _seal_context

    context = _seal_context(SESSION, ASHA.identity.public_key)
    sealed = b"".join(seal([content.ljust(SHARE_TEXT_BYTES)], SESSION.one_time_key, context=context)).hex()
    handed = signed(structs.replace(_handed("Asha"), sealed=sealed, signature=None), ASHA.identity.signing)
    words = (
        "Asha handed over something else than its share",
        "no key was recovered; take the file away, find out why, and have it handed over again",
    )
    assert told(lambda: _open(_all_handed(Asha=handed))) == words
    bens = b"".join(
        seal([HELD.share("Ben").text.encode().ljust(SHARE_TEXT_BYTES)], SESSION.one_time_key, context=context)
    ).hex()
    handed = signed(structs.replace(_handed("Asha"), sealed=bens, signature=None), ASHA.identity.signing)
    assert told(lambda: _open(_all_handed(Asha=handed))) == words


# The folder


def _folder(tmp_path: Path) -> SessionFolder:
    folder = SessionFolder(tmp_path / "session")
    folder.write_opening(SESSION, SIGNED, key_file=folder.one_time_key, one_time_key=b"sealed")
    return folder


def test_a_folder_is_used_once(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    assert (folder.read_session(), folder.read_descriptor(SESSION)) == (SESSION, SIGNED)
    assert folder.one_time_key.stat().st_mode & 0o777 == 0o600
    with pytest.raises(InputError, match=r"session\.json"):
        folder.refuse_used()
    folder.session.unlink()
    with pytest.raises(InputError, match=r"epoch\.json"):
        folder.refuse_used()


def test_what_lies_in_a_folder_is_named_when_it_is_missing_or_another(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    folder.descriptor.write_bytes(canonical(OTHER.signed("Asha", "Ben")))
    message, _ = told(lambda: folder.read_descriptor(SESSION))
    assert message == "epoch.json: the session was opened for another epoch descriptor"
    for path, read in (
        (folder.session, folder.read_session),
        (folder.descriptor, lambda: folder.read_descriptor(SESSION)),
    ):
        path.unlink()
        message, _ = told(read, InputError)
        what = {"session.json": "session", "epoch.json": "epoch descriptor"}[path.name]
        assert message.startswith(f"{what} {path.name}: ")


def test_shares_of_strangers_are_refused(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    folder.write_handed(ASHA.card, _handed("Asha"))
    assert folder.read_handed(SESSION, HELD.terms) == {ASHA.identity.public_key: _handed_in(folder)}
    with pytest.raises(InputError):
        folder.write_handed(ASHA.card, _handed("Asha"))
    (folder.path / "handed-0123456789abcdef.json").write_bytes(b"{}")
    assert told(lambda: folder.read_handed(SESSION, HELD.terms)) == (
        "handed-0123456789abcdef.json: not from a custodian of this epoch",
        "two sessions have been mixed up, or somebody put a file here: take it away",
    )


def test_a_file_too_large_is_told_what_it_should_be(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    places = {"handed share": folder.handed(ASHA.card), "wrapped key": folder.wrapped(SESSION.agencies[0])}
    for path in places.values():
        path.write_bytes(b" " * (MAX_MANIFEST_BYTES + 1))
    message = f"larger than {MAX_MANIFEST_BYTES} bytes"
    for (what, path), read in zip(
        places.items(),
        (
            lambda: folder.read_handed(SESSION, HELD.terms),
            lambda: folder.check_closed(SESSION, SIGNED),
        ),
        strict=True,
    ):
        assert told(read, LimitError)[0] == f"{what} {path.name}: {message}"


def _handed_in(folder: SessionFolder) -> HandedShare:
    from keys.session import read_handed

    return read_handed(folder.handed(ASHA.card).read_bytes())


def test_a_closed_session_holds_a_key_for_each_agency_and_no_other(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    assert not folder.is_closed(SESSION)
    wrapped = [wrap_key(HELD.key, SIGNED, holder=card) for card in SESSION.agencies]
    with pytest.raises(ValueError, match="shorter"):
        folder.write_closing(SESSION, wrapped[:1])
    folder.write_closing(SESSION, wrapped)
    assert folder.is_closed(SESSION)
    folder.check_closed(SESSION, SIGNED)
    stranger: AgencyCard = agency_card(create_identity(), "E06", "North")
    of_another = wrap_key(OTHER.key, OTHER.signed("Asha", "Ben"), holder=SESSION.agencies[0])
    for other in (wrapped[1], wrap_key(HELD.key, SIGNED, holder=stranger), of_another):
        folder.wrapped(SESSION.agencies[0]).write_bytes(canonical(other))
        assert told(lambda: folder.check_closed(SESSION, SIGNED)) == (
            "wrapped-E06.json: not a wrapped key of this session",
            "somebody put a file here: take it away and close again",
        )
    folder.wrapped(SESSION.agencies[0]).write_bytes(b"{}")
    message, _ = told(lambda: folder.check_closed(SESSION, SIGNED), ClewError)
    assert message.startswith("wrapped-E06.json: ")
