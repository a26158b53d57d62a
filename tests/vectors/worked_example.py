"""The worked example of docs/spec/encoding-1.md, worked out by the oracle."""

import rfc8785
from msgspec import to_builtins

from linkage.encode.identifiers import Identifiers
from tests.oracles import encoding_oracle as oracle
from tests.vectors.encoding_makers import EPOCH_KEY
from tests.vectors.encoding_profiles import EXAMPLE_PROFILE

EXAMPLE_HEADING = "## 10 Worked example\n"
EXAMPLE_PERSON = Identifiers(forename="Jo", date_of_birth="04/07/2009")


def worked_example() -> str:
    """Return the text of the specification's worked example, worked out by the oracle."""
    (view,) = EXAMPLE_PROFILE.views
    keys = oracle.view_keys(EPOCH_KEY, EXAMPLE_PROFILE.digest, view.name)
    values = {"forename": "jo", "year": "2009", "month": "07", "day": "04"}
    first, salt = oracle.salt_block(keys, []), oracle.salt_block(keys, [("year", "2009")])
    filled = oracle.filter_bits(EXAMPLE_PROFILE, view, keys, values)
    (octets,) = oracle.encode_row(EXAMPLE_PROFILE, EPOCH_KEY, values)
    assert filled is not None
    assert octets is not None
    draws = oracle.diffusion_inputs(EXAMPLE_PROFILE.length, EXAMPLE_PROFILE.diffusion, keys["diffusion"])
    content = to_builtins(EXAMPLE_PROFILE)
    del content["decision"]
    return _EXAMPLE.format(
        profile=rfc8785.dumps(content).decode(),
        digest=EXAMPLE_PROFILE.digest,
        epoch_key=EPOCH_KEY.hex(),
        **{f"key_{use}": key.hex() for use, key in keys.items()},
        first_key=oracle.purpose_key(keys["salt"], ["salt"]).hex(),
        year_key=oracle.purpose_key(keys["salt"], ["salt", "year"]).hex(),
        token_key=oracle.purpose_key(keys["token"], ["token", "g"]).hex(),
        first=first.hex(),
        year=_xor(first, salt).hex(),
        salt=salt.hex(),
        tokens="\n".join(_example_token(keys, salt, token) for token in ("_j", "jo", "o_")),
        filled=", ".join(str(place) for place, bit in enumerate(filled) if bit),
        draws="; ".join(f"{one}, {other} for bit {bit}" for bit, (one, other) in enumerate(draws[:8])),
        octets=octets.hex(),
        first_octet=f"{octets[0]:08b}",
    )


def _example_token(keys: oracle.Keys, salt: bytes, token: str) -> str:
    hashed = oracle.token_block(keys, "g", token)
    block = _xor(hashed, salt)
    encrypted = oracle.aes(keys["position"], block)
    places = oracle.token_positions(keys, salt, hashed, 2, EXAMPLE_PROFILE.length)
    shown = ", ".join(map(str, places))
    return f"| `{token}` | {hashed.hex()} | {block.hex()} | {encrypted.hex()} | {shown} |"


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


_EXAMPLE = """
Profile: L = 64, t = 2, one view `y`, salted by `year`, holding bigrams of the forename under label `g`
with k = 2:

    {profile}
    D            = {digest}
    E            = {epoch_key}
    K_salt       = {key_salt}
    K_token      = {key_token}
    K_position   = {key_position}
    K_diffusion  = {key_diffusion}

Forename "Jo", born 04/07/2009, normalises to `jo`, 2009, 07, 04. The salt is made of two hashes:

    C(K_salt, "salt"; "")            the key is HMAC(K_salt, 00000004 73616c74)
                                       = {first_key}
                                     = {first}
    C(K_salt, "salt", "year"; "2009") the key is HMAC(K_salt, 00000004 73616c74 00000004 79656172)
                                       = {year_key}
                                     = {year}
    S                                = {salt}

The tokens are `_j`, `jo`, `o_`, hashed under HMAC(K_token, `00000005 746f6b656e 00000001 67`) =
{token_key}: `_j` as the code of the two octets 5f6a.

| token | T | T xor S (block 0) | B_0 | positions |
|---|---|---|---|---|
{tokens}

(64 divides 2^32, so no number is skipped, and a position is the lowest six bits of octet 0 or octet 4 of
B_0.) The filter has the bits {filled}.

Diffusion draws {draws}; and so on. An output bit is 1 where exactly one of its two input bits is set, so the
view begins with binary {first_octet}. In full:

    {octets}
"""
