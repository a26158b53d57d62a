"""Signed requests as bytes, made after RFC 9421 without the library that the unit verifies them with."""

import base64
import hashlib
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from linkage.wire.http import COVERED_COMPONENTS, KEY_COMPONENT, SIGNATURE_LABEL, SIGNATURE_TAG
from linkage.wire.signing import public_text

__all__ = ["Wire", "digest_of", "signed_wire"]


@dataclass(frozen=True)
class Wire:
    """One request; header fields keep their order and may come twice."""

    method: str
    target: str
    fields: tuple[tuple[str, str], ...]
    body: bytes = b""

    def bytes(self) -> bytes:
        lines = [f"{self.method} {self.target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in self.fields]
        lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + self.body

    def field(self, name: str) -> str:
        return next(value for known, value in self.fields if known == name)

    def with_field(self, name: str, value: str) -> "Wire":
        fields = tuple((known, value if known == name else old) for known, old in self.fields)
        return replace(self, fields=fields)

    def without(self, name: str) -> "Wire":
        return replace(self, fields=tuple(one for one in self.fields if one[0] != name))

    def adding(self, name: str, value: str) -> "Wire":
        return replace(self, fields=(*self.fields, (name, value)))


def digest_of(body: bytes, algorithm: str = "sha-256") -> str:
    made = hashlib.new(algorithm.replace("-", ""), body).digest()
    return f"{algorithm}=:{base64.b64encode(made).decode()}:"


def signed_wire(
    key: Ed25519PrivateKey,
    url: str,
    method: str,
    target: str,
    body: bytes = b"",
    *,
    rng: random.Random,
    age: float = 0,
    host: str | None = None,
    sent_host: str | None = None,
    keyid: str | None = None,
    nonce: str | None = None,
    tag: str = SIGNATURE_TAG,
    label: str = SIGNATURE_LABEL,
    extra: str = "",
    digest: str | None = None,
    idempotency: str | None = None,
    left_out: Sequence[str] = (),
) -> Wire:
    """Sign a request for ``host`` (the unit's own), and send it to ``sent_host`` (the same)."""
    host = host or urlsplit(url).netloc
    path, _, query = target.partition("?")
    values = {
        "@method": method,
        "@authority": host,
        "@path": path,
        "@query": f"?{query}",
        "content-digest": digest or digest_of(body),
        KEY_COMPONENT: idempotency or "",
    }
    covered = [*COVERED_COMPONENTS, *([KEY_COMPONENT] if idempotency else [])]
    covered = [name for name in covered if name not in left_out]
    nonce = nonce or base64.b64encode(rng.randbytes(18)).decode()
    names = " ".join(f'"{name}"' for name in covered)
    keyid = keyid or public_text(key.public_key())
    created = int(time.time() - age)
    parameters = f'({names});created={created};keyid="{keyid}";nonce="{nonce}";tag="{tag}"{extra}'
    base = [f'"{name}": {values[name]}' for name in covered]
    signature = key.sign("\n".join([*base, f'"@signature-params": {parameters}']).encode())
    fields = [
        ("Host", sent_host or host),
        ("Content-Digest", values["content-digest"]),
        ("Signature-Input", f"{label}={parameters}"),
        ("Signature", f"{label}=:{base64.b64encode(signature).decode()}:"),
    ]
    if idempotency:
        fields.append(("Idempotency-Key", idempotency))
    return Wire(method, target, tuple(fields), body)
