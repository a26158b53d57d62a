"""A seal's key encapsulation is HPKE as published: RFC 9180's key schedule over the draft's hybrid KEM."""

import hashlib
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from linkage.errors import VerificationError
from linkage.wire.seal import SealingKey, open_seal, seal

PUBLISHED = json.loads((Path(__file__).parent / "vectors" / "hpke-published.json").read_text("utf-8"))
MAGIC, ENCAPSULATED, CONTENT_KEY, TAG = 11, 1120, 32, 16
LAST = bytes(11) + b"\x01"


def _extract(salt: bytes, material: bytes) -> bytes:
    mac = hmac.HMAC(salt or bytes(32), hashes.SHA256())
    mac.update(material)
    return mac.finalize()


def _expand(key: bytes, info: bytes, length: int) -> bytes:
    mac = hmac.HMAC(key, hashes.SHA256())
    mac.update(info + b"\x01")
    return mac.finalize()[:length]


def _schedule(shared: bytes, info: bytes, *, kem: int, aead: int, key_bytes: int) -> tuple[bytes, bytes]:
    """RFC 9180, section 5.1, base mode with HKDF-SHA256: the key and the nonce of the first message."""
    suite = b"HPKE" + kem.to_bytes(2, "big") + b"\x00\x01" + aead.to_bytes(2, "big")

    def extract(salt: bytes, label: bytes, material: bytes) -> bytes:
        return _extract(salt, b"HPKE-v1" + suite + label + material)

    context = b"\x00" + extract(b"", b"psk_id_hash", b"") + extract(b"", b"info_hash", info)
    secret = extract(shared, b"secret", b"")

    def expand(label: bytes, length: int) -> bytes:
        return _expand(secret, length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + context, length)

    return expand(b"key", key_bytes), expand(b"base_nonce", 12)


def test_the_key_schedule_written_here_gives_the_published_key_and_nonce() -> None:
    vector = {name: bytes.fromhex(text) for name, text in PUBLISHED["x25519"].items()}
    key, nonce = _schedule(vector["shared_secret"], vector["info"], kem=0x20, aead=1, key_bytes=16)
    assert (key, nonce) == (vector["key"], vector["base_nonce"])


def test_the_library_opens_what_the_published_key_sealed() -> None:
    vector = {name: bytes.fromhex(text) for name, text in PUBLISHED["x25519"].items()}
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_128_GCM)
    sealed = AESGCM(vector["key"]).encrypt(vector["base_nonce"], b"beauty", b"")
    private = X25519PrivateKey.from_private_bytes(vector["private_key"])
    assert suite.decrypt(vector["enc"] + sealed, private, info=vector["info"]) == b"beauty"


def _published_seal(content: bytes, context: bytes) -> tuple[SealingKey, bytes]:
    """Return the draft's key, and a seal around its ciphertext, made with nothing of ours."""
    vector = {name: bytes.fromhex(text) for name, text in PUBLISHED["x_wing"].items()}
    info = b"clew/seal/1\x00" + context
    key, nonce = _schedule(vector["shared_secret"], info, kem=0x647A, aead=2, key_bytes=32)
    content_key = bytes(range(CONTENT_KEY))
    head = vector["ciphertext"] + AESGCM(key).encrypt(nonce, content_key, b"")
    segment = AESGCM(content_key).encrypt(LAST, content, b"")
    private = SealingKey.from_bytes(hashlib.shake_256(vector["seed"]).digest(96))
    return private, b"clew-seal\x00\x01" + head + segment


def test_a_seal_around_the_drafts_ciphertext_opens() -> None:
    private, sealed = _published_seal(b"a child's record", b"test")
    assert b"".join(open_seal([sealed], private, context=b"test")) == b"a child's record"


@pytest.mark.parametrize(
    "place", [MAGIC, MAGIC + 1088, MAGIC + ENCAPSULATED, MAGIC + ENCAPSULATED + CONTENT_KEY]
)
def test_a_changed_ciphertext_does_not(place: int) -> None:
    private, sealed = _published_seal(b"a child's record", b"test")
    changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
    with pytest.raises(VerificationError):
        b"".join(open_seal([changed], private, context=b"test"))


def test_a_seal_of_ours_has_the_published_layout() -> None:
    private = SealingKey.generate()
    sealed = b"".join(seal([b"abc"], private.public_text(), context=b"test"))
    assert len(sealed) == MAGIC + ENCAPSULATED + CONTENT_KEY + TAG + 3 + TAG
    assert b"".join(open_seal([sealed], private, context=b"test")) == b"abc"
