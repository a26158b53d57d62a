"""Pseudonyms of persons, different for every audience.

A person's own identifier is random and never leaves.  What an audience sees is an HMAC of it under the
audience's key, so that two audiences cannot join what they hold.
"""

import base64

from linkage.wire.derivation import derive, keyed_digest

__all__ = ["pseudonym"]

_BYTES = 10


def pseudonym(person: str, audience_key: bytes, *, audience: str) -> str:
    """Return a person's pseudonym for one audience: ``P-`` and 16 letters and digits (80 bits)."""
    key = derive(audience_key, f"unit/pseudonym/{audience}")
    digest = keyed_digest(key, bytes.fromhex(person))
    return "P-" + base64.b32encode(digest[:_BYTES]).decode()
