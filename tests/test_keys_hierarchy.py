"""One epoch key gives one unrelated key per use and shows itself nowhere; an oracle agrees."""

import pickle
import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from keys.digests import labelled_digest, lp
from keys.epoch_key import EpochKey
from linkage.wire.derivation import KEY_BYTES
from tests.oracles import keys_oracle

SPEC = Path(__file__).parent.parent / "docs" / "spec" / "keys-v1.md"
KEYS = st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES)
LABELS = st.text(st.characters(codec="ascii", exclude_characters="\x00"), min_size=1, max_size=80)


@given(KEYS, LABELS, st.integers(1, 200))
def test_derivation_agrees_with_a_second_implementation(key: bytes, label: str, length: int) -> None:
    assert EpochKey(key).derive(label, length) == keys_oracle.derive(key, label, length)


@given(KEYS)
def test_the_check_value_is_16_bytes_of_its_own_label(key: bytes) -> None:
    assert EpochKey(key).check_value() == keys_oracle.check_value(key)
    assert len(EpochKey(key).check_value()) == 32
    assert EpochKey(key).matches(keys_oracle.check_value(key))


@given(KEYS, KEYS)
def test_a_check_value_matches_one_key_only(one: bytes, other: bytes) -> None:
    assert EpochKey(one).matches(EpochKey(other).check_value()) == (one == other)


@given(KEYS, LABELS, LABELS)
def test_two_labels_give_two_keys(key: bytes, one: str, other: str) -> None:
    assert (EpochKey(key).derive(one) == EpochKey(key).derive(other)) == (one == other)


def test_a_check_value_that_is_not_ascii_matches_nothing() -> None:
    assert not EpochKey(bytes(32)).matches("é" * 32)


@given(st.lists(st.binary(max_size=40), max_size=4), st.lists(st.binary(max_size=40), max_size=4))
def test_length_prefixes_keep_different_lists_apart(one: list[bytes], other: list[bytes]) -> None:
    assert (b"".join(map(lp, one)) == b"".join(map(lp, other))) == (one == other)


def test_labelled_digests_agree_with_the_oracle() -> None:
    assert labelled_digest("clew/message/1", b"a", b"b") == keys_oracle.labelled("clew/message/1", b"ab")


def test_extraction_is_that_of_rfc_5869() -> None:
    # RFC 5869, appendix A.1, test case 1: the primitive that EpochKey.extract rests on.
    salt, material = bytes(range(13)), b"\x0b" * 22
    expected = "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5"
    assert HKDF.extract(hashes.SHA256(), salt, material).hex() == expected


def test_a_published_vector_of_our_own_hierarchy() -> None:
    # The same figures stand in docs/spec/keys-v1.md, section 8.
    key = EpochKey.extract((b"\x01" * 32, b"\x02" * 32), salt=b"\x03" * 32)
    figures = (key.to_bytes().hex(), key.check_value(), key.derive("conformance").hex())
    spec = SPEC.read_text(encoding="utf-8")
    assert all(figure in spec for figure in figures)


@pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError):
        EpochKey(bytes(length))


def test_an_epoch_key_shows_nothing_and_is_not_pickled() -> None:
    key = EpochKey(b"\x5a" * 32)
    for text in (repr(key), str(key), f"{key}", repr([key])):
        assert "5a" not in text
        assert "ZZ" not in text
    with pytest.raises(TypeError):
        pickle.dumps(key)


def test_the_spec_names_every_label_that_the_code_uses() -> None:
    root = SPEC.parent.parent.parent
    spec = SPEC.read_text(encoding="utf-8")
    sources = [*sorted((root / "keys").glob("*.py")), root / "linkage/wire/epochs.py"]
    labels = {label for path in sources for label in re.findall(r'"(clew/[a-z/-]+/[0-9]+)', path.read_text())}
    assert labels >= {"clew/ceremony/1", "clew/commitment/1", "clew/share-seal/1", "clew/wrap/1"}
    assert {label for label in labels if f"`{label}`" not in spec} == set()
