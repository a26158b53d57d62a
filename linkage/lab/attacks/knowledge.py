"""What an attacker without the key can work out from a list of people and the public profile.

A profile is public, so whoever has a list of people knows who would share a salt with whom, which tokens each
person has, and therefore how far any two people's views agree, up to the key.  Known pairs add what one
person's view looks like; nothing else about the key is ever learned.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from msgspec import UNSET
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from linkage.encode.encoder import Encoder
from linkage.encode.identifiers import Identifiers, PersonRecord
from linkage.encode.keys import EncodingKeys
from linkage.encode.normalise import Normalised, Normaliser
from linkage.encode.tokens import COMPONENTS, cut, tokens
from linkage.profile import EncodingProfile, View
from linkage.wire.encodings import HANDLE_BYTES

__all__ = ["Encoded", "ViewKnowledge", "encode_people", "knowledge"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ViewKnowledge:
    """What is known of one view of n listed people.

    ``salt`` (n,): people with one number share a salt; -1 where the view does not exist.  ``tokens`` (n,
    tokens): who has which token.  ``bits`` (tokens,): positions that a token sets, times ``scale`` (n,),
    which is 1 unless a row's tokens share out what the view has.
    """

    salt: NDArray[np.int64]
    tokens: csr_matrix
    bits: NDArray[np.float32]
    scale: NDArray[np.float32]
    length: int
    diffusion: int

    def mean(self, people: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return each person's expected balance of zeros over ones after diffusion, between -1 and 1."""
        return np.asarray((2.0 * self._unset(self.drawn(people)) - 1.0) ** self.diffusion)

    def covariance(self, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return how far two people's bits agree beyond chance (rows, columns); 0 where the salts differ.

        Over random keys a bit differs with the probability d that exactly one of two filters sets it, and
        an XOR of t independent bits agrees by (1 - 2d)^t.
        """
        common = self.common(rows, columns)
        here, there = self.drawn(rows)[:, None], self.drawn(columns)[None, :]
        differ = self._unset(here) + self._unset(there) - 2.0 * self._unset(here + there - common)
        agree = (1.0 - 2.0 * differ) ** self.diffusion
        beyond = agree - self.mean(rows)[:, None] * self.mean(columns)[None, :]
        return np.where(self.together(rows, columns), beyond, 0.0)

    def common(self, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return how many positions the tokens set that two people have in common (rows, columns)."""
        found = self.tokens[rows].multiply(self.bits[None, :]).tocsr() @ self.tokens[columns].T
        # A token's positions in the row with the smaller share are the first of those in the other.
        share = np.minimum(self.scale[rows][:, None], self.scale[columns][None, :])
        return np.asarray(found.toarray() * share, dtype=np.float32)

    def together(self, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Return whether two people share a salt (rows, columns)."""
        here, there = self.salt[rows][:, None], self.salt[columns][None, :]
        return np.asarray((here == there) & (here >= 0))

    def weight(self, people: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return how many tokens each person has, each counted by its bits, before they share any out."""
        return np.asarray(self.tokens[people] @ self.bits, dtype=np.float64)

    def drawn(self, people: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return how many positions each person's tokens set before diffusion, counting each token's."""
        return self.weight(people) * self.scale[people]

    def _unset(self, weight: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray((1.0 - 1.0 / self.length) ** weight)


def knowledge(profile: EncodingProfile, people: Sequence[Identifiers]) -> tuple[ViewKnowledge, ...]:
    """Work out every view of the listed people under a profile, without any key."""
    normalise = Normaliser()
    listed = [normalise(one) for one in people]
    return tuple(
        _view_knowledge(view, listed, profile.length, diffusion)
        for view, diffusion in zip(profile.views, profile.diffusions, strict=True)
    )


def _view_knowledge(view: View, listed: Sequence[Normalised], length: int, diffusion: int) -> ViewKnowledge:
    salts: dict[tuple[str, ...], int] = {}
    numbers: dict[tuple[str, str], int] = {}
    bits: dict[int, int] = {}
    salt = np.full(len(listed), -1, dtype=np.int64)
    scale = np.ones(len(listed), dtype=np.float32)
    places: list[tuple[int, int]] = []
    for row, person in enumerate(listed):
        components = _components(view, person)
        found = _tokens(view, person)
        if components is None or not found:
            continue
        salt[row] = salts.setdefault(components, len(salts))
        if view.positions is not UNSET:
            scale[row] = view.positions / _cut_weight(view, person)
        for token, count in found.items():
            number = numbers.setdefault(token, len(numbers))
            bits[number] = max(bits.get(number, 0), count)
            places.append((row, number))
    rows, columns = np.array(places, dtype=np.int64).reshape(-1, 2).T
    shape = len(listed), max(len(numbers), 1)
    incidence = csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape)
    weights = np.array([bits.get(number, 0) for number in range(shape[1])], dtype=np.float32)
    return ViewKnowledge(salt, incidence, weights, scale, length, diffusion)


def _components(view: View, person: Normalised) -> tuple[str, ...] | None:
    """Return a person's salt, or None where the view does not exist."""
    if person.tier not in view.tiers:
        return None
    rules = [COMPONENTS[part] for part in view.salt]
    found = tuple(rule.value(*(getattr(person, field) for field in rule.fields)) for rule in rules)
    return found if all(found) else None


def _tokens(view: View, person: Normalised) -> dict[tuple[str, str], int]:
    """Return the bits that each labelled token sets; under a shared label the larger count holds."""
    found: dict[tuple[str, str], int] = {}
    for feature in view.features:
        for token in tokens(feature, person.told(feature.field)):
            label = feature.label, token
            found[label] = max(found.get(label, 0), feature.k)
    return found


def _cut_weight(view: View, person: Normalised) -> int:
    """Return the sum of k over a view's tokens, those that occur twice counted twice."""
    return sum(feature.k * len(cut(feature, person.told(feature.field))) for feature in view.features)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Encoded:
    """Everybody's encodings as the linkage unit holds them, in the order of the list.

    ``bits`` (n, views, bytes) uint8; ``present`` (n, views) bool; ``length``: bits of a view, where these
    do not fill their bytes.
    """

    bits: NDArray[np.uint8]
    present: NDArray[np.bool_]
    length: int | None = None

    def __len__(self) -> int:
        return len(self.bits)

    def signs(self, view: int, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return a view's bits as 1 for zero and -1 for one (rows, length)."""
        return (1 - 2 * self.ones(view, rows).astype(np.int8)).astype(np.float32)

    def ones(self, view: int, rows: NDArray[np.intp]) -> NDArray[np.uint8]:
        """Return a view's bits (rows, length)."""
        return np.unpackbits(self.bits[rows, view], axis=1, count=self.length)

    def take(self, rows: NDArray[np.intp]) -> "Encoded":
        """Return the encodings of some people, in the given order."""
        return Encoded(self.bits[rows], self.present[rows], self.length)


def encode_people(profile: EncodingProfile, people: Sequence[Identifiers], key: bytes) -> Encoded:
    """Encode made-up people under 32 throw-away bytes of key."""
    encoder = Encoder(profile, EncodingKeys.from_epoch_key(key, profile))
    table = encoder.encode(
        PersonRecord(number.to_bytes(HANDLE_BYTES, "big"), (one,)) for number, one in enumerate(people)
    )
    principal = np.flatnonzero(table.variants == 0)
    place = table.handles[principal, -4:].copy().view(">u4")[:, 0]
    bits = np.zeros((len(people), *table.bits.shape[1:]), dtype=np.uint8)
    present = np.zeros((len(people), len(profile.views)), dtype=np.bool_)
    bits[place] = table.bits[principal]
    present[place] = (table.present[principal, None] >> np.arange(len(profile.views), dtype=np.uint32)) & 1
    return Encoded(bits, present)
