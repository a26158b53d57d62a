"""A seal opens for its holder, in its context, whole and unchanged, or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.errors import ClewError, FormatError, VerificationError, VersionError
from linkage.wire.seal import SEGMENT_BYTES, SealingKey, open_seal, seal, sealed_size

HOLDER = SealingKey.generate()
OTHER = SealingKey.generate()


def _sealed(content: bytes, context: bytes = b"context") -> bytes:
    return b"".join(seal([content], HOLDER.public_text(), context=context))


def _opened(sealed: bytes, key: SealingKey = HOLDER, context: bytes = b"context") -> bytes:
    return b"".join(open_seal([sealed], key, context=context))


@pytest.mark.parametrize(
    "size", [0, 1, SEGMENT_BYTES - 1, SEGMENT_BYTES, SEGMENT_BYTES + 1, 3 * SEGMENT_BYTES]
)
def test_content_of_any_size_comes_back(size: int) -> None:
    content = bytes(i % 251 for i in range(size))
    sealed = _sealed(content)
    assert len(sealed) == sealed_size(size)
    assert _opened(sealed) == content


@given(st.lists(st.binary(max_size=300), max_size=8), st.integers(1, 999))
def test_how_content_is_cut_into_pieces_does_not_matter(pieces: list[bytes], step: int) -> None:
    sealed = b"".join(seal(pieces, HOLDER.public_text(), context=b"c"))
    cut = [sealed[i : i + step] for i in range(0, len(sealed), step)]
    assert b"".join(open_seal(cut, HOLDER, context=b"c")) == b"".join(pieces)


def test_another_key_or_another_context_opens_nothing() -> None:
    sealed = _sealed(b"x" * 100)
    with pytest.raises(VerificationError):
        _opened(sealed, key=OTHER)
    with pytest.raises(VerificationError):
        _opened(sealed, context=b"another")


@given(st.data())
def test_any_changed_bit_is_refused(data: st.DataObject) -> None:
    sealed = bytearray(_sealed(b"secret content" * 10))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << (bit % 8)
    with pytest.raises(ClewError):
        _opened(bytes(sealed))


@given(st.integers(0, sealed_size(2 * SEGMENT_BYTES) - 1))
def test_a_seal_cut_short_anywhere_is_refused(length: int) -> None:
    with pytest.raises(ClewError):
        _opened(_SEALED_TWO[:length])


_SEALED_TWO = _sealed(bytes(2 * SEGMENT_BYTES))


def test_a_seal_cut_at_a_segment_boundary_is_refused() -> None:
    with pytest.raises(VerificationError):
        _opened(_SEALED_TWO[: -(SEGMENT_BYTES + 16)])


def test_swapped_segments_are_refused() -> None:
    head, size = len(_SEALED_TWO) - 2 * (SEGMENT_BYTES + 16), SEGMENT_BYTES + 16
    swapped = _SEALED_TWO[:head] + _SEALED_TWO[head + size :] + _SEALED_TWO[head : head + size]
    with pytest.raises(VerificationError):
        _opened(swapped)


def test_an_unknown_version_is_named_as_such() -> None:
    sealed = bytearray(_sealed(b"x"))
    sealed[len(b"clew-seal\x00")] = 2
    with pytest.raises(VersionError):
        _opened(bytes(sealed))


def test_something_else_is_not_a_seal() -> None:
    with pytest.raises(FormatError):
        _opened(b"PK\x03\x04" + bytes(2000))


def test_equal_content_gives_unequal_seals() -> None:
    assert _sealed(b"x") != _sealed(b"x")


def test_a_private_key_shows_nothing() -> None:
    assert HOLDER.to_bytes().hex() not in repr(HOLDER)
    assert SealingKey.from_bytes(HOLDER.to_bytes()).public_text() == HOLDER.public_text()
