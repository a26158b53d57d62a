"""Every file of key custody, changed in any way, is refused with one of our errors or is what it was."""

import functools
import random
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from keys.custody_log import CustodyLog, read_export
from keys.identity import create_identity
from keys.messages import read_ceremony, read_commitment, read_contribution, read_transcript
from keys.protected import COST, open_protected, protect, read_protected
from keys.sealed_shares import open_share, recover, require_listed
from keys.session import hand_over, open_handed, open_session, read_handed, read_session
from keys.wrapping import unwrap_key, wrap_key
from linkage.errors import ClewError, VerificationError
from linkage.wire.canonical import canonical
from linkage.wire.cards import AgencyCard, CustodianCard, UnitCard, read_card
from linkage.wire.custodian_sets import CustodianSet
from linkage.wire.epochs import (
    EpochDescriptor,
    add_signature,
    read_descriptor,
    read_sealed_share,
    read_wrapped_key,
    verify_quorum,
)
from linkage.wire.moments import Moment
from linkage.wire.revocations import Revocation, RevokedAgency, read_revocation
from linkage.wire.successions import Incoming, Succession, read_succession, require_complete
from tests.support.custody import CHEAP, PASSPHRASE, agency_card, hold, parties, party

HELD = hold(parties(5), threshold=3)
SIGNED = HELD.signed("Asha", "Ben", "Carol")
PINNED = HELD.terms.custodian_keys
AGENCY = HELD.of("Esi").identity
SECRET = bytes(range(96))
CHANGES, ALL_CHANGES = 1_000, 10_000
AT_FULL_COST, ALL_AT_FULL_COST = 4, 200


def _believed(descriptor: EpochDescriptor) -> EpochDescriptor:
    verify_quorum(descriptor, pinned=PINNED, threshold=3)
    return descriptor


def _protected(data: bytes) -> bytes:
    return open_protected(read_protected(data, kind="identity", floor=CHEAP), PASSPHRASE)


def _transcript(data: bytes) -> Any:
    found = read_transcript(data)
    if found.hash.hex() != SIGNED.transcript:  # what makes a transcript believable
        raise VerificationError("not the transcript that the descriptor names")
    return found


def _share(data: bytes) -> bytes:
    share = open_share(read_sealed_share(data), HELD.of("Asha").identity, SIGNED)
    require_listed(share, SIGNED, [HELD.terms.id])
    return share.text.encode()


def _wrapped(data: bytes) -> bytes:
    wrapped = read_wrapped_key(data)
    verify_quorum(wrapped, pinned=PINNED, threshold=3)
    return unwrap_key(wrapped, AGENCY, SIGNED).to_bytes()


def _wrapped_key() -> bytes:
    names = ("Asha", "Ben", "Carol")
    shares = [
        open_share(HELD.closing.shares[HELD.of(name).identity.public_key], HELD.of(name).identity, SIGNED)
        for name in names
    ]
    wrapped = wrap_key(recover(shares, SIGNED), SIGNED, holder=agency_card(AGENCY))
    return canonical(HELD.co_signed(wrapped, *names))


SESSION_KEY = create_identity()
SESSION = open_session(
    SESSION_KEY,
    descriptor=SIGNED,
    agencies=[agency_card(AGENCY), agency_card(create_identity(), "E07", "South")],
)
HANDED = {
    HELD.of(name).identity.public_key: hand_over(SESSION, HELD.of(name).identity, HELD.share(name), SIGNED)
    for name in ("Asha", "Ben", "Carol")
}


def _handed(data: bytes) -> bytes:
    handed = {**HANDED, HELD.of("Asha").identity.public_key: read_handed(data)}
    shares = open_handed(SESSION, SESSION_KEY, handed, SIGNED, [HELD.terms])
    return " ".join(share.text for share in shares).encode()


REVOKED = Revocation(
    subject=RevokedAgency(agency="E07", signing_key=SESSION.agencies[1].signing_key),
    reason="laptop stolen",
    decided=Moment.parse("2025-06-01T09:30Z"),
)


def _revoked() -> bytes:
    keys = [HELD.of(name).identity.signing for name in ("Asha", "Ben", "Carol")]
    return canonical(functools.reduce(add_signature, keys, REVOKED))


def _revocation(data: bytes) -> Revocation:
    revocation = read_revocation(data)
    verify_quorum(revocation, pinned=PINNED, threshold=3)
    return revocation


def _succession() -> bytes:
    come = [party(name) for name in ("Fay", "Gus")]
    cards = tuple(sorted((one.card for one in come), key=lambda card: card.signing_key))
    made = Succession(
        serial=1,
        outgoing=CustodianSet(threshold=3, custodians=tuple(sorted(PINNED))),
        incoming=Incoming(threshold=2, custodians=cards),
        decided=Moment.parse("2025-06-01T09:30Z"),
    )
    signers = [HELD.of(name) for name in ("Asha", "Ben", "Carol")] + come
    return canonical(functools.reduce(add_signature, [one.identity.signing for one in signers], made))


