"""What is signed is canonical JSON, and untrusted JSON is refused without repeating it."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from linkage.errors import FormatError, LimitError, VerificationError, VersionError
from linkage.wire.canonical import canonical, parse
from linkage.wire.manifest import (
    Counts,
    Manifest,
    Part,
    Period,
    read_manifest,
    sign_manifest,
    verify_manifest,
)
from linkage.wire.moments import Moment
from linkage.wire.signing import Signature, public_text, sign, verify
from linkage.wire.submission import Receipt

_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(_json)
def test_canonical_form_is_stable_and_keeps_the_value(value: object) -> None:
    once = canonical(value)
    assert json.loads(once) == value
    assert canonical(json.loads(once)) == once


# RFC 8785, section 3.2.3: keys sort by UTF-16 code units.
def test_keys_sort_as_the_rfc_says() -> None:
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    order = list(json.loads(canonical(dict.fromkeys(keys, 0))))
    assert order == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


def make_manifest(**changes: object) -> Manifest:
    fields: dict[str, object] = {
        "agency": "E06000001",
        "role": "council",
        "period": Period(start=Moment.parse("2024-04-01"), end=Moment.parse("2025-03-31")),
        "sequence": 1,
        "epoch": "2024-1",
        "profile_digest": "0" * 64,
        "key_check_value": "1" * 32,
        "conformance": "2" * 64,
        "counts": Counts(rows=1, children=1, care_spells=0, episodes=0, interviews=0, coverage=0),
        "parts": tuple(
            Part(name=name, sha256="3" * 64, size=10, sealed_sha256="4" * 64, sealed_size=20)
            for name in ("encodings", "payload")
        ),
        "created": Moment.parse("2025-04-02"),
    }
    return Manifest(**(fields | changes))  # type: ignore[arg-type]


def test_a_manifest_reads_back_and_verifies_only_for_its_signer() -> None:
    key, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    data = canonical(make_manifest())
    assert read_manifest(data) == make_manifest()
    signature = parse(sign_manifest(data, key), Signature, limit=1000)
    verify_manifest(data, signature, signing_key=public_text(key.public_key()))
    with pytest.raises(VerificationError):
        verify_manifest(data, signature, signing_key=public_text(other.public_key()))
    with pytest.raises(VerificationError):
        verify_manifest(
            data.replace(b"2024-1", b"2024-2"), signature, signing_key=public_text(key.public_key())
        )


def test_a_manifest_that_is_not_canonical_is_refused() -> None:
    data = canonical(make_manifest())
    for other in (b" " + data, data.replace(b'"sequence":1', b'"sequence":1.0'), data.replace(b'":', b'": ')):
        with pytest.raises(FormatError):
            read_manifest(other)


def test_a_duplicate_key_is_refused() -> None:
    data = canonical(make_manifest())
    doubled = data[:-1] + b',"sequence":9}'
    with pytest.raises(FormatError):
        read_manifest(doubled)


def test_a_number_beyond_canonical_json_is_refused() -> None:
    data = canonical(make_manifest()).replace(b'"sequence":1', b'"sequence":9007199254740993')
    with pytest.raises(FormatError):
        read_manifest(data)
    receipt = (
        b'{"agency":"E06000001","encodings_sha256":"%b","format":"clew-receipt","payload_sha256":"%b",'
        % (
            b"0" * 64,
            b"0" * 64,
        )
    )
    receipt += b'"received":"2025-01-01","sequence":9007199254740993,"submission":"%b","version":1}' % (
        b"0" * 64
    )
    with pytest.raises(FormatError):
        parse(receipt, Receipt, limit=10_000, exact=True)


def test_limits_and_versions_are_checked_first() -> None:
    data = canonical(make_manifest())
    with pytest.raises(LimitError):
        parse(data, Manifest, limit=10)
    with pytest.raises(VersionError):
        read_manifest(data.replace(b'"version":1', b'"version":2'))


@given(st.binary(max_size=200))
def test_no_bytes_are_too_strange_to_refuse(data: bytes) -> None:
    with pytest.raises(FormatError):
        read_manifest(data)


def test_deeply_nested_json_is_refused() -> None:
    with pytest.raises(FormatError):
        parse(b"[" * 50_000, Manifest, limit=10**6)


def test_a_signature_made_for_one_use_verifies_in_no_other() -> None:
    key = Ed25519PrivateKey.generate()
    signature = sign(key, b"content", domain="clew-bundle")
    verify(signature, b"content", domain="clew-bundle")
    with pytest.raises(VerificationError):
        verify(signature, b"content", domain="clew-epoch")


@pytest.mark.parametrize(
    "change",
    [
        {"period": {"start": "2025-01-02", "end": "2025-01-01"}},
        {"period": {"start": "2025-01-01T10:00Z", "end": "2025-01-02"}},
        {"agency": "case 4711 Smith"},
        {"sequence": 0},
        {"role": "hospital"},
        {"note": "free text"},
    ],
)
def test_a_manifest_with_a_wrong_field_is_refused(change: dict[str, object]) -> None:
    value = json.loads(canonical(make_manifest())) | change
    with pytest.raises(FormatError) as caught:
        read_manifest(canonical(value))
    assert "4711" not in str(caught.value)


def test_a_file_of_another_kind_is_named_for_what_it_is() -> None:
    with pytest.raises(FormatError, match=r"this is a bundle's manifest; a receipt is wanted"):
        parse(canonical(make_manifest()), Receipt, limit=10_000)
