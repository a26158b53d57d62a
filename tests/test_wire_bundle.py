"""A bundle holds exactly its parts, and nothing that was changed on the way is believed."""

import hashlib
import io
import zipfile

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from linkage.errors import ClewError, FormatError, LimitError, VerificationError
from linkage.wire.bundle import Bundle, write_bundle
from linkage.wire.canonical import canonical
from linkage.wire.compression import compress, decompress
from linkage.wire.manifest import Part, sign_manifest
from tests.test_wire_canonical import make_manifest

CONTENT = {"encodings": b"rows" * 50, "payload": b"lines" * 30}


def _bundle(content: dict[str, bytes] = CONTENT, promised: dict[str, bytes] = CONTENT) -> bytes:
    parts = tuple(
        Part(
            name=name,  # type: ignore[arg-type]
            sha256=hashlib.sha256(data).hexdigest(),
            size=len(data),
            sealed_sha256="0" * 64,
            sealed_size=1,
        )
        for name, data in promised.items()
    )
    manifest = canonical(make_manifest(parts=parts))
    target = io.BytesIO()
    write_bundle(
        target,
        form="open",
        manifest=manifest,
        signature=sign_manifest(manifest, Ed25519PrivateKey.from_private_bytes(bytes(32))),
        parts={name: [data] for name, data in content.items()},
    )
    return target.getvalue()


def _read(data: bytes) -> dict[str, bytes]:
    bundle = Bundle(io.BytesIO(data))
    return {name: b"".join(bundle.pieces(name)) for name in CONTENT}


def test_parts_come_back() -> None:
    assert _read(_bundle()) == CONTENT


def test_equal_content_gives_equal_files() -> None:
    assert _bundle() == _bundle()


def test_a_part_that_differs_from_the_manifest_is_refused() -> None:
    changed = {**CONTENT, "payload": CONTENT["payload"][:-1] + b"!"}
    with pytest.raises(VerificationError):
        _read(_bundle(content=changed))
    with pytest.raises(FormatError):
        _read(_bundle(content={**CONTENT, "payload": b"short"}))


def test_no_flipped_bit_goes_unseen_or_crashes() -> None:
    whole = _bundle()
    for position in range(len(whole)):
        changed = bytearray(whole)
        changed[position] ^= 1 << (position % 8)
        try:
            content = _read(bytes(changed))
        except ClewError:
            continue
        assert content == CONTENT  # the flip hit a field of the archive that means nothing


@pytest.mark.parametrize("length", [0, 1, 100, 1000])
def test_a_file_cut_short_is_refused(length: int) -> None:
    with pytest.raises(ClewError):
        _read(_bundle()[:length])


def _repacked(compression: int, extra: str | None = None) -> bytes:
    source = zipfile.ZipFile(io.BytesIO(_bundle()))
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as archive:
        for name in source.namelist():
            archive.writestr(name, source.read(name))
        if extra:
            archive.writestr(extra, b"x")
    return target.getvalue()


def test_compressed_members_are_refused() -> None:
    with pytest.raises(FormatError):
        _read(_repacked(zipfile.ZIP_DEFLATED))


def test_members_beyond_those_of_a_bundle_are_refused() -> None:
    with pytest.raises(FormatError):
        _read(_repacked(zipfile.ZIP_STORED, extra="../outside"))


@given(st.lists(st.binary(max_size=2000), max_size=5))
def test_compression_gives_back_what_went_in(pieces: list[bytes]) -> None:
    size = sum(map(len, pieces))
    assert b"".join(decompress(compress(pieces), limit=size)) == b"".join(pieces)


def test_a_small_file_cannot_unpack_to_a_large_one() -> None:
    packed = list(compress([bytes(10_000_000)]))
    assert sum(map(len, packed)) < 100_000
    unpacked = 0
    stream = decompress(packed, limit=1_000_000)
    with pytest.raises(LimitError):
        unpacked += sum(len(piece) for piece in stream)
    assert unpacked <= 1_000_000


@pytest.mark.parametrize("mangle", [lambda d: d[:-3], lambda d: d + b"more", lambda d: b"x" + d])
def test_a_damaged_stream_is_refused(mangle: object) -> None:
    packed = mangle(b"".join(compress([b"content" * 100])))  # type: ignore[operator]
    with pytest.raises(FormatError):
        list(decompress([packed], limit=10**6))