def _complete(data: bytes) -> Succession:
    succession = read_succession(data)
    require_complete(succession)
    if succession.outgoing.custodians != tuple(sorted(PINNED)) or succession.outgoing.threshold != 3:
        raise VerificationError("of other custodians than those who are trusted")
    return succession


def _custody_log() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        log = CustodyLog(Path(folder))
        for epoch in ("2025-26", "2026-27"):
            log.append("signed-descriptor", {"epoch": epoch}, HELD.of("Asha").identity)
        return canonical(log.export(HELD.of("Asha").card))


@dataclass(frozen=True)
class Format:
    name: str
    data: bytes
    read: Callable[[bytes], Any]


def _formats() -> list[Format]:
    asha = HELD.of("Asha")
    key = asha.identity.public_key
    return [
        Format(
            "clew-protected",
            protect(SECRET, PASSPHRASE, kind="identity", subject="ab" * 32, cost=CHEAP),
            _protected,
        ),
        Format("clew-ceremony", canonical(HELD.terms), read_ceremony),
        Format("clew-commitment", canonical(HELD.exchanged.commitments[key]), read_commitment),
        Format("clew-contribution", canonical(HELD.exchanged.contributions[key]), read_contribution),
        Format("clew-transcript", canonical(HELD.closing.transcript), _transcript),
        Format("clew-epoch", canonical(SIGNED), lambda data: _believed(read_descriptor(data))),
        Format("clew-share", canonical(HELD.closing.shares[key]), _share),
        Format("clew-session", canonical(SESSION), read_session),
        Format("clew-handed-share", canonical(HANDED[key]), _handed),
        Format("clew-wrapped-key", _wrapped_key(), _wrapped),
        Format("clew-revocation", _revoked(), _revocation),
        Format("clew-succession", _succession(), _complete),
        Format("clew-custody-log", _custody_log(), read_export),
        Format("clew-custodian-card", canonical(asha.card), lambda data: read_card(data, CustodianCard)),
        Format("clew-agency-card", canonical(agency_card(AGENCY)), lambda data: read_card(data, AgencyCard)),
        Format("clew-unit-card", canonical(HELD.terms.unit), lambda data: read_card(data, UnitCard)),
    ]


FORMATS = _formats()


def _changed(data: bytes, draw: random.Random) -> bytes:
    """Return the bytes damaged as discs, mail and people damage files, or an attacker's tools."""
    first, second = sorted(draw.sample(range(len(data)), 2))
    byte = bytes([draw.randrange(256)])
    return draw.choice(
        [
            lambda: data[:first] + bytes([data[first] ^ 1 << draw.randrange(8)]) + data[first + 1 :],
            lambda: data[:first] + byte + data[first + 1 :],
            lambda: data[:first],
            lambda: data[:first] + data[second:],
            lambda: data[:first] + byte + data[first:],
            lambda: data[:second] + data[first:],
            lambda: data[second:] + data[:second],
            lambda: data[:first] + data[first:second][::-1] + data[second:],
            lambda: data[:first] + bytes(second - first) + data[second:],
            lambda: data.replace(b'"version":1', b'"version":%d' % draw.choice((0, 2, 99))),
            lambda: data.replace(b"0", b"1", 1) if draw.random() < 0.5 else data.replace(b"a", b"b", 1),
            lambda: data + byte,
            lambda: data[:first] + data[first : first + 1].swapcase() + data[first + 1 :],
        ]
    )()


def _content(found: Any) -> bytes:
    return found if isinstance(found, bytes) else canonical(found)


@pytest.mark.parametrize("one", FORMATS, ids=lambda one: one.name)
def test_a_changed_file_is_refused(one: Format, soak: bool) -> None:
    draw = random.Random(one.name)
    original = _content(one.read(one.data))
    refused = 0
    for _ in range(ALL_CHANGES if soak else CHANGES):
        changed = _changed(one.data, draw)
        try:
            found = one.read(changed)
        except ClewError:
            refused += 1
        else:  # nothing that is believed may say anything else
            assert _content(found) == original
    assert refused > 0.9 * (ALL_CHANGES if soak else CHANGES)


def test_a_changed_file_under_a_passphrase_is_refused_at_full_cost(soak: bool) -> None:
    data = protect(SECRET, PASSPHRASE, kind="identity", subject="cd" * 32, cost=COST)
    draw = random.Random("full cost")
    for _ in range(ALL_AT_FULL_COST if soak else AT_FULL_COST):
        changed = _changed(data, draw)
        if changed != data:
            with pytest.raises(ClewError):
                open_protected(read_protected(changed, kind="identity"), PASSPHRASE)


@pytest.mark.parametrize("one", FORMATS, ids=lambda one: one.name)
def test_a_file_of_one_format_is_none_of_another(one: Format) -> None:
    for other in FORMATS:
        if other.name != one.name:
            with pytest.raises(ClewError):
                one.read(other.data)
