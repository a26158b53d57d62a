"""A certificate of destruction is read as it was signed, by its unit, or not at all."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from linkage.errors import ClewError, FormatError, VerificationError, VersionError
from linkage.wire.canonical import canonical
from linkage.wire.certificates import read_certificate, sign_certificate
from linkage.wire.destructions import (
    Destruction,
    ErasedSubmission,
    Remains,
)
from linkage.wire.moments import Moment
from linkage.wire.signing import public_text

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = public_text(KEY.public_key())
ERASED = ErasedSubmission(
    submission="ab" * 32, agency="E09", sequence=3, encodings_sha256="cd" * 32, encodings_size=9000, rows=12
)
DOCUMENT = Destruction(
    epoch="2025-26",
    descriptor="ef" * 32,
    closed=Moment.parse("2026-07-01T08:00Z"),
    destroyed=Moment.parse("2026-07-02T08:00Z"),
    submissions=(ERASED,),
    records=2,
    payload_records=5,
    remains=Remains(epoch="2026-27", records=10),
)
SIGNED = canonical(sign_certificate(DOCUMENT, KEY))


def test_what_was_signed_is_what_is_read() -> None:
    assert read_certificate(SIGNED, Destruction, signing_key=PUBLIC) == sign_certificate(DOCUMENT, KEY)


@given(st.integers(0, len(SIGNED) - 1), st.integers(1, 255))
def test_a_changed_byte_is_noticed(place: int, change: int) -> None:
    changed = bytearray(SIGNED)
    changed[place] ^= change
    with pytest.raises(ClewError):
        read_certificate(bytes(changed), Destruction, signing_key=PUBLIC)


@given(st.integers(0, len(SIGNED) - 1))
def test_a_piece_of_it_is_refused(length: int) -> None:
    with pytest.raises(FormatError):
        read_certificate(SIGNED[:length], Destruction, signing_key=PUBLIC)


def test_unsigned_foreign_and_future_ones_are_refused() -> None:
    other = Ed25519PrivateKey.generate()
    for given_bytes in (canonical(DOCUMENT), canonical(sign_certificate(DOCUMENT, other))):
        with pytest.raises(VerificationError, match="not signed by this linkage unit"):
            read_certificate(given_bytes, Destruction, signing_key=PUBLIC)
    with pytest.raises(VersionError):
        read_certificate(SIGNED.replace(b'"version":1', b'"version":2'), Destruction, signing_key=PUBLIC)
