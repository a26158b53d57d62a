"""A signing key for which anybody can sign is refused: a quorum would have a member who is nobody.

Ed25519 (RFC 8032) has eight points whose order divides 8, some with a second spelling.  Under each of them
signatures can be made without a private key.
"""

import pytest

from keys.identity import create_identity
from linkage.errors import FormatError
from linkage.wire.canonical import canonical
from linkage.wire.cards import CustodianCard, read_card
from linkage.wire.signing import Signature, public_key, verify

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P

Point = tuple[int, int]


def _added(a: Point, b: Point) -> Point:
    (x1, y1), (x2, y2) = a, b
    common = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + common, -1, P) % P
    return x, (y1 * y2 + x1 * x2) * pow(1 - common, -1, P) % P


def _times(number: int, point: Point) -> Point:
    total = (0, 1)
    for _ in range(number):
        total = _added(total, point)
    return total


def _small_points() -> set[Point]:
    """Find the eight points by multiplying arbitrary ones with the prime order of the large subgroup."""
    order, found = 2**252 + 27742317777372353535851937790883648493, {(0, 1)}
    y = 2
    while len(found) < 8:
        y += 1
        square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
        x = pow(square, (P + 3) // 8, P)
        if x * x % P != square:
            x = x * pow(2, (P - 1) // 4, P) % P
        if x * x % P != square:
            continue
        total, base, left = (0, 1), (x, y), order
        while left:
            total = _added(total, base) if left & 1 else total
            base, left = _added(base, base), left >> 1
        found |= {_times(number, total) for number in range(8)}
    return found


def _spellings() -> list[str]:
    """Write each point in every way that has 32 bytes, either sign bit set."""
    ys = {value for _, y in _small_points() for value in (y, y + P) if value < 2**255}
    return sorted((y | sign << 255).to_bytes(32, "little").hex() for y in ys for sign in (0, 1))


def test_there_are_as_many_as_the_mathematics_says() -> None:
    assert len(_small_points()) == 8
    assert len(_spellings()) == 14


@pytest.mark.parametrize("key", _spellings())
def test_attack_a_key_for_which_anybody_signs(key: str) -> None:
    with pytest.raises(FormatError, match="not an Ed25519 public key"):
        public_key(key)


def test_attack_a_custodian_who_is_nobody() -> None:
    nobody = (1).to_bytes(32, "little").hex()
    signature = Signature(key=nobody, signature=nobody + "00" * 32)
    with pytest.raises(FormatError):
        verify(signature, b"whatever one likes", domain="clew-epoch")
    card = CustodianCard(
        name="Nobody",
        signing_key=nobody,
        sealing_key=create_identity().sealing.public_text(),
        signature=signature,
    )
    with pytest.raises(FormatError):
        read_card(canonical(card), CustodianCard)
